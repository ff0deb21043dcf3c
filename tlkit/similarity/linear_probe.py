"""Linear probe: the accuracy that a linear head reaches on the features, the costly yardstick."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tlkit.similarity import labelled, sampling
from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.resample import folds as dealt


def linear_probe(features: Any, labels: Any, seed: int = 0, *, folds: int = 5, rows: int = 10_000) -> float:
    """Cross-validated accuracy of logistic regression; higher is better.

    Each fold is predicted by a model of the others, with features brought to mean 0 and spread 1 as these
    others have them, and scikit-learn's own strength of regularisation (C = 1).

    Parameters
    ----------
    features
        (n, d), any float type; computed in float64.
    labels
        (n,) hashable.
    seed
        Of the folds, and of the rows drawn.
    folds
        2 or more; each class is dealt to them as evenly as it goes.
    rows
        Of a larger set about so many rows are drawn, stratified, and only they are read.

    Returns
    -------
    float
        0 to 1. Chance is about the share of the largest class.

    Raises
    ------
    SimilarityError
        NaN, one class, shapes that do not fit, or folds or a seed that cannot be.

    Notes
    -----
    It fails where fine-tuning would change the features much: it says what frozen transfer reaches. An item
    alone in its class is always wrong. It takes seconds where the other scores take milliseconds.

    References
    ----------
    Alain, Bengio: Understanding intermediate layers using linear classifier probes. 2016.

    Examples
    --------
    >>> linear_probe([[0.0], [0.1], [5.0], [5.1]], ["a", "a", "b", "b"], folds=2)
    1.0
    """
    folds = sampling.whole(folds, "folds", 2)
    matrix, codes = labelled.at_most(features, labels, rows, seed)
    part = dealt(codes, min(folds, len(matrix)), np.random.default_rng(seed))
    right = np.zeros(len(matrix), dtype=bool)
    for one in np.unique(part):
        left_out = part == one
        right[left_out] = _predicted(matrix[~left_out], codes[~left_out], matrix[left_out]) == codes[left_out]
    return float(right.mean())


def _predicted(known: Matrix, codes: Codes, asked: Matrix) -> Codes:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    if len(np.unique(codes)) == 1:
        return np.full(len(asked), codes[0])
    scaler = StandardScaler().fit(known)
    model = LogisticRegression(max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(scaler.transform(known), codes)
    found: Codes = model.predict(scaler.transform(asked))
    return found
