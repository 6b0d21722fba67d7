"""How near the modality prototypes of SA-Softmax lie to the classifier's over a training (Tan et al. 2023, Fig. 5)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.losses.spectral_softmax import SpectralSoftmax
from vireid_lab.models.heads import BNNeck
from vireid_lab.runtime import InputError, read_json, write_json

COSINES = ("P_v, P_s", "P_n, P_s", "P_v, P_n")


def prototype_cosines(model: nn.Module) -> dict[str, float]:
    """Cosines of the visible (P_v), infrared (P_n) and identity (P_s) prototypes of a model, by the names of COSINES.

    P_s are the weights of the classifiers of the same training; the paper may mean one of its own. Means over
    identities and parts.

    Args:
        model: with classifiers in `BNNeck`s and a spectral loss in its criterion, as the recipes build it.

    Raises:
        InputError: the model has no spectral loss, or not a set of prototypes for each classifier.
    """
    loss = getattr(getattr(model, "criterion", None), "prototype_loss", None)
    if not isinstance(loss, SpectralSoftmax):
        raise InputError("the model was trained without modality prototypes: give losses one of sas, sas_fm, sas_fm_wm")
    identity = torch.stack(
        [m.classifier.weight.detach() for m in model.modules() if isinstance(m, BNNeck)]
    )  # (K, N, d)
    visible, infrared = loss.prototypes.detach().split(loss.n_ids, dim=1)
    if identity.shape != visible.shape:
        raise InputError(
            f"the classifiers have {tuple(identity.shape)} prototypes and the loss {tuple(visible.shape)} of each "
            "modality (parts, identities, width): build the loss with a set for each classifier"
        )
    pairs = ((visible, identity), (infrared, identity), (visible, infrared))
    return {name: _mean_cosine(*pair) for name, pair in zip(COSINES, pairs, strict=True)}


def _mean_cosine(first: Tensor, second: Tensor) -> float:
    return float(F.cosine_similarity(first, second, dim=2).mean())


class PrototypeTrace:
    """Callback of `train`: notes `prototype_cosines` now and then, in a file that is whole after each note.

    Args:
        path: JSON file, best in the run folder; a training that is resumed goes on with the notes in it.
        every: steps between two notes.

    Attributes:
        rows: one dict a note, with "step" and the names of COSINES.
    """

    def __init__(self, path: str | Path, every: int = 20):
        self.path, self.every = Path(path), every
        self.rows: list[dict[str, float]] = read_json(self.path) if self.path.exists() else []

    def __call__(self, done: int, model: nn.Module) -> None:
        if done % self.every == 0:
            earlier = [row for row in self.rows if row["step"] < done]  # what is resumed does some steps again
            self.rows = [*earlier, {"step": done, **prototype_cosines(model)}]
            write_json(self.path, self.rows)
