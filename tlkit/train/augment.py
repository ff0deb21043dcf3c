"""Augmentation: each picture turned, scaled, sheared and shifted a little, at random."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

# The largest change at strength 1: degrees, natural logarithm of the scale, shear, share of the width.
_DEGREES = 12.0
_LOG_SCALE = 0.18
_SHEAR = 0.15
_SHIFT = 0.08


def augment(images: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Return each image under a random affine map of its own.

    Rotation up to 12 degrees, scale from 0.84 to 1.2, shear up to 0.15 and shift up to 8 % of the size, each
    uniform and times ``strength``. What comes in from outside repeats the image's edge. No image is mirrored:
    letters and digits would become others.

    Parameters
    ----------
    images
        (n, c, h, w), floats; not changed.
    generator
        On the CPU; the same state gives the same pictures.
    strength
        0 leaves the images as they are.

    Returns
    -------
    Tensor
        Same shape and type.

    Examples
    --------
    >>> images = torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> moved = augment(images, torch.Generator().manual_seed(0))
    >>> moved.shape, bool((moved != images).any())
    (torch.Size([4, 1, 32, 32]), True)
    """
    return _moved(images, strength * (2 * torch.rand(len(images), 6, generator=generator) - 1))


def augment_each(images: Tensor, seeds: Sequence[int], strength: float = 1.0) -> Tensor:
    """Return each image as `augment` gives it alone, from a seed of its own, whatever comes with it.

    Parameters
    ----------
    images
        (n, c, h, w), floats; not changed.
    seeds
        One for each image, 0 to below 2**63.
    strength
        As in `augment`.

    Returns
    -------
    Tensor
        Same shape and type.

    Examples
    --------
    >>> images = torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> one, several = augment_each(images[2:3], [7]), augment_each(images, [5, 6, 7, 8])
    >>> torch.equal(one[0], several[2])
    True
    """
    drawn = [torch.rand(6, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    return _moved(images, strength * (2 * torch.stack(drawn) - 1)) if drawn else images


def _moved(images: Tensor, drawn: Tensor) -> Tensor:
    """Return images under the maps that six numbers each from -strength to strength stand for."""
    if len(images) == 0 or not drawn.any():
        return images
    angle = drawn[:, 0] * math.radians(_DEGREES)
    wide, high = (drawn[:, at].mul(_LOG_SCALE / math.sqrt(2)).exp() for at in (1, 2))
    shear = drawn[:, 3] * _SHEAR
    cos, sin = angle.cos(), angle.sin()
    # Rotation after shear after scale, from places in the new image to places in the old one.
    maps = torch.stack(
        [
            torch.stack([cos * wide, (cos * shear - sin) * high, 2 * _SHIFT * drawn[:, 4]], dim=1),
            torch.stack([sin * wide, (sin * shear + cos) * high, 2 * _SHIFT * drawn[:, 5]], dim=1),
        ],
        dim=1,
    ).to(images)
    grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
