import numpy as np
import pytest

from vireid_lab.data.records import Record
from vireid_lab.evaluate.protocols import PROTOCOLS, both_directions, get_protocol, pool_positions, require_layout
from vireid_lab.runtime import InputError


def removed_by_hand(name, qid, qcam, gid, gcam):
    """The rules as sentences."""
    if name.startswith("sysu"):
        return qcam == 3 and gcam == 2
    if name.startswith("llcm"):
        return qid == gid and qcam == gcam
    return name == "diagnostic-v2v" and qcam == gcam


@pytest.mark.parametrize("name", PROTOCOLS)
def test_removal_rules(name):
    rng = np.random.default_rng(0)
    qid, qcam, gid, gcam = (rng.integers(1, 6, n) for n in (40, 40, 50, 50))
    removed = get_protocol(name).removed(qid, qcam, gid, gcam)
    expected = [[removed_by_hand(name, qid[i], qcam[i], gid[j], gcam[j]) for j in range(50)] for i in range(40)]
    if removed is None:
        assert not np.any(expected)
    else:
        assert removed.tolist() == expected


@pytest.mark.parametrize(
    ("layout", "names"),
    [
        ("sysu", ["sysu-all"]),
        ("regdb", ["regdb-t2v", "regdb-v2t"]),
        ("llcm", ["llcm-n2v", "llcm-v2n"]),
        ("manifest", ["none"]),
    ],
)
def test_the_default_comes_behind_its_opposite_direction(layout, names):
    assert both_directions(layout) == names


def test_cmc_kinds_and_sides():
    kinds = {name: (p.cmc, p.query, p.gallery) for name, p in PROTOCOLS.items()}
    assert kinds == {
        "sysu-all": ("identity", 1, 0),
        "sysu-indoor": ("identity", 1, 0),
        "regdb-v2t": ("image", 0, 1),
        "regdb-t2v": ("image", 1, 0),
        "llcm-v2n": ("identity", 0, 1),
        "llcm-n2v": ("identity", 1, 0),
        "diagnostic-v2v": ("identity", 0, 0),
        "none": ("image", None, None),
    }
    assert PROTOCOLS["sysu-all"].gallery_cams == (1, 2, 4, 5) and PROTOCOLS["sysu-indoor"].gallery_cams == (1, 2)


def test_the_three_readings_of_llcm():
    paper = get_protocol("llcm-v2n", "paper")
    assert paper == get_protocol("llcm-v2n") and paper.sampled == "gallery"
    transposed = get_protocol("llcm-v2n", "released-transposed")
    assert transposed.sampled == "query" and transposed.removal == paper.removal
    assert get_protocol("llcm-n2v", "released-transposed") == get_protocol("llcm-n2v")
    full = get_protocol("llcm-n2v", "full-gallery")
    assert full.sampled is None and full.removal == "none"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("sysu-al",), "did you mean 'sysu-all'"),
        (("llcm-v2n", "papers"), "did you mean 'paper'"),
        (("sysu-all", "paper"), "--llcm-reading paper says nothing about sysu-all"),
    ],
)
def test_wrong_names(arguments, message):
    with pytest.raises(InputError, match=message):
        get_protocol(*arguments)


def test_a_protocol_of_another_layout():
    with pytest.raises(InputError, match="layout sysu, not regdb: use regdb-v2t, regdb-t2v, diagnostic-v2v, none"):
        require_layout(PROTOCOLS["sysu-all"], "regdb")
    require_layout(PROTOCOLS["sysu-all"], "manifest")
    require_layout(PROTOCOLS["diagnostic-v2v"], "regdb")


def record(camid, modality, split="test"):
    return Record(f"{camid}-{modality}-{split}.jpg", 1, camid, modality, split)


def test_sides_of_a_public_layout():
    records = [record(cam, int(cam in (3, 6))) for cam in (1, 2, 3, 4, 5, 6)]
    query, gallery = pool_positions(PROTOCOLS["sysu-indoor"], records)
    assert (query.tolist(), gallery.tolist()) == ([2, 5], [0, 1])
    query, gallery = pool_positions(PROTOCOLS["diagnostic-v2v"], records)
    assert query.tolist() == gallery.tolist() == [0, 1, 3, 4]


def test_sides_of_a_manifest():
    marked = [record(1, 0, "gallery"), record(2, 1, "gallery"), record(1, 0, "query"), record(3, 1, "query")]
    query, gallery = pool_positions(PROTOCOLS["none"], marked)
    assert (query.tolist(), gallery.tolist()) == ([2, 3], [0, 1])
    query, gallery = pool_positions(PROTOCOLS["sysu-all"], marked)
    assert (query.tolist(), gallery.tolist()) == ([3], [0])
    query, gallery = pool_positions(PROTOCOLS["none"], [record(1, 0, "train"), record(3, 1, "train")])
    assert (query.tolist(), gallery.tolist()) == ([1], [0])


def test_an_empty_side_is_named():
    with pytest.raises(InputError, match="no image can be query .*infrared cams 3,6"):
        pool_positions(PROTOCOLS["sysu-all"], [record(1, 0)])
