"""Squares of features stand in for the features only where they have kept enough digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit.similarity import h_score, logme, transrate
from tlkit.similarity.h_score import captured, shrunk
from tlkit.similarity.logme import evidence
from tlkit.similarity.spectrum import Axes, Spectrum
from tlkit.similarity.transrate import rate


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 30), rank=st.integers(1, 30), seed=st.integers(0, 2**32 - 1))
def test_axes_are_those_of_the_eigenvectors(size: int, rank: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, vectors = rng.normal(size=(rank, size)), rng.normal(size=(size, 2))
    matrix = rows.T @ rows
    axes = Axes(matrix)
    values, directions = np.linalg.eigh(matrix)
    np.testing.assert_allclose(axes.values, values, atol=1e-10 * values[-1])
    parts = axes.along(vectors)
    # A function of the matrix, between the same vectors: vᵀ (A + 1)⁻¹ v.
    np.testing.assert_allclose(
        (parts**2 / (axes.values + 1)[:, None]).sum(axis=0),
        ((directions.T @ vectors) ** 2 / (values + 1)[:, None]).sum(axis=0),
        rtol=1e-8,
    )


@pytest.mark.parametrize("shape", [(60, 10), (20, 50)])
def test_one_spectrum_serves_every_score_and_any_labelling(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=shape) + 2
    spectrum = Spectrum(features)
    for _ in range(3):
        codes = rng.permutation(np.arange(len(features)) % 4)
        targets = np.eye(4)[codes]
        assert evidence(spectrum, targets).mean() == pytest.approx(logme(features, codes), rel=1e-12)
        assert captured(spectrum, codes) == pytest.approx(h_score(features, codes), rel=1e-12)
        assert shrunk(spectrum, codes) == pytest.approx(h_score(features, codes, shrinkage=True), rel=1e-12)
        assert rate(spectrum, codes) == pytest.approx(transrate(features, codes), rel=1e-12)


@pytest.mark.parametrize("smallest", [1e-2, 1e-4, 1e-6, 1e-8, 1e-11])
@pytest.mark.parametrize("shape", [(80, 12), (30, 40)])
@pytest.mark.parametrize("hidden", [0, 6, -1])
def test_a_poor_condition_costs_no_digits(smallest: float, shape: tuple[int, int], hidden: int) -> None:
    # Made from singular vectors and values that are known: the evidence over a fine net of t needs no features.
    rng = np.random.default_rng(1)
    rows, columns = shape
    left = np.linalg.qr(rng.normal(size=(rows, min(shape))))[0]
    values = np.geomspace(1, smallest, min(shape))
    features = (left * values) @ np.linalg.qr(rng.normal(size=(columns, min(shape))))[0].T
    target = left[:, hidden] + 0.1 * rng.normal(size=rows) / np.sqrt(rows)
    parts = left.T @ target
    outside = ((target - left @ parts) ** 2).sum() if rows > columns else 0.0
    best = 0.5 * np.log(rows / (target @ target))  # without the features
    for t in np.geomspace(1e-4 * smallest**2, 1e4, 40_000).reshape(40, 1000, 1):
        share = t / (t + values**2)
        heights = 0.5 * np.log(rows / (share @ parts**2 + outside)) + 0.5 * np.log(share).sum(axis=1) / rows
        best = max(best, heights.max())
    expected = best - 0.5 * np.log(2 * np.pi) - 0.5
    assert evidence(features, target[:, None])[0] == pytest.approx(expected, rel=1e-6, abs=1e-6)
