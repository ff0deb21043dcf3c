"""CORAL: do the features of two samples spread, and go together, alike?"""

from __future__ import annotations

from typing import Any

import numpy as np

from tlkit.similarity import checks
from tlkit.similarity.checks import Matrix
from tlkit.similarity.frechet import gaussians
from tlkit.similarity.moments import Moments
from tlkit.similarity.units import moderate, told


def coral(a: Any, b: Any) -> float:
    r"""Distance of the covariances of two samples; 0 is equal.

    .. math:: \frac{1}{4 d^2} \|C_a - C_b\|_F^2 \quad\text{with n - 1 in the denominator of } C.

    Parameters
    ----------
    a, b
        (n, d) and (m, d); computed in float64. Either may be `Moments` of as many rows as there are.

    Returns
    -------
    float
        In fourth powers of the unit of the features, at least 0.

    Raises
    ------
    SimilarityError
        NaN, fewer than two rows, different widths, or a distance too large to be a number.

    Notes
    -----
    It fails where the samples differ in their means: it does not see them, and a set and its shifted copy
    are equal to it. It grows with the fourth power of the features' scale, so that only distances in one
    feature space compare, and with few rows it is too large, even for two samples of one distribution.

    References
    ----------
    Sun, Saenko: Deep CORAL: correlation alignment for deep domain adaptation. ECCV Workshops 2016.

    Examples
    --------
    >>> coral([[0.0], [2.0]], [[3.0], [7.0]])
    9.0
    """
    if isinstance(a, Moments) or isinstance(b, Moments):
        (_, spread_a), (_, spread_b) = gaussians(a, b)
        return told(_squared(spread_a - spread_b) / (4 * len(spread_a) ** 2), 1.0, 4)
    first, second, unit = moderate(*checks.pair(a, b))
    width = first.shape[1]
    one, two = first - first.mean(axis=0), second - second.mean(axis=0)
    if len(one) + len(two) < width:
        # Both lie in the span of all rows; its basis loses nothing, and covariances in it are small.
        spanned = np.asarray(np.linalg.qr(np.concatenate([one, two]).T, mode="r")).T
        one, two = spanned[: len(first)], spanned[len(first) :]
    apart = one.T @ one / (len(first) - 1) - two.T @ two / (len(second) - 1)
    return told(_squared(apart) / (4 * width**2), unit, 4)


def _squared(matrix: Matrix) -> float:
    return float(np.vdot(matrix, matrix))
