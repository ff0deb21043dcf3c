"""Photographs and textures, cut as patches from pictures that our dependencies ship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlkit.data.build.built import TEST, TRAIN, VALIDATION, Built
from tlkit.data.card import DataCard

SIDE = 32
_LEVELS = 31  # shades: what more would add is mostly the noise of the photograph
_GRID = 4  # a photograph is cut into 4 x 4 blocks
# Blocks of training, validation and test lie mixed, so that each split sees all parts of the photograph.
_BLOCKS = np.array(
    [
        [TRAIN, TEST, TRAIN, TEST],
        [TEST, TRAIN, VALIDATION, TRAIN],
        [TRAIN, VALIDATION, TRAIN, TEST],
        [TEST, TRAIN, TEST, TRAIN],
    ]
)
_COUNTS = {TRAIN: 240, VALIDATION: 40, TEST: 80}
_PLAINEST = 0.05  # least standard deviation of a patch in 0..1: no empty sky


@dataclass(frozen=True)
class Photograph:
    """One picture that a dependency ships: where it lies, and whom to thank."""

    package: str
    file: str
    credit: str


PHOTOGRAPHS = {
    "astronaut": Photograph("skimage", "data/astronaut.png", "Eileen Collins, NASA (public domain)"),
    "camera": Photograph("skimage", "data/camera.png", "Lav Varshney (CC0)"),
    "cat": Photograph("skimage", "data/chelsea.png", "Chelsea the cat, Stefan van der Walt (CC0)"),
    "coffee": Photograph("skimage", "data/coffee.png", "Rachel Michetti, Pikolo Espresso Bar (CC0)"),
    "coins": Photograph(
        "skimage", "data/coins.png", "Coins from Pompeii, Brooklyn Museum (no known copyright restrictions)"
    ),
    "dahlia": Photograph(
        "sklearn",
        "datasets/images/flower.jpg",
        "vultilion, flickr.com/photos/vultilion/6056698931 (CC BY 2.0)",
    ),
    "officer": Photograph(
        "matplotlib",
        "mpl-data/sample_data/grace_hopper.jpg",
        "Grace Hopper, United States Navy (public domain)",
    ),
    "pagoda": Photograph(
        "sklearn",
        "datasets/images/china.jpg",
        "danielbuechele, flickr.com/photos/danielbuechele/6061409035 (CC BY 2.0)",
    ),
    "retina": Photograph("skimage", "data/retina.jpg", "Mikael Häggström (CC0)"),
    "rocket": Photograph("skimage", "data/rocket.jpg", "SpaceX (public domain)"),
}


def build() -> Built:
    """Cut the set of photographs."""
    names = tuple(PHOTOGRAPHS)
    images, labels, splits = [], [], []
    for label, name in enumerate(names):
        for split, patches in cut(read(PHOTOGRAPHS[name]), _COUNTS, [30, label]).items():
            images.extend(patches)
            labels.extend([label] * len(patches))
            splits.extend([split] * len(patches))
    return Built(
        np.stack(images),
        np.array(labels, dtype=np.uint8),
        np.array(splits, dtype=np.int8),
        np.array(labels, dtype=np.uint8),
        names,
        _card(names),
    )


def read(photograph: Photograph) -> NDArray[np.float64]:
    """Return a photograph in grey, (height, width) in 0..1, its longer side at most 640 pixels."""
    import importlib.util

    from PIL import Image

    found = importlib.util.find_spec(photograph.package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{photograph.package} is needed: pip install 'tlkit[build]'")
    with Image.open(Path(found.origin).parent / photograph.file) as file:
        picture = file.convert("L")
        picture.thumbnail((640, 640), Image.Resampling.BOX)
    return np.asarray(picture, dtype=np.float64) / 255


def cut(
    picture: NDArray[np.float64], counts: Mapping[int, int], seed: list[int]
) -> dict[int, list[NDArray[np.uint8]]]:
    """Cut patches of 36 to 72 pixels out of a picture and reduce them to 32 x 32.

    The picture is divided into 4 x 4 blocks, each block belongs to one split, and no patch leaves its block:
    training, validation and test share no pixel.
    """
    from PIL import Image

    height, width = picture.shape
    source = Image.fromarray(np.rint(picture * 255).astype(np.uint8))
    cut_out = {}
    for split, count in counts.items():
        generator = np.random.default_rng([*seed, split])
        blocks = np.argwhere(split == _BLOCKS)
        patches: list[NDArray[np.uint8]] = []
        seen: set[bytes] = set()
        while len(patches) < count:
            down, across = blocks[generator.integers(len(blocks))]
            top, bottom = height * down // _GRID, height * (down + 1) // _GRID
            left, right = width * across // _GRID, width * (across + 1) // _GRID
            size = int(min(generator.integers(36, 73), bottom - top, right - left))
            y = int(generator.integers(top, bottom - size + 1))
            x = int(generator.integers(left, right - size + 1))
            mirrored = bool(generator.integers(2))
            # Cut first: a resize with `box` would take in pixels from beyond the patch.
            patch = source.crop((x, y, x + size, y + size)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
            values = np.asarray(patch, dtype=np.float64) / 255
            if mirrored:
                values = values[:, ::-1]
            drawn = shades(values)
            if values.std() >= _PLAINEST and drawn.tobytes() not in seen:
                seen.add(drawn.tobytes())
                patches.append(drawn)
        cut_out[split] = patches
    return cut_out


def shades(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return grey values in 0..1 as bytes with 32 shades."""
    return np.rint(np.rint(np.clip(values, 0, 1) * _LEVELS) * (255 / _LEVELS)).astype(np.uint8)


def _card(names: tuple[str, ...]) -> DataCard:
    import PIL

    return DataCard(
        name="photos",
        title="Patches of ten photographs; the class is the photograph a patch was cut from.",
        origin="Photographs that scikit-image, scikit-learn and matplotlib ship.",
        licence="The photographs' own: public domain, CC0, no known restrictions, "
        "and CC BY 2.0 (dahlia, pagoda).",
        attribution="; ".join(f"{name}: {PHOTOGRAPHS[name].credit}" for name in names)
        + ". All were turned to grey, cut and reduced.",
        classes=names,
        how_made=(
            "Each photograph is divided into 4 x 4 blocks; eight blocks give the training patches, two "
            "the validation, six the test. Squares of 36 to 72 pixels that lie inside one block are reduced "
            f"to 32 x 32 with 32 shades of grey, some mirrored: {_COUNTS[TRAIN]}, {_COUNTS[VALIDATION]} and "
            f"{_COUNTS[TEST]} per class. Training, validation and test share no pixel; patches of one split "
            "may overlap. Nearly even patches are left out."
        ),
        limits=(
            (
                "Training and test come from the same ten photographs: high accuracy says that the light and "
                "sharpness of a photograph are recognised, not that cats are."
            ),
        ),
        built_with={"Pillow": PIL.__version__},
    )
