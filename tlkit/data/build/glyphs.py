"""Letters and digits, drawn from the fonts that matplotlib ships."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tlkit.data.build import fonts
from tlkit.data.build.built import TEST, TRAIN, VALIDATION, Built
from tlkit.data.card import DataCard

SIDE = 32
_FINE = 4  # drawn four times larger, then averaged
_SPARE = 4  # large pixels of paper around the ink
_EM = 26  # pixels
_ROOM = 30.0  # pixels: nothing is drawn outside, so nothing is clipped
_LEVELS = 15  # shades of ink between none and full: keeps the files small

# How far drawings of a letter differ. With hardly any changes a network trained from scratch on one label per
# class and its augmented copies does well, and there is little left to transfer.
_SIZE = (0.74, 1.08)
_WIDTH = 0.12  # of the logarithm
_ANGLE = math.radians(18)
_SLANT = 0.12
_MOVE = 2.8
_BEND = 0.9
_LEAST_INK, _MOST_INK = 0.6, 1.9

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
    """Draw a letter several times, each with changes of its own.

    Size, angle, slant, width, place, thickness and a bend are drawn at random, the same in every run. Slant,
    width, thickness and bend stand for what differs between one printed letter and another beyond a move of
    the paper.

    Parameters
    ----------
    font, letter
        What to draw.
    count
        How many pictures.

    Returns
    -------
    list of ndarray
        (32, 32), uint8, ink is 255.
    """
    generator = np.random.default_rng([zlib.crc32(font.encode()), ord(letter)])
    drawn: list[NDArray[np.uint8]] = []
    while len(drawn) < count:
        change = _Change.drawn(generator)
        one = _place(_fine_glyph(font, letter, change.heavier), change)
        if not any(np.array_equal(one, other) for other in drawn):
            drawn.append(one)
    return drawn


@dataclass(frozen=True)
class _Change:
    """How one drawing of a letter differs from the font's; lengths in pixels, angles in radians."""

    size: float
    width: float
    angle: float
    slant: float
    move: NDArray[np.float64]
    heavier: int
    bend: NDArray[np.float64]
    wave: NDArray[np.float64]
    phase: NDArray[np.float64]

    @classmethod
    def drawn(cls, generator: np.random.Generator) -> _Change:
        return cls(
            size=generator.uniform(*_SIZE),
            width=math.exp(generator.uniform(-_WIDTH, _WIDTH)),
            angle=generator.uniform(-_ANGLE, _ANGLE),
            slant=generator.uniform(-_SLANT, _SLANT),
            move=generator.uniform(-_MOVE, _MOVE, 2),
            heavier=int(generator.integers(-1, 3)),
            bend=generator.uniform(-_BEND, _BEND, 2),
            wave=generator.uniform(18, 40, 2),
            phase=generator.uniform(0, 2 * math.pi, 2),
        )


@cache
def _fine_glyph(font: str, letter: str, heavier: int) -> NDArray[np.float64]:
    """Draw a letter large, cut to its ink.

    ``heavier`` thickens each stroke by so many half pixels, -1 thins it; not where strokes would vanish or
    run together.
    """
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    code = fonts.code_point(font, letter)
    if code is None:
        raise ValueError(f"{font} has no {letter!r}")
    # The basic layout engine is in every Pillow, so that all installations draw the same.
    face = ImageFont.truetype(str(fonts.path(font)), _EM * _FINE, layout_engine=ImageFont.Layout.BASIC)
    canvas = Image.new("L", (3 * _EM * _FINE,) * 2)
    ImageDraw.Draw(canvas).text((_EM * _FINE, _EM * _FINE // 2), chr(code), fill=255, font=face)
    # The ink and room to thicken it: filters over empty paper take most of the time.
    left, top, right, bottom = canvas.getbbox() or (0, 0, 0, 0)
    canvas = canvas.crop((left - _SPARE, top - _SPARE, right + _SPARE, bottom + _SPARE))
    changed = canvas
    for _ in range(abs(heavier)):
        changed = changed.filter(ImageFilter.MaxFilter(3) if heavier > 0 else ImageFilter.MinFilter(3))
        ratio = np.asarray(changed, dtype=float).sum() / np.asarray(canvas, dtype=float).sum()
        if not _LEAST_INK < ratio < _MOST_INK:
            return _fine_glyph(font, letter, heavier - int(math.copysign(1, heavier)))
    return np.asarray(changed.crop(changed.getbbox()), dtype=np.float64)


def _place(glyph: NDArray[np.float64], change: _Change) -> NDArray[np.uint8]:
    """Put a large drawing into the middle of a small picture, changed."""
    from scipy.ndimage import map_coordinates

    box = np.array(glyph.shape[::-1]) / _FINE
    turn = np.array(
        [[math.cos(change.angle), -math.sin(change.angle)], [math.sin(change.angle), math.cos(change.angle)]]
    )
    there = turn @ np.array([[1.0, change.slant], [0.0, 1.0]]) @ np.diag([change.width, 1.0])
    reach = np.abs(there) @ (box + 2 * np.abs(change.bend))
    size = min(change.size, _ROOM / float(reach.max()))
    free = (_ROOM - reach * size) / 2
    move = np.clip(change.move, -free, free)
    middle = (np.arange(SIDE * _FINE) + 0.5) / _FINE - SIDE / 2
    x, y = middle[None, :] - move[0], middle[:, None] - move[1]
    back = np.linalg.inv(there * size)
    across = back[0, 0] * x + back[0, 1] * y
    down = back[1, 0] * x + back[1, 1] * y
    turns = 2 * math.pi / change.wave
    from_x = across + change.bend[0] * np.sin(down * turns[0] + change.phase[0])
    from_y = down + change.bend[1] * np.sin(across * turns[1] + change.phase[1])
    at = np.stack([from_y + box[1] / 2, from_x + box[0] / 2]) * _FINE - 0.5
    large = map_coordinates(glyph, at, order=1, mode="constant")
    small = large.reshape(SIDE, _FINE, SIDE, _FINE).mean(axis=(1, 3))
    shades: NDArray[np.uint8] = (np.rint(small / 255 * _LEVELS) * (255 // _LEVELS)).astype(np.uint8)
    return shades


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
        f"{per_font[TEST]} times for the test ({', '.join(held[TEST])}), each time with changes of its own: "
        f"size ({_SIZE[0] - 1:+.0%} to {_SIZE[1] - 1:+.0%}), width ({math.exp(_WIDTH) - 1:.0%} either way), "
        f"angle ({math.degrees(_ANGLE):.0f} degrees), slant, place ({_MOVE:g} pixels), thickness and a "
        f"bend of up to {_BEND:g} pixels. Ink is 1, paper is 0. No font is in two splits, and the test fonts "
        "are the same for letters, greek and printed-digits: a network trained on one of them has not seen "
        "the fonts on which another is tested."
    )
    limits = [
        (
            "Fonts of training and test are different files but can be of one family: an upright face may be "
            "in training and its slanted one in the test."
        ),
        "Only a few book faces, drawn cleanly on empty paper.",
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
