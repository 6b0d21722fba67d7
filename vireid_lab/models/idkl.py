"""IDKL's network: a shared and a modality-specific branch, and what is purified of the specific one."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from torch import Tensor, nn

from vireid_lab.runtime import unknown

from .backbone import Backbone
from .heads import BNNeck, GeM
from .modality_classifier import GradientReversal, ModalityClassifiers
from .output import ReIDOutput
from .precision import full_precision
from .purifier import InformationPurifier

PURIFIERS = ("none", "paper", "released")
SUFFIXES = ("", "_embedding", "_logits", "_maps")  # of a branch's name, for the four tensors of ReIDOutput


@dataclass
class IDKLOutput(ReIDOutput):
    """Named tensors of one forward pass; those of `ReIDOutput` are of the shared branch.

    Those from `purified` on are None without a purifier.

    Attributes:
        specific: (B, d) f_sp, before its neck.
        specific_embedding: (B, d) behind it.
        specific_logits: (B, N) C_sp(f_sp).
        specific_maps: (B, C, h, w) F_sp.
        confusion: (B, J, 2) logits of the modality confusers.
        discrimination: (B, J, 2) logits of the modality discriminators.
        purified: (B, d) f~_sp, before its neck.
        purified_embedding: (B, d) behind it.
        purified_logits: (B, N).
        purified_maps: (B, C, h, w) F~_sp, Eq. 12.
        enhanced_logits: (B, N) C_sp(f_sp^d+) of Eq. 10.
        normalised: (B, d) f^_sp of Eq. 11.
        reduced: (B, d) f^_sp^m- of Eq. 11.
        mask_e: (B, C) m_e of Eq. 8; (B, C, h, w) of the released purifier.
        mask_r: m_r, likewise.
    """

    specific: Tensor | None = None
    specific_embedding: Tensor | None = None
    specific_logits: Tensor | None = None
    specific_maps: Tensor | None = None
    confusion: Tensor | None = None
    discrimination: Tensor | None = None
    purified: Tensor | None = None
    purified_embedding: Tensor | None = None
    purified_logits: Tensor | None = None
    purified_maps: Tensor | None = None
    enhanced_logits: Tensor | None = None
    normalised: Tensor | None = None
    reduced: Tensor | None = None
    mask_e: Tensor | None = None
    mask_r: Tensor | None = None

    def branch(self, name: str) -> ReIDOutput:
        """The output of "shared", "specific" or "purified" as that of a network by itself."""
        if name == "shared":
            return self
        return ReIDOutput(*(getattr(self, name + suffix) for suffix in SUFFIXES))

    @property
    def teacher(self) -> ReIDOutput:
        """What is distilled: the purified features, or the specific ones where there is no purifier."""
        return self.branch("specific" if self.purified is None else "purified")


class IDKL(nn.Module):
    """Two branches behind a common stem, layer1 and layer2 (Ren and Zhang 2024, Sec. 3.1-3.2).

    The confusers see the shared features behind a gradient reversal, the discriminators the specific ones. Features are
    pooled by GeM with p = 3, fixed as in the public code. Each of f_sh, f_sp and f~_sp has a neck and a classifier of
    its own; f_sp^d+ shares those of f_sp, which Eq. 10 compares it with (the paper does not say what the purified
    features have). In training that neck normalises f_sp^d+ by its own batch, which takes any weighting out again that
    is the same for all images: L_e sees only what a mask does from image to image. Retrieval takes the shared branch
    alone.

    Args:
        backbone: from `build_backbone`; its layer3 and layer4 become one for each branch, which start equal.
        n_ids: number of training identities N.
        purifier: "none", "paper" or "released": see `InformationPurifier`. With "released" the discriminators see the
            purified features.
        classifiers: confusers, and discriminators, J (K of Eq. 4).
        reversal: what lies between the shared features and the confusers; None: nothing.

    Raises:
        InputError: the purifier is unknown.
    """

    def __init__(
        self,
        backbone: Backbone,
        n_ids: int,
        purifier: str = "paper",
        classifiers: int = 1,
        reversal: GradientReversal | None = None,
    ):
        super().__init__()
        if purifier not in PURIFIERS:
            raise unknown("purifier", purifier, PURIFIERS)
        dim = backbone.dim
        backbone.layer3, backbone.layer4 = (
            nn.ModuleDict({"shared": layer, "specific": copy.deepcopy(layer)})
            for layer in (backbone.layer3, backbone.layer4)
        )
        self.backbone = backbone
        self.pool = GeM().requires_grad_(False)
        self.neck, self.specific_neck = BNNeck(dim, n_ids), BNNeck(dim, n_ids)
        self.reversal = reversal or nn.Identity()
        self.confusers, self.discriminators = (ModalityClassifiers(dim, classifiers) for _ in range(2))
        self.discriminates = "purified" if purifier == "released" else "specific"
        self.purifier = InformationPurifier(dim, purifier) if purifier != "none" else None
        self.purified_neck = BNNeck(dim, n_ids) if self.purifier else None

    def forward(self, images: Tensor, modality: Tensor) -> IDKLOutput:
        """Takes normalised images (B, 3, H, W) and modality (B,), rows in any order.

        Raises:
            InputError: the maps are too small for the purifier.
        """
        low = self._low(images, modality)
        shared = self._head(self._branch("shared", low), self.neck)
        specific = self._head(full_precision(self._branch("specific", low)), self.specific_neck)
        tensors = vars(shared) | _named("specific", specific)
        if self.purifier:
            tensors |= self._purify(specific.maps)
        return IDKLOutput(
            **tensors,
            confusion=self.confusers(self.reversal(shared.features)),
            discrimination=self.discriminators(tensors[self.discriminates]),
        )

    def embed(self, images: Tensor, modality: Tensor, neck: str = "after") -> Tensor:
        """The (B, d) descriptors for retrieval, "after" or "before" the neck of the shared branch."""
        return self._head(self._branch("shared", self._low(images, modality)), self.neck).descriptor(neck)

    def _low(self, images: Tensor, modality: Tensor) -> Tensor:
        net = self.backbone
        return net.layer2(net.layer1(net.stem(images, modality)))  # Θ

    def _branch(self, name: str, low: Tensor) -> Tensor:
        return self.backbone.layer4[name](self.backbone.layer3[name](low))  # Φ, Ψ

    def _head(self, maps: Tensor, neck: BNNeck) -> ReIDOutput:
        features = self.pool(maps)
        return ReIDOutput(features, *neck(features), maps)

    def _purify(self, maps: Tensor) -> dict[str, Tensor]:
        """What F_sp (B, C, h, w) becomes, by the names of `IDKLOutput`."""
        normalised, mask_e, mask_r = self.purifier(maps)
        m_e, m_r = (mask[..., None, None] if mask.ndim == 2 else mask for mask in (mask_e, mask_r))
        enhanced, reduced = m_e * maps, m_r * normalised  # Eq. 9
        purified = self._head(m_e * reduced + m_r * enhanced, self.purified_neck)  # Eq. 12
        return {
            **_named("purified", purified),
            "enhanced_logits": self._enhanced_logits(enhanced),
            "normalised": self.pool(normalised),
            "reduced": self.pool(reduced),
            "mask_e": mask_e,
            "mask_r": mask_r,
        }

    def _enhanced_logits(self, maps: Tensor) -> Tensor:
        """C_sp(f_sp^d+) (B, N) of F_sp^d+; the running statistics of the neck stay those of f_sp."""
        self.specific_neck.bn.track_running_stats = False
        logits = self._head(maps, self.specific_neck).logits
        self.specific_neck.bn.track_running_stats = True
        return logits


def _named(name: str, output: ReIDOutput) -> dict[str, Tensor]:
    """The tensors of a branch by the names of `IDKLOutput`."""
    return {name + suffix: tensor for suffix, tensor in zip(SUFFIXES, vars(output).values(), strict=True)}
