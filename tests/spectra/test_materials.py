"""The reflectance curves against measured spectra, published limits and the facts the benchmark rests on."""

import csv
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from vireid_lab.runtime import InputError
from vireid_lab.spectra import materials
from vireid_lab.spectra.grid import WAVELENGTHS
from vireid_lab.spectra.measured import BACKGROUNDS


class Fabric(NamedTuple):
    """Arguments of `materials.fabric` that reproduce a measured fabric; carbon also makes up for a duller fibre."""

    sample: str
    fibre: str
    dyes: tuple[float, float, float]
    carbon: float
    surface: float


FABRICS = {
    "white cotton": Fabric("Cotton_Fabric_GDS437_White", "cotton", (0, 0, 0), 0, 0),
    "yellow terrycloth": Fabric("Terrycloth_Fabric_GDS537_Yel", "cotton", (0.59, 0.13, 0.08), 0.23, 0.143),
    "black polyester pile": Fabric("Polyester_Pile_GDS434_Blk", "polyester", (7.55, 4.56, 7.06), 0.02, 0.010),
    "dark green polyester": Fabric("Polyester_Pile_GDS435_DkGrn", "polyester", (7.57, 1.70, 5.89), 0.20, 0.017),
    "black polyester webbing": Fabric("Polyester_Webbing_GDS429_Blk", "polyester", (6.67, 3.29, 8.0), 0.37, 0.015),
    "olive nylon": Fabric("Nylon_Webbing_GDS428_OlvDrab", "nylon", (8.0, 6.75, 6.19), 0.07, 0.064),
    "blue nylon": Fabric("Nylon_Fabric_GDS433_Blu_RpSt", "nylon", (0.51, 0.86, 2.37), 0.12, 0),
    "red nylon": Fabric("Nylon_Fabric_GDS431_Red_RpSt", "nylon", (5.66, 8.0, 0), 0.33, 0.032),
    "green nylon": Fabric("Nylon_Fabric_GDS432_Grn_RpSt", "nylon", (4.87, 0.01, 5.43), 0.14, 0.088),
    "black-coated nylon": Fabric("Nylon_Fabric_GDS436_BlkCoatd", "nylon", (4.17, 2.83, 2.80), 0.91, 0.123),
    "light brown nylon carpet": Fabric("Nylon_Carpet_GDS535_LtBrown", "nylon", (6.75, 2.05, 1.19), 0.44, 0.054),
    "grey nylon carpet": Fabric("Nylon_Carpet_GDS536_Gry_Pile", "nylon", (6.89, 5.02, 4.52), 0.44, 0.081),
}

# Reflectance of seven fabrics of the USGS library (Kokaly et al. 2017, public domain) at six wavelengths in nm.
SIX = np.array([450.0, 550.0, 650.0, 780.0, 850.0, 940.0])
SEVEN = {
    "black polyester pile": (0.012, 0.012, 0.013, 0.673, 0.737, 0.747),
    "dark green polyester": (0.025, 0.039, 0.016, 0.591, 0.617, 0.620),
    "olive nylon": (0.035, 0.080, 0.081, 0.586, 0.682, 0.694),
    "blue nylon": (0.469, 0.112, 0.071, 0.632, 0.636, 0.634),
    "red nylon": (0.039, 0.029, 0.489, 0.537, 0.532, 0.526),
    "black-coated nylon": (0.139, 0.132, 0.132, 0.360, 0.354, 0.354),
    "white cotton": (0.634, 0.597, 0.618, 0.639, 0.640, 0.639),
}
SPECTRA = Path(__file__).parents[3] / "shared" / "data" / "usgs_splib07_reflectance_400_1000nm.csv"


def dyed(name, wavelengths=WAVELENGTHS):
    """The curve of a measured fabric by its name."""
    return materials.fabric(*FABRICS[name][1:], wavelengths=wavelengths)


@pytest.fixture(scope="module")
def measured():
    """Wavelengths (121,) and the measured reflectances by sample name."""
    path = Path(os.environ.get("VIREID_SPECTRA", SPECTRA))
    if not path.is_file():
        pytest.skip(f"no measured spectra at {path}: set VIREID_SPECTRA to the CSV file to compare with them")
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    spectra = {row[0].removesuffix("_ASDFRa"): np.array(row[1:], float) for row in rows}
    return np.array(header[1:], float), spectra


@pytest.mark.parametrize("name", FABRICS)
def test_fabrics_follow_their_measurement(name, measured, record_property):
    wavelengths, spectra = measured
    error = np.sqrt(np.mean((dyed(name, wavelengths) - spectra[FABRICS[name].sample]) ** 2))
    record_property("rms", float(error))  # xdist sends plain numbers only
    print(f"{name}: RMS error {error:.4f}")  # shown by pytest -rP
    assert error < 0.026


@pytest.mark.parametrize("name", [name for name, curve in BACKGROUNDS.items() if curve.sample])
def test_scene_materials_follow_their_measurement(name, measured, record_property):
    wavelengths, spectra = measured
    curve = materials.background(name, wavelengths)
    error = np.sqrt(np.mean((curve - spectra[BACKGROUNDS[name].sample]) ** 2))
    record_property("rms", float(error))  # xdist sends plain numbers only
    print(f"{name}: RMS error {error:.4f}")
    assert error < 0.020


@pytest.mark.parametrize("name", SEVEN)
def test_seven_fabrics_at_six_wavelengths(name):
    error = dyed(name, SIX) - SEVEN[name]
    print(f"{name}: {np.round(error, 3)}, RMS {np.sqrt(np.mean(error**2)):.4f}")
    assert np.abs(error).max() < 0.035
    assert abs(error[4]) < 0.015  # 850 nm, where the infrared cameras look


def test_every_curve_is_a_reflectance():
    curves = [materials.background(name) for name in BACKGROUNDS]
    for amount in (0, 0.5, 8):
        curves += [materials.fabric(f, (amount, 0, amount), surface=s) for f in materials.FIBRES for s in (0, 0.2)]
        curves += [materials.paint((0, amount, 0), amount), materials.leather(amount / 8, (0, 0, amount))]
        curves += [materials.skin(amount / 8, 1 - amount / 8), materials.hair(amount / 8)]
    curves = np.stack(curves)
    assert curves.shape[1:] == WAVELENGTHS.shape
    assert curves.min() >= 0 and curves.max() <= 1


def test_dyes_vanish_in_the_near_infrared_and_carbon_does_not():
    wavelengths = np.array([450.0, 550.0, 650.0, 850.0, 940.0])
    white = materials.fabric("cotton", wavelengths=wavelengths)
    dark = materials.fabric("cotton", (6, 6, 6), wavelengths=wavelengths)
    coal = materials.fabric("cotton", (0, 0, 0), 3.0, wavelengths=wavelengths)
    assert (dark[:3] < 0.05).all() and (coal < 0.06).all()
    np.testing.assert_allclose(dark[3:], white[3:], rtol=0.02)


def test_each_dye_takes_its_own_colour():
    blue, green, red = np.eye(3) * 2
    wavelengths = np.array([440.0, 530.0, 640.0])
    weakest = [np.argmin(materials.paint(dye, wavelengths=wavelengths)) for dye in (blue, green, red)]
    assert weakest == [0, 1, 2]  # yellow takes blue, magenta green, cyan red


def test_absorbances_of_dyes_multiply():
    """Beer-Lambert: without a surface, transmissions of two dyes multiply."""
    none, yellow, cyan, both = (
        materials.fabric("nylon", dyes, surface=0) for dyes in ((0, 0, 0), (2, 0, 0), (0, 0, 3), (2, 0, 3))
    )
    np.testing.assert_allclose(both * none, yellow * cyan, rtol=1e-12)


def test_skin_lies_within_the_range_of_a_hundred_people():
    at_780 = [materials.skin(melanin, wavelengths=np.array([780.0]))[0] for melanin in (0, 0.2, 1)]
    np.testing.assert_allclose(at_780, [0.68, 0.62, 0.43], atol=0.01)  # NIST: maximum, median, minimum
    assert (np.diff([materials.skin(m) for m in (0, 0.3, 0.6, 1)], axis=0) < 0).all()


def test_dark_hair_brightens_towards_the_infrared():
    black = materials.hair(1.0, np.array([550.0, 850.0, 940.0]))
    assert black[0] < 0.03 and (np.diff(black) > 0).all()


def test_leaves_have_a_red_edge():
    red, infrared = materials.background("vegetation", np.array([670.0, 780.0]))
    assert infrared > 5 * red


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: materials.fabric("coton"), "did you mean 'cotton'"),
        (lambda: materials.background("brik"), "did you mean 'brick'"),
        (lambda: materials.fabric("cotton", (0, 9, 0)), "magenta dye 9 is out of range: give one from 0 to 8"),
        (lambda: materials.fabric("cotton", (0, 1)), "give 3 absorbances, yellow, magenta, cyan"),
        (lambda: materials.fabric("cotton", carbon=float("nan")), "carbon nan is out of range"),
        (lambda: materials.paint(surface="gloss"), "surface 'gloss' is not a number"),
        (lambda: materials.skin(1.2), "melanin 1.2 is out of range: give one from 0 to 1"),
        (lambda: materials.leather(-0.1), "tan -0.1 is out of range"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError) as error:
        call()
    assert message in str(error.value) and "\n" not in str(error.value)
