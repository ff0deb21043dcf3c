"""Duplicates: images that occur more than once, found by the hash of their pixels."""

from __future__ import annotations

import hashlib
import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlkit.data.dataset import Dataset

Place = tuple[str, int]
_SHOWN = 3


@dataclass(frozen=True, repr=False)
class Duplicates:
    """Groups of images with exactly the same pixels.

    Parameters
    ----------
    across
        Groups that reach over more than one split; each a tuple of (split, position).
    within
        Groups inside one split.
    contradicting
        Those of all groups in which the same picture has more than one label.

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

    def __bool__(self) -> bool:
        return bool(self.across)

    def __len__(self) -> int:
        return len(self.across)

    def positions(self, split: str) -> tuple[int, ...]:
        """Return the positions in one split of images that are in another split as well."""
        return tuple(sorted(at for group in self.across for where, at in group if where == split))

    def __str__(self) -> str:
        if self.across:
            group = self.across[0]
            named = [f"{where}[{at}]" for where, at in group[:_SHOWN]]
            more = len(group) - len(named)
            first = " and ".join([*named, f"{more} more"] if more else named)
            text = f"{_images(len(self.across))} in more than one split, for example {first}."
        else:
            text = "No image is in more than one split."
        if self.within:
            times = "occurs" if len(self.within) == 1 else "occur"
            text += f" {_images(len(self.within), '')} {times} more than once inside one split."
        if self.contradicting:
            text += f" {_images(len(self.contradicting), '')} with more than one label."
        return text

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>"


def find_duplicates(dataset: Dataset) -> Duplicates:
    """Find images with exactly the same pixels in all splits of a dataset.

    The test set is only hashed: nothing of it is handed out but positions, so that no opening is counted.
    """
    seen: dict[bytes, list[tuple[Place, int]]] = {}
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test._split}
    for where, split in splits.items():
        for at, (image, label) in enumerate(zip(split.images, split.labels.tolist(), strict=True)):
            seen.setdefault(hashlib.sha256(image.tobytes()).digest(), []).append(((where, at), label))
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
    return Duplicates(tuple(across), tuple(within), tuple(contradicting))


def _images(count: int, verb: str = "s") -> str:
    noun = "image" if count == 1 else "images"
    if not verb:
        return f"{count} {noun}"
    return f"{count} {noun} {'is' if count == 1 else 'are'}"
