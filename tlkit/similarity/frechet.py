"""Fréchet distance: how far apart are two samples in mean and spread?"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from tlkit.errors import SimilarityError
from tlkit.similarity import checks
from tlkit.similarity.checks import Matrix
from tlkit.similarity.moments import Moments
from tlkit.similarity.units import moderate, told

# The root of a smaller share of the largest eigenvalue would have lost half of its digits: then nothing is squared.
_LEAST_SQUARE = 1e-14


def frechet(a: Any, b: Any) -> float:
    r"""Squared Fréchet distance of the Gaussians fitted to two samples; 0 is equal.

    .. math:: \|\mu_a - \mu_b\|^2 + \mathrm{tr}\left(C_a + C_b - 2 (C_a^{1/2} C_b C_a^{1/2})^{1/2}\right)

    with covariances of n - 1 in the denominator: the formula of the Fréchet inception distance.

    Parameters
    ----------
    a, b
        (n, d) and (m, d); computed in float64. Either may be `Moments` of as many rows as there are.

    Returns
    -------
    float
        In squared units of the features, never negative.

    Raises
    ------
    SimilarityError
        NaN, fewer than two rows, different widths, or a distance too large to be a number.

    Notes
    -----
    It fails with few rows: it is then too large, even for two samples of one distribution. It sees means and
    covariances only, no labels, and its size means nothing without the distance of comparable samples.

    The trace of the root is the sum of the roots of the eigenvalues of a symmetric matrix, as large as the
    features are wide, or as the rows are many where these are fewer; no root of a matrix is taken.

    References
    ----------
    Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter: GANs trained by a two time-scale update rule converge
    to a local Nash equilibrium. NIPS 2017.

    Examples
    --------
    >>> frechet([[0.0], [2.0]], [[3.0], [5.0]])
    9.0
    """
    if isinstance(a, Moments) or isinstance(b, Moments):
        (mean_a, one), (mean_b, two) = gaussians(a, b)
        gap = mean_a - mean_b
        return told(max(0.0, float(gap @ gap + np.trace(one + two)) - 2 * trace_of_root(one, two)), 1.0, 2)
    first, second, unit = moderate(*checks.pair(a, b))
    gap = first.mean(axis=0) - second.mean(axis=0)
    one, two = deviations(first), deviations(second)
    few_rows = min(len(one), len(two)) <= one.shape[1]
    overlap = _of_few_rows(one, two) if few_rows else trace_of_root(one.T @ one, two.T @ two)
    value = gap @ gap + np.vdot(one, one) + np.vdot(two, two) - 2 * overlap
    return told(max(0.0, float(value)), unit, 2)


def gaussians(a: Any, b: Any) -> tuple[tuple[Matrix, Matrix], tuple[Matrix, Matrix]]:
    """Return mean and covariance of two samples, each an array or `Moments`.

    Raises
    ------
    SimilarityError
        As `frechet`.

    Examples
    --------
    >>> moments = Moments()
    >>> moments.update([[3.0], [5.0]])
    >>> gaussians([[0.0], [2.0]], moments)[1]
    (array([4.]), array([[2.]]))
    """
    found = []
    for name, values in (("a", a), ("b", b)):
        if isinstance(values, Moments):
            mean, spread = values.mean, values.covariance(1)
        else:
            rows = checks.features(values, f"features of {name}")
            with np.errstate(over="ignore", invalid="ignore"):
                mean, factor = rows.mean(axis=0), deviations(rows)
                spread = factor.T @ factor
        if not (np.isfinite(mean).all() and np.isfinite(spread).all()):
            raise SimilarityError(
                f"The spread of {name} is too large to be a number.",
                "Divide all features by one constant first.",
            )
        found.append((mean, spread))
    if len(found[0][0]) != len(found[1][0]):
        raise SimilarityError(
            f"a has {len(found[0][0])} features and b has {len(found[1][0])}.",
            "Take both from the same layer of the same network.",
        )
    return found[0], found[1]


def trace_of_root(one: Matrix, two: Matrix) -> float:
    """Return the trace of the root of the product of two (d, d) covariances.

    Examples
    --------
    >>> trace_of_root(np.diag([4.0, 0.0]), np.diag([9.0, 1.0]))
    6.0
    """
    try:
        factor = linalg.cholesky(one, lower=True, check_finite=False)
    except linalg.LinAlgError:  # of less than full rank
        factor = _half(one)
    roots = _sum_of_roots(factor.T @ two @ factor)
    return _sum_of_singular(factor.T @ _half(two)) if roots is None else roots


def deviations(rows: Matrix) -> Matrix:
    """Return (n, d) rows F for which F'F is the covariance with n - 1 in the denominator."""
    found: Matrix = rows - rows.mean(axis=0)
    found /= np.sqrt(max(1, len(rows) - 1))
    return found


def _half(covariance: Matrix) -> Matrix:
    """Return (d, r) F for which FF' is the covariance, without directions that are rounding alone."""
    values, vectors = np.linalg.eigh(covariance)
    real = values > len(values) * np.finfo(np.float64).eps * values[-1]
    found: Matrix = vectors[:, real] * np.sqrt(values[real])
    return found


def _of_few_rows(one: Matrix, two: Matrix) -> float:
    """Return the same trace from deviations; its eigenvalues are those of a matrix as large as the fewer rows."""
    few, many = sorted((one, two), key=len)
    if len(many) > many.shape[1]:
        roots = _sum_of_roots(few @ (many.T @ many) @ few.T, without=1)
        return _sum_of_singular(few @ np.asarray(np.linalg.qr(many, mode="r")).T) if roots is None else roots
    across = few @ many.T
    roots = _sum_of_roots(across @ across.T, without=1)
    return _sum_of_singular(across) if roots is None else roots


def _sum_of_roots(symmetric: Matrix, without: int = 0) -> float | None:
    """Return the sum of the roots of eigenvalues; None where some of them are no more than rounding.

    Parameters
    ----------
    symmetric
        (r, r), no eigenvalue below 0.
    without
        How many eigenvalues are known to be 0: one of rows around their own mean.
    """
    values = np.linalg.eigvalsh(symmetric)[without:]
    if len(values) and values[0] <= _LEAST_SQUARE * values[-1]:
        return None if values[-1] > 0 else 0.0
    return float(np.sqrt(values).sum())


def _sum_of_singular(product: Matrix) -> float:
    return float(linalg.svdvals(product, check_finite=False).sum()) if product.size else 0.0
