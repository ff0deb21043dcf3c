"""StoredImages: pictures kept as bytes, in memory or in a mapped file, and handed out as floats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from tlkit.errors import DataError

# Above this many bytes as floats, pictures stay bytes until they are asked for.
EAGER_BYTES = 256 * 2**20
_AT_ONCE = 512


class StoredImages:
    """Images of one byte per value that read like an array of floats in 0..1.

    Only what is asked for is turned into floats, so that more pictures than memory holds can be worked with.

    Parameters
    ----------
    pixels
        (rows, channels, height, width), uint8; may be a mapped file. Not copied, and not to be changed.
    rows
        (n,) which rows are these images, in order; None for all.

    Raises
    ------
    DataError
        Pixels of another shape or kind.

    Examples
    --------
    >>> images = StoredImages(np.full((4, 1, 2, 2), 51, dtype=np.uint8))
    >>> images.shape, images[1:3].max()
    ((4, 1, 2, 2), np.float32(0.2))
    """

    dtype = np.dtype(np.float32)
    ndim = 4

    def __init__(self, pixels: NDArray[np.uint8], rows: NDArray[np.int64] | None = None) -> None:
        if pixels.dtype != np.uint8 or pixels.ndim != 4:
            raise DataError(
                f"Stored images are {pixels.dtype} of shape {pixels.shape}, expected uint8 of shape"
                " (n, channels, height, width)."
            )
        self._pixels = pixels
        self._rows = np.arange(len(pixels)) if rows is None else rows

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(n, channels, height, width)."""
        _, channels, height, width = self._pixels.shape
        return len(self._rows), channels, height, width

    @property
    def nbytes(self) -> int:
        """How many bytes all of them take as floats."""
        return 4 * int(np.prod(self.shape))

    def select(self, at: ArrayLike) -> StoredImages:
        """Return the images at some positions (or where ``at`` is true); no picture is copied."""
        chosen = np.asarray(at)
        return StoredImages(self._pixels, self._rows[chosen if chosen.size else chosen.astype(np.int64)])

    def packed(self) -> StoredImages:
        """Return the same images with no other bytes beside them, in memory: the form in which to send them."""
        if len(self) == len(self._pixels) and not isinstance(self._pixels, np.memmap):
            return self
        return StoredImages(np.array(self.stored()))

    def stored(self, at: Any = slice(None)) -> NDArray[np.uint8]:
        """Return the bytes of the images at some positions."""
        pixels: NDArray[np.uint8] = np.asarray(self._pixels[self._rows[at]])
        return pixels

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> NDArray[np.float32]:
        first, *rest = at if isinstance(at, tuple) else (at,)
        if first is None or first is Ellipsis:
            raise IndexError("the first index of stored images is a position, a slice, or a list of them")
        if isinstance(first, list):
            first = np.asarray(first, dtype=None if first else np.int64)
        pixels = self._pixels[self._rows[first]]
        if rest:
            lead = (slice(None),) if np.ndim(self._rows[first]) else ()
            pixels = pixels[(*lead, *rest)]
        return as_floats(np.asarray(pixels))

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for block in self.blocks():
            yield from block

    def blocks(self, size: int = _AT_ONCE) -> Iterator[NDArray[np.float32]]:
        """Yield all images in order, so many at once."""
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("stored images become floats only in a copy")
        whole = np.empty(self.shape, dtype=np.float32)
        for start, block in zip(range(0, len(self), _AT_ONCE), self.blocks(), strict=True):
            whole[start : start + len(block)] = block
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __repr__(self) -> str:
        size = " x ".join(str(one) for one in self.shape[1:])
        return f"StoredImages({len(self)} of {size}, as bytes)"


def as_floats(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return bytes 0..255 as floats 0..1."""
    floats: NDArray[np.float32] = pixels.astype(np.float32) / np.float32(255)
    return floats


def eager(images: StoredImages) -> StoredImages | NDArray[np.float32]:
    """Return a plain, read-only array where that is small enough, else the images as they are stored."""
    if images.nbytes > EAGER_BYTES:
        return images
    whole = np.asarray(images)
    whole.setflags(write=False)
    return whole
