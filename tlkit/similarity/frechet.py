"""Fréchet distance: how far apart are two samples in mean and spread?"""

from __future__ import annotations

from typing import Any

import numpy as np

from tlkit.similarity import checks
from tlkit.similarity.checks import Matrix


def frechet(a: Any, b: Any) -> float:
    r"""Squared Fréchet distance of the Gaussians fitted to two samples; 0 is equal.

    .. math:: \|\mu_a - \mu_b\|^2 + \mathrm{tr}\left(C_a + C_b - 2 (C_a^{1/2} C_b C_a^{1/2})^{1/2}\right)

    with covariances of n - 1 in the denominator: the formula of the Fréchet inception distance.

    Parameters
    ----------
    a, b
        (n, d) and (m, d); computed in float64.

    Returns
    -------
    float
        In squared units of the features, never negative.

    Raises
    ------
    SimilarityError
        NaN, fewer than two rows, or different widths.

    Notes
    -----
    It fails with few rows: it is then too large, even for two samples of one distribution. It sees means and
    covariances only, no labels, and its size means nothing without the distance of comparable samples.

    References
    ----------
    Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter: GANs trained by a two time-scale update rule converge
    to a local Nash equilibrium. NIPS 2017.

    Examples
    --------
    >>> frechet([[0.0], [2.0]], [[3.0], [5.0]])
    9.0
    """
    first, second = checks.pair(a, b)
    gap = first.mean(axis=0) - second.mean(axis=0)
    one, two = covariance(first), covariance(second)
    root = _root(one)
    common = np.linalg.eigvalsh(root @ two @ root)
    value = gap @ gap + np.trace(one) + np.trace(two) - 2 * np.sqrt(np.maximum(common, 0)).sum()
    return float(max(0.0, value))


def covariance(rows: Matrix) -> Matrix:
    """Return the (d, d) covariance with n - 1 in the denominator."""
    centred = rows - rows.mean(axis=0)
    found: Matrix = centred.T @ centred / (len(rows) - 1)
    return found


def _root(matrix: Matrix) -> Matrix:
    values, vectors = np.linalg.eigh(matrix)
    found: Matrix = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return found
