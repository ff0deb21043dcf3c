"""Features with their labels, checked, and where there are too many rows for a score, a stratified sample."""

from __future__ import annotations

from typing import Any

from tlkit.similarity import checks, sampling
from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.units import without_unit


def at_most(features: Any, labels: Any, rows: int, seed: int) -> tuple[Matrix, Codes]:
    """Return checked features, in moderate units, and classes of about so many rows at most, each class in its share.

    Parameters
    ----------
    features
        (n, d); rows that are not drawn are not read.
    labels
        (n,) hashable.
    rows
        How many are wanted; every class keeps at least two where it has them.
    seed
        Of the draw.

    Raises
    ------
    SimilarityError
        As `checks.features` and `checks.labels`, or rows or a seed that cannot be.

    Examples
    --------
    >>> matrix, codes = at_most([[0.0], [1.0], [2.0], [3.0]], ["a", "a", "b", "b"], 100, seed=0)
    >>> matrix.shape, codes
    ((4, 1), array([0, 0, 1, 1]))
    """
    rows, seed = sampling.whole(rows, "rows", 2), sampling.whole(seed, "seed", 0)
    try:
        count = len(features)
    except TypeError:
        count = 0  # no rows at all: for the checks to refuse
    if count <= rows:
        matrix = without_unit(checks.features(features))
        return matrix, checks.labels(labels, len(matrix))
    codes = checks.labels(labels, count)
    taken, codes = sampling.at_most_of_classes(features, codes, rows, seed)
    return without_unit(checks.features(taken)), codes
