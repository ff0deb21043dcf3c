"""A map of points as a picture for the twin: the same bytes on every machine, with shapes as well as colours."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

_SIZE, _LARGER = 360, 3
_COLOURS = ((10, 106, 168), (154, 69, 8))
_SHADES = 16


def scatter(groups: Sequence[Sequence[Sequence[float]]]) -> str:
    """Draw the first group as circles and the second as triangles.

    Parameters
    ----------
    groups
        For each group its points, (x, y) in -1..1.

    Returns
    -------
    str
        ``data:image/png;base64,…``

    Examples
    --------
    >>> scatter([[(0, 0)], [(0.5, 0.5)]])[:22]
    'data:image/png;base64,'
    """
    big = _SIZE * _LARGER
    whole = Image.new("RGB", (big, big), "white")
    draw = ImageDraw.Draw(whole)
    for number, points in enumerate(groups[:2]):
        for x, y in points:
            across = (0.5 + 0.47 * x) * big
            down = (0.5 - 0.47 * y) * big
            _mark(draw, number, across, down)
    small = whole.resize((_SIZE, _SIZE), Image.Resampling.BOX)
    few = small.quantize(palette=_palette(), dither=Image.Dither.NONE)
    written = io.BytesIO()
    # Stored, not compressed: compressors differ between machines, and notebook tests compare the bytes.
    few.save(written, "PNG", bits=4, compress_level=0)
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode("ascii")


def _mark(draw: ImageDraw.ImageDraw, number: int, x: float, y: float) -> None:
    size = 4 * _LARGER
    if number == 0:
        draw.ellipse((x - size, y - size, x + size, y + size), outline=_COLOURS[0], width=_LARGER + 1)
    else:
        draw.polygon([(x, y - size), (x + size, y + size), (x - size, y + size)], fill=_COLOURS[1])


def _palette() -> Image.Image:
    """White, and seven steps from white to either colour."""
    steps = [np.array([255, 255, 255])]
    for colour in _COLOURS:
        steps += [255 + (np.array(colour) - 255) * one / 7 for one in range(1, 8)]
    steps.append(np.mean(_COLOURS, axis=0))
    palette = Image.new("P", (1, 1))
    palette.putpalette([round(float(one)) for step in steps[:_SHADES] for one in step])
    return palette
