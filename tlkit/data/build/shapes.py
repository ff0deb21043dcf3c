"""Geometric shapes, drawn filled or in outline."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tlkit.data.build.built import TEST, TRAIN, VALIDATION, Built
from tlkit.data.card import DataCard

SIDE = 32
_FINE = 4
_COUNTS = {TRAIN: 220, VALIDATION: 30, TEST: 60}
_LEVELS = 15

Points = NDArray[np.float64]
Generator = np.random.Generator


def build() -> Built:
    """Draw the set."""
    names = tuple(_OUTLINES)
    images, labels, splits = [], [], []
    for label, name in enumerate(names):
        for split, count in _COUNTS.items():
            generator = np.random.default_rng([20, label, split])
            for _ in range(count):
                images.append(draw(name, generator))
                labels.append(label)
                splits.append(split)
    return Built(
        np.stack(images),
        np.array(labels, dtype=np.uint8),
        np.array(splits, dtype=np.int8),
        np.zeros(len(labels), dtype=np.uint8),
        ("drawn",),
        _card(names),
    )


def draw(name: str, generator: Generator) -> NDArray[np.uint8]:
    """Draw one shape with random size, angle, place, proportions, grey and line width.

    Returns
    -------
    ndarray
        (32, 32), uint8, paper is 0.
    """
    from PIL import Image, ImageDraw

    points = _OUTLINES[name](generator)
    points = points - (points.max(axis=0) + points.min(axis=0)) / 2
    points = points / np.linalg.norm(points, axis=1).max()
    angle = generator.uniform(0, 2 * math.pi)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    radius = generator.uniform(8.5, 14)
    free = SIDE / 2 - 0.5 - radius
    middle = SIDE / 2 + generator.uniform(-free, free, 2)
    width = generator.uniform(1.2, 2.6)
    grey = int(generator.integers(150, 256))
    filled = bool(generator.uniform() < 0.5)
    if not filled:
        radius -= width / 2
    at = [tuple(one) for one in ((points @ turn.T * radius + middle) * _FINE).tolist()]
    canvas = Image.new("L", (SIDE * _FINE,) * 2)
    pen = ImageDraw.Draw(canvas)
    if filled:
        pen.polygon(at, fill=grey)
    else:
        # Two points more than closed, so that the corner where the line starts is joined like the others.
        pen.line([*at, *at[:2]], fill=grey, width=round(width * _FINE), joint="curve")
    small = np.asarray(canvas.reduce(_FINE), dtype=np.float64)
    return (np.rint(small / 255 * _LEVELS) * (255 // _LEVELS)).astype(np.uint8)


def _arc(start: float, end: float, count: int = 48) -> Points:
    angles = np.linspace(start, end, count)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _regular(corners: int) -> Points:
    return _arc(0, 2 * math.pi, corners + 1)[:-1]


def _circle(generator: Generator) -> Points:
    return _regular(64)


def _ellipse(generator: Generator) -> Points:
    return _regular(64) * [1, generator.uniform(0.4, 0.65)]


def _half_disc(generator: Generator) -> Points:
    return _arc(0, math.pi)


def _crescent(generator: Generator) -> Points:
    inner = _arc(math.pi / 2, -math.pi / 2) * [generator.uniform(0.25, 0.5), 1]
    return np.concatenate([_arc(-math.pi / 2, math.pi / 2), inner[1:-1]])


def _sector(generator: Generator) -> Points:
    mouth = generator.uniform(0.5, 0.9)
    return np.concatenate([_arc(mouth, 2 * math.pi - mouth), [[0.0, 0.0]]])


def _triangle(generator: Generator) -> Points:
    return _regular(3) * [1, generator.uniform(0.75, 1.25)]


def _square(generator: Generator) -> Points:
    return _regular(4)


def _rectangle(generator: Generator) -> Points:
    tall = generator.uniform(0.35, 0.6)
    return np.array([[-1, -tall], [1, -tall], [1, tall], [-1, tall]])


def _rhombus(generator: Generator) -> Points:
    return _regular(4) * [1, generator.uniform(0.45, 0.65)]


def _pentagon(generator: Generator) -> Points:
    return _regular(5)


def _star(generator: Generator) -> Points:
    radii = np.tile([1, generator.uniform(0.36, 0.46)], 5)
    points: Points = _regular(10) * radii[:, None]
    return points


def _cross(generator: Generator) -> Points:
    arm = generator.uniform(0.22, 0.36)
    corner = np.array([[1, -arm], [1, arm], [arm, arm]])
    quarter = np.array([[0.0, 1.0], [-1.0, 0.0]])
    return np.concatenate([corner @ np.linalg.matrix_power(quarter, turns) for turns in range(4)])


def _arrow(generator: Generator) -> Points:
    shaft, neck = generator.uniform(0.14, 0.24), generator.uniform(0.0, 0.3)
    upper = np.array([[-1, shaft], [neck, shaft], [neck, 0.62], [1, 0]])
    return np.concatenate([upper, upper[-2::-1] * [1, -1]])


def _heart(generator: Generator) -> Points:
    at = np.linspace(0, 2 * math.pi, 65)[:-1]
    across = 16 * np.sin(at) ** 3
    up = 13 * np.cos(at) - 5 * np.cos(2 * at) - 2 * np.cos(3 * at) - np.cos(4 * at)
    return np.stack([across, -up * generator.uniform(0.9, 1.1)], axis=1)


_OUTLINES: dict[str, Callable[[Generator], Points]] = {
    "circle": _circle,
    "ellipse": _ellipse,
    "half-disc": _half_disc,
    "crescent": _crescent,
    "sector": _sector,
    "triangle": _triangle,
    "square": _square,
    "rectangle": _rectangle,
    "rhombus": _rhombus,
    "pentagon": _pentagon,
    "star": _star,
    "cross": _cross,
    "arrow": _arrow,
    "heart": _heart,
}


def _card(names: tuple[str, ...]) -> DataCard:
    import PIL

    return DataCard(
        name="shapes",
        title="Geometric shapes, filled or in outline.",
        origin="Drawn by tlkit.",
        licence="BSD-3-Clause, as tlkit.",
        attribution="The tlkit developers.",
        classes=names,
        how_made=(
            f"Each class is drawn {_COUNTS[TRAIN]} times for training, {_COUNTS[VALIDATION]} for validation "
            f"and {_COUNTS[TEST]} for the test, with random size, angle, place, proportions, grey and line "
            "width; half are filled. The three splits are drawn with seeds of their own."
        ),
        limits=(
            "One shape on an empty ground: no clutter, no overlap.",
            "Some squares and rhombuses, or circles and ellipses, differ by a few pixels only.",
        ),
        built_with={"Pillow": PIL.__version__},
    )
