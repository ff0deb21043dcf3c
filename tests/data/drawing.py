"""Pictures and folders of pictures for the tests of reading."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def picture(seed: int, width: int = 48, height: int = 32) -> Image.Image:
    """Return a smooth picture in colour that no other seed gives."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str, **settings: Any) -> bytes:
    """Return the content of a file of some format."""
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def class_folders(root: Path, classes: tuple[str, ...] = ("cat", "dog"), each: int = 10) -> Path:
    """Fill a folder with class folders of PNG files."""
    for place, name in enumerate(classes):
        (root / name).mkdir(parents=True, exist_ok=True)
        for at in range(each):
            picture(place * 1000 + at).save(root / name / f"{at:03}.png")
    return root


def wait_until_settled(root: Path) -> None:
    """Wait until no file in a folder was changed so shortly before that its times cannot be trusted."""
    youngest = max(os.stat(path).st_ctime for path in root.rglob("*"))
    time.sleep(max(0.0, youngest + 0.06 - time.time()))
