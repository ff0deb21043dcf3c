"""Telling: how far the reading of many files is, as a bar or to a function of the caller's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

# Called with what is done, how many are done, and of how many (None: not known yet).
Tell = Callable[[str, int, int | None], None]
_DELAY_SECONDS = 1.0


class Telling:
    """A bar on standard error for work that takes more than a second; or calls of a function.

    Parameters
    ----------
    progress
        True for a bar in a terminal or a notebook, False for nothing, or a function that takes what is done
        (``"listing"``, ``"decoding"``), how many are done, and of how many.
    what
        What is done.
    of
        How many there will be; None if that is not known.

    Examples
    --------
    >>> with Telling(lambda what, done, of: print(what, done, of), "decoding", 3) as tell:
    ...     tell(2)
    decoding 2 3
    """

    def __init__(self, progress: bool | Tell, what: str, of: int | None = None) -> None:
        self._tell = progress if callable(progress) else None
        self._what, self._of, self._done = what, of, 0
        self._bar: Any = None
        if progress is True and (sys.stderr.isatty() or "ipykernel" in sys.modules):
            from tqdm import tqdm

            self._bar = tqdm(total=of, desc=what, unit=" files", delay=_DELAY_SECONDS, leave=False)

    def __call__(self, more: int) -> None:
        self._done += more
        if self._tell is not None:
            self._tell(self._what, self._done, self._of)
        if self._bar is not None:
            self._bar.update(more)

    def __enter__(self) -> Telling:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
