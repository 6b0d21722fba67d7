"""The report as Markdown: the same tables and verdicts as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .content import SYNTHETIC, Content, Paper
from .outcomes import count_states
from .page import ELSEWHERE, ELSEWHERE_COLUMNS, INTRODUCTION, card_facts
from .papers import BESIDE, sign_of
from .tables import METRIC_NAMES, PROTOCOL_NAMES, PaperTable


def markdown_report(content: Content) -> str:
    """The whole text."""
    blocks = [f"# Report: {plain(content.folder.resolve().name)}", INTRODUCTION]
    blocks += [f"> {SYNTHETIC}"] * content.synthetic
    blocks += ["## Summary", _summary(content)]
    if content.failures:
        blocks.append("## Failures")
    for outcome in content.failures:
        where = "" if outcome.record.cell is None else f", code cell {outcome.record.cell}"
        blocks.append(f"**{plain(outcome.name)}**: {outcome.record.state}{where}")
        blocks += [indented(outcome.record.error)] * bool(outcome.record.error)
    for paper in content.papers:
        blocks += _paper(paper)
    blocks += _elsewhere(content)
    if content.pictures:
        blocks += ["## Figures", "\n".join(_picture(picture) for picture in content.pictures)]
    if content.environments:
        blocks.append("## Environment")
    for card, number in content.environments:
        blocks.append(f"{number} trained: " + "; ".join(f"{name} {plain(text)}" for name, text in card_facts(card)))
    return "\n\n".join(blocks) + "\n"


def plain(text: object) -> str:
    """A text in which nothing is taken for Markdown or HTML, in one line."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(str(text).split()))


def indented(text: str) -> str:
    """A block of code; in an indented one nothing has a meaning."""
    return "\n".join(f"    {line}" for line in text.splitlines())


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; the cells must be plain."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _summary(content: Content) -> str:
    evaluated = len(content.runs) - len(content.unevaluated)
    items = [count_states(content.outcomes)]
    items += [f"{len(content.runs)} models trained, {evaluated} finished and evaluated"] * bool(content.runs)
    items += [f"data: {plain(world)}" for world in content.worlds]
    items += [f"run: {content.time}"] * bool(content.time) + [f"written: {content.made:%Y-%m-%d %H:%M} UTC"]
    return "\n".join(f"- {item}" for item in items if item)


def _paper(paper: Paper) -> list[str]:
    if not paper.measured:
        return [f"{paper.title}: nothing measured here ({len(paper.tables)} tables, {len(paper.verdicts)} claims)."]
    blocks = [f"## {paper.title}", "### Claims"] if paper.looked_at else [f"## {paper.title}"]
    for verdict in paper.looked_at:
        blocks.append(
            f"{sign_of(verdict)} **{plain(verdict.claim.text)}** (Table {verdict.claim.table}): {plain(verdict.text)}"
        )
    if paper.open:
        blocks.append("Other claims:\n" + "\n".join(f"- {plain(v.claim.text)}: {plain(v.text)}" for v in paper.open))
    for printed in paper.tables:
        blocks += _table(paper, printed) if printed.measured else []
    return blocks


def _table(paper: Paper, printed: PaperTable) -> list[str]:
    """Published and measured numbers in two tables: their columns are not the same."""
    columns = ["row", *(f"{PROTOCOL_NAMES.get(p, p)}: {METRIC_NAMES[m]}" for p, m in printed.columns)]
    rows = []
    for row in printed.rows:
        cells = [row.cells.get(column) for column in printed.columns]
        rows.append([plain(row.name), *("–" if cell is None else f"{cell.value}" for cell in cells)])
    names = [METRIC_NAMES[metric] for metric in printed.metrics]
    head = ["row", *BESIDE[:2], *names, *BESIDE[2:]]
    measured = []
    for row in printed.rows:
        for line in row.lines:
            scores = [line.score(metric) for metric in printed.metrics]
            setting = printed.settings[line.setting(row.slots)]
            measured.append([plain(row.name), setting, line.checkpoint, *scores, line.n, line.trained])
    notes = [f"Note: {plain(note)}." for note in printed.notes]
    name = f"{paper.title} Table {printed.number}"
    settings = "\n".join(f"- **{letter}** {plain(setting)}" for setting, letter in printed.settings.items())
    below = [f"### {name}, measured", settings, table(head, measured)]
    return [f"### {name}, published", table(columns, rows), *notes, *below]


def _elsewhere(content: Content) -> list[str]:
    blocks = []
    if content.elsewhere:
        rows = []
        for line in content.elsewhere:
            what = plain(f"{line.words}; {line.data}: {line.conditions}")
            rows.append([what, *(line.score(metric) for metric in ELSEWHERE), line.n, line.trained])
        blocks = ["## Runs that belong to no row", table(ELSEWHERE_COLUMNS, rows)]
    for run in content.unevaluated:
        why = "not evaluated" if run.finished else "not finished"
        blocks.append(f"- {plain(run.path.relative_to(content.folder).as_posix())}: {why}")
    return blocks


def _picture(picture) -> str:
    label = f" ({picture.label})" if picture.label else ""
    return f"- {plain(picture.title)}{label}: {plain(picture.path)}. {plain(picture.caption or picture.alt)}"
