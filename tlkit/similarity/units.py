"""Units in which squares of features neither overflow nor vanish: a distance is computed in them and told in ours."""

from __future__ import annotations

import math

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity.checks import Matrix

# Fourth powers of what lies between, summed over many rows, are still numbers of full precision.
_MODERATE = (1e-60, 1e60)


def moderate(a: Matrix, b: Matrix) -> tuple[Matrix, Matrix, float]:
    """Return two samples and the unit they are in: 1, unless their largest value is extreme.

    The unit is a power of two, so that no digit is lost.

    Examples
    --------
    >>> moderate(np.array([[3.0]]), np.array([[4.0]]))[2]
    1.0
    >>> moderate(np.array([[3e200]]), np.array([[4e200]]))[2] > 1e200
    True
    """
    largest = max(abs(float(edge)) for one in (a, b) for edge in (one.max(), one.min()))
    if largest == 0 or _MODERATE[0] <= largest <= _MODERATE[1]:
        return a, b, 1.0
    unit = math.ldexp(1.0, math.frexp(largest)[1] - 1)
    return a / unit, b / unit, unit


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
