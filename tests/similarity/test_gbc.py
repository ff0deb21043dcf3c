"""GBC against overlaps that are integrated numerically, and by what must not change it."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from tlkit.errors import SimilarityError
from tlkit.similarity import gbc


def test_it_is_minus_the_integral_of_the_root_of_both_densities() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(30) % 3
    features = rng.normal(size=(30, 2)) * [1, 2] + labels[:, None] * [1.5, 0.5]

    def overlap(one: int, two: int) -> float:
        product = 1.0
        for column in range(2):
            a, b = features[labels == one, column], features[labels == two, column]

            def root(x: float, a: Any = a, b: Any = b) -> float:
                densities = stats.norm.pdf(x, [a.mean(), b.mean()], [a.std(), b.std()])
                return float(np.sqrt(densities.prod()))

            product *= integrate.quad(root, -30, 30, limit=200, points=[0])[0]
        return product

    expected = -sum(overlap(one, two) for one, two in permutations(range(3), 2))
    assert gbc(features, labels) == pytest.approx(expected, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 6))
def test_it_is_the_formula_pair_by_pair(seed: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.permutation([0, 1, 2, *rng.integers(3, size=9)])
    features = rng.normal(size=(12, columns)) + labels[:, None] / 2
    for covariance in ("diagonal", "spherical"):
        total = 0.0
        for one, two in permutations(range(3), 2):
            a, b = features[labels == one], features[labels == two]
            va, vb = np.maximum(a.var(axis=0), 1e-4), np.maximum(b.var(axis=0), 1e-4)
            if covariance == "spherical":
                va, vb = va.mean(keepdims=True), vb.mean(keepdims=True)
            middle = (va + vb) / 2
            distance = ((a.mean(axis=0) - b.mean(axis=0)) ** 2 / middle).sum() / 8
            distance += 0.5 * np.log(middle / np.sqrt(va * vb)).sum()
            total += np.exp(-distance)
        assert gbc(features, labels, covariance=covariance) == pytest.approx(-total, rel=1e-9, abs=1e-300)  # type: ignore[arg-type]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_shift_order_and_names_do_not_matter_and_spheres_may_turn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, labels = rng.normal(size=(30, 4)), np.arange(30) % 3
    order, names = rng.permutation(30), np.array(["z", "x", "y"])[labels]
    assert gbc((features + 7)[order], names[order]) == pytest.approx(gbc(features, labels), rel=1e-9)
    rotation = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    assert gbc(features @ rotation, labels, covariance="spherical") == pytest.approx(
        gbc(features, labels, covariance="spherical"), rel=1e-9
    )


def test_equal_classes_overlap_wholly_and_far_ones_not_at_all() -> None:
    features = np.random.default_rng(0).normal(size=(8, 3))
    thrice = np.vstack([features, features, features])
    assert gbc(thrice, np.repeat([0, 1, 2], 8)) == pytest.approx(-6, rel=1e-12)
    assert gbc(np.vstack([features, features + 1000]), np.repeat([0, 1], 8)) == 0


def test_single_items_and_constant_features_have_the_least_variance() -> None:
    # Two points a distance 0.02 apart: exp(-(0.02² / 1e-4) / 8) each way.
    assert gbc([[0.0], [0.02]], ["a", "b"]) == pytest.approx(-2 * np.exp(-0.5), rel=1e-12)
    assert gbc(np.ones((4, 2)), [0, 0, 1, 1]) == pytest.approx(-2, rel=1e-12)


def test_an_unknown_covariance_is_refused() -> None:
    with pytest.raises(SimilarityError, match="'full', expected 'diagonal' or 'spherical'"):
        gbc(np.eye(4), [0, 0, 1, 1], covariance="full")  # type: ignore[arg-type]
