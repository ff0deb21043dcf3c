"""MMD by its sums over pairs, and by what it must not depend on."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tlkit.errors import SimilarityError
from tlkit.similarity import mmd


def by_pairs(a: NDArray[np.float64], b: NDArray[np.float64], scales: tuple[float, ...] = (1.0,)) -> float:
    """Sum kernels pair by pair."""
    pairs = itertools.combinations([*a, *b], 2)
    median = float(np.median([float(((x - y) ** 2).sum()) for x, y in pairs]))

    def kernel(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
        return sum(math.exp(-((x - y) ** 2).sum() / (2 * scale * median)) for scale in scales) / len(scales)

    n, m = len(a), len(b)
    within_a = sum(kernel(a[i], a[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_b = sum(kernel(b[i], b[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return within_a + within_b - 2 * sum(kernel(x, y) for x in a for y in b) / (n * m)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 12), columns=st.integers(1, 20))
def test_it_is_the_sum_over_pairs(seed: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(rows, columns)), 1 + rng.normal(size=(7, columns))
    assert mmd(a, b) == pytest.approx(by_pairs(a, b), rel=1e-9, abs=1e-12)
    scales = (0.25, 1.0, 4.0)
    assert mmd(a, b, scales=scales) == pytest.approx(by_pairs(a, b, scales), rel=1e-9, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-200, 1e-3, 1e3, 1e200]))
def test_shift_rotation_and_scale_do_not_matter(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(20, 3)), rng.normal(size=(15, 3)) + 0.5
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    assert mmd(scale * (a @ rotation + 5), scale * (b @ rotation + 5)) == pytest.approx(mmd(a, b), abs=1e-9)
    assert mmd(b, a) == pytest.approx(mmd(a, b), abs=1e-12)


def test_a_large_mean_costs_no_digits() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(-9, 9, size=(30, 4)) / 8, rng.integers(-9, 9, size=(20, 4)) / 4
    assert mmd(a + 2.0**20, b + 2.0**20) == pytest.approx(by_pairs(a, b), rel=1e-6)


def test_two_samples_of_one_distribution_are_0_on_average() -> None:
    rng = np.random.default_rng(1)
    values = [mmd(rng.normal(size=(40, 2)), rng.normal(size=(40, 2))) for _ in range(200)]
    assert min(values) < 0
    assert abs(np.mean(values)) < 3 * np.std(values) / 200**0.5


def test_two_points_far_apart_have_the_kernel_of_their_distance() -> None:
    # All distances within are 0 and 9 of 15 pairs lie across: k is 1 within, exp(-1/2) across.
    a, b = np.zeros((3, 1)), np.full((3, 1), 7.0)
    assert mmd(a, b) == pytest.approx(2 - 2 * math.exp(-0.5))
    assert mmd(a, b, sigma_squared=49 / 4) == pytest.approx(2 - 2 * math.exp(-2))


def test_the_same_constant_is_no_distance() -> None:
    assert mmd(np.ones((5, 2)), np.ones((4, 2))) == 0


def test_of_larger_samples_rows_are_drawn() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(900, 2)), rng.normal(size=(800, 2)) + 1
    assert mmd(a, b, rows=300, seed=1) == mmd(a, b, rows=300, seed=1) != mmd(a, b, rows=300, seed=2)
    assert mmd(a, b, rows=300) == pytest.approx(mmd(a, b), abs=0.1)


def test_what_cannot_be_told_is_refused() -> None:
    copies = np.repeat([[0.0], [1.0]], [9, 1], axis=0)
    with pytest.raises(SimilarityError, match="median distance is 0"):
        mmd(copies, copies)
    with pytest.raises(SimilarityError, match="3 features and b has 2"):
        mmd(np.eye(3), np.eye(2))
    with pytest.raises(SimilarityError, match="not a finite number"):
        mmd(np.eye(3), np.full((3, 3), np.nan))
    with pytest.raises(SimilarityError, match="at least 2"):
        mmd(np.eye(3)[:1], np.eye(3))
    for wrong in (
        {"scales": (0.0,)},
        {"scales": 1.0},
        {"scales": ()},
        {"sigma_squared": -1.0},
        {"rows": 1},
        {"seed": 0.5},
    ):
        with pytest.raises(SimilarityError):
            mmd(np.eye(3), 2 * np.eye(3), **wrong)  # type: ignore[arg-type]
