"""Batching: how many pictures go through a network at once when nothing is trained."""

from __future__ import annotations

# Places of all pictures together. More do not stay in a processor's cache (``benchmarks/prefix.py`` prints what
# larger and smaller batches cost).
_PLACES = 300_000
_MOST, _LEAST = 256, 8
# Where rows are computed in batches of one size, the last one is filled up: a large one would be mostly filling.
_MOST_FILLED = 32


def pictures_at_once(shape: tuple[int, ...]) -> int:
    """Return the size of a batch for pictures of a shape: a power of two.

    Parameters
    ----------
    shape
        Of one thing that enters the network or a stage of it: (channels, height, width), or (d,) for features.

    Examples
    --------
    >>> [pictures_at_once((3, side, side)) for side in (32, 64, 128, 224)]
    [256, 64, 16, 8]
    """
    if len(shape) < 3:
        return _MOST
    fitting = max(1, _PLACES // (shape[-2] * shape[-1]))
    return max(_LEAST, min(_MOST, 1 << (fitting.bit_length() - 1)))


def filled_batch(shape: tuple[int, ...]) -> int:
    """Return the size of a batch where every batch is filled up to it.

    Parameters
    ----------
    shape
        As in `pictures_at_once`.

    Examples
    --------
    >>> [filled_batch((3, side, side)) for side in (32, 64, 128, 224)]
    [32, 32, 16, 8]
    """
    return min(_MOST_FILLED, pictures_at_once(shape))
