import os
import random

import numpy as np
import pytest
from sysu_images import sysu_pool

from vireid_lab.evaluate.protocols import PROTOCOLS, get_protocol
from vireid_lab.evaluate.trials import Pool, build_trials, choose_sampling, given_gallery
from vireid_lab.runtime import InputError

SYSU = PROTOCOLS["sysu-all"]


def drawn_paths(protocol, query, gallery, sampling, trial):
    chosen = build_trials(protocol, sampling, query, gallery)[trial]
    return [query.paths[i] for i in chosen.query], [gallery.paths[i] for i in chosen.gallery]


def pools(counts, cams=(1, 2, 4, 5)):
    return sysu_pool(counts, (3, 6)), sysu_pool(counts, cams)


@pytest.mark.parametrize("cams", [(1, 2, 4, 5), (1, 2)])
@pytest.mark.parametrize("shots", [1, 10])
def test_seeded_galleries_are_the_recipe(tmp_path, small_counts, cams, shots):
    for (cam, pid), number in small_counts.items():
        folder = tmp_path / f"cam{cam}" / f"{pid:04d}"
        folder.mkdir(parents=True)
        for frame in range(1, number + 1):
            (folder / f"{frame:04d}.jpg").touch()

    def recipe(t):
        random.seed(t)
        chosen = []
        for pid in range(1, 20):
            for cam in cams:
                folder = tmp_path / f"cam{cam}" / f"{pid:04d}"
                if folder.is_dir():
                    files = [f"cam{cam}/{pid:04d}/{name}" for name in sorted(os.listdir(folder))]
                    chosen += [random.choice(files)] if shots == 1 else random.sample(files, min(10, len(files)))
        return chosen

    query, gallery = pools(small_counts, cams)
    shuffled = gallery.take(np.random.default_rng(0).permutation(len(gallery.ids)))
    sampling = choose_sampling(SYSU, None, "seeded", shots, 10)
    for trial in range(10):
        queries, chosen = drawn_paths(SYSU, query, shuffled, sampling, trial)
        assert chosen == recipe(trial)
        assert queries == query.paths


def test_drawing_leaves_the_global_generator_alone(small_counts):
    random.seed(1)
    state = random.getstate()
    build_trials(SYSU, choose_sampling(SYSU, None), *pools(small_counts))
    assert random.getstate() == state


@pytest.mark.parametrize("shots", [1, 10])
def test_official_galleries_are_the_rows_of_the_file(tmp_path, small_counts, save_permutations, shots):
    frames = save_permutations(tmp_path / "exp" / "rand_perm_cam.mat", small_counts)
    query, gallery = pools(small_counts)
    sampling = choose_sampling(SYSU, tmp_path, shots=shots)
    assert sampling.gallery == "official"
    for t in range(10):
        expected = {
            f"cam{cam}/{pid:04d}/{frame:04d}.jpg"
            for cam in (1, 2, 4, 5)
            for pid in range(1, 20)
            if (cam, pid) in frames
            for frame in frames[cam, pid][t][:shots]
        }
        chosen = drawn_paths(SYSU, query, gallery, sampling, t)[1]
        assert set(chosen) == expected and len(chosen) == len(expected)


def test_full_size_counts(tmp_path, full_counts, save_permutations):
    save_permutations(tmp_path / "exp" / "rand_perm_cam.mat", full_counts)
    sizes = {"sysu-all": (301, 3010, 0), "sysu-indoor": (112, 1120, 1595)}
    for name, (single, multi, invalid) in sizes.items():
        protocol = PROTOCOLS[name]
        query, gallery = pools(full_counts, protocol.gallery_cams)
        assert len(query.ids) == 3803
        for convention in ("official", "seeded"):
            for shots, size in ((1, single), (10, multi)):
                sampling = choose_sampling(protocol, tmp_path, convention, shots)
                for trial in build_trials(protocol, sampling, query, gallery):
                    assert len(trial.gallery) == len(set(trial.gallery)) == size
        chosen = gallery.take(trial.gallery)
        removed = protocol.removed(query.ids, query.cams, chosen.ids, chosen.cams)
        left = (query.ids[:, None] == chosen.ids) & ~removed
        assert np.count_nonzero(~left.any(axis=1)) == invalid


def test_training_identities_are_drawn_by_seed_even_where_the_file_is(tmp_path, small_counts, save_permutations):
    save_permutations(tmp_path / "exp" / "rand_perm_cam.mat", small_counts)
    assert choose_sampling(SYSU, tmp_path, split="train").gallery == "seeded"
    assert choose_sampling(PROTOCOLS["sysu-indoor"], tmp_path).gallery == "official"
    assert choose_sampling(PROTOCOLS["llcm-v2n"], tmp_path).gallery == "seeded"


def test_the_diagnostic_draws_one_query_for_each_identity_and_camera(small_counts):
    visible = sysu_pool(small_counts, (1, 2, 4, 5))
    protocol = PROTOCOLS["diagnostic-v2v"]
    trials = build_trials(protocol, choose_sampling(protocol, None), visible, visible)
    for trial in trials:
        drawn = [(visible.ids[i], visible.cams[i]) for i in trial.query]
        assert sorted(drawn) == sorted((pid, cam) for cam, pid in small_counts if cam in (1, 2, 4, 5))
        assert len(trial.gallery) == len(visible.ids)
    assert len(trials) == 10 and len({tuple(trial.query) for trial in trials}) > 1


def test_readings_of_llcm_draw_the_gallery_the_queries_or_nothing():
    rng = np.random.default_rng(0)
    ids, cams = rng.integers(1, 5, 60), rng.integers(1, 4, 60)
    pool = Pool(ids, cams, [f"test_vis/cam{cams[i]}/{ids[i]:04d}/{i:02d}.jpg" for i in range(60)])
    groups = len(set(zip(ids.tolist(), cams.tolist(), strict=True)))
    sizes = {}
    for reading in ("paper", "released-transposed", "full-gallery"):
        protocol = get_protocol("llcm-v2n", reading)
        trials = build_trials(protocol, choose_sampling(protocol, None), pool, pool)
        sizes[reading] = (len(trials), len(trials[0].query), len(trials[0].gallery))
    expected = {"paper": (10, 60, groups), "released-transposed": (10, groups, 60), "full-gallery": (1, 60, 60)}
    assert sizes == expected


@pytest.mark.parametrize(
    "protocol, options, message",
    [
        ("sysu-all", {"gallery": "official"}, "put it at .*exp/rand_perm_cam.mat, or use --gallery seeded"),
        ("sysu-all", {"gallery": "officia"}, "did you mean 'official'"),
        ("sysu-all", {"shots": 5}, "--shots 5: protocol sysu-all has 1 or 10"),
        ("sysu-all", {"trials": 0}, "--trials 0"),
        ("llcm-v2n", {"shots": 10}, "--shots 10: protocol llcm-v2n has 1"),
        ("llcm-v2n", {"gallery": "official"}, "only the SYSU-MM01 protocols"),
        ("regdb-v2t", {"shots": 1}, "--shots 1: protocol regdb-v2t draws nothing"),
        ("none", {"trials": 3}, "--trials 3: protocol none draws nothing"),
        ("diagnostic-v2v", {"gallery": "seeded"}, "draws queries, not the gallery"),
    ],
)
def test_options_that_do_not_fit(tmp_path, protocol, options, message):
    with pytest.raises(InputError, match=message):
        choose_sampling(PROTOCOLS[protocol], tmp_path, **options)


def test_a_given_gallery_takes_no_options():
    assert given_gallery(shots=None, trials=None).gallery == "given"
    with pytest.raises(InputError, match="--trials 10: a feature file without query_paths and gallery_paths"):
        given_gallery(shots=None, trials=10)


def test_a_file_of_another_data_set_is_named(tmp_path, small_counts, save_permutations):
    other = {key: max(1, number - 1) for key, number in small_counts.items()}
    file = tmp_path / "exp" / "rand_perm_cam.mat"
    save_permutations(file, small_counts)
    with pytest.raises(InputError, match="rand_perm_cam.mat does not fit cam"):
        build_trials(SYSU, choose_sampling(SYSU, tmp_path, shots=10), *pools(other))
    with pytest.raises(InputError, match="--trials 11"):
        build_trials(SYSU, choose_sampling(SYSU, tmp_path, trials=11), *pools(small_counts))
    file.write_bytes(b"no mat file")
    with pytest.raises(InputError, match="cannot be read as rand_perm_cam.mat"):
        build_trials(SYSU, choose_sampling(SYSU, tmp_path), *pools(small_counts))
