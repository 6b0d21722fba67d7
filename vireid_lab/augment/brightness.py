"""The control for LTG: the same change of brightness, on the whole image."""

from __future__ import annotations

from torch import Tensor

from .ltg_batch import BatchLTG
from .ltg_draw import LTGParameters


class LTGBrightness(BatchLTG):
    """Multiplies each channel of an image by one factor: the one by which LTG would have changed its mean.

    Whatever LTG does that this does not is due to factors that differ from place to place, and not to darker images.
    Arguments are those of `BatchLTG`; the same draw gives both.
    """

    def apply(self, images: Tensor, parameters: LTGParameters) -> Tensor:
        """Changes the brightness of the chosen ones of (B, C, H, W) float images in [0, 1].

        Raises:
            InputError: the images are not float in [0, 1].
        """
        means = (super().apply(images, parameters).mean((2, 3)), images.mean((2, 3)))  # (B, C) after and before
        factors = means[0] / means[1].clamp(min=1e-12)
        return (images * factors[..., None, None]).clamp(max=1)
