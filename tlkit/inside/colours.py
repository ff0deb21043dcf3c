"""Colours of maps: from dark to bright, told apart with any colour vision and in grey."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit import pictures

# How bright red, green and blue look to the eye (ITU-R BT.601).
_LUMINANCE = (0.299, 0.587, 0.114)
_STRONGEST = 0.72


def coloured(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return maps as colours of matplotlib's "viridis", each map from its lowest value to its highest.

    Parameters
    ----------
    values
        (..., h, w).

    Returns
    -------
    ndarray
        (..., 3, h, w) in 0..1; a map that is the same everywhere is dark.

    Examples
    --------
    >>> coloured(np.eye(2)).shape
    (3, 2, 2)
    """
    from matplotlib import colormaps

    low, high = (edge(axis=(-2, -1), keepdims=True) for edge in (values.min, values.max))
    scaled = (values - low) / np.where(high > low, high - low, 1)
    return np.asarray(np.moveaxis(colormaps["viridis"](scaled)[..., :3], -1, -3), dtype=np.float32)


def laid_over(images: NDArray[np.float32], heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lay maps over pictures in grey: the stronger a place, the more of its colour is seen.

    Parameters
    ----------
    images
        (n, c, h, w) in 0..1.
    heat
        (n, h, w) in 0..1.

    Returns
    -------
    ndarray
        (n, 3, h, w) in 0..1.

    Examples
    --------
    >>> laid_over(np.full((1, 1, 2, 2), 0.5, np.float32), np.zeros((1, 2, 2), np.float32)).round(3).max()
    np.float32(0.5)
    """
    from matplotlib import colormaps

    channels = _LUMINANCE if images.shape[1] == 3 else (1.0,)
    grey = np.tensordot(images, channels, axes=([1], [0]))
    if pictures.looks_like_ink(images):
        grey = 1 - grey
    colours = np.moveaxis(colormaps["plasma"](heat)[..., :3], -1, 1)
    share = (_STRONGEST * heat)[:, None]
    return np.asarray((1 - share) * grey[:, None] + share * colours, dtype=np.float32)
