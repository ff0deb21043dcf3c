"""Every score refuses what it cannot compute with, and takes every kind of number and label."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tlkit.errors import SimilarityError
from tlkit.similarity import (
    cka,
    frechet,
    gbc,
    h_score,
    knn,
    leep,
    linear_probe,
    logme,
    nleep,
    proxy_a_distance,
    transrate,
)

RNG = np.random.default_rng(0)
LABELS = np.arange(12) % 3
FEATURES = RNG.normal(size=(12, 4)) + LABELS[:, None]


def shrunk(x: Any, y: Any) -> float:
    return h_score(x, y, shrinkage=True)


def spherical(x: Any, y: Any) -> float:
    return gbc(x, y, covariance="spherical")


SCORES: list[Callable[[Any, Any], float]] = [
    logme,
    knn,
    h_score,
    shrunk,
    transrate,
    gbc,
    spherical,
    nleep,
    linear_probe,
]
LABELLED: list[Callable[[Any, Any], float]] = [*SCORES, lambda x, y: leep(softmax(np.asarray(x)), y)]
SAMPLES: list[Callable[[Any, Any], float]] = [frechet, proxy_a_distance]


def softmax(x: Any) -> Any:
    powers = np.exp(x)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("score", LABELLED)
@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0] * 12, "one class"),
        (LABELS[:11], "12 rows of features but 11"),
        (np.eye(3)[LABELS], "argmax"),
        ([None, *LABELS[1:]], "row 0 is missing"),
        ([float("nan"), *LABELS[1:]], "row 0 is missing"),
        ([[1, 2], *LABELS[1:]], "cannot name a class"),
        ("abcabcabcabc", "one text"),
        (None, "no labels. Give one label per row|Neither of labels and targets"),
        (3, "labels are 3, .* Give one label per row"),
        (np.array(3.0), r"shape \(\), .* Give one label per row"),
        (torch.tensor(3), r"shape \(\), .* Give one label per row"),
        (dict.fromkeys(range(12), 1), "labels are a dict, .* Give one label per row"),
        (set(range(12)), "labels are a set"),
        (pd.Series([0, 1, pd.NA] * 4, dtype="Int64"), "row 2 is missing"),
        (np.ma.masked_equal(LABELS, 2), "row 2 is missing"),
        ([torch.ones(2), *LABELS[1:]], "row 0 is tensor.* cannot name a class"),
        ([np.ones(2), *LABELS[1:]], "row 0 is array.* cannot name a class"),
        (pd.DataFrame(np.eye(12)), "argmax"),
    ],
)
def test_wrong_labels(score: Callable[[Any, Any], float], labels: Any, words: str) -> None:
    with pytest.raises(SimilarityError, match=words):
        score(FEATURES, labels)


@pytest.mark.parametrize("score", [*SCORES, leep])
@pytest.mark.parametrize(
    ("features", "words"),
    [
        (np.where(np.eye(12, 4), np.nan, FEATURES), r"4 values .* row 0"),
        (np.where(np.eye(12, 4)[::-1], np.inf, FEATURES), r"4 values .* row 8"),
        (FEATURES[:, 0], "expected \\(n, d\\)"),
        (FEATURES[:, :0], "no columns"),
        (FEATURES[:1], "1 row, at least 2"),
        ([["a"], ["b"]], "not numbers"),
        ([[1], [2, 3]], "not numbers"),
        (FEATURES * 1j, "complex"),
        (torch.tensor(FEATURES * 1j), "complex"),
        ([["1", "2"]] * 12, "texts"),
        (np.array([["1", "2"]] * 12, dtype=object), "texts"),
        (np.full((12, 2), "2020-01-01", dtype="datetime64[D]"), "datetime64"),
        (np.ma.masked_less(FEATURES, 0), "masked"),
        ([[10**400, 1]] * 12, "not numbers"),
    ],
)
def test_wrong_features(score: Callable[[Any, Any], float], features: Any, words: str) -> None:
    with pytest.raises(SimilarityError, match=words):
        score(features, LABELS)


@pytest.mark.parametrize("distance", SAMPLES)
def test_samples_of_other_widths(distance: Callable[[Any, Any], float]) -> None:
    with pytest.raises(SimilarityError, match="4 features and b has 3"):
        distance(FEATURES, FEATURES[:, :3])


@pytest.mark.parametrize("score", LABELLED)
def test_any_labels_and_any_numbers(score: Callable[[Any, Any], float]) -> None:
    expected = score(FEATURES, LABELS)
    for labels in (
        LABELS.tolist(),
        LABELS[:, None],
        LABELS[:, None].tolist(),
        LABELS * 10 - 7,  # ids with gaps
        LABELS.astype(np.float32),
        np.array(["x", "y", "z"])[LABELS],
        [("a", 1), ("b", 2), ("c", 3)] * 4,
        [frozenset([one]) for one in LABELS.tolist()],
        list(torch.tensor(LABELS)),
        [one.to(torch.bfloat16) for one in torch.tensor(LABELS)[:, None]],
        list(LABELS[:, None]),
        pd.Series(LABELS, index=range(5, 17), dtype="Int64"),
        pd.DataFrame({"class": LABELS}),
    ):
        assert score(FEATURES, labels) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("score", SCORES)
def test_torch_tensors_and_half_precision(score: Callable[[Any, Any], float]) -> None:
    tensor = torch.tensor(FEATURES, requires_grad=True)
    assert score(tensor, torch.tensor(LABELS)) == score(FEATURES, LABELS)
    half = FEATURES.astype(np.float16)
    assert score(half, LABELS) == score(half.astype(np.float64), LABELS)
    assert np.isfinite(score(tensor.to(torch.bfloat16), LABELS))


@pytest.mark.parametrize("score", SCORES)
def test_inputs_stay_as_they_were(score: Callable[[Any, Any], float]) -> None:
    features, labels = FEATURES.copy(), LABELS.copy()
    score(features, labels)
    np.testing.assert_array_equal(features, FEATURES)
    np.testing.assert_array_equal(labels, LABELS)


@pytest.mark.parametrize("score", SCORES)
def test_hard_shapes_give_a_number(score: Callable[[Any, Any], float]) -> None:
    rng = np.random.default_rng(0)
    for features, labels in [
        (np.ones((12, 4)), LABELS),
        (np.full((12, 3), 0.1), LABELS),
        (np.zeros((12, 2)), LABELS),
        (rng.normal(size=(12, 40)), LABELS),  # more features than rows
        (FEATURES, [0, 1, *[2] * 10]),  # singleton classes
        (FEATURES, range(12)),
        (FEATURES[:2], [0, 1]),
        (FEATURES[:, :1], LABELS),
        (np.hstack([FEATURES, FEATURES, np.zeros((12, 1))]), LABELS),
        (np.repeat(FEATURES[:4], 3, axis=0), LABELS),
        (FEATURES * 1e6, LABELS),
        (FEATURES * 1e-6, LABELS),
        (FEATURES + 1e7, LABELS),
    ]:
        assert np.isfinite(score(features, labels))


@pytest.mark.parametrize("score", [logme, knn, h_score, shrunk, nleep, linear_probe])
@pytest.mark.parametrize("power", [-600, -300, 300, 600])
def test_no_size_of_features_changes_a_score_without_a_scale(
    score: Callable[[Any, Any], float], power: int
) -> None:
    assert score(np.ldexp(FEATURES, power), LABELS) == pytest.approx(score(FEATURES, LABELS), rel=1e-9)


@pytest.mark.parametrize("score", [transrate, gbc, spherical])
def test_features_too_large_for_a_score_with_a_scale_are_refused(score: Callable[[Any, Any], float]) -> None:
    with pytest.raises(SimilarityError, match="squares are no numbers"):
        score(np.ldexp(FEATURES, 600), LABELS)
    assert np.isfinite(score(np.ldexp(FEATURES, -600), LABELS))


@pytest.mark.parametrize("score", SCORES)
def test_single_precision_is_that_of_the_same_numbers_in_double(score: Callable[[Any, Any], float]) -> None:
    single = FEATURES.astype(np.float32)
    expected = score(single.astype(np.float64), LABELS)
    assert score(single, LABELS) == expected
    assert score(torch.tensor(single), LABELS) == expected
    assert score(single.tolist(), LABELS.tolist()) == expected


def test_exact_numbers_of_other_kinds_are_numbers() -> None:
    exact = [[Fraction(one) for one in row] for row in FEATURES.tolist()]
    assert knn(exact, LABELS) == knn(FEATURES, LABELS)
    assert knn(np.ma.array(FEATURES), LABELS) == knn(pd.DataFrame(FEATURES), LABELS) == knn(FEATURES, LABELS)


def test_constant_features_give_a_number() -> None:
    ones = np.ones((12, 4))
    assert np.isfinite(logme(ones, LABELS))
    assert 0 <= knn(ones, LABELS) <= 1
    assert frechet(ones, ones) == 0
    with pytest.raises(SimilarityError):
        cka(ones, ones)
