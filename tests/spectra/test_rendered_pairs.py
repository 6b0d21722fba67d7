"""Rendered scene pairs: the picture obeys the truth that comes with it, and breaks it where it says so."""

import json
from functools import cache

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_erosion

from vireid_lab.data.scene_files import find_pairs, read_pair
from vireid_lab.runtime import InputError
from vireid_lab.spectra import illuminants, materials, sensors
from vireid_lab.spectra.grid import WAVELENGTHS
from vireid_lab.spectra.scenes.pairs import CATEGORIES, render_scene, write_scene_pairs
from vireid_lab.spectra.scenes.places import CLOTHS

SIZE = (96, 144)


@cache
def scene(category, seed=0, **options):
    return render_scene(np.random.default_rng(seed), SIZE, category=category, **options)


def regions_of(pair, where=True, least=1):
    for number in pair.names:
        inside = (pair.regions == number) & where
        if inside.sum() >= least:
            yield number, pair.visible[inside].astype(float), pair.infrared[inside].astype(float)


def number_of(pair, name):
    return {name: number for number, name in pair.names.items()}[name]


@pytest.mark.parametrize("category", CATEGORIES)
def test_infrared_is_k_times_visible_in_every_region(category):
    pair = scene(category)
    assert pair.visible.shape == (*SIZE, 3) and pair.infrared.shape == pair.regions.shape == SIZE
    assert pair.visible.dtype == pair.infrared.dtype == np.float32
    for image in (pair.visible, pair.infrared):
        assert 0 <= image.min() and image.max() == pytest.approx(0.95, abs=1e-5)
    assert set(pair.names) == set(pair.k) == set(np.unique(pair.regions)) - {0} and len(pair.names) >= 7
    assert not pair.second.any() and pair.k_second == {}
    for number, visible, infrared in regions_of(pair):
        for band in range(3):
            np.testing.assert_allclose(infrared, pair.k[number][band] * visible[:, band], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("category", CATEGORIES)
def test_places_have_relief_and_cast_shadows(category):
    pair = scene(category)
    large = [visible[:, 1] for _, visible, _ in regions_of(pair, least=200)]
    assert len(large) >= 3
    spread = [green.std() / green.mean() for green in large]
    assert min(spread) > 0.03 and np.median(spread) > 0.1
    assert 0.005 < pair.shadow.mean() < 0.5


def test_k_is_the_integral_over_wavelength_up_to_the_exposures():
    pair = scene("wardrobe")
    weather = np.random.default_rng(np.random.default_rng(0).integers(1 << 32, size=3)[1])
    light = illuminants.daylight(weather.uniform(5200, 6200))
    bands = [*sensors.bayer_rgb(), *sensors.silicon_nir(750)]
    over_truth = []
    for number, name in pair.names.items():
        if name in CLOTHS:
            surface = materials.fabric(*CLOTHS[name])
            seen = [
                sum(light[i] * surface[i] * q[i] for i in range(len(WAVELENGTHS)))
                / sum(light[i] * q[i] for i in range(len(WAVELENGTHS)))
                for q in bands
            ]
            over_truth.append([pair.k[number][band] * seen[band] / seen[3] for band in range(3)])
    assert len(over_truth) >= 5
    np.testing.assert_allclose(over_truth, over_truth[0][0], rtol=1e-6)  # one factor: infrared gain over visible gain


def test_k_tells_materials_apart_that_look_alike():
    pair = scene("wardrobe")
    dyed, carbon = (pair.k[number_of(pair, name)] for name in ("dyed black polyester", "carbon black cotton"))
    assert (dyed > 3 * carbon).all()
    street = scene("street")
    assert (street.k[number_of(street, "tree leaves")] > 2 * street.k[number_of(street, "asphalt")]).all()


@pytest.mark.parametrize("category", ["street", "wardrobe"])
def test_equal_k_is_one_k_for_all_materials(category):
    pair, usual = scene(category, equal_k=True), scene(category)
    factors = np.array(list(pair.k.values()))
    np.testing.assert_allclose(factors, np.broadcast_to(factors[0], factors.shape), rtol=1e-9)
    assert np.ptp(factors[0]) > 0.01 and np.std([k[1] for k in usual.k.values()]) > 0.2
    assert np.array_equal(pair.regions, usual.regions)
    lightness = [visible[:, 1].mean() for _, visible, _ in regions_of(pair)]
    assert max(lightness) > 3 * min(lightness)
    for band in range(3):
        np.testing.assert_allclose(
            *(image[pair.regions > 0] for image in (pair.infrared, factors[0, band] * pair.visible[..., band])),
            rtol=1e-5,
        )


def test_a_shadow_is_darker_and_keeps_k():
    pair = scene("wall")
    lit = {number: visible[:, 1].mean() for number, visible, _ in regions_of(pair, ~pair.shadow, 50)}
    shaded = list(regions_of(pair, binary_erosion(pair.shadow), 50))
    assert len(shaded) >= 3
    for number, visible, infrared in shaded:
        assert visible[:, 1].mean() < 0.7 * lit[number]
        np.testing.assert_allclose(infrared / visible[:, 1], pair.k[number][1], rtol=1e-5)


@pytest.mark.parametrize("category", ["wall", "wardrobe"])
def test_a_second_light_has_its_own_k(category):
    pair, single = scene(category, illuminants=2), scene(category)
    assert 0.02 < pair.second.mean() < 0.6 and pair.k_second.keys() == pair.k.keys()
    assert np.array_equal(pair.regions, single.regions) and np.array_equal(pair.shadow, single.shadow)
    for number, visible, infrared in regions_of(pair, ~pair.second):
        np.testing.assert_allclose(infrared / visible[:, 1], pair.k[number][1], rtol=1e-5)
    for number, visible, infrared in regions_of(pair, binary_erosion(pair.second), 20):
        ratio, ends = infrared / visible[:, 1], sorted((pair.k[number][1], pair.k_second[number][1]))
        assert (ratio > ends[0] * (1 - 1e-5)).all() and (ratio < ends[1] * (1 + 1e-5)).all()
        if category == "wall":  # the sky alone lights the shade, with less infrared
            assert (
                np.isclose(ratio, pair.k_second[number][1], rtol=1e-5).mean() > 0.7
            )  # but where the sun comes through
            assert pair.k_second[number][1] < 0.9 * pair.k[number][1]
        else:  # the lamp adds to the daylight
            assert pair.k_second[number][1] > 1.5 * pair.k[number][1]


def test_highlights_leave_the_line_through_the_origin():
    plain, shiny = scene("street"), scene("street", specular=0.5)
    assert np.array_equal(plain.regions, shiny.regions) and (shiny.visible >= plain.visible).all()
    number = number_of(shiny, "car paint")
    _, visible, infrared = next(found for found in regions_of(shiny) if found[0] == number)
    assert np.abs(infrared / visible[:, 1] / shiny.k[number][1] - 1).max() > 0.1
    inside = (plain.regions == number) & (shiny.visible.max(axis=2) < 1) & (shiny.infrared < 1)
    added = (shiny.visible - plain.visible)[inside]
    added_infrared = (shiny.infrared - plain.infrared)[inside]
    np.testing.assert_allclose(added[:, 0], added[:, 2], atol=1e-6)  # in the colour of the light: white
    lit = added[:, 1] > 1e-3
    gain = added_infrared[lit] / added[lit, 1]
    assert lit.sum() > 20 and np.ptp(gain) < 1e-3 * gain.mean()


def test_noise_has_the_stated_size():
    clean, noisy = scene("people"), scene("people", noise=0.02)
    for image, truth in ((noisy.visible, clean.visible), (noisy.infrared, clean.infrared)):
        assert 0 <= image.min() and image.max() <= 1
        safe = (truth > 0.1) & (truth < 0.9)
        expected = 0.02 * np.sqrt(0.03 + truth[safe])
        assert ((image - truth)[safe] / expected).std() == pytest.approx(1, abs=0.03)
    assert noisy.k.keys() == clean.k.keys() and all(np.array_equal(noisy.k[n], clean.k[n]) for n in clean.k)


def test_the_generator_decides_everything():
    first, again, other = (
        scene("garden"),
        render_scene(np.random.default_rng(0), SIZE, category="garden"),
        scene("garden", 1),
    )
    assert all(
        np.array_equal(getattr(first, name), getattr(again, name)) for name in ("visible", "infrared", "regions")
    )
    assert first.names == again.names and not np.array_equal(first.regions, other.regions)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"category": "streat"}, "did you mean 'street'"),
        ({"illuminants": 3}, "illuminants 3: give 1 or 2"),
        ({"specular": -0.1}, "specular -0.1 is out of range"),
        ({"noise": float("nan")}, "noise nan is out of range"),
        ({"size": (10, 2000)}, r"size \(10, 2000\)"),
    ],
)
def test_wrong_arguments(options, words):
    with pytest.raises(InputError, match=words):
        render_scene(np.random.default_rng(0), **options)


@pytest.mark.parametrize("bits", [8, 16])
def test_written_scenes_are_read_back_with_their_truth(tmp_path, bits):
    out = write_scene_pairs(tmp_path / "scenes", 3, 5, SIZE, bits=bits, categories=("wall", "wardrobe"), illuminants=2)
    found = find_pairs(out)
    assert [(pair.category, pair.name) for pair in found] == [("wall", "0001"), ("wall", "0002"), ("wardrobe", "0001")]
    files = found[2]
    pair = read_pair(files.visible, files.infrared)
    truth = render_scene(np.random.default_rng([5, 1]), SIZE, category="wardrobe", illuminants=2)
    assert pair.bits == bits
    np.testing.assert_allclose(pair.visible, truth.visible, atol=1.2 / 2**bits)  # half a step of the sRGB curve's end
    np.testing.assert_allclose(pair.infrared, truth.infrared, atol=1.2 / 2**bits)
    masks = out / "masks" / "wardrobe"
    assert np.array_equal(np.asarray(Image.open(masks / "0001.png")), truth.regions)
    assert np.array_equal(np.asarray(Image.open(masks / "0001_second.png")) == 255, truth.second)
    facts = json.loads((masks / "0001.json").read_text())
    for number, name in truth.names.items():
        assert facts["names"][str(number)] == name
        assert facts["k"][str(number)] == list(truth.k[number])
        assert facts["k_second"][str(number)] == list(truth.k_second[number])
    settings = json.loads((out / "scenes.json").read_text())
    assert settings["synthetic"] and settings["seed"] == 5 and settings["illuminants"] == 2


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    first, second = (write_scene_pairs(tmp_path / name, 2, 1, SIZE, categories=("wall",)) for name in "ab")
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(names) == 11
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert (first / "wall/0001_rgb.tiff").read_bytes() != (first / "wall/0002_rgb.tiff").read_bytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"number": 0}, "number 0 of scenes"),
        ({"seed": -1}, "seed -1"),
        ({"bits": 12}, "bits 12: give 8 or 16"),
        ({"categories": ()}, "no categories"),
        ({"categories": ("wall", "beach")}, "unknown category 'beach'"),
    ],
)
def test_nothing_is_left_of_a_folder_that_cannot_be_made(tmp_path, options, words):
    with pytest.raises(InputError, match=words):
        write_scene_pairs(tmp_path / "out", **{"number": 2, "size": SIZE, **options})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_files_is_not_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="is there already"):
        write_scene_pairs(tmp_path, 1, size=SIZE)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
