"""IDKL's graph alignment on a batch of features, as it is shown: affinity matrices and the three KL terms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from vireid_lab.figures.idkl_graph import describe_graphs, graph_sheet, graphs_of
from vireid_lab.losses.graph_alignment import GraphAlignment

from .explorer import View
from .picture_page import pixels_on_screen
from .picture_pointer import encode_png

DPI = 130


def render_graph(
    a: np.ndarray,
    b: np.ndarray,
    ids: Sequence[int],
    names: tuple[str, str] = ("a", "b"),
    sign: int = 1,
    temperature: float = 1.0,
    diagonal: bool = True,
    direction: str = "forward",
) -> View:
    """Affinity matrices of two kinds of features and the KL terms between them.

    Args:
        a: (N, d) features, array or tensor.
        b: (N, d) features of the same images or identities, row by row.
        ids: (N,) identities.
        names: what a and b are.
        sign, temperature, diagonal, direction: of `GraphAlignment`.

    Raises:
        InputError: an argument cannot be used.
    """
    loss = GraphAlignment(sign, temperature, diagonal, direction)
    graphs = graphs_of(torch.as_tensor(a), torch.as_tensor(b), ids, names, loss)
    words = describe_graphs(graphs)
    figure = graph_sheet({f"sign {sign:+d}, T = {temperature:.3g}": graphs})
    figure.set_dpi(DPI)
    alt = f"Affinity matrices {', '.join(graphs.titles)} of {len(graphs.ids)} rows and the KL terms between them"
    return View(encode_png(pixels_on_screen(figure)), words, alt)
