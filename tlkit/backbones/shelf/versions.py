"""Versions: three numbers as in semantic versioning, and which of them is meant by ``1.2``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tlkit.errors import ShelfError, UnknownNameError

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)
# What Windows does not let a folder be called, and what lies beside the folders of a shelf.
_TAKEN = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?|index\.json", re.ASCII)
_ASKED = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,2}", re.ASCII)
PREFIX = "shelf:"


class Version(NamedTuple):
    """A semantic version: another major number breaks what was built on it, a minor one adds, a patch mends.

    Examples
    --------
    >>> Version.of("1.10.0") > Version.of("1.9.3")
    True
    >>> str(Version(1, 2, 3).next("minor"))
    '1.3.0'
    """

    major: int
    minor: int
    patch: int

    @classmethod
    def of(cls, text: object) -> Version:
        """Read a version.

        Raises
        ------
        ShelfError
            It is no such text.
        """
        found = _VERSION.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ShelfError(
                f"The version is {text!r}, expected three numbers.", "Give '1.2.0', for example."
            )
        return cls(*(int(part) for part in found.groups()))

    def next(self, step: str) -> Version:
        """Return the next version; step is ``"patch"``, ``"minor"`` or ``"major"``."""
        if step == "major":
            return Version(self.major + 1, 0, 0)
        if step == "minor":
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)

    def __str__(self) -> str:
        return ".".join(str(one) for one in self)


def is_version(text: str) -> bool:
    """Say whether a text is a whole version."""
    return _VERSION.fullmatch(text) is not None


def is_name(text: object) -> bool:
    """Say whether a shelf can hold something under a name.

    Examples
    --------
    >>> is_name("greek-letters"), is_name("../secret"), is_name("Greek")
    (True, False, False)
    """
    return (
        isinstance(text, str)
        and _NAME.fullmatch(text) is not None
        and ".." not in text
        and _TAKEN.fullmatch(text) is None
    )


def checked_name(text: object) -> str:
    """Return a name that a shelf can hold.

    Raises
    ------
    ShelfError
        It is no such name.
    """
    if not is_name(text):
        raise ShelfError(
            f"A network on a shelf cannot be named {text!r}.",
            "Use up to 64 small letters, digits, '-', '_' and '.', and no name that computers keep for themselves: "
            "'greek-letters'.",
        )
    return str(text)


def wanted_version(asked: str | None, there: Iterable[Version]) -> Version:
    """Return the version to be pushed.

    Parameters
    ----------
    asked
        ``"1.2.0"``, ``"minor"``, ``"major"``, or None for the next patch; the first is 1.0.0.
    there
        Those that are on the shelf.

    Examples
    --------
    >>> str(wanted_version(None, [Version(1, 2, 0), Version(1, 1, 9)])), str(wanted_version("major", []))
    ('1.2.1', '1.0.0')
    """
    if asked not in (None, "patch", "minor", "major"):
        return Version.of(asked)
    newest = max(there, default=None)
    # Read again: a number can grow longer than versions may be.
    return Version(1, 0, 0) if newest is None else Version.of(str(newest.next(asked or "patch")))


def split(name: str) -> tuple[str, str]:
    """Return what is meant by ``"NAME@1.2"``, with or without the prefix ``shelf:``: the name, and the version asked.

    Raises
    ------
    ShelfError
        It is neither.

    Examples
    --------
    >>> split("shelf:greek@1.2"), split("greek")
    (('greek', '1.2'), ('greek', ''))
    """
    base, asks, asked = str(name).removeprefix(PREFIX).partition("@")
    if asks and not _ASKED.fullmatch(asked):
        raise ShelfError(
            f"{name!r} asks for the version {asked!r}.",
            f"Give numbers: '{base}@1', '{base}@1.2', '{base}@1.2.0'.",
        )
    return checked_name(base), asked


def choose(name: str, asked: str, there: Iterable[Version], passed_over: Mapping[Version, int]) -> Version:
    """Return the newest version that begins as asked; of those that are passed over, the one that is the least.

    Raises
    ------
    UnknownNameError
        There is none.

    Examples
    --------
    >>> there = [Version(1, 2, 0), Version(1, 2, 5), Version(1, 20, 0), Version(2, 0, 0)]
    >>> str(choose("greek", "1.2", there, {})), str(choose("greek", "", there, {Version(2, 0, 0): 1}))
    ('1.2.5', '1.20.0')
    """
    begins = tuple(int(part) for part in asked.split(".")) if asked else ()
    known = sorted(there)
    fitting = [one for one in known if one[: len(begins)] == begins]
    if not fitting:
        listed = ", ".join(str(one) for one in known) or "none"
        raise UnknownNameError(
            f"There is no version {asked or 'at all'} of {name!r} on this shelf.", f"There are: {listed}."
        )
    return max(fitting, key=lambda one: (-passed_over.get(one, 0), one))
