"""Sliced Wasserstein: shifts, assignments on lines, and the mean over all directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from tlkit.errors import SimilarityError
from tlkit.similarity import wasserstein


def assigned(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the squared Wasserstein distance of two samples of one size on a line, by the best assignment."""
    cost = (a[:, None] - b) ** 2
    return float(cost[linear_sum_assignment(cost)].mean())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 6))
def test_it_is_the_best_assignment_on_every_line(seed: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(11, columns)), 2 * rng.normal(size=(11, columns)) + 1
    lines = rng.normal(size=(100, columns))
    units = lines / np.linalg.norm(lines, axis=1, keepdims=True)
    expected = np.mean([assigned(a @ one, b @ one) for one in units]) ** 0.5
    assert wasserstein(a, b, lines) == pytest.approx(expected, rel=1e-9)
    # Rows given twice weigh half each, so sizes may differ.
    assert wasserstein(a, np.repeat(b, 2, axis=0), lines) == pytest.approx(expected, rel=1e-9)
    assert wasserstein(a, np.vstack([b, b, b]), lines) == pytest.approx(expected, rel=1e-9)


def test_unequal_sizes_by_hand() -> None:
    # A third of the mass moves 0 -> 0; 1/6 of it 3 -> 0, 1/6 3 -> 6; a third 6 -> 6.
    assert wasserstein([[0.0], [3.0], [6.0]], [[6.0], [0.0]]) == pytest.approx(3**0.5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-150, 0.1, 10, 1e150]))
def test_identities(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    a, b, shift = rng.normal(size=(10, 3)), rng.normal(size=(13, 3)), rng.normal(size=3)
    line = shift[None]
    assert wasserstein(a, a) == pytest.approx(0, abs=1e-7)
    assert wasserstein(a, b) == pytest.approx(wasserstein(b, a), rel=1e-9)
    assert wasserstein(scale * a, scale * b) == pytest.approx(scale * wasserstein(a, b), rel=1e-9)
    assert wasserstein(a, a + shift, line) == pytest.approx(np.linalg.norm(shift), rel=1e-9)


def test_a_shift_counts_as_its_length_over_the_root_of_the_width() -> None:
    a, shift = np.random.default_rng(0).normal(size=(20, 25)), np.zeros(25)
    shift[3] = 10
    # A component of a random unit vector has mean square 1/d, which 20000 directions find within 2 %.
    assert wasserstein(a, a + shift, projections=20_000) == pytest.approx(10 / 5, rel=0.02)


def test_seeds_decide_and_leave_the_global_stream_alone() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(50, 4)), rng.normal(size=(50, 4)) + 1
    before = np.random.get_state()[1]  # noqa: NPY002
    assert wasserstein(a, b, 5, 3) == wasserstein(a, b, 5, 3) != wasserstein(a, b, 5, 4)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert wasserstein(a, a, rows=20) == 0


def test_what_points_nowhere_is_refused() -> None:
    a = np.eye(3)
    for wrong in (0, 2.5, np.zeros((2, 3)), np.ones((2, 4)), [[np.nan, 1.0, 1.0]]):
        with pytest.raises(SimilarityError):
            wasserstein(a, a, wrong)
    with pytest.raises(SimilarityError, match="3 features and b has 2"):
        wasserstein(a, np.eye(2))
    with pytest.raises(SimilarityError, match="not a finite number"):
        wasserstein(a, a * np.nan)
    assert wasserstein(np.ones((4, 2)), np.ones((5, 2))) == pytest.approx(0, abs=1e-12)
