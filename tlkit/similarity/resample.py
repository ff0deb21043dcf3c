"""Draws of rows that keep every class: samples for a score, halves, and folds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tlkit.similarity.checks import Codes

Rows = NDArray[np.int64]


def stratified(codes: Codes, rows: int, rng: np.random.Generator, most_share: float = 1.0) -> Rows:
    """Draw about so many rows, equally many of every class where there are enough.

    Parameters
    ----------
    codes
        (n,) classes.
    rows
        How many are wanted; every class keeps at least two where it has them.
    rng
        Draws.
    most_share
        Of each class, take at most this share.

    Examples
    --------
    >>> stratified(np.array([0, 0, 0, 1, 1, 1, 1]), 4, np.random.default_rng(0)).shape
    (4,)
    """
    classes = np.unique(codes)
    wanted = max(2, rows // len(classes))
    chosen = []
    for one in classes:
        members = rng.permutation(np.flatnonzero(codes == one))
        chosen.append(members[: min(wanted, max(1, int(most_share * len(members))))])
    return np.sort(np.concatenate(chosen))


def halves(codes: Codes, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Split rows into two halves of equal size, every class in both where it has two rows.

    Which half gets the odd row of a class is drawn; of an odd number of such rows one is in neither half.

    Examples
    --------
    >>> one, two = halves(np.array([0, 0, 1, 1]), np.random.default_rng(0))
    >>> sorted([*one.tolist(), *two.tolist()])
    [0, 1, 2, 3]
    """
    sides: tuple[list[int], list[int]] = ([], [])
    odd: list[int] = []
    for one in np.unique(codes):
        members = rng.permutation(np.flatnonzero(codes == one)).tolist()
        each = len(members) // 2
        sides[0].extend(members[:each])
        sides[1].extend(members[each : 2 * each])
        odd.extend(members[2 * each :])
    drawn = rng.permutation(np.array(odd, dtype=np.int64)).tolist()
    each = len(drawn) // 2
    first, second = (
        np.sort(np.array([*side, *drawn[start : start + each]], dtype=np.int64))
        for side, start in zip(sides, (0, each), strict=True)
    )
    return first, second


def folds(codes: Codes, count: int, rng: np.random.Generator) -> Rows:
    """Return the fold of each row; folds differ by one row at most, and so does each class's share of them.

    Examples
    --------
    >>> np.bincount(folds(np.array([0, 0, 1, 1, 1]), 2, np.random.default_rng(0)))
    array([3, 2])
    """
    shuffled = rng.permutation(len(codes))
    by_class = shuffled[np.argsort(codes[shuffled], kind="stable")]
    found = np.empty(len(codes), dtype=np.int64)
    found[by_class] = np.arange(len(codes)) % count
    return found
