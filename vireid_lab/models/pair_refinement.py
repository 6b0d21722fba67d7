"""Comparing each pair of images by the parts of one another: what CAL's distillation stands in for at retrieval."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .cal import CAL, Described
from .target_attention import PartQueries


def pair_similarity(model: CAL, visible: Described, infrared: Described) -> Tensor:
    """Similarity of V visible and I infrared images, each pair refined by the same part queries.

    The mean, over the parts of both images, of the cosine between the two images refined by that part's query: what
    Eq. 2 of Wu et al. 2023 brings together. The paper calls it infeasible, because it refines every image for every
    other one; the infrared images are taken one by one, and the cost is V x I refinements.

    Args:
        model: in evaluation mode.
        visible: from `model.describe`.
        infrared: the same.

    Returns:
        (V, I), -1 to 1.
    """
    columns = []
    for row in range(len(infrared.tokens)):
        one = infrared.of(torch.full((len(visible.tokens),), row, device=visible.tokens.device))
        by_infrared, by_visible = (part_cosines(model, visible, one, image.queries) for image in (one, visible))
        columns.append((by_infrared + by_visible).mean(1) / 2)
    return torch.stack(columns, 1)


def part_cosines(model: CAL, first: Described, second: Described, queries: PartQueries) -> Tensor:
    """Cosines (B, N_p) of each part of B pairs of images, both refined by the same queries."""
    refined = [model.attention(image.tokens, image.keys, queries)[0] for image in (first, second)]
    embeddings = [model.through_necks(features)[0] for features in refined]
    return F.cosine_similarity(*embeddings, dim=2)
