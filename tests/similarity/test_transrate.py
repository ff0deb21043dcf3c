"""TransRate by the determinants of its definition, and by what must not change it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tlkit.errors import SimilarityError
from tlkit.similarity import Moments, transrate

Array = NDArray[np.float64]


def coding_rate(rows: Array) -> float:
    n, d = rows.shape
    return float(np.linalg.slogdet(np.eye(d) + rows.T @ rows / (n * 1e-4))[1]) / 2


def by_definition(features: Array, labels: NDArray[np.int64]) -> float:
    centred = features - features.mean(axis=0)
    parts = [coding_rate(centred[labels == one]) for one in np.unique(labels)]
    return coding_rate(centred) - float(np.mean(parts))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(4, 60),
    columns=st.integers(1, 40),
    scale=st.floats(1e-3, 10),
    seed=st.integers(0, 2**32 - 1),
)
def test_it_is_the_definition(rows: int, columns: int, scale: float, seed: int) -> None:
    # Classes of any size, single items among them, smaller and larger than the number of features.
    rng = np.random.default_rng(seed)
    labels = rng.permutation([0, 1, *rng.integers(4, size=rows - 2)])
    features = scale * (rng.normal(size=(rows, columns)) + labels[:, None] + 5)
    assert transrate(features, labels) == pytest.approx(by_definition(features, labels), rel=1e-8, abs=1e-8)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_rotation_shift_order_and_names_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, labels = rng.normal(size=(30, 5)), np.arange(30) % 3
    rotation = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    order = rng.permutation(30)
    names = np.array(["z", "x", "y"])[labels]
    after = transrate((features @ rotation + 50)[order], names[order])
    assert after == pytest.approx(transrate(features, labels), rel=1e-9)


def test_in_one_dimension_it_can_be_written_down() -> None:
    # Around the mean 0: all have variance 5, the classes 1 and 9.
    expected = 0.5 * np.log1p(5 / 1e-4) - 0.25 * (np.log1p(1 / 1e-4) + np.log1p(9 / 1e-4))
    assert transrate([[-1.0], [1.0], [-3.0], [3.0]], [0, 0, 1, 1]) == pytest.approx(expected, rel=1e-12)


def test_huge_features_keep_their_small_directions() -> None:
    # Orthogonal columns of sizes 1e8 and 1: the rate is the sum over the columns.
    big, small = np.array([1.0, -1, 1, -1]), np.array([1.0, 1, -1, -1])
    features = np.column_stack([1e8 * big + small, -1e8 * big + small])
    labels = [0, 1, 0, 1]
    whole = 0.5 * (np.log1p(2e16 / 1e-4) + np.log1p(2 / 1e-4))
    assert transrate(features, labels) == pytest.approx(whole - whole, abs=1e-3)
    opposite = [0, 0, 1, 1]
    assert transrate(features, opposite) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("shape", [(30, 5), (6, 12)])
def test_features_of_very_different_sizes_keep_theirs(shape: tuple[int, int]) -> None:
    # Orthogonal columns (or none left): the determinant is a product, whatever the sizes.
    rng = np.random.default_rng(0)
    rows, columns = shape
    base = np.linalg.qr(np.column_stack([np.ones(rows), rng.normal(size=(rows, min(shape) - 1))]))[0][:, 1:]
    sizes = np.geomspace(1e-6, 1e9, base.shape[1])
    features = (base * sizes) @ np.linalg.qr(rng.normal(size=(columns, base.shape[1])))[0].T
    labels = np.arange(rows)  # a class for each row
    whole = 0.5 * np.log1p(sizes**2 / (rows * 1e-4)).sum()
    classes = 0.5 * np.log1p(((base * sizes) ** 2).sum(axis=1) / 1e-4).mean()
    assert transrate(features, labels) == pytest.approx(whole - classes, rel=1e-6)


def test_moments_that_lost_the_digits_say_so() -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(6, 12)) * np.geomspace(1e-6, 1e9, 12), [0, 1] * 3
    with pytest.raises(SimilarityError, match="in place of moments"):
        transrate(Moments.of([(features, labels)], classwise=True))


def test_features_without_spread_have_no_rate() -> None:
    assert transrate(np.full((6, 3), 2.5), [0, 1] * 3) == 0
