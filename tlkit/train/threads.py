"""Thread counts: how many threads torch uses for a while, and afterwards as many as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


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
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
