"""CKA: closed cases, invariances, and the unbiased estimate by its definition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tlkit.errors import SimilarityError
from tlkit.similarity import cka


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(1e-100, 1e100), debiased=st.booleans())
def test_rotation_scale_and_shift_do_not_matter(seed: int, scale: float, debiased: bool) -> None:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(12, 3))
    b = a @ rng.normal(size=(3, 4)) + 0.1 * rng.normal(size=(12, 4))
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    moved = scale * (a @ rotation)
    assert cka(moved, b, debiased) == pytest.approx(cka(a, b, debiased), rel=1e-6)
    assert cka(a, b, debiased) == pytest.approx(cka(b, a, debiased), rel=1e-9)
    assert cka(a, moved, debiased) == pytest.approx(1, abs=1e-9)


def test_one_column_each_is_the_squared_correlation() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=30), rng.normal(size=30)
    assert cka(a[:, None], b[:, None]) == pytest.approx(np.corrcoef(a, b)[0, 1] ** 2, rel=1e-9)


def unbiased_hsic(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Average the kernel of the U-statistic over all ordered quadruples of different items."""
    places = itertools.permutations(range(len(one)), 4)
    return float(np.mean([one[i, j] * (two[i, j] + two[q, r] - 2 * two[i, q]) for i, j, q, r in places]))


def test_debiased_is_the_u_statistic() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
    one, two = a @ a.T, b @ b.T
    expected = unbiased_hsic(one, two) / np.sqrt(unbiased_hsic(one, one) * unbiased_hsic(two, two))
    assert cka(a, b, debiased=True) == pytest.approx(expected, rel=1e-9)


def test_unrelated_views_with_many_features_fool_the_plain_one_only() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(20, 500)), rng.normal(size=(20, 500))
    assert cka(a, b) > 0.9
    assert abs(cka(a, b, debiased=True)) < 0.1


def test_constant_views_and_unequal_rows_are_refused() -> None:
    with pytest.raises(SimilarityError, match="the same"):
        cka(np.ones((5, 2)), np.eye(5))
    with pytest.raises(SimilarityError, match="5 rows and b has 4"):
        cka(np.eye(5), np.eye(4))


@pytest.mark.parametrize("debiased", [False, True])
def test_by_rows_and_by_features_is_the_same(debiased: bool) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(30, 8)), rng.normal(size=(30, 70))
    b[:, :8] += a
    # Columns of zeros change which of the two ways is shorter, and nothing else.
    wide = np.hstack([a, np.zeros((30, 300))])
    assert cka(wide, b, debiased) == pytest.approx(cka(a, b, debiased), rel=1e-9)
    one, two = (x - x.mean(axis=0) for x in (a, b))
    plain = ((one.T @ two) ** 2).sum() / np.sqrt(((one.T @ one) ** 2).sum() * ((two.T @ two) ** 2).sum())
    assert cka(a, b) == pytest.approx(plain, rel=1e-9)


def test_rows_equally_far_from_each_other_have_no_debiased_alignment() -> None:
    with pytest.raises(SimilarityError, match="debiased"):
        cka(np.eye(5), np.random.default_rng(0).normal(size=(5, 3)), debiased=True)


@pytest.mark.parametrize("debiased", [False, True])
def test_of_larger_views_the_same_rows_are_drawn(debiased: bool) -> None:
    rng = np.random.default_rng(4)
    a = rng.normal(size=(900, 3))
    b = a @ np.linalg.qr(rng.normal(size=(3, 3)))[0]
    assert cka(a, b, debiased, rows=100) == pytest.approx(1, rel=1e-9)
    b = b + rng.normal(size=(900, 3))
    drawn = cka(a, b, debiased, rows=300, seed=1)
    assert drawn == cka(torch.tensor(a), b.tolist(), debiased, rows=300, seed=1)
    assert drawn != cka(a, b, debiased, rows=300, seed=2)
    assert drawn == pytest.approx(cka(a, b, debiased), abs=0.1)
    with pytest.raises(SimilarityError, match="900 rows and b has 899"):
        cka(a, b[1:], debiased, rows=300)
    with pytest.raises(SimilarityError, match="rows are 1"):
        cka(a, b, debiased, rows=1)
    with pytest.raises(SimilarityError, match="shape"):
        cka(None, b, debiased)
