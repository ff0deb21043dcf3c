"""OTDD against a linear program with its cost written out, by identities, and where others break."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import linalg
from scipy.optimize import linprog

from tlkit.errors import SimilarityError
from tlkit.similarity import otdd
from tlkit.similarity.optimal_transport import solvers

Matrix = NDArray[np.float64]

# Covariances of few rows are singular, which scipy's general root says each time.
pytestmark = pytest.mark.filterwarnings("ignore:Matrix is singular")


def gaussians(x: Matrix, y: list[Any]) -> dict[Any, tuple[Matrix, Matrix]]:
    """Return mean and covariance of every class; one row has no spread."""
    found = {}
    for name in set(y):
        rows = x[[label == name for label in y]]
        spread = np.cov(rows, rowvar=False) if len(rows) > 1 else np.zeros((x.shape[1], x.shape[1]))
        found[name] = rows.mean(axis=0), np.atleast_2d(spread)
    return found


def written_out(xa: Matrix, ya: list[Any], xb: Matrix, yb: list[Any]) -> Matrix:
    """Return the ground cost of every pair of rows, with roots of matrices in general form."""
    ours, theirs = gaussians(xa, ya), gaussians(xb, yb)
    cost = np.empty((len(xa), len(xb)))
    for i, (x, y) in enumerate(zip(xa, ya, strict=True)):
        for j, (other, label) in enumerate(zip(xb, yb, strict=True)):
            (mean, one), (middle, two) = ours[y], theirs[label]
            root = np.real(linalg.sqrtm(one))
            across = np.real(linalg.sqrtm(root @ two @ root))
            classes = ((mean - middle) ** 2).sum() + np.trace(one + two - 2 * across)
            cost[i, j] = ((x - other) ** 2).sum() + classes
    return cost


def by_linear_program(cost: Matrix) -> float:
    rows, columns = cost.shape
    sums = [np.kron(np.eye(rows), np.ones(columns)), np.kron(np.ones(rows), np.eye(columns))]
    shares = np.concatenate([np.full(rows, 1 / rows), np.full(columns, 1 / columns)])
    return float(linprog(cost.ravel(), A_eq=np.vstack(sums), b_eq=shares, method="highs").fun)


def sets(seed: int, width: int = 3) -> tuple[Matrix, list[Any], Matrix, list[Any]]:
    """Return sets of unequal sizes and numbers of classes, each with a class of one row."""
    rng = np.random.default_rng(seed)
    ya, yb = ["a"] * 6 + ["b"] * 4 + ["c"], [0] * 5 + [1] * 2 + [2] * 4 + [3] + [4] * 2
    xa = rng.normal(size=(len(ya), width)) @ rng.normal(size=(width, width))
    return xa, ya, rng.normal(size=(len(yb), width)) + 1, yb


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), width=st.integers(2, 9))
def test_it_is_the_linear_program(seed: int, width: int) -> None:
    given = sets(seed, width)
    assert otdd(*given) == pytest.approx(by_linear_program(written_out(*given)), rel=1e-6)


def test_by_hand() -> None:
    # Classes N(0, 2) and N(10, 2) against N(0, 8) and N(10, 8): 1 for each row, (√8 - √2)² = 2 for its class.
    xa, xb = [[-1.0], [1.0], [9.0], [11.0]], [[-2.0], [2.0], [8.0], [12.0]]
    assert otdd(xa, [0, 0, 1, 1], xb, [0, 0, 1, 1]) == pytest.approx(3)
    # All spreads are 0: rows and classes move by 3 each.
    assert otdd([[0.0], [100.0]], [0, 1], [[3.0], [103.0]], [0, 1]) == pytest.approx(18)


def test_labels_count() -> None:
    x = np.array([[0.0], [1.0], [10.0], [11.0]])
    assert otdd(x, [0, 0, 1, 1], x, [5, 5, 7, 7]) == pytest.approx(0, abs=1e-12)
    assert otdd(x, [0, 0, 1, 1], x, [0, 1, 0, 1]) > 20


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-150, 0.5, 1e150]))
@pytest.mark.parametrize("share", [None, 0.5])
def test_identities(seed: int, scale: float, share: float | None) -> None:
    xa, ya, xb, yb = sets(seed)
    value = otdd(xa, ya, xb, yb, share)
    assert otdd(xa, ya, xa, ya, share) == pytest.approx(0, abs=1e-4 * value)
    assert otdd(xb, yb, xa, ya, share) == pytest.approx(value, rel=1e-5)
    assert otdd(xa + 9, ya, xb + 9, yb, share) == pytest.approx(value, rel=1e-5)
    order = np.random.default_rng(seed).permutation(len(ya))
    assert otdd(xa[order], [ya[row] for row in order], xb, yb, share) == pytest.approx(value, rel=1e-5)
    scaled = None if share is None else share * scale**2
    assert otdd(scale * xa, ya, scale * xb, yb, scaled) == pytest.approx(scale**2 * value, rel=1e-5)


def test_a_shift_of_everything_counts_twice_its_square() -> None:
    xa, ya, _, _ = sets(0)
    shift = np.array([3.0, 4.0, 0.0])
    # Once for the rows, once for the means of their classes; no plan is better than the shift.
    assert otdd(xa, ya, xa + shift, ya) == pytest.approx(2 * 25)


@pytest.mark.parametrize("epsilon", [3.0, 20.0])
def test_the_debiased_divergence_is_that_of_its_three_plans(epsilon: float) -> None:
    xa, ya, xb, yb = sets(4)

    def entropic(cost: Matrix) -> float:
        uniform = [np.full(size, 1 / size) for size in cost.shape]
        plan = solvers().bregman.sinkhorn_log(*uniform, cost, epsilon, numItermax=5000, stopThr=1e-9)
        return float((plan * cost).sum() + epsilon * (plan * np.log(plan * cost.size + 1e-300)).sum())

    expected = entropic(written_out(xa, ya, xb, yb))
    expected -= entropic(written_out(xa, ya, xa, ya)) / 2 + entropic(written_out(xb, yb, xb, yb)) / 2
    assert otdd(xa, ya, xb, yb, epsilon) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("epsilon", [None, 5.0])
def test_the_coupling_keeps_class_shares_and_names(epsilon: float | None) -> None:
    xa, ya, xb, yb = sets(2)
    value, moved = otdd(xa, ya, xb, yb, epsilon, coupling=True)
    assert value == otdd(xa, ya, xb, yb, epsilon)
    assert moved == moved != otdd(xa, ya, xb, yb, epsilon, coupling=True)[1]
    assert (moved.classes_a, moved.classes_b) == (("a", "b", "c"), (0, 1, 2, 3, 4))
    assert moved.matrix.sum() == pytest.approx(1, rel=1e-5)
    assert moved.matrix.sum(axis=1) == pytest.approx(np.array([6, 4, 1]) / 11, rel=1e-4)
    assert moved.matrix.sum(axis=0) == pytest.approx(np.array([5, 2, 4, 1, 2]) / 14, rel=1e-4)


def test_shuffled_class_names_are_found_again() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(4), 12)
    x = 20 * np.eye(4)[codes] + rng.normal(size=(48, 4))
    other = 20 * np.eye(4)[codes] + rng.normal(size=(48, 4))
    names = np.array(["d", "b", "a", "c"])
    _, moved = otdd(x, codes, other, names[codes][:, None], coupling=True)
    assert [moved.classes_b[row.argmax()] for row in moved.matrix] == names.tolist()


def test_names_of_several_kinds_and_tensors() -> None:
    xa, ya, xb, yb = sets(1)
    mixed: list[Any] = [{"a": 1, "b": (2, 3), "c": None}[name] or "none" for name in ya]
    assert otdd(xa, mixed, xb, yb) == otdd(xa, ya, xb, yb)
    tensors = torch.tensor(xa), mixed, torch.tensor(xb), torch.tensor(yb)
    assert otdd(*tensors) == otdd(xa, ya, xb, yb)


def test_of_larger_sets_rows_are_drawn() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(3, size=600)
    x = rng.normal(size=(600, 2)) + 3 * codes[:, None]
    assert otdd(x, codes, x, codes, rows=150) == pytest.approx(0, abs=1e-9)
    fewer = otdd(x, codes, x + 5, codes, rows=150, seed=1)
    assert fewer == otdd(x, codes, x + 5, codes, rows=150, seed=1) == pytest.approx(100, rel=1e-6)


def test_what_has_no_value_is_refused() -> None:
    xa, ya, xb, yb = sets(0)
    with pytest.raises(SimilarityError, match="one class only"):
        otdd(xa, ["a"] * 11, xb, yb)
    with pytest.raises(SimilarityError, match="3 features and b has 2"):
        otdd(xa, ya, xb[:, :2], yb)
    with pytest.raises(SimilarityError, match="11 rows of features but 10"):
        otdd(xa, ya[:-1], xb, yb)
    with pytest.raises(SimilarityError, match="not a finite number"):
        otdd(xa * np.nan, ya, xb, yb)
    with pytest.raises(SimilarityError, match="no labels of b"):
        otdd(xa, ya, xb, None)
    with pytest.raises(SimilarityError, match="shape"):
        otdd(None, ya, xb, yb)  # type: ignore[arg-type]
    with pytest.raises(SimilarityError, match="too large"):
        otdd(xa * 1e200, ya, xb, yb)
    for wrong in (0, -1.0, True, "much", float("nan")):
        with pytest.raises(SimilarityError, match="regularisation"):
            otdd(xa, ya, xb, yb, wrong)  # type: ignore[arg-type]
    with pytest.raises(SimilarityError, match="too little"):
        otdd(xa, ya, xb, yb, 1e-12)


def test_constant_features_are_no_distance() -> None:
    assert otdd(np.ones((4, 3)), [0, 0, 1, 1], np.ones((5, 3)), [0, 1, 1, 1, 0]) == 0
    assert otdd(np.ones((4, 3)), [0, 0, 1, 1], np.ones((5, 3)), [0, 1, 1, 1, 0], 0.1) == 0
