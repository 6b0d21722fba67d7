"""The parameters of a notebook: plain literals in its one cell tagged `parameters`."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import vireid_lab
from vireid_lab.runtime import InputError, read_json, unknown

KINDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "a dict"}


def find_notebook(name: str | Path) -> Path:
    """Returns the absolute path of a notebook.

    Args:
        name: a path, or a name with or without `.ipynb` that is looked up in the working folder, in its folder
            `notebooks` and in the folder `notebooks` of the checkout.

    Raises:
        InputError: there is none; the message names the nearest.
    """
    rooms = [Path(), Path("notebooks"), Path(vireid_lab.__file__).parents[1] / "notebooks"]
    for room in rooms:
        for path in (room / name, room / f"{name}.ipynb"):
            if path.is_file():
                return path.resolve()
    raise unknown("notebook", name, dict.fromkeys(path.stem for room in rooms for path in sorted(room.glob("*.ipynb"))))


def read_cells(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook, each with `cell_type`, `source` (one text), `tags` and its other fields.

    Raises:
        InputError: the file is missing or not a notebook of format 4.
    """
    notebook = read_json(path)
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise InputError(f"{path} is not a Jupyter notebook of format 4: open it in JupyterLab and save it again")
    return [
        {**cell, "source": "".join(cell["source"]), "tags": cell.get("metadata", {}).get("tags", [])}
        for cell in notebook["cells"]
    ]


def read_parameters(path: Path) -> dict[str, Any]:
    """Names and default values of a notebook's parameters, in their order.

    Raises:
        InputError: there is no code cell tagged `parameters`, more than one, or one that holds anything else than
            `name = literal` (text, number, true or false, None, list, dict).
    """
    sources = [cell["source"] for cell in read_cells(path) if "parameters" in cell["tags"] and is_code(cell)]
    if len(sources) != 1:
        raise InputError(
            f"{path} has {len(sources)} code cells tagged 'parameters': a notebook to run needs exactly one"
        )
    try:
        statements = ast.parse(sources[0]).body
    except SyntaxError as error:
        raise InputError(f"{path}, cell 'parameters': not Python: {error.msg}: {(error.text or '').strip()}") from error
    return dict(_read_assignment(path, statement) for statement in statements)


def is_code(cell: dict[str, Any]) -> bool:
    """Whether a cell of `read_cells` holds code."""
    return cell["cell_type"] == "code"


def _read_assignment(path: Path, statement: ast.stmt) -> tuple[str, Any]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=node) | ast.AnnAssign(target=ast.Name(id=name), value=node):
            try:
                value = ast.literal_eval(node)
                if json.loads(json.dumps(value)) == value:  # not so for tuples and sets, which papermill makes texts
                    return name, value
            except (ValueError, TypeError):
                pass
    raise InputError(
        f"{path}, cell 'parameters': '{ast.unparse(statement)}' is not 'name = value' with text, a number, True, "
        "False, None, a list or a dict"
    )


def check_value(name: str, value: Any, default: Any) -> Any:
    """Returns `value` if it has the type of the default: a whole number will do for a number, anything for None.

    Raises:
        InputError: it has another type.
    """
    expected = type(default)
    if default is None or type(value) is expected or (expected is float and type(value) is int):
        return value
    raise InputError(f"parameter '{name}': {value!r} is not {KINDS[expected]} (default: {default!r})")


def parse_value(name: str, text: str, default: Any) -> Any:
    """Reads a value from text of the command line as the type of the default.

    Text stays as it is; `true` and `false` in any case; lists and dicts as JSON or Python write them. Where the
    default is None, a literal is read as one and everything else is text.

    Raises:
        InputError: the text is no value of that type.
    """
    if isinstance(default, str):
        return text
    value = _read_literal(text)
    if type(default) is float and isinstance(value, str):
        value = _read_float(text)
    return check_value(name, value, default)


def _read_float(text: str) -> float | str:
    try:
        return float(text)  # inf and nan, which are no literals
    except ValueError:
        return text


def _read_literal(text: str) -> Any:
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, TypeError):
            continue
    return {"true": True, "false": False, "none": None}.get(text.strip().lower(), text)
