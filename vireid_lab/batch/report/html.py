"""Pieces of HTML; every text that comes in is escaped here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from .style import CSS

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
{body}
</body>
</html>
"""


class Markup(str):
    """HTML that is ready; any other text is escaped when it is put into a piece."""


def markup(value: object) -> Markup:
    """A value as HTML."""
    return value if isinstance(value, Markup) else Markup(escape(str(value)))


def tag(name: str, *content: object, **attributes: object) -> Markup:
    """An element; `class_` is the attribute class, `aria_label` aria-label; None leaves an attribute out."""
    texts = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    pairs = "".join(f' {key}="{escape(str(value))}"' for key, value in texts.items())
    if name in ("img", "br"):
        return Markup(f"<{name}{pairs}>")
    return Markup(f"<{name}{pairs}>{join(content)}</{name}>")


def join(pieces: Iterable[object], between: str = "") -> Markup:
    """Pieces one after the other."""
    return Markup(between.join(markup(piece) for piece in pieces))


def details(summary: object, *content: object) -> Markup:
    """What is folded away until it is asked for."""
    return tag("details", tag("summary", summary), *content)


def table(name: str, head: Iterable[object], body: Iterable[object]) -> Markup:
    """A table that scrolls inside itself where the page is too narrow, by finger and by key.

    Args:
        name: what a screen reader calls it.
        head, body: rows (`tr`).
    """
    inside = tag("table", tag("thead", *head), tag("tbody", *body), aria_label=name)
    return tag("div", inside, class_="scroll", role="region", aria_label=name, tabindex=0)


def plain_table(name: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Markup:
    """A table with one row of headers; the first cell of each row is its header."""
    head = tag("tr", *(tag("th", column, scope="col") for column in columns))
    body = (tag("tr", tag("th", first, scope="row"), *(tag("td", c) for c in cells)) for first, *cells in rows)
    return table(name, [head], body)


def facts(pairs: Iterable[tuple[str, object]]) -> Markup:
    """Names with values; a pair without a value is left out."""
    rows = (join((tag("dt", name), tag("dd", value))) for name, value in pairs if str(value))
    return tag("dl", *rows, class_="facts")


def page(title: str, body: Iterable[object]) -> str:
    """A whole page that needs nothing from elsewhere."""
    return PAGE.format(title=escape(title), css=CSS, body=join(body, "\n"))
