"""Thread counts: how many threads torch uses for a while, and afterwards as many as before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
# Runs that are inside at the moment, and the count before the first of them: it is also what a new thread gets.
_inside = 0
_outside = 0


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use so many threads inside, and as many as before afterwards.

    The number of threads changes the order in which sums are formed, and with it their last digits: a run
    repeats bit for bit only with the same number.

    Parameters
    ----------
    count
        At least 1.

    Examples
    --------
    >>> before = torch.get_num_threads()
    >>> with threads(1):
    ...     torch.get_num_threads()
    1
    >>> torch.get_num_threads() == before
    True
    """
    global _inside, _outside
    before = torch.get_num_threads()
    with _lock:
        if _inside == 0:
            _outside = before
        _inside += 1
    torch.set_num_threads(count)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            torch.set_num_threads(before if _inside else _outside)
