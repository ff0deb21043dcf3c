from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.data.drawing import encoded, picture
from tlkit.data.picture import UnreadableError, Working, decode, decode_image, quiet
from tlkit.errors import DataError

# Left above red, right above blue, below black: what is where shows how the picture was turned.
MARKED = np.zeros((40, 60, 3), dtype=np.uint8)
MARKED[:20, :30] = (255, 0, 0)
MARKED[:20, 30:] = (0, 0, 255)


@pytest.mark.parametrize(
    ("kind", "settings", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("PPM", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 95}, 4),
        ("JPEG", {"quality": 95, "subsampling": 0}, 3),
        ("JPEG", {"quality": 95, "subsampling": 0, "progressive": True}, 3),
        ("GIF", {}, 6),
    ],
)
def test_every_format_gives_the_picture(kind: str, settings: dict[str, Any], tolerance: int) -> None:
    whole = picture(0, 32, 32)
    pixels, original = decode(encoded(whole, kind, **settings), Working(32))
    assert original == (32, 32)
    assert pixels.shape == (3, 32, 32)
    difference = np.abs(pixels.astype(int) - np.moveaxis(np.asarray(whole), -1, 0))
    assert difference.mean() <= tolerance, "with another picture it is above 50"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_exif_turns_pictures_upright_as_pillow_does(kind: str, tag: int, fit: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = tag
    content = encoded(Image.fromarray(MARKED), kind, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    assert upright is not None
    found = decode(content, Working(30, fit=fit))[0]
    expected = decode(encoded(upright.convert("RGB"), "PNG"), Working(30, fit=fit))[0]
    assert np.abs(found.astype(int) - expected).mean() < 6, "a picture turned another way differs by over 50"


def test_a_damaged_exif_block_does_not_cost_the_picture() -> None:
    content = encoded(Image.fromarray(MARKED), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    with quiet():
        assert decode(content, Working(16))[0].shape == (3, 16, 16)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "LAB", "PA", "I;16"])
def test_every_kind_of_pixel_gives_colour_and_grey(mode: str) -> None:
    grey = Image.fromarray(np.repeat(np.arange(0, 256, 8, dtype=np.uint8)[None], 32, axis=0))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    elif mode == "PA":
        image = grey.convert("P").convert("PA")
    elif mode == "P":
        image = grey.convert("P")
    elif mode == "1":
        image = grey.point(lambda value: 255 * (value >= 128)).convert("1")
        grey = image.convert("L")
    else:
        image = grey.convert("RGB").convert(mode) if mode != "LA" else grey.convert("LA")
    tolerance = {"LAB": 4, "CMYK": 2, "YCbCr": 2}.get(mode, 1)
    for channels in (1, 3):
        pixels, _ = decode(encoded(image, "TIFF"), Working(32, channels=channels))
        assert pixels.shape == (channels, 32, 32)
        assert np.abs(pixels.astype(int) - np.asarray(grey)).max() <= tolerance


def test_a_cmyk_jpeg_has_its_colours() -> None:
    content = encoded(Image.fromarray(MARKED).convert("CMYK"), "JPEG", quality=95)
    pixels = decode(content, Working(16, fit="stretch"))[0]
    assert np.abs(pixels[:, 3, 3].astype(int) - (255, 0, 0)).max() < 30


def test_transparency_is_laid_on_the_background() -> None:
    clear = np.zeros((20, 20, 4), dtype=np.uint8)
    clear[:, :10] = (255, 0, 0, 255)
    clear[:, 10:] = (0, 0, 255, 128)
    for kind in ("PNG", "WEBP", "TIFF"):
        settings = {"lossless": True} if kind == "WEBP" else {}
        content = encoded(Image.fromarray(clear), kind, **settings)
        on_white = decode(content, Working(20))[0]
        on_green = decode(content, Working(20, background=(0, 255, 0)))[0]
        assert on_white[:, 10, 2].tolist() == on_green[:, 10, 2].tolist() == [255, 0, 0]
        assert np.abs(on_white[:, 10, 17].astype(int) - (127, 127, 255)).max() <= 1
        assert np.abs(on_green[:, 10, 17].astype(int) - (0, 127, 128)).max() <= 1


def test_a_transparent_palette_is_laid_on_the_background() -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([9, 9, 9, 255, 0, 0])
    image.paste(1, (0, 0, 10, 20))
    for kind in ("GIF", "PNG"):
        pixels = decode(encoded(image, kind, transparency=0), Working(20, background=(0, 0, 255)))[0]
        assert pixels[:, 5, 2].tolist() == [255, 0, 0]
        assert pixels[:, 5, 17].tolist() == [0, 0, 255]


def test_the_first_frame_is_taken() -> None:
    first, second = picture(1, 32, 32), picture(2, 32, 32)
    for kind in ("GIF", "TIFF"):
        both = encoded(first, kind, save_all=True, append_images=[second])
        alone = encoded(first, kind)
        found, expected = (decode(one, Working(32))[0].astype(int) for one in (both, alone))
        assert np.abs(found - expected).mean() < 6


def test_sixteen_bits_keep_their_brightness() -> None:
    values = np.linspace(0, 65535, 32 * 32).reshape(32, 32).astype(np.uint16)
    for kind in ("PNG", "TIFF"):
        pixels = decode(encoded(Image.fromarray(values), kind), Working(32, channels=1))[0][0]
        assert np.array_equal(pixels, values // 257)


def test_floats_are_read_from_0_to_1_and_nothing_else() -> None:
    values = np.linspace(0, 1, 32 * 32, dtype=np.float32).reshape(32, 32)
    pixels = decode(encoded(Image.fromarray(values), "TIFF"), Working(32, channels=1))[0][0]
    assert np.abs(pixels / 255 - values).max() <= 0.5 / 255 + 1e-6
    for wrong, words in ((values * 255, "floats from 0 to 255"), (np.where(values > 0.5, np.nan, 0), "NaN")):
        content = encoded(Image.fromarray(wrong.astype(np.float32)), "TIFF")
        with pytest.raises(UnreadableError, match=words):
            decode(content, Working(32))
    whole = encoded(Image.fromarray(np.full((32, 32), 70000, dtype=np.int32)), "TIFF")
    with pytest.raises(UnreadableError, match="70000, expected 16 bits"):
        decode(whole, Working(32))


def test_each_fit_does_what_it_says() -> None:
    content = encoded(Image.fromarray(MARKED), "PNG")
    crop, pad, stretch = (decode(content, Working(20, fit=fit))[0] for fit in ("crop", "pad", "stretch"))
    expected = Image.fromarray(MARKED[:, 10:50]).resize((20, 20), Image.Resampling.BILINEAR)
    assert np.array_equal(np.moveaxis(crop, 0, -1), np.asarray(expected))
    assert (pad[:, :3] == 255).all()
    assert (pad[:, -3:] == 255).all()
    assert pad[:, 4, 2].tolist() == [255, 0, 0]
    expected = Image.fromarray(MARKED).resize((20, 20), Image.Resampling.BILINEAR)
    assert np.array_equal(np.moveaxis(stretch, 0, -1), np.asarray(expected))
    grey = decode(content, Working(20, channels=1, fit="pad", background=(255, 0, 0)))[0]
    assert grey[0, 0, 0] == 76, "the luminance of red by ITU-R BT.601"


def test_a_large_jpeg_unpacked_at_a_fraction_looks_the_same() -> None:
    whole = picture(3, 1600, 1600)
    fast = decode(encoded(whole, "JPEG", quality=92), Working(64))[0].astype(int)
    slow = np.moveaxis(np.asarray(whole.resize((64, 64), Image.Resampling.BOX)), -1, 0)
    assert np.abs(fast - slow).mean() < 2


def test_a_picture_of_30000_pixels_is_read() -> None:
    values = np.tile(np.arange(30000) // 118, (40, 1)).astype(np.uint8)
    for kind in ("PNG", "JPEG"):
        pixels, original = decode(encoded(Image.fromarray(values), kind), Working(32, fit="stretch"))
        assert original == (30000, 40)
        assert (np.diff(pixels[0].mean(axis=0)) > 0).all()


def test_a_decompression_bomb_is_refused_before_it_unpacks() -> None:
    # One bit per pixel and one value: 30,000 x 30,000 pixels in about 100 kB.
    bomb = encoded(Image.new("1", (30000, 30000)), "PNG")
    assert len(bomb) < 200_000
    with quiet(), pytest.raises(UnreadableError, match=r"decompression bomb.*178 million pixels"):
        decode(bomb, Working(32))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"no picture at all", "is no picture of a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "is no picture of a known format"),
        (encoded(picture(0), "PNG")[:300], "is damaged"),
        (encoded(picture(0, 200, 200), "JPEG")[:600], "is damaged"),
        (encoded(picture(0), "GIF")[:-200], "is damaged"),
        (encoded(picture(0), "TIFF")[:-200], "is damaged"),
        (encoded(picture(0), "WEBP")[:100], "is"),
    ],
)
def test_what_is_no_picture_says_why(content: bytes, words: str) -> None:
    with quiet(), pytest.raises(UnreadableError, match=words):
        decode(content, Working(16))


def test_any_cut_or_flipped_byte_gives_a_picture_or_a_reason() -> None:
    generator = np.random.default_rng(0)
    with quiet():
        for kind in ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"):
            content = encoded(picture(5), kind)
            for _ in range(40):
                damaged = bytearray(content)
                for at in generator.integers(0, len(content), 3):
                    damaged[at] = generator.integers(0, 256)
                try:
                    assert decode(bytes(damaged), Working(16))[0].shape == (3, 16, 16)
                except UnreadableError:
                    continue


def test_images_from_memory_are_read_and_not_changed() -> None:
    image = Image.fromarray(MARKED)
    assert np.array_equal(decode_image(image, Working(20))[0], decode(encoded(image, "PNG"), Working(20))[0])
    assert image.size == (60, 40)
    for wrong, words in ((None, "is missing"), (3, "is a int, no picture")):
        with pytest.raises(UnreadableError, match=words):
            decode_image(wrong, Working(20))


def test_nothing_is_warned_about_single_files() -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([9, 9, 9, 255, 0, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with quiet():
            decode(encoded(image, "PNG", transparency=b"\x00\x80"), Working(16))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": 7}, "size is 7"),
        ({"size": 64.0}, "size is 64.0"),
        ({"size": True}, "size is True"),
        ({"channels": 4}, "channels is 4, expected 1 .grey. or 3"),
        ({"channels": 2}, "channels is 2"),
        ({"fit": "fill"}, "fit is 'fill'"),
        ({"background": (0, 0)}, "background is"),
        ({"background": (0, 0, 256)}, "background is"),
        ({"background": "white"}, "background is 'white'"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        Working(**settings)
