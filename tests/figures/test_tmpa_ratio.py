"""The images of Fig. 4 are mixed at their ratios, below the curve where there is one."""

from __future__ import annotations

import numpy as np
import torch

from vireid_lab.analysis.knobs import TMPA_RATIO
from vireid_lab.analysis.sweeps import longest_sweeps
from vireid_lab.augment.pedmix import PedMix
from vireid_lab.data.transforms import to_float
from vireid_lab.figures import tmpa_ratio


def test_the_images_of_fig_4_are_mixed_at_their_ratios(swept_run):
    pair = np.random.default_rng(0).integers(0, 256, (2, 48, 24, 3)).astype(np.uint8)
    rows = tmpa_ratio.ratio_pictures(pair, seed=4)
    assert [len(row) for row in rows] == [6, 6]
    halves = to_float(torch.from_numpy(pair).permute(0, 3, 1, 2)).split(1)
    for column, ratio in enumerate(tmpa_ratio.PICTURES):
        mixed = PedMix(ratios=(ratio, ratio + 0.05, ratio + 0.1))(*halves, np.random.default_rng(4))
        for row, image in zip(rows, mixed, strict=True):
            np.testing.assert_allclose(row[column], 255 * image[0].permute(1, 2, 0), atol=0.51)
    runs = [swept_run(0.4, augment=f"flip+pedmix_ratio:{ratio}") for ratio in (0.5, 0.65)]
    for sweep, panels in ((None, 1), (longest_sweeps(runs, [TMPA_RATIO])[0], 2)):
        figure = tmpa_ratio.ratio_sheet(sweep, rows)
        assert len(figure.axes) == panels
        canvas = np.asarray(figure.axes[-1].images[0].get_array())
        np.testing.assert_array_equal(canvas[51:99, 27:51], rows[1][1])
