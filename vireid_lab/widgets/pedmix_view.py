"""PedMix and its rivals (Guo et al. 2023, Fig. 3) on one pair of images, with the exact counts of each region."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from torch import Tensor
from torch.nn.functional import avg_pool2d

from vireid_lab.augment.mixes import Attention, AttentiveCutMix, CutMix, Mixup, PatchMix
from vireid_lab.augment.mixing import Mix
from vireid_lab.augment.pedmix import REGIONS, PedMix
from vireid_lab.figures.style import BLUE, GREY, ORANGE, style

from .explorer import View
from .given_images import image_tensor, pixels_of
from .picture_page import Place, open_page, pixels_on_screen, put
from .picture_pointer import encode_png

COLOURS = dict(zip(REGIONS, (ORANGE, BLUE, GREY), strict=True))
PALE = 0.75  # how much white is in the colour of a patch that stays
INCHES = (6.4, 4.9)
BOX, LEFT, STEP, TOPS = (1.18, 2.1), 0.08, 1.266, (4.65, 2.25)  # of the images on the page, inches


def render_pedmix(
    visible: np.ndarray,
    infrared: np.ndarray,
    pedmix: PedMix | None = None,
    seed: int = 0,
    attention: Attention | None = None,
) -> View:
    """Mixes a pair by PedMix and by its rivals.

    Args:
        visible: (H, W, 3) float in [0, 1], before normalisation.
        infrared: (H, W, 3) or (H, W), likewise.
        pedmix: with its options; None takes the paper's. PatchMix takes its patch.
        seed: of the draws; each mix begins with it.
        attention: for Attentive CutMix, see there; None takes the local contrast.

    Raises:
        InputError: the images are no pair, not float in [0, 1], or of a size that is no multiple of the patch.
    """
    pedmix = pedmix or PedMix()
    pair = [image_tensor(*both, "pedmix")[None] for both in (("visible", visible), ("infrared", infrared))]
    rivals = {
        "Mixup": Mixup(),
        "CutMix": CutMix(),
        "PatchMix": PatchMix(patch=pedmix.patch),
        "Attentive CutMix": AttentiveCutMix(attention=attention or contrast),
    }
    mixed = {name: mix_pair(mix, pair, seed) for name, mix in {"PedMix": pedmix, **rivals}.items()}
    exchanged = pedmix.draw(tuple(pair[0].shape), np.random.default_rng(seed))[0]
    words = _words(pedmix, tuple(pair[0].shape[2:]), {name: share for name, (_, share) in mixed.items()}, attention)
    counts = ", ".join(f"{name} {n.exchanged} of {n.patches}" for name, n in pedmix.counts(pair[0].shape[2:]).items())
    alt = f"PedMix of a visible and an infrared image, patches exchanged: {counts}; beside it four other mixes"
    return View(encode_png(_draw(pedmix, pair, mixed, exchanged)), words, alt)


def mix_pair(mix: Mix, pair: list[Tensor], seed: int) -> tuple[tuple[Tensor, Tensor], float]:
    """Both mixed images (1, 3, H, W), and the share of the mixed visible image that is from the infrared one."""
    rng = np.random.default_rng(seed)
    mixed = mix(*pair, rng)
    parameters = mix.draw(tuple(pair[0].shape), np.random.default_rng(seed))
    return mixed, float(mix.masks(*pair, parameters)[0].mean())


def contrast(images: Tensor, modality: Tensor) -> Tensor:
    """(N, 18, 9) or fewer cells: the local standard deviation, where there is no network to give its attention."""
    grey = images.mean(1, keepdim=True)
    cell = max(1, images.shape[2] // 18)
    variance = avg_pool2d(grey.square(), cell) - avg_pool2d(grey, cell).square()
    return variance.clamp(min=0).sqrt()[:, 0]


def _words(pedmix: PedMix, size: tuple[int, ...], shares: dict[str, float], attention: Attention | None) -> str:
    counts = pedmix.counts(size)
    patches, exchanged = (sum(numbers) for numbers in zip(*counts.values(), strict=True))
    rows, columns = pedmix.regions(size).shape
    patch = f"{size[0] // rows}x{size[1] // columns} pixels"
    lines = [
        f"PedMix: {exchanged} of {patches} patches change places ({exchanged / patches:.1%}), {patch}",
        "",
        f"{'region':12}{'patches':>9}{'exchanged':>11}{'share':>9}{'ratio A':>9}",
    ]
    for (name, count), ratio in zip(counts.items(), pedmix.ratios, strict=True):
        share = f"{count.exchanged / count.patches:9.3f}" if count.patches else f"{'-':>9}"
        lines.append(f"{name:12}{count.patches:9}{count.exchanged:11}{share}{ratio:9.2f}")
    seen = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    looks = "local contrast (no network given)" if attention is None else "the network given"
    return "\n".join([*lines, "", f"from the infrared image: {seen}", f"Attentive CutMix looks with {looks}"])


def _draw(pedmix: PedMix, pair: list[Tensor], mixed: dict, exchanged: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8."""
    visible, infrared = pair
    size = tuple(visible.shape[2:])
    with style():
        page = open_page(INCHES)
        first = {
            "visible": visible,
            "infrared": infrared,
            "PedMix: mixed visible": mixed["PedMix"][0][0],
            "mixed infrared": mixed["PedMix"][0][1],
        }
        for number, (title, image) in enumerate(first.items()):
            place = put(page, pixels_of(image[0]), LEFT + number * STEP, TOPS[0], BOX, title)
            if number < 2:
                _outline(page, pedmix, place, size)
        put(page, _map(pedmix, exchanged, size), LEFT + 4 * STEP, TOPS[0], BOX, "exchanged: full colour")
        for number, (title, ((image, _), share)) in enumerate(list(mixed.items())[1:]):
            put(page, pixels_of(image[0]), LEFT + number * STEP, TOPS[1], BOX, f"{title}, {share:.0%}")
        _legend(page, pedmix, size)
        return pixels_on_screen(page.figure)


def _outline(page: Axes, pedmix: PedMix, place: Place, size: tuple[int, ...]) -> None:
    """The boxes Φ1 and Φ2 as they are; a patch that they cut belongs where its centre is."""
    for box, name in ((pedmix.sub_center, REGIONS[1]), (pedmix.center, REGIONS[0])):
        height, width = (share * length * place.pixel for share, length in zip(box, size, strict=True))
        left = place.left + (size[1] * place.pixel - width) / 2
        bottom = place.top - (size[0] * place.pixel + height) / 2
        for thick, colour in ((2.8, "white"), (1.6, COLOURS[name])):  # seen on bright and on dark pixels
            page.add_patch(Rectangle((left, bottom), width, height, fill=False, linewidth=thick, edgecolor=colour))


def _map(pedmix: PedMix, exchanged: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """(H, W, 3): each patch in the colour of its region, pale where it stays."""
    colours = np.array([to_rgb(COLOURS[name]) for name in REGIONS])[pedmix.regions(size)]
    colours = np.where(exchanged[..., None], colours, PALE + (1 - PALE) * colours)
    patch = size[0] // len(colours)
    return colours.repeat(patch, 0).repeat(patch, 1)


def _legend(page: Axes, pedmix: PedMix, size: tuple[int, ...]) -> None:
    left, top = LEFT + 4 * STEP, TOPS[1]
    page.text(left, top + 0.05, "patches exchanged", va="bottom", fontsize=7)
    for number, (name, count) in enumerate(pedmix.counts(size).items()):
        below = top - 0.25 - 0.42 * number
        page.add_patch(Rectangle((left, below), 0.16, 0.16, facecolor=COLOURS[name]))
        page.text(left + 0.23, below + 0.08, f"{name}\n{count.exchanged} of {count.patches}", va="center", fontsize=7)
    note = "second row: the mixed\nvisible images, and how\nmuch of each is from\nthe infrared image"
    page.text(left, top - 1.4, note, va="top", fontsize=6.5, color="0.35")
