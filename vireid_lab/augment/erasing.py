"""Random erasing, the rival of LTG in Table III of Tan et al. 2022."""

from __future__ import annotations

from .ltg_batch import BatchLTG
from .ltg_draw import Constant


class Erasing(BatchLTG):
    """Blackens one random rectangle of each image with probability `p` (Zhong et al. 2020, with s and r of LTG).

    Tan et al. 2022, Sec. V, take it as a special case of LTG: a constant factor, here 0, and once. Black is one of
    the fills of the original, which prefers random values.

    Args:
        p: probability that an image loses a rectangle.

    Raises:
        InputError: p is not a probability.
    """

    def __init__(self, p: float = 0.5):
        super().__init__(p=p, factor=Constant(0), once=True)
