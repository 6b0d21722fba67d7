"""CAL's network (Wu et al. 2023, Fig. 2): parts mined in each modality, looked for in the other one, and matched.

What happens to a batch, image by image (B), part by part (N_p), position by position (L):

    backbone  images                          -> maps (B, C, h, w), read as tokens T (B, L, C)
    DRM       regions(maps, T)                -> parts P (B, N_p, C), their regions Ŝ               Eq. 3
    TSAA      T under the queries of its own P       -> self-refined f^{V,V}, f^{I,I}, attention    Eq. 12, 7-10
              T under the queries of its partner's P -> cross-refined f^{V,I}, f^{I,V}, attention   Eq. 11, 7-10
    CQM       overlap of both attentions      -> bipartite graph, its heaviest match                Eq. 16, 17
    necks     f                               -> embedding, logits
    retrieval self-refined f alone, infrared parts in the order of M̂ -> descriptors                Sec. 3.4

The modules are in `region_mining`, `target_attention` and `query_matching`; the losses on what comes out in
`losses.part_center` (Eq. 13-15) and `losses.match_distill` (Eq. 5, 18, 19); `recipes.cal` adds them up (Eq. 20).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .backbone import Backbone
from .heads import BNNeck
from .output import ReIDOutput
from .precision import full_precision
from .query_matching import MatchRecord, edge_weights, match_queries, partners
from .target_attention import PartQueries, TargetAttention


@dataclass
class CALOutput(ReIDOutput):
    """Named tensors of one forward pass; features, embedding and logits are those of the self-refined parts.

    Row i of what is cross-refined is image i as the parts of its partner see it, an image of the same identity in the
    other modality: f^{V,I} where image i is visible, f^{I,V} where it is infrared (Eq. 11).

    Attributes:
        cross_features: (B, N_p * C) cross-refined features.
        cross_logits: (B, N_p, N) of the cross-refined features.
        part_logits: (B, N_p, N) of the parts P before any refinement (Eq. 4); None where they are not classified.
        selected: (B, L, N_p) weights Ŝ of the positions in each part; None for learned vectors.
        attention: (B, N_p, L) where the image's own parts look.
        cross_attention: (B, N_p, L) where its partner's parts look in the image.
        weights: (B, N_p, N_p) of the graph: row u, a part of the partner; column v, a part of the image (Eq. 16).
        match: (B, N_p) M, for each v its u (Eq. 17); v itself without matching.
    """

    cross_features: Tensor
    cross_logits: Tensor
    part_logits: Tensor | None
    selected: Tensor | None
    attention: Tensor
    cross_attention: Tensor
    weights: Tensor
    match: Tensor


class Described(NamedTuple):
    """An image batch before any refinement.

    Attributes:
        maps: (B, C, h, w) of the backbone.
        tokens: T (B, L, C).
        parts: P (B, N_p, C).
        selected: Ŝ (B, L, N_p) or None.
        keys: T̂ (B, L, d).
        queries: of the parts P.
    """

    maps: Tensor
    tokens: Tensor
    parts: Tensor
    selected: Tensor | None
    keys: Tensor
    queries: PartQueries

    def of(self, rows: Tensor) -> Described:
        """Those of the images `rows`, in that order."""
        tensors = [None if value is None else value[rows] for value in self[:-1]]
        return Described(*tensors, self.queries.of(rows))


class CAL(nn.Module):
    """Concordant Attention Learning (Wu et al. 2023, Fig. 2).

    Readings of what the paper leaves open: part classifiers (Φ on P, BNNecks on refined features) are shared by the
    modalities, and one part's neck sees both its self- and its cross-refined features. A partner is drawn at random
    among the same identity: the sampler has drawn both halves of a batch at random, so here the n-th visible image and
    the n-th infrared one are partners.

    Args:
        backbone: from `build_backbone`.
        n_ids: number of training identities N.
        regions: finds the parts: regions(maps, tokens, modality) -> P and Ŝ, see `models.region_mining`.
        parts: N_p.
        attention: refines them.
        matching: match the parts of the modalities (CQM); without, part p of one is taken for part p of the other.
        classified: classify the parts before refinement too (L_dis, Eq. 4, needs it).
    """

    def __init__(
        self,
        backbone: Backbone,
        n_ids: int,
        regions: nn.Module,
        parts: int,
        attention: TargetAttention,
        matching: bool = True,
        classified: bool = True,
    ):
        super().__init__()
        self.backbone = backbone
        self.regions = regions
        self.attention = attention
        self.record = MatchRecord(parts) if matching else None
        classifiers = (nn.Linear(backbone.dim, n_ids) for _ in range(parts))
        self.part_classifiers = nn.ModuleList(classifiers) if classified else None  # Φ
        self.necks = nn.ModuleList(BNNeck(backbone.dim, n_ids) for _ in range(parts))

    def forward(self, images: Tensor, modality: Tensor) -> CALOutput:
        """Takes normalised images (B, 3, H, W) and modality (B,); the n-th images of both modalities are partners.

        Raises:
            InputError: an image has no partner, or there are more parts than tokens.
        """
        partner = partners(modality)
        found = self.describe(images, modality)
        own, own_attention = self.attention(found.tokens, found.keys, found.queries)  # Eq. 12
        cross, cross_attention = self.attention(found.tokens, found.keys, found.queries.of(partner))  # Eq. 11
        weights = edge_weights(cross_attention, own_attention)  # Eq. 16
        if self.record:
            match = match_queries(weights)  # Eq. 17
            if self.training:
                self.record.add(match, modality)
        else:
            match = torch.arange(weights.shape[1], device=weights.device).expand(len(weights), -1)
        embedding, logits = self.through_necks(torch.cat([own, cross]))
        return CALOutput(
            features=own.flatten(1),
            embedding=embedding[: len(own)].flatten(1),
            logits=logits[: len(own)],
            maps=found.maps,
            cross_features=cross.flatten(1),
            cross_logits=logits[len(own) :],
            part_logits=self.classify(found.parts) if self.part_classifiers else None,
            selected=found.selected,
            attention=own_attention,
            cross_attention=cross_attention,
            weights=weights,
            match=match,
        )

    def describe(self, images: Tensor, modality: Tensor) -> Described:
        """Tokens, parts and queries of images (B, 3, H, W) with modality (B,), which need no partners here."""
        maps = self.backbone(images, modality)
        tokens = full_precision(maps).flatten(2).transpose(1, 2)
        parts, selected = self.regions(maps, tokens, modality)
        return Described(
            maps, tokens, parts, selected, self.attention.keys(tokens), self.attention.queries(parts, tokens)
        )

    def classify(self, parts: Tensor) -> Tensor:
        """Logits (B, N_p, N) of parts P (B, N_p, C)."""
        return torch.stack([phi(part) for phi, part in zip(self.part_classifiers, parts.unbind(1), strict=True)], 1)

    def through_necks(self, refined: Tensor) -> tuple[Tensor, Tensor]:
        """Embedding (B, N_p, C) and logits (B, N_p, N) of refined features (B, N_p, C)."""
        pairs = [neck(part) for neck, part in zip(self.necks, refined.unbind(1), strict=True)]
        embedding, logits = zip(*pairs, strict=True)
        return torch.stack(embedding, 1), torch.stack(logits, 1)

    def embed(self, images: Tensor, modality: Tensor, neck: str = "after") -> Tensor:
        """The (B, N_p * C) descriptors for retrieval, "after" or "before" the necks: no image sees another one.

        The infrared parts stand in the order of the visible parts that they are matched with (M̂). The paper reorders
        the prototypes of the infrared DRM, which does the same to the parts; here each keeps its own neck. The parts
        have length 1, so that the cosine of two descriptors is the paper's sum of cosines over the parts, over N_p.

        Raises:
            InputError: nothing was matched yet, or `neck` is unknown.
        """
        found = self.describe(images, modality)
        own, _ = self.attention(found.tokens, found.keys, found.queries)
        embedding, logits = self.through_necks(own)
        chosen = ReIDOutput(own, embedding, logits, found.maps).descriptor(neck)
        if self.record:
            own_order = torch.arange(own.shape[1], device=own.device)
            order = torch.stack([own_order, self.record.infrared_parts()])[modality]  # (B, N_p)
            chosen = chosen.take_along_dim(order[..., None], 1)
        return F.normalize(chosen, dim=2).flatten(1)
