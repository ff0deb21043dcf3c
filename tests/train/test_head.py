"""The convex head against an independent solver, and what it does with too few labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

from tlkit.errors import StoppedError, TrainingError
from tlkit.train.head import solve_head


def blobs(items: int, features: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = np.arange(items) % classes
    centres = random.normal(size=(classes, features))
    x = centres[labels] * 2 + random.normal(size=(items, features)) + random.normal(size=features) * 5
    return x.astype(np.float32), labels.astype(np.int64)


@pytest.mark.parametrize(
    ("items", "features", "classes", "strength"),
    [(60, 5, 3, 1.0), (31, 64, 31, 1.0), (12, 300, 4, 0.1), (40, 8, 2, 0.1), (200, 20, 10, 30.0)],
)
def test_agrees_with_scikit_learn(items: int, features: int, classes: int, strength: float) -> None:
    x, labels = blobs(items, features, classes)
    head = solve_head(x, labels, classes, strength)
    z = StandardScaler().fit_transform(x.astype(np.float64))
    # Two classes are a single logistic curve for scikit-learn: both rows of ours are half of it.
    c = 1 / strength if classes > 2 else 2 / strength
    oracle = LogisticRegression(C=c, tol=1e-10, max_iter=10_000).fit(z, labels)
    np.testing.assert_allclose(softmax(head.scores(x), axis=1), oracle.predict_proba(z), atol=1e-5)
    if classes > 2:
        deviation = x.astype(np.float64).std(axis=0)
        np.testing.assert_allclose(head.weight * deviation, oracle.coef_, atol=1e-4)


def test_views_count_as_one_item_together() -> None:
    x, labels = blobs(30, 6, 3)
    once = solve_head(x, labels, 3)
    thrice = solve_head(np.tile(x, (3, 1)), np.tile(labels, 3), 3, groups=np.tile(np.arange(30), 3))
    np.testing.assert_allclose(once.scores(x), thrice.scores(x), atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 10), st.floats(-100, 100))
def test_units_of_the_features_do_not_matter(seed: int, scale: float, shift: float) -> None:
    x, labels = blobs(40, 5, 4, seed)
    plain = softmax(solve_head(x, labels, 4).scores(x), axis=1)
    moved = x * np.float32(scale) + np.float32(shift)
    np.testing.assert_allclose(softmax(solve_head(moved, labels, 4).scores(moved), axis=1), plain, atol=5e-3)


def test_is_the_same_bit_for_bit() -> None:
    x, labels = blobs(80, 30, 8)
    first, second = (solve_head(x.copy(), labels, 8) for _ in range(2))
    assert first.weight.tobytes() == second.weight.tobytes()
    assert first.bias.tobytes() == second.bias.tobytes()


def test_a_constant_feature_changes_nothing() -> None:
    x, labels = blobs(40, 5, 4)
    wider = np.concatenate([x, np.full((40, 1), 7.3, dtype=np.float32)], axis=1)
    np.testing.assert_allclose(
        solve_head(wider, labels, 4).scores(wider), solve_head(x, labels, 4).scores(x), atol=1e-3
    )


def test_cross_validation_finds_a_strength_that_generalises() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(40) % 2
    x = random.normal(size=(40, 200)).astype(np.float32)
    x[:, 0] += 3 * labels
    noisy = solve_head(x, labels, 2, strength=None)
    assert "5-fold cross-validation" in noisy.chosen
    assert noisy.strength > 1
    clear, clear_labels = blobs(40, 3, 2)
    assert solve_head(clear * 10, clear_labels, 2, strength=None).strength < noisy.strength


def test_cross_validation_keeps_views_of_an_item_together() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(20) % 2
    x = random.normal(size=(20, 50)).astype(np.float32)
    items = np.tile(np.arange(20), 4)
    copies, same = np.tile(x, (4, 1)), np.tile(labels, 4)
    alone = solve_head(x, labels, 2, None).strength
    assert solve_head(copies, same, 2, None, groups=items).strength == alone


def test_one_label_per_class_says_that_it_cannot_cross_validate() -> None:
    x, labels = blobs(5, 4, 5)
    head = solve_head(x, labels, 5, strength=None)
    assert head.strength == 1.0
    assert "two labels per class" in head.chosen


def test_copies_into_a_layer() -> None:
    x, labels = blobs(60, 5, 3)
    head = solve_head(x, labels, 3)
    layer = nn.Linear(5, 3)
    head.copy_into(layer)
    with torch.no_grad():
        given = layer(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(given, head.scores(x), rtol=1e-4, atol=1e-4)


def test_refuses_features_that_are_not_finite() -> None:
    x, labels = blobs(6, 4, 3)
    x[4, 1] = np.nan
    with pytest.raises(TrainingError, match="item 4 are not finite"):
        solve_head(x, labels, 3)
    with pytest.raises(TrainingError, match="shapes"):
        solve_head(x[:0], labels[:0], 3)


def test_can_be_stopped() -> None:
    def stop() -> None:
        raise StoppedError("stopped")

    x, labels = blobs(6, 4, 3)
    with pytest.raises(StoppedError):
        solve_head(x, labels, 3, should_stop=stop)
