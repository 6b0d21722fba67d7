"""Opening a data set in whichever layout it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vireid_lab.runtime import InputError, unknown

from .llcm import audit_llcm, scan_llcm
from .manifest import NAMES, scan_manifest
from .records import Dataset
from .regdb import TRIALS, audit_regdb, scan_regdb
from .scan import Scan
from .sysu import audit_sysu, scan_sysu

LAYOUTS = ("sysu", "regdb", "llcm", "manifest")
MARKS = {  # any of these shows the layout, so that one with parts missing is still known
    "sysu": ("cam1", "cam2", "cam3", "cam4", "cam5", "cam6", "exp/train_id.txt", "exp/test_id.txt"),
    "regdb": ("Visible", "Thermal", "idx/train_visible_1.txt", "idx/train_thermal_1.txt"),
    "llcm": ("vis", "nir", "test_vis", "test_nir", "idx/train_vis.txt", "idx/test_id.txt"),
}
EXPECTED = (
    "cam1 and exp/ (SYSU-MM01), Visible and Thermal (RegDB), vis and nir (LLCM), or a manifest.csv, as "
    "'vireid data manifest' writes it"
)
AUDITS: dict[str, Callable[[Scan], None]] = {"sysu": audit_sysu, "regdb": audit_regdb, "llcm": audit_llcm}


def find_layout(root: str | Path) -> str:
    """Tells the layout from what lies in a folder; a .csv or .parquet file is a manifest.

    Raises:
        InputError: nothing is there, or no layout, or more than one; where the folder above or one below would do,
            the message names it.
    """
    root = Path(root)
    if not root.exists():
        raise InputError(f"data set '{root}' is not there: give the folder that holds {EXPECTED}")
    found = _layouts_in(root)
    if len(found) == 1:
        return found[0]
    if found:
        way = "; or give the manifest file itself" if "manifest" in found else ""
        raise InputError(f"data set '{root}' looks like {' and '.join(found)}: keep one data set in a folder{way}")
    if not root.is_dir():
        raise InputError(f"data set '{root}' is neither a folder nor a manifest (.csv, .parquet)")
    near = [path for path in (*sorted(root.iterdir()), root.absolute().parent) if path.is_dir() and _layouts_in(path)]
    hint = f"did you mean '{near[0]}'? " if near else ""
    raise InputError(f"data set '{root}' has no known layout: {hint}expected {EXPECTED}")


def is_dataset(root: str | Path) -> bool:
    """Whether a folder or file looks like a data set of a known layout."""
    return bool(_layouts_in(Path(root)))


def _layouts_in(root: Path) -> list[str]:
    if root.is_file():
        return ["manifest"] if root.suffix in (".csv", ".parquet") else []
    found = [layout for layout, marks in MARKS.items() if any((root / mark).exists() for mark in marks)]
    return found + ["manifest"] * any((root / name).is_file() for name in NAMES)


def scan_dataset(root: str | Path, layout: str = "auto", trial: int = 1) -> tuple[str, Scan]:
    """(layout, what its reader found): records, and the problems met."""
    root = Path(root)
    if layout == "auto":
        layout = find_layout(root)
    if layout not in LAYOUTS:
        raise unknown("layout", layout, ("auto", *LAYOUTS))
    if layout == "manifest":
        return layout, scan_manifest(_manifest(root))
    if not root.is_dir():
        raise InputError(f"data set '{root}' is no folder: the layout {layout} needs one")
    if layout == "regdb":
        if trial not in TRIALS:
            raise InputError(f"trial {trial}: RegDB has the splits 1 to 10")
        return layout, scan_regdb(root, trial)
    return layout, {"sysu": scan_sysu, "llcm": scan_llcm}[layout](root)


def _manifest(root: Path) -> Path:
    tables = [root] if root.is_file() else [root / name for name in NAMES if (root / name).is_file()]
    if len(tables) != 1:
        raise InputError(f"data set '{root}': expected one of {' and '.join(NAMES)} in it, found {len(tables)}")
    return tables[0]


def open_dataset(root: str | Path, layout: str = "auto", trial: int = 1) -> Dataset:
    """Reads the records of a data set.

    Args:
        root: its folder, or a manifest file.
        layout: "sysu", "regdb", "llcm", "manifest", or "auto" to find out.
        trial: which of RegDB's ten splits, 1 to 10; no other layout has trials.

    Raises:
        InputError: no such folder, no known layout, or a part of it is missing or unreadable. Image files are not
            decoded here; `vireid data check` does that.
    """
    layout, scan = scan_dataset(root, layout, trial)
    records = scan.usable()
    if not records:
        raise InputError(f"data set '{root}' ({layout}) holds no image: 'vireid data check' says what is expected")
    return Dataset(scan.root, layout, records, trial if layout == "regdb" else 1)
