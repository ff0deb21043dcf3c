"""Thread counts: how many threads torch uses for a while, and afterwards as many as before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch

_lock = threading.Lock()
# How many runs are inside at the moment, and what was set before the first of them: torch's count is also what a
# new thread gets, and that of the linear algebra behind numpy and scipy is one for all threads.
_inside = 0
_torch_outside = 0
_blas_outside: Any = None


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use so many threads inside, numpy and scipy one, and all as many as before afterwards.

    The number of threads changes the order in which sums are formed, and with it their last digits: a run
    repeats bit for bit only with the same number. It also keeps several runs at a time from asking for more
    threads than there are processors, where they wait for each other. For the same reason numpy and scipy get one:
    torch does the large products, and a second pool of threads beside its own, for scipy's short vectors, only
    stands in its way (``benchmarks/head.py`` prints by how much).

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
    global _inside, _torch_outside, _blas_outside
    before = torch.get_num_threads()
    with _lock:
        if not _inside:
            _torch_outside, _blas_outside = before, _blas().limit(limits=1, user_api="blas")
        _inside += 1
    torch.set_num_threads(count)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _blas_outside.restore_original_limits()
            torch.set_num_threads(before if _inside else _torch_outside)


@lru_cache(maxsize=1)
def _blas() -> Any:
    """Find the linear algebra libraries that are loaded; once, since looking takes milliseconds."""
    import scipy.linalg  # noqa: F401  # brings its own, beside numpy's
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
