"""Memory: smaller batches where a device has not enough for a whole one, and a word about it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

from tlkit.errors import TrainingError, level_of_the_caller

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory")


# Where what had to be cut is written down: a run's numbers are then not those of whole batches.
_written: ContextVar[list[int] | None] = ContextVar("written", default=None)


class SmallerBatchWarning(UserWarning):
    """A batch did not fit into a device's memory and went through in parts."""


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error tells of a device without memory: CUDA, MPS and the CPU each have words of their own.

    Examples
    --------
    >>> is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory.")), is_out_of_memory(ValueError("shape"))
    (True, False)
    """
    said = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(sign in said for sign in _SIGNS)
    )


@contextmanager
def written_down(sizes: list[int]) -> Iterator[None]:
    """Append to a list how many items went through at a time, each time that memory does not suffice for more.

    Parameters
    ----------
    sizes
        Of this thread's work inside.

    Examples
    --------
    >>> with written_down(sizes := []):
    ...     _ = in_parts(lambda x: x, torch.arange(3))
    >>> sizes
    []
    """
    token = _written.set(sizes)
    try:
        yield
    finally:
        _written.reset(token)


def in_parts(call: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return ``call(x)``; where memory does not suffice, that of its halves, put together.

    Parameters
    ----------
    call
        Gives one row for each of ``x``; is called again for a part.
    x
        (n, ...).

    Raises
    ------
    TrainingError
        There is not enough for a single item.

    Examples
    --------
    >>> in_parts(lambda x: 2 * x, torch.arange(3))
    tensor([0, 2, 4])
    """
    try:
        return call(x)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # Outside of the handler: the error holds on to all that was computed before it.
    parts = x.chunk(2)
    halved(len(x), len(parts[0]))
    return torch.cat([in_parts(call, part) for part in parts])


def halved(size: int, smaller: int, least: int = 1) -> None:
    """Warn that batches of one size are too large for the device, and set free what it can be without.

    Parameters
    ----------
    size, smaller
        Items that did not fit, and items that are tried next.
    least
        What has to fit.

    Raises
    ------
    TrainingError
        ``smaller`` is below ``least``, or no smaller than ``size``.
    """
    if smaller < least or smaller >= size:
        raise TrainingError(
            f"The device has not enough memory for {size} item{'' if size == 1 else 's'} at a time.",
            "Take smaller pictures or device='cpu', or end what else uses the device.",
        )
    written = _written.get()
    if written is not None:
        written.append(smaller)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    warnings.warn(
        f"{size} items at a time were too many for the device's memory; {smaller} at a time go through instead."
        " Last digits may differ, and BatchNorm that learns sees fewer pictures at a time.",
        SmallerBatchWarning,
        stacklevel=level_of_the_caller(),
    )
