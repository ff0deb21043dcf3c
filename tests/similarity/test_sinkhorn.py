"""Entropic transport: its optimality conditions, its limits, and POT's own solver."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit.similarity.optimal_transport import solvers
from tlkit.similarity.sinkhorn import of_itself, sinkhorn


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 8),
    columns=st.integers(1, 8),
    share=st.sampled_from([0.02, 0.3, 50.0]),
    scale=st.sampled_from([1e-30, 1.0, 1e30]),
)
def test_the_plan_is_optimal(seed: int, rows: int, columns: int, share: float, scale: float) -> None:
    cost = scale * (1 + np.random.default_rng(seed).random((rows, columns)))
    epsilon = share * scale
    value, plan = sinkhorn(cost, epsilon)
    assert plan.sum(axis=0) == pytest.approx(np.full(columns, 1 / columns), rel=1e-3)
    assert plan.sum(axis=1) == pytest.approx(np.full(rows, 1 / rows), rel=1e-3)
    # log P = (f + g - C) / eps: what is left of a row and a column is nothing.
    left = np.log(np.maximum(plan, 1e-300)) + cost / epsilon
    left = left - left[:1]
    assert left == pytest.approx(np.repeat(left[:, :1], columns, axis=1), abs=1e-6)
    divergence = float((plan * np.log(np.maximum(plan * rows * columns, 1e-300))).sum())
    assert value == pytest.approx(float((plan * cost).sum()) + epsilon * divergence, rel=1e-4)


@pytest.mark.parametrize("epsilon", [0.1, 1.0])
def test_another_solver_agrees(epsilon: float) -> None:
    rng = np.random.default_rng(0)
    cost = solvers().dist(rng.normal(size=(12, 2)), rng.normal(size=(9, 2)) + 1)
    value, plan = sinkhorn(cost, epsilon)
    expected = solvers().bregman.sinkhorn_log(
        np.full(12, 1 / 12), np.full(9, 1 / 9), cost, epsilon, numItermax=5000, stopThr=1e-9
    )
    assert plan == pytest.approx(expected, abs=1e-5)
    divergence = float((expected * np.log(np.maximum(expected * 108, 1e-300))).sum())
    assert value == pytest.approx(float((expected * cost).sum()) + epsilon * divergence, rel=1e-5)


def test_of_itself_is_the_same_with_one_potential() -> None:
    rows = np.random.default_rng(1).normal(size=(15, 2))
    cost = solvers().dist(rows, rows)
    for epsilon in (0.3, 3.0, 300.0):
        assert of_itself(cost, epsilon) == pytest.approx(sinkhorn(cost, epsilon)[0], rel=1e-5)


def test_nearly_equal_plans_settle_too() -> None:
    # Without Newton's steps this takes a million of Sinkhorn's: to and fro cost all but the same.
    cost = np.array([[0.0, 1.0, 5.0], [1.0, 2.0 + 1e-3, 5.0], [9.0, 9.0, 0.0], [8.0, 9.0, 0.1]])
    for epsilon in (0.05, 0.01, 0.002):
        value, plan = sinkhorn(cost, epsilon)
        assert plan.sum(axis=1) == pytest.approx(np.full(4, 1 / 4), rel=1e-4)
        exact = solvers().emd2(np.full(4, 1 / 4), np.full(3, 1 / 3), cost)
        assert exact <= value <= exact + epsilon * np.log(4)


def test_limits() -> None:
    cost = np.array([[0.0, 4.0, 9.0], [1.0, 1.0, 4.0]])
    assert sinkhorn(cost, 1e9)[0] == pytest.approx(cost.mean(), rel=1e-6)
    exact = solvers().emd2(np.full(2, 1 / 2), np.full(3, 1 / 3), cost)
    value, plan = sinkhorn(cost, 0.01)
    assert float((plan * cost).sum()) == pytest.approx(exact, rel=1e-4)
    assert exact <= value <= exact + 0.01 * np.log(3)
