"""Units in which squares of features neither overflow nor vanish: a distance is computed in them and told in ours."""

from __future__ import annotations

import math

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity.checks import LARGEST, SMALLEST, Matrix


def moderate(a: Matrix, b: Matrix) -> tuple[Matrix, Matrix, float]:
    """Return two samples and the unit they are in: 1, unless their squares are extreme.

    The unit is a power of two, so that no digit is lost.

    Examples
    --------
    >>> moderate(np.array([[3.0]]), np.array([[4.0]]))[2]
    1.0
    >>> moderate(np.array([[3e200]]), np.array([[4e200]]))[2] > 1e200
    True
    """
    unit = _unit(a, b)
    return (a, b, unit) if unit == 1 else (a / unit, b / unit, unit)


def without_unit(matrix: Matrix) -> Matrix:
    """Return features in such a unit, for scores that do not change with it.

    Examples
    --------
    >>> without_unit(np.ldexp([[1.5]], 700)), without_unit(np.array([[3.0]]))
    (array([[1.5]]), array([[3.]]))
    """
    unit = _unit(matrix)
    return matrix if unit == 1 else matrix / unit


def of_columns(matrix: Matrix) -> Matrix:
    """Return such a unit for each column.

    Examples
    --------
    >>> of_columns(np.array([[3.0, np.ldexp(1.5, -700)]])) == [1, 2.0**-700]
    array([ True,  True])
    """
    return np.array([_unit(column) for column in matrix.T])


def _unit(*samples: Matrix) -> float:
    squares = sum(float(np.vdot(one, one)) for one in samples)
    if SMALLEST**2 <= squares <= LARGEST**2:
        return 1.0
    largest = max(abs(float(edge)) for one in samples for edge in (one.max(), one.min()))
    return math.ldexp(1.0, math.frexp(largest)[1] - 1) if largest else 1.0


def told(value: float, unit: float, power: int) -> float:
    """Return a distance of moderate samples in the unit of the features.

    Raises
    ------
    SimilarityError
        It is then too large to be a number.

    Examples
    --------
    >>> told(2.0, 8.0, power=2)
    128.0
    """
    with np.errstate(over="ignore", under="ignore"):
        found = float(np.float64(value) * np.float64(unit) ** power)
    if not math.isfinite(found):
        raise SimilarityError(
            "The distance is too large to be a number.", "Divide all features by one constant first."
        )
    return found
