"""The lessons that are shipped: where they lie and what each is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlkit import files
from tlkit.errors import StoreError, unknown_name

NOTEBOOK = "lesson.ipynb"


@dataclass(frozen=True)
class Lesson:
    """One lesson, as its notebook's metadata describes it.

    Examples
    --------
    >>> find("01").name
    '01-your-first-transfer'
    """

    name: str
    title: str
    minutes: int
    aims: tuple[str, ...]
    misconceptions: tuple[str, ...]
    folder: Path

    @property
    def number(self) -> str:
        """The two digits that the lesson's name, its exercises and its folder begin with."""
        return self.name.split("-")[0]

    @property
    def notebook(self) -> Path:
        """The shipped notebook; learners work on a copy of it (see :func:`tlkit.course.copy_lessons`)."""
        return self.folder / NOTEBOOK


def lessons_folder() -> Path:
    """Return the folder of the shipped lessons.

    An installed tlkit carries them inside the package; a checkout keeps them beside it, where authors edit
    them.

    Raises
    ------
    StoreError
        There is no such folder: the installation is damaged.
    """
    for folder in (files.packaged("course", "lessons"), files.packaged("..", "lessons").resolve()):
        if folder.is_dir():
            return folder
    raise StoreError("The lessons of this installation are missing.", "Install tlkit again.")


def lessons(folder: Path | None = None) -> tuple[Lesson, ...]:
    """Return all lessons in their order.

    Parameters
    ----------
    folder
        A folder of lessons (one folder each, named like ``01-a-name``); by default the shipped ones.

    Raises
    ------
    StoreError
        A lesson's notebook cannot be read.

    Examples
    --------
    >>> [lesson.number for lesson in lessons()][0]
    '01'
    """
    found = (folder or lessons_folder()).glob(f"[0-9][0-9]-*/{NOTEBOOK}")
    return tuple(_read(path.parent) for path in sorted(found))


def find(name: str) -> Lesson:
    """Return the lesson with a name or a number.

    Raises
    ------
    UnknownNameError
        There is no such lesson; the nearest names are given.

    Examples
    --------
    >>> find("03-what-frozen-means").minutes > 0
    True
    """
    known = lessons()
    for lesson in known:
        if name in (lesson.name, lesson.number):
            return lesson
    raise unknown_name("lesson", name, [lesson.name for lesson in known])


def _read(folder: Path) -> Lesson:
    notebook: Any = files.read_json(folder / NOTEBOOK)
    try:
        about = notebook["metadata"]["tlkit"]
        return Lesson(
            name=folder.name,
            title=str(about["title"]),
            minutes=int(about["minutes"]),
            aims=tuple(about["aims"]),
            misconceptions=tuple(one["belief"] for one in about["misconceptions"]),
            folder=folder,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"The lesson {folder.name} does not say what it is about: {error!r}.",
            "See 'How to add a lesson' in CONTRIBUTING.md.",
        ) from error
