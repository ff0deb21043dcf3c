"""The fonts that matplotlib ships: which of them hold letters, and which are kept for the test."""

from __future__ import annotations

from functools import cache
from pathlib import Path

LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"

# The capitals and ο of which most fonts draw the same outline as of a Latin letter.
SAME_AS_LATIN = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο"
# The two others that overlap most with a Latin letter (A and p): see tests/data/build/test_fonts.py.
CLOSE_TO_LATIN = "Λρ"
ALPHABET = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρστυφχψω"
GREEK = "".join(one for one in ALPHABET if one not in SAME_AS_LATIN + CLOSE_TO_LATIN)

# One set of test fonts for all rendered sets: a network that was trained on `letters` has not seen them when
# it is tested on `greek`.
TEST = (
    "DejaVuSans-Oblique",
    "DejaVuSansMono-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBolIta",
    "cmss10",
    "cmti10",
)
VALIDATION = ("DejaVuSansMono-BoldOblique", "DejaVuSerif-BoldItalic", "cmtt10")
TRAIN = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-BoldOblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "STIXGeneralItalic",
    "STIXGeneralBol",
    "cmmi10",
    "cmr10",
    "cmb10",
)

# Computer Modern Math Italic keeps its Greek at code points of its own.
_CMMI_GREEK = dict(zip("ΓΔΘΛΞΠΣΥΦΨΩ", [*range(0xA1, 0xAB), 0xAD], strict=True)) | dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψω",
        [0xAE, 0xAF, 0xB0, 0xB1, 0x22, 0xB3, 0xB4, 0xB5, 0xB6, 0x2219, *range(0xB8, 0xC4), 0x21],
        strict=True,
    )
)


def path(font: str) -> Path:
    """Return the file of a font that matplotlib ships."""
    import matplotlib

    return Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")


@cache
def _code_points(font: str) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    # Glyph 0 is the box that stands for a missing letter.
    return frozenset(code for code, glyph in FT2Font(str(path(font))).get_charmap().items() if glyph)


def code_point(font: str, letter: str) -> int | None:
    """Return where a font keeps a letter, or None if it has no such letter.

    Examples
    --------
    >>> code_point("DejaVuSans", "A"), code_point("cmr10", "Γ"), hex(code_point("cmmi10", "Γ"))
    (65, None, '0xa1')
    """
    code = ord(letter)
    if font == "cmmi10":
        if letter in DIGITS:
            return None  # old-style figures, which hang below the line
        code = _CMMI_GREEK.get(letter, code)
    elif letter in ALPHABET and font.startswith("cm"):
        return None
    return code if code in _code_points(font) else None


def holding(fonts: tuple[str, ...], letters: str) -> tuple[str, ...]:
    """Return those fonts that hold every one of some letters."""
    return tuple(font for font in fonts if all(code_point(font, one) is not None for one in letters))
