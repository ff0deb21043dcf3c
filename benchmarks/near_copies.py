"""How many altered copies are found, and how many others are taken for copies: ``python benchmarks/near_copies.py``.

Pictures of the embedded sets (emoji in colour; photographs in grey, 600 patches) are altered as happens to pictures
that are passed around, and each altered one is compared with all pictures of its set. Counted are, at the thresholds
in use and at neighbouring ones, the share of altered pictures that are found with their original, and the pairs of two
different pictures that are taken for the same. It takes about three minutes.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageEnhance

from tlkit import data
from tlkit.data import Split
from tlkit.data.alike import LEAST_CORRELATION, MOST_BITS, alike_pairs, thumbnails
from tlkit.data.picture import Working, decode

SETS = ("emoji:twemoji", "emoji:noto", "emoji:fluent", "photos")
MOST_PICTURES = 600
BITS = (12, 18, MOST_BITS, 30, 36)
CORRELATIONS = (0.98, 0.99, LEAST_CORRELATION, 0.998)


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _scaled(picture: Image.Image, share: float) -> Image.Image:
    return picture.resize(
        (round(picture.width * share), round(picture.height * share)), Image.Resampling.BICUBIC
    )


def _cropped(picture: Image.Image, share: float) -> Image.Image:
    away = picture.width * share / 2
    return picture.crop((round(away), round(away), round(picture.width - away), round(picture.height - away)))


ALTERED: dict[str, Callable[[Image.Image], bytes]] = {
    "70 % as large": lambda one: _png(_scaled(one, 0.7)),
    "150 % as large": lambda one: _png(_scaled(one, 1.5)),
    "JPEG, quality 80": lambda one: _jpeg(one, 80),
    "JPEG, quality 40": lambda one: _jpeg(one, 40),
    "brighter by 15 %": lambda one: _png(ImageEnhance.Brightness(one).enhance(1.15)),
    "darker by 15 %": lambda one: _png(ImageEnhance.Brightness(one).enhance(0.85)),
    "3 % cropped away": lambda one: _png(_cropped(one, 0.03)),
    "6 % cropped away": lambda one: _png(_cropped(one, 0.06)),
    "70 %, JPEG 60": lambda one: _jpeg(_scaled(one, 0.7), 60),
}


def pictures(name: str) -> list[Image.Image]:
    """Return training and validation pictures of a set, four times as large, so that there is room to alter them."""
    dataset = data.load(name)
    found = [image for split in (dataset.train, dataset.validation) for image in np.asarray(split.images)]
    chosen = np.random.default_rng(0).permutation(len(found))[:MOST_PICTURES]
    made = []
    for at in sorted(chosen):
        pixels = np.rint(255 * found[at].transpose(1, 2, 0)).astype(np.uint8)
        whole = Image.fromarray(pixels.squeeze()).convert("RGB")
        made.append(whole.resize((4 * whole.width, 4 * whole.height), Image.Resampling.BICUBIC))
    return made


def small(contents: list[bytes]) -> np.ndarray:
    """Return what is compared of files: they are read as a folder's would be, at 96 pixels."""
    working = Working(96)
    pixels = np.stack([decode(one, working)[0] for one in contents])
    return thumbnails(Split.from_bytes(np.moveaxis(pixels, 1, -1), np.zeros(len(pixels), int), ("all",)))


def main() -> None:
    """Print a table for each threshold, and what each alteration costs at those in use."""
    originals, altered = {}, {}
    for name in SETS:
        whole = pictures(name)
        originals[name] = small([_png(one) for one in whole])
        altered[name] = {how: small([alter(one) for one in whole]) for how, alter in ALTERED.items()}
    print(f"{'':<34}{'found':>8}  {'different pictures taken for the same':>40}")
    for bits in BITS:
        print(told(f"{bits} of 240 bits", originals, altered, bits, LEAST_CORRELATION))
    for correlation in CORRELATIONS:
        print(told(f"correlation {correlation:g}", originals, altered, MOST_BITS, correlation))
    print("\nAt the thresholds in use:")
    for how in ALTERED:
        shares = [found(originals[name], altered[name][how], MOST_BITS, LEAST_CORRELATION) for name in SETS]
        print(
            f"{how:<20}"
            + "".join(f"{name:>16} {share:>6.1%}" for name, share in zip(SETS, shares, strict=True))
        )


def told(what: str, originals: dict, altered: dict, bits: int, correlation: float) -> str:
    """Return a line: what is found at some thresholds, and what is found wrongly."""
    shares, wrong, of = [], 0, 0
    for name in SETS:
        shares += [found(originals[name], one, bits, correlation) for one in altered[name].values()]
        count = len(originals[name])
        wrong += len(alike_pairs(originals[name], most_bits=bits, least_correlation=correlation))
        of += count * (count - 1) // 2
    used = " (in use)" if (bits, correlation) == (MOST_BITS, LEAST_CORRELATION) else ""
    told_wrong = f"{wrong:>12,} of {of:,} pairs ({1e6 * wrong / of:.0f} in a million)"
    return f"{what + used:<34}{np.mean(shares):>8.1%}  {told_wrong}"


def found(originals: np.ndarray, altered: np.ndarray, bits: int, correlation: float) -> float:
    """Return the share of altered pictures that are in a pair with their original."""
    count = len(originals)
    pairs = alike_pairs(np.concatenate([originals, altered]), most_bits=bits, least_correlation=correlation)
    return float((pairs[:, 1] - pairs[:, 0] == count).sum() / count)


if __name__ == "__main__":
    main()
