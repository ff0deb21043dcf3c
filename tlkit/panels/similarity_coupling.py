"""Which class of the source is closest to which class of the target: the coupling of OTDD, in the run of a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlkit import similarity
from tlkit.errors import SimilarityError

if TYPE_CHECKING:
    from tlkit.panels.similarity_seen import Side

#: Of the target the largest, of the source the nearest; more could be neither computed soon nor read.
MOST_TARGET, MOST_SOURCE = 40, 60


def coupled(theirs: Side, ours: Side) -> dict[str, Any]:
    """Say how much of each target class comes from each source class, where one set is turned into the other.

    Parameters
    ----------
    theirs, ours
        Pictures of the source and of the target, as the network sees them.

    Returns
    -------
    dict
        Plain JSON: for both sets the classes that took part (as numbers), how many the set has and how many pictures
        were looked at; ``shares``, for each target class the share of its mass from each source class, which sum to
        1; ``most``, the largest share that there can be, since a source class has only so much mass to give;
        ``why_not``, in words, where nothing could be computed.

    Notes
    -----
    Exact optimal transport between equally many pictures of each class, see :func:`tlkit.similarity.otdd`. Of very
    many classes the largest of the target take part, and of the source those whose mean is nearest to one of them.
    """
    kept_ours = _largest(ours)
    kept_theirs = _nearest(theirs, ours, kept_ours)
    (xa, ya), (xb, yb) = _of(theirs, kept_theirs), _of(ours, kept_ours)
    made: dict[str, Any] = {
        "sets": [
            {
                "name": side.dataset.name,
                "kept": kept.tolist(),
                "of": len(np.unique(side.labels)),
                "pictures": len(labels),
            }
            for side, kept, labels in ((theirs, kept_theirs, ya), (ours, kept_ours, yb))
        ],
        "shares": [],
        "most": 1.0,
        "why_not": "",
    }
    try:
        _, moved = similarity.otdd(xa, ya, xb, yb, coupling=True)
    except SimilarityError as error:
        return {**made, "why_not": str(error)}
    mass = np.maximum(moved.matrix, 0).T
    wanted, given = mass.sum(axis=1, keepdims=True), mass.sum(axis=0)
    most = min(1.0, float(given.max() / wanted.min()))
    return {**made, "shares": np.round(mass / wanted, 4).tolist(), "most": round(most, 4)}


def strongest(shares: NDArray[np.float64]) -> tuple[int, int]:
    """Return row and column of the largest share, the first of equal ones.

    Examples
    --------
    >>> strongest(np.array([[0.4, 0.6], [0.7, 0.3]]))
    (1, 0)
    """
    row, column = np.unravel_index(int(shares.argmax()), shares.shape)
    return int(row), int(column)


def beside(shares: NDArray[np.float64]) -> list[int]:
    """Return an order of columns in which each stands near the row that takes most of it.

    Examples
    --------
    >>> beside(np.array([[0.1, 0.0, 0.9], [0.2, 0.8, 0.0]]))
    [2, 1, 0]
    """
    taker = shares.argmax(axis=0)
    most = shares.max(axis=0)
    return [int(one) for one in np.lexsort((-most, taker))]


def _largest(side: Side) -> NDArray[np.int64]:
    """Return the classes with most training pictures, in their order."""
    present = np.unique(side.labels)
    counts = np.bincount(side.dataset.train.labels, minlength=int(present.max()) + 1)[present]
    return np.sort(present[np.argsort(-counts, kind="stable")[:MOST_TARGET]])


def _nearest(theirs: Side, ours: Side, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the source classes whose mean is nearest to that of a target class, in their order."""
    present = np.unique(theirs.labels)
    if len(present) <= MOST_SOURCE:
        return present
    from scipy.spatial.distance import cdist

    means = [
        np.stack([side.features[side.labels == one].mean(axis=0) for one in classes])
        for side, classes in ((theirs, present), (ours, kept))
    ]
    far = cdist(means[0], means[1]).min(axis=1)
    return np.sort(present[np.argsort(far, kind="stable")[:MOST_SOURCE]])


def _of(side: Side, kept: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    labels = side.labels
    chosen = np.isin(labels, kept)
    return side.features[chosen], labels[chosen]
