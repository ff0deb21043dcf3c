"""Squared distances by differences."""

from __future__ import annotations

import numpy as np

from tlkit.similarity.pairwise import squared_distances


def test_they_are_those_of_the_differences_also_far_from_zero() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(7, 3)), 2 * rng.normal(size=(5, 3))
    expected = ((a[:, None] - b) ** 2).sum(axis=2)
    np.testing.assert_allclose(squared_distances(a, b), expected, rtol=1e-12)
    np.testing.assert_allclose(squared_distances(a + 1e6, b + 1e6), expected, rtol=1e-6)
    np.testing.assert_array_equal(np.diag(squared_distances(a, a)) < 1e-12, True)
    assert (squared_distances(a + 1e6, a + 1e6) >= 0).all()
