"""Non-local attention as AGW places it."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn


class NonLocal(nn.Module):
    """Non-local block, dot-product form (Wang et al. 2018, Eq. 4 and 6): z = x + BN(W(1/N sum_j theta_i.phi_j g_j)).

    AGW takes the dot product divided by the number of positions N, not the softmax of the embedded Gaussian. The
    batch normalisation at the end starts with scale 0: the block starts as the identity.

    AGW's public code: 1 inner channel (`reduc_ratio // reduc_ratio`); here: half of the channels, as Wang et al.
    and AGW's text say.

    Args:
        channels: C of the map.
    """

    def __init__(self, channels: int):
        super().__init__()
        inner = channels // 2
        self.theta = nn.Conv2d(channels, inner, 1)
        self.phi = nn.Conv2d(channels, inner, 1)
        self.g = nn.Conv2d(channels, inner, 1)
        self.w = nn.Conv2d(inner, channels, 1)
        self.bn = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.bn.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, h, w) to the same shape."""
        theta, phi, g = (conv(x).flatten(2) for conv in (self.theta, self.phi, self.g))  # (B, C/2, N)
        # Without a softmax the product is linear: phi g^T first costs (C/2)^2 N in place of N^2 C/2.
        context = phi @ (g / g.shape[2]).transpose(1, 2)  # (B, C/2, C/2)
        y = (context.transpose(1, 2) @ theta).unflatten(2, x.shape[2:])
        return x + self.bn(self.w(y))


def insert_nonlocal(stage: nn.Sequential, channels: int) -> nn.Sequential:
    """A stage with a non-local block after each block of its second half.

    That is AGW's (0, 2, 3, 0) for the layers of 3, 4, 6, 3 blocks of ResNet-50, when it is done to layer2 and layer3,
    and scales to the other depths. The blocks keep their names, so that weight files still fit.
    """
    named = OrderedDict()
    for position, (name, block) in enumerate(stage.named_children()):
        named[name] = block
        if position >= len(stage) // 2:
            named[f"{name}_nonlocal"] = NonLocal(channels)
    return nn.Sequential(named)
