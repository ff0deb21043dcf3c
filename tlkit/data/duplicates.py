"""Duplicates: items that occur more than once, found by a hash of what is in them."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlkit.data.steps import Step, silent
from tlkit.data.unopened import unopened_splits

if TYPE_CHECKING:
    from tlkit.data.dataset import Dataset

Place = tuple[str, int]
_SHOWN = 3
_STEP = 64


@dataclass(frozen=True, repr=False)
class Duplicates:
    """Groups of items that are exactly the same: images with the same pixels, or equal texts.

    Parameters
    ----------
    across
        Groups that reach over more than one split; each a tuple of (split, position).
    within
        Groups inside one split.
    contradicting
        Those of all groups in which the same picture has more than one label.
    item
        What an item is: ``"image"`` or ``"text"``.

    Examples
    --------
    >>> found = Duplicates((), ((("train", 0), ("train", 7)),), ())
    >>> print(found)
    No image is in more than one split. 1 image occurs more than once inside one split.
    >>> bool(found)
    False
    """

    across: tuple[tuple[Place, ...], ...]
    within: tuple[tuple[Place, ...], ...]
    contradicting: tuple[tuple[Place, ...], ...]
    item: str = "image"

    def __bool__(self) -> bool:
        return bool(self.across)

    def __len__(self) -> int:
        return len(self.across)

    def positions(self, split: str) -> tuple[int, ...]:
        """Return the positions in one split of items that are in another split as well."""
        return tuple(sorted(at for group in self.across for where, at in group if where == split))

    def __str__(self) -> str:
        if self.across:
            group = self.across[0]
            named = [f"{where}[{at}]" for where, at in group[:_SHOWN]]
            more = len(group) - len(named)
            first = " and ".join([*named, f"{more} more"] if more else named)
            text = f"{self._items(len(self.across))} in more than one split, for example {first}."
        else:
            text = f"No {self.item} is in more than one split."
        if self.within:
            times = "occurs" if len(self.within) == 1 else "occur"
            text += f" {self._items(len(self.within), '')} {times} more than once inside one split."
        if self.contradicting:
            text += f" {self._items(len(self.contradicting), '')} with more than one label."
        return text

    def _items(self, count: int, verb: str = "s") -> str:
        noun = self.item if count == 1 else f"{self.item}s"
        if not verb:
            return f"{count} {noun}"
        return f"{count} {noun} {'is' if count == 1 else 'are'}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>"


def find_duplicates(dataset: Dataset, step: Step = silent) -> Duplicates:
    """Find items that are exactly the same in all splits of a dataset.

    The test set is only hashed: nothing of it is handed out but positions, so that no opening is counted.

    Parameters
    ----------
    dataset
        The dataset.
    step
        Called with the share that is done.
    """
    seen: dict[bytes, list[tuple[Place, int]]] = {}
    splits = unopened_splits(dataset)
    done, count = 0, sum(map(len, splits.values()))
    for where, split in splits.items():
        for at, label in enumerate(split.labels.tolist()):
            if done % _STEP == 0:
                step(done / count)
            done += 1
            seen.setdefault(split.item_digest(at), []).append(((where, at), label))
    across: list[tuple[Place, ...]] = []
    within: list[tuple[Place, ...]] = []
    contradicting: list[tuple[Place, ...]] = []
    for found in seen.values():
        if len(found) == 1:
            continue
        group = tuple(place for place, _ in found)
        (across if len({where for where, _ in group}) > 1 else within).append(group)
        if len({label for _, label in found}) > 1:
            contradicting.append(group)
    item = "text" if dataset.card.modality == "text" else "image"
    return Duplicates(tuple(across), tuple(within), tuple(contradicting), item)
