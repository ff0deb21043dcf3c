"""The learner's own folder: lessons are copied into it, and nothing done there is ever overwritten.

A hidden list in that folder remembers the hash of every file that was copied. A file that still has that hash
was not touched and may be replaced by a newer one; any other file is the learner's work and stays.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tlkit
from tlkit import files
from tlkit.course.catalogue import NOTEBOOK, Lesson, lessons
from tlkit.errors import StoreError

MANIFEST = ".tlkit-lessons.json"
# Answers and hints stay in the package: the learner meets them through `check` and `hint`.
_NOT_COPIED = {"checks.py"}

State = Literal["new", "unchanged", "updated", "kept", "beside"]


@dataclass(frozen=True)
class Copied:
    """What happened to one file of a lesson.

    ``state`` is ``"new"`` (copied now), ``"unchanged"`` (the same as before), ``"updated"`` (an untouched old
    file was replaced), ``"kept"`` (the learner's work, nothing newer to offer) or ``"beside"`` (the learner's
    work stays and the newer file was put at ``beside``).
    """

    lesson: str
    path: Path
    state: State
    beside: Path | None = None

    def __str__(self) -> str:
        name = f"{self.path.parent.name}/{self.path.name}"
        if self.state == "beside" and self.beside is not None:
            return f"{name}: your work stays; the newer lesson is beside it as {self.beside.name}"
        said = {
            "new": "copied",
            "unchanged": "already there",
            "updated": "updated (you had not changed it)",
            "kept": "your work, left as it is",
        }
        return f"{name}: {said[self.state]}"


def copy_lessons(
    folder: str | os.PathLike[str] = "tlkit-lessons",
    *,
    source: Path | None = None,
    version: str = tlkit.__version__,
) -> list[Copied]:
    """Copy the lessons into a learner's folder, without overwriting work done there.

    The copies carry no outputs, and the places where a guess belongs are blank, so that nobody reads a result
    before having made a guess.

    Parameters
    ----------
    folder
        Where to; made if it is missing.
    source
        The folder of lessons to copy from; by default the shipped ones.
    version
        The version of the lessons, which becomes part of the name of a file that lands beside older work.

    Returns
    -------
    list of Copied
        One entry per file, in the order of the lessons.

    Raises
    ------
    StoreError
        The folder cannot be written to, is a file, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> place = tempfile.mkdtemp()
    >>> {one.state for one in copy_lessons(place)}, {one.state for one in copy_lessons(place)}
    ({'new'}, {'unchanged'})
    """
    home = Path(folder).expanduser().absolute()
    if home.exists() and not home.is_dir():
        raise StoreError(f"{home} is a file, not a folder.", "Name another folder for the lessons.")
    known = _read_manifest(home)
    done = []
    for lesson in lessons(source):
        for relative, content in _shipped(lesson):
            done.append(
                _place(
                    home / lesson.name / relative,
                    f"{lesson.name}/{relative.as_posix()}",
                    content,
                    known,
                    version,
                )
            )
    if known != _read_manifest(home):
        files.write_json(home / MANIFEST, {"schema": 1, "files": known})
    return done


def learner_copy(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a lesson's notebook as a learner gets it: without outputs, with blanks to fill.

    A cell whose metadata says ``{"tlkit": {"learner": source}}`` shows that source to the learner; the cell's
    own source, with an example guess in the blank, is what the stored lesson was run with.

    Examples
    --------
    >>> cell = {"cell_type": "code", "source": "guess = 20", "outputs": [1], "execution_count": 3,
    ...         "metadata": {"tlkit": {"learner": "guess = ..."}}}
    >>> learner_copy({"cells": [cell]})["cells"][0]["source"]
    'guess = ...'
    """
    copy: dict[str, Any] = json.loads(json.dumps(notebook))
    for cell in copy.get("cells", []):
        if cell.get("cell_type") != "code":
            continue
        cell["outputs"] = []
        cell["execution_count"] = None
        own = cell.get("metadata", {}).pop("tlkit", {})
        if "learner" in own:
            cell["source"] = own["learner"]
    copy.get("metadata", {}).pop("widgets", None)
    return copy


def _shipped(lesson: Lesson) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(lesson.folder.rglob("*")):
        relative = path.relative_to(lesson.folder)
        hidden = any(part.startswith((".", "__")) for part in relative.parts)
        if hidden or not path.is_file() or relative.name in _NOT_COPIED:
            continue
        if relative.name == NOTEBOOK:
            text = json.dumps(learner_copy(files.read_json(path)), indent=1, ensure_ascii=False)
            yield relative, (text + "\n").encode()
        else:
            yield relative, path.read_bytes()


def _place(target: Path, key: str, content: bytes, known: dict[str, dict[str, str]], version: str) -> Copied:
    lesson = key.split("/")[0]
    offered = hashlib.sha256(content).hexdigest()
    if not os.path.lexists(target):
        _write(target, content)
        known[key] = {"sha256": offered}
        return Copied(lesson, target, "new")
    if not target.is_file():
        raise StoreError(f"{target} is in the way: it is not a file.", "Move it, or name another folder.")
    there = _hash(target)
    before = known.get(key, {})
    if there == offered:
        known[key] = {"sha256": offered}
        return Copied(lesson, target, "unchanged")
    if there == before.get("sha256"):
        _write(target, content)
        known[key] = {"sha256": offered}
        return Copied(lesson, target, "updated")
    if offered in (before.get("sha256"), before.get("offered")):
        return Copied(lesson, target, "kept")
    beside = _free_place(target, offered, version)
    if not beside.exists():
        _write(beside, content)
    known[key] = {**before, "offered": offered}
    return Copied(lesson, target, "beside", beside)


def _free_place(target: Path, offered: str, version: str) -> Path:
    """Return where a newer file can lie beside a learner's own without replacing anything."""
    number = 1
    while True:
        suffix = f".new-{version}" + (f"-{number}" if number > 1 else "")
        place = target.with_name(f"{target.stem}{suffix}{target.suffix}")
        if not os.path.lexists(place) or (place.is_file() and _hash(place) == offered):
            return place
        number += 1


def _hash(path: Path) -> str:
    try:
        return files.sha256(path)
    except OSError as error:
        raise StoreError(
            f"Could not read {path}: {error.strerror or error}.", "Check who may read it."
        ) from error


def _write(path: Path, content: bytes) -> None:
    with files.atomic_write(path) as file:
        file.write(content)


def _read_manifest(home: Path) -> dict[str, dict[str, str]]:
    """Return what was copied before; an unreadable list counts as none, so every file is the learner's."""
    try:
        listed = files.read_json(home / MANIFEST)["files"]
        return {str(key): {str(k): str(v) for k, v in value.items()} for key, value in listed.items()}
    except (StoreError, KeyError, TypeError, AttributeError):
        return {}
