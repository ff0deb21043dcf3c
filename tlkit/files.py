"""Files: paths of what is packaged, content hashes, and writes that are whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from tlkit.errors import StoreError, TakenError

_PACKAGE = Path(__file__).resolve().parent
# The mask can only be read by setting it, which is not thread-safe: do it once, at import.
_UMASK = os.umask(0)
os.umask(_UMASK)


def packaged(*parts: str) -> Path:
    """Return the path of a file that is shipped inside the package.

    Examples
    --------
    >>> packaged("errors.py").name
    'errors.py'
    """
    return _PACKAGE.joinpath(*parts)


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's content as 64 hexadecimal digits.

    Examples
    --------
    >>> len(sha256(packaged("__init__.py")))
    64
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def atomic_write(
    path: str | os.PathLike[str], mode: str = "wb", *, overwrite: bool = True
) -> Iterator[IO[Any]]:
    """Write a file so that it appears whole or not at all.

    The content goes to a temporary file in the same folder, which then replaces the target. An error, an
    interrupt or a kill in between leaves the old file as it was.

    Parameters
    ----------
    path
        The file to write; its folder is made if it is missing.
    mode
        ``"wb"`` for bytes or ``"w"`` for UTF-8 text.
    overwrite
        Whether a file that is there is replaced; otherwise it stays, also if it came while this one was written.

    Raises
    ------
    TakenError
        There is a file, and it is not to be overwritten.
    StoreError
        The folder cannot be written to, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "greeting.txt"
    >>> with atomic_write(target, "w") as file:
    ...     _ = file.write("hello")
    >>> target.read_text()
    'hello'
    """
    target = Path(path)
    temporary: Path | None = None
    in_body = False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(handle, mode, encoding=None if "b" in mode else "utf-8") as file:
            in_body = True
            yield file
            in_body = False
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file private; give it the permissions an ordinary new file would have.
        temporary.chmod(0o666 & ~_UMASK)
        if overwrite:
            os.replace(temporary, target)
        else:
            _put_where_nothing_is(temporary, target)
    except TakenError:
        raise
    except OSError as error:
        # A full disk shows while the caller writes, and names no file; what names one is the caller's own.
        if in_body and error.filename is not None:
            raise
        raise StoreError(
            f"Could not write {target}: {error.strerror or error}.",
            "Choose a folder that can be written to and has free space.",
        ) from error
    finally:
        if temporary is not None:
            with suppress(FileNotFoundError):
                temporary.unlink()


def _put_where_nothing_is(made: Path, target: Path) -> None:
    """Give a finished file its name unless there is one of that name: of two that try, one is refused."""
    try:
        os.link(made, target)
    except FileExistsError:
        raise TakenError(f"There is a file {target} already.", "Name another.") from None
    except OSError:
        # Some file systems know no links; then a moment stays in which another could come first.
        if os.path.lexists(target):
            raise TakenError(f"There is a file {target} already.", "Name another.") from None
        os.replace(made, target)


def write_json(path: str | os.PathLike[str], value: object) -> None:
    """Write a value as readable JSON, whole or not at all.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "value.json"
    >>> write_json(target, {"labels": 1})
    >>> read_json(target)
    {'labels': 1}
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=False)
    with atomic_write(path, "w") as file:
        file.write(text + "\n")


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Raises
    ------
    StoreError
        The file is missing, unreadable or not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(f"Could not read {path}: {error.strerror or error}.", "Check the path.") from error
    except ValueError as error:
        raise StoreError(f"{path} is not valid JSON: {error}.", "Restore it or delete it.") from error


def cache_folder() -> Path:
    """Return the folder for caches: ``$TLKIT_CACHE``, else the user's cache folder.

    Examples
    --------
    >>> cache_folder().is_absolute()
    True
    """
    named = os.environ.get("TLKIT_CACHE")
    if named:
        return Path(named).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return (Path(base).expanduser() / "tlkit").resolve()
