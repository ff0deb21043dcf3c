"""Rows: items with labels, as a folder or a table names them, decoded into a dataset of pictures."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tlkit.data.columns import Columns, is_missing
from tlkit.data.findings import Finding
from tlkit.data.image_files import SPLIT_FOLDERS, Listing, file_item, outside_folder
from tlkit.data.items import Item
from tlkit.data.own import ALIKE, Wishes
from tlkit.errors import DataError, unknown_name

_T = TypeVar("_T")

Group = str | Callable[[str], Hashable] | None


@dataclass
class Rows:
    """Items, their labels and what else a table says of them.

    Parameters
    ----------
    items
        What is to be read, an `Item` for pictures.
    labels
        Of each item.
    groups
        Of each item, or None.
    splits
        0, 1 or 2 for each item, or None.
    classes
        The classes in the order wanted, or None.
    findings
        What was left out so far.
    names
        What the row of each item is called in messages, or None.
    """

    items: list[Any]
    labels: list[Any]
    groups: list[Any] | None = None
    splits: list[int] | None = None
    classes: Sequence[Hashable] | None = None
    findings: list[Finding] = field(default_factory=list)
    names: list[str] | None = None

    def select(self, at: Sequence[int] | NDArray[np.int64]) -> Rows:
        """Return some of the rows."""

        def some(column: list[_T]) -> list[_T]:
            return [column[i] for i in at]

        return replace(
            self,
            items=some(self.items),
            labels=some(self.labels),
            groups=None if self.groups is None else some(self.groups),
            splits=None if self.splits is None else some(self.splits),
            names=None if self.names is None else some(self.names),
        )

    def present(self) -> list[Hashable] | None:
        """Return the classes in the order wanted, without those that no row has; None if no order is wanted."""
        if self.classes is None:
            return None
        occurring = set(self.labels)
        return [one for one in self.classes if one in occurring]


def rows_of_listing(listing: Listing, group: Group) -> Rows:
    """Return the rows of a folder of class folders.

    Raises
    ------
    DataError
        ``group`` is neither a function nor ``"alike"``.
    """
    groups = None
    if callable(group):
        groups = [group(item.name) for item in listing.items]
    elif group not in (None, ALIKE):
        raise DataError(
            f"group is {group!r}; pictures in class folders have no columns.",
            "Give a function of the file's name, or group='alike'.",
        )
    return Rows(listing.items, listing.labels, groups, listing.splits, findings=listing.findings)


def rows_of_table(table: Columns, value: str, label: str, group: Group, split: str | None) -> Rows:
    """Return the rows of a table that have a value and a label.

    Parameters
    ----------
    table
        The table.
    value, label, group, split
        Names of columns; ``group`` may also be a function of the value or ``"alike"``.

    Raises
    ------
    DataError
        No row has both, or a split has another name than those that are known.
    UnknownNameError
        A column that does not exist.
    """
    values, labels = table[value], _numbers_if_all(table[label])
    groups = None
    if isinstance(group, str) and (group != ALIKE or ALIKE in table.names):
        groups = table[group]
    elif callable(group):
        groups = [group(str(one)) for one in values]
    names = [table.row_name(at) for at in range(len(table))]
    splits = None
    if split is not None:
        splits = [_split_of(one, name, split) for one, name in zip(table[split], names, strict=True)]
    rows = Rows(values, labels, groups, splits, names=names)
    for column, rule, cells in ((label, "no-class", labels), (value, "no-item", values)):
        empty = [at for at, one in enumerate(cells) if is_missing(one)]
        if empty:
            rows.findings.append(
                Finding(
                    rule,
                    f"Rows of {table.what} with nothing in column {column!r}, left out: {len(empty):,}.",
                    "Without it there is nothing to learn from them.",
                    "Fill it in, or delete the rows.",
                    tuple(names[at] for at in empty),
                )
            )
    kept = [at for at in range(len(values)) if not (is_missing(labels[at]) or is_missing(values[at]))]
    if not kept:
        raise DataError(
            f"No row of {table.what} has something in both columns {value!r} and {label!r}.",
            "Name other columns, or fill them in.",
        )
    return rows.select(kept)


def find_files(rows: Rows, root: Path, suffix: str = "") -> Rows:
    """Turn names of files, bytes and pictures in a table into items; what is not there is left out.

    Parameters
    ----------
    rows
        Their items are paths, bytes, Pillow images, or mappings with ``"bytes"`` or ``"path"``.
    root
        As of `real_folder`: where paths begin, and which they do not leave.
    suffix
        Added to every path, such as ``".jpg"``.
    """
    missing: dict[str, list[str]] = {"missing": [], "outside": [], "closed": []}
    kept, items = [], []
    for at, value in enumerate(rows.items):
        found = _item(value, rows.names[at] if rows.names else f"item {at}", root, suffix)
        if isinstance(found, Item):
            kept.append(at)
            items.append(found)
        else:
            why, name = found
            missing[why].append(name)
    rows = rows.select(kept)
    rows.items = items
    if missing["missing"]:
        rows.findings.append(
            Finding(
                "missing-file",
                f"Files that the table names and that are not there: {len(missing['missing']):,}.",
                "Their rows are left out.",
                f"Paths begin in {root}; name another with folder='…', or an ending with suffix='.jpg'.",
                tuple(missing["missing"]),
            )
        )
    if missing["outside"]:
        rows.findings.append(outside_folder(missing["outside"]))
    if missing["closed"]:
        rows.findings.append(unreadable([f"{name} may not be read by you" for name in missing["closed"]]))
    if not items:
        first = next((one for names in missing.values() for one in names), "")
        raise DataError(
            f"None of the {len(kept) + sum(map(len, missing.values())):,} files that the table names can be found;"
            f" the first is {first!r}.",
            f"Paths begin in {root}; name another with folder='…', or an ending with suffix='.jpg'.",
        )
    return rows


def wanted(rows: Rows, wishes: Wishes) -> Rows:
    """Return the rows of the classes that are wanted, with a finding if their labels are of several kinds.

    Raises
    ------
    UnknownNameError
        A class to leave out does not exist.
    DataError
        No class is left.
    """
    known = {str(one) for one in rows.labels}
    for one in wishes.leave_out:
        if str(one) not in known:
            raise unknown_name("class", one, sorted(known))
    left_out = {str(one) for one in wishes.leave_out}
    if left_out:
        rows = rows.select([at for at, one in enumerate(rows.labels) if str(one) not in left_out])
        if not rows.labels:
            raise DataError(
                f"leave_out names every class: {', '.join(sorted(known))}.", "Keep at least two classes."
            )
    rows.findings += _numbers_among_words(rows)
    kinds = Counter(type(one).__name__ for one in rows.labels)
    if len(kinds) > 1 and not set(kinds) <= {"int", "float"}:
        told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
        rows.findings.append(
            Finding(
                "mixed-labels",
                f"The labels are of several kinds: {told}.",
                "One class may be written in two ways and count as two.",
                "Write all labels in one kind, for example as text.",
            )
        )
    return rows


def _numbers_among_words(rows: Rows) -> list[Finding]:
    """Find labels of a table that are numbers beside others that are words; in CSV all of them are text."""
    # Folders are named as people want; and single letters beside digits are a set of characters.
    if rows.names is None or not all(isinstance(one, str) for one in rows.labels):
        return []
    known = {str(one) for one in rows.labels}
    numbers = {one for one in known if one.replace(".", "", 1).removeprefix("-").isdecimal()}
    words = {one for one in known - numbers if len(one) > 1}
    if not numbers or not words:
        return []
    return [
        Finding(
            "mixed-labels",
            f"Labels that are numbers, beside others that are words: {len(numbers)} of {len(known)}.",
            "One class may be written in two ways and count as two.",
            "Write all labels in one way.",
            tuple(sorted(numbers)),
            "note",
        )
    ]


def unreadable(names: Sequence[str]) -> Finding:
    """Return the finding about files that cannot be read."""
    return Finding(
        "unreadable-file",
        f"Files that cannot be read, left out: {len(names):,}.",
        "What they show is neither learned nor tested.",
        "Replace them, or delete them.",
        tuple(names),
    )


def _item(value: Any, row: str, root: Path, suffix: str) -> Item | tuple[str, str]:
    if isinstance(value, Mapping):
        # How Hugging Face stores pictures in tables.
        value = value.get("bytes") or value.get("path")
    if isinstance(value, str | os.PathLike):
        name = os.fspath(value).strip() + suffix
        found = file_item(root, name)
        return found if isinstance(found, Item) else (found, name)
    return Item(row, held=value)


def _split_of(value: Any, row: str, column: str) -> int:
    try:
        return SPLIT_FOLDERS[str(value).strip().lower()]
    except KeyError:
        raise DataError(
            f"{row.capitalize()} has {value!r} in column {column!r}, which names no split.",
            "Splits are 'train', 'validation' and 'test'.",
        ) from None


def _numbers_if_all(labels: Sequence[Any]) -> list[Any]:
    """Return labels that are all whole numbers in text as numbers, so that 10 comes after 9."""
    told = [one for one in labels if not is_missing(one)]
    if told and all(isinstance(one, str) and one.strip().isdecimal() for one in told):
        numbers = [one if is_missing(one) else int(one) for one in labels]
        # "01" and "1" may be two classes.
        if len(set(map(str, numbers))) == len(set(labels)):
            return numbers
    return [one.strip() if isinstance(one, str) else one for one in labels]
