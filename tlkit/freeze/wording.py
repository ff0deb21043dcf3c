"""Joining names into sentences."""

from __future__ import annotations

from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> listed(["stem", "layer1", "layer2"])
    'stem, layer1 and layer2'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def number(word: str, count: int) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> number("tensor", 1), number("tensor", 1200)
    ('1 tensor', '1,200 tensors')
    """
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
