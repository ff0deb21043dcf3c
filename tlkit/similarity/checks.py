"""The same checks of features and labels for every score: a wrong input is named, never computed with."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import SimilarityError
from tlkit.similarity.label_list import missing, name_of_class, one_per_row

Matrix = NDArray[np.float64]
Codes = NDArray[np.int64]

# Fourth powers of what lies between, summed over many rows, are still numbers of full precision.
SMALLEST, LARGEST = 1e-60, 1e60


def features(values: Any, name: str = "features", least_rows: int = 2) -> Matrix:
    """Return a finite (n, d) matrix of float64.

    Parameters
    ----------
    values
        numpy array, torch tensor or nested list of numbers.
    name
        What the values are, for messages.
    least_rows
        How many rows are needed.

    Raises
    ------
    SimilarityError
        Not two-dimensional, no columns, too few rows, not numbers (texts of digits, dates, complex or masked
        values are none), or not finite.

    Examples
    --------
    >>> features([[1, 2], [3, 4]]).dtype
    dtype('float64')
    >>> features([[1, float("nan")], [3, 4]])
    Traceback (most recent call last):
        ...
    tlkit.errors.SimilarityError: The features hold 1 value that is not a finite number; the first ...
    """
    try:
        matrix = _numbers(values)
    except (TypeError, ValueError, OverflowError) as error:
        raise SimilarityError(
            f"The {name} are not numbers: {error}.", "Give an array of shape (n, d), one row per item."
        ) from error
    if matrix.ndim != 2:
        raise SimilarityError(
            f"The {name} have shape {matrix.shape}, expected (n, d).",
            "Give one row per item; pool or flatten what has more dimensions.",
        )
    if matrix.shape[1] == 0:
        raise SimilarityError(f"The {name} have no columns.", "Give at least one feature.")
    if len(matrix) < least_rows:
        raise SimilarityError(
            f"The {name} have {len(matrix)} row{'' if len(matrix) == 1 else 's'}, "
            f"at least {least_rows} are needed.",
            "Give more items.",
        )
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(matrix.sum()):
            return matrix  # several times as fast as to ask every value
    wrong = ~np.isfinite(matrix)
    if wrong.any():
        count, row = int(wrong.sum()), int(wrong.any(axis=1).argmax())
        raise SimilarityError(
            f"The {name} hold {count} value{'' if count == 1 else 's'} that "
            f"{'is' if count == 1 else 'are'} not a finite number; the first is in row {row}.",
            "Leave these rows out, or find out where NaN or infinity comes from.",
        )
    return matrix


def sized(matrix: Matrix) -> Matrix:
    """Return the same features if their squares are numbers, for scores that change with the scale.

    Raises
    ------
    SimilarityError
        They are too large.

    Examples
    --------
    >>> sized(np.array([[3e200]]))
    Traceback (most recent call last):
        ...
    tlkit.errors.SimilarityError: The features are as large as 3e+200: their squares are no numbers. ...
    """
    if float(np.vdot(matrix, matrix)) > LARGEST**2:
        largest = max(abs(float(matrix.max())), abs(float(matrix.min())))
        raise SimilarityError(
            f"The features are as large as {largest:.3g}: their squares are no numbers.",
            "Divide all of them by one constant first.",
        )
    return matrix


def pair(a: Any, b: Any, least_rows: int = 2) -> tuple[Matrix, Matrix]:
    """Return two samples with the same columns.

    Raises
    ------
    SimilarityError
        As `features`, or the widths differ.
    """
    first, second = features(a, "features of a", least_rows), features(b, "features of b", least_rows)
    if first.shape[1] != second.shape[1]:
        raise SimilarityError(
            f"a has {first.shape[1]} features and b has {second.shape[1]}.",
            "Take both from the same layer of the same network.",
        )
    return first, second


def labels(values: Any, rows: int, name: str = "labels", least_classes: int = 2) -> Codes:
    """Return labels as codes 0, 1, …; which values stand for the classes does not matter.

    Parameters
    ----------
    values
        (n,) or (n, 1) hashable labels; tensors of one number count as that number.
    rows
        How many there must be.
    name
        What the labels are, for messages.
    least_classes
        How many classes are needed.

    Raises
    ------
    SimilarityError
        No labels, another shape, a missing label, or fewer classes than are needed.

    Examples
    --------
    >>> labels(["cat", "dog", "cat"], 3)
    array([0, 1, 0])
    >>> labels([[7], [7], [7]], 3)
    Traceback (most recent call last):
        ...
    tlkit.errors.SimilarityError: All 3 labels are 7: there is one class only. ...
    """
    codes, known = coded(values, rows, name)
    if len(known) < least_classes:
        raise SimilarityError(
            f"All {rows} {name} are {next(iter(known), None)!r}: there is one class only.",
            "Give items of at least two classes.",
        )
    return codes


def coded(values: Any, rows: int, name: str = "labels") -> tuple[Codes, list[Any]]:
    """Return labels as codes 0, 1, … and the classes they stand for, in order of first appearance.

    Parameters
    ----------
    values, rows, name
        As in `labels`; one class is enough.

    Examples
    --------
    >>> coded(["dog", "cat", "dog"], 3)
    (array([0, 1, 0]), ['dog', 'cat'])
    """
    listed = one_per_row(values, name)
    if len(listed) != rows:
        raise SimilarityError(
            f"There are {rows} rows of features but {len(listed)} {name}.", "Give one label per row."
        )
    if isinstance(listed, np.ndarray):
        return _sorted_codes(listed)
    known: dict[Any, int] = {}
    codes = np.empty(rows, dtype=np.int64)
    for row, value in enumerate(listed):
        codes[row] = known.setdefault(name_of_class(value, row), len(known))
    return codes, list(known)


def targets(values: Any, rows: int) -> Matrix:
    """Return numbers to be predicted as (n, t).

    Parameters
    ----------
    values
        (n,) or (n, t) numbers.
    rows
        How many there must be.

    Raises
    ------
    SimilarityError
        Not numbers, not finite, another number of rows, or a column of zeros.

    Examples
    --------
    >>> targets([1.0, 2.0], 2).shape
    (2, 1)
    """
    # What is no array is refused, in words, by the checks of features.
    with suppress(TypeError, ValueError):
        if np.ndim(values) == 1:
            values = values[:, None] if hasattr(values, "detach") else np.asanyarray(values)[:, None]
    matrix = features(values, "targets")
    if len(matrix) != rows:
        raise SimilarityError(
            f"There are {rows} rows of features but {len(matrix)} rows of targets.", "Give one row per item."
        )
    empty = ~matrix.any(axis=0)
    if empty.any():
        raise SimilarityError(
            f"Column {int(empty.argmax())} of the targets is zero throughout: there is nothing to explain.",
            "Leave it out.",
        )
    return matrix


def _sorted_codes(listed: NDArray[Any]) -> tuple[Codes, list[Any]]:
    """As the loop over labels, for arrays of numbers and words: a million rows in a moment."""
    if listed.dtype.kind == "f" and np.isnan(listed).any():
        raise missing(int(np.isnan(listed).argmax()))
    known, first, inverse = np.unique(listed, return_index=True, return_inverse=True)
    order = first.argsort()
    rank = np.empty(len(known), dtype=np.int64)
    rank[order] = np.arange(len(known))
    return rank[inverse.reshape(-1)], list(known[order].tolist())


def _numbers(values: Any) -> Matrix:
    """Return float64 numbers, or raise what says why these are none."""
    if hasattr(values, "detach"):
        if values.is_complex():
            raise TypeError("they are complex")
        values = values.detach().cpu().double().numpy()
    if np.ma.is_masked(values):
        raise TypeError("some of them are masked")
    raw = np.asarray(values)
    kind = raw.dtype.kind
    if kind == "c":
        raise TypeError("they are complex")
    texts = kind == "O" and any(isinstance(one, str | bytes) for one in raw.flat)
    # A type of its own, such as numpy's bfloat16 from elsewhere, is told by its name.
    if texts or not (kind in "biufO" or (kind == "V" and "float" in raw.dtype.name)):
        raise TypeError(f"they are {'texts' if texts or kind in 'US' else raw.dtype.name}")
    return raw.astype(np.float64)
