"""The emoji, from the packages that hold their drawings.

    npm pack emoji-datasource-google@16.0.0 emoji-datasource-twitter@16.0.0 @lobehub/fluent-emoji-3d@1.1.0
    python -m tlkit.data.build.emoji FOLDER            where these three files are
    python -m tlkit.data.build.emoji FOLDER --check    write nothing; compare with the files that are there

Nothing is downloaded here, and a package with another SHA-256 than the known one is refused.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.data.build.built import write_arrays
from tlkit.data.build.emoji_cards import KINDS, TEST, VALIDATION, emoji_card
from tlkit.data.dataset import Dataset
from tlkit.data.embedded import SPLITS, assemble
from tlkit.data.emoji import COLUMNS, PREFIX, SIDE, STYLES, THINGS, Things, file_of
from tlkit.data.sealed import SealedSplit
from tlkit.errors import DataError, TlkitError
from tlkit.files import atomic_write, packaged, sha256, write_json

_CLASS_OF = {kind: label for label, kinds in enumerate(KINDS.values()) for kind in kinds}
_LEAST = 2  # things of each class in the validation split


@dataclass(frozen=True)
class Package:
    """One file that ``npm pack`` downloads."""

    file: str
    sha256: str
    drawings: str


PACKAGES = {
    "noto": Package(
        "emoji-datasource-google-16.0.0.tgz",
        "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
        "package/img/google/64/",
    ),
    "twemoji": Package(
        "emoji-datasource-twitter-16.0.0.tgz",
        "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
        "package/img/twitter/64/",
    ),
    "fluent": Package(
        "lobehub-fluent-emoji-3d-1.1.0.tgz",
        "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58",
        "package/assets/",
    ),
}
_TABLE = "package/emoji.json"


@dataclass(frozen=True, eq=False)
class Found:
    """What the packages hold: the things that all three styles draw, and their drawings."""

    things: Things
    drawings: Mapping[str, NDArray[np.uint8]]


def read_packages(folder: Path, packages: Mapping[str, Package] = PACKAGES) -> Found:
    """Return the things that every style draws, in Unicode's order, with their drawings on white.

    Parameters
    ----------
    folder
        Where the packages are.
    packages
        Their names, hashes and insides.

    Raises
    ------
    DataError
        A package is missing or another one.
    """
    files = {style: _files(folder / package.file, package) for style, package in packages.items()}
    table = json.loads(files["noto"][_TABLE])
    rows, places = [], []
    for entry in sorted(table, key=lambda entry: int(entry["sort_order"])):
        where = [_place(entry, files[style], packages[style].drawings) for style in STYLES]
        if entry["subcategory"] in _CLASS_OF and all(where):
            rows.append(entry)
            places.append(where)
    if not rows:
        raise DataError(f"The packages in {folder} have no drawing in common.", "Get the three named on top.")
    labels = np.array([_CLASS_OF[entry["subcategory"]] for entry in rows], dtype=np.uint8)
    things = Things(
        tuple(entry["unified"] for entry in rows),
        tuple(entry["name"].lower() for entry in rows),
        tuple(entry["subcategory"] for entry in rows),
        labels,
        cut(labels),
        emoji_card(THINGS),
    )
    drawings = {
        style: np.stack([on_white(files[style][str(where[at])]) for where in places])
        for at, style in enumerate(STYLES)
    }
    return Found(things, drawings)


def cut(labels: NDArray[np.integer[Any]]) -> NDArray[np.int8]:
    """Return the split of each thing: 0 train, 1 validation, 2 test; the same share of every class.

    Examples
    --------
    >>> np.bincount(cut(np.zeros(20, dtype=int))).tolist()
    [11, 2, 7]
    """
    places = np.zeros(len(labels), dtype=np.int8)
    for label in np.unique(labels).tolist():
        mine = np.random.default_rng([0, label]).permutation(np.flatnonzero(labels == label))
        held, sealed = max(_LEAST, int(len(mine) * VALIDATION)), round(len(mine) * TEST)
        places[mine[:held]] = 1
        places[mine[held : held + sealed]] = 2
    return places


def on_white(drawing: bytes) -> NDArray[np.uint8]:
    """Return a drawing on a white square, (64, 64, 3); larger ones are reduced by means over boxes of pixels."""
    from PIL import Image

    with Image.open(io.BytesIO(drawing)) as file:
        picture = file.convert("RGBA")
    side = max(picture.size)
    ground = Image.new("RGBA", (side, side), "white")
    # A few are not square: they lie in the middle.
    ground.alpha_composite(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    white = ground.convert("RGB")
    return np.asarray(white if side == SIDE else white.resize((SIDE, SIDE), Image.Resampling.BOX))


def sheet(drawings: NDArray[np.uint8]) -> bytes:
    """Return drawings as one PNG file, eight in a row; the same drawings and library give the same bytes."""
    from PIL import Image

    rows = -(-len(drawings) // COLUMNS)
    filled = np.full((rows * COLUMNS, SIDE, SIDE, 3), 255, dtype=np.uint8)
    filled[: len(drawings)] = drawings
    whole = filled.reshape(rows, COLUMNS, SIDE, SIDE, 3).transpose(0, 2, 1, 3, 4)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(whole.reshape(rows * SIDE, COLUMNS * SIDE, 3))).save(
        file, "png", optimize=True, compress_level=9
    )
    return file.getvalue()


def write(found: Found, folder: Path) -> None:
    """Write a sheet for each style, the table of things, and their cards."""
    things = found.things
    path = file_of(PREFIX + THINGS, folder)
    write_arrays(
        path,
        {
            "codes": np.array(things.codes),
            "names": np.array(things.names),
            "kinds": np.array(things.kinds),
            "labels": things.labels,
            "splits": things.splits,
        },
    )
    parts = things.parts()
    counts = dict(zip(SPLITS, map(len, parts), strict=True))
    whole = replace(things.card, counts=counts, sha256=sha256(path))
    dataset = Dataset(whole.name, parts[0], parts[1], SealedSplit(parts[2], whole.name), whole)
    write_json(path.with_suffix(".json"), replace(whole, fingerprint=dataset.fingerprint).to_dict())
    for style, drawings in found.drawings.items():
        path = file_of(PREFIX + style, folder)
        with atomic_write(path) as file:
            file.write(sheet(drawings))
        pictures = assemble(drawings, things.labels, things.splits, emoji_card(style))
        card = replace(pictures.card, sha256=sha256(path), fingerprint=pictures.fingerprint)
        write_json(path.with_suffix(".json"), card.to_dict())


def _files(path: Path, package: Package) -> dict[str, bytes]:
    cure = "Get it with npm pack, as the top of tlkit/data/build/emoji.py says."
    try:
        found = sha256(path)
        if found != package.sha256:
            raise DataError(f"{path.name} has SHA-256 {found}, expected {package.sha256}.", cure)
        with tarfile.open(path) as archive:
            return {
                member.name: file.read()
                for member in archive
                if member.name == _TABLE or member.name.startswith(package.drawings)
                if (file := archive.extractfile(member)) is not None
            }
    except (OSError, tarfile.TarError) as error:
        raise DataError(f"{path} cannot be read: {error}.", cure) from error


def _place(entry: Mapping[str, Any], files: Mapping[str, bytes], folder: str) -> str | None:
    """Return where a thing's drawing lies; the packages name it by one of its spellings."""
    stem = Path(entry["image"]).stem
    spellings = (stem, entry["unified"], entry["non_qualified"] or stem)
    names = (f"{folder}{one.lower()}{suffix}" for one in spellings for suffix in (".png", ".webp"))
    return next((name for name in names if name in files), None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the emoji from their packages, or compare them with the files that are there."""
    parser = argparse.ArgumentParser(
        prog="python -m tlkit.data.build.emoji", description=__doc__.split("\n")[0]
    )
    parser.add_argument("packages", type=Path, metavar="FOLDER", help="where the three packages are")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the files")
    given = parser.parse_args(arguments)
    stored = packaged("data", "sets")
    try:
        found = read_packages(given.packages)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) if given.check else stored
            write(found, folder)
            differing = 0
            for style in (*STYLES, THINGS):
                new, old = (file_of(PREFIX + style, one) for one in (folder, stored))
                same = new.read_bytes() == old.read_bytes()
                differing += not same
                told = ("the same" if same else "differs") if given.check else f"{new.stat().st_size:,} bytes"
                print(f"{PREFIX}{style}: {told}")
    except TlkitError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(found.things.names)} things")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
