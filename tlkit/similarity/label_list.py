"""Labels as they come, listed: one for each row, or an error that says why not."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from tlkit.errors import SimilarityError

_ONE_EACH = "Give one label per row."


def one_per_row(values: Any, name: str = "labels") -> Any:
    """Return one label per row: an array of numbers or words, or a list of anything.

    Parameters
    ----------
    values
        (n,) or (n, 1) array, tensor, series or list.
    name
        What the labels are, for messages.

    Raises
    ------
    SimilarityError
        None, a single value, a text, a mapping or a set, another shape, or masked labels.

    Examples
    --------
    >>> one_per_row([["cat"], ["dog"]])
    ['cat', 'dog']
    >>> one_per_row(None)
    Traceback (most recent call last):
        ...
    tlkit.errors.SimilarityError: There are no labels. Give one label per row.
    """
    if values is None:
        raise SimilarityError(f"There are no {name}.", _ONE_EACH)
    if isinstance(values, str | bytes):
        raise SimilarityError(f"The {name} are one text, {values!r}.", "Give a list with one label per row.")
    if isinstance(values, Mapping | Set):
        raise SimilarityError(f"The {name} are a {type(values).__name__}, which has no rows.", _ONE_EACH)
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        # numpy has no bfloat16.
        values = (values.double() if values.is_floating_point() else values).numpy()
    elif getattr(values, "ndim", 1) != 1 and not isinstance(values, np.ndarray):
        values = np.asarray(values)  # a table, whose iterator would give its columns' names
    if isinstance(values, np.ndarray):
        return _of_array(values, name)
    try:
        listed = list(values)
    except TypeError as error:
        raise SimilarityError(f"The {name} are {values!r}, which has no rows.", _ONE_EACH) from error
    if listed and all(isinstance(one, list) and len(one) == 1 for one in listed):
        return [one[0] for one in listed]
    return listed


def name_of_class(value: Any, row: int) -> Any:
    """Return what can stand for a class: equal labels are equal, and none is missing.

    Parameters
    ----------
    value
        A label; arrays and tensors of one number are that number.
    row
        Where it is, for messages.

    Raises
    ------
    SimilarityError
        It is missing, or cannot be compared and hashed.

    Examples
    --------
    >>> name_of_class(np.array([3]), row=0)
    3
    """
    if hasattr(value, "detach") or isinstance(value, np.ndarray):
        # Tensors hash by identity: two equal ones would be two classes.
        if value.shape not in ((), (1,)):
            raise _no_class(value, row)
        value = value.item()
    try:
        # NaN is the only value that differs from itself; of pandas' NA this is not even known.
        absent = value is None or bool(value != value)
    except TypeError:
        absent = True
    except ValueError as error:
        raise _no_class(value, row) from error
    if absent:
        raise missing(row)
    try:
        hash(value)
    except TypeError as error:
        raise _no_class(value, row) from error
    return value


def missing(row: int) -> SimilarityError:
    """Return the error of a row without a label."""
    return SimilarityError(f"The label in row {row} is missing.", "Leave this row out, or label it.")


def _no_class(value: Any, row: int) -> SimilarityError:
    return SimilarityError(
        f"The label in row {row} is {value!r}, which cannot name a class.",
        "Give one number or word per row.",
    )


def _of_array(values: np.ndarray[Any, Any], name: str) -> Any:
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise SimilarityError(
            f"The {name} have shape {values.shape}, expected (n,).",
            "Give one label per row; argmax(axis=1) turns one-hot rows into labels.",
        )
    if np.ma.is_masked(values):
        raise missing(int(np.ma.getmaskarray(values).argmax()))
    values = np.asarray(values)
    return values if values.dtype.kind in "biufU" else list(values.tolist())
