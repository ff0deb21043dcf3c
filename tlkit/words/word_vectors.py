"""WordVectors: a vocabulary with one vector for each of its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlkit.errors import DataError, expect_whole
from tlkit.words import cosine_table, nearness, word_map
from tlkit.words.vocabulary import ListedWords, Vocabulary

if TYPE_CHECKING:
    from tlkit.backbones import ModelCard
    from tlkit.words.cosine_table import Cosines
    from tlkit.words.nearness import Nearest, OddOneOut
    from tlkit.words.word_map import WordMap

# So many rows are looked at together, so that vectors larger than memory can be checked.
_ROWS = 16_384


class WordVectors:
    """Words and their vectors, the most frequent word first where the source is so ordered.

    Parameters
    ----------
    words
        n words, each once.
    vectors
        (n, d); kept as float32 and read-only. What is float32 already is not copied.
    name
        What they are called in tables and cards.
    card
        A `ModelCard`, or its entries.
    remarks
        What was odd about the source, in sentences.

    Raises
    ------
    DataError
        A word that is there twice, a number of vectors that does not fit, or a number that is not finite.

    Examples
    --------
    >>> pets = WordVectors(["cat", "dog", "tree"], [[1, 0], [0.8, 0.6], [0, 1]], name="pets")
    >>> pets, len(pets), pets.dimensions, "cat" in pets
    (WordVectors('pets', 3 words x 2), 3, 2, True)
    >>> pets.vector("dog")
    array([0.8, 0.6], dtype=float32)
    >>> pets.vector("dig")
    Traceback (most recent call last):
    ...
    tlkit.errors.UnknownNameError: There is no vector for 'dig' among these 3 words. Spelled most like it is 'dog'.
    """

    def __init__(
        self,
        words: Iterable[str],
        vectors: ArrayLike,
        name: str = "own",
        card: ModelCard | Mapping[str, Any] | None = None,
        *,
        remarks: tuple[str, ...] = (),
    ) -> None:
        self.words: Vocabulary = words if isinstance(words, Vocabulary) else ListedWords(words)
        self.name = name
        self.remarks = remarks
        self._card = card
        self._vectors = _checked(vectors, self.words)

    @classmethod
    def unchecked(
        cls,
        words: Vocabulary,
        vectors: NDArray[np.float32],
        name: str,
        card: ModelCard | Mapping[str, Any] | None,
        remarks: tuple[str, ...] = (),
    ) -> WordVectors:
        """Return vectors that were checked when they were written, without reading all of them again."""
        made = cls.__new__(cls)
        made.words, made.name, made.remarks, made._card = words, name, remarks, card
        made._vectors = vectors
        return made

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(n, d), read-only, in the order of ``words``."""
        return self._vectors

    @property
    def dimensions(self) -> int:
        """How many numbers stand for a word."""
        return int(self._vectors.shape[1])

    @cached_property
    def card(self) -> ModelCard:
        """Where they come from, their licence and limits."""
        # On demand: cards live beside the networks, which load torch.
        from tlkit.backbones import ModelCard

        if self._card is None:
            return ModelCard(self.name, architecture="word vectors")
        return ModelCard.from_dict(self._card) if isinstance(self._card, Mapping) else self._card

    def card_entries(self) -> dict[str, Any] | None:
        """Return the card's entries as plain values; None if none was given."""
        if self._card is None or isinstance(self._card, Mapping):
            return None if self._card is None else dict(self._card)
        return self._card.to_dict()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._vectors.setflags(write=False)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.words

    def __repr__(self) -> str:
        return f"WordVectors({self.name!r}, {len(self):,} words x {self.dimensions})"

    def position(self, word: str) -> int:
        """Return the row of a word.

        Raises
        ------
        UnknownNameError
            There is no such word; the error names those that are spelled most like it.
        """
        at = self.words.find(word) if isinstance(word, str) else -1
        if at < 0:
            raise self.words.unknown(word)
        return at

    def vector(self, word: str) -> NDArray[np.float32]:
        """Return the vector of a word, (d,).

        Raises
        ------
        UnknownNameError
            There is no such word; the error names those that are spelled most like it.
        """
        found: NDArray[np.float32] = np.asarray(self._vectors[self.position(word)])
        return found

    def rows(self, words: Iterable[str]) -> NDArray[np.float32]:
        """Return the vectors of several words, (m, d).

        Raises
        ------
        UnknownNameError
            One of them is not there.

        Examples
        --------
        >>> WordVectors(["cat", "dog"], [[1, 0], [0, 1]]).rows(["dog", "cat", "dog"]).shape
        (3, 2)
        """
        if isinstance(words, str):
            raise DataError(f"The words are one text, {words!r}.", "Give a list of them.")
        found: NDArray[np.float32] = np.asarray(self._vectors[[self.position(one) for one in words]])
        return found.reshape(-1, self.dimensions)

    def first(self, count: int) -> WordVectors:
        """Return the first words only, which are the most frequent ones in most files.

        Examples
        --------
        >>> WordVectors(["cat", "dog"], [[1, 0], [0, 1]]).first(1)
        WordVectors('own', 1 words x 2)
        """
        count = expect_whole("count", count, 1, DataError)
        words = ListedWords(self.words[:count])
        return WordVectors.unchecked(words, self._vectors[:count], self.name, self._card, self.remarks)

    def neighbours(self, word: str, count: int = 10) -> Nearest:
        """Return the words whose vectors point most nearly the same way, the word itself left out.

        Raises
        ------
        UnknownNameError
            There is no such word.

        Examples
        --------
        >>> from tlkit import words
        >>> words.load("words:english").neighbours("guitar", 3)
        Nearest to guitar:
        word     cosine
        vocals   0.899
        guitars  0.882
        bass     0.865
        """
        return nearness.neighbours(self, word, count)

    def analogy(self, a: str, b: str, c: str, count: int = 5) -> Nearest:
        """Return what is to ``c`` as ``b`` is to ``a``: the words nearest to b - a + c, each at length 1.

        The words of the question are no answers, as in the literature, and the result says what would have come first
        otherwise: often one of them, so that much of an analogy's success lies in leaving them out (T. Mikolov, W. Yih
        and G. Zweig, *Linguistic regularities in continuous space word representations*, NAACL 2013; O. Levy and
        Y. Goldberg call this 3CosAdd).

        Raises
        ------
        UnknownNameError
            There is no such word.

        Examples
        --------
        >>> from tlkit import words
        >>> words.load("words:english").analogy("france", "paris", "italy", 2)
        france is to paris as italy is to: Left out: france, paris, italy; with them the first answer would be the same.
        word   cosine
        rome   0.847
        milan  0.777
        """
        return nearness.analogy(self, a, b, c, count)

    def odd_one_out(self, words: Iterable[str]) -> OddOneOut:
        """Return which of at least three words is least like the others, by its mean cosine with them.

        Examples
        --------
        >>> from tlkit import words
        >>> words.load("words:english").odd_one_out(["apple", "pear", "banana", "train"]).word
        'train'
        """
        return nearness.odd_one_out(self, words)

    def cosines(self, words: Iterable[str]) -> Cosines:
        """Return the cosines of words, each with each.

        Examples
        --------
        >>> from tlkit import words
        >>> words.load("words:english").cosines(["cat", "dog", "piano"])
        Cosines
               cat   dog   piano
        cat    1.00  0.92  0.20
        dog    0.92  1.00  0.16
        piano  0.20  0.16  1.00
        """
        return cosine_table.cosines(self, words)

    def map(self, words: Iterable[str]) -> WordMap:
        """Return at least three words on a plane, by the two directions in which they differ most (PCA).

        The same words give the same map. It shows only a part of the differences, and says how large it is.

        Examples
        --------
        >>> from tlkit import words
        >>> words.load("words:english").map(["cat", "dog", "piano"]).figure().alt
        '3 words by words:english, on the two directions ... From left to right: piano, cat, dog.'
        """
        return word_map.word_map(self, words)


def _checked(vectors: ArrayLike, words: Vocabulary) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):
            found = np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"The vectors are no table of numbers: {error}.", "Give n rows of d numbers each."
        ) from error
    if found.ndim != 2 or len(found) != len(words) or not found.size:
        raise DataError(
            f"There are {len(words)} words, and their vectors have the shape {found.shape}.",
            "Give one row of d numbers for each word.",
        )
    for start in range(0, len(found), _ROWS):
        whole = np.isfinite(found[start : start + _ROWS]).all(axis=1)
        if not whole.all():
            at = start + int(np.argmin(whole))
            raise DataError(
                f"The vector of {words[at]!r}, row {at}, has a number that is not finite in single precision.",
                "Leave the word out, or mend its vector.",
            )
    # A view that cannot be written through; the caller's own array stays as it is.
    found = found.view()
    found.setflags(write=False)
    return found
