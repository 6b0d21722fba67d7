"""The fits against rendered scenes whose materials and factors k are known."""

import numpy as np
import pytest

from vireid_lab.analysis.reflection import fit_region
from vireid_lab.analysis.regions import compare_fits
from vireid_lab.spectra.scenes.pairs import CATEGORIES, render_scene

SIZE = (96, 144)


@pytest.mark.parametrize("category", CATEGORIES)
def test_k_is_within_one_percent_without_noise_and_materials_explain_all(category):
    scene = render_scene(np.random.default_rng(0), SIZE, category=category)
    comparison = compare_fits(scene.visible, scene.infrared, scene.regions)
    assert comparison.fits.keys() == scene.k.keys()
    for label, fit in comparison.fits.items():
        assert fit.k == pytest.approx(scene.k[label], rel=0.01)
    assert comparison.regions_r2 == pytest.approx(np.ones(3), abs=1e-6)
    assert (comparison.whole_r2 < 0.9).all()


def test_in_a_world_of_equal_k_one_line_does():
    scene = render_scene(np.random.default_rng(0), SIZE, category=next(iter(CATEGORIES)), equal_k=True)
    assert compare_fits(scene.visible, scene.infrared, scene.regions).whole_r2 == pytest.approx(np.ones(3), abs=1e-6)


@pytest.mark.parametrize("broken", [{"illuminants": 2}, {"specular": 0.5}])
def test_a_second_light_or_highlights_break_the_line(broken):
    lost = []
    for category in CATEGORIES:
        scene = render_scene(np.random.default_rng(0), SIZE, category=category, **broken)
        comparison = compare_fits(scene.visible, scene.infrared, scene.regions)
        lost += [1 - comparison.regions_r2.min()]
    assert max(lost) > 1e-3


def test_the_interval_covers_the_true_k_as_often_as_it_says():
    """Noise that grows with the light, taken off by its root mean square; dark regions, cut off at 0, left out."""
    rng, covered = np.random.default_rng(0), []
    for category in CATEGORIES:
        scene = render_scene(np.random.default_rng(1), SIZE, category=category)
        clean = np.dstack([scene.visible, scene.infrared])
        spread = 0.03 * np.sqrt(0.03 + clean)
        for _ in range(6):
            noisy = np.clip(clean + spread * rng.standard_normal(clean.shape), 0, 1)
            for label, k in scene.k.items():
                mask = scene.regions == label
                if mask.sum() < 50 or clean[mask].mean(axis=0).min() < 0.08:
                    continue
                noise = np.sqrt((spread[mask][:, :3] ** 2).mean(axis=0))
                options = {"noise": noise, "bootstrap": 300, "rng": rng}
                low, high = fit_region(noisy[..., :3], noisy[..., 3], mask, **options).interval.T
                covered.append((low <= k) & (k <= high))
    assert len(covered) >= 150
    assert 0.90 <= np.mean(covered) <= 0.99
