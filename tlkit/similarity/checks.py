"""The same checks of features and labels for every score: a wrong input is named, never computed with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import SimilarityError

Matrix = NDArray[np.float64]
Codes = NDArray[np.int64]

# Fourth powers of what lies between, summed over many rows, are still numbers of full precision.
_SMALL, _LARGE = 1e-60, 1e60


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
        Not two-dimensional, no columns, too few rows, not numbers, or not finite.

    Examples
    --------
    >>> features([[1, 2], [3, 4]]).dtype
    dtype('float64')
    >>> features([[1, float("nan")], [3, 4]])
    Traceback (most recent call last):
        ...
    tlkit.errors.SimilarityError: The features hold 1 value that is not a finite number; the first ...
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu().double().numpy()
    try:
        raw = np.asarray(values)
        if np.iscomplexobj(raw):
            raise TypeError("they are complex")
        matrix = raw.astype(np.float64)
    except (TypeError, ValueError) as error:
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


def moderate(matrix: Matrix) -> Matrix:
    """Return features in units in which their squares neither overflow nor vanish, for scores without a scale.

    The unit is a power of two, so that no digit is lost; features of common size come back as they are.

    Examples
    --------
    >>> moderate(np.ldexp([[1.5]], 700)), moderate(np.array([[3.0]]))
    (array([[1.5]]), array([[3.]]))
    """
    if _SMALL**2 <= float(np.vdot(matrix, matrix)) <= _LARGE**2:
        return matrix
    largest = max(abs(float(matrix.max())), abs(float(matrix.min())))
    return matrix if largest == 0 else matrix / math.ldexp(1.0, math.frexp(largest)[1] - 1)


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
    if float(np.vdot(matrix, matrix)) > _LARGE**2:
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
        (n,) or (n, 1) hashable labels.
    rows
        How many there must be.
    name
        What the labels are, for messages.
    least_classes
        How many classes are needed.

    Raises
    ------
    SimilarityError
        Another shape, a missing label, or fewer classes than are needed.

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
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        # numpy has no bfloat16.
        values = (values.double() if values.is_floating_point() else values).numpy()
    listed = _flat(values, name)
    if len(listed) != rows:
        raise SimilarityError(
            f"There are {rows} rows of features but {len(listed)} {name}.", "Give one label per row."
        )
    if isinstance(listed, np.ndarray):
        return _sorted_codes(listed)
    known: dict[Any, int] = {}
    codes = np.empty(rows, dtype=np.int64)
    for row, value in enumerate(listed):
        if value is None or value != value:  # NaN is the only value that differs from itself
            raise _missing(row)
        try:
            codes[row] = known.setdefault(value, len(known))
        except TypeError as error:
            raise SimilarityError(
                f"The label in row {row} is {value!r}, which cannot name a class.",
                "Give one number or word per row.",
            ) from error
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
    if hasattr(values, "detach"):
        values = values.detach().cpu().double().numpy()
    if isinstance(values, np.ndarray) and values.ndim == 1:
        values = values[:, None]
    elif isinstance(values, Sequence) and values and all(np.isscalar(one) for one in values):
        values = [[one] for one in values]
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
        raise _missing(int(np.isnan(listed).argmax()))
    known, first, inverse = np.unique(listed, return_index=True, return_inverse=True)
    order = first.argsort()
    rank = np.empty(len(known), dtype=np.int64)
    rank[order] = np.arange(len(known))
    return rank[inverse.reshape(-1)], list(known[order].tolist())


def _missing(row: int) -> SimilarityError:
    return SimilarityError(f"The label in row {row} is missing.", "Leave this row out, or label it.")


def _flat(values: Any, name: str) -> Any:
    """Return one label per row: an array of numbers or words, or a list of anything."""
    if isinstance(values, str | bytes):
        raise SimilarityError(f"The {name} are one text, {values!r}.", "Give a list with one label per row.")
    if isinstance(values, np.ndarray):
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        if values.ndim != 1:
            raise SimilarityError(
                f"The {name} have shape {values.shape}, expected (n,).",
                "Give one label per row; argmax(axis=1) turns one-hot rows into labels.",
            )
        return values if values.dtype.kind in "biufU" else list(values.tolist())
    listed = list(values)
    if listed and all(isinstance(one, list) and len(one) == 1 for one in listed):
        return [one[0] for one in listed]
    return listed
