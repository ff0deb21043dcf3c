"""Images as people have them (grey or colour, bytes or floats) turned into one layout."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError

Channels = Literal["first", "last"]
_ROUNDING = 1e-5  # resizing leaves values like 1.0000001


def read_pixels(images: Any, channels: Channels | None = None) -> NDArray[np.float32]:
    """Turn images into (n, channels, height, width), float32 in 0..1.

    Parameters
    ----------
    images
        (n, height, width), (n, height, width, channels) or (n, channels, height, width) with one or three
        channels; uint8 (divided by 255), bool, or floats in 0..1.
    channels
        Where the channels are, if the shape leaves it open.

    Raises
    ------
    DataError
        Another shape or kind of numbers, values that are not finite or outside 0..1.

    Examples
    --------
    >>> read_pixels(np.full((2, 4, 5, 3), 255, dtype=np.uint8)).shape
    (2, 3, 4, 5)
    """
    array = _array(images)
    if array.ndim == 3:
        array = array[:, None]
    elif array.ndim == 4:
        if _place(array.shape, channels) == "last":
            array = np.moveaxis(array, -1, 1)
    else:
        raise DataError(
            f"The images have shape {array.shape}, expected (n, height, width), (n, height, width, channels)"
            " or (n, channels, height, width).",
            "Flat rows become pictures with images.reshape(-1, height, width).",
        )
    if 0 in array.shape:
        raise DataError(f"The images have shape {array.shape}: there is nothing in them.")
    pixels: NDArray[np.float32] = np.ascontiguousarray(_scaled(array), dtype=np.float32)
    pixels.setflags(write=False)
    return pixels


def _array(images: Any) -> NDArray[Any]:
    try:
        array = np.asarray(images)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype == object:
        raise DataError(
            "The images do not form one array: they have different sizes, or some are missing.",
            "Resize all to one size first.",
        )
    return array


def _place(shape: tuple[int, ...], channels: Channels | None) -> Channels:
    if channels not in (None, "first", "last"):
        raise DataError(f"channels is {channels!r}, expected 'first' or 'last'.")
    possible = {"first": shape[1] in (1, 3), "last": shape[3] in (1, 3)}
    if channels is not None:
        if not possible[channels]:
            raise DataError(f"Images of shape {shape} do not have one or three channels {channels}.")
        return channels
    if possible["first"] and possible["last"]:
        raise DataError(
            f"Images of shape {shape} can be read with the channels first or last.",
            "Say which: channels='first' or channels='last'.",
        )
    if not any(possible.values()):
        cure = (
            "Leave the transparency out: images[..., :3]." if shape[3] == 4 else "Use grey or colour images."
        )
        raise DataError(f"Images of shape {shape} have neither one nor three channels.", cure)
    return "first" if possible["first"] else "last"


def _scaled(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == np.uint8:
        return array.astype(np.float32) / np.float32(255)
    if array.dtype == bool:
        return array.astype(np.float32)
    if not np.issubdtype(array.dtype, np.floating):
        raise DataError(
            f"The images are {array.dtype} with values from {array.min()} to {array.max()}."
            if np.issubdtype(array.dtype, np.integer)
            else f"The images are of type {array.dtype}, not numbers of brightness.",
            "Give uint8 (0 to 255) or floats in 0..1: images.astype('uint8'), or images / largest value.",
        )
    wrong = ~np.isfinite(array)
    if wrong.any():
        where = tuple(int(at) for at in np.argwhere(wrong)[0])
        bad = int(wrong.reshape(len(array), -1).any(axis=1).sum())
        raise DataError(
            f"{int(wrong.sum())} pixels in {bad} of {len(array)} images are NaN or infinite, the first in"
            f" image {where[0]}.",
            "Leave these images out, or replace the values.",
        )
    low, high = float(array.min()), float(array.max())
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        cure = (
            f"Divide by the largest possible value, for example images / {255 if high > 16 else high:g}."
            if low >= 0
            else "Move and scale them to 0..1; a backbone normalises by itself."
        )
        raise DataError(f"The images have values from {low:g} to {high:g}, expected 0 to 1.", cure)
    return array.clip(0, 1)
