"""Both sets in the network's feature space: a map of two dimensions, and who is nearest to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlkit.panels.sheet import sheet
from tlkit.pictures import looks_like_ink

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset, Split

_MOST_SOURCE, _MOST_TARGET = 416, 124
_NEAREST = 5
_BATCH = 64


def feature_map(
    source: Dataset, target: Dataset, backbone: Backbone, seed: int, check: Callable[[], None]
) -> dict[str, Any]:
    """Draw some of both sets and place them by the first two principal components of their features.

    Parameters
    ----------
    source, target
        Their training pictures are drawn from, equally many of each class.
    backbone
        Gives the features.
    seed
        Of the draws.
    check
        Called often; may raise to stop.

    Returns
    -------
    dict
        Plain JSON: places, classes, the share of variance that the map shows, for each target picture its
        nearest source pictures, and one picture with all tiles.
    """
    rng = np.random.default_rng([seed, 3])
    near, ours = _draw(source.train, _MOST_SOURCE, rng), _draw(target.train, _MOST_TARGET, rng)
    pictures = [source.train.images[near], target.train.images[ours]]
    seen = [_features(backbone, images, check) for images in pictures]
    places, explained = principal(np.concatenate(seen))
    distances, order = nearest(seen[1], seen[0], _NEAREST)
    return {
        "sets": [
            {
                "name": dataset.name,
                "classes": [str(one) for one in dataset.classes],
                "labels": dataset.train.labels[rows].tolist(),
                "places": np.round(part, 4).tolist(),
            }
            for dataset, rows, part in (
                (source, near, places[: len(near)]),
                (target, ours, places[len(near) :]),
            )
        ],
        "explained": [round(float(one), 4) for one in explained],
        "features": int(seen[0].shape[1]),
        "nearest": [
            [[int(row), round(float(distance), 2)] for row, distance in zip(rows, far, strict=True)]
            for rows, far in zip(order, distances, strict=True)
        ],
        "sheet": sheet([(images, looks_like_ink(images)) for images in pictures]),
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


def _draw(split: Split, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw equally many of every class, class by class."""
    each = max(1, most // len(split.classes))
    rows = [rng.permutation(np.flatnonzero(split.labels == one))[:each] for one in range(len(split.classes))]
    return np.concatenate(rows)


def _features(backbone: Backbone, images: NDArray[Any], check: Callable[[], None]) -> NDArray[np.float32]:
    blocks = []
    for start in range(0, len(images), _BATCH):
        check()
        blocks.append(backbone.features(images[start : start + _BATCH]))
    return np.concatenate(blocks)
