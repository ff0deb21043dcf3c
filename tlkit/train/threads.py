"""Thread counts: how many threads torch, numpy and scipy use for a while, and afterwards as many as before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch

_lock = threading.Lock()
# The counts of the runs that are inside at the moment, and what was set before the first of them: torch's count
# is also what a new thread gets, and that of the linear algebra behind numpy and scipy is one for all threads.
_active: list[int] = []
_torch_outside = 0
_blas_outside: Any = None


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch, numpy and scipy use so many threads inside, and as many as before afterwards.

    The number of threads changes the order in which sums are formed, and with it their last digits: a run
    repeats bit for bit only with the same number. It also keeps several runs at a time from asking for more
    threads than there are processors, where they wait for each other.

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
    global _torch_outside, _blas_outside
    before = torch.get_num_threads()
    with _lock:
        limited = _blas().limit(limits=count, user_api="blas")
        if not _active:
            _torch_outside, _blas_outside = before, limited
        _active.append(count)
    torch.set_num_threads(count)
    try:
        yield
    finally:
        with _lock:
            _active.remove(count)
            if _active:
                _blas().limit(limits=_active[-1], user_api="blas")
            else:
                _blas_outside.restore_original_limits()
            torch.set_num_threads(before if _active else _torch_outside)


@lru_cache(maxsize=1)
def _blas() -> Any:
    """Find the linear algebra libraries that are loaded; once, since looking takes milliseconds."""
    import scipy.linalg  # noqa: F401  # brings its own, beside numpy's
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
