"""MappedWords: the words of converted vectors, found in a file that is mapped into memory."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import WeightsError
from tlkit.words.vocabulary import Vocabulary

#: What is done about a folder that is damaged.
CURE = "Delete the folder and convert the file again."


class MappedWords(Vocabulary):
    """Words in a file, found by their hash.

    Parameters
    ----------
    letters
        All words one after another, UTF-8.
    offsets
        (n + 1,): where each begins and the last one ends.
    hashes, order
        (n,): the hashes of the words in rising order, and which word each belongs to.
    """

    def __init__(
        self,
        letters: NDArray[np.uint8],
        offsets: NDArray[np.uint64],
        hashes: NDArray[np.uint64],
        order: NDArray[np.uint32],
    ) -> None:
        self._letters, self._offsets, self._hashes, self._order = letters, offsets, hashes, order

    def __len__(self) -> int:
        return len(self._order)

    def find(self, word: str) -> int:
        """Return where a word stands, from 0; -1 if it is not there."""
        try:
            raw = word.encode()
        except UnicodeEncodeError:
            return -1
        wanted = np.uint64(hash_of(raw))
        at = int(np.searchsorted(self._hashes, wanted))
        while at < len(self._hashes) and self._hashes[at] == wanted:
            place = int(self._order[at])
            if self._raw(place) == raw:
                return place
            at += 1
        return -1

    def word(self, at: int) -> str:
        """Return the word at a place, from 0."""
        try:
            return self._raw(at).decode()
        except UnicodeDecodeError as error:
            raise WeightsError(f"Word {at} of converted word vectors is damaged.", CURE) from error

    def _raw(self, at: int) -> bytes:
        if at >= len(self):
            raise WeightsError("The index of converted word vectors is damaged.", CURE)
        return self._letters[int(self._offsets[at]) : int(self._offsets[at + 1])].tobytes()


def hash_of(raw: bytes) -> int:
    """Return the number by which a word is found; two words may share one."""
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")
