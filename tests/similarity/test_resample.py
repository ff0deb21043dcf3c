"""Draws keep every class, take no row twice and come from the generator that they are given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit.errors import SimilarityError
from tlkit.similarity.labelled import at_most
from tlkit.similarity.resample import folds, halves, stratified

CODES = st.lists(st.integers(0, 4), min_size=2, max_size=60).map(
    lambda codes: np.unique(codes, return_inverse=True)[1]
)


@settings(max_examples=50, deadline=None)
@given(codes=CODES, count=st.integers(2, 8), seed=st.integers(0, 2**32 - 1))
def test_folds_and_the_classes_in_them_differ_by_one_at_most(
    codes: np.ndarray, count: int, seed: int
) -> None:
    found = folds(codes, count, np.random.default_rng(seed))
    assert found.shape == codes.shape
    for members in (found, *(found[codes == one] for one in np.unique(codes))):
        sizes = np.bincount(members, minlength=count)
        assert sizes.max() - sizes.min() <= 1
        assert len(sizes) == count


@settings(max_examples=50, deadline=None)
@given(codes=CODES, rows=st.integers(2, 40), seed=st.integers(0, 2**32 - 1))
def test_samples_and_halves_hold_each_row_once(codes: np.ndarray, rows: int, seed: int) -> None:
    chosen = stratified(codes, rows, np.random.default_rng(seed))
    assert len(set(chosen.tolist())) == len(chosen)
    assert set(codes[chosen]) == set(codes)
    one, two = halves(codes, np.random.default_rng(seed))
    assert len(one) == len(two)
    assert not set(one.tolist()) & set(two.tolist())
    assert len(one) == len(codes) // 2 or len(one) == (len(codes) - 1) // 2
    often = {label for label, count in enumerate(np.bincount(codes)) if count >= 2}
    assert often <= set(codes[one])
    assert often <= set(codes[two])


def test_the_odd_row_of_a_rare_class_comes_into_either_half() -> None:
    codes = np.array([0] * 11 + [1] * 3)
    rare = [(codes[halves(codes, np.random.default_rng(seed))[0]] == 1).sum() for seed in range(40)]
    assert set(rare) == {1, 2}


def test_a_sample_keeps_the_shares_and_does_not_read_the_rest() -> None:
    labels = np.repeat(["a", "b", "c"], [800, 190, 10])
    features = np.arange(1000.0)[:, None]
    matrix, codes = at_most(features, labels, 100, seed=0)
    assert np.bincount(codes).tolist() == [80, 19, 2]
    rest = np.setdiff1d(np.arange(1000), matrix.ravel().astype(int))
    features[rest] = np.nan
    again, _ = at_most(features, labels, 100, seed=0)
    np.testing.assert_array_equal(again, matrix)
    with pytest.raises(SimilarityError, match="not a finite"):
        at_most(features, labels, 1000, seed=0)
    with pytest.raises(SimilarityError, match="1000 rows of features but 999"):
        at_most(features, labels[:-1], 100, seed=0)
