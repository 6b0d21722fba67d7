"""Code that can be copied with one click."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

HERE = Path(__file__).parent


class CodeLine(anywidget.AnyWidget):
    """Shows Python source beside a button that copies it; where a page may not copy, the button selects it."""

    _esm = HERE / "code_line.js"
    _css = HERE / "code_line.css"
    code = traitlets.Unicode().tag(sync=True)
