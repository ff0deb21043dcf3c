"""Nearest neighbours: do items of a class lie together in feature space?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import SimilarityError
from tlkit.similarity import labelled
from tlkit.similarity.checks import Codes, Matrix

_BLOCK_NUMBERS = 8_000_000


def knn(features: Any, labels: Any, k: int = 1, *, rows: int = 10_000, seed: int = 0) -> float:
    """Share of items whose k nearest others (Euclidean) vote for their class; higher is better.

    Every item is left out once. A tie between classes goes to the one with the nearest member.

    Parameters
    ----------
    features
        (n, d), any float type; computed in float64.
    labels
        (n,) hashable.
    k
        Neighbours that vote, 1 to n - 1.
    rows
        Of a larger set about so many rows are drawn, stratified, and only they are read: with fewer
        neighbours to choose from the share is a little lower. Time grows with the square.
    seed
        Of the rows drawn.

    Returns
    -------
    float
        0 to 1. Chance is about the share of the largest class.

    Raises
    ------
    SimilarityError
        NaN, one class, fewer than k + 1 items, or shapes that do not fit.

    Notes
    -----
    It fails where few features matter among many loud ones (distances see them all alike), for singleton
    classes (an item alone in its class is always wrong), and it counts copies of a picture as neighbours.

    References
    ----------
    Cover, Hart: Nearest neighbor pattern classification. IEEE Transactions on Information Theory 13, 1967.

    Examples
    --------
    >>> knn([[0.0], [0.1], [5.0], [5.1]], ["a", "a", "b", "b"])
    1.0
    >>> knn([[0.0], [0.1], [5.0], [5.1]], ["a", "b", "a", "b"])
    0.0
    """
    matrix, codes = labelled.at_most(features, labels, rows, seed)
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k < len(matrix):
        raise SimilarityError(f"k is {k!r}, expected 1 to {len(matrix) - 1}.", "Every item needs k others.")
    correct = np.empty(len(matrix), dtype=bool)
    different = bool((matrix != matrix[0]).any())
    block = max(1, _BLOCK_NUMBERS // len(matrix))
    for start in range(0, len(matrix), block):
        distances = squared_distances(matrix[start : start + block], matrix)
        place = np.arange(len(distances))
        distances[place, place + start] = np.inf
        if different:
            _exact(distances, matrix, start, int(k))
        nearest = _smallest(distances, int(k))
        correct[start : start + block] = _vote(codes[nearest]) == codes[start : start + block]
    return float(correct.mean())


def squared_distances(a: Matrix, b: Matrix) -> Matrix:
    """Return squared Euclidean distances, (rows of a, rows of b)."""
    # Around a common centre the squares are small, and their differences exact to more digits.
    centre = b.mean(axis=0)
    a, b = a - centre, b - centre
    found = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * (a @ b.T)
    distances: Matrix = np.maximum(found, 0)
    return distances


def _exact(distances: Matrix, matrix: Matrix, start: int, k: int) -> None:
    """Compute anew, by differences, what could be among the k smallest but for rounding."""
    lengths = ((matrix - matrix.mean(axis=0)) ** 2).sum(axis=1)
    largest = np.partition(distances, k - 1, axis=1)[:, k - 1]
    rounding = 16 * np.finfo(np.float64).eps * (lengths[start : start + len(distances)] + lengths.max())
    close = distances <= (largest + 2 * rounding)[:, None]
    for row in np.flatnonzero(close.sum(axis=1) > k):
        columns = np.flatnonzero(close[row])
        distances[row, columns] = ((matrix[columns] - matrix[start + row]) ** 2).sum(axis=1)


def _smallest(distances: Matrix, k: int) -> NDArray[np.intp]:
    """Return the columns of the k smallest distances, nearest first."""
    if k == 1:
        nearest = np.asarray(distances.argmin(axis=1))
        return nearest[:, None]
    chosen = np.argpartition(distances, k - 1, axis=1)[:, :k]
    order = np.take_along_axis(distances, chosen, axis=1).argsort(axis=1, kind="stable")
    return np.asarray(np.take_along_axis(chosen, order, axis=1))


def _vote(votes: Codes) -> NDArray[Any]:
    """Return the class with most votes in each row; of equals, the one that came first."""
    counts = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)
    found: NDArray[Any] = np.take_along_axis(votes, counts.argmax(axis=1)[:, None], axis=1)
    return found[:, 0]
