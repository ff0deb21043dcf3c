"""Pictures as data URIs, and rows of them in HTML, each with words that say what it shows."""

from __future__ import annotations

import base64
import html
import io
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Rows of figures show pictures at least this large, whatever their own size is.
SHOWN_PIXELS = 72
# A JPEG of so small a picture saves little and smears its lines.
_ICON_PIXELS = 40
# A text as a picture: what fits into a square of 100.
_LETTERS, _LINES, _LEADING = 8, 4, 23


def picture(
    image: NDArray[Any], *, ink: bool = True, largest_pixels: int | None = None, small: bool = False
) -> str:
    """Turn an image into a PNG data URI, the same bytes on every machine.

    Parameters
    ----------
    image
        (h, w), (1, h, w) or (3, h, w), numbers in 0..1.
    ink
        Whether one channel is ink: 1 is then drawn black on white. False draws 1 white.
    largest_pixels
        Larger pictures are made smaller, to this longer side.
    small
        Few bytes matter more than equal ones: all but icons become a JPEG.

    Returns
    -------
    str
        ``data:image/png;base64,…``

    Examples
    --------
    >>> picture(np.zeros((1, 2, 2)))[:22]
    'data:image/png;base64,'
    """
    pixels = np.clip(np.asarray(image, dtype=np.float64), 0, 1)
    if pixels.ndim == 3 and pixels.shape[0] == 1:
        pixels = pixels[0]
    drawn = (1 - pixels if ink else pixels) if pixels.ndim == 2 else np.moveaxis(pixels, 0, -1)
    made = Image.fromarray((drawn * 255 + 0.5).astype(np.uint8))
    if largest_pixels is not None and max(made.size) > largest_pixels:
        made.thumbnail((largest_pixels, largest_pixels))
    written = io.BytesIO()
    if small and max(made.size) > _ICON_PIXELS:
        made.save(written, "JPEG", quality=85)
        return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode("ascii")
    # Stored, not compressed: compressors differ between machines, and notebook tests compare the bytes.
    made.save(written, "PNG", compress_level=0)
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode("ascii")


def written(text: str) -> str:
    """Write a text as a small square picture, a data URI, for rows that are made for pictures.

    Parameters
    ----------
    text
        Of any length; what does not fit is left out and the place marked.

    Returns
    -------
    str
        ``data:image/svg+xml;base64,…``

    Examples
    --------
    >>> made = written("cat & me")
    >>> "cat &amp; me" in base64.b64decode(made.split(",")[1]).decode()
    True
    """
    # What XML cannot hold, such as halves of characters, is not shown.
    plain = "".join(one for one in text if one.isprintable() or one.isspace())
    lines = textwrap.wrap(plain, _LETTERS, max_lines=_LINES, placeholder="…") or [""]
    top = 50 - (len(lines) - 1) * _LEADING / 2
    spans = "".join(
        f'<text x="50" y="{top + at * _LEADING:g}">{html.escape(line)}</text>'
        for at, line in enumerate(lines)
    )
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="100" height="100">'
        '<rect width="100" height="100" fill="#ffffff"/><g font-family="sans-serif" font-size="20" fill="#111111"'
        f' text-anchor="middle" dominant-baseline="central">{spans}</g></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode("ascii")


def looks_like_ink(images: NDArray[Any]) -> bool:
    """Say whether pictures of one channel are ink on empty ground, to be drawn dark on white.

    Parameters
    ----------
    images
        (n, c, h, w), numbers in 0..1.

    Examples
    --------
    >>> looks_like_ink(np.zeros((2, 1, 4, 4))), looks_like_ink(np.full((2, 1, 4, 4), 0.4))
    (True, False)
    """
    return images.shape[1] == 1 and float(np.median(images)) < 0.1


@dataclass(frozen=True)
class Shown:
    """A picture among others.

    Parameters
    ----------
    uri
        Its data URI.
    alt
        What it shows, for who cannot see it.
    caption
        What is written below it.
    """

    uri: str
    alt: str
    caption: str = ""


def row_of(pictures: Iterable[Shown], *, pixels: int = SHOWN_PIXELS) -> str:
    """Write pictures and their captions as HTML, in a row that wraps.

    Parameters
    ----------
    pictures
        Any number.
    pixels
        How wide each is shown.

    Examples
    --------
    >>> row_of([Shown("data:,", "An alpha.", "said: alpha")], pixels=40)
    '<div ...><figure ...><img src="data:," alt="An alpha." width="40" ...><figcaption ...>said: alpha...'
    """
    figures = "".join(
        f'<figure style="margin:0 12px 12px 0;width:{max(pixels, 96)}px">'
        f'<img src="{html.escape(one.uri)}" alt="{html.escape(one.alt)}" width="{pixels}"'
        ' style="image-rendering:auto;max-width:100%">'
        + (
            f'<figcaption style="font-size:0.85em;overflow-wrap:anywhere">{html.escape(one.caption)}</figcaption>'
            if one.caption
            else ""
        )
        + "</figure>"
        for one in pictures
    )
    return f'<div style="display:flex;flex-wrap:wrap">{figures}</div>'
