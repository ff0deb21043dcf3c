"""The convex head: multinomial logistic regression on cached features, solved for exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor, nn

from tlkit.errors import TrainingError
from tlkit.train.standardised import StandardisedRows, in_double

STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
_TOLERANCE = 1e-5
_MOST_ITERATIONS = 1000


@dataclass(frozen=True)
class ConvexHead:
    """A solved head.

    Parameters
    ----------
    weight
        (classes, d) float64, for features as they are (the standardisation is folded in).
    bias
        (classes,) float64.
    strength
        Of the regularisation.
    chosen
        How the strength came about, in words.
    loss
        Mean training loss without the regularisation, natural logarithm.
    iterations
        Of the solver.
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]
    strength: float
    chosen: str
    loss: float
    iterations: int

    def scores(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the logits, (n, classes)."""
        # torch, not numpy: its thread count is that of the run, and with it the order of sums.
        weight, bias = torch.from_numpy(self.weight), torch.from_numpy(self.bias)
        parts = [x @ weight.T + bias for _, x in in_double(features)]
        return torch.cat(parts).numpy()

    def copy_into(self, linear: nn.Linear) -> None:
        """Write weights and bias into a layer of the same size."""
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(self.weight))
            linear.bias.copy_(torch.from_numpy(self.bias))


def solve_head(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    classes: int,
    strength: float | None = 1.0,
    groups: NDArray[np.int64] | None = None,
    should_stop: Callable[[], None] | None = None,
) -> ConvexHead:
    r"""Solve for the head that minimises a convex loss.

    With features standardised by their own mean and deviation, :math:`z = (x - \mu) / \sigma`, it minimises
    over :math:`W, b`

    .. math:: \frac{1}{v} \sum_i -\log \mathrm{softmax}(W z_i + b)_{y_i} + \frac{s}{2} \lVert W \rVert^2

    where :math:`v` is the number of rows per item (augmented views) and :math:`s` the strength. There is one
    minimum; L-BFGS in double precision finds the same one every time. Features in a mapped file may be larger than
    memory: they are read part by part.

    Parameters
    ----------
    features
        (n, d), finite.
    labels
        (n,), 0 to classes - 1.
    classes
        How many classes there are.
    strength
        Above 0. None chooses among 0.01 to 100 by cross-validation inside these rows, which takes at least
        two items of each class; with fewer, 1.0 is used and ``chosen`` says so.
    groups
        (n,), which item each row shows, where several rows are views of one item; views of one item never
        fall on both sides of a cross-validation. None: every row is an item.
    should_stop
        Called at each iteration, and at each part of it; ends the solving by raising.

    Raises
    ------
    TrainingError
        Features that are not finite, or no rows.

    Examples
    --------
    >>> x = np.array([[0.0], [1.0], [3.0], [4.0]], dtype=np.float32)
    >>> head = solve_head(x, np.array([0, 0, 1, 1]), 2)
    >>> head.scores(x).argmax(axis=1)
    array([0, 0, 1, 1])
    """
    if features.ndim != 2 or len(features) == 0 or len(features) != len(labels):
        raise TrainingError(
            f"A head needs features (n, d) and n labels, not shapes {features.shape} and {labels.shape}."
        )
    finite = np.concatenate([torch.isfinite(x).all(dim=1).numpy() for _, x in in_double(features)])
    if not finite.all():
        bad = int(np.flatnonzero(~finite)[0])
        raise TrainingError(
            f"The features of item {bad} are not finite.",
            "Look at the backbone: its weights may have diverged, or its input transform may not fit.",
        )
    items = np.arange(len(labels)) if groups is None else groups
    if strength is None:
        strength, chosen = _cross_validate(features, labels, classes, items, should_stop)
    else:
        chosen = "fixed by the recipe"
    return _Problem(features, labels, classes, items, should_stop).solve(float(strength), chosen)


class _Problem:
    """The loss of a head on some rows; for several strengths the rows are prepared once."""

    def __init__(
        self,
        features: NDArray[np.float32],
        labels: NDArray[np.int64],
        classes: int,
        items: NDArray[np.int64],
        should_stop: Callable[[], None] | None,
    ) -> None:
        self._rows = StandardisedRows(features)
        self._target = torch.from_numpy(np.array(labels, dtype=np.int64))
        self._scale = len(np.unique(items)) / len(self._rows)
        self._shape = (classes, self._rows.width + 1)
        self._stop = should_stop
        self.found = np.zeros(self._shape[0] * self._shape[1])

    def solve(self, strength: float, chosen: str, *, go_on: bool = False) -> ConvexHead:
        """Return the head of a strength; ``go_on`` starts from the one that was found before."""
        rows = self._rows

        def objective(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            return self._objective(flat, strength)

        found = minimize(
            objective,
            self.found if go_on else np.zeros_like(self.found),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _MOST_ITERATIONS, "gtol": _TOLERANCE, "ftol": 1e-14, "maxcor": 10},
        )
        self.found = found.x
        w = torch.from_numpy(found.x).reshape(self._shape)
        loss = float(sum(self._loss_and_error(w, z, part)[0] for part, z in rows)) / len(rows)
        weight = rows.weight(w[:, :-1])
        bias = w[:, -1] - weight @ rows.centre
        return ConvexHead(weight.numpy(), bias.numpy(), strength, chosen, loss, int(found.nit))

    def _objective(self, flat: NDArray[np.float64], strength: float) -> tuple[float, NDArray[np.float64]]:
        w = torch.from_numpy(flat).reshape(self._shape)
        loss, gradient = torch.zeros((), dtype=torch.float64), torch.zeros(self._shape, dtype=torch.float64)
        for part, z in self._rows:
            if self._stop is not None:
                self._stop()
            found, error = self._loss_and_error(w, z, part)
            loss += found
            gradient[:, :-1] += error.T @ z
            gradient[:, -1] += error.sum(dim=0)
        gradient *= self._scale
        gradient[:, :-1] += strength * w[:, :-1]
        penalty = 0.5 * strength * w[:, :-1].square().sum()
        return float(self._scale * loss + penalty), gradient.reshape(-1).numpy()

    def _loss_and_error(self, w: Tensor, z: Tensor, part: slice) -> tuple[Tensor, Tensor]:
        log_p = torch.log_softmax(z @ w[:, :-1].T + w[:, -1], dim=1)
        error = log_p.exp()
        at = torch.arange(len(z))
        error[at, self._target[part]] -= 1
        return -log_p[at, self._target[part]].sum(), error


def _cross_validate(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    classes: int,
    items: NDArray[np.int64],
    should_stop: Callable[[], None] | None,
) -> tuple[float, str]:
    _, first = np.unique(items, return_index=True)
    counts = np.bincount(labels[first], minlength=classes)
    fewest = int(counts[counts > 0].min())
    if fewest < 2:
        return 1.0, "1.0 by default: cross-validation needs two labels per class"
    folds = min(5, fewest)
    fold_of_item = np.empty(len(first), dtype=np.int64)
    for label in range(classes):
        mine = np.flatnonzero(labels[first] == label)
        fold_of_item[mine] = np.arange(len(mine)) % folds
    fold = fold_of_item[np.searchsorted(items[first], items)]
    losses = np.zeros(len(STRENGTHS))
    for one in range(folds):
        losses += _held_out_losses(features, labels, classes, items, fold == one, should_stop)
    best = STRENGTHS[int(np.argmin(losses))]
    return best, f"{best:g} by {folds}-fold cross-validation inside the labels"


def _held_out_losses(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    classes: int,
    items: NDArray[np.int64],
    held: NDArray[np.bool_],
    should_stop: Callable[[], None] | None,
) -> NDArray[np.float64]:
    """Return the loss of each strength on the rows that are held out, (strengths,)."""
    problem = _Problem(features[~held], labels[~held], classes, items[~held], should_stop)
    out = features[held]
    target = torch.from_numpy(np.array(labels[held]))
    losses = np.empty(len(STRENGTHS))
    # From the strongest on: the head of one is close to that of the next.
    for at in reversed(range(len(STRENGTHS))):
        head = problem.solve(STRENGTHS[at], "", go_on=True)
        log_p = torch.log_softmax(torch.from_numpy(head.scores(out)), dim=1)
        losses[at] = float(-log_p[torch.arange(len(log_p)), target].sum())
    return losses
