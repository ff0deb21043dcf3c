"""Sliced Wasserstein distance: how far must one sample be moved to become the other, seen along many lines?"""

from __future__ import annotations

from typing import Any

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity import checks, sampling
from tlkit.similarity.checks import Matrix
from tlkit.similarity.optimal_transport import solvers
from tlkit.similarity.units import moderate, told

_LINES_AT_ONCE = 64


def wasserstein(a: Any, b: Any, projections: Any = 200, seed: int = 0, *, rows: int = 20_000) -> float:
    r"""Sliced Wasserstein distance of order two; 0 is equal.

    .. math:: \Bigl(\frac{1}{k} \sum_{j=1}^{k} W_2^2(a \theta_j, b \theta_j)\Bigr)^{1/2}

    with random directions :math:`\theta_j` of length 1. On a line, the best transport moves the lowest to the
    lowest, and so on, so that each term is a sort.

    Parameters
    ----------
    a, b
        (n, d) and (m, d); computed in float64.
    projections
        How many random directions, or (k, d) directions of your own, brought to length 1.
    seed
        Of the directions, and of the rows drawn.
    rows
        Of a larger sample so many rows are drawn at random, and only they are read.

    Returns
    -------
    float
        In the unit of the features.

    Raises
    ------
    SimilarityError
        NaN, fewer than two rows, different widths, a direction of length 0 or of another width, or a
        distance too large to be a number.

    Notes
    -----
    It fails where the samples differ in few of many directions: a random line hardly sees these, and a shift
    t of all features counts as about \|t\| / √d. The value depends a little on the directions drawn, so
    compare values of one seed. With few rows it is too large, even for two samples of one distribution.

    References
    ----------
    Bonneel, Rabin, Peyré, Pfister: Sliced and Radon Wasserstein barycenters of measures. Journal of
    Mathematical Imaging and Vision 51, 2015.

    Examples
    --------
    >>> round(wasserstein([[0.0], [1.0]], [[3.0], [4.0]]), 9)
    3.0
    """
    drawn = (sampling.at_most(values, rows, seed) for values in (a, b))
    first, second, unit = moderate(*checks.pair(*drawn))
    lines = _directions(projections, first.shape[1], seed)
    total = 0.0
    for start in range(0, len(lines), _LINES_AT_ONCE):
        some = lines[start : start + _LINES_AT_ONCE]
        total += _squared_on_lines(some @ first.T, some @ second.T)
    return told((total / len(lines)) ** 0.5, unit, 1)


def _squared_on_lines(a: Matrix, b: Matrix) -> float:
    """Return the sum of the squared distances of (k, n) and (k, m) positions on k lines."""
    a.sort(axis=1)
    b.sort(axis=1)
    if a.shape == b.shape:
        a -= b
        return float(np.vdot(a, a) / a.shape[1])
    return float(solvers().wasserstein_1d(a.T, b.T, p=2, require_sort=False).sum())


def _directions(projections: Any, width: int, seed: int) -> Matrix:
    if np.ndim(projections) == 0:
        count = sampling.whole(projections, "projections", 1)
        # A stream of its own: the rows drawn do not decide the directions.
        directions: Matrix = np.random.default_rng([seed, 1]).normal(size=(count, width))
    else:
        directions = checks.features(projections, "projections", 1)
        if directions.shape[1] != width:
            raise SimilarityError(
                f"The projections have {directions.shape[1]} columns and the features {width}.",
                "Give one direction in feature space per row.",
            )
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    if not lengths.all():
        raise SimilarityError("A projection has length 0.", "Leave it out: it points nowhere.")
    directions /= lengths
    return directions
