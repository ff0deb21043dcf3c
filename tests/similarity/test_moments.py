"""Moments against numpy on all rows at once, whatever the batches, the order and the workers."""

from __future__ import annotations

import functools
import itertools
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tlkit.errors import SimilarityError
from tlkit.similarity import Moments, gbc, h_score, logme, transrate

Array = NDArray[np.float64]
SCORES: dict[str, Callable[..., float]] = {
    "logme": logme,
    "h_score": h_score,
    "shrunk h_score": lambda *a: h_score(*a, shrinkage=True),
    "transrate": transrate,
    "gbc": gbc,
    "spherical gbc": lambda *a: gbc(*a, covariance="spherical"),
}


def example(rows: int, columns: int, classes: int, seed: int) -> tuple[Array, NDArray[Any]]:
    rng = np.random.default_rng(seed)
    labels = np.array([f"class {one}" for one in range(classes)])[rng.permutation(np.arange(rows) % classes)]
    codes = np.unique(labels, return_inverse=True)[1]
    mixing = rng.normal(size=(columns, columns))
    return rng.normal(size=(rows, columns)) @ mixing + codes[:, None] + 3, labels


def cut(features: Array, labels: NDArray[Any], sizes: list[int]) -> list[tuple[Array, NDArray[Any]]]:
    edges = np.minimum(np.cumsum([0, *sizes, len(labels)]), len(labels))
    return [(features[a:b], labels[a:b]) for a, b in itertools.pairwise(edges)]


@settings(max_examples=40, deadline=None)
@given(
    columns=st.integers(1, 6),
    sizes=st.lists(st.integers(0, 9), max_size=6),
    workers=st.integers(1, 3),
    shift=st.sampled_from([0.0, 1e6]),
    seed=st.integers(0, 2**32 - 1),
)
def test_they_are_those_of_all_rows_at_once(
    columns: int, sizes: list[int], workers: int, shift: float, seed: int
) -> None:
    features, labels = example(40, columns, 3, seed)
    features += shift
    batches = cut(features, labels, sizes)
    found = functools.reduce(
        Moments.merge, [Moments.of(batches[one::workers], classwise=True) for one in range(workers)]
    )
    close = {"rtol": 1e-9, "atol": 1e-9 * (1 + shift)}
    assert found.rows == 40
    assert sorted(found.classes) == sorted(set(labels))
    np.testing.assert_allclose(found.mean, features.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance(), np.atleast_2d(np.cov(features, rowvar=False)), **close)
    np.testing.assert_allclose(found.covariance(ddof=0), found.covariance() * 39 / 40, rtol=1e-12)
    lengths = ((features - features.mean(axis=0)) ** 2).sum(axis=1)
    assert found.fourth == pytest.approx((lengths**2).sum(), rel=1e-6)
    for place, name in enumerate(found.classes):
        members = features[labels == name]
        assert found.counts[place] == len(members)
        np.testing.assert_allclose(found.class_means[place], members.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(found.class_variances[place], members.var(axis=0), **close)
        centred = members - members.mean(axis=0)
        np.testing.assert_allclose(found.class_scatters[place], centred.T @ centred, **close)


@pytest.mark.parametrize("name", SCORES)
@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(20, 60),
    columns=st.integers(1, 12),
    classes=st.integers(2, 4),
    sizes=st.lists(st.integers(1, 20), max_size=5),
    shift=st.sampled_from([0.0, 1e3, 1e6]),
    seed=st.integers(0, 2**32 - 1),
)
def test_scores_are_those_of_features_and_labels(
    name: str, rows: int, columns: int, classes: int, sizes: list[int], shift: float, seed: int
) -> None:
    features, labels = example(rows, columns, classes, seed)
    features += shift
    moments = Moments.of(cut(features, labels, sizes), classwise=True)
    score = SCORES[name]
    assert score(moments) == pytest.approx(score(features, labels), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", SCORES)
def test_scores_agree_on_constant_and_repeated_features_and_on_more_features_than_rows(name: str) -> None:
    features, labels = example(30, 4, 3, seed=1)
    score = SCORES[name]
    dead = np.hstack([features, np.zeros((30, 2)), np.full((30, 1), 0.1)])
    repeated = np.hstack([features, features[:, :2]])
    wide = example(10, 20, 2, seed=2)
    for x, y in ((dead, labels), (repeated, labels), wide):
        moments = Moments.of(cut(x, y, [3, 3]), classwise=True)
        assert score(moments) == pytest.approx(score(x, y), rel=1e-6, abs=1e-9)


def test_a_large_mean_costs_no_digits() -> None:
    # Exactly, in fractions: numbers beside a billion, as the sum of squares less the square of the sum
    # could not tell apart.
    values = [1e9 + one for one in (0.25, 0.5, 1.25, 4.0, 2.75, 0.0)]
    exact = [Fraction(one) for one in values]
    mean = sum(exact) / 6
    variance = float(sum((one - mean) ** 2 for one in exact) / 5)
    found = Moments()
    for one in values:
        found.update([[one]])
    assert found.covariance()[0, 0] == pytest.approx(variance, rel=1e-6)


def test_without_labels_there_are_means_and_covariances_but_no_scores() -> None:
    found = Moments()
    found.update(np.eye(3))
    assert found.classes == ()
    np.testing.assert_allclose(found.covariance(), np.cov(np.eye(3), rowvar=False))
    with pytest.raises(SimilarityError, match="no labels"):
        h_score(found)
    with pytest.raises(SimilarityError, match="with all of them or with none"):
        found.update(np.eye(3), [0, 1, 2])


def test_workers_send_them_pickled() -> None:
    features, labels = example(20, 3, 2, seed=0)
    whole = Moments.of([(features, labels)])
    parts = [pickle.loads(pickle.dumps(Moments.of([half]))) for half in cut(features, labels, [7])]
    assert h_score(parts[0].merge(parts[1])) == pytest.approx(h_score(whole), rel=1e-9)


def test_what_is_handed_out_is_a_copy() -> None:
    found = Moments.of([example(20, 3, 2, seed=0)], classwise=True)
    before = [score(found) for score in SCORES.values()]
    for one in (found.mean, found.counts, found.class_means, found.class_variances):
        one[:] = 7
    with pytest.raises(ValueError, match="read-only"):
        found.class_scatters[0][:] = 7
    assert [score(found) for score in SCORES.values()] == before


def test_what_does_not_fit_changes_nothing() -> None:
    found = Moments.of([(np.eye(3), [0, 1, 0])])
    before = found.covariance()
    for call, words in [
        (lambda: found.update(np.eye(2), [0, 1]), "2 features, those before had 3"),
        (lambda: found.update(np.full((2, 3), np.nan), [0, 1]), "not a finite number"),
        (lambda: found.update(np.eye(3), [0, 1]), "3 rows of features but 2"),
        (lambda: found.update(np.eye(3)), "have none"),
        (lambda: found.merge(Moments(classwise=True)), "same classwise"),
        (lambda: found.merge(np.eye(3)), "ndarray are no Moments"),  # type: ignore[arg-type]
    ]:
        with pytest.raises(SimilarityError, match=words):
            call()
    found.update(np.zeros((0, 3)), [])
    assert found.rows == 3
    np.testing.assert_array_equal(found.covariance(), before)


def test_scores_refuse_moments_that_do_not_suffice() -> None:
    with pytest.raises(SimilarityError, match="seen 0 rows"):
        gbc(Moments())
    with pytest.raises(SimilarityError, match="one class only, 'a'"):
        logme(Moments.of([(np.eye(3), ["a"] * 3)]))
    two = Moments.of([(np.eye(3), ["a", "a", "b"])])
    with pytest.raises(SimilarityError, match="classwise=True"):
        transrate(two)
    with pytest.raises(SimilarityError, match="hold their own"):
        h_score(two, ["a", "a", "b"])
    with pytest.raises(SimilarityError, match="hold their own"):
        logme(two, targets=[1.0, 2.0, 3.0])


def test_labels_that_are_all_but_exact_are_left_to_the_features() -> None:
    labels = np.arange(40) % 2
    features = np.column_stack([labels, 1 - labels, np.random.default_rng(0).normal(size=40)])
    with pytest.raises(SimilarityError, match="in place of moments"):
        logme(Moments.of([(features, labels)]))
