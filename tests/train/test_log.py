from __future__ import annotations

import pytest

from vireid_lab.train.log import MetricsLog, metrics_log, read_metrics


def test_a_resumed_log_drops_the_rows_behind_the_checkpoint(tmp_path):
    log = MetricsLog(tmp_path)
    for step in (10, 20, 30):
        log.write({"step": step, "total": 1 / step})
    with log.path.open("a") as file:
        file.write('{"step": 40, "tot')  # killed in the middle of a row
    log = MetricsLog(tmp_path, start=20)
    log.write({"step": 30, "total": 0.5})
    assert [(r["step"], r["total"]) for r in read_metrics(log.path)] == [(10, 0.1), (20, 0.05), (30, 0.5)]


def test_a_new_log_starts_empty(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 5}\n')
    MetricsLog(tmp_path, start=0)
    assert (tmp_path / "metrics.jsonl").read_text() == ""


def test_nothing_is_written_without_a_folder():
    with metrics_log(None, 0) as log:
        assert log is None


def test_tensorboard_gets_the_same_numbers(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with metrics_log(tmp_path, 0, tensorboard=True) as log:
        log.write({"step": 10, "total": 0.5})
        log.write({"step": 20, "total": 0.25})
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(e.step, e.value) for e in events.Scalars("total")] == [(10, 0.5), (20, 0.25)]
