from collections import Counter

import pytest

from vireid_lab.data.records import Record
from vireid_lab.data.sampler import CrossModalSampler
from vireid_lab.runtime import InputError


def records(images=((5, 3), (2, 7), (1, 1), (4, 4), (3, 2), (6, 6))):
    """images[i] = numbers of visible and infrared images of identity 10 i, in mixed order."""
    listed = [
        Record(f"{modality}/{10 * i}/{k}", 10 * i, 1 + modality, modality, "train")
        for i, numbers in enumerate(images)
        for modality in (0, 1)
        for k in range(numbers[modality])
    ]
    return listed[::2] + listed[1::2]


def test_p_identities_with_k_images_of_each_modality_row_by_row():
    listed = records()
    sampler = CrossModalSampler(listed, ids_per_batch=4, images_per_id=3, seed=0)
    for step in range(50):
        rows = [listed[position] for position in sampler.batch(step)]
        visible, infrared = rows[:12], rows[12:]
        assert {r.modality for r in visible} == {0} and {r.modality for r in infrared} == {1}
        assert [r.pid for r in visible] == [r.pid for r in infrared]
        assert sorted(Counter(r.pid for r in visible).values()) == [3, 3, 3, 3]


def test_every_image_and_identity_is_drawn_equally_often():
    listed = records()
    sampler = CrossModalSampler(listed, ids_per_batch=2, images_per_id=2, seed=1)
    drawn = Counter(listed[position] for step in range(3000) for position in sampler.batch(step))
    for record in listed:
        of_side = sum(r.pid == record.pid and r.modality == record.modality for r in listed)
        expected = 3000 * (2 / 6) * 2 / of_side
        assert drawn[record] == pytest.approx(expected, abs=6 * expected**0.5)


def test_images_are_drawn_with_replacement():
    sampler = CrossModalSampler(records([(1, 1), (1, 1)]), ids_per_batch=2, images_per_id=4, seed=0)
    assert len(sampler.batch(0)) == 16 and len(set(sampler.batch(0))) == 4


def test_a_batch_depends_on_seed_and_step_alone():
    listed = records()
    first = CrossModalSampler(listed, 3, 2, seed=5)
    forwards = [first.batch(step) for step in range(20)]
    again = CrossModalSampler(listed, 3, 2, seed=5)
    assert [again.batch(step) for step in reversed(range(20))] == forwards[::-1]
    assert len({tuple(batch) for batch in forwards}) == 20
    assert CrossModalSampler(listed, 3, 2, seed=6).batch(0) != forwards[0]


def test_ranks_hold_identities_of_their_own():
    listed = records()
    ranks = [CrossModalSampler(listed, 2, 2, seed=0, rank=rank, world_size=3) for rank in range(3)]
    for step in range(20):
        pids = [{listed[position].pid for position in rank.batch(step)} for rank in ranks]
        assert all(len(own) == 2 for own in pids) and len(set.union(*pids)) == 6


def test_an_epoch_is_that_of_the_field():
    listed = records([(50, 10)] * 4)  # 200 visible, 40 infrared
    assert CrossModalSampler(listed, 4, 2, seed=0).steps_per_epoch == 200 // 8 + 1
    assert CrossModalSampler(listed, 4, 3, seed=0).steps_per_epoch == 200 // 12 + 1
    assert CrossModalSampler(listed, 2, 2, seed=0, world_size=2).steps_per_epoch == 200 // 8 + 1


def test_more_identities_than_there_are():
    with pytest.raises(InputError, match="ids_per_batch = 7.*6"):
        CrossModalSampler(records(), 7, 2, seed=0)
    with pytest.raises(InputError, match="ids_per_batch = 4.*2 processes needs 8"):
        CrossModalSampler(records(), 4, 2, seed=0, world_size=2)
    with pytest.raises(InputError, match="images_per_id = 0"):
        CrossModalSampler(records(), 4, 0, seed=0)


def test_an_identity_with_one_modality_is_named():
    with pytest.raises(InputError, match="identity 10 has no infrared image"):
        CrossModalSampler(records([(2, 2), (2, 0), (2, 2)]), 2, 2, seed=0)
    with pytest.raises(InputError, match="identity 0 and 1 more training identities have no visible image"):
        CrossModalSampler(records([(0, 2), (2, 2), (0, 2)]), 1, 2, seed=0)


def test_a_checkpoint_of_other_settings_is_refused():
    listed = records()
    state = CrossModalSampler(listed, 3, 2, seed=5, rank=0, world_size=2).state_dict()
    CrossModalSampler(listed, 3, 2, seed=5, rank=1, world_size=2).load_state_dict(state)
    for other, named in (
        (CrossModalSampler(listed, 2, 2, seed=5, world_size=2), "ids_per_batch"),
        (CrossModalSampler(listed, 3, 1, seed=5, world_size=2), "images_per_id"),
        (CrossModalSampler(listed, 3, 2, seed=6, world_size=2), "seed"),
        (CrossModalSampler(listed, 3, 2, seed=5), "world_size"),
        (CrossModalSampler(listed[:-1], 3, 2, seed=5, world_size=2), "training images"),
    ):
        with pytest.raises(InputError, match=named):
            other.load_state_dict(state)
