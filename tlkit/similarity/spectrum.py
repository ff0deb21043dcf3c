"""One set of features, decomposed once: what LogME, H-score and TransRate share."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray
from scipy.linalg import lapack

from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.moments import Moments

_EPS = float(np.finfo(np.float64).eps)
# A squared matrix has the square of the condition number: from here on it has lost too many digits.
_WORST = 1e-8
# Below this share of its mean, a feature's spread is rounding.
_STILL = 1e-14


class Spectrum:
    """Features and their decompositions, each computed when it is first needed and kept.

    All small squares are d x d where there are more rows than features, else n x n.

    Parameters
    ----------
    features
        (n, d), finite; or `Moments`, which know only the d x d squares.

    Examples
    --------
    >>> Spectrum(np.eye(3, 2)).centred_square.shape
    (2, 2)
    """

    def __init__(self, features: Matrix | Moments) -> None:
        self.moments = features if isinstance(features, Moments) else None
        self._features = None if isinstance(features, Moments) else features
        self.rows, self.width = (
            (features.rows, features.width) if isinstance(features, Moments) else features.shape
        )
        self.tall = self._features is None or self.rows > self.width

    @property
    def features(self) -> Matrix:
        """(n, d), where they are known."""
        assert self._features is not None, "moments have no rows"
        return self._features

    @cached_property
    def mean(self) -> Matrix:
        """(d,)."""
        found: Matrix = self.moments.mean if self.moments is not None else self.features.mean(axis=0)
        return found

    @cached_property
    def centred(self) -> Matrix:
        """(n, d)."""
        found: Matrix = self.features - self.mean
        # What rounding of a large mean left over would be a direction of its own.
        found -= found.mean(axis=0)
        return found

    @cached_property
    def centred_square(self) -> Matrix:
        """Sums of products of centred features, or of centred rows."""
        if self.moments is not None:
            return self.moments.scatter
        found: Matrix = self.centred.T @ self.centred if self.tall else self.centred @ self.centred.T
        return found

    @cached_property
    def square(self) -> Matrix:
        """Sums of products of features, or of rows, as they are."""
        if self.tall:
            found: Matrix = self.centred_square + self.rows * np.outer(self.mean, self.mean)
            return found
        product: Matrix = self.features @ self.features.T
        return product

    @cached_property
    def axes(self) -> Axes:
        """The axes of `square`; where it is of features, of those that are `alive`."""
        whole = not self.tall or bool(self.alive.all())
        return Axes(self.square if whole else self.square[np.ix_(self.alive, self.alive)])

    @cached_property
    def principal(self) -> tuple[Matrix, Matrix, Matrix]:
        """Squared singular values (r,) of the features, their directions (d, r) and their errors (r,), of moments.

        Mean and spread come together unsquared, so that a mean far from zero does not drown the spread.
        """
        values, vectors = np.linalg.eigh(self.centred_square)
        spread = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
        stacked = np.vstack([spread, np.sqrt(self.rows) * self.mean])
        _, singular, right = scipy.linalg.svd(stacked, full_matrices=False, check_finite=False)
        errors = 8 * _EPS * (max(float(values[-1]), 0.0) + 2 * singular[0] * singular)
        real = singular**2 > 100 * errors
        return singular[real] ** 2, right[real].T, errors[real]

    @cached_property
    def alive(self) -> NDArray[np.bool_]:
        """(d,) which features are not zero throughout."""
        return np.asarray(np.diag(self.square) > 0 if self.tall else self.features.any(axis=0))

    @cached_property
    def singular(self) -> tuple[Matrix, Matrix]:
        """Left singular vectors (n, r) and singular values (r,) of the features, without those of rounding."""
        left, values, _ = scipy.linalg.svd(self.features, full_matrices=False, check_finite=False)
        least = max(self.features.shape) * _EPS * max(float(values[0]), np.finfo(float).tiny)
        return left[:, values > least], values[values > least]

    @cached_property
    def spread(self) -> Matrix:
        """(d,) root of the sum of squares of each centred feature; 0 where a feature is constant."""
        if self.moments is not None:
            squares = np.diag(self.moments.scatter)
        else:
            squares = np.einsum("nd,nd->d", self.centred, self.centred)
        root: Matrix = np.sqrt(np.maximum(squares, 0))
        return np.where(root <= _STILL * np.sqrt(self.rows) * np.abs(self.mean), 0.0, root)

    @property
    def fourth(self) -> float:
        """Sum of the fourth powers of the rows' distances from the mean."""
        if self.moments is not None:
            return self.moments.fourth
        return float((np.einsum("nd,nd->n", self.centred, self.centred) ** 2).sum())

    def groups(self, codes: Codes | None) -> Matrix:
        """Return (classes, d): root of the class's size times its centred mean; moments know their classes."""
        if self.moments is not None:
            root: Matrix = np.sqrt(self.moments.counts)[:, None]
            return root * (self.moments.class_means - self.mean)
        assert codes is not None, "rows need their classes"
        counts = np.bincount(codes).astype(np.float64)
        used = counts > 0
        return class_sums(codes, self.centred)[used] / np.sqrt(counts[used])[:, None]

    def captured(self, groups: Matrix) -> float:
        """Return the trace of groups C⁺ groups', where C is the `centred_square` of features.

        Parameters
        ----------
        groups
            (k, d) in the span of the centred features.
        """
        used = self.spread > 0
        if not used.any():
            return 0.0
        # The trace does not change with the scales of the features; its precision does.
        groups = groups[:, used] / self.spread[used]
        if self._factor is not None:
            half = scipy.linalg.solve_triangular(self._factor, groups.T, lower=True, check_finite=False)
        else:
            half = (groups @ self._whitening).T
        return float((half**2).sum())

    @cached_property
    def independent(self) -> bool:
        """Whether there is surely a feature for every centred row, so that any labels are linear in them."""
        if self.tall:
            return False
        square = self.centred_square
        # The one direction that centring took away is put back.
        return _factored(square + np.trace(square) / self.rows**2) is not None

    @cached_property
    def _factor(self) -> Matrix | None:
        """Cholesky factor of the correlations, None where these are close to singular."""
        if not self.tall:
            return None
        return _factored(self._correlations)

    @cached_property
    def _correlations(self) -> Matrix:
        used = self.spread > 0
        scale = self.spread[used]
        square = self.centred_square if used.all() else self.centred_square[np.ix_(used, used)]
        found: Matrix = square / scale
        found /= scale[:, None]
        return found

    @cached_property
    def _whitening(self) -> Matrix:
        """(d, r) W with W W' the pseudo-inverse of the correlations."""
        if self._features is None:
            values, vectors = np.linalg.eigh(self._correlations)
            real = values > 1e3 * len(values) * _EPS
            found: Matrix = vectors[:, real] / np.sqrt(values[real])
            return found
        used = self.spread > 0
        scaled = self.centred[:, used] / self.spread[used]
        _, values, right = scipy.linalg.svd(scaled, full_matrices=False, check_finite=False)
        real = values > max(scaled.shape) * _EPS * values[0]
        whitening: Matrix = right[real].T / values[real]
        return whitening


class Axes:
    """Eigenvalues of a symmetric matrix, and coordinates along its eigenvectors.

    The eigenvectors themselves are never formed: those of the tridiagonal matrix and the reflections that
    lead to it are enough, which is several times faster.

    Parameters
    ----------
    matrix
        (m, m), positive semi-definite.

    Examples
    --------
    >>> axes = Axes(np.diag([4.0, 1.0, 9.0]))
    >>> axes.values.round(12)
    array([1., 4., 9.])
    >>> np.abs(axes.along(np.array([[1.0], [2.0], [3.0]]))).ravel().round(12)
    array([2., 1., 3.])
    """

    def __init__(self, matrix: Matrix) -> None:
        self._reflections: tuple[Matrix, Matrix] | None = None
        if len(matrix) < 3:
            values, vectors = np.linalg.eigh(matrix) if len(matrix) else (np.zeros(0), matrix)
        else:
            work = int(lapack.dsytrd_lwork(len(matrix), lower=1)[0])
            packed, diagonal, beside, scales, _ = lapack.dsytrd(matrix.T, lower=1, lwork=work)
            values, vectors = scipy.linalg.eigh_tridiagonal(diagonal, beside, check_finite=False)
            self._reflections = (np.asfortranarray(packed[1:, :-1]), scales)
        self.values: Matrix = np.maximum(values, 0)
        self._vectors: Matrix = vectors

    @property
    def rounding(self) -> float:
        """How far an eigenvalue may be off."""
        return 8 * _EPS * float(self.values[-1]) if len(self.values) else 0.0

    def along(self, vectors: Matrix) -> Matrix:
        """Return the coordinates of (m, k) vectors along the eigenvectors, (m, k)."""
        if self._reflections is not None:
            packed, scales = self._reflections
            rest = np.asfortranarray(vectors[1:])
            work = int(lapack.dormqr("L", "T", packed, scales, rest, -1)[1][0])
            turned = lapack.dormqr("L", "T", packed, scales, rest, work)[0]
            vectors = np.vstack([vectors[:1], turned])
        found: Matrix = self._vectors.T @ vectors
        return found


def one_hot(codes: Codes) -> Matrix:
    """Return (n, classes) of 0 and 1."""
    found = np.zeros((len(codes), int(codes.max()) + 1))
    found[np.arange(len(codes)), codes] = 1.0
    return found


def _factored(matrix: Matrix) -> Matrix | None:
    """Return the lower Cholesky factor, None where the matrix is close to singular."""
    size = np.abs(matrix).sum(axis=0).max()
    factor, failed = lapack.dpotrf(matrix.T, lower=1, clean=1)
    if failed or lapack.dpocon(factor, size, uplo="L")[0] < _WORST:
        return None
    found: Matrix = factor
    return found


def class_sums(codes: Codes, rows: Matrix) -> Matrix:
    """Return (classes, d) sums of the rows of each class.

    Examples
    --------
    >>> class_sums(np.array([0, 1, 0]), np.array([[1.0], [2.0], [4.0]])).ravel()
    array([5., 2.])
    """
    members = scipy.sparse.csr_array(
        (np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(int(codes.max()) + 1, len(codes))
    )
    return np.asarray(members @ rows)
