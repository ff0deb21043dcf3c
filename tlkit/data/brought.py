"""Brought: a dataset of pictures in a smaller form, such as that of a network, with the same splits and names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tlkit.data.dataset import Dataset
from tlkit.data.picture import Working
from tlkit.data.sealed import SealedSplit
from tlkit.data.split import Split
from tlkit.data.stored import StoredImages

_AT_ONCE = 512


def brought_to(dataset: Dataset, size: int, channels: int) -> Dataset:
    """Return the same pictures at another size, in colour or grey; what is in which split stays.

    Findings are looked for on the pictures as they were: two colours may be one grey, and small pictures hide what
    large ones show.

    Parameters
    ----------
    dataset
        Of square pictures.
    size
        Side of the square, in pixels, 8 to 1024.
    channels
        3 for colour, 1 for grey (by luminance, ITU-R BT.601).

    Raises
    ------
    DataError
        Another size or number of channels.

    Examples
    --------
    >>> from tlkit import data
    >>> brought_to(data.load("emoji:noto"), 32, 1).train
    Split(381 images of 1 x 32 x 32, 12 classes)
    """
    Working(size, channels)  # refuses what makes no sense
    if dataset.train.shape[1:] == (channels, size, size):
        return dataset
    kind = "in colour" if channels == 3 else "in grey"
    return replace(
        dataset,
        train=split_brought_to(dataset.train, size, channels),
        validation=split_brought_to(dataset.validation, size, channels),
        # Looking at a test set to change its form opens nothing: no label is handed out.
        test=SealedSplit(split_brought_to(dataset.test._split, size, channels), dataset.name),
        card=replace(
            dataset.card,
            size=(channels, size, size),
            how_made=f"{dataset.card.how_made} Then brought to {size} x {size} {kind}.".lstrip(),
        ),
    )


def split_brought_to(split: Split, size: int, channels: int) -> Split:
    """Return the pictures of one split at another size, in colour or grey; the arguments as of `brought_to`."""
    from PIL import Image

    working = Working(size, channels)
    mode = "RGB" if working.channels == 3 else "L"
    pixels = np.empty((len(split), working.size, working.size, working.channels), dtype=np.uint8)
    for first in range(0, len(split), _AT_ONCE):
        for at, image in enumerate(_bytes(split, first), start=first):
            found = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).convert(mode)
            found = found.resize((working.size, working.size), Image.Resampling.BILINEAR, reducing_gap=3.0)
            pixels[at] = np.asarray(found).reshape(pixels.shape[1:])
    return Split.from_bytes(pixels, split.labels, split.classes)


def _bytes(split: Split, first: int) -> NDArray[np.uint8]:
    """Return some pictures as bytes, channels last."""
    block = slice(first, first + _AT_ONCE)
    if isinstance(split.images, StoredImages):
        found = split.images.stored(block)
    else:
        found = np.rint(255 * split.images[block]).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(found, 1, -1))
