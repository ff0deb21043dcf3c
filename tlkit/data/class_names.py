"""Class names compared by their words: the same one, kinds of it, or the kind that it is one of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

_SIBILANTS = ("ses", "xes", "zes", "ches", "shes", "oes")
_SHORT = 3


class ClassNames:
    """Names to look others up in.

    Names are compared word by word, without regard to case, hyphens, underscores, a plural, and whether two words
    are written as one. What stands in brackets or after a comma only tells equal names apart and is left out. Names
    of one character, such as letters, are compared as they are.

    Parameters
    ----------
    names
        Those that are known; each is kept once.

    Examples
    --------
    >>> known = ClassNames(["hot dog", "toy poodle", "Butterfly", "crane (bird)"])
    >>> known.same("Hotdogs"), known.same("butterflies"), known.same("cranes"), known.same("dog")
    ('hot dog', 'Butterfly', 'crane (bird)', None)
    >>> known.kinds_of("poodle"), known.kind_of("black toy-poodle")
    (('toy poodle',), 'toy poodle')
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name: at for at, name in enumerate(dict.fromkeys(names))}
        self._joined: dict[str, str] = {}
        self._by_last: dict[str, list[tuple[str, tuple[frozenset[str], ...]]]] = defaultdict(list)
        for name in self._names:
            forms = _forms(name)
            if not forms:
                continue
            for joined in _joined(name):
                self._joined.setdefault(joined, name)
            for last in forms[-1]:
                self._by_last[last].append((name, forms))

    def __len__(self) -> int:
        return len(self._names)

    def same(self, name: str) -> str | None:
        """Return the known name that is the same, or None."""
        if name in self._names:
            return name
        forms = _forms(name)
        if not forms:
            return None
        for known, theirs in self._ending_alike(forms):
            if len(theirs) == len(forms) and _end_alike(theirs, forms):
                return known
        return next((self._joined[joined] for joined in _joined(name) if joined in self._joined), None)

    def kinds_of(self, name: str) -> tuple[str, ...]:
        """Return the known names that end in all words of this one: the last words of a name say what it is."""
        forms = _forms(name)
        return tuple(
            known
            for known, theirs in self._ending_alike(forms)
            if len(theirs) > len(forms) and _end_alike(theirs, forms)
        )

    def kind_of(self, name: str) -> str | None:
        """Return the longest known name in which this one ends, or None."""
        forms = _forms(name)
        above = [
            (len(theirs), known)
            for known, theirs in self._ending_alike(forms)
            if len(theirs) < len(forms) and _end_alike(theirs, forms)
        ]
        return max(above, key=lambda one: one[0])[1] if above else None

    def _ending_alike(
        self, forms: tuple[frozenset[str], ...]
    ) -> list[tuple[str, tuple[frozenset[str], ...]]]:
        """Return the known names that share the last word, in the order they were given."""
        found = {one for last in (forms[-1] if forms else ()) for one in self._by_last.get(last, ())}
        return sorted(found, key=lambda one: self._names[one[0]])


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a class name in small letters, without what only tells equal names apart.

    Parameters
    ----------
    name
        Of a class.

    Examples
    --------
    >>> words_of("T-Shirt, jersey"), words_of("racing_car (old)")
    (('t', 'shirt'), ('racing', 'car'))
    """
    # What torchvision adds in brackets or after a comma tells equal names apart.
    return tuple(re.findall(r"[^\W_]+", re.split(r"[,(]", name.casefold())[0]))


def _forms(name: str) -> tuple[frozenset[str], ...]:
    """Return for each word the word itself and what it may be the plural of; nothing for a single character."""
    if len(name.strip()) < 2:
        return ()
    return tuple(_singulars(word) for word in words_of(name))


def _joined(name: str) -> frozenset[str]:
    return _singulars("".join(words_of(name)))


def _singulars(word: str) -> frozenset[str]:
    found = {word}
    if len(word) > _SHORT and word.endswith("s") and not word.endswith("ss"):
        found.add(word[:-1])
        if word.endswith("ies"):
            found.add(word[:-3] + "y")
        if word.endswith(_SIBILANTS):
            found.add(word[:-2])
        if word.endswith("ves"):
            found |= {word[:-3] + "f", word[:-3] + "fe"}
    return frozenset(found)


def _end_alike(one: tuple[frozenset[str], ...], other: tuple[frozenset[str], ...]) -> bool:
    """Say whether two names have the same words, counted from the last, as far as the shorter one goes."""
    return all(a & b for a, b in zip(reversed(one), reversed(other), strict=False))
