"""How a data set is evaluated: settled before any feature is extracted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vireid_lab.data.records import TEST_SPLITS, Dataset, Record
from vireid_lab.runtime import InputError

from .metrics import check_finite
from .protocols import Protocol, default_protocol, get_protocol, pool_positions, require_layout
from .scoring import DEFAULTS, Evaluation, Options, Side
from .trials import Pool, Sampling, choose_sampling

if TYPE_CHECKING:
    from .features import Features  # brings torch, which a feature file does not need


@dataclass(frozen=True)
class Plan:
    """Everything about the evaluation of a data set but the features.

    Attributes:
        protocol: the protocol, in the chosen reading.
        options: the user's choices.
        sampling: how trials will be drawn.
        records: the images that features are needed of, in this order.
        query: positions in `records` of the images that may be queries.
        gallery: positions in `records` of the images that may be in the gallery.
    """

    protocol: Protocol
    options: Options
    sampling: Sampling
    records: list[Record]
    query: np.ndarray
    gallery: np.ndarray

    def evaluation(self, features: Features) -> Evaluation:
        """The evaluation of features of `records`.

        Raises:
            InputError: features of other images, or NaN in them.
        """
        if features.paths != [record.path for record in self.records]:
            raise InputError(
                f"the {len(features)} features are not those of the {len(self.records)} images of the plan"
            )
        check_finite(features.features, "features")
        every = Side(features.features, Pool(features.ids, features.cams, features.paths))
        return Evaluation(self.protocol, self.options, self.sampling, every.take(self.query), every.take(self.gallery))


def plan_evaluation(
    dataset: Dataset, protocol: str | None = None, options: Options = DEFAULTS, split: str = "test"
) -> Plan:
    """Settles how a data set is evaluated, before any feature is extracted.

    Args:
        dataset: the data set.
        protocol: name; None takes the layout's default.
        options: the user's choices. The official gallery is of the test split only.
        split: "test" (with a manifest's splits "query" and "gallery"), or "train" for the training identities.

    Raises:
        InputError: protocol, options and data set do not go together.
    """
    chosen = get_protocol(protocol or default_protocol(dataset.layout), options.llcm_reading)
    require_layout(chosen, dataset.layout)
    if split == "train":
        options = replace(options, gallery=None)
    sampling = choose_sampling(chosen, dataset.root, options.gallery, options.shots, options.trials, split)
    splits = TEST_SPLITS if split == "test" else (split,)
    records = [record for record in dataset.records if record.split in splits]
    return Plan(chosen, options, sampling, records, *pool_positions(chosen, records))
