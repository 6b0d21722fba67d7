"""The other arms of an ablation are found among runs, and nothing else is."""

from made_runs import write_run

from vireid_lab.analysis.arms import arms_beside
from vireid_lab.train.checkpoint import checkpoint_path

ARMS = {"none": {"augment": "flip"}, "erasing": {"augment": "flip+erasing"}, "LTG": {"augment": "flip+ltg"}}


def test_the_arms_that_differ_in_their_slots_alone_are_found(tmp_path):
    def write(name, weights=True, **settings):
        run = write_run(tmp_path / name, **settings)
        if weights:
            checkpoint_path(run.path).parent.mkdir()
            checkpoint_path(run.path).touch()
        return run

    mine, plain, again = write("mine", augment="flip+ltg"), write("plain"), write("again")
    others = [
        write("seed", augment="flip+erasing", seed=1),
        write("world", augment="flip+erasing", world=1),
        write("steps", augment="flip+erasing", steps=300),
        write("start", augment="flip+erasing", start="imagenet sha256=2"),
        write("unfinished", augment="flip+erasing", finished=False),
        write("numbers alone", augment="flip+erasing", weights=False),
    ]
    assert arms_beside(mine, [*others, plain, again, mine], ARMS) == {"none": plain, "LTG": mine}
    rhythm = write("rhythm", augment="flip+erasing", losses="ce", log_every=600)
    beside = arms_beside(mine, [rhythm, plain, mine], ARMS)
    assert list(beside) == list(ARMS) and beside["erasing"] == rhythm
