"""A shelf in a folder: a version appears by one renaming of a finished folder."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tlkit import files as atomic
from tlkit.backbones.shelf import sealed_json
from tlkit.backbones.shelf.store import MANIFEST, NOTE, UNFINISHED, Store
from tlkit.backbones.shelf.versions import is_name, is_version
from tlkit.errors import StoreError, TakenError


class FolderStore(Store):
    """Files in ``place/NAME/VERSION/``.

    Parameters
    ----------
    folder
        It is made with the first push.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = str(folder)

    def names(self) -> list[str]:
        return [name for name in self._listed(self.folder) if is_name(name)]

    def versions(self, name: str) -> list[str]:
        own = self.folder / name
        return [one for one in self._listed(own) if is_version(one) and (own / one / MANIFEST).is_file()]

    def read(self, name: str, version: str, file: str, folder: str = "") -> bytes:
        try:
            return (self.folder / name / version / folder / file).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(file) from None
        except OSError as error:
            raise StoreError(
                f"{name}@{version} cannot be read: {error.strerror}.", "Check the shelf."
            ) from error

    def files(self, name: str, version: str, folder: str = "") -> list[str]:
        return self._listed(self.folder / name / version / folder)

    def put(self, name: str, version: str, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
        own = self.folder / name
        target = own / version
        staged: Path | None = None
        try:
            own.mkdir(parents=True, exist_ok=True)
            staged = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=own))
            for file, content in {**files, MANIFEST: sealed_json.write(manifest)}.items():
                _write(staged / file, content)
            # mkdtemp makes the folder private; give it the permissions an ordinary new one would have.
            staged.chmod(0o777 & ~atomic._UMASK)
            _settle(staged)
            # Of two that rename, one finds the name taken: a folder with something in it is never replaced.
            os.rename(staged, target)
            _settle(own)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST) or target.exists():
                raise TakenError(
                    f"{name}@{version} is on the shelf {self.place} already, and versions never change.",
                    "Push the next version.",
                ) from error
            raise StoreError(
                f"Could not write to the shelf {self.place}: {error.strerror or error}.",
                "Choose a folder that can be written to and has free space.",
            ) from error
        finally:
            if staged is not None and staged.exists():
                shutil.rmtree(staged, ignore_errors=True)

    def note(self, name: str, version: str, content: bytes) -> None:
        with atomic.atomic_write(self.folder / name / version / NOTE) as file:
            file.write(content)

    def clear(self, name: str, older_than_seconds: float) -> list[str]:
        gone = []
        for one in self._listed(self.folder / name):
            path = self.folder / name / one
            with suppress(OSError):
                if one.startswith(UNFINISHED) and time.time() - path.stat().st_mtime >= older_than_seconds:
                    shutil.rmtree(path)
                    gone.append(f"{name}/{one}")
        return gone

    @staticmethod
    def _listed(folder: Path) -> list[str]:
        try:
            return sorted(os.listdir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise StoreError(
                f"{folder} cannot be read: {error.strerror}.", "Check its permissions."
            ) from error


def _write(path: Path, content: bytes) -> None:
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Let the disk know the names in a folder before the next step relies on them."""
    with suppress(OSError):  # not every system lets a folder be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
