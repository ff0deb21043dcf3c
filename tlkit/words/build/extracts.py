"""Extracts: which words are embedded, and how their vectors are packed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tlkit.words.embedded import Packed, whole_numbers

#: How many neighbours of each word of the emoji names come along.
NEIGHBOURS = 10
#: Among how many of the most frequent words they are looked for; rarer ones are mostly names.
POOL = 100_000
ENGLISH_WORDS, EXPLOSION_WORDS = 20_000, 10_000


def words_of(texts: Iterable[str]) -> list[str]:
    """Return the words of texts, each once, in alphabetical order.

    Examples
    --------
    >>> words_of(["cat face", "face with tears", "man's shoe"])
    ['cat', 'face', 'man', 's', 'shoe', 'tears', 'with']
    """
    return sorted({word for text in texts for word in re.findall(r"[a-z]+", text.lower())})


def english(words: Sequence[str], vectors: NDArray[np.float32], asked: Sequence[str]) -> Packed:
    """Cut from a list in the order of frequency: the first ones, those asked for, and the neighbours of these."""
    places = {word: at for at, word in enumerate(words)}
    wanted = [places[word] for word in asked if word in places]
    kept = set(range(min(ENGLISH_WORDS, len(words)))) | set(wanted)
    pool = np.array(sorted({*range(min(POOL, len(words))), *wanted}))
    near = nearest(vectors[pool], np.searchsorted(pool, wanted), NEIGHBOURS)
    kept |= set(pool[near].ravel().tolist())
    rows = np.array(sorted(kept))
    halves = vectors[rows].astype(np.float16)
    return Packed(
        [words[at] for at in rows.tolist()],
        halves,
        np.zeros(0, np.float32),
        np.arange(len(rows), dtype=np.uint16),
    )


def explosion(
    row_of: dict[str, int], vectors: NDArray[np.float32], asked: Sequence[str], frequent: Sequence[str]
) -> Packed:
    """Cut from words that share rows: those asked for, words of the rows nearest to theirs, and frequent ones."""
    known = [word for word in frequent if word in row_of]
    first_of: dict[int, str] = {}
    for word in known:
        first_of.setdefault(row_of[word], word)
    named = np.array(sorted(first_of))
    wanted = [word for word in asked if word in row_of]
    near = nearest(vectors[named], np.searchsorted(named, [row_of[word] for word in wanted]), NEIGHBOURS)
    neighbours = [first_of[int(named[at])] for at in near.ravel()]
    chosen = list(dict.fromkeys([*wanted, *neighbours, *known]))[:EXPLOSION_WORDS]
    kept = set(chosen)
    words = [word for word in known if word in kept] + sorted(kept - set(known))
    rows, shared = np.unique([row_of[word] for word in words], return_inverse=True)
    return Packed(words, *whole_numbers(vectors[rows]), shared.astype(np.uint16))


def nearest(vectors: NDArray[np.float32], rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return for some rows the nearest other rows by cosine, (m, count); of equal ones the first."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float64)
    found = []
    for start in range(0, len(rows), 64):
        part = rows[start : start + 64]
        near = unit[part] @ unit.T
        near[np.arange(len(part)), part] = -np.inf
        # Rounded: the last digits of a product differ between processors, and the choice must not.
        found.append(np.argsort(-near.round(9), axis=1, kind="stable")[:, :count])
    return np.concatenate(found) if found else np.zeros((0, count), np.int64)


def overlap(
    full: NDArray[np.float32], stored: NDArray[np.float32], count: int = 10, sample: int = 1_000
) -> float:
    """Return which share of the nearest rows is the same by the stored vectors as by the full ones, both (n, d)."""
    rows = np.sort(np.random.default_rng(0).choice(len(full), min(sample, len(full)), replace=False))
    ours, theirs = nearest(stored, rows, count), nearest(full, rows, count)
    same = [len(set(a) & set(b)) / count for a, b in zip(ours.tolist(), theirs.tolist(), strict=True)]
    return float(np.mean(same))
