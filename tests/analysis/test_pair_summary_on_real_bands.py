"""The summary of a real aligned visible-infrared image, seen from above."""

from __future__ import annotations

import numpy as np

from vireid_lab.analysis.pair_summary import summarise
from vireid_lab.data.scene_pairs import from_arrays


def test_regions_explain_more_of_a_satellite_image_than_one_line(satellite):
    pair = from_arrays(np.moveaxis(satellite[2::-1], 0, 2), satellite[3], name="chip", white=10000)
    summary = summarise([(pair.name, "satellite", pair.visible, pair.infrared, pair.valid, None)])
    (row,) = summary.rows
    x, y = pair.visible[pair.valid][:, 1].astype(float), pair.infrared[pair.valid].astype(float)
    line = 1 - ((y - (x @ y) / (x @ x) * x) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert np.isclose(row["whole_r2"], line, atol=1e-4)
    assert row["regions_r2"] > row["whole_r2"] + 1
    assert row["regions_r2"] < 0.9  # Eq. 4 alone does not describe this image
