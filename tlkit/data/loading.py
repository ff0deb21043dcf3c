"""Load: one name for embedded sets and for a learner's own folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tlkit.data import embedded
from tlkit.data.dataset import Dataset
from tlkit.data.images import images
from tlkit.errors import DataError


def load(name: str | os.PathLike[str], **settings: Any) -> Dataset:
    """Load an embedded dataset, or the pictures in a folder.

    Parameters
    ----------
    name
        One of ``names()``; or the path of a folder of pictures, or of the CSV file in it that names their
        classes. A folder that is called like an embedded set is written as a path: ``./digits``.
    settings
        For a folder, as for `images`.

    Returns
    -------
    Dataset
        Its test set is sealed, and its count of openings starts at 0.

    Raises
    ------
    UnknownNameError
        There is no such dataset; the error names the nearest one.
    DataError
        The embedded file is missing, was changed, or is cut short; or as of `images`.

    Examples
    --------
    >>> load("digits")
    Dataset('digits', 10 classes, ... train, ... validation, ... test images, test sealed)
    """
    if not is_path(name):
        if settings:
            raise DataError(
                f"{', '.join(settings)} cannot be set for the embedded set {name!r}.",
                "Only your own folders have such settings.",
            )
        return embedded.load(str(name))
    path = Path(name).expanduser()
    if path.suffix.lower() in (".csv", ".tsv") and not path.is_dir():
        return images(path.parent, **{"csv": path.absolute(), "name": path.stem, **settings})
    return images(path, **settings)


def is_path(name: str | os.PathLike[str]) -> bool:
    """Return whether a name means a folder or table of the learner's own rather than an embedded set.

    Examples
    --------
    >>> is_path("digits"), is_path("./digits"), is_path(Path("digits"))
    (False, True, True)
    """
    if isinstance(name, os.PathLike):
        return True
    if not isinstance(name, str) or name in embedded.names():
        return False
    separators = [one for one in (os.sep, os.altsep) if one]
    return name.startswith("~") or any(one in name for one in separators) or _exists(name)


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:  # no name that a file can have
        return False
