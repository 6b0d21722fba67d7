"""Affinity matrices for pictures, against loops, and what is drawn against what was given."""

import math

import numpy as np
import pytest
import torch

from vireid_lab.figures.idkl_graph import describe_graphs, graph_sheet, graphs_of
from vireid_lab.losses.graph_alignment import GraphAlignment
from vireid_lab.runtime import InputError

IDS = [4, 2, 4, 2, 7, 7]
A, B = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0)).unbind()


def loop(a, b, sign, temperature, diagonal):
    """Eq. 15 on rows sorted by identity, NaN on a diagonal that is left out."""
    order = [1, 3, 0, 2, 4, 5]
    matrix = np.full((6, 6), np.nan)
    for i, p in enumerate(order):
        weights = {
            j: math.exp(sign * math.dist(a[p].tolist(), b[q].tolist()) / temperature)
            for j, q in enumerate(order)
            if diagonal or i != j
        }
        for j, weight in weights.items():
            matrix[i, j] = weight / sum(weights.values())
    return matrix


@pytest.mark.parametrize("options", [(1, 1.0, True), (-1, 0.5, False)])
def test_the_matrices_are_those_of_eq_15_with_the_rows_of_an_identity_together(options):
    loss = GraphAlignment(*options)
    graphs = graphs_of(A, B, IDS, ("V", "I"), loss)
    assert graphs.ids.tolist() == [2, 2, 4, 4, 7, 7]
    for matrix, (a, b) in zip(graphs.matrices, ((A, A), (B, B), (A, B)), strict=True):
        np.testing.assert_allclose(matrix, loop(a, b, *options), rtol=1e-6)
    np.testing.assert_allclose(graphs.terms, loss.terms(A, B), rtol=1e-4)
    assert graphs.titles == ["A(V; V)", "A(I; I)", "A(V; I)"]


def test_what_the_rows_weigh_is_counted():
    matrix = loop(A, B, 1, 1.0, True)
    graphs = graphs_of(A, B, IDS, ("V", "I"), GraphAlignment())
    same = np.mean([matrix[i, [j for j in range(6) if j // 2 == i // 2]].sum() for i in range(6)])
    entropies = [-sum(x * math.log(x) for x in row) for row in matrix]
    assert graphs.same[2] == pytest.approx(same, rel=1e-6)
    assert graphs.neighbours[2] == pytest.approx(np.mean(np.exp(entropies)), rel=1e-6)
    even = graphs_of(torch.zeros(6, 3), torch.zeros(6, 3), IDS, ("V", "I"), GraphAlignment())
    assert even.neighbours.tolist() == pytest.approx([6] * 3) and even.same.tolist() == pytest.approx([1 / 3] * 3)
    assert describe_graphs(even).startswith("L_tgsa(V; I) = 0 nats")
    assert "33.3 % on the own identity (even: 33.3 %), as if on 6.0 of 6 columns" in describe_graphs(even)
    without = graphs_of(torch.zeros(6, 3), torch.zeros(6, 3), IDS, ("V", "I"), GraphAlignment(diagonal=False))
    assert without.same.tolist() == pytest.approx([1 / 5] * 3) and "(even: 20.0 %)" in describe_graphs(without)


def test_the_sheet_shows_the_matrices_and_the_terms():
    rows = {
        "before": graphs_of(A, B, IDS, ("V", "I"), GraphAlignment()),
        "after": graphs_of(A, A + 0.01 * B, IDS, ("V", "I"), GraphAlignment()),
    }
    figure = graph_sheet(rows)
    axes = np.array(figure.axes[:8]).reshape(2, 4)
    for line, graphs in zip(axes, rows.values(), strict=True):
        for each, matrix in zip(line, graphs.matrices, strict=False):
            (image,) = each.images
            np.testing.assert_allclose(image.get_array(), matrix)
            assert image.norm is axes[0, 0].images[0].norm  # one scale
            assert sorted(line.get_ydata()[0] for line in each.lines if len(set(line.get_ydata())) == 1) == [1.5, 3.5]
        assert [bar.get_width() for bar in line[3].patches] == pytest.approx(list(graphs.terms))
    assert [each.get_ylabel() for each in axes[:, 0]] == ["before\nrow i", "after\nrow i"]
    assert figure.versions == {"figures.idkl_graph": 1}


def test_a_sheet_of_equal_features_has_no_gap_to_show():
    graphs = graphs_of(A, A, IDS, ("V", "I"), GraphAlignment(diagonal=False))
    figure = graph_sheet({"equal": graphs})
    assert figure.axes[3].get_title() == "sum 0"


@pytest.mark.parametrize(
    ("a", "ids", "message"),
    [
        (A, IDS[:5], r"give \(N, d\) twice and \(N,\)"),
        (A[:5], IDS, r"\(5, 3\) and \(6, 3\)"),
        (A[0], IDS, "give"),
        (A * math.nan, IDS, "not finite"),
    ],
)
def test_features_that_cannot_be_shown_are_named(a, ids, message):
    with pytest.raises(InputError, match=message):
        graphs_of(a, B, ids, ("V", "I"), GraphAlignment())
