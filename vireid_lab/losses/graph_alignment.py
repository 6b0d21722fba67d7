"""IDKL's alignment of two kinds of features by the graphs of their distances."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vireid_lab.runtime import InputError, unknown

from .class_alignment import DIRECTIONS, divergence, require_temperature
from .distance import euclidean


def log_affinity(a: Tensor, b: Tensor, sign: int = 1, temperature: float = 1.0, diagonal: bool = True) -> Tensor:
    """Logarithm of the affinity matrix A_(a;b): softmax over j of sign D(a_i, b_j) / temperature (Eq. 15).

    Args:
        a: (N, d) features.
        b: (N, d) features of the same images or identities, row by row.
        sign: 1 as printed, the far ones get the weight; -1: the near ones do.
        temperature: above 0; the paper has none (1).
        diagonal: False leaves the pairs of a row with its own out.

    Returns:
        (N, N), or (N, N - 1) without the diagonal. Distances are Euclidean, with gradient 0 at 0.

    Raises:
        InputError: a temperature that is not above 0.
    """
    scores = sign * euclidean(a, b) / require_temperature(temperature)
    if not diagonal:
        n = len(scores)
        scores = scores[~torch.eye(n, dtype=torch.bool, device=scores.device)].view(n, n - 1)
    return scores.log_softmax(1)


class GraphAlignment(nn.Module):
    """KL(A_aa, A_bb) + KL(A_aa, A_ab) + KL(A_ab, A_bb) (TGSA; Ren and Zhang 2024, Eq. 16), mean over the rows.

    The paper prints exp(+D), so that the far ones get the weight; `sign=-1` is what the word affinity suggests. It
    prints a sum over the rows; see `divergence`. A teacher is detached by the caller: then only b learns.

    Args:
        sign: 1 or -1, see `log_affinity`.
        temperature: see `log_affinity`.
        diagonal: see `log_affinity`; the paper keeps it, its public code does not.
        direction: "forward" as printed, "reverse", or "symmetric": the mean of both.
        cross: False leaves KL(A_aa, A_bb) alone, as the public code has it between the branches.

    Raises:
        InputError: a value that is not listed, or a temperature that is not above 0.
    """

    def __init__(
        self,
        sign: int = 1,
        temperature: float = 1.0,
        diagonal: bool = True,
        direction: str = "forward",
        cross: bool = True,
    ):
        super().__init__()
        for kind, value, options in (("sign", sign, (1, -1)), ("direction", direction, DIRECTIONS)):
            if value not in options:
                raise unknown(kind, value, options)
        self.options = {"sign": sign, "temperature": require_temperature(temperature), "diagonal": diagonal}
        self.direction, self.cross = direction, cross

    def terms(self, a: Tensor, b: Tensor) -> Tensor:
        """The KL terms (3,) in the order of the equation, or (1,) without `cross`; arguments as of `forward`."""
        if a.shape != b.shape or len(a) < 2:
            raise InputError(
                f"TGSA: features of shapes {tuple(a.shape)} and {tuple(b.shape)}; give two rows at least, and as many "
                "of both kinds: row i of both is the same image or identity"
            )
        aa, bb = log_affinity(a, a, **self.options), log_affinity(b, b, **self.options)
        pairs = [(aa, bb)]
        if self.cross:
            ab = log_affinity(a, b, **self.options)
            pairs += [(aa, ab), (ab, bb)]
        return torch.stack([divergence(p, q, self.direction) for p, q in pairs])

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Returns the scalar loss of features (N, d), row i of both being the same image or identity.

        Raises:
            InputError: other shapes, or fewer than two rows.
        """
        return self.terms(a, b).sum()


def paired_rows(ids: Tensor, modality: Tensor) -> tuple[Tensor, Tensor]:
    """The visible and the infrared rows (N,) of a batch, row i of both being the same identity.

    Args:
        ids: (B,) int64.
        modality: (B,) int64, 0 visible and 1 infrared.

    Raises:
        InputError: the rows are no pairs, or all of one identity.
    """
    visible, infrared = (torch.nonzero(modality == m).flatten() for m in (0, 1))
    if not torch.equal(ids[visible], ids[infrared]):
        raise InputError(
            f"IDKL: {len(visible)} visible and {len(infrared)} infrared rows are no pairs: row i of both must be of "
            "the same identity, as CrossModalSampler draws them"
        )
    if (ids == ids[0]).all():
        raise InputError(
            f"IDKL: all {len(ids)} rows are of identity {int(ids[0])}: a graph of one identity says nothing; give "
            "ids_per_batch=2 or more"
        )
    return visible, infrared
