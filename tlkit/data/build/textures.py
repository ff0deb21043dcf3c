"""Textures: some cut from photographs, some computed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tlkit.data.build.built import TEST, TRAIN, VALIDATION, Built
from tlkit.data.build.photos import SIDE, Photograph, cut, read, shades
from tlkit.data.card import DataCard

_COUNTS = {TRAIN: 160, VALIDATION: 20, TEST: 50}

Generator = np.random.Generator
Picture = NDArray[np.float64]

PHOTOGRAPHS = {
    "brick": Photograph("skimage", "data/brick.png", "cc0textures.com, Bricks25 (CC0)"),
    "grass": Photograph("skimage", "data/grass.png", "linolafett, deviantart.com (CC0)"),
    "gravel": Photograph("skimage", "data/gravel.png", "cc0textures.com, Gravel04 (CC0)"),
    "stars": Photograph(
        "skimage", "data/hubble_deep_field.jpg", "NASA, Hubble eXtreme Deep Field (public domain)"
    ),
    "tissue": Photograph(
        "skimage",
        "data/ihc.png",
        "Center for Microscopy and Molecular Imaging (no known copyright restrictions)",
    ),
    "writing": Photograph("skimage", "data/text.png", "Wikipedia, File:Corner.png (public domain)"),
}


def build() -> Built:
    """Cut and compute the set."""
    names = (*PHOTOGRAPHS, *_COMPUTED)
    images, labels, splits = [], [], []
    for label, name in enumerate(names):
        for split, patches in _patches(name, label).items():
            images.extend(patches)
            labels.extend([label] * len(patches))
            splits.extend([split] * len(patches))
    return Built(
        np.stack(images),
        np.array(labels, dtype=np.uint8),
        np.array(splits, dtype=np.int8),
        np.array(labels, dtype=np.uint8),
        names,
        _card(names),
    )


def _patches(name: str, label: int) -> dict[int, list[NDArray[np.uint8]]]:
    if name in PHOTOGRAPHS:
        return cut(read(PHOTOGRAPHS[name]), _COUNTS, [40, label])
    made = {}
    for split, count in _COUNTS.items():
        generator = np.random.default_rng([41, label, split])
        made[split] = [shades(_light(_COMPUTED[name](generator), generator)) for _ in range(count)]
    return made


def _light(values: Picture, generator: Generator) -> Picture:
    """Stretch a picture to 0..1, then give it a random brightness and contrast."""
    stretched = (values - values.min()) / max(float(np.ptp(values)), 1e-9)
    contrast = generator.uniform(0.5, 1)
    lit: Picture = stretched * contrast + generator.uniform(0, 1 - contrast)
    return lit


def _turned(generator: Generator, most: float = np.pi) -> tuple[Picture, Picture]:
    """Return coordinates in pixels along a turned pair of axes, with a random origin."""
    y, x = np.mgrid[:SIDE, :SIDE] + generator.uniform(0, 64, 2)[:, None, None]
    angle = generator.uniform(0, most)
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _smooth_noise(generator: Generator, width: float) -> Picture:
    from scipy.ndimage import gaussian_filter

    noise = generator.normal(size=(2 * SIDE, 2 * SIDE))
    smooth = gaussian_filter(noise, width, mode="wrap")[:SIDE, :SIDE]
    even: Picture = smooth / smooth.std()
    return even


def _clouds(generator: Generator) -> Picture:
    """Add up noise of four widths, the wider the stronger."""
    return np.asarray(sum(width * _smooth_noise(generator, width) for width in (1.0, 2.0, 4.0, 8.0)))


def _spots(generator: Generator) -> Picture:
    """Keep one band of sizes of noise, as on a leopard."""
    from scipy.ndimage import gaussian_filter

    width = generator.uniform(1.3, 2.2)
    noise = generator.normal(size=(2 * SIDE, 2 * SIDE))
    band = gaussian_filter(noise, width, mode="wrap") - gaussian_filter(noise, 1.6 * width, mode="wrap")
    spots: Picture = np.tanh(3 * band[:SIDE, :SIDE] / band.std())
    return spots


def _stripes(generator: Generator) -> Picture:
    along, _ = _turned(generator)
    stripes: Picture = np.tanh(3 * np.sin(along * 2 * np.pi / generator.uniform(4.5, 9)))
    return stripes


def _waves(generator: Generator) -> Picture:
    along, across = _turned(generator)
    bend = generator.uniform(1.2, 2.2) * np.sin(across * 2 * np.pi / generator.uniform(10, 16))
    waves: Picture = np.sin((along + bend) * 2 * np.pi / generator.uniform(5, 9))
    return waves


def _marble(generator: Generator) -> Picture:
    along, _ = _turned(generator)
    bent = along + 3 * _smooth_noise(generator, 3.0)
    veins: Picture = -np.sqrt(np.abs(np.sin(bent * np.pi / generator.uniform(9, 14))))
    return veins


def _checks(generator: Generator) -> Picture:
    along, across = _turned(generator)
    period = 2 * np.pi / generator.uniform(6, 12)
    checks: Picture = np.tanh(6 * np.sin(along * period) * np.sin(across * period))
    return checks


def _dots(generator: Generator) -> Picture:
    along, across = _turned(generator)
    period = generator.uniform(5.5, 9)
    apart = np.hypot((along % period) - period / 2, (across % period) - period / 2)
    dots: Picture = np.tanh(1.5 * (period * generator.uniform(0.22, 0.3) - apart))
    return dots


def _weave(generator: Generator) -> Picture:
    """Lay bands over and under each other."""
    along, across = _turned(generator)
    width = generator.uniform(4, 6.5)
    over = (np.floor(along / width) + np.floor(across / width)) % 2 == 0
    across_band = np.abs(np.sin(along * np.pi / width))
    along_band = np.abs(np.sin(across * np.pi / width))
    return np.where(over, 0.45 + 0.55 * across_band, 0.6 * along_band)


def _cells(generator: Generator) -> Picture:
    """Draw the borders between the regions nearest to scattered points."""
    y, x = np.mgrid[:SIDE, :SIDE]
    points = generator.uniform(-6, SIDE + 6, size=(int(generator.integers(24, 44)), 2))
    apart = np.sort(np.hypot(y[..., None] - points[:, 0], x[..., None] - points[:, 1]), axis=-1)
    cells: Picture = np.tanh((apart[..., 1] - apart[..., 0]) / 1.5)
    return cells


_COMPUTED: dict[str, Callable[[Generator], Picture]] = {
    "cells": _cells,
    "checks": _checks,
    "clouds": _clouds,
    "dots": _dots,
    "marble": _marble,
    "spots": _spots,
    "stripes": _stripes,
    "waves": _waves,
    "weave": _weave,
}


def _card(names: tuple[str, ...]) -> DataCard:
    import PIL
    import scipy

    return DataCard(
        name="textures",
        title="Patches of fifteen textures, six photographed and nine computed.",
        origin="Photographs that scikit-image ships ("
        + ", ".join(PHOTOGRAPHS)
        + "); the others computed by tlkit.",
        licence="The photographs' own: CC0, public domain, no known restrictions. "
        "Computed ones: BSD-3-Clause.",
        attribution="; ".join(f"{name}: {one.credit}" for name, one in PHOTOGRAPHS.items())
        + "; computed: the tlkit developers.",
        classes=names,
        how_made=(
            "Photographs are cut as in `photos`: 4 x 4 blocks, each of one split, patches of 36 to 72 pixels "
            "inside a block. Computed textures are drawn anew for each image, with random angle, scale, "
            f"brightness and contrast, and a seed per split. {_COUNTS[TRAIN]} training, "
            f"{_COUNTS[VALIDATION]} validation and {_COUNTS[TEST]} test images per class, 32 shades of grey."
        ),
        limits=(
            "Each photographed texture comes from one photograph: its light is part of the class.",
            "Photographed and computed textures are easy to tell apart by their sharpness.",
        ),
        built_with={"Pillow": PIL.__version__, "numpy": np.__version__, "scipy": scipy.__version__},
    )
