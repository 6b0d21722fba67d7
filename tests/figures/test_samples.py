from __future__ import annotations

import numpy as np
from PIL import Image

from vireid_lab.data.records import Dataset, Record
from vireid_lab.figures.samples import (
    PARTS,
    colour_parts,
    contact_sheet,
    mask_sheet,
    montage,
    one_of_each,
    read_images,
)
from vireid_lab.figures.style import COLOURS
from vireid_lab.spectra.labels import CODES, LABELS, PERSON


def test_montage_puts_every_image_in_its_place(people):
    canvas = montage([[people[0], None, people[1]], [people[2]]], gap=2)
    assert canvas.shape == (24 * 2 + 2, 12 * 3 + 4, 3)
    np.testing.assert_array_equal(canvas[:24, 28:40], people[1])
    np.testing.assert_array_equal(canvas[26:, :12], people[2])
    assert (canvas[:24, 14:26] == 255).all() and (canvas[24:26] == 255).all()


def test_one_image_of_each_person_and_camera_with_the_visible_cameras_first():
    records = [Record(f"{pid}-{cam}-{i}", pid, cam, int(cam == 3), "test") for pid in (5, 6) for cam in (1, 3, 4)
               for i in range(2) if (pid, cam) != (6, 4)]  # fmt: skip
    grid, names = one_of_each(records, [6, 5])
    assert [[record and record.path for record in row] for row in grid] == [
        ["6-1-0", None, "6-3-0"], ["5-1-0", "5-4-0", "5-3-0"],
    ]  # fmt: skip
    assert names == ["cam 1\nvisible", "cam 4\nvisible", "cam 3\ninfrared"]


def test_read_images_keeps_the_order_and_brings_the_masks(tmp_path, people):
    records = []
    for number in range(3):
        Image.fromarray(people[number]).save(tmp_path / f"{number}.png")
        Image.fromarray(np.full((24, 12), number, np.uint8)).save(tmp_path / f"m{number}.png")
        records.append(Record(f"{number}.png", 1, 1, 0, "test", f"m{number}.png"))
    dataset = Dataset(tmp_path, "manifest", tuple(records))
    images, masks = read_images(dataset, [records[2], records[0]], (24, 12), masks=True)
    np.testing.assert_array_equal(images, people[[2, 0]])
    assert (masks[0] == 2).all() and (masks[1] == 0).all()


def test_every_label_of_a_person_has_a_part_and_a_colour():
    listed = [name for names in PARTS.values() for name in names]
    assert sorted(listed) == sorted((*PERSON, "occluder"))
    assert len(PARTS) == len(COLOURS)


def test_parts_are_coloured_and_the_background_is_grey(people):
    mask = np.zeros((24, 12), np.uint8)
    mask[:12] = CODES["hair"]
    painted = colour_parts(people[2], mask, LABELS)
    assert (np.ptp(painted[12:], axis=2) == 0).all()
    hair = np.array(COLOURS[list(PARTS).index("hair")]) * 255
    expected = 0.25 * people[2][:12].mean(axis=2, keepdims=True) + 0.75 * hair
    np.testing.assert_allclose(painted[:12], expected, atol=0.5)


def test_sheets_have_their_labels_and_the_legend_names_what_is_seen(people):
    figure = contact_sheet([list(people[:2]), [people[2], None]], ["id 1", "id 2"], ["cam 1", "cam 3"])
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["id 1", "id 2"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["cam 1", "cam 3"]
    masks = np.full((2, 24, 12), CODES["skin"], np.uint8)
    masks[:, :4] = CODES["brick"]
    legend = mask_sheet(people[:2], masks, LABELS, ["a", "b"]).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["skin"]
