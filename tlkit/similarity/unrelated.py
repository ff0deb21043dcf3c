"""Unrelated items, made from the target's own: what the floor of distances stands on where no other set is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tlkit.similarity.looking import Items


def unrelated_items(items: Items, network: Any, rng: np.random.Generator) -> tuple[Items, str]:
    """Return as many items that have lost what the given ones show or say, and what they are called.

    Parameters
    ----------
    items
        (n, c, h, w) pictures: the pixels of each are shuffled. Or n texts: each becomes as many words, drawn at random
        from all that the network knows; where nobody knows these, its letters are shuffled.
    network
        Asked for the words that its transform knows.
    rng
        Draws.

    Examples
    --------
    >>> made, name = unrelated_items(("cat", "red fox"), None, np.random.default_rng(0))
    >>> name, sorted(made[0])
    ('shuffled letters', ['a', 'c', 't'])
    """
    if isinstance(items, np.ndarray):
        flat = items.reshape(len(items), -1)
        return rng.permuted(flat, axis=1).reshape(items.shape), "shuffled pixels"
    known: Sequence[str] = getattr(getattr(network, "transform", None), "known_words", tuple)()
    if len(known):
        made = (_drawn(known, max(1, len(text.split())), rng) for text in items)
        return tuple(made), "random words"
    return tuple("".join(rng.permutation(list(text)).tolist()) for text in items), "shuffled letters"


def _drawn(known: Sequence[str], many: int, rng: np.random.Generator) -> str:
    return " ".join(known[at] for at in rng.integers(len(known), size=many).tolist())
