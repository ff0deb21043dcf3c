"""Columns: a table of whatever kind (CSV, Parquet, DataFrame, a dict of lists) read as plain Python values."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from tlkit.errors import DataError, MissingPartError, unknown_name

_DELIMITERS = ",;\t|"


class Columns:
    """Named columns of equal length.

    Parameters
    ----------
    columns
        Name and values of each.
    what
        What the table is called in messages.
    folder
        Where files named in it are looked for; None if the table is no file.
    first_row
        What the first row is called in messages: 2 where names of the columns take a line of their own.

    Examples
    --------
    >>> Columns({"file": ["a.png"], "label": ["cat"]}, "the table")["label"]
    ['cat']
    """

    def __init__(
        self, columns: Mapping[str, Sequence[Any]], what: str, folder: Path | None = None, first_row: int = 1
    ) -> None:
        self._columns = {str(name): list(values) for name, values in columns.items()}
        self.what = what
        self.folder = folder
        self._first_row = first_row
        lengths = {name: len(values) for name, values in self._columns.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name!r} has {length}" for name, length in lengths.items())
            raise DataError(
                f"The columns of {what} are not equally long: {told}.", "Give each one value per row."
            )
        if not len(self):
            raise DataError(
                f"{what[0].upper()}{what[1:]} has no rows.",
                "It needs one row per item, below the names of the columns.",
            )

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), ()))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._columns)

    def row_name(self, at: int) -> str:
        """Return what the row at a position is called: of a CSV file as a spreadsheet counts."""
        return f"row {self._first_row + at}"

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self._columns:
            raise unknown_name(f"column of {self.what}", name, self.names)
        return self._columns[name]

    def guess(self, usual: Sequence[str], what: str) -> str:
        """Return the first column with a usual name.

        Raises
        ------
        DataError
            There is none.
        """
        lowered = {name.strip().lower(): name for name in self.names}
        for one in usual:
            if one in lowered:
                return lowered[one]
        raise DataError(
            f"None of the columns of {self.what} is called {' or '.join(map(repr, usual))}; they are"
            f" {', '.join(map(repr, self.names))}.",
            f"Say which one holds the {what}: {what}='…'.",
        )


def read_columns(source: Any) -> Columns:
    """Read a table.

    Parameters
    ----------
    source
        Path of a CSV file (comma, semicolon, tab or bar; UTF-8; names of the columns in the first row) or of a
        Parquet file (needs pyarrow); a pandas or Polars DataFrame or a pyarrow table; or a mapping from names
        to columns.

    Raises
    ------
    DataError
        No table, an empty or a damaged one.
    MissingPartError
        A Parquet file, and pyarrow is not installed.

    Examples
    --------
    >>> read_columns({"text": ["good", "bad"], "label": [1, 0]}).names
    ('text', 'label')
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source).expanduser()
        if path.suffix.lower() in (".parquet", ".pq"):
            return Columns(_parquet(path), f"the table {path.name}", path.parent)
        return Columns(_csv(path), f"the table {path.name}", path.parent, first_row=2)
    if isinstance(source, Columns):
        return source
    if isinstance(source, Mapping):
        return Columns(source, "the table")
    for method in ("to_pydict", "to_dict"):
        if hasattr(source, method) and (hasattr(source, "columns") or hasattr(source, "column_names")):
            # pandas wants to be told, Polars must not be, pyarrow has another name for it.
            is_pandas = method == "to_dict" and hasattr(source, "iloc")
            found = source.to_dict("list") if is_pandas else getattr(source, method)()
            return Columns({name: list(values) for name, values in found.items()}, "the table")
    raise DataError(
        f"A table cannot be read from a {type(source).__name__}.",
        "Give the path of a CSV or Parquet file, a DataFrame, or a dict of lists.",
    )


def is_missing(value: Any) -> bool:
    """Return whether a cell is empty: None, an empty text, NaN, NaT or pandas' NA.

    Examples
    --------
    >>> [is_missing(one) for one in (None, " ", float("nan"), 0, "0")]
    [True, True, True, False, False]
    """
    if value is None or type(value).__name__ == "NAType":
        return True
    if isinstance(value, str):
        return not value.strip()
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return False


def _csv(path: Path) -> dict[str, list[Any]]:
    cure = "It needs one row per item, below the names of the columns."
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            head = file.readline()
            if not head.strip():
                raise DataError(f"The table {path.name} is empty.", cure)
            file.seek(0)
            delimiter = max(_DELIMITERS, key=head.count)
            rows = csv.reader(file, delimiter=delimiter, strict=True)
            names = [one.strip() for one in next(rows)]
            twice = next((one for one in names if names.count(one) > 1), None)
            if twice is not None:
                raise DataError(f"The table {path.name} has two columns named {twice!r}.", "Rename one.")
            columns: dict[str, list[Any]] = {name: [] for name in names}
            for row in rows:
                if not row:
                    continue
                if len(row) != len(names):
                    raise DataError(
                        f"Line {rows.line_num} of {path.name} has {len(row)} cells, the first has {len(names)}.",
                        "Put a cell that holds a comma between double quotes.",
                    )
                for name, cell in zip(names, row, strict=True):
                    columns[name].append(cell)
    except UnicodeDecodeError:
        raise DataError(f"The table {path.name} is not text in UTF-8.", "Save it as CSV UTF-8.") from None
    except csv.Error as error:
        raise DataError(f"The table {path.name} is damaged: {error}.", "Save it as CSV again.") from None
    except OSError as error:
        raise DataError(
            f"The table {path} cannot be read: {error.strerror or error}.", "Check the path."
        ) from None
    return columns


def _parquet(path: Path) -> dict[str, list[Any]]:
    try:
        parquet = import_module("pyarrow.parquet")
        damaged = import_module("pyarrow").ArrowException
    except ImportError:
        raise MissingPartError(
            f"Reading {path.name} needs pyarrow, which is not installed.",
            "Install it (pip install pyarrow), or save the table as CSV.",
        ) from None
    try:
        columns: dict[str, list[Any]] = parquet.read_table(path).to_pydict()
    except (damaged, OSError) as error:
        why = str(error).splitlines()[0]
        raise DataError(f"The table {path} cannot be read: {why}", "Check the path and the file.") from None
    return columns
