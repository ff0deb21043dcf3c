"""Store: every finished cell in a file of its own, so that an interrupted comparison goes on where it was."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tlkit import caches, files
from tlkit.compare.cell import Cell
from tlkit.errors import RecordError, StoreError

FORMAT = 1
# So often the size of the folder is looked at: a listing at each cell would be a waste.
_LOOK_EVERY = 100
# What a cell's numbers depend on, besides the libraries: a change of any of this code makes a new key.
_CODE = ("backbones", "data", "freeze", "train", "compare/arms.py", "compare/measure.py", "compare/tuning.py")


class Store:
    """Finished cells on disk, under a hash of everything that their numbers depend on.

    Each file appears whole or not at all, so that two processes may use one folder. A file that cannot be
    read or does not hold what it should counts as none, and is written anew. A folder that cannot be written
    ends the storing, not the comparison; ``problem`` then says so.

    Parameters
    ----------
    folder
        None is ``files.cache_folder() / "cells"``, where the oldest cells make room; another one is not cleared.

    Examples
    --------
    >>> import tempfile
    >>> Store(tempfile.mkdtemp()).get("0" * 64, items=3) is None
    True
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(folder) if folder is not None else files.cache_folder() / "cells"
        self.problem = ""
        # Another folder is its owner's, who may keep more in it than cells.
        self._bounded = folder is None
        self._put = 0

    def get(self, key: str, items: int) -> Cell | None:
        """Return a stored cell, or None.

        Parameters
        ----------
        key
            From `key_of`.
        items
            How many test items there are.
        """
        try:
            body = files.read_json(self._path(key))
            if body["format"] != FORMAT or body["key"] != key:
                return None
            cell = Cell.from_record({**body["cell"], "from_store": True})
        except (StoreError, RecordError, KeyError, TypeError, RecursionError):
            return None
        return cell if len(cell.correct) == items else None

    def put(self, key: str, cell: Cell) -> None:
        """Keep a finished cell."""
        if self.problem:
            return
        if self._bounded and self._put % _LOOK_EVERY == 0:
            caches.make_room(self.folder, ".json", caches.named("cells").limit_bytes)
        self._put += 1
        try:
            files.write_json(self._path(key), {"format": FORMAT, "key": key, "cell": cell.record()})
        except StoreError as error:
            self.problem = f"Finished cells could not be kept: {error.what}"

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def key_of(parts: Mapping[str, Any]) -> str:
    """Return the content hash of everything that a cell depends on.

    Parameters
    ----------
    parts
        Plain JSON values; their order does not matter.

    Examples
    --------
    >>> key_of({"seed": 1, "arm": "frozen"}) == key_of({"arm": "frozen", "seed": 1})
    True
    """
    text = json.dumps({"format": FORMAT, **parts}, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1)
def code_fingerprint() -> str:
    """Return a hash of the code that makes a cell's numbers; comments and blank lines count too."""
    digest = hashlib.sha256()
    for part in _CODE:
        path = files.packaged(*part.split("/"))
        for source in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            # The builders of embedded sets play no part: the sets' own content does.
            if not re.search(r"data.build", str(source)):
                digest.update(str(source.relative_to(files.packaged())).encode() + source.read_bytes())
    return digest.hexdigest()
