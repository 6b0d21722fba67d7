"""Whether features tell the modality of an image, asked anew of a classifier that no training has deceived."""

from __future__ import annotations

import numpy as np

from vireid_lab.runtime import InputError

FOLDS = 5


def modality_accuracy(features: np.ndarray, ids: np.ndarray, modality: np.ndarray) -> float:
    """Balanced accuracy of a new linear classifier of the modality on people that it was not fitted to.

    A confuser that is wrong half of the time may have nothing to go by, or be one step behind the features that flee
    from it: this classifier is fitted to features that stand still. Logistic regression on standardised features, in
    at most five folds of the people.

    Args:
        features: (N, d).
        ids: (N,) identities, at least two.
        modality: (N,) 0 visible, 1 infrared; both in each fold.

    Returns:
        Share of the images, mean of both modalities: 1/2 by guessing.

    Raises:
        InputError: one identity, or one modality.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    people = len(np.unique(ids))
    if people < 2 or len(np.unique(modality)) < 2:
        raise InputError(f"{people} identities, modalities {np.unique(modality)}: give two people and both modalities")
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    with threadpool_limits(1):  # the order in which threads add up is not fixed
        guessed = cross_val_predict(classifier, features, modality, groups=ids, cv=GroupKFold(min(FOLDS, people)))
    return float(balanced_accuracy_score(modality, guessed))
