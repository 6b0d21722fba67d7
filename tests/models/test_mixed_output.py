"""Rows of images and of the mixed images beside them: apart and together again."""

import torch

from vireid_lab.models.output import MixedOutput

ROWS = torch.arange(6.0)[:, None]
OUTPUT = MixedOutput(ROWS, ROWS + 10, ROWS + 20, ROWS[:, :, None, None])


def test_the_second_half_of_the_rows_is_that_of_the_mixed_images():
    apart = OUTPUT.apart(3)
    for name, start in (("features", 0), ("embedding", 10), ("logits", 20)):
        assert getattr(apart, name)[:, 0].tolist() == [start, start + 1, start + 2]
        assert getattr(apart, f"mixed_{name}")[:, 0].tolist() == [start + 3, start + 4, start + 5]
    assert apart.maps.flatten().tolist() == [0, 1, 2]
    together = apart.together()
    assert all(torch.equal(getattr(together, n), getattr(OUTPUT, n)) for n in ("features", "embedding", "logits"))


def test_without_mixed_images_nothing_changes():
    apart = OUTPUT.apart(6)
    assert apart.mixed_features is apart.mixed_embedding is apart.mixed_logits is None
    assert torch.equal(apart.features, ROWS) and apart.together() is apart
