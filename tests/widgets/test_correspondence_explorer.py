"""The explorer of CAL's correspondences: what asks, who answers, and the way back."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from vireid_lab.analysis.correspondence import Correspondence, graph
from vireid_lab.runtime import InputError
from vireid_lab.widgets.correspondence_explorer import CorrespondenceExplorer
from vireid_lab.widgets.correspondence_view import counterpart, index_of, render_correspondence

MATCH = np.array([2, 0, 1])


def make_pair(seed: int, parts: int = 3) -> Correspondence:
    """Parts on maps of 4 x 2 of images of 24 x 12 pixels."""
    rng = np.random.default_rng(seed)
    answers = rng.random((2, 2, parts + 8, 4, 2))
    answers /= answers.sum((3, 4), keepdims=True)
    images = rng.integers(0, 256, (2, 24, 12, 3)).astype(np.uint8)
    match = MATCH if parts == 3 else np.arange(parts)
    return Correspondence(images, rng.random((2, parts, 4, 2)), answers, graph(answers, parts), match)


@pytest.fixture
def pairs():
    return {"first": make_pair(0), "it's second": make_pair(1)}


@pytest.fixture
def explorer(pairs):
    return CorrespondenceExplorer(pairs)


def test_a_part_asks_and_its_counterpart_asks_back(pairs):
    pair = pairs["first"]
    lines = render_correspondence(pair, "infrared", 1).readout.splitlines()
    heat = pair.answers[1, 0, 0]  # infrared part 1 in the visible image
    row, column = divmod(int(heat.argmax()), 2)
    assert lines[0].startswith(f"part I1 -> visible: most at (row {row}, column {column}) of 4 x 2, over ")
    assert lines[1].startswith("part V2 -> infrared: ")  # the visible part that is compared with infrared part 1
    rank = 1 + sum(weight > pair.weights[0, 1] for weight in pair.weights.ravel())
    assert lines[2].startswith(f"weight of the edge I1-V2: {pair.weights[0, 1]:#.3g}, rank {rank} of 9")
    assert render_correspondence(pair, "visible", 2).readout.splitlines()[1].startswith("part I1 -> visible")


def test_a_place_asks_and_the_place_that_it_looks_at_asks_back(pairs):
    pair = pairs["first"]
    query = index_of(pair, (13, 7))  # row 2, column 1 of the map
    assert query == 3 + 2 * 2 + 1
    back = counterpart(pair, 1, query)
    assert back == 3 + int(np.argmax(pair.answers[1, 0, query]))
    lines = render_correspondence(pair, "infrared", (13, 7)).readout.splitlines()
    assert lines[0].startswith("place (row 2, column 1) of the infrared map -> visible")
    home = pair.answers[0, 1, back].ravel()
    assert lines[2] == f"asked back, the place that asked is number {sorted(-home).index(-home[5]) + 1} of 8"


def test_it_shows_what_the_pure_function_gives(explorer, pairs):
    assert explorer.view == render_correspondence(pairs["first"], "infrared", 1)
    explorer.asks.value = "visible"
    explorer.query.value = 3
    explorer.pair.value = "it's second"
    assert explorer.view == render_correspondence(pairs["it's second"], "visible", 3)


def test_a_click_chooses_the_place_in_the_image_that_asks(explorer, pairs):
    before = explorer.pointer.png
    explorer.pointer.point = (3, 9)
    assert explorer.view == render_correspondence(pairs["first"], "infrared", (3, 9))
    explorer.asks.value = "visible"
    assert explorer.pointer.png != before and explorer.pointer.title == "visible"
    assert explorer.view == render_correspondence(pairs["first"], "visible", (3, 9))


def test_the_copied_code_reproduces_the_view(pairs):
    explorer = CorrespondenceExplorer(pairs, variable="seen")
    for change in (
        lambda: setattr(explorer.pair, "value", "it's second"),
        lambda: setattr(explorer.pointer, "point", (20, 2)),
    ):
        change()
        tree = ast.parse(explorer.code_line.code)
        last, names = ast.Expression(tree.body.pop().value), {"seen": pairs}
        exec(compile(tree, "cell", "exec"), names)
        assert eval(compile(last, "cell", "eval"), names) == explorer.view


def test_reset_brings_everything_back(explorer):
    first = explorer.view
    explorer.pointer.point = (0, 0)
    explorer.asks.value = "visible"
    assert explorer.view != first
    explorer.reset_button.click()
    assert explorer.view == first and explorer.query.value == 1


@pytest.mark.parametrize(
    ("asks", "query", "message"),
    [
        ("infra", 1, "did you mean 'infrared'"),
        ("infrared", 4, "part 4: this model has the parts 1 to 3"),
        ("infrared", (24, 0), "24 rows and 12 columns"),
        ("infrared", (0, -1), "24 rows and 12 columns"),
    ],
)
def test_what_cannot_ask_is_named(pairs, asks, query, message):
    with pytest.raises(InputError, match=message):
        render_correspondence(pairs["first"], asks, query)


def test_pairs_of_two_models_or_none_are_named(pairs):
    with pytest.raises(InputError, match="`pairs` is empty"):
        CorrespondenceExplorer({})
    with pytest.raises(InputError, match=r"\[3, 4\] parts: give those of one model"):
        CorrespondenceExplorer({**pairs, "other": make_pair(2, 4)})


def test_every_control_has_a_name_and_a_tooltip(explorer):
    for control in (explorer.pair, explorer.asks, explorer.query):
        assert control.description and control.tooltip
    assert explorer.pointer.title and explorer.pointer.alt
