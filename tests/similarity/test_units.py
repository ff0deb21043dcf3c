"""Units in which squares are numbers, without a digit lost."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tlkit.similarity.units import moderate, of_columns, told, without_unit


@pytest.mark.parametrize("size", [1e-310, 1e-200, 1e-61, 1e-3, 1.0, 1e59, 1e61, 1e200, 1e307])
def test_samples_and_unit_give_back_what_came(size: float) -> None:
    rng = np.random.default_rng(0)
    a, b = size * rng.normal(size=(5, 3)), size * rng.normal(size=(4, 3))
    first, second, unit = moderate(a, b)
    assert math.frexp(unit)[0] == 0.5
    np.testing.assert_array_equal(first * unit, a)
    np.testing.assert_array_equal(second * unit, b)
    assert 1e-120 <= float((first**2).sum() + (second**2).sum()) <= 1e121
    assert told(1.0, unit, 1) == unit
    alone = without_unit(a)
    np.testing.assert_array_equal(alone * of_columns(a.ravel()[:, None])[0], a)


def test_zeros_and_columns_have_units_of_their_own() -> None:
    assert moderate(np.zeros((2, 2)), np.zeros((2, 2)))[2] == 1
    np.testing.assert_array_equal(of_columns(np.array([[0.0, 3.0, 2.0**700]])), [1, 1, 2.0**700])
