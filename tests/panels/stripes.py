"""Small sets of stripes and a small network, so that a whole comparison takes seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from tlkit import backbones, data
from tlkit.backbones import Backbone
from tlkit.data import Dataset


def network(seed: int = 0, name: str = "small") -> Backbone:
    """Two convolutions that learned nothing, as good as any to be compared."""
    body = nn.Sequential(nn.Conv2d(1, 6, 5, 2, 2), nn.ReLU(), nn.Conv2d(6, 12, 3, 2, 1), nn.ReLU())
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in body.parameters():
            weights.normal_(0.0, 0.3, generator=generator)
    transform = backbones.InputTransform(1, 16, 16, (0.3,), (0.3,))
    return backbones.wrap(body, {"first": ["0", "1"], "second": ["2", "3"]}, transform=transform, name=name)


def pixels(labels: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Noise, with stripes across or along for the first two classes."""
    drawn = 0.7 * np.random.default_rng(seed).random((len(labels), 1, 16, 16))
    drawn[labels == 0, :, ::4] += 0.3
    drawn[labels == 1, :, :, ::4] += 0.3
    return drawn


def dataset(name: str = "stripes", classes: int = 2, each: int = 40) -> Dataset:
    """Pictures of stripes; a third class is noise."""
    labels = np.arange(classes * each) % classes
    return data.arrays(pixels(labels, classes), labels, name=name, channels="first")


def folder(place: Path, each: int = 24) -> Path:
    """Write a folder of PNG pictures in colour, one folder per class, in several sizes."""
    labels = np.arange(2 * each) % 2
    for row, (label, grey) in enumerate(zip(labels, pixels(labels, 7), strict=True)):
        of_class = place / ("across", "along")[label]
        of_class.mkdir(parents=True, exist_ok=True)
        colour = np.rint(255 * np.stack([grey[0], 0.8 * grey[0], 0.6 * grey[0]], axis=-1)).astype(np.uint8)
        size = (32 + 8 * (row % 3),) * 2
        Image.fromarray(colour).resize(size, Image.Resampling.NEAREST).save(of_class / f"{row:03d}.png")
    return place
