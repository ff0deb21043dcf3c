"""Corpus: sentences as numbers, the most frequent word first, for those who learn vectors from them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tlkit.errors import DataError, expect_whole

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


@dataclass(frozen=True)
class Corpus:
    """What vectors are learned from.

    Parameters
    ----------
    words
        The most frequent first; of equally frequent ones the one that came first.
    sentences
        Each a list of positions in ``words``; rare words are left out.
    fingerprint
        SHA-256 of the sentences as they came.
    """

    words: tuple[str, ...]
    sentences: tuple[tuple[int, ...], ...]
    fingerprint: str

    def texts(self) -> list[list[str]]:
        """Return the sentences as words."""
        return [[self.words[at] for at in sentence] for sentence in self.sentences]


def corpus(sentences: Iterable[str | Sequence[str]], min_count: int) -> Corpus:
    """Read sentences: a text is cut into its words in small letters, a list is taken as it is.

    Parameters
    ----------
    sentences
        Texts, or lists of words.
    min_count
        Words that come less often are left out.

    Raises
    ------
    DataError
        No sentences, something that is none, or fewer than two words that come often enough.

    Examples
    --------
    >>> read = corpus(["The cat sat.", "The dog sat, too."], min_count=2)
    >>> read.words, read.sentences
    (('the', 'sat'), ((0, 1), (0, 1)))
    """
    expect_whole("min_count", min_count, 1, DataError)
    if isinstance(sentences, str):
        raise DataError("The sentences are one text.", "Give a list of them, such as text.splitlines().")
    listed = [_words(one, at) for at, one in enumerate(sentences)]
    counts = Counter(word for one in listed for word in one)
    # A Counter lists words in the order in which they came, and a stable sort keeps it.
    kept = sorted(
        (word for word, count in counts.items() if count >= min_count), key=lambda one: -counts[one]
    )
    if len(kept) < 2:
        raise DataError(
            f"{len(kept)} of the {len(counts)} words come at least {min_count} times, expected two or more.",
            "Give more sentences, or a smaller min_count.",
        )
    places = {word: at for at, word in enumerate(kept)}
    numbered = tuple(tuple(places[word] for word in one if word in places) for one in listed)
    digest = hashlib.sha256()
    for one in listed:
        digest.update(("\0".join(one) + "\n").encode("utf-8", "surrogatepass"))
    return Corpus(tuple(kept), numbered, digest.hexdigest())


def _words(sentence: str | Sequence[str], at: int) -> list[str]:
    if isinstance(sentence, str):
        return _WORD.findall(sentence.lower())
    found = list(sentence)
    for word in found:
        if not isinstance(word, str) or not word:
            raise DataError(
                f"Sentence {at} holds {word!r}, which is no word.", "Give texts, or lists of words."
            )
    return found
