"""The report as one HTML page that needs nothing from elsewhere."""

from __future__ import annotations

from collections import Counter

from vireid_lab.runtime import environment_card

from .content import SYNTHETIC, Content
from .html import Markup, details, facts, join, page, plain_table, tag
from .outcomes import Outcome, count_states
from .papers import paper_section
from .pictures import Shown
from .tables import METRIC_NAMES, Line

ELSEWHERE = ("rank1", "rank10", "mAP", "mINP")
ELSEWHERE_COLUMNS = ("run", *(METRIC_NAMES[metric] for metric in ELSEWHERE), "seeds", "R-1 on training ids")
INTRODUCTION = (
    "Finished runs beside what the papers print. A measured number is the mean over training seeds ± their standard "
    "deviation, in percent. A verdict compares two arms that differ in the claimed part alone, on paired seeds."
)


def html_report(content: Content) -> str:
    """The whole page."""
    sections = [("summary", "Summary", [summary(content)])]
    if content.failures:
        sections.append(("failures", "Failures", [failure(outcome) for outcome in content.failures]))
    measured = [paper for paper in content.papers if paper.measured]
    links = [(paper.name, paper.title) for paper in measured]
    papers = [paper_section(paper) for paper in content.papers]
    if content.elsewhere or content.unevaluated:
        sections.append(("runs", "Runs that belong to no row", [elsewhere(content)]))
    if content.pictures:
        sections.append(("figures", "Figures", [pictures(content)]))
    sections.append(("environment", "Environment", [environment(content)]))
    before = [each for each in sections if each[0] in ("summary", "failures")]
    after = [each for each in sections if each not in before]
    menu = [each[:2] for each in before] + links + [each[:2] for each in after]
    head = [tag("h1", f"Report: {content.folder.resolve().name}"), tag("p", INTRODUCTION)]
    if content.synthetic:
        head.append(tag("p", SYNTHETIC, class_="label", role="note"))
    head.append(tag("nav", tag("ul", *(tag("li", tag("a", name, href=f"#{key}")) for key, name in menu))))
    body = [tag("header", *head), tag("main", *map(_section, before), *papers, *map(_section, after))]
    return page(f"Report: {content.folder.resolve().name}", body)


def _section(section: tuple[str, str, list]) -> Markup:
    key, title, parts = section
    return tag("section", tag("h2", title, id=key), *parts)


def summary(content: Content) -> Markup:
    """What there is, in a few lines."""
    evaluated = len(content.runs) - len(content.unevaluated)
    trainings = f"{len(content.runs)} trained, {evaluated} of them finished and evaluated" if content.runs else ""
    counts = Counter(verdict.verdict for paper in content.papers for verdict in paper.verdicts if verdict.comparison)
    pairs = [
        ("notebooks", count_states(content.outcomes)),
        ("models", trainings),
        ("claims", ", ".join(f"{number} {verdict}" for verdict, number in counts.items())),
        ("data", join(content.worlds, Markup("<br>"))),
        ("figures", f"{len(content.pictures)} different ones" if content.pictures else ""),
        ("run", content.time),
        ("written", f"{content.made:%Y-%m-%d %H:%M} UTC"),
    ]
    return facts(pairs)


def failure(outcome: Outcome) -> Markup:
    """A run of a notebook that did not come to its end."""
    record = outcome.record
    where = "" if record.cell is None else f", code cell {record.cell}"
    parameters = ", ".join(f"{key} = {value}" for key, value in outcome.parameters.items())
    head = tag("p", tag("span", f"✗ {outcome.name}", class_="verdict"), f": {record.state}{where}")
    values = facts([("notebook", outcome.notebook), ("parameters", parameters), ("attempts", record.attempts)])
    return tag("div", head, values, tag("pre", record.error) if record.error else "", class_="claim opposite failed")


def elsewhere(content: Content) -> Markup:
    """Measured lines without a row, and runs without a number."""
    parts = []
    if content.elsewhere:
        rows = map(_elsewhere_row, content.elsewhere)
        parts.append(plain_table("Runs that belong to no row", ELSEWHERE_COLUMNS, rows))
    if content.unevaluated:
        reasons = ((run, "not evaluated" if run.finished else "not finished") for run in content.unevaluated)
        rows = [(run.path.relative_to(content.folder).as_posix(), run.recipe, why) for run, why in reasons]
        listed = plain_table("Runs without a number", ("folder", "recipe", "why"), rows)
        parts.append(details(f"{len(rows)} models without a number", listed))
    return join(parts)


def _elsewhere_row(line: Line) -> list[object]:
    what = join((line.words, tag("small", Markup("<br>"), f"{line.data}: {line.conditions}")))
    return [what, *(line.score(metric) for metric in ELSEWHERE), line.n, line.trained]


def pictures(content: Content) -> Markup:
    """One of each kind of picture; those of other runs folded away beneath it."""
    kinds: dict[str, list[Shown]] = {}
    for picture in content.pictures:
        kinds.setdefault(picture.kind, []).append(picture)
    parts = []
    for first, *others in kinds.values():
        parts.append(_picture(first))
        if others:
            parts.append(details(f"The same of {len(others)} other runs", *map(_picture, others)))
    return join(parts)


def _picture(picture: Shown) -> Markup:
    copies = f", the same in {picture.copies} places" if picture.copies > 1 else ""
    title = tag("strong", picture.title)
    if picture.image is None:
        return tag("p", title, " ", tag("small", picture.path, copies))
    image = tag("img", src=picture.image, alt=picture.alt, width=picture.width, loading="lazy")
    source = " · ".join(text for text in (picture.label, picture.path + copies) if text)
    caption = tag("p", picture.caption) if picture.caption else ""
    words = tag("figcaption", title, caption, tag("p", picture.alt), tag("small", source))
    return tag("figure", image, words)


def environment(content: Content) -> Markup:
    """The machines and packages of the training runs; without any, those that the report was made with."""
    cards = [(f"{n} trained model{'s' * (n > 1)}", card) for card, n in content.environments]
    cards = cards or [("This report was made with", environment_card())]
    hosts = ", ".join(sorted({outcome.record.host for outcome in content.outcomes if outcome.record.host}))
    blocks = [join((tag("h3", title), facts(card_facts(card)))) for title, card in cards]
    return join([*blocks, facts([("machines of the notebooks", hosts)])])


def card_facts(card: dict) -> list[tuple[str, str]]:
    """An environment card as names and texts."""
    versions = ", ".join(f"{name} {version}" for name, version in card.get("versions", {}).items())
    gpus = ", ".join(card.get("gpus", [])) or "none"
    machine = f"{card.get('system', '')}, {card.get('cpus', '?')} processors, GPU: {gpus}"
    return [("machine", machine), ("Python", card.get("python", "")), ("packages", versions)]
