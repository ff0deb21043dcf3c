"""Reading items of other libraries' datasets one by one: pictures are decoded at once, arrays are kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.data.decoded import Decoded
from tlkit.data.images import LABEL_COLUMNS
from tlkit.data.items import Item, Read, read_item
from tlkit.data.picture import Working
from tlkit.data.rows import Rows
from tlkit.data.telling import Telling
from tlkit.errors import DataError

_IMAGE_COLUMNS = ("image", "img", "picture", "pixel_values")


def length(source: Any) -> int:
    """Return how many items a dataset or DataLoader has.

    Raises
    ------
    DataError
        It has no length.
    """
    try:
        return len(source.dataset) if _is_loader(source) else len(source)
    except TypeError:
        raise DataError(
            f"A {type(source).__name__} has no length, so that it cannot be cut into splits.",
            "Give a dataset with len(), for example a list of (picture, label) pairs.",
        ) from None


class Reader:
    """Reads datasets item by item.

    Parameters
    ----------
    working
        The form to which pictures are brought.
    image, label
        For items that are mappings, the names of the two; None for usual ones.
    """

    def __init__(self, working: Working, image: str | None, label: str | None) -> None:
        self._working = working
        self._image, self._label = image, label
        self.arrays: list[Any] = []
        self._pixels: list[NDArray[np.uint8]] = []
        self._reads: list[Read] = []
        self._items: list[Item] = []
        self._labels: list[Any] = []
        self._parts: list[str] = []
        self._classes: Sequence[str] | None = None

    def read(self, source: Any, part: str, tell: Telling) -> None:
        """Read all items of a dataset.

        Raises
        ------
        DataError
            An item is no pair of picture and label, or of no known kind.
        """
        names = _class_names(source, self._label)
        if names and self._classes is None:
            self._classes = names
        with _same_randomness():
            for at, (picture, label) in enumerate(self._pairs(source)):
                name = f"{part}[{at}]"
                self._labels.append(_named(_plain(label), names, name))
                self._parts.append(part)
                self._take(picture, name)
                tell(1)

    def rows(self, places: Mapping[str, int] | None) -> Rows:
        """Return labels and splits of all that was read; items only for pictures."""
        splits = None if places is None else [places[part] for part in self._parts]
        return Rows(list(self._items), list(self._labels), None, splits, self._classes)

    def decoded(self) -> Decoded:
        """Return the pictures that were read."""
        pixels = np.stack(self._pixels)
        pixels.setflags(write=False)
        return Decoded(pixels, tuple(self._reads), "memory", len(self._reads))

    def _take(self, picture: Any, name: str) -> None:
        if isinstance(picture, Mapping):
            # An image of Hugging Face that was asked not to decode itself.
            picture = picture.get("bytes") or picture.get("path")
        is_array = hasattr(picture, "__array__") and not hasattr(picture, "getexif")
        if (is_array and self._items) or (not is_array and self.arrays):
            raise DataError(
                f"{name} is an array and others are pictures, or the other way round.", "Give one kind."
            )
        if is_array:
            self.arrays.append(np.asarray(picture))
            return
        item = Item(name, held=picture)
        if isinstance(picture, str):
            item = Item(name, path=picture)
        size = self._working.size
        pixels = np.empty((self._working.channels, size, size), dtype=np.uint8)
        self._reads.append(read_item(item, self._working, pixels))
        self._pixels.append(pixels)
        # Not the picture itself: decoded at full size they would fill the memory.
        self._items.append(Item(name))

    def _pairs(self, source: Any) -> Iterator[tuple[Any, Any]]:
        if _is_loader(source):
            for at, batch in enumerate(source):
                pictures, labels = self._pair(batch, f"batch {at}")
                if len(pictures) != len(labels):
                    raise DataError(f"Batch {at} has {len(pictures)} pictures but {len(labels)} labels.")
                yield from zip(pictures, labels, strict=True)
            return
        for at in range(length(source)):
            yield self._pair(source[at], f"item {at}")

    def _pair(self, item: Any, name: str) -> tuple[Any, Any]:
        if isinstance(item, Mapping):
            keys = [str(key) for key in item]
            image = self._image or next((key for key in _IMAGE_COLUMNS if key in keys), None)
            label = self._label or next((key for key in (*LABEL_COLUMNS, "labels") if key in keys), None)
            if image not in keys or label not in keys:
                raise DataError(
                    f"{name.capitalize()} has {', '.join(map(repr, keys))}; which is the picture and which the label?",
                    "Say so: image='…', label='…'.",
                )
            return item[image], item[label]
        if isinstance(item, tuple | list) and len(item) == 2:
            return item[0], item[1]
        raise DataError(
            f"{name.capitalize()} is a {type(item).__name__}, expected a pair (picture, label).",
            "Give a dataset whose items are such pairs, or mappings with image='…' and label='…'.",
        )


def _is_loader(source: Any) -> bool:
    return hasattr(source, "dataset") and hasattr(source, "collate_fn")


def _class_names(source: Any, label: str | None) -> tuple[str, ...] | None:
    """Return names for labels that are numbers, as torchvision and Hugging Face keep them."""
    source = source.dataset if _is_loader(source) else source
    features = getattr(source, "features", None)
    if isinstance(features, Mapping):
        for key in (label,) if label else (*LABEL_COLUMNS, "labels"):
            names = getattr(features.get(key), "names", None)
            if names:
                return tuple(str(one) for one in names)
    names = getattr(source, "classes", None)
    if isinstance(names, list | tuple) and all(isinstance(one, str) for one in names):
        return tuple(names)
    return None


def _named(label: Any, names: tuple[str, ...] | None, item: str) -> Any:
    if names is None or type(label) is not int:
        return label
    if not 0 <= label < len(names):
        raise DataError(
            f"{item} has label {label}, but there are {len(names)} classes.",
            "Hugging Face writes -1 where a label is kept back: leave that split out." if label == -1 else "",
        )
    return names[label]


def _plain(label: Any) -> Any:
    """Return a Python value for a tensor or array of one value."""
    return label.item() if hasattr(label, "item") and getattr(label, "ndim", 1) == 0 else label


@contextmanager
def _same_randomness() -> Iterator[None]:
    """Leave torch's global generator as it was: a DataLoader draws from it when it begins."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_rng_state(before)
