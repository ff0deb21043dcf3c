"""Text transforms: texts become numbers of words, (n, length), padded with 0."""

from __future__ import annotations

import hashlib
import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from tlkit.backbones.intake import Transform
from tlkit.errors import DataError, a_kind, expect_whole

if TYPE_CHECKING:
    from tlkit.data import Split

#: The number that stands for no word. Rows of activations at such places are zeros after every stage.
PADDING = 0
_MOST_LENGTH = 65_536
_NAMED = 3
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_PARTS = re.compile(r"[-'’]")


@dataclass(frozen=True)
class Encoded:
    """One text in numbers.

    Parameters
    ----------
    ids
        Numbers of the known words, from 1 on, in their order and not yet cut to a length.
    unknown
        Words that are not known and were left out.
    """

    ids: tuple[int, ...]
    unknown: tuple[str, ...] = ()


class TextTransform(Transform):
    """What every transform of texts shares: a kind of its own says how one text is encoded.

    Between the stages of a network for texts, activations are (n, length, d). At the places of padding they are rows
    of zeros: each stage knows the padding by them, and makes them zeros again in what it gives. `pool_features` takes
    the mean over the others.
    """

    takes: ClassVar[str] = "texts"
    length: int

    @abstractmethod
    def encode(self, text: str) -> Encoded:
        """Return the numbers of a text's words."""

    @abstractmethod
    def examples(self) -> tuple[str, str]:
        """Return two texts, always the same, of words that it knows."""

    @property
    def shape(self) -> tuple[int]:
        """(length,): at most so many words of a text are looked at."""
        return (self.length,)

    def __call__(self, items: Any) -> Tensor:
        """Return the numbers of the words of texts.

        Parameters
        ----------
        items
            n texts.

        Returns
        -------
        Tensor
            (n, length), int64; `PADDING` after a text's last word. Unknown words are left out.

        Raises
        ------
        DataError
            Something that is no list of texts.
        """
        texts = self.checked(items)
        found = np.full((len(texts), self.length), PADDING, dtype=np.int64)
        for at, text in enumerate(texts):
            ids = self.encode(text).ids[: self.length]
            found[at, : len(ids)] = ids
        return torch.from_numpy(found)

    def checked(self, items: Any) -> Sequence[str]:
        """Return texts as a sequence.

        Raises
        ------
        DataError
            They are none.
        """
        return checked_texts(items)

    def notes_of(self, split: Split) -> list[str]:
        """Say how many words are unknown, which texts have no known word, and which are cut."""
        encoded = [self.encode(text) for text in split.texts]
        unknown = [word for one in encoded for word in one.unknown]
        words = len(unknown) + sum(len(one.ids) for one in encoded)
        empty = sum(not one.ids for one in encoded)
        cut = sum(len(one.ids) > self.length for one in encoded)
        told = []
        if unknown:
            named = ", ".join(repr(one) for one in list(dict.fromkeys(unknown))[:_NAMED])
            told.append(
                f"{len(unknown):,} of {words:,} words ({100 * len(unknown) / words:.2g} %) are not known and were left"
                f" out, such as {named}."
            )
        if empty:
            texts, their = ("text has", "its") if empty == 1 else ("texts have", "their")
            told.append(f"{empty:,} {texts} no known word: {their} features are zeros.")
        if cut:
            texts = "text was" if cut == 1 else "texts were"
            told.append(f"{cut:,} {texts} cut to the first {self.length} words.")
        return told

    def blank(self) -> Tensor:
        """Return one text of the full length, (1, length)."""
        return torch.ones((1, self.length), dtype=torch.int64)

    def probe(self, shape: tuple[int, ...]) -> tuple[str, str]:
        """Return `examples`, whatever the shape."""
        return self.examples()

    def known_words(self) -> Sequence[str]:
        """Return all words that it knows as a whole; empty where it cannot say."""
        return ()

    def rows_seen(self, split: Split) -> Tensor:
        """Return the numbers of all words that the texts of a split hold, sorted, without the padding."""
        found = torch.unique(self(split.texts))
        return torch.masked_select(found, found != PADDING)


@dataclass(frozen=True, repr=False)
class WordTransform(TextTransform):
    """Splits texts into words and looks them up in a list.

    A word is taken as it is written if it is known so, else in small letters; one with hyphens or apostrophes that is
    not known as a whole is taken in its parts.

    Parameters
    ----------
    words
        The known words: the first has the number 1.
    length
        At most so many words of a text are looked at.

    Raises
    ------
    DataError
        No words, one twice, or a length that cannot be.

    Examples
    --------
    >>> transform = WordTransform(("red", "car"), length=4)
    >>> transform(["A red car", "car-red"])
    tensor([[1, 2, 0, 0],
            [2, 1, 0, 0]])
    >>> transform
    WordTransform(2 words, 880c00b2d878194e, length=4)
    """

    words: tuple[str, ...]
    length: int = 32

    def __post_init__(self) -> None:
        words: object = self.words
        given = () if isinstance(words, str) or not isinstance(words, Sequence) else words
        if not given or not all(isinstance(word, str) for word in given):
            raise DataError(
                f"The known words are {type(self.words).__name__}, expected a list of at least one.",
                "Give those of word vectors: vectors.words.",
            )
        object.__setattr__(self, "words", tuple(given))
        object.__setattr__(self, "length", expect_whole("length", self.length, 1, DataError, _MOST_LENGTH))
        if len(self.numbers) < len(self.words):
            twice = next(word for word in self.words if self.words.count(word) > 1)
            raise DataError(f"The word {twice!r} is in the list twice.", "Name each word once.")

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Word to its number."""
        return {word: at for at, word in enumerate(self.words, start=1)}

    def encode(self, text: str) -> Encoded:
        """Return the numbers of a text's words, and what is not known."""
        ids: list[int] = []
        unknown: list[str] = []
        for word in _WORD.findall(text):
            number = self._number(word)
            for part in (word,) if number else _PARTS.split(word):
                number = self._number(part)
                if number:
                    ids.append(number)
                else:
                    unknown.append(part)
        return Encoded(tuple(ids), tuple(unknown))

    def known_words(self) -> Sequence[str]:
        """Return the known words."""
        return self.words

    def _number(self, word: str) -> int:
        return self.numbers.get(word) or self.numbers.get(word.lower(), PADDING)

    def examples(self) -> tuple[str, str]:
        """Return a text of the first known words and one of the last."""
        some = max(1, min(self.length - 1, len(self.words) // 2, 8))
        return " ".join(self.words[:some]), " ".join(self.words[-some:][:2])

    @cached_property
    def _digest(self) -> str:
        return hashlib.sha256("\n".join(self.words).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"WordTransform({len(self.words):,} words, {self._digest}, length={self.length})"


def checked_texts(items: Any) -> Sequence[str]:
    """Return texts as a sequence.

    Raises
    ------
    DataError
        They are none.
    """
    if isinstance(items, str) or not isinstance(items, list | tuple | np.ndarray):
        raise DataError(
            f"The texts are of the kind {type(items).__name__}, expected a list of texts.",
            "Give a list, even of one text: ['a red car'].",
        )
    for at, text in enumerate(items):
        if not isinstance(text, str):
            raise DataError(f"Text {at} is {a_kind(text)}.", "Give texts alone.")
    return items if not isinstance(items, np.ndarray) else [str(one) for one in items]
