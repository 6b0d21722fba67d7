"""The pattern of all explorers: labelled controls around one pure render function.

An explorer is written in three steps: a pure function `render(...) -> View`, one widget for each of its parameters, and
a line of code that calls it. `Explorer` does the rest: the first picture is drawn by its constructor and outside any
Output widget, where ipywidgets would swallow an exception; later ones follow the controls.
"""

from __future__ import annotations

import base64
import contextlib
import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ipywidgets import HTML, Button, DOMWidget, HBox, Layout, VBox

from vireid_lab.runtime import InputError

from .code_line import CodeLine

WIDTH = 430  # of the picture on the page, CSS pixels
SMALL = '<div style="font-size:12px;line-height:1.3;color:var(--jp-ui-font-color2,#555)">{}</div>'  # a note


@dataclass(frozen=True)
class View:
    """What an explorer shows; as the last value of a notebook cell it shows itself.

    Attributes:
        picture: a PNG file.
        readout: the same in words and numbers, plain text; the first line says the most important thing.
        alt: what the picture is, in one sentence, for readers who cannot see it.
    """

    picture: bytes
    readout: str
    alt: str

    def __repr__(self) -> str:
        return self.readout

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.picture).decode()
        image = f'<img src="data:image/png;base64,{data}" alt="{html.escape(self.alt)}" width="{WIDTH}">'
        return f"{image}<pre>{html.escape(self.readout)}</pre>"


class Explorer(VBox):
    """Controls, picture, read-out, code that reproduces the view, and a reset button.

    A control's value is its trait of the name of the parameter where it has one (`rectangle` of a PicturePointer),
    `value` otherwise. Every control needs a description and a tooltip; where a redraw is slow (above 200 ms) it also
    needs `continuous_update=False`.

    Attributes:
        values: the current arguments of `render`.
        view: what is shown.
    """

    def __init__(
        self, render: Callable[..., View], controls: dict[str, DOMWidget], code: Callable[[dict[str, Any]], str]
    ) -> None:
        """Draws the first view.

        Args:
            render: pure function of the controls' values, by keyword.
            controls: name of the parameter -> widget.
            code: values -> Python source whose last expression is the same view.

        Raises:
            InputError: the first view cannot be drawn from the values the controls have.
        """
        super().__init__()
        self.render, self.controls, self.code = render, controls, code
        self.start = self.values
        self.picture = HTML(layout=Layout(width=f"{WIDTH}px"))
        self.readout = HTML(layout=Layout(width="auto"))
        self.code_line = CodeLine()
        tooltip, short = "Back to the first view", Layout(width="90px", flex="none")  # whole beside a long code line
        self.reset_button = Button(description="Reset", icon="undo", tooltip=tooltip, layout=short)
        self.reset_button.on_click(lambda _: self.reset())
        self._held = False
        self._show(render(**self.start))
        for name, control in controls.items():
            control.observe(self.update, self._trait(name))
        self.children = self.arrange()

    def arrange(self) -> list[DOMWidget]:
        """The widgets from top to bottom; an explorer with a layout of its own overrides it."""
        body = HBox([VBox(list(self.controls.values())), self.picture], layout=Layout(flex_flow="row wrap"))
        return [body, self.readout, self.foot()]

    def foot(self) -> HBox:
        """The last line of every explorer: the code of the view and the reset button."""
        return HBox([self.reset_button, self.code_line], layout=Layout(align_items="center", width="100%"))

    @property
    def values(self) -> dict[str, Any]:
        return {name: getattr(control, self._trait(name)) for name, control in self.controls.items()}

    def reset(self) -> None:
        """All controls as they were first."""
        with self.one_update():
            for name, value in self.start.items():
                setattr(self.controls[name], self._trait(name), value)

    @contextlib.contextmanager
    def one_update(self) -> Iterator[None]:
        """Several controls are changed inside, the view once at the end (of the outermost, where they are nested)."""
        before, self._held = self._held, True
        try:
            yield
        finally:
            self._held = before
        self.update()

    def update(self, _=None) -> None:
        """Draws the view anew. What cannot be drawn is said in the read-out; a bug is raised as well."""
        if self._held:
            return
        try:
            self._show(self.render(**self.values))
        except Exception as error:
            bug = not isinstance(error, InputError)
            self._complain(f"{type(error).__name__}: {error}" if bug else str(error))
            if bug:
                raise

    def _show(self, view: View) -> None:
        self.view = view
        data = base64.b64encode(view.picture).decode()
        self.picture.value = (
            f'<img src="data:image/png;base64,{data}" alt="{html.escape(view.alt)}" decoding="sync" '
            f'style="width:100%;display:block">'
        )
        self.picture.layout.visibility = "visible"
        self._say(view.readout)

    def _complain(self, message: str) -> None:
        self.picture.layout.visibility = "hidden"  # the last picture does not show these values
        self._say(f"✗ {message}")

    def _say(self, text: str) -> None:
        head, _, rest = html.escape(text).partition("\n")
        body = f"<b>{head}</b>\n{rest}"
        self.readout.value = f'<pre role="status" style="margin:4px 0;line-height:1.35;word-break:normal">{body}</pre>'
        self.code_line.code = self.code(self.values)

    def _trait(self, name: str) -> str:
        return name if self.controls[name].has_trait(name) else "value"
