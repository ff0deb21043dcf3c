"""Proxy A-distance against the Bayes error of two Gaussians, and its symmetries."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tlkit.errors import SimilarityError
from tlkit.similarity import proxy_a_distance


@pytest.mark.parametrize("gap", [0.5, 1.0, 2.0])
def test_two_gaussians_are_as_far_as_their_bayes_error_says(gap: float) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(4000, 2)), rng.normal(size=(4000, 2)) + np.array([gap, 0])
    expected = 2 * (1 - 2 * stats.norm.cdf(-gap / 2))
    value, error = proxy_a_distance(a, b, standard_error=True)
    assert abs(value - expected) < 3 * error
    assert error == pytest.approx(4 * np.sqrt((1 - (value / 2) ** 2) / 4 / 8000), rel=0.05)


def test_equal_samples_cannot_be_told_apart() -> None:
    rng = np.random.default_rng(1)
    values = [
        proxy_a_distance(rng.normal(size=(80, 3)), rng.normal(size=(80, 3)), raw=True) for _ in range(12)
    ]
    assert min(values) < 0 < max(values)
    assert abs(np.mean(values)) < 0.2
    same = rng.normal(size=(40, 3))
    assert proxy_a_distance(same, same) == 0


def test_unequal_sizes_are_weighed_alike() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(1000, 2)), rng.normal(size=(50, 2))
    # A classifier that always answers "a" would be right in 95 of 100 rows, and is worth nothing.
    assert proxy_a_distance(a, b) < 0.5


def test_scale_and_seed() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(60, 3)), rng.normal(size=(60, 3)) + 1
    assert proxy_a_distance(a, b, 5) == proxy_a_distance(a, b, 5)
    far = proxy_a_distance(a * [1, 1000, 1] + 5, b * [1, 1000, 1] + 5, 5)
    assert far == pytest.approx(proxy_a_distance(a, b, 5), abs=1e-9)


def test_constant_columns_do_no_harm() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(30, 2)), rng.normal(size=(30, 2)) + 9
    ones = np.ones((30, 1))
    assert proxy_a_distance(np.hstack([a, ones]), np.hstack([b, ones])) == 2
    assert proxy_a_distance(ones, ones) <= 0.5


def test_too_few_rows_and_odd_seeds_are_refused() -> None:
    with pytest.raises(SimilarityError, match="at least 5"):
        proxy_a_distance(np.zeros((4, 2)), np.zeros((9, 2)))
    with pytest.raises(SimilarityError, match="seed"):
        proxy_a_distance(np.zeros((9, 2)), np.zeros((9, 2)), seed=-1)


def test_of_larger_samples_rows_are_drawn() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(900, 2)), rng.normal(size=(900, 2)) + 1
    value, error = proxy_a_distance(a, b, rows=200, standard_error=True)
    assert value == proxy_a_distance(a, b, rows=200)
    assert abs(value - proxy_a_distance(a, b)) < 3 * error


def test_extreme_units_and_what_is_no_number() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(30, 2)), rng.normal(size=(30, 2)) + 9
    assert proxy_a_distance(1e300 * a, 1e300 * b) == 2 == proxy_a_distance(1e-300 * a, 1e-300 * b)
    with pytest.raises(SimilarityError, match="not a finite number"):
        proxy_a_distance(a, b * np.nan)
    with pytest.raises(SimilarityError, match="2 features and b has 1"):
        proxy_a_distance(a, b[:, :1])
