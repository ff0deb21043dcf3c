"""Which Greek letters are left out of `greek`: measured on the outlines in the fonts, not believed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from matplotlib.ft2font import FT2Font, LoadFlags
from PIL import Image, ImageDraw, ImageFont

from tlkit.data.build import fonts

FIFTEEN = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο"
WITH_GREEK = [
    font for font in fonts.TRAIN + fonts.VALIDATION + fonts.TEST if fonts.code_point(font, "Α") is not None
]


@cache
def _outline(font: str, letter: str) -> frozenset[tuple[int, int]]:
    """Return the control points of a glyph in font units, moved to the origin."""
    face = FT2Font(str(fonts.path(font)))
    code = fonts.code_point(font, letter)
    assert code is not None
    face.load_char(code, flags=LoadFlags.NO_SCALE)
    points, _ = face.get_path()
    points = points - points.min(axis=0)
    return frozenset((round(x * 64), round(y * 64)) for x, y in points.tolist())


def _fonts_with_the_same_outline(greek: str) -> int:
    return max(
        sum(_outline(font, greek) == _outline(font, latin) for font in WITH_GREEK) for latin in fonts.LATIN
    )


@cache
def _ink(font: str, letter: str) -> np.ndarray:
    """Draw a glyph, the middle of its box in the middle of the picture."""
    face = ImageFont.truetype(str(fonts.path(font)), 64, layout_engine=ImageFont.Layout.BASIC)
    canvas = Image.new("L", (192, 192))
    ImageDraw.Draw(canvas).text((64, 40), letter, fill=255, font=face)
    cut = canvas.crop(canvas.getbbox())
    middle = Image.new("L", (128, 128))
    middle.paste(cut, ((128 - cut.width) // 2, (128 - cut.height) // 2))
    return np.asarray(middle) > 127


def _overlap(greek: str) -> float:
    """Return the median over fonts of the joint area with the Latin letter that covers it best."""
    best = []
    for font in WITH_GREEK:
        one = _ink(font, greek)
        latin = [_ink(font, letter) for letter in fonts.LATIN]
        best.append(max((one & other).sum() / (one | other).sum() for other in latin))
    return float(np.median(best))


def test_sixteen_fonts_hold_all_of_the_greek_alphabet() -> None:
    assert len(WITH_GREEK) == 16
    assert fonts.holding(tuple(WITH_GREEK), fonts.ALPHABET) == tuple(WITH_GREEK)


@pytest.mark.parametrize("letter", FIFTEEN)
def test_the_fifteen_have_the_outline_of_a_latin_letter_in_most_fonts(letter: str) -> None:
    assert _fonts_with_the_same_outline(letter) > len(WITH_GREEK) / 2
    assert letter not in fonts.GREEK


@pytest.mark.parametrize("letter", fonts.GREEK)
def test_no_other_has_the_outline_of_a_latin_letter_in_any_font(letter: str) -> None:
    assert _fonts_with_the_same_outline(letter) == 0


def test_the_two_others_left_out_overlap_most_with_latin_letters() -> None:
    overlap = {letter: _overlap(letter) for letter in fonts.GREEK + fonts.CLOSE_TO_LATIN}
    closest = sorted(overlap, key=overlap.__getitem__)[-2:]
    assert set(closest) == set(fonts.CLOSE_TO_LATIN)
    assert min(overlap[letter] for letter in closest) > 0.86


def test_the_alphabet_is_complete() -> None:
    assert len(fonts.ALPHABET) == 48
    assert set(fonts.SAME_AS_LATIN) == set(FIFTEEN)
    assert len(fonts.GREEK) == 31


def test_fonts_of_the_splits_are_disjoint() -> None:
    for letters in (fonts.LATIN, fonts.DIGITS, fonts.GREEK):
        held = [fonts.holding(listed, letters) for listed in (fonts.TRAIN, fonts.VALIDATION, fonts.TEST)]
        assert len(set().union(*held)) == sum(map(len, held))
        assert all(len(one) >= 2 for one in held)


def test_computer_modern_greek_is_found_by_the_names_of_its_glyphs() -> None:
    import unicodedata

    face = FT2Font(str(fonts.path("cmmi10")))
    found = face.get_charmap()
    for letter in fonts.GREEK:
        code = fonts.code_point("cmmi10", letter)
        name = face.get_glyph_name(found[code]).rstrip("1")
        full = unicodedata.name(letter).split()[-1].replace("LAMDA", "LAMBDA")
        assert name.lower() == full.lower()
        assert name[0].isupper() == letter.isupper()


def test_symbols_and_missing_letters_are_not_taken_for_letters() -> None:
    assert fonts.code_point("cmr10", "Γ") is None
    assert fonts.code_point("cmmi10", "3") is None
    assert fonts.code_point("STIXNonUni", "A") is None
