"""The part of the page about a paper: its claims with verdicts, its tables with published and measured columns."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from vireid_lab.analysis.claims import READINGS, Verdict, to_show

from .content import Paper
from .html import Markup, details, facts, plain_table, table, tag
from .pictures import data_uri
from .tables import METRIC_NAMES, PROTOCOL_NAMES, Line, PaperTable, TableRow

BESIDE = ("on", "step", "seeds", "R-1 on training ids")  # two columns before the metrics, two behind them
SIGNS = {"holds": "✓", "opposite": "✗"}


def paper_section(paper: Paper) -> Markup:
    """The claims, then the tables; one folded line for a paper of which nothing was measured."""
    if not paper.measured:
        tables, claims = len(paper.tables), len(paper.verdicts)
        summary = f"{paper.title}: nothing measured here ({tables} published tables, {claims} claims)"
        return details(summary, *(table_section(paper, each) for each in paper.tables))
    parts = [tag("h2", paper.title, id=paper.name)]
    if paper.looked_at:
        parts += [tag("h3", "Claims"), claim_picture(paper), *(claim(verdict) for verdict in paper.looked_at)]
    if paper.open:
        rows = [(v.claim.text, f"Table {v.claim.table}", f"{v.verdict}: {v.reason}") for v in paper.open]
        listed = plain_table(f"{paper.title}: other claims", ("claim", "source", "verdict"), rows)
        parts.append(details(f"{len(rows)} claims without a verdict", listed))
    measured = [each for each in paper.tables if each.measured]
    others = [each for each in paper.tables if not each.measured]
    parts += [tag("h3", "Tables")] * bool(measured) + [table_section(paper, each) for each in measured]
    if others:
        numbers = ", ".join(each.number for each in others)
        summary = f"Tables of which no row was measured here: {numbers}"
        parts.append(details(summary, *(table_section(paper, each) for each in others)))
    return tag("section", *parts)


def claim_picture(paper: Paper) -> Markup:
    """The forest plot of the claims, where one of them has an interval."""
    worlds = to_show(paper.verdicts, paper.other_infrared)
    with_interval = [verdict for world in worlds for verdict in world if verdict.effects]
    if not with_interval:
        return Markup("")
    from vireid_lab.figures.effects import claim_effects, describe_effects

    figure = claim_effects(*worlds)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    width = round(figure.get_figwidth() * 100)
    image = tag("img", src=data_uri("image/svg+xml", buffer.getvalue()), alt=describe_effects(*worlds), width=width)
    data = "; ".join(sorted({verdict.comparison.world for verdict in with_interval}))
    caption = "Paired differences with 95 % intervals. Above: at equal steps; below: at each arm's own best step. "
    frame = tag("div", image, class_="wide", role="region", aria_label="Claims of the paper", tabindex=0)
    return tag("figure", frame, tag("figcaption", caption, tag("small", data)))


def claim(verdict: Verdict) -> Markup:
    """A claim of which both arms were run."""
    made, kind = verdict.comparison, verdict.verdict.replace(" ", "-")
    effects = [(READINGS[checkpoint], str(effect)) for checkpoint, effect in verdict.effects.items()]
    if verdict.adjusted_p is None:
        p = "no test"
    else:
        family = f"Holm over {verdict.tests} claims" if verdict.claim.priority == 1 else "not adjusted: no priority"
        p = f"{verdict.adjusted_p:.3g} ({family})"
    trained, compared = (
        "not evaluated" if value is None else f"R-1 {100 * value:.1f} %"
        for value in (made.train_rank1, made.worse_train_rank1)
    )
    name, world = verdict.claim.id, made.world
    if made.infrared != verdict.claim.modality:
        name, world = f"{name}-{made.infrared}", f"{world}; the claim comes from {verdict.claim.modality} data"
    values = [
        *((f"{METRIC_NAMES[made.metric]} {reading}", effect) for reading, effect in effects),
        ("p", p),
        ("n", f"{len(made.pairs)} paired runs"),
        ("baseline on its training identities", trained),
        ("the arm compared with on its training identities", compared),
        ("data", world),
        ("scale", made.scale),
        ("protocol", made.label),
        ("also run", f"in {verdict.others} other worlds, settings or protocols, not used" if verdict.others else ""),
    ]
    head = tag("p", verdict.claim.text, " ", tag("small", f"Table {verdict.claim.table}"))
    words = f"{sign_of(verdict)} {verdict.verdict}"
    result = tag("p", tag("span", words, class_="verdict"), f": {verdict.reason}")
    return tag("div", head, result, facts(values), class_=f"claim {kind}", id=name)


def sign_of(verdict: Verdict) -> str:
    """A verdict as one character."""
    return SIGNS.get(verdict.verdict, "○")


def table_section(paper: Paper, printed: PaperTable) -> Markup:
    """A published table with its measured columns; rows of others' methods are folded away."""
    name = f"{paper.title} Table {printed.number}"
    own = [row for row in printed.rows if row.ours]
    others = [row for row in printed.rows if not row.ours]
    marks = {note: f"[{number}]" for number, note in enumerate(printed.notes, 1)}
    parts: list[object] = [tag("h3" if printed.measured else "h4", name)]
    if own:
        parts += _tables(name, printed, own, marks)
    if others:
        folded = _tables(f"{name}: methods of others", printed, others, marks)
        parts.append(details(f"{len(others)} methods of others, published only", *folded))
    for setting, letter in printed.settings.items():
        parts.append(tag("p", tag("small", tag("strong", letter), f" {setting}"), class_="key"))
    for note, mark in marks.items():
        parts.append(tag("p", tag("small", f"{mark} {note}"), class_="key"))
    return tag("div", *parts)


def _tables(name: str, printed: PaperTable, rows: Sequence[TableRow], marks: dict[str, str]) -> list[Markup]:
    """The rows as tables that a desk's page can hold."""
    parts = _parts(printed, rows)
    names = [f"{name}, part {number} of {len(parts)}" for number in range(1, len(parts) + 1)]
    return [
        _table(each, printed, part, marks) for each, part in zip(names if parts[1:] else [name], parts, strict=True)
    ]


def _parts(printed: PaperTable, rows: Sequence[TableRow]) -> list[PaperTable]:
    """Where measured columns need room: two protocols to a table, photographs and synthetic people apart.

    A line stands beside the protocol that it was measured with (its label begins with it); if the table has none such,
    in the first part.
    """
    lines = [line for row in rows for line in row.lines]
    if not lines:
        return [replace(printed, rows=tuple(rows))]
    protocols = list(dict.fromkeys(protocol for protocol, _ in printed.columns))
    place = {protocol: number // 2 for number, protocol in enumerate(protocols)}
    parts = []
    for number in range(1 + max(place.values())):
        columns = tuple(column for column in printed.columns if place[column[0]] == number)
        here = [line for line in lines if place.get(line.label.split()[0], 0) == number]
        for synthetic in sorted({line.synthetic for line in here}) or [False]:
            kept = [line for line in here if line.synthetic == synthetic]
            own = (replace(row, lines=tuple(line for line in row.lines if line in kept)) for row in rows)
            parts.append(replace(printed, columns=columns, rows=tuple(own)))
    return parts


def _table(name: str, printed: PaperTable, part: PaperTable, marks: dict[str, str]) -> Markup:
    body = (cells for row in part.rows for cells in _rows(row, printed, part, marks))
    return table(name, _head(part), body)


def _head(part: PaperTable) -> list[Markup]:
    protocols = Counter(protocol for protocol, _ in part.columns)
    names = ((PROTOCOL_NAMES.get(protocol, protocol), span) for protocol, span in protocols.items())
    top = [tag("th", "row", rowspan=2, scope="col")]
    top += [tag("th", "Published", Markup("<br>"), n, scope="colgroup", colspan=span) for n, span in names]
    below = [tag("th", METRIC_NAMES[metric], scope="col", class_="number") for _, metric in part.columns]
    if part.measured:
        synthetic = next(line.synthetic for row in part.rows for line in row.lines)
        title = "Measured on the synthetic benchmark" if synthetic else "Measured on photographs"
        note = "not comparable with the published columns" if synthetic else "the letters are explained below"
        content = (title, Markup("<br>"), tag("small", note))
        span = len(part.metrics) + len(BESIDE)
        top.append(tag("th", *content, scope="colgroup", colspan=span, class_="measured"))
        names = [*BESIDE[:2], *(METRIC_NAMES[metric] for metric in part.metrics), *BESIDE[2:]]
        below += [tag("th", each, scope="col", class_="number measured") for each in names]
    return [tag("tr", *top), tag("tr", *below)]


def _rows(row: TableRow, printed: PaperTable, part: PaperTable, marks: dict[str, str]) -> list[Markup]:
    height = max(1, len(row.lines))
    notes = {cell.note for cell in row.cells.values()}
    shared = marks.get(notes.copy().pop(), "") if len(notes) == 1 else ""
    run = any(each.lines for each in printed.rows if each.name == row.name)
    slots = tag("small", Markup("<br>"), row.slots) if row.ours and not run else ""
    first = [tag("th", row.name, " ", shared, slots, scope="row", rowspan=height)]
    for column in part.columns:
        cell = row.cells.get(column)
        text = "–" if cell is None else f"{cell.value} {'' if shared else marks.get(cell.note, '')}".strip()
        first.append(tag("td", text, class_="number", rowspan=height))
    if part.measured and not row.lines:
        first.append(tag("td", "not run", class_="measured soft", colspan=len(part.metrics) + len(BESIDE)))
    measured = [_line(line, printed.settings[line.setting(row.slots)], part.metrics) for line in row.lines] or [[]]
    return [tag("tr", *first, *measured[0]), *(tag("tr", *cells) for cells in measured[1:])]


def _line(line: Line, letter: str, metrics: Sequence[str]) -> list[Markup]:
    values = [letter, line.checkpoint, *map(line.score, metrics), line.n, line.trained]
    return [tag("td", value, class_="number measured") for value in values]
