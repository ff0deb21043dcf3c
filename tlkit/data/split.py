"""Split: labelled images that cannot be changed by accident."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlkit.data.stored import StoredImages, eager
from tlkit.errors import DataError


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Labelled images of one part of a dataset.

    Parameters
    ----------
    images
        (n, channels, height, width), float32 in 0..1; kept read-only. Where floats would take too much memory,
        `StoredImages` that read like such an array.
    labels
        (n,), int64, each the position of a name in ``classes``; kept read-only.
    classes
        Names of all classes, also of those that have no image in this split.

    Raises
    ------
    DataError
        Images that are not four-dimensional, or labels that do not fit them.

    Examples
    --------
    >>> split = Split(np.zeros((3, 1, 2, 2)), [0, 1, 1], ("cat", "dog"))
    >>> split
    Split(3 images of 1 x 2 x 2, 2 classes)
    >>> split.select([2]).labels
    array([1])
    """

    #: What the items are; `tlkit.backbones` asks for it before a network looks at them.
    kind: ClassVar[str] = "images"

    images: NDArray[np.float32] | StoredImages
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        stored = isinstance(self.images, StoredImages)
        images = self.images if stored else _read_only(self.images, np.float32)
        classes = tuple(self.classes)
        if images.ndim != 4:
            raise DataError(
                f"The images of a split have shape {images.shape}, expected (n, channels, height, width).",
                "tlkit.data.arrays converts other layouts.",
            )
        labels = checked_labels(self.labels, len(images), classes, "images")
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "classes", classes)

    @classmethod
    def from_bytes(cls, pixels: NDArray[np.uint8], labels: ArrayLike, classes: tuple[str, ...]) -> Split:
        """Return a split of images that are stored as bytes.

        Parameters
        ----------
        pixels
            (n, height, width), or (n, height, width, channels) with one or three channels; 0 to 255.
        labels
            (n,).
        classes
            Names of all classes.
        """
        images = eager(StoredImages(pixels[:, None] if pixels.ndim == 3 else np.moveaxis(pixels, -1, 1)))
        return cls(images, np.asarray(labels, dtype=np.int64), classes)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        size = " x ".join(str(one) for one in self.images.shape[1:])
        return f"Split({len(self)} images of {size}, {len(self.classes)} classes)"

    def __setstate__(self, state: dict[str, Any]) -> None:
        # numpy forgets in a pickle that an array was read-only.
        self.__dict__.update(state)
        if not isinstance(self.images, StoredImages):
            self.images.setflags(write=False)
        self.labels.setflags(write=False)

    def select(self, indices: ArrayLike) -> Split:
        """Return the images at some positions, in that order, as a split of the same classes.

        Parameters
        ----------
        indices
            (m,) positions, or (n,) booleans.
        """
        chosen = np.asarray(indices)
        if chosen.dtype != bool:
            chosen = chosen.astype(np.int64)
        labels = self.labels[chosen]
        labels.setflags(write=False)
        if isinstance(self.images, StoredImages):
            return Split(eager(self.images.select(chosen)), labels, self.classes)
        images = self.images[chosen]
        images.setflags(write=False)
        return Split(images, labels, self.classes)

    def packed(self) -> Split:
        """Return the same split for sending elsewhere: without a mapped file, and without items of other splits."""
        images = self.__dict__.get("images")
        if not isinstance(images, StoredImages):
            return self
        other = Split(images.packed(), self.labels, self.classes)
        if "fingerprint" in self.__dict__:
            other.__dict__["fingerprint"] = self.fingerprint
        return other

    @property
    def items(self) -> Any:
        """What a network takes: the images here, the texts of a `TextSplit`."""
        return self.images

    def items_at(self, positions: Sequence[int]) -> Any:
        """Return the items at some positions, in that order: images as an array, texts as a tuple."""
        return np.asarray(self.images[positions])

    @property
    def texts(self) -> tuple[str, ...]:
        """Refused: these items are images; a `TextSplit` has texts."""
        raise DataError("These items are images, not texts.", "Use a data set of texts, such as emoji:names.")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all images, (n, channels, height, width)."""
        return tuple(self.images.shape)

    def item_digest(self, at: int) -> bytes:
        """Return a hash of one image's pixels, to find those that occur twice."""
        return hashlib.sha256(np.ascontiguousarray(self.images[at]).tobytes()).digest()

    @cached_property
    def item_digests(self) -> tuple[bytes, ...]:
        """The hash of each item, `item_digest`, in order."""
        return tuple(self.item_digest(at) for at in range(len(self)))

    def counts(self) -> NDArray[np.int64]:
        """Return the number of images of each class, (classes,)."""
        return np.bincount(self.labels, minlength=len(self.classes))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of shape, pixels, labels and class names: the same content has the same fingerprint."""
        digest = hashlib.sha256(repr((self.images.shape, self.classes)).encode())
        blocks = self.images.blocks() if isinstance(self.images, StoredImages) else (self.images,)
        for block in blocks:
            digest.update(np.ascontiguousarray(block, dtype="<f4").data)
        digest.update(np.ascontiguousarray(self.labels, dtype="<i8").data)
        return digest.hexdigest()


def checked_labels(labels: ArrayLike, count: int, classes: tuple[str, ...], items: str) -> NDArray[np.int64]:
    """Return labels that may not be changed.

    Parameters
    ----------
    labels
        (count,) whole numbers, each a position in ``classes``.
    count
        How many items there are.
    classes
        Names of all classes.
    items
        What the items are, for messages: ``"images"``.

    Raises
    ------
    DataError
        They are no whole numbers, not one for each item, or not positions of classes.

    Examples
    --------
    >>> checked_labels([1, 0], 2, ("cat", "dog"), "images")
    array([1, 0])
    """
    given = np.asarray(labels)
    if given.dtype.kind not in "iu" and len(given):
        raise DataError(
            f"The labels of a split are of type {given.dtype}, expected whole numbers.",
            "Labels are positions in `classes`; tlkit.data.arrays takes names.",
        )
    found: NDArray[np.int64] = _read_only(labels, np.int64)
    if found.shape != (count,):
        raise DataError(
            f"There are {count} {items} but labels of shape {found.shape}.",
            f"Give one label per {items.removesuffix('s')}.",
        )
    if len(found) and not (found.min() >= 0 and found.max() < len(classes)):
        raise DataError(
            f"Labels run from {found.min()} to {found.max()}, but there are {len(classes)} classes.",
            f"Labels are positions in `classes`: 0 to {len(classes) - 1}.",
        )
    return found


def _read_only(values: ArrayLike, dtype: type[np.generic]) -> NDArray[Any]:
    array = np.asarray(values, dtype=dtype)
    if array.flags.writeable:
        array = array.copy()
        array.setflags(write=False)
    return array
