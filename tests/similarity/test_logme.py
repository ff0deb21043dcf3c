"""LogME against the evidence itself, maximised numerically, and against what it must not depend on."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, stats

from tlkit.errors import SimilarityError
from tlkit.similarity import logme

Array = NDArray[np.float64]


def example(
    rows: int, columns: int, classes: int, seed: int, noise: float = 1.0
) -> tuple[Array, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    labels = np.arange(rows) % classes
    centres = rng.normal(size=(classes, columns))
    return centres[labels] + noise * rng.normal(size=(rows, columns)) + 0.5, labels


def evidence_by_hand(features: Array, target: Array) -> float:
    """Maximise the density of the targets under their Gaussian: an n x n covariance, no algebra saved."""

    def minus_log(logs: Array) -> float:
        alpha, beta = np.exp(np.clip(logs, -300, 300))
        covariance = np.eye(len(target)) / beta + features @ features.T / alpha
        try:
            return -float(stats.multivariate_normal.logpdf(target, np.zeros(len(target)), covariance))
        except np.linalg.LinAlgError:  # far from the maximum
            return math.inf

    starts = [(a, b) for a in (-4.0, 0.0, 4.0) for b in (0.0, 3.0)]
    found = [
        optimize.minimize(
            minus_log, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000}
        )
        for start in starts
    ]
    return -min(float(one.fun) for one in found) / len(target)


@pytest.mark.parametrize(
    ("rows", "columns", "classes"),
    [(40, 3, 2), (60, 10, 4), (30, 30, 2), (25, 60, 3)],
    ids=["tall", "more classes", "square", "more features than items"],
)
def test_it_is_the_highest_evidence(rows: int, columns: int, classes: int) -> None:
    features, labels = example(rows, columns, classes, seed=rows, noise=2.0)
    byhand = [evidence_by_hand(features, (labels == one).astype(float)) for one in range(classes)]
    assert logme(features, labels) == pytest.approx(np.mean(byhand), rel=1e-6, abs=1e-7)


def test_it_is_where_the_papers_iteration_comes_to_rest() -> None:
    # Algorithm 1 of You et al. 2021, iterated until it no longer moves.
    features, labels = example(80, 6, 3, seed=1)
    rows, columns = features.shape
    _, values, right = np.linalg.svd(features, full_matrices=False)
    values = values**2
    scores = []
    for one in range(3):
        target = (labels == one).astype(float)
        alpha = beta = 1.0
        for _ in range(5000):
            gamma = (beta * values / (alpha + beta * values)).sum()
            weights = right.T @ (beta / (alpha + beta * values) * (right @ (features.T @ target)))
            error = ((features @ weights - target) ** 2).sum()
            alpha, beta = gamma / (weights @ weights), (rows - gamma) / error
        determinant = np.log(alpha + beta * values).sum()
        scores.append(
            (
                rows * np.log(beta)
                + columns * np.log(alpha)
                - rows * np.log(2 * np.pi)
                - beta * error
                - alpha * weights @ weights
                - determinant
            )
            / 2
            / rows
        )
    assert logme(features, labels) == pytest.approx(np.mean(scores), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(6, 40),
    columns=st.integers(1, 50),
    scale=st.floats(1e-6, 1e6),
    seed=st.integers(0, 2**32 - 1),
)
def test_scale_rotation_order_and_names_do_not_matter(
    rows: int, columns: int, scale: float, seed: int
) -> None:
    features, labels = example(rows, columns, 2, seed)
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(columns, columns)))[0]
    order = rng.permutation(rows)
    names = np.array(["pear", "apple"])[labels]
    before, after = logme(features, labels), logme((scale * features @ rotation)[order], names[order])
    assert after == pytest.approx(before, rel=1e-7, abs=1e-8)


@settings(max_examples=20, deadline=None)
@given(columns=st.integers(1, 8), seed=st.integers(0, 2**32 - 1))
def test_copies_and_empty_columns_of_features_add_no_evidence(columns: int, seed: int) -> None:
    features, labels = example(30, columns, 2, seed)
    before = logme(features, labels)
    assert logme(np.hstack([features, features]), labels) == pytest.approx(before, rel=1e-7, abs=1e-8)
    assert logme(np.hstack([features, np.zeros((30, 3))]), labels) == pytest.approx(
        before, rel=1e-7, abs=1e-8
    )


def test_features_that_say_nothing_have_the_evidence_of_no_features() -> None:
    # Orthogonal to the targets: the best weights are zero, and y ~ N(0, 1 / beta) remains.
    labels = np.array([0, 0, 1, 1])
    features = np.array([[1.0], [-1.0], [1.0], [-1.0]])
    expected = stats.norm.logpdf([1, 1, 0, 0], 0, math.sqrt(0.5)).mean()
    assert logme(features, labels) == pytest.approx(expected, rel=1e-12)
    assert logme(np.zeros((4, 2)), labels) == pytest.approx(expected, rel=1e-12)


def test_exactly_linear_labels_are_infinite_and_said_in_words() -> None:
    labels = np.arange(20) % 2
    rng = np.random.default_rng(0)
    features = np.column_stack([labels, 1 - labels, rng.normal(size=20)])
    with pytest.warns(RuntimeWarning, match="exact linear function"):
        assert logme(features, labels) == math.inf
    with pytest.warns(RuntimeWarning, match="exact linear function"):
        assert logme(1e-5 * features @ rng.normal(size=(3, 3)), labels) == math.inf


def test_a_feature_for_every_item_stays_finite() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features, labels = example(20, 40, 2, seed=3)
        assert math.isfinite(logme(features, labels))
        assert math.isfinite(logme(features.astype(np.float32), labels))
        assert math.isfinite(logme(features.astype(np.float16), labels))


def test_noise_in_the_labels_lowers_it() -> None:
    features, labels = example(200, 5, 4, seed=0, noise=0.3)
    rng = np.random.default_rng(0)
    scores = []
    for share in (0, 0.25, 0.5, 1):
        noisy = labels.copy()
        wrong = rng.random(200) < share
        noisy[wrong] = rng.permutation(labels)[wrong]
        scores.append(logme(features, noisy))
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(("rows", "columns", "tasks"), [(40, 3, 2), (25, 60, 3)])
def test_for_numbers_it_is_the_highest_evidence_of_each_column(rows: int, columns: int, tasks: int) -> None:
    features, _ = example(rows, columns, 2, seed=rows)
    rng = np.random.default_rng(rows)
    targets = features @ rng.normal(size=(columns, tasks)) + 3 * rng.normal(size=(rows, tasks))
    byhand = [evidence_by_hand(features, column) for column in targets.T]
    assert logme(features, targets=targets) == pytest.approx(np.mean(byhand), rel=1e-6)
    assert logme(features, targets=targets[:, 0]) == pytest.approx(byhand[0], rel=1e-6)
    assert logme(features, targets=targets[:, 0].tolist()) == pytest.approx(byhand[0], rel=1e-6)


def test_numbers_as_labels_are_classes_unless_they_are_given_as_targets() -> None:
    features, labels = example(60, 4, 3, seed=0)
    renamed = np.array([5.0, -1.0, 70.0])[labels]
    assert logme(features, renamed) == pytest.approx(logme(features, labels), rel=1e-12)
    assert logme(features, targets=renamed) != pytest.approx(logme(features, targets=labels), rel=1e-3)
    onehot = np.eye(3)[labels]
    assert logme(features, targets=onehot) == pytest.approx(logme(features, labels), rel=1e-12)


def test_scaling_a_target_shifts_its_evidence_by_the_logarithm() -> None:
    features, labels = example(50, 4, 2, seed=0)
    before = logme(features, targets=labels + 0.5)
    assert logme(features, targets=1000 * (labels + 0.5)) == pytest.approx(before - np.log(1000), rel=1e-9)


@pytest.mark.parametrize("size", [1e160, 1e200, 1e-170, 1e-200, 1e-310])
def test_targets_of_any_size_have_their_evidence(size: float) -> None:
    features, _ = example(50, 4, 2, seed=0)
    target = features[:, 0] + np.random.default_rng(0).normal(size=50)
    # Beside a column of common size, each column has the unit it needs.
    both = np.column_stack([target, size * target])
    expected = logme(features, targets=target) - np.log(size) / 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert logme(features, targets=both) == pytest.approx(expected, rel=1e-9)


def test_series_of_targets_are_one_column() -> None:
    features, _ = example(40, 3, 2, seed=0)
    target = np.random.default_rng(1).normal(size=40)
    expected = logme(features, targets=target)
    assert logme(features, targets=pd.Series(target, index=range(3, 43))) == expected
    assert logme(features, targets=torch.tensor(target)) == expected
    assert logme(features, targets=tuple(target)) == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Neither of labels and targets"),
        ({"labels": [0, 1] * 6, "targets": np.ones(12)}, "Both of labels and targets"),
        ({"targets": np.ones(11)}, "12 rows of features but 11 rows of targets"),
        ({"targets": np.zeros((12, 2))}, "Column 0 of the targets is zero"),
        ({"targets": 1.0}, r"targets have shape \(\), expected"),
        ({"targets": np.ma.masked_equal(np.arange(12), 3)}, "masked"),
        ({"targets": ["a"] * 12}, "targets are not numbers"),
        ({"targets": [[1.0]] * 11 + [[float("nan")]]}, "targets hold 1 value .* row 11"),
        ({"targets": np.ones((12, 2, 2))}, "targets have shape"),
    ],
)
def test_targets_that_cannot_be_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(SimilarityError, match=words):
        logme(np.random.default_rng(0).normal(size=(12, 3)), **options)  # type: ignore[arg-type]


def test_a_label_hidden_in_a_tiny_feature_is_found() -> None:
    # The square of this feature is lost beside those of the others, the feature is not.
    labels = np.arange(40) % 2
    rng = np.random.default_rng(0)
    features = np.column_stack([1e-9 * labels, 1e-9 * (1 - labels), rng.normal(size=(40, 3))])
    with pytest.warns(RuntimeWarning, match="exact linear function"):
        assert logme(features, labels) == math.inf


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_tall_features_and_their_wide_copy_agree(seed: int) -> None:
    # Empty columns turn the small square from features to rows, and change nothing.
    features, labels = example(30, 5, 3, seed)
    wide = np.hstack([features, np.zeros((30, 40))])
    assert logme(wide, labels) == pytest.approx(logme(features, labels), rel=1e-8)
