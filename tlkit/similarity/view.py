"""View: rows as one network sees them; what several scores need is computed once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.similarity.checks import Matrix
from tlkit.similarity.neighbours import Neighbours, neighbours
from tlkit.similarity.pairwise import squared_distances
from tlkit.similarity.resample import Rows
from tlkit.similarity.spectrum import Spectrum


class View:
    """Rows as one network sees them.

    Nothing here looks at labels, so the same view serves true and shuffled ones.

    Parameters
    ----------
    features
        (n, d).
    probabilities
        (n, classes of the source), or None without a source head.

    Examples
    --------
    >>> view = View(np.array([[0.0], [1.0], [5.0]]))
    >>> float(view.squared[0, 2]), float(view.at(np.array([0, 2])).squared[0, 1])
    (25.0, 25.0)
    """

    def __init__(self, features: Matrix, probabilities: NDArray[Any] | None = None) -> None:
        self.features, self.probabilities = features, probabilities
        self._whole: tuple[View, Rows] | None = None

    def at(self, rows: Rows) -> View:
        """Return the view of some rows; distances are taken from the whole."""
        part = View(self.features[rows], None if self.probabilities is None else self.probabilities[rows])
        part._whole = self, rows
        return part

    @cached_property
    def spectrum(self) -> Spectrum:
        """The features' decompositions, for LogME, the H-scores and TransRate."""
        return Spectrum(self.features)

    @cached_property
    def squared(self) -> Matrix:
        """(n, n) squared Euclidean distances."""
        if self._whole is None:
            return squared_distances(self.features, self.features)
        whole, rows = self._whole
        return whole.squared[np.ix_(rows, rows)]

    @cached_property
    def neighbours(self) -> Neighbours:
        """The nearest other of every row, by the same computation as `knn`."""
        return neighbours(self.features, 1, self.squared)

    @cached_property
    def source_labels(self) -> NDArray[np.intp]:
        """(n,) the source class that the network finds likeliest; there must be a source head."""
        assert self.probabilities is not None
        return np.asarray(self.probabilities.argmax(axis=1))
