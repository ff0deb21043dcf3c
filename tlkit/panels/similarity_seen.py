"""Items of both sets as the network sees them: drawn once, for the map and for the coupling of classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlkit.similarity.ceiling import too_large

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset, Split

_MOST_SOURCE, _MOST_TARGET = 416, 124
# What the map cannot show helps the coupling, where looking at it costs next to nothing.
_MORE = 600
_BATCH = 64


@dataclass(frozen=True, eq=False)
class Side:
    """Some training items of a set, pictures or texts, as a network sees them.

    Parameters
    ----------
    dataset
        Where they are from.
    rows
        (n,) their places in the training set, class by class.
    features
        (n, d).
    mapped
        (m,) which of them are on the map, as places among the rows.
    """

    dataset: Dataset
    rows: NDArray[np.int64]
    features: NDArray[np.float32]
    mapped: NDArray[np.int64]

    @property
    def labels(self) -> NDArray[np.int64]:
        """(n,) the class of each."""
        return np.asarray(self.dataset.train.labels[self.rows], dtype=np.int64)

    def on_map(self) -> tuple[Any, NDArray[np.int64], NDArray[np.float32]]:
        """Return items, classes and features of those that the map shows."""
        rows = self.rows[self.mapped]
        train = self.dataset.train
        return train.items_at(rows.tolist()), np.asarray(train.labels[rows]), self.features[self.mapped]

    @property
    def texts(self) -> bool:
        """Whether they are texts."""
        return self.dataset.train.kind == "texts"


def seen(
    source: Dataset, target: Dataset, backbone: Backbone, seed: int, check: Callable[[], None]
) -> tuple[Side, Side]:
    """Draw training items of both sets, equally many of each class, and let the network look at them.

    Parameters
    ----------
    source, target
        Datasets; test sets stay sealed.
    backbone
        Gives the features. A large one, which is slow, sees only what the map shows.
    seed
        Of the draws.
    check
        Called often; may raise to stop.
    """
    rng = np.random.default_rng([seed, 3])
    quick = not too_large(backbone)
    drawn = [
        (one, *_draw(one.train, shown, max(shown, _MORE) if quick else shown, rng))
        for one, shown in ((source, _MOST_SOURCE), (target, _MOST_TARGET))
    ]
    theirs, ours = (
        Side(one, rows, _features(backbone, one.train.items_at(rows.tolist()), check), mapped)
        for one, rows, mapped in drawn
    )
    return theirs, ours


def _draw(
    split: Split, shown: int, most: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw equally many of every class, class by class; say which of them are shown."""
    few, many = (max(1, count // len(split.classes)) for count in (shown, most))
    rows, mapped, start = [], [], 0
    for one in range(len(split.classes)):
        taken = rng.permutation(np.flatnonzero(split.labels == one))[:many]
        rows.append(taken)
        mapped.append(np.arange(start, start + min(few, len(taken))))
        start += len(taken)
    on_map = np.concatenate(mapped)
    # Of more classes than the map has room for, some are drawn.
    return np.concatenate(rows), np.sort(rng.permutation(on_map)[:shown])


def _features(backbone: Backbone, items: Any, check: Callable[[], None]) -> NDArray[np.float32]:
    blocks = []
    for start in range(0, len(items), _BATCH):
        check()
        blocks.append(backbone.features(items[start : start + _BATCH]))
    return np.concatenate(blocks)
