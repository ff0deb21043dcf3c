"""LogME: how well a linear model of the features explains the labels, by its evidence."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.linalg

from tlkit.similarity import checks
from tlkit.similarity.checks import Matrix

_WIDE, _FINE, _ROUNDS = 97, 9, 8
_MOST_NUMBERS = 4_000_000


def logme(features: Any, labels: Any) -> float:
    r"""Log of maximum evidence per item, averaged over one-vs-rest tasks; higher is better.

    For each class, with targets :math:`y` of 0 and 1, weights :math:`w \sim N(0, \alpha^{-1} I)` and noise of
    precision :math:`\beta`,

    .. math:: \frac1n \max_{\alpha, \beta} \log p(y \mid F, \alpha, \beta), \quad
        y \mid F \sim N(0, \beta^{-1} I + \alpha^{-1} F F^T)

    without intercept. At the best :math:`\beta` for a given :math:`t = \alpha / \beta` this is a function of
    :math:`t` alone, whose highest point is searched for over all scales of the features: the result does not
    change when features are scaled or rotated.

    Parameters
    ----------
    features
        (n, d), any float type; computed in float64.
    labels
        (n,) hashable.

    Returns
    -------
    float
        Natural logarithm, per item. Infinite where the labels of a class are an exact linear function of
        fewer features than there are items: then the evidence has no maximum, and a warning says so.

    Raises
    ------
    SimilarityError
        NaN, one class, or shapes that do not fit.

    Notes
    -----
    It fails where the boundary between classes is not linear in the features (a fine-tuned network may
    still learn it), and it can be fooled by features that were fitted to the same labels. The number
    depends on the number of classes and items: compare networks on one task, not tasks.

    References
    ----------
    You, Liu, Wang, Long: LogME: Practical Assessment of Pre-trained Models for Transfer Learning. ICML 2021.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = np.repeat([0, 1], 50)
    >>> helpful, useless = rng.normal(3 * labels[:, None], size=(100, 1)), rng.normal(size=(100, 1))
    >>> logme(helpful, labels) > logme(useless, labels)
    True
    """
    matrix = checks.features(features)
    codes = checks.labels(labels, len(matrix))
    targets = np.eye(codes.max() + 1)[codes]
    found = evidence(matrix, targets)
    if np.isinf(found).any():
        warnings.warn(
            f"LogME is infinite: the labels of {int(np.isinf(found).sum())} of {len(found)} classes are an"
            " exact linear function of the features, so that the evidence has no maximum. Give more items,"
            " or look for a label among the features.",
            RuntimeWarning,
            stacklevel=2,
        )
    return float(found.mean())


def evidence(features: Matrix, targets: Matrix) -> Matrix:
    """Return the maximal log evidence per item for each column of targets.

    Parameters
    ----------
    features
        (n, d), finite.
    targets
        (n, t), finite, no column all zero.

    Returns
    -------
    ndarray
        (t,); infinite where the evidence has no maximum.
    """
    rows = len(features)
    left, values, _ = scipy.linalg.svd(features, full_matrices=False, check_finite=False)
    # What is this small beside the largest is rounding, as in the rank of a matrix.
    real = values > max(features.shape) * np.finfo(np.float64).eps * max(values[0], np.finfo(float).tiny)
    left, squares = left[:, real], values[real] ** 2
    inside = (left.T @ targets) ** 2
    # By subtraction of vectors: a difference of squared lengths would lose half of the digits.
    outside = ((targets - left @ (left.T @ targets)) ** 2).sum(axis=0)
    length = (targets**2).sum(axis=0)
    exact = outside <= 1e-20 * length
    outside[exact] = 0.0
    null = rows / 2 * np.log(rows / length)  # no feature is used: t is infinite
    best = null.copy()
    if len(squares):
        best = np.maximum(best, _highest(rows, squares, inside, outside))
    found: Matrix = (best / rows) - 0.5 * np.log(2 * np.pi) - 0.5
    # With a feature for every item, the determinant grows as fast as the error falls: a maximum exists.
    found[exact & (len(squares) < rows)] = np.inf
    return found


def _highest(rows: int, squares: Matrix, inside: Matrix, outside: Matrix) -> Matrix:
    """Search the highest point over log t: a wide net first, then finer ones around the best knot."""
    low, high = np.log(squares.min()) - 40, np.log(squares.max()) + 40
    knots = np.linspace(low, high, _WIDE)
    share = np.exp(knots)[:, None] / (np.exp(knots)[:, None] + squares)  # (knots, r)
    # share @ inside is the error left at each t; its logarithm counts once per item.
    heights = _height(rows, share @ inside + outside, np.log(share).sum(axis=1)[:, None])
    centres, step = knots[heights.argmax(axis=0)], knots[1] - knots[0]
    best: Matrix = heights.max(axis=0)
    chunk = max(1, _MOST_NUMBERS // (_FINE * len(squares)))
    for start in range(0, len(best), chunk):
        here = slice(start, start + chunk)
        middle, width = centres[here], step
        for _ in range(_ROUNDS):
            fine = middle[:, None] + np.linspace(-width, width, _FINE)  # (classes, knots)
            share = np.exp(fine)[..., None] / (np.exp(fine)[..., None] + squares)
            error = np.einsum("ckr,rc->ck", share, inside[:, here]) + outside[here, None]
            heights = _height(rows, error, np.log(share).sum(axis=2))
            middle = np.take_along_axis(fine, heights.argmax(axis=1)[:, None], axis=1)[:, 0]
            width *= 2 / (_FINE - 1)
            best[here] = np.maximum(best[here], heights.max(axis=1))
    return best


def _height(rows: int, error: Matrix, shrinkage: Matrix) -> Matrix:
    with np.errstate(divide="ignore"):
        height: Matrix = rows / 2 * (np.log(rows) - np.log(error)) + 0.5 * shrinkage
    return height
