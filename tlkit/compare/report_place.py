"""Report place: where the report of `tlkit try` goes, without writing over anything unasked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tlkit.errors import StoreError, TakenError

#: Where a report goes whose place is not named.
USUAL_REPORT = "tlkit-report.html"


def place_for(report: Path | None, overwrite: bool) -> Path:
    """Return where a report is to go; a place where none can be is refused before anything is trained.

    Parameters
    ----------
    report
        The place that was named; None for the usual one.
    overwrite
        Whether a file that is there is replaced.

    Raises
    ------
    TakenError
        A file is there.
    StoreError
        No file can be there.
    """
    path = (report or Path(USUAL_REPORT)).expanduser().absolute()
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise StoreError(
            f"The report cannot be written to {path}: {error.strerror}.", "Name another with --report."
        ) from None
    if path.is_dir():
        raise StoreError(f"The report cannot be written to {path}: that is a folder.", "Name a file in it.")
    if report is not None and path.exists() and not overwrite:
        raise TakenError(
            f"There is a file {path} already, and the report is not written over it.",
            "Name another with --report, or add --overwrite.",
        )
    folder = next(one for one in path.parents if one.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise StoreError(f"The report cannot be written to {path}.", "Name a file in a folder of yours.")
    return path


def write_to(write: Callable[[Path], None], path: Path, *, numbered: bool) -> Path:
    """Write a report and return where: with the first number that is free where no name was asked for.

    Parameters
    ----------
    write
        Writes it to a path, unless there is a file.
    path
        Where it is wanted.
    numbered
        Whether another name will do.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    while True:
        place = next_free(path) if numbered else path
        try:
            write(place)
        except TakenError:
            if not numbered:
                raise
        else:
            return place


def next_free(path: str | os.PathLike[str]) -> Path:
    """Return a path at which there is no file: the one given, or with the first number from 2 on that is free.

    Examples
    --------
    >>> import tempfile
    >>> wanted = Path(tempfile.mkdtemp()) / "report.html"
    >>> wanted.touch()
    >>> next_free(wanted).name
    'report-2.html'
    """
    first = Path(path)
    found, number = first, 1
    while found.exists() or found.is_symlink():
        number += 1
        found = first.with_stem(f"{first.stem}-{number}")
    return found
