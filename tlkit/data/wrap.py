"""Datasets of other libraries taken as they are: torchvision, Hugging Face `datasets`, a DataLoader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tlkit.data.dataset import Dataset
from tlkit.data.foreign import Reader, length
from tlkit.data.image_files import SPLIT_FOLDERS
from tlkit.data.labels import read_labels
from tlkit.data.own import ALIKE, Labelled, Wishes, own
from tlkit.data.picture import Fit, Working, quiet
from tlkit.data.pictures import of_decoded
from tlkit.data.pixels import read_pixels
from tlkit.data.places import SPLITS
from tlkit.data.rows import Group, Rows, wanted
from tlkit.data.split import Split
from tlkit.data.telling import Tell, Telling
from tlkit.errors import DataError


def wrap(
    source: Any,
    *,
    validation: Any = 0.15,
    test: Any = 0.25,
    image: str | None = None,
    label: str | None = None,
    group: Group = None,
    size: int = 96,
    channels: int = 3,
    fit: Fit = "crop",
    background: tuple[int, int, int] = (255, 255, 255),
    name: str = "own",
    seed: int = 0,
    leave_out: Sequence[str] = (),
    strict: bool = False,
    progress: bool | Tell = True,
    origin: str = "",
    licence: str = "",
) -> Dataset:
    """Take a dataset of another library as it is.

    Items that are Pillow images are brought to the working size, as by `images`. Items that are arrays or
    tensors stay as they are and must have one size and values in 0..1: leave out a transform that normalises.
    A transform that draws at random is drawn once, while the items are read.

    Parameters
    ----------
    source
        A torchvision dataset (or any with ``len`` and items ``(picture, label)``), a Hugging Face `datasets`
        Dataset or DatasetDict, or a DataLoader that gives ``(pictures, labels)``.
    validation, test
        Shares of each class; or datasets of the same kind, which then are these splits. The splits of a
        DatasetDict are taken over.
    image, label
        For items that are mappings, the names of the two; usual names are found.
    group
        ``"alike"`` for pictures that look the same, or None.
    size, channels, fit, background, name, seed, leave_out, strict, progress, origin, licence
        As for `images`.

    Returns
    -------
    Dataset
        With a sealed test split.

    Raises
    ------
    DataError
        Something else, items of no known kind, arrays of different sizes or outside 0..1.

    Examples
    --------
    >>> import torch
    >>> from torch.utils.data import DataLoader, TensorDataset
    >>> pictures = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    >>> wrap(DataLoader(TensorDataset(pictures, torch.arange(40) % 2), batch_size=16), progress=False)
    Dataset('own', 2 classes, 24 train, 6 validation, 10 test images, test sealed)
    """
    working = Working(size, channels, fit, background)
    if group not in (None, ALIKE):
        raise DataError(
            f"group is {group!r}, expected 'alike' or None.", "Use data.arrays or data.table for others."
        )
    shares = {"validation": validation, "test": test}
    given = {key: one for key, one in shares.items() if not isinstance(one, int | float | np.number | str)}
    parts = {"train": source, **given}
    if isinstance(source, Mapping):
        parts = {**_parts(source), **given}
    wishes = Wishes(
        name,
        seed,
        0.15 if "validation" in given else validation,
        0.25 if "test" in given else test,
        leave_out,
        strict,
        origin or f"Given as a {type(source).__name__} of {type(source).__module__.split('.')[0]}.",
        licence,
    )
    how = f"Read item by item from a {type(source).__name__}."
    reader = Reader(working, image, label)
    with quiet(), Telling(progress, "reading", sum(map(length, parts.values()))) as tell:
        for part, one in parts.items():
            reader.read(one, part, tell)
    rows = reader.rows(SPLIT_FOLDERS if len(parts) > 1 else None)
    if reader.arrays:
        return _of_arrays(rows, reader.arrays, wishes, how, group)
    if not rows.items:
        raise DataError(f"The {type(source).__name__} has no items.", "Give one that has.")
    kept = wanted(Rows(list(range(len(rows.items))), rows.labels, None, rows.splits, rows.classes), wishes)
    decoded = reader.decoded().select(kept.items)
    kept.items = [rows.items[at] for at in kept.items]
    return of_decoded(kept, decoded, wishes, working, how=how, group=group)


def _of_arrays(rows: Rows, arrays: list[Any], wishes: Wishes, how: str, group: Group) -> Dataset:
    rows.items = list(range(len(arrays)))
    rows = wanted(rows, wishes)
    pixels = read_pixels([arrays[at] for at in rows.items])
    labels, classes = read_labels(rows.labels, len(rows.labels), rows.present())
    labelled = Labelled.of(Split(pixels, labels, classes), (), rows)
    title, alike = "A learner's own pictures.", group == ALIKE
    return own(labelled, wishes, title=title, how_made=how, reading=rows.findings, alike=alike)


def _parts(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the splits of a DatasetDict by our names."""
    parts: dict[str, Any] = {}
    for key, one in source.items():
        if str(key).lower() not in SPLIT_FOLDERS:
            raise DataError(
                f"The source has a split named {key!r}; known are {', '.join(map(repr, SPLIT_FOLDERS))}.",
                "Give one of its splits, or rename it.",
            )
        part = SPLITS[SPLIT_FOLDERS[str(key).lower()]]
        if part in parts:
            raise DataError(f"The source has two splits for {part}, {key!r} and another.", "Leave one out.")
        parts[part] = one
    if "train" not in parts:
        raise DataError(f"The source has the splits {', '.join(map(repr, source))}, but none to train on.")
    return parts
