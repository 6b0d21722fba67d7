"""Small notebooks with a `parameters` cell, and the folders of jobs that run them."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from vireid_lab.batch.fingerprint import code_sha, data_sha, notebook_sha
from vireid_lab.batch.record import Job, write_job


@pytest.fixture(scope="session")
def write_notebook():
    """write_notebook(folder, name, parameters, *cells) -> path of a notebook whose first cell, markdown, is a title,
    whose second holds the source `parameters` (None: no such cell), and whose others hold `cells`."""

    def write(folder: Path, name: str, parameters: str | None, *cells: str) -> Path:
        content = [nbformat.v4.new_markdown_cell(f"# {name}")]
        if parameters is not None:
            content.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        content += [nbformat.v4.new_code_cell(cell) for cell in cells]
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
        notebook = nbformat.v4.new_notebook(cells=content, metadata={"kernelspec": kernel})
        path = folder / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        return path

    return write


@pytest.fixture(scope="session")
def make_job():
    """make_job(folder, notebook, parameters={}, **fields) -> `folder`, made, with the `job.json` of that notebook."""

    def make(folder: Path, notebook: Path, parameters: dict | None = None, **fields) -> Path:
        parameters = parameters or {}
        facts = {
            "notebook": str(notebook), "parameters": parameters, "name": folder.name,
            "notebook_sha": notebook_sha(notebook), "code_sha": code_sha(), "data_sha": data_sha(parameters),
            "cwd": str(notebook.parent), "threads": 1,
        }  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        write_job(folder, Job(**facts | fields))
        return folder

    return make
