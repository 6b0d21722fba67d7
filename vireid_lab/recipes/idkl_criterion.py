"""The losses of IDKL (Ren and Zhang 2024, Eq. 21) and the forms that each term can have."""

from __future__ import annotations

import torch
from torch import Tensor

from vireid_lab.data.batch import Batch
from vireid_lab.losses.class_alignment import ClassAlignment
from vireid_lab.losses.graph_alignment import GraphAlignment, paired_rows
from vireid_lab.losses.purification import discrepancy_reducing, discrimination_enhancing
from vireid_lab.models.idkl import IDKLOutput
from vireid_lab.runtime import InputError

from .criterion import Criterion, identity_loss, split_losses

FORMS = {
    "confuser": ("paper", "pseudo"),
    "discriminator": ("paper",),
    "ip": ("paper", "released"),
    "tgsa": ("paper", "nearest", "released"),
    "csa": ("paper", "released"),
    "mdr": ("paper", "nearest", "released"),
}
TERMS = {  # name in the slot: term and form
    term if form == "paper" else f"{term}_{form}": (term, form) for term, forms in FORMS.items() for form in forms
}
TGSA = {
    "paper": {},
    "nearest": {"sign": -1},
    "released": {"diagonal": False, "direction": "symmetric", "cross": False},
}
BRANCHES = {None: ("specific",), "paper": ("specific", "purified"), "released": ("purified",)}  # with L_reid, by ip
MDR_GRAPH = {"paper": {}, "nearest": {"sign": -1}, "released": {"diagonal": False}}


class IDKLCriterion(Criterion):
    """L_reid of the shared and of the specific branch, and the terms that the slot names, with their weights.

    L_reid is made of the other losses of the slot. The teacher of `tgsa` and `csa` is detached, in the affinity between
    both sides too; their released forms teach both ways.

    Attributes:
        forms: the form of each term that the slot has.

    Raises:
        InputError: a loss is unknown, two are forms of one term, or there is none for L_reid.
    """

    def __init__(self, slot: str, label_smoothing: float = 0.0, n_ids: int = 1, dim: int = 1):
        base, own_weights = split_losses(slot, TERMS)
        super().__init__(base, label_smoothing, n_ids, dim)
        self.own_weights = own_weights
        self.names = {TERMS[name][0]: name for name in own_weights}
        for name in own_weights:
            if self.names[TERMS[name][0]] != name:
                raise InputError(f"losses={slot}: {name} and {self.names[TERMS[name][0]]} stand for one another")
        self.forms = {term: TERMS[name][1] for term, name in self.names.items()}
        self.tgsa = GraphAlignment(**TGSA[self.forms.get("tgsa", "paper")])
        self.csa = ClassAlignment("symmetric" if self.forms.get("csa") == "released" else "forward")
        self.mdr_graph = GraphAlignment(direction="symmetric", **MDR_GRAPH[self.forms.get("mdr", "paper")])
        self.mdr_classes = ClassAlignment("symmetric")

    @property
    def aligns(self) -> bool:
        """Whether a term needs paired rows, and two identities in a batch."""
        return not self.forms.keys().isdisjoint(("tgsa", "csa", "mdr"))

    def forward(self, output: IDKLOutput, batch: Batch) -> dict[str, Tensor]:
        """Returns `total`, each loss before its weight, and shares of the images that are classified rightly.

        The losses that L_reid is made of and `accuracy` are those of the shared branch; `reid_specific` and
        `reid_purified` the whole L_reid of the others, `enhancing` and `reducing` L_e and L_r.

        Raises:
            InputError: the visible and the infrared rows are no pairs, or all of one identity.
        """
        losses = super().forward(output, batch)
        ip = self.forms.get("ip")
        for name in BRANCHES[ip]:
            losses[f"reid_{name}"] = super().forward(output.branch(name), batch)["total"]
        base = losses[f"reid_{BRANCHES[ip][0]}"]
        losses |= self._modality(output, batch.modality)
        if ip:
            losses |= self._purifier(output, batch, losses["reid_purified"])
        if self.aligns:
            losses |= self._alignment(output, *paired_rows(batch.ids, batch.modality))
        own = sum(weight * losses[name] for name, weight in self.own_weights.items())
        return {**losses, "total": losses["total"] + base + own}

    def _modality(self, output: IDKLOutput, modality: Tensor) -> dict[str, Tensor]:
        """L_C and L_D, summed over the classifiers: cross-entropy of two classes, of which Eq. 2-3 print one."""
        losses = {}
        for term, logits in (("confuser", output.confusion), ("discriminator", output.discrimination)):
            right = logits.detach().mean(1).argmax(1) == modality
            losses[f"{term}_accuracy"] = right.float().mean()
            if term in self.forms:
                pseudo = torch.arange(len(modality), device=modality.device) % 2
                labels = pseudo if self.forms[term] == "pseudo" else modality
                losses[self.names[term]] = identity_loss(logits, labels)
        return losses

    def _purifier(self, output: IDKLOutput, batch: Batch, reid: Tensor) -> dict[str, Tensor]:
        """L_e, L_r and L_ip (Eq. 10, 11, 13)."""
        released = self.forms["ip"] == "released"
        maps = (output.reduced, output.normalised, batch.ids, batch.modality)
        enhancing = discrimination_enhancing(output.enhanced_logits, output.specific_logits, released)
        reducing = discrepancy_reducing(*maps, released)
        whole = enhancing + reducing + (0 if released else reid)
        return {"enhancing": enhancing, "reducing": reducing, self.names["ip"]: whole}

    def _alignment(self, output: IDKLOutput, visible: Tensor, infrared: Tensor) -> dict[str, Tensor]:
        """L_tgsa, L_csa and L_mdr (Eq. 17, 19, 20)."""
        losses, names, teacher = {}, self.names, output.teacher
        for term, loss, taught, learned in (
            ("tgsa", self.tgsa, teacher.features, output.features),
            ("csa", self.csa, teacher.logits, output.logits),
        ):
            if term in names:
                taught = taught if self.forms[term] == "released" else taught.detach()
                losses[names[term]] = sum(loss(taught[m], learned[m]) for m in (visible, infrared))
        if "mdr" in names:
            graph = self.mdr_graph(output.features[visible], output.features[infrared])
            losses[names["mdr"]] = graph + self.mdr_classes(output.logits[visible], output.logits[infrared])
        return losses
