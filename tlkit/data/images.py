"""A dataset from a learner's own folder of pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tlkit.data.asked import Asked
from tlkit.data.columns import read_columns
from tlkit.data.dataset import Dataset
from tlkit.data.image_files import list_classes, real_folder
from tlkit.data.own import Wishes
from tlkit.data.picture import Fit, Working
from tlkit.data.pictures import pictures
from tlkit.data.rows import Group, find_files, rows_of_listing, rows_of_table
from tlkit.data.telling import Tell

FILE_COLUMNS = ("file", "filename", "file_name", "image", "path", "image_path", "filepath", "id")
LABEL_COLUMNS = ("label", "class", "category", "target")


def images(
    folder: str | os.PathLike[str],
    *,
    csv: str | os.PathLike[str] | None = None,
    file: str | None = None,
    label: str | None = None,
    split: str | None = None,
    suffix: str = "",
    group: Group = None,
    size: int = 96,
    channels: int = 3,
    fit: Fit = "crop",
    background: tuple[int, int, int] = (255, 255, 255),
    name: str | None = None,
    seed: int = 0,
    validation: float = 0.15,
    test: float = 0.25,
    leave_out: Sequence[str] = (),
    strict: bool = False,
    cache: bool = True,
    progress: bool | Tell = True,
    origin: str = "",
    licence: str = "",
) -> Dataset:
    """Make a dataset from a folder of pictures.

    PNG, JPEG, WebP, TIFF, GIF (its first frame), BMP and PPM; turned upright by their EXIF tag; grey, colour,
    palette, CMYK, with transparency, 8 or 16 bits. They are decoded on all processors at one size and kept in
    the cache, from where the next reading maps them; a changed file is decoded anew. Files that cannot be read
    are left out, and named in ``.findings``.

    Parameters
    ----------
    folder
        Holds one folder per class; or those in folders named train, val and test; or pictures and a CSV file.
        What lies outside of it is not read, whatever links or a CSV file say.
    csv
        A table with one row per picture, as for `table`; a name is looked for in ``folder``.
    file, label, split
        Names of its columns; those with usual names are found. ``split`` says train, validation or test.
    suffix
        Added to every file name in the table, such as ``".jpg"``.
    group
        What belongs together and must not be in two splits: a function of the file's name (inside the folder),
        a column of the table, or ``"alike"`` for pictures that look the same.
    size
        Side of the square to which pictures are brought, in pixels, 8 to 1024.
    channels
        3 for colour, 1 for grey.
    fit
        ``"crop"`` cuts out the middle, ``"pad"`` fills up with the background, ``"stretch"`` changes
        proportions.
    background
        What transparent parts are laid on: red, green and blue, 0 to 255.
    name
        Short name; by default that of the folder.
    seed, validation, test
        Decide the split, as for `arrays`.
    leave_out
        Classes that are not wanted.
    strict
        Whether problems among the findings are errors.
    cache
        Whether decoded pictures are kept on disk.
    progress
        True for a bar where it takes more than a second; or a function that takes what is done, how many are
        done and of how many.
    origin, licence
        For the card.

    Returns
    -------
    Dataset
        Images of (channels, size, size), with a sealed test split.

    Raises
    ------
    DataError
        No such folder, no picture in it, a class too small for three splits; with ``strict``, any problem.
    UnknownNameError
        A column or a class that does not exist.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from PIL import Image
    >>> folder = Path(tempfile.mkdtemp()) / "pets"
    >>> for at, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (20, 40, 60, 3), np.uint8)):
    ...     path = folder / ("cat" if at % 2 else "dog") / f"{at}.png"
    ...     path.parent.mkdir(parents=True, exist_ok=True)
    ...     Image.fromarray(pixels).save(path)
    >>> images(folder, size=32, cache=False)
    Dataset('pets', 2 classes, 12 train, 4 validation, 4 test images, test sealed)
    """
    asked = Asked.of("data.images", images, locals())
    working = Working(size, channels, fit, background)
    root = real_folder(folder)
    origin = origin or f"Pictures in {root.name}."
    wishes = Wishes(name or root.name, seed, validation, test, leave_out, strict, origin, licence, asked)
    table = _table_of(root, csv)
    if table is None:
        rows = rows_of_listing(list_classes(root, progress), group)
        how = f"Read from the class folders of {root.name}."
    else:
        columns = read_columns(table)
        rows = rows_of_table(
            columns,
            file or columns.guess(FILE_COLUMNS, "file"),
            label or columns.guess(LABEL_COLUMNS, "label"),
            group,
            split,
        )
        rows = find_files(rows, root, suffix)
        how = f"Read from {root.name} as {table.name} says."
    return pictures(
        rows, wishes, working, origin=str(root), how=how, group=group, cache=cache, progress=progress
    )


def _table_of(root: Path, csv: str | os.PathLike[str] | None) -> Path | None:
    """Return where the table is: the one that is named, or the only one in a folder that has no classes."""
    if csv is not None:
        named = Path(csv).expanduser()
        return named if named.is_absolute() or not (root / named).exists() else root / named
    content = list(root.iterdir())
    folders = [one for one in content if one.is_dir() and not one.name.startswith(".")]
    tables = [one for one in content if one.suffix.lower() in (".csv", ".tsv")]
    # One folder is no set of classes: the pictures often lie in one beside their table.
    return tables[0] if len(tables) == 1 and len(folders) < 2 else None
