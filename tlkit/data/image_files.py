"""Image files in a folder: found class by class, without leaving the folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tlkit.data.findings import Finding
from tlkit.data.items import Item, Stamp
from tlkit.data.picture import SUFFIXES
from tlkit.data.telling import Tell, Telling
from tlkit.errors import DataError

# Folders of these names at the top are splits, if there is no other folder beside them.
SPLIT_FOLDERS = {
    "train": 0,
    "training": 0,
    "val": 1,
    "valid": 1,
    "validation": 1,
    "dev": 1,
    "test": 2,
    "testing": 2,
}
_IGNORED = {"Thumbs.db", "desktop.ini", "__MACOSX", "__pycache__"}
_TOLD_EVERY = 1000


@dataclass
class Listing:
    """What is in a folder.

    Parameters
    ----------
    items
        The pictures, sorted by name.
    labels
        The class of each: the name of its folder.
    splits
        For each 0, 1 or 2 if the folder says which split it is in; None if it does not.
    findings
        What was left out, and why.
    """

    items: list[Item] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    splits: list[int] | None = None
    findings: list[Finding] = field(default_factory=list)


@dataclass
class _Passed:
    """Names of what is passed over, by reason."""

    others: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)

    def findings(self) -> Iterator[Finding]:
        if self.outside:
            yield outside_folder(self.outside)
        if self.closed:
            yield Finding(
                "unreadable-folder",
                f"Folders that could not be opened: {len(self.closed):,}.",
                "Their pictures are left out.",
                "Ask for the right to read them, or remove them.",
                tuple(self.closed),
            )
        if self.loose:
            yield Finding(
                "no-class",
                f"Pictures that lie beside the class folders and are left out: {len(self.loose):,}.",
                "The class of a picture is the folder it lies in.",
                "Move them into one, or name the classes in a CSV file.",
                tuple(self.loose),
            )
        if self.others:
            yield Finding(
                "other-files",
                f"Files that are no pictures by their name, passed over: {len(self.others):,}.",
                f"Pictures end in {', '.join(sorted(SUFFIXES))}.",
                "",
                tuple(self.others),
                "note",
            )


def outside_folder(names: Sequence[str]) -> Finding:
    """Return the finding about files that are not inside the folder."""
    return Finding(
        "outside-folder",
        f"Paths or links that lead out of the folder, nowhere, or in a circle, not followed: {len(names):,}.",
        "Only what lies in the folder is read.",
        "Copy the files into it, or name the folder that holds all of them.",
        tuple(names),
    )


def list_classes(folder: Path, progress: bool | Tell = True) -> Listing:
    """List the pictures in the folders of a folder: one folder per class.

    Pictures may lie deeper; their class is the topmost folder. Folders named train, val (valid, validation,
    dev) and test, with nothing beside them, are splits that hold the class folders. Hidden files are passed
    over, and links that lead out of the folder are not followed.

    Parameters
    ----------
    folder
        The folder.
    progress
        As for `Telling`.

    Raises
    ------
    DataError
        There is no such folder, or it holds no picture in a folder.

    Examples
    --------
    >>> import tempfile
    >>> list_classes(Path(tempfile.mkdtemp()))
    Traceback (most recent call last):
    ...
    tlkit.errors.DataError: There is no picture in ... Put one folder per class into it, ...
    """
    root = real_folder(folder)
    passed = _Passed()
    found: list[Item] = []
    with Telling(progress, "listing") as tell:
        for at, item in enumerate(_walk(root, passed), start=1):
            found.append(item)
            if at % _TOLD_EVERY == 0:
                tell(_TOLD_EVERY)
        tell(len(found) % _TOLD_EVERY)
    found.sort(key=lambda item: item.name)
    listing = Listing()
    tops = {item.name.split("/", 1)[0].lower() for item in found if "/" in item.name}
    # A lone class called "test" is a class; splits always have training items.
    depth = 1 if tops and tops <= SPLIT_FOLDERS.keys() and any(SPLIT_FOLDERS[top] == 0 for top in tops) else 0
    depth = depth if any(item.name.count("/") > 1 for item in found) else 0
    splits: list[int] = []
    for item in found:
        parts = item.name.split("/")
        if len(parts) < depth + 2:
            passed.loose.append(item.name)
            continue
        listing.items.append(item)
        listing.labels.append(parts[depth])
        splits.append(SPLIT_FOLDERS[parts[0].lower()] if depth else 0)
    if not listing.items:
        loose = f" {len(found):,} lie in it without a folder." if found else ""
        raise DataError(
            f"There is no picture in the folders of {folder}.{loose}"
            if found
            else f"There is no picture in {folder}.",
            "Put one folder per class into it, or name files and classes in a CSV file: csv='labels.csv'.",
        )
    if depth:
        listing.splits = splits
    listing.findings = [*passed.findings(), *_empty(root, listing, depth, passed.closed)]
    return listing


def real_folder(folder: str | os.PathLike[str]) -> Path:
    """Return where a folder really is.

    Raises
    ------
    DataError
        It is no folder, or cannot be opened.
    """
    path = Path(folder).expanduser()
    try:
        real = path.resolve(strict=True)
        if not stat.S_ISDIR(real.stat().st_mode):
            raise DataError(
                f"{folder} is a file, expected a folder of pictures.", "Name the folder it is in."
            )
        os.scandir(real).close()
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"There is no folder {folder}.", "Check the path.") from None
    except (OSError, RuntimeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DataError(
            f"The folder {folder} cannot be read: {why}.", "Check the path and its rights."
        ) from None
    return real


def file_item(root: Path, name: str, shown: str | None = None) -> Item | str:
    """Return the item of a named file inside a folder, or why there is none.

    Parameters
    ----------
    root
        As of `real_folder`.
    name
        A path; inside ``root`` unless it is absolute.
    shown
        What the item is called; None for ``name``.

    Returns
    -------
    Item or str
        ``"missing"``, ``"outside"`` or ``"closed"`` if there is none.
    """
    try:
        path = os.path.join(root, name)
        found = os.stat(path)
        if not _inside(os.path.realpath(path), root):
            return "outside"
    except PermissionError:
        return "closed"
    except (OSError, ValueError):
        return "missing"
    if not stat.S_ISREG(found.st_mode):
        return "missing"
    return Item(shown or name, path, Stamp.of(found))


def _walk(root: Path, passed: _Passed) -> Iterator[Item]:
    """Yield all pictures; a folder is never entered from within itself."""
    waiting: list[tuple[str, str, tuple[str, ...]]] = [(str(root), "", (str(root),))]
    while waiting:
        folder, prefix, chain = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                content = list(entries)
        except OSError:
            passed.closed.append(prefix.rstrip("/"))
            continue
        for entry in content:
            if entry.name.startswith(".") or entry.name in _IGNORED:
                continue
            name = prefix + entry.name
            try:
                found = entry.stat(follow_symlinks=False)
                target = entry.path
                if stat.S_ISLNK(found.st_mode):
                    target = os.path.realpath(entry.path)
                    found = os.stat(target)
                    if not _inside(target, root) or target in chain:
                        passed.outside.append(name)
                        continue
            except OSError:
                passed.outside.append(name)
                continue
            if stat.S_ISDIR(found.st_mode):
                waiting.append((target, f"{name}/", (*chain, target)))
            elif stat.S_ISREG(found.st_mode) and os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                yield Item(name, entry.path, Stamp.of(found))
            else:
                passed.others.append(name)


def _inside(path: str, root: Path) -> bool:
    return os.path.commonpath([path, root]) == str(root)


def _empty(root: Path, listing: Listing, depth: int, closed: Sequence[str]) -> Iterator[Finding]:
    # What is in a folder that could not be opened, nobody knows.
    known = {*listing.labels, *(name.rsplit("/", 1)[-1] for name in closed)}
    tops = [root] if not depth else _folders(root)
    empty = sorted({one.name for top in tops for one in _folders(top)} - known)
    if empty:
        yield Finding(
            "empty-class",
            f"Class folders that hold no picture, left out: {len(empty):,}.",
            "What is in no picture cannot be learned.",
            "Add pictures, or delete the folders.",
            tuple(empty),
        )


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder; none if it cannot be looked into (any more)."""
    found = []
    with suppress(OSError):
        for one in folder.iterdir():
            hidden = one.name.startswith(".") or one.name in _IGNORED
            if not hidden and one.is_dir() and not one.is_symlink():
                found.append(one)
    return found
