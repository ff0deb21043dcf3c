"""Samples of rows for distances whose cost grows with the square of the rows, taken before anything is copied."""

from __future__ import annotations

from typing import Any

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity.checks import Codes
from tlkit.similarity.resample import Rows


def at_most(values: Any, rows: int, seed: int) -> Any:
    """Return at most so many rows of an array, in their order; all of them, untouched, where there are no more.

    Parameters
    ----------
    values
        (n, d) array, tensor, memory map or nested list. Rows that are not drawn are not read.
    rows
        How many are wanted.
    seed
        Of the draw; equal arrays get equal draws, so that a distance of a sample to itself stays 0.

    Raises
    ------
    SimilarityError
        Rows or seed that are not whole numbers, or too small.

    Examples
    --------
    >>> at_most([[1.0], [2.0], [3.0]], 2, seed=0)
    [[2.0], [3.0]]
    """
    chosen = _chosen(values, whole(rows, "rows", 2), whole(seed, "seed", 0))
    return values if chosen is None else _taken(values, chosen)


def at_most_of_classes(values: Any, codes: Codes, rows: int, seed: int) -> tuple[Any, Codes]:
    """Return at most about so many rows with their classes, each class in its share, but two at least.

    Parameters
    ----------
    values
        (n, d), as in `at_most`.
    codes
        (n,) classes 0, 1, …
    rows
        How many are wanted. Classes that keep two rows in spite of a smaller share may add to it.
    seed
        Of the draw.

    Examples
    --------
    >>> rows, codes = at_most_of_classes(np.eye(9), np.array([0, 0, 0, 0, 0, 0, 1, 1, 1]), 6, seed=0)
    >>> codes
    array([0, 0, 0, 0, 1, 1])
    """
    whole(rows, "rows", 2), whole(seed, "seed", 0)
    if len(codes) <= rows:
        return values, codes
    rng = np.random.default_rng(seed)
    kept = []
    for one in range(int(codes.max()) + 1):
        members = rng.permutation(np.flatnonzero(codes == one))
        kept.append(members[: max(2, round(rows * len(members) / len(codes)))])
    chosen = np.sort(np.concatenate(kept))
    return _taken(values, chosen), codes[chosen]


def whole(value: Any, name: str, least: int) -> int:
    """Return a whole number of at least so much.

    Raises
    ------
    SimilarityError
        Anything else.

    Examples
    --------
    >>> whole(-1, "seed", 0)
    Traceback (most recent call last):
        ...
    tlkit.errors.SimilarityError: The seed is -1. Give a whole number of at least 0.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        verb = "are" if name.endswith("s") else "is"
        raise SimilarityError(f"The {name} {verb} {value!r}.", f"Give a whole number of at least {least}.")
    return int(value)


def _chosen(values: Any, rows: int, seed: int) -> Rows | None:
    try:
        count = len(values)
    except TypeError:
        return None  # no rows at all: for the checks to refuse
    if count <= rows:
        return None
    return np.sort(np.random.default_rng(seed).choice(count, rows, replace=False))


def _taken(values: Any, chosen: Rows) -> Any:
    if isinstance(values, list | tuple):
        return [values[row] for row in chosen]
    return values[chosen] if hasattr(values, "detach") else np.asarray(values)[chosen]
