"""Who is searched for among whom: the evaluation protocols of the field as plain values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vireid_lab.data.records import INFRARED, MODALITY_NAMES, VISIBLE, Record
from vireid_lab.runtime import InputError, unknown

LLCM_READINGS = ("paper", "released-transposed", "full-gallery")


@dataclass(frozen=True)
class Protocol:
    """One protocol.

    Attributes:
        name: as the command line knows it.
        layout: data set layout it is made for; None: any.
        query: modality of the queries, 0 visible, 1 infrared; None: as the data set marks them.
        gallery: modality of the gallery; None: as the data set marks it.
        query_cams: cameras of the queries; None: all.
        gallery_cams: cameras of the gallery; None: all.
        removal: name in `REMOVALS`: the gallery entries that a query ignores.
        cmc: "identity" or "image", see `metrics.score_queries`.
        sampled: "gallery" or "query": of it each trial draws images for each identity and camera; None: all of both.
        shots: numbers of images for each identity and camera that may be drawn.
    """

    name: str
    layout: str | None
    query: int | None
    gallery: int | None
    query_cams: tuple[int, ...] | None = None
    gallery_cams: tuple[int, ...] | None = None
    removal: str = "none"
    cmc: str = "identity"
    sampled: str | None = None
    shots: tuple[int, ...] = ()

    def removed(
        self, query_ids: np.ndarray, query_cams: np.ndarray, gallery_ids: np.ndarray, gallery_cams: np.ndarray
    ) -> np.ndarray | None:
        """(Q, G) bool: entries that each query ignores; None where the protocol removes nothing."""
        rule = REMOVALS[self.removal]
        return rule and rule(query_ids[:, None], query_cams[:, None], gallery_ids, gallery_cams)


Removal = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
REMOVALS: dict[str, Removal | None] = {
    "none": None,
    "cam2 for cam3 queries": lambda qid, qcam, gid, gcam: (qcam == 3) & (gcam == 2),  # whatever the identity
    "same identity and camera": lambda qid, qcam, gid, gcam: (qid == gid) & (qcam == gcam),
    "own camera": lambda qid, qcam, gid, gcam: qcam == gcam,
}

_SYSU = Protocol(
    "sysu-all", "sysu", INFRARED, VISIBLE, (3, 6), (1, 2, 4, 5), "cam2 for cam3 queries", "identity", "gallery", (1, 10)
)
_LLCM = Protocol(
    "llcm-v2n", "llcm", VISIBLE, INFRARED, removal="same identity and camera", sampled="gallery", shots=(1,)
)
_REGDB = Protocol("regdb-v2t", "regdb", VISIBLE, INFRARED, cmc="image")
PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        _SYSU,
        replace(_SYSU, name="sysu-indoor", gallery_cams=(1, 2)),
        _REGDB,
        replace(_REGDB, name="regdb-t2v", query=INFRARED, gallery=VISIBLE),
        _LLCM,
        replace(_LLCM, name="llcm-n2v", query=INFRARED, gallery=VISIBLE),
        Protocol("diagnostic-v2v", None, VISIBLE, VISIBLE, removal="own camera", sampled="query", shots=(1,)),
        Protocol("none", None, None, None, cmc="image"),
    )
}
DEFAULT_PROTOCOLS = {"sysu": "sysu-all", "regdb": "regdb-v2t", "llcm": "llcm-v2n", "manifest": "none"}


def get_protocol(name: str, llcm_reading: str | None = None) -> Protocol:
    """The protocol of a name, for LLCM in one of the three readings that are in print.

    "paper" (default) samples the gallery and removes the query's own identity and camera. "released-transposed" is
    what the authors' script computes for visible to infrared: the sampled images are the queries, and all images of
    the other modality the gallery (infrared to visible it is the paper's). "full-gallery" neither samples nor removes.

    Raises:
        InputError: an unknown name, or a reading of a protocol that is not LLCM's.
    """
    if name not in PROTOCOLS:
        raise unknown("protocol", name, PROTOCOLS)
    protocol = PROTOCOLS[name]
    if llcm_reading is None:
        return protocol
    if llcm_reading not in LLCM_READINGS:
        raise unknown("LLCM reading", llcm_reading, LLCM_READINGS)
    if protocol.layout != "llcm":
        raise InputError(f"--llcm-reading {llcm_reading} says nothing about {name}: leave it out")
    if llcm_reading == "full-gallery":
        return replace(protocol, sampled=None, shots=(), removal="none")
    if llcm_reading == "released-transposed" and protocol.query == VISIBLE:
        return replace(protocol, sampled="query")
    return protocol


def default_protocol(layout: str) -> str:
    """Name of the protocol that a layout is evaluated with if nothing else is asked for."""
    return DEFAULT_PROTOCOLS[layout]


def both_directions(layout: str) -> list[str]:
    """The default protocol of a layout, and before it the one that swaps queries and gallery, where there is one."""
    default = PROTOCOLS[default_protocol(layout)]
    swapped = replace(default, query=default.gallery, gallery=default.query)
    others = [
        name for name, each in PROTOCOLS.items() if each != default and replace(each, name=default.name) == swapped
    ]
    return [*others, default.name]


def require_layout(protocol: Protocol, layout: str) -> None:
    """Raises InputError where a protocol of one public data set is asked for on another one."""
    if protocol.layout not in (None, layout) and layout != "manifest":
        fitting = ", ".join(p.name for p in PROTOCOLS.values() if p.layout in (None, layout))
        raise InputError(f"protocol {protocol.name} is for the layout {protocol.layout}, not {layout}: use {fitting}")


def pool_positions(protocol: Protocol, records: Sequence[Record]) -> tuple[np.ndarray, np.ndarray]:
    """Positions, in the records of one split, of the images that may be queries and of those that may be gallery.

    Records that a manifest marks "query" or "gallery" keep to their side. Where neither marks nor the protocol tell
    the sides apart, infrared images are searched for among visible ones.

    Raises:
        InputError: a side is empty.
    """
    marked = any(record.split in ("query", "gallery") for record in records)
    if protocol.query is None and not marked:
        protocol = replace(protocol, query=INFRARED, gallery=VISIBLE)
    sides = []
    for side, other, modality, cams in (
        ("query", "gallery", protocol.query, protocol.query_cams),
        ("gallery", "query", protocol.gallery, protocol.gallery_cams),
    ):
        chosen = [
            position
            for position, record in enumerate(records)
            if record.split != other and modality in (None, record.modality) and (cams is None or record.camid in cams)
        ]
        if not chosen:
            raise InputError(f"protocol {protocol.name}: no image can be {side} (it takes {_side(modality, cams)})")
        sides.append(np.array(chosen))
    return sides[0], sides[1]


def _side(modality: int | None, cams: tuple[int, ...] | None) -> str:
    name = "any modality" if modality is None else MODALITY_NAMES[modality]
    return name + (f" cams {','.join(map(str, cams))}" if cams else "")
