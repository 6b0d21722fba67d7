"""The report of a folder of runs: their numbers beside the published ones, claims with verdicts, figures, failures."""

from __future__ import annotations

from pathlib import Path

from vireid_lab.runtime import InputError, atomic_path


def write_report(folder: str | Path, out: str | Path | None = None) -> Path:
    """Writes report.html and report.md.

    Args:
        folder: training runs (`**/run.json`), runs of notebooks (`**/job.json`) and pictures are looked for anywhere
            below it.
        out: as for `write_pages`; by default `folder`.

    Returns:
        The HTML file; the Markdown lies beside it.

    Raises:
        InputError: the folder is not there or holds nothing to report, or `out` cannot be written.
    """
    from .content import collect

    return write_pages(collect(folder), out or folder)


def write_pages(content, out: str | Path) -> Path:
    """Writes what `content.collect` has read.

    Args:
        content: a `content.Content`.
        out: a folder, for report.html and report.md, or the name of the HTML file (*.html).

    Returns:
        The HTML file.

    Raises:
        InputError: `out` cannot be written.
    """
    from .markdown import markdown_report
    from .page import html_report

    path = Path(out) if Path(out).suffix == ".html" else Path(out) / "report.html"
    for file, text in ((path.with_suffix(".md"), markdown_report(content)), (path, html_report(content))):
        try:
            with atomic_path(file) as temporary:
                temporary.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"'{file}' cannot be written: {error.strerror}") from error
    return path
