"""The Fréchet distance against its closed form on known covariances and by identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from tlkit.errors import SimilarityError
from tlkit.similarity import frechet
from tlkit.similarity.moments import Moments


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 6))
def test_it_is_the_formula_with_a_general_matrix_root(seed: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(30, columns)) @ rng.normal(size=(columns, columns))
    b = rng.normal(size=(25, columns)) @ rng.normal(size=(columns, columns)) + rng.normal(size=columns)
    one, two = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    gap = a.mean(axis=0) - b.mean(axis=0)
    expected = gap @ gap + np.trace(one + two - 2 * np.real(linalg.sqrtm(one @ two)))
    assert frechet(a, b) == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert frechet(b, a) == pytest.approx(frechet(a, b), rel=1e-7, abs=1e-7)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 40), scale=st.floats(1e-3, 1e3))
def test_itself_shift_and_scale(seed: int, columns: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    a, shift = rng.normal(size=(10, columns)), rng.normal(size=columns)
    spread = float(np.trace(np.atleast_2d(np.cov(a, rowvar=False))))
    assert 0 <= frechet(a, a) <= 1e-6 * spread
    assert frechet(a, a + shift) == pytest.approx(shift @ shift, rel=1e-6, abs=1e-6 * spread)
    # Scaling by s about the mean: (1 - s)^2 of the spread.
    centred = a - a.mean(axis=0)
    assert frechet(centred, scale * centred) == pytest.approx(
        (1 - scale) ** 2 * spread, rel=1e-4, abs=1e-5 * spread
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 12), others=st.integers(2, 90))
def test_more_features_than_rows(seed: int, rows: int, others: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(rows, 40)), 2 * rng.normal(size=(others, 40)) + 0.5
    gap = a.mean(axis=0) - b.mean(axis=0)
    one, two = (x - x.mean(axis=0) for x in (a, b))
    # The trace of the root of a product is the sum of singular values of one sample times the other.
    overlap = linalg.svdvals(one @ two.T).sum() / np.sqrt((rows - 1) * (others - 1))
    spread = (one**2).sum() / (rows - 1) + (two**2).sum() / (others - 1)
    assert frechet(a, b) == pytest.approx(gap @ gap + spread - 2 * overlap, rel=1e-6)


def test_constant_columns_and_less_than_full_rank() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(50, 3)), 2 * rng.normal(size=(60, 3)) + 1
    padded = [np.hstack([x, np.full((len(x), 2), 7.0), x[:, :1]]) for x in (a, b)]
    # A column given twice is one column √2 times as large.
    longer = [x * [2**0.5, 1, 1] for x in (a, b)]
    assert frechet(*padded) == pytest.approx(frechet(*longer), rel=1e-6)
    assert frechet(np.ones((5, 2)), np.full((9, 2), 4.0)) == pytest.approx(18)


@pytest.mark.parametrize(("copies", "others"), [(12, 12), (2, 12), (2, 3)])
def test_close_samples_of_less_than_full_rank_keep_their_digits(copies: int, others: int) -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(25, 10)) @ rng.normal(size=(10, 100))
    a -= a.mean(axis=0)
    # Copies of rows: as many as are wanted, of one shape.
    one, two = np.tile(a, (copies, 1)), 1.001 * np.tile(a, (others, 1))
    spreads = [float((x**2).sum()) / (len(x) - 1) for x in (one, two)]
    expected = (spreads[0] ** 0.5 - spreads[1] ** 0.5) ** 2
    assert frechet(one, two) == pytest.approx(expected, rel=1e-7)
    assert frechet(two, one) == pytest.approx(expected, rel=1e-7)


def test_a_sample_of_less_than_full_rank_beside_one_of_full_rank_keeps_its_digits() -> None:
    rng = np.random.default_rng(1)
    b = rng.normal(size=(300, 60))
    a = b @ np.linalg.qr(rng.normal(size=(60, 60)))[0] @ np.diag([1.0] * 5 + [0.0] * 55)
    a = a @ np.linalg.qr(rng.normal(size=(60, 60)))[0]
    one, two = (x - x.mean(axis=0) for x in (a, b))
    overlap = linalg.svdvals(one @ two.T).sum() / 299
    expected = ((a - b).mean(axis=0) ** 2).sum() + ((one**2).sum() + (two**2).sum()) / 299 - 2 * overlap
    assert frechet(a, b) == pytest.approx(expected, rel=1e-10)
    assert frechet(b, a) == pytest.approx(expected, rel=1e-10)


def test_moments_of_batches_give_the_same() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(50, 4)), rng.normal(size=(30, 4)) * 3 + 100
    moments = Moments()
    for start in range(0, 30, 7):
        moments.update(b[start : start + 7])
    assert frechet(a, moments) == pytest.approx(frechet(a, b), rel=1e-9)
    assert frechet(moments, a) == pytest.approx(frechet(a, b), rel=1e-9)
    assert frechet(moments, moments) == pytest.approx(0, abs=1e-6)
    with pytest.raises(SimilarityError, match="3 features and b has 4"):
        frechet(a[:, :3], moments)
    with pytest.raises(SimilarityError, match="at least"):
        frechet(a, Moments())


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(SimilarityError, match="3 features and b has 2"):
        frechet(np.eye(3), np.eye(2))
    with pytest.raises(SimilarityError, match="not a finite number"):
        frechet(np.eye(3) * np.nan, np.eye(3))
    with pytest.raises(SimilarityError, match="too large"):
        frechet(1e200 * np.eye(3), np.eye(3))
    assert frechet(1e150 * np.eye(3), 1e150 * np.eye(3)) <= 1e-6 * 1e300
