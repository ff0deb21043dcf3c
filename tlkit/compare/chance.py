"""Chance: how far a mean over draws and test items may be off because both are few."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from tlkit.errors import DataError


class Estimate(NamedTuple):
    """A mean over draws and items, and how sure it is.

    Parameters
    ----------
    mean
        (...), the mean over all draws and items.
    variance
        (...), its variance over other draws and other items; never zero.
    freedom
        (...), degrees of freedom of that variance.
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    freedom: NDArray[np.float64]

    def reach(self, level: float) -> NDArray[np.float64]:
        """Return half the width of the interval around the mean."""
        factor = np.asarray(stdtrit(self.freedom, (1 + level) / 2), dtype=np.float64)
        return factor * np.sqrt(self.variance)

    def p_value(self) -> NDArray[np.float64]:
        """Return the two-sided p-value of a mean of zero."""
        away = np.abs(self.mean) / np.sqrt(self.variance)
        return np.asarray(2 * stdtr(self.freedom, -away), dtype=np.float64)


def estimate(values: NDArray[np.integer[Any]]) -> Estimate:
    r"""Estimate a mean over crossed draws and items, with the chance in both.

    With draws s = 1..S and items i = 1..n, each value is
    :math:`x_{si} = \mu + a_s + b_i + e_{si}`: draws differ, items differ, and the rest differs from cell to cell.
    The mean squares of rows, columns and the rest give the variance of the mean,

    .. math:: (M_S + M_I - M_E) / (S n),

    and Satterthwaite's formula its degrees of freedom. Four precautions, each checked by simulation:

    * A sum below half of :math:`M_E` is an accident of few draws and is set to that.
    * Where few draws happen to look alike, the formula takes them for sure and gives too many degrees of freedom:
      in it, :math:`M_S` counts with 0.08 :math:`M_I` more, and two draws have at most two.
    * One item more is imagined that goes another way, by a little more than those that were seen to. So no
      interval has zero width, however equal the values are; where many items differ it is hardly felt. (The idea
      is Agresti's: count a few answers that were not given.)
    * One draw says nothing about other draws: then the variance is that over items alone.

    What no formula can see: an arm that goes wrong in one draw out of ten, if only three draws were made.

    Parameters
    ----------
    values
        (..., draws, items), whole numbers: right minus wrong, or right. At least two items.

    Returns
    -------
    Estimate
        Of shape (...).

    References
    ----------
    Satterthwaite (1946), An approximate distribution of estimates of variance components. Agresti and Min (2005),
    Simple improved confidence intervals for comparing matched proportions.

    Examples
    --------
    >>> found = estimate(np.array([[1, 0, 0, 1], [1, 0, 1, 0], [1, 0, 0, 0]]))
    >>> round(float(found.mean), 3), bool(found.variance > 0)
    (0.417, True)
    """
    draws, items = values.shape[-2:]
    whole = values.astype(np.int64)
    total = whole.sum((-2, -1))
    mean = total / (draws * items)
    # In whole numbers until the division: what is equal has deviations of exactly zero.
    of_items = (items * whole.sum(-2) - total[..., None]) / (draws * items)
    of_draws = (draws * whole.sum(-1) - total[..., None]) / (draws * items)
    squares = (of_items**2).sum(-1)
    quartic = (of_items**4).sum(-1)
    # How many items carry the differences: k if k of many differ by the same amount.
    carriers = np.where(quartic > 0, squares**2 / np.where(quartic > 0, quartic, 1), 0)
    imagined = (squares + 1) / (carriers + 1) / items**2
    m_items = draws * squares / (items - 1) + draws * items * imagined
    if draws == 1:
        return Estimate(mean, m_items / items, np.full_like(mean, items - 1))
    m_draws = items * (of_draws**2).sum(-1) / (draws - 1)
    rest = whole - mean[..., None, None] - of_items[..., None, :] - of_draws[..., :, None]
    m_rest = (rest**2).sum((-2, -1)) / ((draws - 1) * (items - 1))
    spread = np.maximum(m_draws + m_items - m_rest, np.maximum(m_rest / 2, draws * items * imagined))
    freedom = spread**2 / (
        (m_draws + 0.08 * m_items) ** 2 / (draws - 1)
        + m_items**2 / (items - 1)
        + m_rest**2 / ((draws - 1) * (items - 1))
    )
    return Estimate(mean, spread / (draws * items), np.clip(freedom, 1, 2 if draws == 2 else None))


def answers(correct: Any, name: str = "correct") -> NDArray[np.bool_]:
    """Return right or wrong as an array (draws, items), or refuse it in words.

    Raises
    ------
    DataError
        It is not boolean, not two-dimensional, empty, or has one item only.

    Examples
    --------
    >>> answers([[True, False], [True, True]]).shape
    (2, 2)
    >>> answers(np.array([True, False]), "a")
    Traceback (most recent call last):
    tlkit.errors.DataError: a has shape (2,), expected (draws, test items). For a single draw use a[None, :].
    """
    try:
        found = np.asarray(correct)
    except ValueError as error:
        raise DataError(f"{name} is no array: {error}.", "Give every draw the same test items.") from error
    if found.ndim != 2:
        raise DataError(
            f"{name} has shape {found.shape}, expected (draws, test items).",
            f"For a single draw use {name}[None, :]." if found.ndim == 1 else "Put one draw in each row.",
        )
    if found.size == 0:
        raise DataError(
            f"{name} has shape {found.shape}: it is empty.", "Give at least one draw and two items."
        )
    if found.dtype != np.bool_:
        raise DataError(
            f"{name} holds {found.dtype}, expected right or wrong (bool) for each item.",
            "Compare predictions with labels: predicted == labels.",
        )
    if found.shape[1] < 2:
        raise DataError(
            f"{name} has one test item only, which cannot tell how much items differ.",
            "Give at least two test items.",
        )
    return found


def paired(
    correct_a: Any, correct_b: Any, names: tuple[str, str] = ("correct_a", "correct_b")
) -> NDArray[np.int8]:
    """Return second minus first, (draws, items), of -1, 0 and 1.

    Raises
    ------
    DataError
        As :func:`answers`, or the shapes differ.
    """
    first, second = answers(correct_a, names[0]), answers(correct_b, names[1])
    if first.shape != second.shape:
        raise DataError(
            f"{names[0]} has shape {first.shape}, but {names[1]} has {second.shape}.",
            "Pairs need the same draws in the rows and the same test items in the columns.",
        )
    return second.astype(np.int8) - first.astype(np.int8)


def checked_level(level: float) -> float:
    """Return the level of an interval if it is a share between 0 and 1.

    Raises
    ------
    DataError
        It is not.
    """
    if isinstance(level, bool) or not isinstance(level, int | float | np.floating) or not 0 < level < 1:
        raise DataError(f"The level is {level!r}, expected a share between 0 and 1.", "Use 0.95 for 95 %.")
    return float(level)
