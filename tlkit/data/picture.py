"""One picture file turned into a square of bytes: format, rotation, transparency, depth, size."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

Fit = Literal["crop", "pad", "stretch"]
_FITS: dict[str, str] = {
    "crop": "the shorter side was brought to this size and the middle cut out",
    "pad": "the longer side was brought to this size and the rest filled with the background",
    "stretch": "each side was brought to this size, which changes proportions",
}
# Only what is a picture: Pillow opens others too, some by starting another program.
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "PPM")
SUFFIXES = frozenset(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".webp",
        ".tif",
        ".tiff",
        ".gif",
        ".bmp",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
    ]
)
# How a picture is turned upright for each value of the EXIF tag 0x0112, as names of PIL.Image.Transpose.
_UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
# Pictures above this many pixels are decoded one at a time, so that many threads do not fill the memory.
_LARGE_PIXELS = 16_000_000
_one_large = threading.Lock()


class UnreadableError(Exception):
    """A file from which no picture can be had.

    Parameters
    ----------
    why
        As the end of a sentence whose subject is the file.
    lasting
        Whether it will be so as long as the file does not change.
    """

    def __init__(self, why: str, *, lasting: bool = True) -> None:
        super().__init__(why)
        self.lasting = lasting


@dataclass(frozen=True)
class Working:
    """The form in which pictures are kept.

    Parameters
    ----------
    size
        Side of the square, in pixels, 8 to 1024.
    channels
        3 for colour (grey is repeated), 1 for grey (colour by luminance, ITU-R BT.601).
    fit
        ``"crop"``, ``"pad"`` or ``"stretch"``: how a picture that is not square becomes one.
    background
        What transparent parts, and the borders of ``"pad"``, are laid on: red, green, blue, 0 to 255.

    Raises
    ------
    DataError
        Another value.

    Examples
    --------
    >>> Working(64).words
    'Brought to 64 x 64 in colour: the shorter side was brought to this size and the middle cut out.'
    """

    size: int = 96
    channels: int = 3
    fit: Fit = "crop"
    background: tuple[int, int, int] = (255, 255, 255)

    def __post_init__(self) -> None:
        if type(self.size) is not int or not 8 <= self.size <= 1024:
            raise DataError(
                f"size is {self.size!r}, expected a whole number of pixels from 8 to 1024.",
                "Pictures are kept as squares: give size=96, for example.",
            )
        if type(self.channels) is not int or self.channels not in (1, 3):
            raise DataError(
                f"channels is {self.channels!r}, expected 1 (grey) or 3 (colour).",
                "Transparency is laid on the background and is no channel.",
            )
        if not isinstance(self.fit, str) or self.fit not in _FITS:
            raise DataError(f"fit is {self.fit!r}, expected one of {', '.join(map(repr, _FITS))}.")
        ground = tuple(self.background) if isinstance(self.background, tuple | list) else ()
        if len(ground) != 3 or not all(type(one) is int and 0 <= one <= 255 for one in ground):
            raise DataError(
                f"background is {self.background!r}, expected red, green and blue from 0 to 255.",
                "White is (255, 255, 255).",
            )
        object.__setattr__(self, "background", ground)

    @property
    def words(self) -> str:
        """What is done to each picture."""
        kind = "in colour" if self.channels == 3 else "in grey"
        return f"Brought to {self.size} x {self.size} {kind}: {_FITS[self.fit]}."


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings about single files from the reader: what matters becomes a finding."""
    from PIL import Image

    # Pillow registers its formats at the first opening, which many threads should not do at once.
    Image.init()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\..*")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def decode(content: bytes, working: Working) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Turn the content of a file into a square picture.

    The first frame is taken, turned upright by its EXIF tag, and laid on the background where it is
    transparent. 16 bits per value become 8 by dividing by 257; floats are read as 0..1. Colour
    profiles are not applied.

    Parameters
    ----------
    content
        The whole file: PNG, JPEG, WebP, TIFF, GIF, BMP or PPM.
    working
        The form wanted.

    Returns
    -------
    pixels
        (channels, size, size), uint8.
    original
        Width and height in the file, in pixels.

    Raises
    ------
    UnreadableError
        No picture, cut short, or so large that unpacking it could fill the memory.
    """
    from PIL import Image

    if not content:
        raise UnreadableError("is empty")
    with _said(), Image.open(io.BytesIO(content), formats=_FORMATS) as image:
        return _one_at_a_time(image, working)


def decode_image(image: Any, working: Working) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Turn a Pillow image into a square picture, as `decode` does; the image is not changed.

    Raises
    ------
    UnreadableError
        It is none, or cannot be loaded.
    """
    from PIL import Image

    if not isinstance(image, Image.Image):
        raise UnreadableError("is missing" if image is None else f"is a {type(image).__name__}, no picture")
    with _said():
        return _one_at_a_time(image.copy(), working)


@contextmanager
def _said() -> Iterator[None]:
    """Turn whatever Pillow raises into a reason."""
    from PIL import Image, UnidentifiedImageError

    try:
        yield
    except UnreadableError:
        raise
    except Image.DecompressionBombError:
        largest = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise UnreadableError(
            f"is a decompression bomb: it unpacks to more than {largest // 10**6} million pixels"
        ) from None
    except UnidentifiedImageError:
        raise UnreadableError("is no picture of a known format") from None
    except MemoryError:
        raise UnreadableError("needs more memory than there is", lasting=False) from None
    except Exception as error:
        # Pillow's decoders raise nearly everything on damaged files: struct.error, SyntaxError, ValueError …
        raise UnreadableError(f"is damaged ({str(error) or type(error).__name__})") from None


def _one_at_a_time(image: Image.Image, working: Working) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    if image.width * image.height <= _LARGE_PIXELS:
        return _squared(image, working)
    with _one_large:
        return _squared(image, working)


def _squared(image: Image.Image, working: Working) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    original = image.size
    # A JPEG can be unpacked at a half, a quarter or an eighth; twice the size wanted keeps the quality.
    image.draft(None, (2 * working.size, 2 * working.size))
    image.load()
    upright = _orientation(image)
    flat = _flattened(image, working)
    square = _fitted(flat, working, upright)
    pixels = np.asarray(square, dtype=np.uint8)
    return (pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)), original


def _orientation(image: Image.Image) -> str | None:
    try:
        tag = image.getexif().get(0x0112)
    except Exception:
        # A damaged EXIF block is no reason to lose the picture.
        return None
    return _UPRIGHT.get(tag) if isinstance(tag, int) else None


def _flattened(image: Image.Image, working: Working) -> Image.Image:
    """Return the picture as 8-bit grey or colour without transparency."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_eight_bits(np.asarray(image), image.mode))
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        ground = Image.new("RGBA", clear.size, (*working.background, 255))
        image = Image.alpha_composite(ground, clear)
    wanted = "RGB" if working.channels == 3 else "L"
    if image.mode not in ("L", "RGB") and wanted == "L":
        # From CMYK and other spaces grey is reached by way of colour.
        image = image.convert("RGB")
    return image if image.mode == wanted else image.convert(wanted)


def _eight_bits(values: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UnreadableError("holds NaN or infinite values")
    if mode.startswith("F"):
        if low < 0 or high > 1:
            raise UnreadableError(f"holds floats from {low:g} to {high:g}, expected 0 to 1")
        floats: NDArray[np.uint8] = np.rint(values * 255).astype(np.uint8)
        return floats
    if low < 0 or high > 65535:
        raise UnreadableError(f"holds whole numbers from {low:g} to {high:g}, expected 16 bits: 0 to 65535")
    eight: NDArray[np.uint8] = (values.astype(np.uint32) // 257).astype(np.uint8)
    return eight


def _fitted(image: Image.Image, working: Working, upright: str | None) -> Image.Image:
    """Bring a picture to the working size and turn it upright; a square may be turned after it was cut."""
    from PIL import Image

    width, height = image.size
    side = working.size
    box: tuple[float, float, float, float] = (0, 0, width, height)
    target = (side, side)
    if working.fit == "crop":
        short = min(width, height)
        left, top = (width - short) / 2, (height - short) / 2
        box = (left, top, left + short, top + short)
    elif working.fit == "pad":
        scale = side / max(width, height)
        target = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = image.resize(target, Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)
    if upright is not None:
        image = image.transpose(Image.Transpose[upright])
    if image.size == (side, side):
        return image
    ground: Any = working.background
    if image.mode == "L":
        ground = Image.new("RGB", (1, 1), ground).convert("L").getpixel((0, 0))
    square = Image.new(image.mode, (side, side), ground)
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square
