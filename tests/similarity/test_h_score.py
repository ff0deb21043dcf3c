"""H-score by its definition with numpy, with scikit-learn's Ledoit-Wolf, and by what must not change it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.cross_decomposition import CCA

from tlkit.similarity import h_score

Array = NDArray[np.float64]


def example(rows: int, columns: int, classes: int, seed: int) -> tuple[Array, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(rows) % classes)
    mixing = rng.normal(size=(columns, columns))
    return (rng.normal(size=(classes, columns))[labels] + rng.normal(size=(rows, columns))) @ mixing, labels


def class_means(features: Array, labels: NDArray[np.int64]) -> Array:
    return np.array([features[labels == one].mean(axis=0) for one in labels])


def by_definition(features: Array, labels: NDArray[np.int64]) -> float:
    whole = np.atleast_2d(np.cov(features, rowvar=False))
    between = np.atleast_2d(np.cov(class_means(features, labels), rowvar=False))
    return float(np.trace(np.linalg.pinv(whole) @ between))


@pytest.mark.parametrize(("rows", "columns", "classes"), [(60, 4, 3), (40, 1, 2), (200, 30, 10)])
def test_it_is_the_definition(rows: int, columns: int, classes: int) -> None:
    features, labels = example(rows, columns, classes, seed=rows)
    assert h_score(features, labels) == pytest.approx(by_definition(features, labels), rel=1e-9)


@pytest.mark.parametrize(
    ("rows", "columns", "classes"), [(60, 4, 3), (40, 1, 2), (200, 30, 10), (30, 80, 4), (12, 12, 12)]
)
def test_with_shrinkage_it_is_the_definition_with_scikit_learns_covariance(
    rows: int, columns: int, classes: int
) -> None:
    features, labels = example(rows, columns, classes, seed=rows)
    model = LedoitWolf(assume_centered=True).fit(features - features.mean(axis=0))
    between = np.atleast_2d(np.cov(class_means(features, labels), rowvar=False))
    expected = (1 - model.shrinkage_) * np.trace(np.linalg.inv(model.covariance_) @ between)
    assert h_score(features, labels, shrinkage=True) == pytest.approx(expected, rel=1e-9)


def test_it_is_the_sum_of_squared_canonical_correlations_with_the_classes() -> None:
    features, labels = example(150, 6, 3, seed=5)
    onehot = np.eye(3)[labels][:, :2]
    a, b = CCA(2, max_iter=5000, tol=1e-12).fit_transform(features, onehot)
    correlations = [np.corrcoef(a[:, one], b[:, one])[0, 1] for one in range(2)]
    assert h_score(features, labels) == pytest.approx(sum(one**2 for one in correlations), rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(8, 60), columns=st.integers(1, 8), seed=st.integers(0, 2**32 - 1))
def test_no_invertible_map_order_or_naming_changes_it(rows: int, columns: int, seed: int) -> None:
    features, labels = example(rows, columns, 2, seed)
    rng = np.random.default_rng(seed)
    turned = np.linalg.qr(rng.normal(size=(columns, columns)))[0] * rng.uniform(1, 1000, size=columns)
    order = rng.permutation(rows)
    expected = h_score(features, labels)
    assert h_score((features @ turned + 100)[order], np.array(["b", "a"])[labels][order]) == pytest.approx(
        expected, rel=1e-6, abs=1e-9
    )
    assert 0 <= expected <= 1 + 1e-9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-6, 1e5]))
def test_shrunk_it_keeps_under_rotation_and_one_scale(seed: int, scale: float) -> None:
    features, labels = example(30, 6, 3, seed)
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(6, 6)))[0]
    assert h_score(scale * features @ rotation + scale, labels, shrinkage=True) == pytest.approx(
        h_score(features, labels, shrinkage=True), rel=1e-7
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_constant_and_repeated_features_add_nothing(seed: int) -> None:
    features, labels = example(50, 4, 3, seed)
    expected = h_score(features, labels)
    padded = np.hstack([features, np.full((50, 2), 0.1), np.zeros((50, 1)), features[:, :2] * 3])
    assert h_score(padded, labels) == pytest.approx(expected, rel=1e-7)


def test_directions_of_very_different_size_count_alike() -> None:
    # The covariance's condition is 1e24, beyond what its inverse can be computed from; the answer is not.
    features, labels = example(80, 3, 2, seed=3)
    expected = h_score(features, labels)
    assert h_score(features * [1e-12, 1, 1e12], labels) == pytest.approx(expected, rel=1e-9)
    mixed = features @ np.array([[1, 1, 1], [0, 1e-6, 1e-6], [0, 0, 1e-6]])
    assert h_score(mixed, labels) == pytest.approx(expected, rel=1e-6)


def test_as_many_features_as_items_explain_everything() -> None:
    features, labels = example(20, 50, 4, seed=0)
    assert h_score(features, labels) == pytest.approx(3, rel=1e-9)
    assert h_score(features, np.arange(20)) == pytest.approx(19, rel=1e-9)


def test_repeated_rows_are_not_told_apart_by_any_number_of_features() -> None:
    rng = np.random.default_rng(0)
    features = np.repeat(rng.normal(size=(8, 40)), 3, axis=0)
    labels = rng.permutation(np.arange(24) % 3)
    # What features can know of the classes is the share of each among equal rows.
    shares = np.repeat(np.eye(3)[labels].reshape(8, 3, 3).mean(axis=1), 3, axis=0) - 1 / 3
    assert h_score(features, labels) == pytest.approx((shares**2).sum() / 8, rel=1e-9)


def test_two_places_far_from_zero_are_one_direction() -> None:
    rng = np.random.default_rng(0)
    place = rng.normal(size=40)
    features = np.array([place, place, place * (1 + 1e-9), place])
    assert h_score(features, [0, 0, 1, 2]) == pytest.approx(1, rel=1e-9)
    assert h_score(features, [0, 1, 1, 0]) == pytest.approx(1 / 3, rel=1e-9)


@pytest.mark.parametrize("shrinkage", [False, True])
def test_features_without_spread_explain_nothing(shrinkage: bool) -> None:
    assert h_score(np.full((6, 3), 0.1), [0, 1] * 3, shrinkage=shrinkage) == 0
