"""MMD: are two samples alike, as a smooth kernel sees them?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import SimilarityError
from tlkit.similarity import checks, sampling
from tlkit.similarity.checks import Matrix
from tlkit.similarity.pairwise import squared_distances
from tlkit.similarity.units import moderate


def mmd(
    a: Any,
    b: Any,
    *,
    scales: Sequence[float] = (1.0,),
    sigma_squared: float | None = None,
    rows: int = 2000,
    seed: int = 0,
) -> float:
    r"""Unbiased squared maximum mean discrepancy with a Gaussian kernel; about 0 for equal distributions.

    .. math:: \frac{1}{n (n-1)} \sum_{i \ne j} k(a_i, a_j) + \frac{1}{m (m-1)} \sum_{i \ne j} k(b_i, b_j)
              - \frac{2}{n m} \sum_{i, j} k(a_i, b_j)

    with :math:`k(x, y) = \exp(-\|x - y\|^2 / 2 \sigma^2)` and :math:`\sigma^2` the median of the squared
    distances of all pairs of different rows, both samples taken together.

    Parameters
    ----------
    a, b
        (n, d) and (m, d); computed in float64.
    scales
        Factors of :math:`\sigma^2`, one per kernel; the kernels are averaged. ``(0.25, 0.5, 1, 2, 4)`` is the
        usual set of five.
    sigma_squared
        Take this instead of the median, so that several pairs of samples are seen by one kernel.
    rows
        Of a larger sample so many rows are drawn at random, and only they are read; time and memory grow with
        their square.
    seed
        Of the rows drawn.

    Returns
    -------
    float
        Below 2. As an unbiased estimate it is a little below 0 about half of the time when nothing differs,
        and for a sample against itself.

    Raises
    ------
    SimilarityError
        NaN, fewer than two rows, different widths, scales that are not above 0, or a median of 0.

    Notes
    -----
    It fails in high dimensions, where all distances are nearly the median and the kernel is nearly constant,
    and where samples differ on a scale far from the median: several kernels help there. The median depends
    on both samples, so distances of two sources to one target use different kernels unless `sigma_squared`
    is given.

    References
    ----------
    Gretton, Borgwardt, Rasch, Schölkopf, Smola: A kernel two-sample test. JMLR 13, 2012.
    Long, Cao, Wang, Jordan: Learning transferable features with deep adaptation networks. ICML 2015.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.normal(size=(100, 2)), rng.normal(size=(100, 2))
    >>> mmd(a, b + 2) > 0.5, abs(mmd(a, b)) < 0.05
    (True, True)
    """
    if not isinstance(scales, Iterable):
        raise SimilarityError(
            f"The scales are {scales!r}.", "Give a sequence of factors of the median, such as (1.0,)."
        )
    factors = [_positive(one, "scale of a kernel") for one in scales]
    if not factors:
        raise SimilarityError("There are no scales.", "Give one factor of the median per kernel.")
    drawn = (sampling.at_most(values, rows, seed) for values in (a, b))
    first, second, unit = moderate(*checks.pair(*drawn))
    within = [_between_pairs(first), _between_pairs(second)]
    across = squared_distances(first, second).ravel()
    width = _sigma_squared([*within, across], sigma_squared, unit)
    if width == 0:
        return 0.0
    total = 0.0
    for factor in factors:
        means = [_mean_kernel(part, factor * width) for part in (*within, across)]
        total += means[0] + means[1] - 2 * means[2]
    return total / len(factors)


def _between_pairs(rows: Matrix) -> NDArray[np.float64]:
    """Return the squared distances of all n (n - 1) / 2 pairs of different rows."""
    every = squared_distances(rows, rows)
    return np.concatenate([every[row, row + 1 :] for row in range(len(rows) - 1)])


def _sigma_squared(parts: Sequence[NDArray[np.float64]], given: float | None, unit: float) -> float:
    if given is not None:
        return max(1e-300, _positive(given, "sigma_squared") / unit / unit)
    pairs = np.concatenate(parts)
    found = float(np.median(pairs, overwrite_input=True))
    if found == 0 and pairs.any():
        raise SimilarityError(
            "More than half of all pairs of rows are the same, so the median distance is 0.",
            "Leave copies out, or give sigma_squared.",
        )
    return found


def _mean_kernel(squared: NDArray[np.float64], sigma_squared: float) -> float:
    kernel = squared * (-0.5 / sigma_squared)
    return float(np.exp(kernel, out=kernel).mean())


def _positive(value: float, name: str) -> float:
    if not isinstance(value, int | float | np.number) or not (math.isfinite(value) and value > 0):
        raise SimilarityError(f"The {name} is {value!r}.", "Give a finite number above 0.")
    return float(value)
