"""Batching: how many pictures go through a network at once when nothing is trained."""

from __future__ import annotations

# Places of all pictures together. More do not stay in a processor's cache: at 128 x 128 pixels, batches of 256 took 1.7
# times as long per picture as batches of 32, and more memory.
_PLACES = 2**19
_MOST, _LEAST = 256, 8


def pictures_at_once(shape: tuple[int, ...]) -> int:
    """Return the size of a batch for pictures of a shape.

    Parameters
    ----------
    shape
        Of one thing that enters the network or a stage of it: (channels, height, width), or (d,) for features.

    Examples
    --------
    >>> [pictures_at_once((3, side, side)) for side in (32, 64, 128, 224)]
    [256, 128, 32, 10]
    """
    if len(shape) < 3:
        return _MOST
    return max(_LEAST, min(_MOST, _PLACES // (shape[-2] * shape[-1])))
