"""What one query finds: the nearest gallery images with right and wrong ones marked, and the numbers beside them."""

from __future__ import annotations

import numpy as np
import torch

from vireid_lab.data.records import UNKNOWN
from vireid_lab.data.transforms import from_pictures
from vireid_lab.figures.heat_maps import overlay
from vireid_lab.figures.match_saliency import last_layer
from vireid_lab.figures.retrieval import retrieval_strips
from vireid_lab.figures.saliency import similarity_map
from vireid_lab.models.inference import inference
from vireid_lab.runtime import InputError

from .explorer import View
from .picture_page import pixels_on_screen
from .picture_pointer import encode_png
from .retrieval_search import ANY, FINDS, Found, Search

DPI = 200


def render_retrieval(search: Search, query: int = 0, among: str = ANY, gradcam: bool = False) -> View:
    """Shows a query and its ten nearest gallery images.

    Args:
        search: where to search.
        query: from 0, in the order of `search.queries`.
        among: filter of the gallery, a name of `search.seen_by(search.gallery)`.
        gradcam: lay over each image found what speaks for its similarity to the query, and over the query what speaks
            for its similarity to the nearest one.

    Raises:
        InputError: there is no such query or filter, nothing is left to be found, or Grad-CAM has no model.
    """
    found = search.find(query, among)
    if not found.among:
        rule = search.plan.protocol.removal
        raise InputError(f"query {query} may find nothing seen by {among}: left out ({rule}); choose another camera")
    alt = _alt(found, search.is_known(query))
    if not gradcam:
        return View(encode_png(_draw(search, query, found)), _words(search, query, among, found), alt)
    if search.model is None:
        raise InputError("Grad-CAM needs the model that made the features: give Search(..., model=model)")
    maps = heat_maps(search, query, found)
    empty = sum(not heat.any() for heat in maps)
    words = f"{_words(search, query, among, found)}\n\nGrad-CAM: {empty} of {len(maps)} maps are empty"
    return View(encode_png(_draw(search, query, found, maps)), words, alt)


def heat_maps(search: Search, query: int, found: Found) -> np.ndarray:
    """(1 + k, H, W) Grad-CAM of the query for the nearest image found, and of each image found for the query."""
    shown = np.array([search.queries[query], *found.images])
    modality = search.features.modality[shown]
    with inference(search.model) as device:
        inputs = from_pictures(search.images[shown]).to(device)
        embeddings = search.model.embed(inputs, torch.from_numpy(modality).to(device))
    others = embeddings[[1] + [0] * len(found.images)]
    layer = last_layer(search.model)
    each = zip(inputs, modality.tolist(), others, strict=True)
    return np.stack([similarity_map(search.model, layer, image, kind, other) for image, kind, other in each])


def _draw(search: Search, query: int, found: Found, maps: np.ndarray | None = None) -> np.ndarray:
    """(h, w, 3) uint8: the query and what it found, under their heat maps if there are some."""
    asking, k = search.queries[query], len(found.images)
    images = search.images[np.array([asking, *found.images])]
    if maps is not None:
        images = np.stack([overlay(*pair) for pair in zip(images, maps, strict=True)])
    ids, cams = search.features.ids, search.features.cams
    indices = np.pad(np.arange(k), (0, FINDS - k), constant_values=-1)[None]
    distances = np.pad(found.distances, (0, FINDS - k), constant_values=np.nan)[None]
    known, seen = search.is_known(query), (cams[found.images] != UNKNOWN).all()
    label = [f"id {ids[asking]}\ncam {cams[asking]}" if known and seen else "query"]
    of_found = ids[found.images], label, distances, cams[found.images] if seen else None
    figure = retrieval_strips(images[:1], images[1:], indices, ids[[asking]] if known else None, *of_found)
    figure.set_dpi(DPI)
    return pixels_on_screen(figure)


def _words(search: Search, query: int, among: str, found: Found) -> str:
    head = f"query {query} ({search.name(search.queries[query])}) among {found.among} images, {among}: "
    known = search.is_known(query)
    if not known:
        verdict = "", "nobody has said who it is"
    elif not found.first_right:
        verdict = "✗ ", "its person is not among them"
    else:
        verdict = "✓ " if found.right[0] else "✗ ", f"the first right one at place {found.first_right}"
    lines = [head.join(verdict), _whole_gallery(search, query), ""]
    for place, (image, distance, right) in enumerate(zip(*found[:3], strict=True), 1):
        sign, name = "·" if not known else "✓" if right else "✗", search.name(image)
        lines.append(f"{place:2} {sign} {distance:.3f}  {name:28} {search.features.paths[image]}")
    return "\n".join(lines)


def _whole_gallery(search: Search, query: int) -> str:
    """What the query adds to the protocol's scores, whatever is filtered."""
    protocol = search.plan.protocol
    counting = int((search.ranking.indices[query] >= 0).sum())
    words = f"protocol {protocol.name}: {counting} of {len(search.gallery)} gallery images count"
    if counting < len(search.gallery):
        words += f" (left out: {protocol.removal})"
    if not search.is_known(query):
        return words
    scores = search.scores
    if not scores.valid[query]:
        return f"{words}; none is of its person: the query is invalid and leaves the scores"
    return f"{words}; rank {scores.rank[query]} (counted by {protocol.cmc}), average precision {scores.ap[query]:.2f}"


def _alt(found: Found, known: bool) -> str:
    what = f"A query and the {len(found.images)} gallery images nearest to it"
    if not known:
        return f"{what}; nobody has said who the query is"
    places = ", ".join(str(place) for place, right in enumerate(found.right, 1) if right) or "none"
    return f"{what}; right ones, with a tick: {places}"
