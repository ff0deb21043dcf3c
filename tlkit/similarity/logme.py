"""LogME: how well a linear model of the features explains the labels, by its evidence."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity import checks
from tlkit.similarity.checks import Matrix
from tlkit.similarity.moments import Moments
from tlkit.similarity.spectrum import Spectrum, one_hot
from tlkit.similarity.units import of_columns, without_unit

_WIDE, _FINE, _ROUNDS = 97, 9, 8
_MOST_NUMBERS = 4_000_000
# How far the squares of the features may shift the evidence per item before they give way to the features.
_MOST_SHIFT = 1e-9
_LEAST_ERROR = 1e-6


def logme(features: Any | Moments, labels: Any = None, *, targets: Any = None) -> float:
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
        (n, d), any float type; computed in float64. Or `Moments` that have seen features and labels.
    labels
        (n,) hashable; always names of classes, even where they are numbers.
    targets
        Regression: (n,) or (n, t) numbers in place of labels, one task for each column. Subtract the mean
        of each column and feature first where the model should have an intercept.

    Returns
    -------
    float
        Natural logarithm, per item. Infinite where the labels of a class are an exact linear function of
        fewer features than there are items: then the evidence has no maximum, and a warning says so.

    Raises
    ------
    SimilarityError
        NaN, one class, shapes that do not fit, labels together with targets, or moments that have lost the
        digits on which the result hangs.

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
    >>> logme(helpful, targets=labels - 0.5) > logme(useless, targets=labels - 0.5)
    True
    """
    if isinstance(features, Moments):
        features.for_score(labels, targets)
        sums = features.counts[:, None] * features.class_means
        known = _Known(features.counts.astype(np.float64), sums.T)
        found, things = _evidence(Spectrum(features), known), "labels"
    else:
        if (labels is None) == (targets is None):
            raise SimilarityError(
                f"{'Neither' if labels is None else 'Both'} of labels and targets came.",
                "Give labels for classes, or targets for numbers.",
            )
        matrix = without_unit(checks.features(features))
        if targets is None:
            found, things = evidence(matrix, one_hot(checks.labels(labels, len(matrix)))), "labels"
        else:
            wanted, things = checks.targets(targets, len(matrix)), "targets"
            unit = of_columns(wanted)
            found = evidence(matrix, wanted / unit) - np.log(unit)
    if np.isinf(found).any():
        warnings.warn(
            f"LogME is infinite: the {things} of {int(np.isinf(found).sum())} of {len(found)}"
            f" {'classes' if things == 'labels' else 'columns'} are an"
            " exact linear function of the features, so that the evidence has no maximum. Give more items,"
            " or look for a label among the features.",
            RuntimeWarning,
            stacklevel=2,
        )
    return float(found.mean())


def evidence(features: Matrix | Spectrum, targets: Matrix) -> Matrix:
    """Return the maximal log evidence per item for each column of targets.

    Parameters
    ----------
    features
        (n, d), finite; or their `Spectrum`, which is then decomposed once for any number of targets.
    targets
        (n, t), finite, no column all zero.

    Returns
    -------
    ndarray
        (t,); infinite where the evidence has no maximum.
    """
    spectrum = features if isinstance(features, Spectrum) else Spectrum(features)
    return _evidence(spectrum, targets)


@dataclass(frozen=True)
class _Known:
    """What moments know of 0/1 targets: their squared lengths (t,) and features' targets (d, t)."""

    length: Matrix
    sums: Matrix


@dataclass(frozen=True)
class _Problem:
    """Squared singular values (r,), squared parts of targets along them (r, t) and outside of all (t,)."""

    rows: int
    length: Matrix
    squares: Matrix
    inside: Matrix
    outside: Matrix


def _evidence(spectrum: Spectrum, targets: Matrix | _Known) -> Matrix:
    """Solve by the squares of the features where these have kept enough digits, else by the features."""
    found = _from_squares(spectrum, targets)
    lost = np.isnan(found)
    if not lost.any():
        return found
    if isinstance(targets, _Known):
        raise SimilarityError(
            f"The labels of {int(lost.sum())} of {len(lost)} classes are almost a linear function of the"
            " features, which their second moments cannot tell from exactly.",
            "Give features and labels, or a sample of them, in place of moments.",
        )
    found[lost] = _from_features(spectrum, targets[:, lost])
    return found


def _from_squares(spectrum: Spectrum, targets: Matrix | _Known) -> Matrix:
    """Return the evidence, NaN where rounding of the squares could have shifted it."""
    axes, rows = spectrum.axes, spectrum.rows
    squares, rounding = axes.values, np.full(axes.values.shape, axes.rounding)
    length = targets.length if isinstance(targets, _Known) else (targets**2).sum(axis=0)
    clear = bool((squares > 100 * rounding).all())
    if isinstance(targets, _Known):
        if clear:
            inside = axes.along(targets.sums[spectrum.alive]) ** 2 / squares[:, None]
        else:
            squares, directions, rounding = spectrum.principal
            inside = (directions.T @ targets.sums) ** 2 / squares[:, None]
    elif not clear:
        # What is too small to be seen here may still be an exact copy of a label.
        return np.full(length.shape, np.nan)
    elif spectrum.tall:
        inside = axes.along((spectrum.features.T @ targets)[spectrum.alive]) ** 2 / squares[:, None]
    else:
        inside = axes.along(targets) ** 2
    outside = np.maximum(length - inside.sum(axis=0), 0)
    if not spectrum.tall:
        outside[:] = 0  # a feature for every item
    found, at = _solve(_Problem(rows, length, squares, inside, outside))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        error = (inside / (1 + squares[:, None] / at)).sum(axis=0) + outside
        shares = rounding[:, None] / (at + squares[:, None])
        shift = shares.sum(axis=0) / rows + shares.max(axis=0, initial=0.0) * length / error
        sure = (error > _LEAST_ERROR * length) & (shift < _MOST_SHIFT)
    found[~(sure | np.isinf(at))] = np.nan
    return found


def _from_features(spectrum: Spectrum, targets: Matrix) -> Matrix:
    left, values = spectrum.singular
    parts = left.T @ targets
    # By subtraction of vectors: a difference of squared lengths would lose half of the digits.
    outside = ((targets - left @ parts) ** 2).sum(axis=0)
    length = (targets**2).sum(axis=0)
    exact = outside <= 1e-20 * length
    outside[exact] = 0.0
    found, _ = _solve(_Problem(spectrum.rows, length, values**2, parts**2, outside))
    # With a feature for every item, the determinant grows as fast as the error falls: a maximum exists.
    found[exact & (len(values) < spectrum.rows)] = np.inf
    return found


def _solve(problem: _Problem) -> tuple[Matrix, Matrix]:
    """Return the evidence and the t where it is, infinite where no feature is used."""
    rows = problem.rows
    best = rows / 2 * np.log(rows / problem.length)
    at = np.full(best.shape, np.inf)
    if len(problem.squares):
        highest, place = _highest(problem)
        at = np.where(highest > best, place, at)
        best = np.maximum(best, highest)
    return (best / rows) - 0.5 * np.log(2 * np.pi) - 0.5, at


def _highest(problem: _Problem) -> tuple[Matrix, Matrix]:
    """Search the highest point over log t: a wide net first, then finer ones around the best knot."""
    rows, squares, inside, outside = problem.rows, problem.squares, problem.inside, problem.outside
    knots = np.linspace(np.log(squares.min()) - 40, np.log(squares.max()) + 40, _WIDE)
    share = np.exp(knots)[:, None] / (np.exp(knots)[:, None] + squares)  # (knots, r)
    # share @ inside is the error left at each t; its logarithm counts once per item.
    heights = _height(rows, share @ inside + outside, np.log(share).sum(axis=1)[:, None])
    places, step = knots[heights.argmax(axis=0)], knots[1] - knots[0]
    best: Matrix = heights.max(axis=0)
    chunk = max(1, _MOST_NUMBERS // (_FINE * len(squares)))
    for start in range(0, len(best), chunk):
        here = slice(start, start + chunk)
        width = step
        for _ in range(_ROUNDS):
            fine = places[here, None] + np.linspace(-width, width, _FINE)  # (classes, knots)
            share = np.exp(fine)[..., None] / (np.exp(fine)[..., None] + squares)
            error = np.einsum("ckr,rc->ck", share, inside[:, here]) + outside[here, None]
            heights = _height(rows, error, np.log(share).sum(axis=2))
            places[here] = np.take_along_axis(fine, heights.argmax(axis=1)[:, None], axis=1)[:, 0]
            width *= 2 / (_FINE - 1)
            best[here] = np.maximum(best[here], heights.max(axis=1))
    return best, np.exp(places)


def _height(rows: int, error: Matrix, shrinkage: Matrix) -> Matrix:
    with np.errstate(divide="ignore"):
        height: Matrix = rows / 2 * (np.log(rows) - np.log(error)) + 0.5 * shrinkage
    return height
