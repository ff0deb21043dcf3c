"""The Fréchet distance against its closed form on known covariances and by identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from tlkit.similarity import frechet


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
