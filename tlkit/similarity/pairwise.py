"""Squared distances of all pairs of rows."""

from __future__ import annotations

import numpy as np

from tlkit.similarity.checks import Matrix


def squared_distances(a: Matrix, b: Matrix) -> Matrix:
    """Return the (n, m) squared Euclidean distances of the rows of two samples.

    Examples
    --------
    >>> squared_distances(np.array([[0.0], [1.0]]), np.array([[3.0]]))
    array([[9.],
           [4.]])
    """
    # By products, an order faster than by differences; around a common centre the squares are small, and their
    # differences exact to more digits.
    centre = b.mean(axis=0)
    one = a - centre
    two = one if a is b else b - centre
    found: Matrix = one @ two.T
    found *= -2
    found += np.einsum("ij,ij->i", one, one)[:, None]
    found += np.einsum("ij,ij->i", two, two)
    return np.maximum(found, 0, out=found)
