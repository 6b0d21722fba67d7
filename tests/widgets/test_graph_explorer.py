"""The explorer of the graph alignment: its controls, its numbers, and its code."""

from __future__ import annotations

import ast
import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from vireid_lab.losses.graph_alignment import GraphAlignment
from vireid_lab.runtime import InputError
from vireid_lab.widgets.graph_explorer import GraphExplorer
from vireid_lab.widgets.graph_view import render_graph

NAMES = ("shared V", "shared I")


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    ids = [1, 1, 2, 2, 3, 3]
    return {
        " / ".join(NAMES): (rng.normal(size=(6, 4)), rng.normal(size=(6, 4)), ids),
        "it's purified / shared": (rng.normal(size=(6, 4)), rng.normal(size=(6, 4)), ids),
    }


@pytest.fixture
def explorer(features):
    return GraphExplorer(features)


@pytest.mark.parametrize(
    "options", [{}, {"sign": -1}, {"temperature": 0.3}, {"diagonal": False}, {"direction": "symmetric"}], ids=str
)
def test_every_option_has_its_control_and_the_terms_are_those_of_the_loss(explorer, features, options):
    for name, value in options.items():
        explorer.controls[name].value = value
    a, b, ids = features[" / ".join(NAMES)]
    assert explorer.view == render_graph(a, b, ids, NAMES, **options)
    terms = GraphAlignment(**options).terms(torch.tensor(a), torch.tensor(b))
    head, line = explorer.view.readout.splitlines()[:2]
    assert head == f"L_tgsa(shared V; shared I) = {terms.sum():.4g} nats, mean over 6 rows"
    expected = zip(("KL(A_aa, A_bb)", "KL(A_aa, A_ab)", "KL(A_ab, A_bb)"), terms, strict=True)
    assert line == ", ".join(f"{name} {term:.4g}" for name, term in expected)


def test_the_picture_follows(explorer):
    first = np.asarray(Image.open(io.BytesIO(explorer.view.picture)))
    explorer.controls["sign"].value = -1
    second = np.asarray(Image.open(io.BytesIO(explorer.view.picture)))
    assert first.shape[2] == 3 and (first.shape != second.shape or (first != second).any())
    assert "A(shared V; shared I)" in explorer.view.alt


def test_the_copied_code_reproduces_the_view(features):
    explorer = GraphExplorer(features, variable="batch")
    for name, value in {"pair": "it's purified / shared", "sign": -1, "temperature": 0.1 + 0.2}.items():
        explorer.controls[name].value = value
    tree, names = ast.parse(explorer.code_line.code), {"batch": features}
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "cell", "exec"), names)
    assert eval(compile(last, "cell", "eval"), names) == explorer.view


def test_reset_brings_everything_back(explorer):
    first = explorer.view
    explorer.controls["pair"].value = "it's purified / shared"
    explorer.controls["diagonal"].value = False
    assert explorer.view != first
    explorer.reset_button.click()
    assert explorer.view == first


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ({}, "`features` is empty"),
        ({"shared": (np.zeros((2, 2)), np.zeros((2, 2)), [1, 2])}, "'shared': name them 'a / b'"),
        ({"a / b": (np.zeros((2, 2)), np.zeros((3, 2)), [1, 2])}, r"\(2, 2\) and \(3, 2\)"),
        ({"a / b": (np.zeros((2, 2)), np.zeros((2, 2)), [1])}, "give"),
    ],
)
def test_features_that_cannot_be_shown_at_first_are_an_error(features, message):
    with pytest.raises(InputError, match=message):
        GraphExplorer(features)


@pytest.mark.parametrize("temperature", [0, -1, math.nan])
def test_a_temperature_must_be_above_0_here_too(features, temperature):
    with pytest.raises(InputError, match="give a number above 0"):
        render_graph(*features[" / ".join(NAMES)], temperature=temperature)


def test_every_control_has_a_name_and_a_tooltip(explorer):
    assert all(control.description and control.tooltip for control in explorer.controls.values())
