"""OTDD: what does it cost to turn one labelled set into the other, classes included?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity import checks, sampling
from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.frechet import deviations
from tlkit.similarity.optimal_transport import solvers
from tlkit.similarity.pairwise import squared_distances
from tlkit.similarity.sinkhorn import of_itself, sinkhorn
from tlkit.similarity.units import moderate, told

_MOST_ITERATIONS = 10_000_000


@dataclass(frozen=True, eq=False)
class Coupling:
    """Which class goes to which: the share of all mass that moves from a class of a to a class of b.

    Attributes
    ----------
    classes_a, classes_b
        Class names, in the order of rows and columns.
    matrix
        (classes of a, classes of b), at least 0; it sums to 1, and each row and column to its class's share.
    """

    classes_a: tuple[Any, ...]
    classes_b: tuple[Any, ...]
    matrix: Matrix


@overload
def otdd(
    xa: Any,
    ya: Any,
    xb: Any,
    yb: Any,
    regularisation: float | None = None,
    *,
    coupling: Literal[False] = False,
    rows: int = 2000,
    seed: int = 0,
) -> float: ...
@overload
def otdd(
    xa: Any,
    ya: Any,
    xb: Any,
    yb: Any,
    regularisation: float | None = None,
    *,
    coupling: Literal[True],
    rows: int = 2000,
    seed: int = 0,
) -> tuple[float, Coupling]: ...


def otdd(
    xa: Any,
    ya: Any,
    xb: Any,
    yb: Any,
    regularisation: float | None = None,
    *,
    coupling: bool = False,
    rows: int = 2000,
    seed: int = 0,
) -> float | tuple[float, Coupling]:
    r"""Optimal transport distance of two labelled sets, which need share no class; 0 is equal.

    .. math:: \min_P \sum_{ij} P_{ij} \left(\|x_i - x'_j\|^2
              + W_2^2(\mathcal{N}_{y_i}, \mathcal{N}_{y'_j})\right)

    over plans P with uniform marginals. :math:`\mathcal{N}_y` is the Gaussian with the mean and the covariance
    (n - 1 in the denominator; 0 for a class of one row) of the features of class y, and :math:`W_2^2` the squared
    Fréchet distance of two Gaussians. The value is neither halved nor rooted.

    Parameters
    ----------
    xa, ya
        (n, d) features and (n,) labels of one set; computed in float64.
    xb, yb
        (m, d) and (m,) of the other. Sizes, numbers of classes and their names may differ.
    regularisation
        None: the exact distance. A number :math:`\varepsilon`: the debiased Sinkhorn divergence of the same
        cost, :math:`S(a, b) - S(a, a) / 2 - S(b, b) / 2`, where S adds
        :math:`\varepsilon \, \mathrm{KL}(P \,|\, 1/n \otimes 1/m)`; in the unit of the value.
    coupling
        Also return which class goes to which.
    rows
        Of a larger set about so many rows are drawn at random, of each class its share but two at least, and
        only they are read; time grows faster than their square, memory with it.
    seed
        Of the rows drawn.

    Returns
    -------
    float
        In squared units of the features, at least 0; with `coupling`, a pair.

    Raises
    ------
    SimilarityError
        NaN, fewer than two rows, one class only, different widths, a regularisation that is not above 0 or too
        small for Sinkhorn's steps, or a distance too large to be a number.

    Notes
    -----
    It fails where features are wide and rows few: the nearest row of another sample is then far, so that even
    two halves of one set are far apart (the debiased divergence is less so), and class covariances are poor. It
    compares within one feature space only. It sees how classes lie, not what they mean: a shift of brightness
    costs as much as a change of subject.

    References
    ----------
    Alvarez-Melis, Fusi: Geometric dataset distances via optimal transport. NeurIPS 2020.
    Feydy, Séjourné, Vialard, Amari, Trouvé, Peyré: Interpolating between optimal transport and MMD using
    Sinkhorn divergences. AISTATS 2019.

    Examples
    --------
    >>> x = [[0.0], [2.0], [10.0], [12.0]]
    >>> y = [[13.0], [15.0], [3.0], [5.0]]
    >>> value, moved = otdd(x, ["cat", "cat", "dog", "dog"], y, [1, 1, 0, 0], coupling=True)
    >>> value, moved.classes_a, moved.classes_b
    (18.0, ('cat', 'dog'), (0, 1))
    >>> moved.matrix
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    epsilon = _regularisation(regularisation)
    (first, codes_a, names_a), (second, codes_b, names_b) = (
        _drawn(x, y, side, rows, seed) for x, y, side in ((xa, ya, "a"), (xb, yb, "b"))
    )
    first, second, unit = moderate(*checks.pair(first, second))
    classes_a, classes_b = _Classes(first, codes_a), _Classes(second, codes_b)
    cost = _cost(classes_a, classes_b)
    if epsilon is None:
        value, plan = _exact(cost)
    else:
        epsilon = max(1e-300, epsilon / unit / unit)
        value, plan = sinkhorn(cost, epsilon)
        value -= sum(of_itself(_cost(one, one), epsilon) for one in (classes_a, classes_b)) / 2
    value = told(max(0.0, value), unit, 2)
    if not coupling:
        return value
    moved = np.zeros((len(names_a), len(names_b)))
    np.add.at(moved, (codes_a[:, None], codes_b), plan)
    return value, Coupling(names_a, names_b, moved)


class _Classes:
    """Rows, their classes, and the Gaussian of each class."""

    def __init__(self, rows: Matrix, codes: Codes) -> None:
        self.rows, self.codes = rows, codes
        members = [rows[codes == one] for one in range(int(codes.max()) + 1)]
        self.means = np.stack([one.mean(axis=0) for one in members])
        self.factors = [_factor(one) for one in members]
        self.spreads = np.array([float(np.vdot(one, one)) for one in self.factors])


def _factor(rows: Matrix) -> Matrix:
    """Return F with F'F the covariance, and no more rows than columns."""
    found = deviations(rows)
    return np.asarray(np.linalg.qr(found, mode="r")) if len(found) > found.shape[1] else found


def _cost(a: _Classes, b: _Classes) -> Matrix:
    classes = squared_distances(a.means, b.means) + a.spreads[:, None] + b.spreads
    for row, one in enumerate(a.factors):
        for column, other in enumerate(b.factors):
            # The trace of the root of two covariances' product is the sum of these singular values.
            classes[row, column] -= 2 * np.linalg.svd(one @ other.T, compute_uv=False).sum()
    found: Matrix = squared_distances(a.rows, b.rows)
    found += np.maximum(classes, 0)[np.ix_(a.codes, b.codes)]
    return found


def _exact(cost: Matrix) -> tuple[float, Matrix]:
    largest = float(cost.max()) or 1.0
    weights = [np.full(count, 1 / count) for count in cost.shape]
    plan, found = solvers().emd(*weights, cost / largest, numItermax=_MOST_ITERATIONS, log=True)
    if found["warning"] is not None:
        raise SimilarityError(
            f"The transport of {cost.shape[0]} x {cost.shape[1]} rows was not solved: {found['warning']}",
            "Give fewer rows, or a regularisation.",
        )
    return float(np.vdot(plan, cost)), plan


def _regularisation(given: float | None) -> float | None:
    if given is None:
        return None
    number = isinstance(given, int | float | np.number) and not isinstance(given, bool)
    if not number or not (np.isfinite(given) and given > 0):
        raise SimilarityError(
            f"The regularisation is {given!r}.", "Give a number above 0, or None for the exact distance."
        )
    return float(given)


def _drawn(x: Any, y: Any, side: str, rows: int, seed: int) -> tuple[Matrix, Codes, tuple[Any, ...]]:
    try:
        count = len(x)
    except TypeError:
        count = 0
    codes, names = checks.coded(y, count or len(checks.features(x)), f"labels of {side}")
    if len(names) < 2:
        raise SimilarityError(
            f"All labels of {side} are {names[0]!r}: there is one class only.",
            "Give items of at least two classes.",
        )
    places = _order(names)
    kept, codes = sampling.at_most_of_classes(x, np.argsort(places)[codes], rows, seed)
    return checks.features(kept, f"features of {side}"), codes, tuple(names[place] for place in places)


def _order(names: list[Any]) -> list[int]:
    try:
        return sorted(range(len(names)), key=names.__getitem__)
    except TypeError:  # names of several kinds have no order
        return list(range(len(names)))
