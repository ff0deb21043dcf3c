"""Both sets in the network's feature space: maps of two dimensions, and who is nearest to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlkit.panels.sheet import listed, sheet
from tlkit.pictures import looks_like_ink

if TYPE_CHECKING:
    from tlkit.panels.similarity_seen import Side

_NEAREST = 5
_PERPLEXITY, _LEAST_POINTS = 30, 7
#: Of t-SNE; the first 250 only gather the groups.
STEPS = 400


def feature_map(theirs: Side, ours: Side, seed: int) -> dict[str, Any]:
    """Place some of both sets by what a network sees in them.

    Parameters
    ----------
    theirs, ours
        Items of the source and of the target, as the network sees them.
    seed
        Of t-SNE.

    Returns
    -------
    dict
        Plain JSON: places, classes, the share of variance that two principal components keep, the places of t-SNE
        (none where there are too few points), for each target picture its nearest source pictures, and one picture
        with all tiles; of texts, these themselves.
    """
    (their_items, _, first), (our_items, _, second) = theirs.on_map(), ours.on_map()
    both = np.concatenate([first, second])
    places, explained = principal(both)
    distances, order = nearest(second, first, _NEAREST)
    grouped = neighbourhoods(both, seed)
    parts = (slice(len(first)), slice(len(first), None))
    return {
        "sets": [
            {
                "name": side.dataset.name,
                "classes": [str(one) for one in side.dataset.classes],
                "labels": side.on_map()[1].tolist(),
                "places": np.round(places[part], 4).tolist(),
            }
            for side, part in zip((theirs, ours), parts, strict=True)
        ],
        "t-sne": None
        if grouped is None
        else {
            "places": [np.round(grouped[part], 3).tolist() for part in parts],
            "perplexity": perplexity(len(both)),
            "steps": STEPS,
            "seed": seed,
        },
        "explained": [round(float(one), 4) for one in explained],
        "features": int(first.shape[1]),
        "nearest": [
            [[int(row), round(float(distance), 2)] for row, distance in zip(rows, far, strict=True)]
            for rows, far in zip(order, distances, strict=True)
        ],
        "sheet": listed((*their_items, *our_items))
        if ours.texts
        else sheet([(images, looks_like_ink(images)) for images in (their_items, our_items)]),
    }


def principal(features: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first two principal components, scaled into -1..1, and their shares of the variance.

    Parameters
    ----------
    features
        (n, d).

    Returns
    -------
    tuple
        (n, 2) places and (2,) shares. The sign is such that the largest weight of each axis is positive.

    Examples
    --------
    >>> places, shares = principal(np.array([[0.0, 0.0], [3.0, 0.0], [6.0, 0.0]]))
    >>> places[:, 0].round(2).tolist(), shares.round(2).tolist()
    ([-1.0, 0.0, 1.0], [1.0, 0.0])
    """
    centred = np.asarray(features, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    places = np.zeros((len(centred), 2))
    first = centred @ (axes[:2] * signs[:2, None]).T
    places[:, : first.shape[1]] = first
    largest = np.abs(places).max()
    total = float((values**2).sum())
    shares = np.zeros(2)
    shares[: len(values[:2])] = values[:2] ** 2 / total if total else 0.0
    return places / largest if largest else places, shares


def nearest(
    ours: NDArray[Any], theirs: NDArray[Any], count: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Find for each of our rows the nearest of theirs.

    Parameters
    ----------
    ours, theirs
        (n, d) and (m, d).
    count
        How many to find.

    Returns
    -------
    tuple
        (n, count) distances, as multiples of the median distance between our rows and theirs, and the rows.

    Examples
    --------
    >>> distances, rows = nearest(np.array([[0.0]]), np.array([[4.0], [1.0], [2.0]]), 2)
    >>> distances.tolist(), rows.tolist()
    ([[0.5, 1.0]], [[1, 2]])
    """
    from scipy.spatial.distance import cdist

    all_of_them = cdist(np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64))
    typical = float(np.median(all_of_them)) or 1.0
    order = all_of_them.argsort(axis=1, kind="stable")[:, :count]
    return np.take_along_axis(all_of_them, order, axis=1) / typical, order


def perplexity(points: int) -> int:
    """Return about how many neighbours t-SNE keeps near each point.

    Examples
    --------
    >>> perplexity(540), perplexity(31)
    (30, 10)
    """
    return min(_PERPLEXITY, (points - 1) // 3)


def neighbourhoods(features: NDArray[Any], seed: int) -> NDArray[np.float64] | None:
    """Place rows by t-SNE, which keeps neighbours near and gives up all other distances.

    Parameters
    ----------
    features
        (n, d).
    seed
        Of the places where the points start.

    Returns
    -------
    ndarray or None
        (n, 2) places in -1..1; None for fewer than seven rows, or equal ones.

    References
    ----------
    van der Maaten, Hinton: Visualizing data using t-SNE. Journal of Machine Learning Research 9, 2008.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = np.concatenate([rng.normal(0, 1, (20, 5)), rng.normal(9, 1, (20, 5))])
    >>> found = neighbourhoods(rows, seed=0)
    >>> found.shape, float(np.abs(found).max())
    ((40, 2), 1.0)
    """
    if len(features) < _LEAST_POINTS or (features == features[0]).all():
        return None
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    # A start at random, not from the components: what both maps show is then no echo of one of them.
    found = TSNE(
        init="random",
        perplexity=perplexity(len(features)),
        max_iter=STEPS,
        random_state=seed % 2**32,
    )
    # Several threads would wait for each other over so few points.
    with threadpool_limits(1):
        made = np.asarray(found.fit_transform(np.asarray(features, dtype=np.float32)), dtype=np.float64)
    made -= (made.max(axis=0) + made.min(axis=0)) / 2
    largest = float(np.abs(made).max()) or 1.0
    return np.asarray(made / largest)
