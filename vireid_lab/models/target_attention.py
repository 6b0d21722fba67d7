"""Target-aware style-agnostic attention: part queries of one image look for their regions in another one."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

EPS = 1e-5  # keeps a channel that is constant over an image finite


class PartQueries(NamedTuple):
    """What the parts of an image ask of another image's tokens.

    Attributes:
        directions: (B, N_p, d) compared with the keys: P̂.
        gates: (B, N_p, C) weights of the channels in (0, 1); None without channel attention.
    """

    directions: Tensor
    gates: Tensor | None

    def of(self, rows: Tensor) -> PartQueries:
        """Those of the images `rows`, in that order."""
        return PartQueries(self.directions[rows], None if self.gates is None else self.gates[rows])


class TargetAttention(nn.Module):
    """Target-aware Style-agnostic Attention Adapter, TSAA (Wu et al. 2023, Eq. 7-10).

    The paper gives no sizes of the MLPs and no end of the channel attention: here two layers of width C / 4 with a ReLU
    between, and a sigmoid, which keeps a channel or takes it away. They start as torch's linear layers do, so that the
    attention is nearly even at first; started peaked, it shrank to one token under Eq. 18 (preset `tiny`).

    Args:
        channels: C of the tokens.
        style_agnostic: instance normalisation and MLPs before the comparison; without, the scaled dot product of the
            raw features, Eq. 6 ("SD" in Table 4).
        channel_attention: weigh the channels by the query ("CA" in Table 4).
    """

    def __init__(self, channels: int, style_agnostic: bool = True, channel_attention: bool = True):
        super().__init__()
        width = channels // 4
        self.key_mlp = mlp(channels, width, width) if style_agnostic else None  # θ1
        self.query_mlp = mlp(channels, width, width) if style_agnostic else None  # θ2
        gate = nn.Sequential(mlp(channels, width, channels), nn.Sigmoid()) if channel_attention else None
        self.channel_mlp = gate  # θ3

    def keys(self, tokens: Tensor) -> Tensor:
        """T̂ (B, L, d) of tokens T (B, L, C)."""
        return self.key_mlp(instance_norm(tokens, tokens)) if self.key_mlp else tokens  # Eq. 10

    def queries(self, parts: Tensor, tokens: Tensor) -> PartQueries:
        """P̂ and channel weights of parts P (B, N_p, C) that come from the tokens T_P (B, L, C)."""
        directions = self.query_mlp(instance_norm(parts, tokens)) if self.query_mlp else parts  # Eq. 10
        return PartQueries(directions, self.channel_mlp(parts) if self.channel_mlp else None)  # M(P; θ3)

    def forward(self, tokens: Tensor, keys: Tensor, queries: PartQueries) -> tuple[Tensor, Tensor]:
        """Refined features f = A(T; P) (B, N_p, C) and the attention S(T, P) (B, N_p, L)."""
        scale = keys.shape[2] ** -0.5  # 1 / √d
        attention = (scale * queries.directions @ keys.transpose(1, 2)).softmax(2)  # Eq. 9
        refined = attention @ tokens  # Eq. 8
        return refined if queries.gates is None else refined * queries.gates, attention


def instance_norm(x: Tensor, tokens: Tensor) -> Tensor:
    """x (B, N, C) in the mean and deviation, for each channel, of the tokens (B, L, C) of one image (Eq. 7)."""
    return (x - tokens.mean(1, keepdim=True)) / (tokens.var(1, keepdim=True, correction=0) + EPS).sqrt()


def mlp(channels: int, width: int, out: int) -> nn.Sequential:
    """Two linear layers with a ReLU between: M(·; θ)."""
    return nn.Sequential(nn.Linear(channels, width), nn.ReLU(), nn.Linear(width, out))
