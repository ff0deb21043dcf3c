"""A dataset from a table: pictures or texts with labels, as CSV, Parquet or a DataFrame."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tlkit.data.asked import Asked
from tlkit.data.columns import Columns, read_columns
from tlkit.data.dataset import Dataset
from tlkit.data.image_files import real_folder
from tlkit.data.images import LABEL_COLUMNS
from tlkit.data.labels import read_labels
from tlkit.data.own import ALIKE, Labelled, Wishes, own
from tlkit.data.picture import Fit, Working
from tlkit.data.pictures import pictures
from tlkit.data.rows import Group, Rows, find_files, rows_of_table, wanted
from tlkit.data.telling import Tell
from tlkit.data.texts import TextSplit
from tlkit.errors import DataError


def table(
    source: Any,
    *,
    image: str | None = None,
    text: str | None = None,
    label: str | None = None,
    split: str | None = None,
    folder: str | os.PathLike[str] | None = None,
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
    """Make a dataset from a table with one row per picture or text.

    Parameters
    ----------
    source
        Path of a CSV or Parquet file (the latter needs pyarrow), a pandas or Polars DataFrame, a pyarrow
        table, or a dict of lists.
    image
        The column of pictures: paths of files, the content of files as bytes, or Pillow images.
    text
        The column of texts. Exactly one of ``image`` and ``text`` is given.
    label
        The column of labels; one with a usual name is found.
    split
        A column that says train, validation or test.
    folder
        Where paths begin, and which they do not leave; by default the folder of the table.
    suffix, group, size, channels, fit, background, name, seed, validation, test, leave_out, strict, cache, \
    progress, origin, licence
        As for `images`; size, channels, fit, background, cache and progress are for pictures alone.

    Returns
    -------
    Dataset
        Of pictures; or of texts, whose splits are `TextSplit`.

    Raises
    ------
    DataError
        No such table, an empty or damaged one, no picture found, a class too small for three splits.
    UnknownNameError
        A column or a class that does not exist.
    MissingPartError
        A Parquet file, and pyarrow is not installed.

    Examples
    --------
    >>> words = {"text": ["good", "fine", "nice", "great", "bad", "poor", "sad", "awful"], "label": [1] * 4 + [0] * 4}
    >>> reviews = table(words, text="text", name="reviews")
    >>> reviews.classes, len(reviews.train)
    (('0', '1'), 4)
    """
    asked = Asked.of("data.table", table, locals())
    if (image is None) == (text is None):
        raise DataError(
            "Exactly one of image and text is to be given.",
            "image='file' names the column of pictures, text='sentence' the column of texts.",
        )
    columns = read_columns(source)
    wishes = Wishes(
        name or (Path(source).stem if isinstance(source, str | os.PathLike) else "own"),
        seed,
        validation,
        test,
        leave_out,
        strict,
        origin or f"Given as {columns.what}.",
        licence,
        asked,
    )
    working = Working(size, channels, fit, background)
    column = image or text or ""
    rows = rows_of_table(columns, column, label or columns.guess(LABEL_COLUMNS, "label"), group, split)
    if image is None:
        return _texts(rows, wishes, columns, group)
    root = real_folder(folder or columns.folder or Path.cwd())
    return pictures(
        find_files(rows, root, suffix),
        wishes,
        working,
        origin=str(root),
        how=f"Read as {columns.what} says.",
        group=group,
        cache=cache,
        progress=progress,
    )


def _texts(rows: Rows, wishes: Wishes, columns: Columns, group: Group) -> Dataset:
    if group == ALIKE and rows.groups is None:
        raise DataError("group='alike' is for pictures.", "Name a column, or give a function of the text.")
    rows = wanted(rows, wishes)
    labels, classes = read_labels(rows.labels, len(rows.labels), None)
    items = TextSplit(tuple(str(one) for one in rows.items), labels, classes)
    how = f"Read as {columns.what} says."
    title = "A learner's own texts."
    return own(Labelled.of(items, (), rows), wishes, title=title, how_made=how, reading=rows.findings)
