"""Sums, class sums and second moments of batches: what several scores need of a million rows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity import checks
from tlkit.similarity.checks import Codes, Matrix


class Moments:
    r"""Counts, means and second moments of features, updated batch by batch in constant memory.

    Batches are joined around their own means,

    .. math:: S = S_1 + S_2 + \frac{n_1 n_2}{n_1 + n_2} \delta \delta^T, \quad \delta = \mu_2 - \mu_1,

    class by class, so that a large mean costs no digits. `h_score`, `transrate`, `gbc` and `logme` take moments in
    place of features and labels, with the same result.

    Parameters
    ----------
    classwise
        Keep a (d, d) second moment of every class too, which `transrate` needs. Memory is then
        (classes + 1) d² numbers, otherwise d² + 2 · classes · d.

    Notes
    -----
    A square has twice the digits of a number: a direction in which features vary less than about a hundred
    thousandth as much as in others cannot be told from rounding and counts as constant.

    References
    ----------
    Chan, Golub, LeVeque: Algorithms for computing the sample variance. The American Statistician 37, 1983.

    Examples
    --------
    >>> moments = Moments()
    >>> for start in (0.0, 10.0):
    ...     moments.update([[start], [start + 2]], ["low" if start == 0 else "high"] * 2)
    >>> moments
    Moments(rows=4, width=1, classes=2)
    >>> moments.mean, moments.covariance(ddof=0), moments.class_means.ravel()
    (array([6.]), array([[26.]]), array([ 1., 11.]))
    """

    def __init__(self, *, classwise: bool = False) -> None:
        self.classwise = bool(classwise)
        self._known: dict[Hashable, int] = {}
        self._counts = np.zeros(0)
        self._means = self._squares = np.zeros((0, 0))
        self._within = np.zeros((0, 0))
        self._scatters: list[Matrix] = []
        self._fourth, self._third = 0.0, np.zeros(0)

    @classmethod
    def of(cls, batches: Iterable[tuple[Any, Any]], *, classwise: bool = False) -> Moments:
        """Return the moments of batches of features and labels, read once.

        Examples
        --------
        >>> Moments.of(([[float(one)], [one + 1.0]], [0, 1]) for one in range(3))
        Moments(rows=6, width=1, classes=2)
        """
        found = cls(classwise=classwise)
        for features, labels in batches:
            found.update(features, labels)
        return found

    def update(self, features: Any, labels: Any = None) -> None:
        """Add a batch.

        Parameters
        ----------
        features
            (b, d), any float type.
        labels
            (b,) hashable; None where only means and covariances of all rows are wanted.

        Raises
        ------
        SimilarityError
            Values that are not finite, another width than before, labels that do not fit, or batches with
            labels after batches without.
        """
        matrix = checks.features(features, least_rows=0)
        if not len(matrix):
            return
        checks.sized(matrix)
        one_class: tuple[Codes, list[Any]] = np.zeros(len(matrix), dtype=np.int64), [None]
        codes, known = one_class if labels is None else checks.coded(labels, len(matrix))
        self._join(_batch(matrix, codes, known, self.classwise))

    def merge(self, other: Moments) -> Moments:
        """Add what another worker has seen, and return self.

        Raises
        ------
        SimilarityError
            Another width, or only one of the two has labels or is `classwise`.

        Examples
        --------
        >>> Moments.of([([[0.0]], ["a"])]).merge(Moments.of([([[2.0]], ["b"])])).mean
        array([1.])
        """
        if not isinstance(other, Moments):
            raise SimilarityError(
                f"{type(other).__name__} are no Moments.", "Use update for features and labels."
            )
        if other.classwise != self.classwise:
            raise SimilarityError(
                "One of the two keeps second moments of classes, the other does not.",
                "Make both with the same classwise=.",
            )
        if other._known:
            self._join(other)
        return self

    @property
    def rows(self) -> int:
        """How many rows were seen."""
        return round(float(self._counts.sum()))

    @property
    def width(self) -> int:
        """d."""
        return int(self._means.shape[1])

    @property
    def classes(self) -> tuple[Hashable, ...]:
        """Labels in the order in which they were first seen; empty without labels."""
        return tuple(one for one in self._known if one is not None)

    @property
    def counts(self) -> Codes:
        """(classes,) rows of each class."""
        return self._counts.round().astype(np.int64)

    @property
    def mean(self) -> Matrix:
        """(d,)."""
        self._need(1)
        base = self._means[0]
        found: Matrix = base + self._counts @ (self._means - base) / self._counts.sum()
        return found

    @property
    def scatter(self) -> Matrix:
        """(d, d) sum of products of centred features."""
        self._need(1)
        groups = np.sqrt(self._counts)[:, None] * (self._means - self.mean)
        found: Matrix = self._within + groups.T @ groups
        return found

    def covariance(self, ddof: int = 1) -> Matrix:
        """Return the (d, d) covariance of all rows, with n - ddof in the denominator."""
        self._need(ddof + 1)
        found: Matrix = self.scatter / (self.rows - ddof)
        return found

    @property
    def class_means(self) -> Matrix:
        """(classes, d)."""
        return self._means.copy()

    @property
    def class_variances(self) -> Matrix:
        """(classes, d), with the class's number of rows in the denominator."""
        found: Matrix = self._squares / self._counts[:, None]
        return found

    @property
    def class_scatters(self) -> list[Matrix]:
        """(d, d) for each class, around its own mean, to be read only; kept only if `classwise`."""
        if not self.classwise:
            raise SimilarityError(
                "These moments hold no second moments of classes.",
                "Make them with Moments(classwise=True).",
            )
        found = [one.view() for one in self._scatters]  # as large as they are, not copied
        for one in found:
            one.flags.writeable = False
        return found

    @property
    def fourth(self) -> float:
        """Sum of the fourth powers of the rows' distances from the mean."""
        return self._fourth

    def __repr__(self) -> str:
        return f"Moments(rows={self.rows}, width={self.width}, classes={len(self.classes)})"

    def for_score(self, *labels: Any) -> Moments:
        """Return self if it has seen what a score of classes needs.

        Raises
        ------
        SimilarityError
            Labels were given beside moments, or fewer than two classes were seen.
        """
        if any(one is not None for one in labels):
            raise SimilarityError("Labels came beside moments, which hold their own.", "Give moments alone.")
        self._need(2)
        if len(self.classes) < 2:
            seen = f"one class only, {self.classes[0]!r}" if self.classes else "no labels"
            raise SimilarityError(
                f"The moments have seen {seen}.", "Give update labels of at least two classes."
            )
        return self

    def _need(self, rows: int) -> None:
        if self.rows < rows:
            raise SimilarityError(
                f"The moments have seen {self.rows} rows, at least {rows} are needed.",
                "Give them batches with update.",
            )

    def _join(self, other: Moments) -> None:
        if not self._known:
            self._means = self._squares = np.zeros((0, other.width))
            self._within, self._third = np.zeros((other.width, other.width)), np.zeros(other.width)
        if other.width != self.width:
            raise SimilarityError(
                f"This batch has {other.width} features, those before had {self.width}.",
                "Take all from the same layer of the same network.",
            )
        if self._known and (None in self._known) != (None in other._known):
            raise SimilarityError(
                "Some batches have labels and some have none.", "Give labels with all of them or with none."
            )
        self._join_spread(other)
        for label in other._known:
            if label not in self._known:
                self._add_class(label)
        places = np.array([self._known[label] for label in other._known])
        mine, theirs = self._counts[places], other._counts
        both = mine + theirs
        gaps = other._means - self._means[places]
        moved = np.sqrt(mine * theirs / both)[:, None] * gaps
        self._within += other._within + moved.T @ moved
        self._squares[places] += other._squares + moved**2
        for place, scatter, gap in zip(places, other._scatters, moved, strict=False):
            self._scatters[place] += scatter + np.outer(gap, gap)
        # The class's first rows bring their mean as it is.
        self._means[places] = np.where(
            mine[:, None] == 0, other._means, self._means[places] + (theirs / both)[:, None] * gaps
        )
        self._counts[places] = both

    def _join_spread(self, other: Moments) -> None:
        """Move third and fourth moments of both to the joint mean and add them."""
        if not self._known:
            self._fourth, self._third = other._fourth, other._third.copy()
            return
        joint = self.rows / (self.rows + other.rows)
        gap = other.mean - self.mean
        one, two = self._moved((1 - joint) * gap), other._moved(-joint * gap)
        self._fourth, self._third = one[0] + two[0], one[1] + two[1]

    def _moved(self, by: Matrix) -> tuple[float, Matrix]:
        """Return fourth and third moments around the mean plus `by`."""
        groups = np.sqrt(self._counts)[:, None] * (self._means - self.mean)
        across = self._within @ by + groups.T @ (groups @ by)
        total = float(self._squares.sum() + (groups**2).sum())
        length = float(by @ by)
        fourth = self._fourth + 4 * float(by @ across) + self.rows * length**2
        fourth += 2 * length * total - 4 * float(by @ self._third)
        return fourth, self._third - by * total - 2 * across - self.rows * length * by

    def _add_class(self, label: Hashable) -> None:
        self._known[label] = len(self._known)
        self._counts = np.append(self._counts, 0.0)
        empty = np.zeros((1, self.width))
        self._means, self._squares = np.vstack([self._means, empty]), np.vstack([self._squares, empty])
        if self.classwise:
            self._scatters.append(np.zeros((self.width, self.width)))


def _batch(matrix: Matrix, codes: Codes, known: list[Any], classwise: bool) -> Moments:
    """Return the moments of one batch; the only label of rows without labels is None."""
    found = Moments(classwise=classwise)
    found._known = {label: place for place, label in enumerate(known)}
    found._counts = np.bincount(codes, minlength=len(known)).astype(np.float64)
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(found._counts).astype(np.int64)
    inside = matrix[order]
    found._means = np.empty((len(known), matrix.shape[1]))
    for place, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        rows = inside[start:end]
        found._means[place] = rows.mean(axis=0)
        rows -= found._means[place]
        if classwise:
            found._scatters.append(rows.T @ rows)
    found._squares = np.add.reduceat(inside**2, [0, *ends[:-1]], axis=0)
    found._within = inside.T @ inside if not classwise else np.sum(found._scatters, axis=0)
    centred = matrix - found.mean
    lengths = (centred**2).sum(axis=1)
    found._fourth, found._third = float(lengths @ lengths), lengths @ centred
    return found
