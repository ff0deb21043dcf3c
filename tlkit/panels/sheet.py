"""Many small pictures in one file: a sheet of tiles, of which a browser or a twin shows one; or as many texts."""

from __future__ import annotations

import base64
import io
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TILE, _COLUMNS = 32, 24
_SHADES = 16
# Of a text, so many letters are kept.
_LONGEST = 120


def sheet(groups: Sequence[tuple[NDArray[Any], bool]]) -> dict[str, Any]:
    """Put pictures on one sheet, row by row.

    Parameters
    ----------
    groups
        Pairs of images, (n, c, h, w) in 0..1, and whether they are ink.

    Returns
    -------
    dict
        Plain JSON: ``uri``, ``tile`` (pixels), ``columns``, ``rows``, ``count``.

    Examples
    --------
    >>> made = sheet([(np.zeros((3, 1, 32, 32)), True)])
    >>> made["count"], made["columns"], made["rows"]
    (3, 24, 1)
    """
    tiles = [_drawn(image, ink) for images, ink in groups for image in images]
    coloured = any(tile.mode == "RGB" for tile in tiles)
    rows = max(1, -(-len(tiles) // _COLUMNS))
    whole = Image.new("RGB" if coloured else "L", (_COLUMNS * _TILE, rows * _TILE), "white")
    for number, tile in enumerate(tiles):
        whole.paste(tile, (number % _COLUMNS * _TILE, number // _COLUMNS * _TILE))
    written = io.BytesIO()
    if coloured:
        whole.save(written, "PNG")
    else:
        # Sixteen shades of grey are enough for the eye, and a third of the bytes.
        shades = np.rint(np.asarray(whole) / 255 * (_SHADES - 1)).astype(np.uint8)
        few = Image.fromarray(shades, "P")
        few.putpalette([round(255 * one / (_SHADES - 1)) for one in range(_SHADES) for _ in range(3)])
        few.save(written, "PNG", bits=4, optimize=False)
    uri = "data:image/png;base64," + base64.b64encode(written.getvalue()).decode("ascii")
    return {"uri": uri, "tile": _TILE, "columns": _COLUMNS, "rows": rows, "count": len(tiles)}


def listed(texts: Iterable[str]) -> dict[str, Any]:
    """Return texts in the place of a sheet of pictures: a browser writes them where it would show a tile.

    Examples
    --------
    >>> listed(["a red \\n car"])
    {'texts': ['a red car'], 'count': 1}
    """
    kept = [textwrap.shorten(text, _LONGEST, placeholder=" …") for text in texts]
    return {"texts": kept, "count": len(kept)}


def tile(made: Mapping[str, Any], number: int) -> NDArray[np.float64]:
    """Cut one picture out of a sheet again.

    Returns
    -------
    ndarray
        (3, tile, tile) in 0..1, as it is drawn.

    Examples
    --------
    >>> made = sheet([(np.ones((2, 1, 32, 32)), True)])
    >>> float(tile(made, 1).max()), float(tile(made, 2).min())
    (0.0, 1.0)
    """
    whole = Image.open(io.BytesIO(base64.b64decode(made["uri"].split(",", 1)[1]))).convert("RGB")
    size = int(made["tile"])
    left, top = number % int(made["columns"]) * size, number // int(made["columns"]) * size
    cut = whole.crop((left, top, left + size, top + size))
    return np.moveaxis(np.asarray(cut, dtype=np.float64) / 255, -1, 0)


def _drawn(image: NDArray[Any], ink: bool) -> Image.Image:
    pixels = np.clip(np.asarray(image, dtype=np.float64), 0, 1)
    bright = ((1 - pixels if ink else pixels) * 255 + 0.5).astype(np.uint8)
    drawn = (
        Image.fromarray(bright[0]) if len(bright) == 1 else Image.fromarray(np.moveaxis(bright[:3], 0, -1))
    )
    if drawn.size == (_TILE, _TILE):
        return drawn
    drawn.thumbnail((_TILE, _TILE))
    ground = Image.new(drawn.mode, (_TILE, _TILE), "white")
    ground.paste(drawn, ((_TILE - drawn.width) // 2, (_TILE - drawn.height) // 2))
    return ground
