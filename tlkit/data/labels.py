"""Labels as people have them (names, numbers, a column) turned into positions of classes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError


def read_labels(
    labels: Any, count: int, classes: Sequence[Hashable] | None
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Turn labels into positions of classes.

    Parameters
    ----------
    labels
        ``count`` labels: any hashable values, as a list, an array of shape (n,) or (n, 1), or a column.
    count
        Number of images.
    classes
        The classes in the order wanted. With it, labels are either these classes or, if they are whole
        numbers that are not classes themselves, positions among them. Without it, the classes are the labels
        that occur, sorted.

    Returns
    -------
    labels
        (count,), int64.
    classes
        Names.

    Raises
    ------
    DataError
        Wrong number or shape, missing values, labels out of range, a class without images, one class only.

    Examples
    --------
    >>> read_labels(["dog", "cat", "dog"], 3, None)
    (array([1, 0, 1]), ('cat', 'dog'))
    """
    values = _flat(labels)
    if len(values) != count:
        raise DataError(f"There are {count} images but {len(values)} labels.", "Give one label per image.")
    for at, value in enumerate(values):
        try:
            hash(value)
        except TypeError:
            raise DataError(
                f"Label {at} is {value!r}, which cannot name a class.",
                "A label is one name or number; for one-hot rows use labels.argmax(axis=1).",
            ) from None
        # NaN and NaT are the values that differ from themselves; pandas' NA refuses the question.
        if value is None or type(value).__name__ == "NAType" or value != value:
            raise DataError(f"Label {at} is missing ({value!r}).", "Leave such items out.")
    known = _sorted(set(values)) if classes is None else [_plain(one) for one in classes]
    position = {one: at for at, one in enumerate(known)}
    names = tuple(str(one) for one in known)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"Two classes have the same name {twice!r}.", "Give every class a name of its own.")
    if len(known) < 2:
        raise DataError(
            f"There is only one class, {names[0]!r}." if known else "There are no classes.",
            "A classifier needs at least two.",
        )
    if (
        classes is not None
        and all(type(value) is int for value in values)
        and not set(values) <= set(position)
    ):
        positions = np.array(values, dtype=object)
        low, high = int(positions.min()), int(positions.max())
        if low < 0 or high >= len(known):
            raise DataError(
                f"Labels run from {low} to {high}, but there are {len(known)} classes.",
                f"With `classes`, labels are names or positions 0 to {len(known) - 1}.",
            )
        result = positions.astype(np.int64)
    else:
        for at, value in enumerate(values):
            if value not in position:
                raise DataError(
                    f"Label {at} is {value!r}, which is none of the {len(known)} classes.",
                    "Add it to `classes`, or correct the label.",
                )
        result = np.array([position[value] for value in values], dtype=np.int64)
    counts = np.bincount(result, minlength=len(known))
    if counts.min() == 0:
        empty = ", ".join(repr(names[at]) for at in np.flatnonzero(counts == 0))
        raise DataError(f"No image has the class {empty}.", "Leave empty classes out of `classes`.")
    return result, names


def _flat(labels: Any) -> list[Any]:
    """Return labels as plain Python values in one list."""
    if isinstance(labels, (str, bytes)):
        raise DataError(f"The labels are one text, {labels!r}.", "Give one label per image.")
    if hasattr(labels, "shape"):
        array = np.asarray(labels)
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim != 1:
            raise DataError(
                f"The labels have shape {array.shape}, expected (n,).",
                "For one-hot rows use labels.argmax(axis=1).",
            )
        return [_plain(one) for one in array.tolist()]
    try:
        values = [_plain(one) for one in labels]
    except TypeError:
        raise DataError(
            f"The labels are {labels!r}, a {type(labels).__name__}.",
            "Give a list or array with one label per image.",
        ) from None
    # A list of one-element lists is a column; one-element tuples can be labels in their own right.
    if values and all(isinstance(one, list) and len(one) == 1 for one in values):
        values = [_plain(one[0]) for one in values]
    return values


def _plain(value: Any) -> Any:
    """Return a Python value for a numpy scalar, and a whole number for a float that is one."""
    if isinstance(value, np.generic):
        value = value.item()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sorted(values: set[Any]) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=lambda one: (type(one).__name__, str(one)))
