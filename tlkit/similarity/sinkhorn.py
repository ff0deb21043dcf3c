"""Entropic optimal transport of two uniform samples, by Sinkhorn's steps on potentials, stable for any cost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from tlkit.errors import SimilarityError
from tlkit.similarity.checks import Matrix

Vector = NDArray[np.float64]

_CLOSE = 1e-5  # mean relative error of the marginals
_STEPS, _ROUNDS, _HALF_STEPS = 300, 50, 2000
_LARGEST = 1e50  # scalings beyond it go into the potentials
_COOLING = 0.25


def sinkhorn(cost: Matrix, regularisation: float) -> tuple[float, Matrix]:
    r"""Return the entropic transport cost and its plan.

    .. math:: \min_P \langle P, C \rangle + \varepsilon \, \mathrm{KL}(P \,|\, 1/n \otimes 1/m)

    over plans with uniform marginals.

    Parameters
    ----------
    cost
        (n, m), finite.
    regularisation
        :math:`\varepsilon > 0`, in the unit of the cost.

    Raises
    ------
    SimilarityError
        The steps did not settle: the regularisation is too small for this cost.

    Notes
    -----
    The potentials start at a regularisation as large as the cost and cool down; between two log-domain
    steps, which are exact however large the cost, plain scalings of one kernel matrix do the work. Where these
    creep, because two plans cost nearly the same, Newton's steps on the dual go on.

    References
    ----------
    Cuturi: Sinkhorn distances. NIPS 2013. Schmitzer: Stabilized sparse scaling algorithms for entropy
    regularized transport problems. SIAM Journal on Scientific Computing 41, 2019.

    Examples
    --------
    >>> value, plan = sinkhorn(np.array([[0.0, 1.0], [1.0, 0.0]]), 0.01)
    >>> plan.round(6)
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    first, second = np.zeros(cost.shape[0]), np.zeros(cost.shape[1])
    for epsilon in _cooling(cost, regularisation):
        first, second, _, _ = _settled(cost, epsilon, first, second, 1e-2, 50)
    steps = _STEPS
    for _ in range(_ROUNDS):
        first, second, kernel, error = _settled(cost, regularisation, first, second, _CLOSE, steps)
        if error <= _CLOSE:
            return float(first.mean() + second.mean()), kernel / cost.size
        second, steps = _newton(cost, regularisation, first, second, kernel), 20
    raise _unsettled(cost, regularisation)


def of_itself(cost: Matrix, regularisation: float) -> float:
    """Return the entropic transport cost of a sample to itself.

    Parameters
    ----------
    cost
        (n, n), symmetric.
    regularisation
        As in `sinkhorn`.

    Raises
    ------
    SimilarityError
        As `sinkhorn`.

    Notes
    -----
    Both potentials are one. Half a step at a time settles within tens of steps where taking turns needs thousands.

    Examples
    --------
    >>> round(of_itself(np.array([[0.0, 1.0], [1.0, 0.0]]), 0.01) / 0.01, 6), round(float(np.log(2)), 6)
    (0.693147, 0.693147)
    """
    potential = np.zeros(len(cost))
    for epsilon in [*_cooling(cost, regularisation), regularisation]:
        last = epsilon == regularisation
        for _ in range(_HALF_STEPS if last else 5):
            other = _soft_least(cost - potential, epsilon)
            error = float(np.abs(np.expm1((potential - other) / epsilon)).mean())
            if last and error <= _CLOSE:
                return float(potential.mean() + other.mean())
            potential = (potential + other) / 2
    raise _unsettled(cost, regularisation)


def _cooling(cost: Matrix, regularisation: float) -> Iterator[float]:
    epsilon = float(cost.max() - cost.min())
    while epsilon > regularisation:
        yield epsilon
        epsilon *= _COOLING


def _unsettled(cost: Matrix, regularisation: float) -> SimilarityError:
    return SimilarityError(
        f"The regularisation is {regularisation / cost.max():.1g} of the largest cost, too little for Sinkhorn's "
        "steps to settle.",
        "Give about a hundredth of the largest cost, or none for the exact distance.",
    )


def _settled(
    cost: Matrix, epsilon: float, first: Vector, second: Vector, close: float, steps: int
) -> tuple[Vector, Vector, Matrix, float]:
    """Take steps until the marginals are close enough; return potentials, the plan times n m, and the error."""
    while True:
        # These two leave a kernel whose columns have mean 1 and whose rows cannot vanish.
        first = _soft_least(cost - second, epsilon)
        second = _soft_least(cost.T - first, epsilon)
        kernel = np.exp((first[:, None] + second - cost) / epsilon)
        left, right = np.ones(len(first)), np.ones(len(second))
        while True:
            rows = kernel @ right / len(right)
            error = float(np.abs(left * rows - 1).mean())
            steps -= 1
            if error <= close or steps <= 0:
                break
            next_left = 1 / rows
            next_right = len(left) / (next_left @ kernel)
            if _extreme(next_left) or _extreme(next_right):
                break
            left, right = next_left, next_right
        first, second = first + epsilon * np.log(left), second + epsilon * np.log(right)
        if error <= close or steps <= 0:
            return first, second, left[:, None] * kernel * right, error


def _newton(cost: Matrix, epsilon: float, first: Vector, second: Vector, kernel: Matrix) -> Vector:
    """Return the second potential after one step of Newton's method, shortened until the dual does not fall.

    With the best second potential, the dual has the gradient 1/n - r, r the sums of the plan's rows, and the second
    derivative -(diag(r) - m P P') / epsilon, where the columns of P sum to 1/m.
    """
    plan = kernel / kernel.sum(axis=0) / cost.shape[1]
    sums = plan.sum(axis=1)
    curvature = -cost.shape[1] * (plan @ plan.T)
    curvature[np.diag_indices_from(curvature)] += sums
    # Adding a constant to all of a potential changes nothing: that direction is taken out, and ties are.
    curvature += sums.mean() / len(sums)
    curvature[np.diag_indices_from(curvature)] += 1e-13 * sums
    try:
        move = epsilon * linalg.solve(curvature, 1 / len(sums) - sums, assume_a="pos", check_finite=False)
    except linalg.LinAlgError:
        return second
    before = first.mean() + second.mean()
    for _ in range(30):
        tried = _soft_least(cost.T - first - move, epsilon)
        if (first + move).mean() + tried.mean() >= before:
            return tried
        move = move / 2
    return second


def _extreme(scaling: Vector) -> bool:
    return not (scaling.min() > 1 / _LARGEST and scaling.max() < _LARGEST)


def _soft_least(cost: Matrix, epsilon: float) -> Vector:
    """Return the soft minimum of every row under uniform weights."""
    least = cost.min(axis=1)
    found: Vector = least - epsilon * np.log(np.exp((least[:, None] - cost) / epsilon).mean(axis=1))
    return found
