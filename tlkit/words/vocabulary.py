"""Vocabulary: words in their order, and where each stands."""

from __future__ import annotations

import difflib
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

from tlkit.errors import DataError, UnknownNameError

# Files of word vectors begin with the most frequent words; slips of the pen are looked for among these only.
_MOST_COMPARED = 50_000
_NEAREST = 3


class Vocabulary(Sequence[str]):
    """Words in a fixed order, each once."""

    @abstractmethod
    def find(self, word: str) -> int:
        """Return where a word stands, from 0; -1 if it is not there."""

    @abstractmethod
    def word(self, at: int) -> str:
        """Return the word at a place, from 0."""

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        if isinstance(at, slice):
            return tuple(self.word(one) for one in range(*at.indices(len(self))))
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(f"there are {len(self)} words, none at {at}")
        return self.word(place)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.find(word) >= 0

    def __iter__(self) -> Iterator[str]:
        return (self.word(at) for at in range(len(self)))

    def unknown(self, word: object) -> UnknownNameError:
        """Build the error for a word that is not there, naming the ones that are spelled most like it."""
        near = _spelled_like(str(word), islice(self, _MOST_COMPARED))
        listed = ", ".join(repr(one) for one in near)
        cure = (
            f"Spelled most like it {'is' if len(near) == 1 else 'are'} {listed}."
            if near
            else "Ask with `word in vectors` first."
        )
        return UnknownNameError(f"There is no vector for {word!r} among these {len(self):,} words.", cure)


class ListedWords(Vocabulary):
    """Words in memory.

    Raises
    ------
    DataError
        A word that is no text, is empty, or is there twice.

    Examples
    --------
    >>> words = ListedWords(["cat", "dog", "tree"])
    >>> words.find("dog"), words.find("cow"), words[2], "cat" in words
    (1, -1, 'tree', True)
    >>> print(words.unknown("tee"))
    There is no vector for 'tee' among these 3 words. Spelled most like it is 'tree'.
    """

    def __init__(self, words: Iterable[str]) -> None:
        if isinstance(words, str):
            raise DataError(f"The words are one text, {words!r}.", "Give a list of them.")
        self._words = tuple(words)
        self._places: dict[str, int] = {}
        for at, word in enumerate(self._words):
            if not isinstance(word, str) or not word:
                raise DataError(f"Word {at} is {word!r}, not a text.", "Leave it out with its vector.")
            if self._places.setdefault(word, at) != at:
                raise DataError(
                    f"The word {word!r} is there twice, at {self._places[word]} and {at}.",
                    "Keep one of them.",
                )

    def __len__(self) -> int:
        return len(self._words)

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def find(self, word: str) -> int:
        """Return where a word stands, from 0; -1 if it is not there."""
        return self._places.get(word, -1)

    def word(self, at: int) -> str:
        """Return the word at a place, from 0."""
        return self._words[at]


def _spelled_like(word: str, known: Iterable[str]) -> list[str]:
    """Return known words that differ from one in capitals or by a slip, the nearest first."""
    low = word.lower()
    alike = [one for one in known if abs(len(one) - len(word)) <= 2 and one.lower()[:1] == low[:1]]
    same = [one for one in alike if one.lower() == low]
    return list(dict.fromkeys(same + difflib.get_close_matches(word, alike, n=_NEAREST, cutoff=0.66)))[
        :_NEAREST
    ]
