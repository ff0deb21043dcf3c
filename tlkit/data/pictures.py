"""Pictures: rows whose items are decoded, made into a dataset, with what was found while reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from tlkit.data.dataset import Dataset
from tlkit.data.decoded import Decoded, decode_all
from tlkit.data.findings import Finding
from tlkit.data.labels import read_labels
from tlkit.data.own import ALIKE, Labelled, Wishes, own
from tlkit.data.picture import Working
from tlkit.data.rows import Group, Rows, unreadable, wanted
from tlkit.data.split import Split
from tlkit.data.stored import StoredImages, eager
from tlkit.data.telling import Tell
from tlkit.errors import DataError


def pictures(
    rows: Rows,
    wishes: Wishes,
    working: Working,
    *,
    origin: str,
    how: str,
    group: Group = None,
    cache: bool = True,
    progress: bool | Tell = True,
) -> Dataset:
    """Decode the items of rows and make a dataset of them.

    Raises
    ------
    DataError
        Nothing is left, a class is too small, or findings are to be errors.
    """
    rows = wanted(rows, wishes)
    decoded = decode_all(rows.items, working, origin=origin, cache=cache, progress=progress)
    return of_decoded(rows, decoded, wishes, working, how=how, group=group)


def of_decoded(
    rows: Rows, decoded: Decoded, wishes: Wishes, working: Working, *, how: str, group: Group = None
) -> Dataset:
    """Make a dataset of rows whose items are decoded; those that could not be are left out.

    Raises
    ------
    DataError
        Nothing is left, a class is too small, or findings are to be errors.
    """
    reading = [*rows.findings, *_reading(rows, decoded, working)]
    good = [at for at, one in enumerate(decoded.reads) if not one.problem]
    if not good:
        first = f"{rows.items[0].name} {decoded.reads[0].problem}"
        raise DataError(
            f"None of the {len(rows.items):,} pictures of {wishes.name!r} can be read: {first}.",
            "Look at the first with another program.",
        )
    before = {str(one) for one in rows.labels}
    rows = rows.select(good)
    lost = sorted(before - {str(one) for one in rows.labels})
    if lost:
        reading.append(_empty(lost))
    images = StoredImages(decoded.pixels, np.asarray(good, dtype=np.int64))
    alike = group == ALIKE and rows.groups is None
    title = "A learner's own pictures."
    with _also_told(reading):
        labels, classes = read_labels(rows.labels, len(rows.labels), rows.present())
        labelled = Labelled.of(
            Split(eager(images), labels, classes), [item.name for item in rows.items], rows
        )
        return own(
            labelled, wishes, title=title, how_made=f"{how} {working.words}", reading=reading, alike=alike
        )


@contextmanager
def _also_told(reading: Sequence[Finding]) -> Iterator[None]:
    """Let an error say what was left out while reading: often that is why too little is there."""
    try:
        yield
    except DataError as error:
        left_out = [one for one in reading if one.level == "problem" and one.what not in error.what]
        told = " ".join(f"{one.what}{one.places}" for one in left_out)
        raise DataError(f"{error.what} {told}".rstrip(), error.cure) from None


def _reading(rows: Rows, decoded: Decoded, working: Working) -> Iterator[Finding]:
    damaged = [
        f"{item.name} {one.problem}"
        for item, one in zip(rows.items, decoded.reads, strict=True)
        if one.problem
    ]
    if damaged:
        yield unreadable(damaged)
    small = [
        item.name
        for item, one in zip(rows.items, decoded.reads, strict=True)
        if not one.problem and min(one.original) < working.size
    ]
    if small:
        yield Finding(
            "small-picture",
            f"Pictures with a side below {working.size} pixels, which were enlarged: {len(small):,}.",
            "Enlarging adds no detail.",
            f"Give a smaller size than {working.size} if most are.",
            tuple(small),
            "note",
        )
    if decoded.not_kept:
        yield Finding(
            "not-cached",
            f"The decoded pictures were not kept for next time. {decoded.not_kept}",
            "They are in memory now; the next reading takes as long again.",
            "Free space there, or name another folder in TLKIT_CACHE.",
            (),
            "note",
        )


def _empty(names: Sequence[str]) -> Finding:
    return Finding(
        "empty-class",
        f"Classes of which no picture can be read, left out: {len(names):,}.",
        "What is in no picture cannot be learned.",
        "Replace their files.",
        tuple(names),
    )
