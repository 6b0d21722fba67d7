"""One run under every choice that moves a number: each rung differs from the default in one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from vireid_lab.data.records import Dataset

from .evaluation_plan import plan_evaluation
from .protocols import LLCM_READINGS, get_protocol
from .result import Result
from .runs import checkpoint_name, evaluate_model
from .scoring import DEFAULTS, Options

SHOWN = ("rank1", "mAP", "mINP")
NONE_KEPT = "no checkpoint was kept to pick a step among: train with --set keep_checkpoints=true"


class Rung(NamedTuple):
    """A choice in words, and the result that it gives."""

    choice: str
    result: Result


@dataclass(frozen=True)
class Ladder:
    """What each choice alone adds to the default.

    Attributes:
        rungs: the default first.
        missing: why a rung is not there; empty where all are.
    """

    rungs: tuple[Rung, ...]
    missing: str = ""

    @property
    def default(self) -> Result:
        return self.rungs[0].result

    def gains(self, metric: str) -> dict[str, float]:
        """choice -> its metric minus that of the default, a fraction."""
        return {choice: result.metrics[metric] - self.default.metrics[metric] for choice, result in self.rungs[1:]}

    def to_text(self) -> str:
        """A table in percent: the default's numbers, then the differences in points."""
        conditions, width = self.default.conditions, max(len(choice) for choice, _ in self.rungs)
        lines = [f"{conditions.label} on {conditions.data}"]
        lines += ["numbers of the synthetic benchmark, of no real data set"] * bool(conditions.synthetic)
        lines.append(f"{'':<{width}}" + "".join(f"{name:>10}" for name in SHOWN))
        lines.append(_row(self.rungs[0].choice, width, [self.default.metrics[name] for name in SHOWN], ""))
        gains = [self.gains(name) for name in SHOWN]
        lines += [_row(choice, width, [gain[choice] for gain in gains], "+") for choice, _ in self.rungs[1:]]
        if self.default.std:
            spread = _row("± over the galleries drawn", width, [self.default.std[name] for name in SHOWN], "")
            lines.append(spread)
        return "\n".join(lines + [self.missing] * bool(self.missing))

    def to_json(self) -> dict[str, Any]:
        """The results by their choices."""
        return {"ladder": {choice: result.to_json() for choice, result in self.rungs}, "missing": self.missing}


def _row(choice: str, width: int, values: list[float], sign: str) -> str:
    return f"{choice:<{width}}" + "".join(f"{100 * value:>{sign}10.2f}" for value in values)


def climb(run: Any, dataset: Dataset, protocol: str | None = None, *, device: torch.device | str = "cpu") -> Ladder:
    """Scores the last step of a run on the test split of a data set, and every choice that papers differ in alone.

    The step that is best on the test set is looked for among the kept checkpoints and the last, by rank-1, as in AGW's
    public code and what is built on it. It is here to show what that adds: no other function of this package chooses
    so. Nothing is written into the run's record; features are kept in its folder `features`.

    Args:
        run: from `recipes.run.open_run`.
        dataset: any data set, also one that it was not trained on.
        protocol: name; None takes the layout's default.
        device: where to compute.

    Raises:
        InputError: run, protocol and data set do not go together, or nobody has an identity.
    """

    def score(options: Options = DEFAULTS, checkpoint: str = "last", **extraction: Any) -> Result:
        return evaluate_model(
            run.model(device, checkpoint),
            dataset,
            protocol,
            run.settings.size,
            options,
            device=device,
            seed=run.settings.seed,
            checkpoint=checkpoint_name(run, checkpoint),
            cache=run.path / "features",
            **extraction,
        )

    plan = plan_evaluation(dataset, protocol)
    rungs = [
        Rung("default", score()),
        Rung("mean with the mirror image (flip)", score(flip=True)),
        Rung("features before the neck", score(neck="before")),
        Rung("no unit length (no L2)", score(Options(l2=False))),
        Rung("k-reciprocal re-ranking", score(Options(rerank=True))),
    ]
    if plan.sampling.gallery == "official":
        rungs.append(Rung("seeded gallery, not official", score(Options(gallery="seeded"))))
    if plan.protocol.layout == "llcm":
        for reading in LLCM_READINGS:
            if get_protocol(plan.protocol.name, reading) != plan.protocol:
                rungs.append(Rung(f"LLCM read as {reading}", score(Options(llcm_reading=reading))))
    if run.settings.select:
        rungs.append(Rung("step chosen on held-out people", score(checkpoint="best")))
    earlier = [step for step in run.kept_steps if step != run.summary.get("steps")]
    if not earlier:
        return Ladder(tuple(rungs), NONE_KEPT)
    scored = {str(step): score(checkpoint=f"step_{step}") for step in earlier} | {"the last": rungs[0].result}
    best = max(scored, key=lambda step: scored[step].metrics["rank1"])
    return Ladder((*rungs, Rung(f"step picked on the test set ({best}, among {len(scored)})", scored[best])))
