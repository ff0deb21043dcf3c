"""A folder of pictures with one of everything that can be wrong with it."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image

from tests.data.drawing import encoded, picture

COUNTS = {"cat": 40, "Cat": 12, "dog": 30, "fox": 6}


def messy_folder(root: Path) -> Path:
    """Fill a folder: a damaged file, copies, near copies, wrong labels, one colour, tiny and twice-written classes."""
    for place, (name, count) in enumerate(COUNTS.items()):
        (root / name).mkdir(parents=True)
        for at in range(count):
            picture(1000 * place + at, 64, 64).save(root / name / f"{at:03}.png")
    for at in range(6):
        shutil.copy(root / "cat" / f"{at:03}.png", root / "cat" / f"copy-{at}.png")
        small = Image.open(root / "dog" / f"{at:03}.png").resize((44, 44))
        (root / "dog" / f"small-{at}.jpg").write_bytes(encoded(small, "JPEG", quality=80))
    shutil.copy(root / "cat" / "020.png", root / "dog" / "a-cat.png")
    for at in range(2):
        Image.new("RGB", (64, 64), (200, 30 * at, 90)).save(root / "dog" / f"plain-{at}.png")
    (root / "cat" / "broken.png").write_bytes((root / "cat" / "000.png").read_bytes()[:90])
    (root / "cat" / "notes.txt").write_text("Taken in the garden.", encoding="utf-8")
    return root
