"""The emoji: the same things in three styles of drawing, and their names, with one cut into splits for all."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlkit.data.card import DataCard
from tlkit.data.checked_file import CURE, read_checked
from tlkit.data.texts import TextSplit
from tlkit.errors import DataError
from tlkit.files import read_json

PREFIX = "emoji:"
STYLES = ("noto", "twemoji", "fluent")
#: The names, a data set of texts; its file also says which thing has which class and lies in which split.
THINGS = "names"
NAMES = tuple(PREFIX + one for one in (*STYLES, THINGS))
SIDE = 64
COLUMNS = 8


@dataclass(frozen=True, eq=False)
class Things:
    """What is drawn: the same for all styles.

    Parameters
    ----------
    codes
        (n,) code points in hexadecimal, as in ``1F405``.
    names
        (n,) names that Unicode gives them, in small letters.
    kinds
        (n,) Unicode's subgroups.
    labels
        (n,), uint8, positions in ``card.classes``.
    splits
        (n,), int8: 0 train, 1 validation, 2 test.
    card
        Of the names.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    labels: NDArray[np.uint8]
    splits: NDArray[np.int8]
    card: DataCard

    def parts(self) -> list[TextSplit]:
        """Return the names in their three splits."""
        whole = TextSplit(self.names, self.labels, self.card.classes)
        return [whole.select(self.splits == split) for split in range(3)]


def file_of(name: str, folder: Path) -> Path:
    """Return the file of one of ``NAMES``; its card lies beside it.

    Examples
    --------
    >>> file_of("emoji:noto", Path("sets")).name, file_of("emoji:names", Path("sets")).name
    ('emoji-noto.png', 'emoji-names.npz')
    """
    style = name.removeprefix(PREFIX)
    return folder / f"emoji-{style}{'.npz' if style == THINGS else '.png'}"


def read_things(folder: Path) -> Things:
    """Read what is drawn.

    Raises
    ------
    DataError
        The file is missing, was changed or cut short.
    """
    path = file_of(PREFIX + THINGS, folder)
    card = DataCard.from_dict(read_json(path.with_suffix(".json")))
    content = read_checked(path, card.name, card.sha256)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            codes, names, kinds = (tuple(arrays[one].tolist()) for one in ("codes", "names", "kinds"))
            return Things(codes, names, kinds, arrays["labels"], arrays["splits"], card)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(
            f"The embedded dataset {card.name!r} does not hold what it should: {error}.", CURE
        ) from error


def read_style(name: str, folder: Path) -> tuple[NDArray[np.uint8], DataCard]:
    """Read the drawings of one style.

    Parameters
    ----------
    name
        Such as ``"emoji:noto"``.
    folder
        Where the files are.

    Returns
    -------
    pixels
        (n, 64, 64, 3), uint8, on white.
    card
        Of the style.

    Raises
    ------
    DataError
        The file is missing, was changed or cut short, or cannot be decoded.
    """
    path = file_of(name, folder)
    card = DataCard.from_dict(read_json(path.with_suffix(".json")))
    return tiles(read_checked(path, name, card.sha256), sum(card.counts.values())), card


def tiles(png: bytes, count: int) -> NDArray[np.uint8]:
    """Cut a sheet of drawings into single ones.

    Parameters
    ----------
    png
        A PNG file, eight drawings in a row.
    count
        How many there are; the last row may be filled up with white.

    Returns
    -------
    ndarray
        (count, 64, 64, 3).

    Raises
    ------
    DataError
        It is no such sheet.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(png)) as picture:
            sheet = np.asarray(picture.convert("RGB"))
        rows = sheet.reshape(-1, SIDE, COLUMNS, SIDE, 3)
    except (OSError, ValueError) as error:
        raise DataError(f"A sheet of emoji cannot be decoded: {error}.", CURE) from error
    return np.ascontiguousarray(rows.transpose(0, 2, 1, 3, 4).reshape(-1, SIDE, SIDE, 3)[:count])
