"""CORAL against covariances of numpy, by identities, and where features are more than rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit.errors import SimilarityError
from tlkit.similarity import coral
from tlkit.similarity.moments import Moments


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 60))
def test_it_is_the_distance_of_covariances(seed: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(12, columns)), 3 * rng.normal(size=(15, columns)) + 1
    one, two = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    assert coral(a, b) == pytest.approx(((one - two) ** 2).sum() / (4 * columns**2), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 60))
def test_itself_shift_scale_and_symmetry(seed: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(10, columns)), rng.normal(size=(9, columns)) * 2
    assert coral(a, a) <= 1e-25
    assert coral(a, b) == pytest.approx(coral(b, a), rel=1e-9)
    assert coral(a + 7, b - 3) == pytest.approx(coral(a, b), rel=1e-9)
    assert coral(4 * a, 4 * b) == pytest.approx(4**4 * coral(a, b), rel=1e-9)


def test_moments_of_batches_give_the_same() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(50, 4)), rng.normal(size=(30, 4)) * 3 + 100
    moments = Moments()
    for start in range(0, 30, 7):
        moments.update(b[start : start + 7])
    assert coral(a, moments) == pytest.approx(coral(a, b), rel=1e-9)
    assert coral(moments, moments) == 0


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(SimilarityError, match="3 features and b has 2"):
        coral(np.eye(3), np.eye(2))
    with pytest.raises(SimilarityError, match="too large"):
        coral(1e100 * np.eye(3), np.zeros((3, 3)))
    with pytest.raises(SimilarityError, match="not a finite number"):
        coral([[np.inf], [1.0]], [[2.0], [3.0]])
    assert coral(np.ones((5, 3)), np.ones((6, 3))) == 0
