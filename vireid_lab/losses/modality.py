"""TMPA's losses on the features of its modality-specific streams."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.runtime import InputError


class ModalitySharedSpecific(nn.Module):
    """MSS (Guo et al. 2023, Eq. 4-6): sum over the identities of max(ρ - d_sp - d_ss, 0).

    d_sp is the mean distance of a visible and an infrared specific feature, row i of the visible ones with row i of the
    infrared ones; d_ss is the mean distance of a shared feature and the specific one of its row, over the 2N rows of
    the identity. Distances are Euclidean, their gradient at 0 is 0.

    The paper does not say which features; here L2-normalised ones: on a ResNet's own the hinge is never active.

    Args:
        margin: ρ.
    """

    def __init__(self, margin: float = 0.65):
        super().__init__()
        self.margin = margin

    def hinges(self, shared: Tensor, specific: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """The terms of the P identities (P,), for arguments as of `forward`."""
        visible, infrared = modality == 0, modality == 1
        if not torch.equal(ids[visible], ids[infrared]):
            raise InputError(
                f"MSS: {int(visible.sum())} visible and {int(infrared.sum())} infrared rows are no pairs: row i of "
                "both must be of the same identity, as CrossModalSampler draws them"
            )
        shared, specific = F.normalize(shared, dim=1), F.normalize(specific, dim=1)
        d_sp = torch.linalg.vector_norm(specific[visible] - specific[infrared], dim=1)
        d_ss = torch.linalg.vector_norm(shared - specific, dim=1)
        _, row = ids.unique(return_inverse=True)
        return F.relu(self.margin - mean_by_group(d_sp, row[visible]) - mean_by_group(d_ss, row))

    def forward(self, shared: Tensor, specific: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns the scalar loss.

        Args:
            shared: (B, d) shared features, F_sh.
            specific: (B, d) specific features of the same rows, each of its own modality, F_sp.
            ids: (B,) int64.
            modality: (B,) int64, 0 visible and 1 infrared.

        Raises:
            InputError: the visible and the infrared rows are no pairs of the same identities.
        """
        return self.hinges(shared, specific, ids, modality).sum()


def modality_identity_loss(logits: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
    """MSI and the identity loss of MFT (Guo et al. 2023, Eq. 7, 13): mean cross-entropy of each modality, summed.

    Args:
        logits: (B, N), each row by the classifier of its modality.
        ids: (B,) int64 labels 0..N-1.
        modality: (B,) int64, 0 visible and 1 infrared; one that has no row adds 0.
    """
    return mean_by_group(F.cross_entropy(logits, ids, reduction="none"), modality).sum()


def mean_by_group(values: Tensor, group: Tensor) -> Tensor:
    """(G,) means of the values (B,) of groups (B,) 0..G-1; 0 where there is none."""
    counts = torch.bincount(group)
    return values.new_zeros(len(counts)).index_add(0, group, values) / counts.clamp(min=1)
