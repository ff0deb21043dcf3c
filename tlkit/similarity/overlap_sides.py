"""A side of an overlap: a dataset, or one split, with all its items in one row, sealed ones included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit import pictures
from tlkit.data import Dataset, SealedSplit, Split, Task, TextSplit
from tlkit.data.alike import thumbnails
from tlkit.data.steps import Step, part_of
from tlkit.data.unopened import unopened, unopened_splits
from tlkit.errors import SimilarityError

_ONLY = "items"
_STEP = 64
_BATCH = 256
_LARGEST_PIXELS = 96
_LOOKED_AT = 64


@dataclass(frozen=True, eq=False)
class Side:
    """All items of a source or a target.

    Parameters
    ----------
    name
        For sentences.
    splits
        By name; nothing of those in ``sealed`` may be handed out but positions.
    sealed
        Names of splits that stay closed.
    classes
        Names.
    item_name
        Split and position to what the item is called.
    """

    name: str
    splits: dict[str, Split]
    sealed: frozenset[str]
    classes: tuple[str, ...]
    item_name: Callable[[str, int], str]

    @classmethod
    def of(cls, thing: Any, what: str) -> Side:
        """Return a side.

        Parameters
        ----------
        thing
            A dataset, a task of one, or a split, sealed or not.
        what
            ``"source"`` or ``"target"``.

        Raises
        ------
        SimilarityError
            It is something else, or empty.
        """
        if isinstance(thing, Task):
            thing = thing.dataset
        if isinstance(thing, Dataset):
            side = cls(
                thing.name, unopened_splits(thing), frozenset({"test"}), thing.classes, thing.item_name
            )
        elif isinstance(thing, Split | SealedSplit):
            sealed = frozenset({_ONLY}) if isinstance(thing, SealedSplit) else frozenset[str]()
            side = cls(
                f"the {what}",
                {_ONLY: unopened(thing)},
                sealed,
                thing.classes,
                lambda split, at: f"{split}[{at}]",
            )
        else:
            raise SimilarityError(
                f"The {what} is of the kind {type(thing).__name__}, which has no items to compare.",
                "Give a dataset from data.load, data.images or data.arrays, or one of its splits.",
            )
        if not len(side):
            raise SimilarityError(f"The {what} has no items.", "Give a dataset or split that has some.")
        return side

    def __len__(self) -> int:
        return sum(map(len, self.splits.values()))

    @property
    def counts(self) -> dict[str, int]:
        """Number of items in each split."""
        return {name: len(split) for name, split in self.splits.items()}

    @property
    def texts(self) -> bool:
        """Whether the items are texts."""
        return isinstance(next(iter(self.splits.values())), TextSplit)

    @property
    def picture_shape(self) -> tuple[int, ...]:
        """(channels, height, width)."""
        return next(iter(self.splits.values())).shape[1:]

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.cumsum([0, *self.counts.values()])

    def place(self, at: int) -> tuple[str, int]:
        """Return split and position of an item, from its position in the row of all."""
        split = int(np.searchsorted(self._starts, at, side="right")) - 1
        return list(self.splits)[split], int(at - self._starts[split])

    def digests(self, step: Step) -> list[bytes]:
        """Return a hash of each item."""
        found: list[bytes] = []
        for split in self.splits.values():
            for at in range(len(split)):
                if len(found) % _STEP == 0:
                    step(len(found) / len(self))
                found.append(split.item_digest(at))
        return found

    def all_texts(self) -> list[str]:
        """Return all texts."""
        return [text for split in self.splits.values() for text in split.texts]

    def thumbnails(self, step: Step) -> NDArray[np.float32]:
        """Return all pictures as 16 x 16 means."""
        return np.concatenate([thumbnails(split, told) for split, told in self._told(step)])

    def _told(self, step: Step) -> Iterator[tuple[Split, Step]]:
        """Yield the splits that have items, each with what tells its share of the whole."""
        for split, start in zip(self.splits.values(), self._starts, strict=False):
            if len(split):
                low, high = start / len(self), (start + len(split)) / len(self)
                yield split, part_of(step, low, high)

    def features(self, backbone: Any, step: Step) -> NDArray[np.float32]:
        """Return what a backbone makes of all pictures, (n, d)."""
        parts = []
        for split, told in self._told(step):
            for start in range(0, len(split), _BATCH):
                told(start / len(split))
                images = np.asarray(split.images[start : start + _BATCH])
                parts.append(np.asarray(backbone.features(images), dtype=np.float32))
        rows = np.concatenate(parts)
        if rows.ndim != 2 or not np.isfinite(rows).all():
            raise SimilarityError(
                f"The features of {self.name!r} have shape {rows.shape}, or values that are not finite.",
                "Give a backbone whose features(images) are finite numbers, (n, d).",
            )
        return rows

    def shown(self, place: tuple[str, int]) -> pictures.Shown | None:
        """Return the picture of an item; None where it lies in a sealed split."""
        split, at = place
        if split in self.sealed:
            return None
        ink = pictures.looks_like_ink(np.asarray(self.splits[split].images[:_LOOKED_AT]))
        name = f"{self.name}: {self.item_name(split, at)}"
        uri = pictures.picture(self.splits[split].images[at], ink=ink, largest_pixels=_LARGEST_PIXELS)
        return pictures.Shown(uri, name, name)


def check_pair(theirs: Side, ours: Side, backbone: Any) -> None:
    """Refuse sides that cannot be compared.

    Parameters
    ----------
    theirs, ours
        Source and target.
    backbone
        None, or what is to look at pictures.

    Raises
    ------
    SimilarityError
        Texts against pictures, grey against colour, or no backbone for pictures.
    """
    if theirs.texts != ours.texts:
        one, other = ("texts", "pictures") if theirs.texts else ("pictures", "texts")
        raise SimilarityError(
            f"The items of {theirs.name!r} are {one}, those of {ours.name!r} are {other}.",
            "Compare sets of one kind; class names alone are compared with a backbone as source.",
        )
    if backbone is not None and theirs.texts:
        raise SimilarityError(
            "The items are texts, which are compared as they are written and not by features.",
            "Leave backbone out.",
        )
    if backbone is not None and not callable(getattr(backbone, "features", None)):
        raise SimilarityError(
            f"The backbone is of the kind {type(backbone).__name__}, without features(images).",
            "Give what backbones.load returned.",
        )
    if theirs.texts:
        return
    channels = theirs.picture_shape[0], ours.picture_shape[0]
    if channels[0] != channels[1]:
        raise SimilarityError(
            f"The pictures of {theirs.name!r} have {channels[0]} channel{'' if channels[0] == 1 else 's'}, those of "
            f"{ours.name!r} {channels[1]}.",
            "Read both in grey or both in colour: data.images(folder, channels=1).",
        )
