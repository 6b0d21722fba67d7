"""The tree keeps its promises: imports go one way, the command line starts without torch, files agree."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vireid_lab"
ORDER = (
    "runtime papers spectra data augment models losses train evaluate recipes analysis figures widgets batch cli"
).split()


def imported_layers(path: Path) -> set[str]:
    """Names of the first-level modules of the package that a file imports."""
    layers = set()
    inside = ["vireid_lab", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(inside[: len(inside) + 1 - node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            names = [module] if module != "vireid_lab" else [f"vireid_lab.{alias.name}" for alias in node.names]
        layers |= {name.split(".")[1] for name in names if name.startswith("vireid_lab.")}
    return layers


def violations(path: Path) -> list[str]:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own not in ORDER:
        return []
    return [layer for layer in imported_layers(path) if layer in ORDER and ORDER.index(layer) > ORDER.index(own)]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    assert violations(path) == []


def test_a_wrong_import_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    (tmp_path / "train").mkdir()
    bad = tmp_path / "train" / "loop.py"
    for line in ("from vireid_lab.evaluate import metrics", "import vireid_lab.cli", "from ..recipes.run import train"):
        bad.write_text(line)
        assert violations(bad), line


def test_every_layer_is_in_the_order():
    rooms = [p for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()]
    layers = {room.name.removesuffix(".py") for room in rooms}
    assert layers - {"__init__", "__main__"} <= set(ORDER)


def test_the_command_line_starts_without_torch():
    code = (
        "import sys; from vireid_lab.cli import build_parser; build_parser().format_help();"
        "print([m for m in ('torch', 'matplotlib', 'sklearn', 'papermill', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_environment_yml_agrees_with_pyproject():
    yaml = pytest.importorskip("yaml")
    rattler = pytest.importorskip("rattler")
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge"]
    *conda, section = environment["dependencies"]
    specs = {spec.name.normalized: spec for spec in (rattler.MatchSpec(entry) for entry in conda)}
    assert set(specs) == {"python", "pip"}
    assert str(specs["python"].version) == project()["requires-python"]
    (line,) = section["pip"]
    assert line.startswith("-e .[")
    named = set(line.removeprefix("-e .[").removesuffix("]").split(","))
    assert named == set(project()["optional-dependencies"])


def test_the_packages_the_user_chose_are_core_dependencies_and_used():
    core = {entry.split(">")[0] for entry in project()["dependencies"]}
    modules = {
        "torch": "torch", "torchvision": "torchvision", "matplotlib": "matplotlib", "scikit-learn": "sklearn",
        "grad-cam": "pytorch_grad_cam",
    }  # fmt: skip
    assert {*modules, "jupyterlab", "ipywidgets", "papermill"} <= core
    source = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    for module in modules.values():
        assert f"import {module}" in source or f"from {module}" in source, module


def test_make_has_nothing_to_do_the_second_time():
    if Path(sys.prefix) != ROOT / ".venv" or not (ROOT / ".venv" / "installed-tests").exists():
        pytest.skip("the tests do not run in the .venv that make setup creates")
    for target in ("setup", ".venv/installed-tests"):
        assert subprocess.run(["make", "-q", target], cwd=ROOT).returncode == 0, target
