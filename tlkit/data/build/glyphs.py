"""Letters and digits, drawn from the fonts that matplotlib ships."""

from __future__ import annotations

import math
import zlib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.data.build import fonts
from tlkit.data.build.built import TEST, TRAIN, VALIDATION, Built
from tlkit.data.card import DataCard

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 32
_FINE = 4  # drawn four times larger, then averaged
_EM = 26  # pixels
_ROOM = 30.0  # pixels: nothing is drawn outside, so nothing is clipped
_LEVELS = 15  # shades of ink between none and full: keeps the files small

# Renderings of each letter in each font, by split.
_RENDERINGS = {
    "letters": {TRAIN: 15, VALIDATION: 5, TEST: 5},
    "greek": {TRAIN: 5, VALIDATION: 5, TEST: 8},
    "printed-digits": {TRAIN: 25, VALIDATION: 10, TEST: 12},
}
_LETTERS = {"letters": fonts.LATIN, "greek": fonts.GREEK, "printed-digits": fonts.DIGITS}


def build(name: str) -> Built:
    """Draw one of the three sets.

    Parameters
    ----------
    name
        ``letters``, ``greek`` or ``printed-digits``.
    """
    letters = _LETTERS[name]
    images, labels, splits, sources = [], [], [], []
    used: list[str] = []
    for split, candidates in ((TRAIN, fonts.TRAIN), (VALIDATION, fonts.VALIDATION), (TEST, fonts.TEST)):
        for font in fonts.holding(candidates, letters):
            for label, letter in enumerate(letters):
                for drawn in renderings(font, letter, _RENDERINGS[name][split]):
                    images.append(drawn)
                    labels.append(label)
                    splits.append(split)
                    sources.append(len(used))
            used.append(font)
    return Built(
        np.stack(images),
        np.array(labels, dtype=np.uint8),
        np.array(splits, dtype=np.int8),
        np.array(sources, dtype=np.uint8),
        tuple(used),
        _card(name, letters),
    )


def renderings(font: str, letter: str, count: int) -> list[NDArray[np.uint8]]:
    """Draw a letter as it is, and then again with small changes of size, angle, slant, place and thickness.

    Parameters
    ----------
    font, letter
        What to draw.
    count
        How many pictures; the changes are the same in every run.

    Returns
    -------
    list of ndarray
        (32, 32), uint8, ink is 255.
    """
    generator = np.random.default_rng([zlib.crc32(font.encode()), ord(letter)])
    drawn = [_place(_fine_glyph(font, letter, False), 1.0, 0.0, 0.0, 0.0, 0.0)]
    while len(drawn) < count:
        size, angle, slant, right, down, heavier = generator.uniform(-1, 1, 6)
        glyph = _fine_glyph(font, letter, heavier > 0.2)
        one = _place(glyph, 0.97 + 0.11 * size, math.radians(8 * angle), 0.1 * slant, 1.2 * right, 1.2 * down)
        # A dot or a bar may come out the same twice after rounding.
        if not any(np.array_equal(one, other) for other in drawn):
            drawn.append(one)
    return drawn


@cache
def _fine_glyph(font: str, letter: str, heavier: bool) -> Image:
    """Draw a letter large, cut to its ink; ``heavier`` thickens each stroke by half a pixel."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    code = fonts.code_point(font, letter)
    if code is None:
        raise ValueError(f"{font} has no {letter!r}")
    # The basic layout engine is in every Pillow, so that all installations draw the same.
    face = ImageFont.truetype(str(fonts.path(font)), _EM * _FINE, layout_engine=ImageFont.Layout.BASIC)
    canvas = Image.new("L", (3 * _EM * _FINE,) * 2)
    ImageDraw.Draw(canvas).text((_EM * _FINE, _EM * _FINE // 2), chr(code), fill=255, font=face)
    if heavier:
        canvas = canvas.filter(ImageFilter.MaxFilter(3))
    return canvas.crop(canvas.getbbox())


def _place(
    glyph: Image, size: float, angle: float, slant: float, right: float, down: float
) -> NDArray[np.uint8]:
    """Put a large drawing into the middle of a small picture, changed a little."""
    from PIL import Image

    width, height = glyph.width / _FINE, glyph.height / _FINE
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    change = turn @ np.array([[1.0, slant], [0.0, 1.0]])
    reach = np.abs(change) @ np.array([width, height])
    size = min(size, _ROOM / float(reach.max()))
    change = change * size
    free = (_ROOM - reach * size) / 2
    move = np.clip([right, down], -free, free)
    back = np.linalg.inv(change)
    middle_out = np.array([SIDE / 2, SIDE / 2]) * _FINE + move * _FINE
    offset = np.array([glyph.width / 2, glyph.height / 2]) - back @ middle_out
    matrix = (back[0, 0], back[0, 1], offset[0], back[1, 0], back[1, 1], offset[1])
    large = glyph.transform(
        (SIDE * _FINE,) * 2, Image.Transform.AFFINE, matrix, resample=Image.Resampling.BILINEAR
    )
    small = np.asarray(large.reduce(_FINE), dtype=np.float64)
    return (np.rint(small / 255 * _LEVELS) * (255 // _LEVELS)).astype(np.uint8)


def _card(name: str, letters: str) -> DataCard:
    import PIL
    from PIL import features

    titles = {
        "letters": "Printed Latin letters, capital and small.",
        "greek": "Printed Greek letters, capital and small, without those that look like Latin ones.",
        "printed-digits": "Printed digits, 0 to 9.",
    }
    per_font = _RENDERINGS[name]
    held = {
        split: fonts.holding(listed, letters)
        for split, listed in ((TRAIN, fonts.TRAIN), (VALIDATION, fonts.VALIDATION), (TEST, fonts.TEST))
    }
    how = (
        f"Each letter is drawn in each font {per_font[TRAIN]} times for training ({', '.join(held[TRAIN])}), "
        f"{per_font[VALIDATION]} times for validation ({', '.join(held[VALIDATION])}) and "
        f"{per_font[TEST]} times for the test ({', '.join(held[TEST])}): once as it is, then with small "
        "fixed changes of size (-14 to +8 %), angle (8 degrees), slant, place (1.2 pixels) and thickness. "
        "Ink is 1, paper is 0. No font is in two splits, and the test fonts are the same for letters, greek "
        "and printed-digits: a network trained on one of them has not seen the fonts on which another is "
        "tested."
    )
    limits = [
        (
            "Fonts of training and test are different files but can be of one family: an upright face may be "
            "in training and its slanted one in the test."
        ),
        "Only a few book faces, drawn cleanly: real print varies more.",
    ]
    if name == "letters":
        limits.append("Pairs such as I and l, or c and C, differ by little but their size, which is kept.")
    if name == "greek":
        how += (
            " Left out are the fifteen letters whose outline is the same as a Latin one in most fonts"
            f" ({' '.join(fonts.SAME_AS_LATIN)}): with them the target would already be in the source. So are"
            " the two others that overlap most with a Latin letter when laid over it, Λ on A and ρ on p"
            " (median over 16 fonts 0.88 and 0.87 of the joint area). Final sigma is not counted as a letter."
        )
        limits.append(
            "Greek shares fonts' style and the renderer with `letters`: it is a near target on purpose."
        )
    return DataCard(
        name=name,
        title=titles[name],
        origin="Rendered from the fonts that matplotlib ships: DejaVu, STIX and Computer Modern (BaKoMa).",
        licence="Pictures: BSD-3-Clause, as tlkit. Fonts: Bitstream Vera and DejaVu licence, STIX fonts "
        "licence, BaKoMa fonts licence; the fonts themselves are not included.",
        attribution="DejaVu fonts: Bitstream, Inc. and the authors of the DejaVu changes. STIX fonts: the "
        "STI Pub Companies. Computer Modern: Donald E. Knuth; TrueType versions: Basil K. Malyshev (BaKoMa).",
        classes=tuple(letters),
        how_made=how,
        limits=tuple(limits),
        built_with={"Pillow": PIL.__version__, "FreeType": str(features.version("freetype2"))},
    )
