"""Nearest neighbours: do items of a class lie together in feature space?"""

from __future__ import annotations

from typing import Any

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity import labelled
from tlkit.similarity.neighbours import neighbours


def knn(features: Any, labels: Any, k: int = 1, *, rows: int = 10_000, seed: int = 0) -> float:
    """Share of items whose k nearest others (Euclidean) vote for their class; higher is better.

    Every item is left out once. All that are as far as the k-th share the votes that are left. A tie between
    classes goes to the one with the nearest member; where these are equally far too, an item counts as its
    class's share of the tie. The order of the rows does not matter.

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
    return float(neighbours(matrix, int(k)).right(codes).mean())
