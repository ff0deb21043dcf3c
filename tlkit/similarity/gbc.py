"""GBC: how far do the classes, taken as Gaussians, lie into each other?"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity import checks
from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.moments import Moments

_LEAST = 1e-4
_KINDS = ("diagonal", "spherical")


def gbc(
    features: Any | Moments,
    labels: Any = None,
    *,
    covariance: Literal["diagonal", "spherical"] = "diagonal",
) -> float:
    r"""Minus the overlap of all ordered pairs of classes; higher is better, 0 is the most.

    .. math:: -\sum_{i \ne j} e^{-D_{ij}}, \quad
        D_{ij} = \frac18 \sum_k \frac{(\mu_{ik} - \mu_{jk})^2}{v_k}
        + \frac12 \sum_k \log \frac{v_k}{\sqrt{v_{ik} v_{jk}}}, \quad v = \frac{v_i + v_j}2

    with the means and variances (n in the denominator, at least 1e-4) of feature k in classes i and j.

    Parameters
    ----------
    features
        (n, d), any float type; computed in float64. Or `Moments` that have seen features and labels.
    labels
        (n,) hashable.
    covariance
        ``"diagonal"``, or ``"spherical"``: one variance per class, the mean of those of its features. As in
        the authors' program, the second sum of D then has a single term.

    Returns
    -------
    float
        Between minus classes · (classes - 1) and 0.

    Raises
    ------
    SimilarityError
        NaN, one class, shapes that do not fit, or an unknown covariance.

    Notes
    -----
    It fails with many features: D grows with their number until every overlap is 0, wherefore the authors
    first reduce features to 64 principal components. It takes classes for single clouds, changes with the
    scale of the features, and a singleton class has the least variance.

    References
    ----------
    Pándy, Agostinelli, Uijlings, Ferrari, Mensink: Transferability estimation using Bhattacharyya class
    separability. CVPR 2022.

    Examples
    --------
    >>> round(gbc([[0.0], [2.0], [4.0], [6.0]], ["a", "a", "b", "b"]), 4)  # -2 exp(-16 / 8)
    -0.2707
    """
    if covariance not in _KINDS:
        raise SimilarityError(
            f"covariance is {covariance!r}, expected 'diagonal' or 'spherical'.",
            "Classes have one variance per feature, or one for all.",
        )
    if isinstance(features, Moments):
        moments = features.for_score(labels)
        means, variances = moments.class_means, moments.class_variances
    else:
        matrix = checks.sized(checks.features(features))
        means, variances = _classes(matrix, checks.labels(labels, len(matrix)))
    variances = np.maximum(variances, _LEAST)
    if covariance == "spherical":
        variances = variances.mean(axis=1, keepdims=True)
    logs = np.log(variances).sum(axis=1)
    total = 0.0
    for one in range(len(means) - 1):
        between = (variances[one] + variances[one + 1 :]) / 2
        gaps = ((means[one] - means[one + 1 :]) ** 2 / between).sum(axis=1)
        widths = np.log(between).sum(axis=1) - (logs[one] + logs[one + 1 :]) / 2
        total += float(np.exp(-gaps / 8 - widths / 2).sum())
    return -2 * total


def _classes(matrix: Matrix, codes: Codes) -> tuple[Matrix, Matrix]:
    """Return means and variances of the features in each class, (classes, d) both."""
    counts = np.bincount(codes)
    sorted_rows = matrix[np.argsort(codes, kind="stable")]
    means, variances = np.empty((2, len(counts), matrix.shape[1]))
    for one, members in enumerate(np.split(sorted_rows, np.cumsum(counts)[:-1])):
        means[one] = members.mean(axis=0)
        members -= means[one]
        variances[one] = np.einsum("nd,nd->d", members, members) / counts[one]
    return means, variances
