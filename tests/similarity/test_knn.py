"""Leave-one-out nearest neighbours against scikit-learn and by identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from tlkit.errors import SimilarityError
from tlkit.similarity import knn


@pytest.mark.parametrize("k", [1, 3])
def test_it_is_scikit_learns_leave_one_out(k: int) -> None:
    rng = np.random.default_rng(k)
    labels = np.arange(60) % 2  # two classes and an odd k: no ties
    features = rng.normal(size=(60, 4)) + labels[:, None]
    expected = cross_val_score(KNeighborsClassifier(k), features, labels, cv=LeaveOneOut()).mean()
    assert knn(features, labels, k) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(1e-3, 1e3), k=st.integers(1, 5))
def test_scale_shift_and_rotation_do_not_matter(seed: int, scale: float, k: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(30) % 3)
    features = rng.normal(size=(30, 3))
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    assert knn(scale * features @ rotation + 7, labels, k) == knn(features, labels, k)


def test_copies_find_each_other_and_single_items_never_do() -> None:
    features = np.random.default_rng(0).normal(size=(10, 2))
    assert knn(np.vstack([features, features]), [*range(10), *range(10)]) == 1
    assert knn(features, range(10)) == 0


def test_a_tie_goes_to_the_nearest() -> None:
    assert knn([[0.0], [1.0], [2.5], [9.0]], ["a", "a", "b", "b"], k=2) == 0.5 + 0.25


@pytest.mark.parametrize("k", [1, 3, 8])
def test_the_order_of_rows_that_tie_does_not_matter(k: int) -> None:
    # All others are equally near: the six of one class see five of theirs and three, the three see two and six.
    for labels in ([0] * 6 + [1] * 3, [1] * 3 + [0] * 6, [0, 0, 1] * 3):
        assert knn(np.ones((9, 2)), labels, k) == pytest.approx(6 / 9)


def test_half_a_tie_is_half_right() -> None:
    assert knn([[0.0], [1.0], [2.0]], ["a", "a", "b"]) == pytest.approx((1 + 0.5 + 0) / 3)


@pytest.mark.parametrize("k", [0, 4, 1.5, True])
def test_a_k_that_cannot_be_is_refused(k: object) -> None:
    with pytest.raises(SimilarityError, match="expected 1 to 3"):
        knn([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1], k)  # type: ignore[arg-type]


def test_large_sets_are_sampled_by_class_and_seed() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [900, 100])
    features = rng.normal(size=(1000, 2)) + labels[:, None]
    whole = knn(features, labels, rows=1000)
    drawn = [knn(features, labels, rows=400, seed=seed) for seed in range(10)]
    assert knn(features, labels, rows=400, seed=3) == drawn[3]
    assert len(set(drawn)) > 1
    assert np.mean(drawn) == pytest.approx(whole, abs=0.03)


def test_neighbours_far_from_the_centre_are_told_apart() -> None:
    # Squared lengths of 1e12 hide differences of 1e-8; the last row keeps the centre away from the others.
    near = np.array([[1e6], [1e6 + 1e-4], [1e6 + 3e-4], [1e6 + 4e-4]])
    assert knn(np.vstack([near, -near]), ["a", "a", "b", "b"] * 2) == 1
    assert knn(np.vstack([near, -near]), ["a", "b", "b", "a"] * 2) == 0
