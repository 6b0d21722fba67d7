"""Numbers fitted to measured spectra: fibres, dyes and the materials of the scene.

Fitted by least squares over 400 to 1000 nm to the USGS Spectral Library Version 7 (Kokaly et al. 2017, USGS Data Series
1035, doi 10.3133/ds1035), a work of the US Government in the public domain. `sample` is the library's name of the
sample; it is empty where nothing was measured and the numbers are plausible ones.
"""

from __future__ import annotations

from typing import NamedTuple


class Curve(NamedTuple):
    """A reflectance: a level plus steps and peaks, each (height, centre nm, width nm)."""

    sample: str
    level: float
    steps: tuple[tuple[float, float, float], ...] = ()
    peaks: tuple[tuple[float, float, float], ...] = ()


class Dye(NamedTuple):
    """Absorbance of a dye at unit concentration: falling steps added up, times a rise; each (centre nm, width nm)."""

    falls: tuple[tuple[float, float], ...]
    rise: tuple[float, float] | None = None


FIBRES = {
    "cotton": Curve("Cotton_Fabric_GDS437_White", 0.289, ((0.350, 412, 5),), ((-0.044, 548, 77),)),
    "jute": Curve("Burlap_Fabric_GDS430_Brown", 0.022, ((0.596, 675, 98),), ((-0.070, 652, 33),)),
    "nylon": Curve("", 0.73),  # with polyester: the brightest of their dyed samples in the near infrared
    "polyester": Curve("", 0.76),
    "wool": Curve("", 0.20, ((0.48, 470, 45),)),
}

DYES = {
    "yellow": Dye(((464, 21), (430, 5))),
    "magenta": Dye(((577, 16),), (484, 10)),
    "cyan": Dye(((681, 25),), (556, 21)),
}

WHITE_PIGMENT = Curve("Fiberglass_GDS335_Wh_Roofing", 0, ((0.830, 394, 9),), ((-0.076, 953, 120),))

BACKGROUNDS = {
    "asphalt": Curve("Asphalt_GDS376_Blck_Road_old", 0.048, ((0.089, 592, 120),)),
    "roofing": Curve("Asphalt_Shingle_GDS367_DkGry", 0.094, ((0.006, 505, 7),)),
    "concrete": Curve("Concrete_GDS375_Lt_Gry_Road", 0.177, ((0.138, 488, 43),)),
    "pale concrete": Curve("Concrete_WTC01-37A", 0.353, ((0.213, 463, 65),)),
    "brick": Curve("Brick_GDS353_Building_MedRed", 0.079, ((0.163, 578, 15),)),
    "dark brick": Curve("Brick_GDS350_Dk_Red_Building", 0.050, ((0.171, 617, 45),)),
    "tan brick": Curve("Brick_GDS347_Paving_Tan", 0.057, ((0.113, 557, 25),)),
    "grey brick": Curve("Brick_GDS354_Building_Lt_Gry", 0.190, ((0.039, 480, 27),)),
    "paving": Curve("Brick_GDS355_Paving_Dk_Gry", 0.066, ((0.016, 558, 55),)),
    "painted metal": Curve("Painted_Aluminum_GDS333_LgGr", 0.090, ((0.344, 402, 6),), ((0.092, 623, 120),)),
    "coated steel": Curve("Coated_Steel_Girder_WTC01-8", 0.221, ((0.144, 474, 38),)),
    "metal": Curve("Sheet_Metal_GDS352_crg_Galvn", 0.302, ((-0.146, 818, 120),)),
    "wood": Curve("Wood_Beam_GDS363_Nw_Pine_2X4", 0.048, ((0.644, 579, 120),)),
    "plywood": Curve("Plywood_GDS365_Fresh_Pine", 0.018, ((0.712, 583, 112), (0.114, 622, 26))),
    "cardboard": Curve("Cardboard_GDS371_Brn_Corgted", 0.029, ((0.562, 678, 120),)),
    "vegetation": Curve("Aspen_Aspen-1_green-top", 0.055, ((0.420, 714, 9), (-0.011, 954, 15)), ((0.066, 555, 30),)),
    "oak leaf": Curve("Oak_Oak-Leaf-1_fresh", 0.119, ((0.729, 721, 12),), ((-0.078, 713, 35),)),
    "pine needles": Curve("Lodgepole-Pine_LP-Needles-1", 0.081, ((0.578, 656, 74),), ((-0.250, 671, 38),)),
    "dry grass": Curve("Grass_Golden_Dry_GDS480", 0, ((0.340, 568, 116),)),
    "white plastic": Curve("Plastic_PVC_GDS338_White", 0.009, ((0.681, 380, 35),)),
    "grey plastic": Curve("Plastic_HDPE_GDS351_BlkSheet", 0.152, ((-0.045, 514, 120),)),
    "black plastic": Curve("Plastic_LDPE_GDS405_Black", 0.014),
    "plaster": Curve("", 0.30, ((0.50, 380, 40),)),
    "soil": Curve("", 0.04, ((0.26, 640, 90),)),
    "glass": Curve("", 0.08),
}
