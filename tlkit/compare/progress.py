"""Progress: a finished cell of a comparison, told while the others go on; and the bar that shows it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlkit.compare.wording import about, labels, percent

if TYPE_CHECKING:
    from tlkit.compare.cell import Cell


_BEGUN = "The first run has begun"


@dataclass(frozen=True)
class Progress:
    """One finished cell.

    Parameters
    ----------
    arm, seed, labels_per_class
        Which one.
    accuracy
        Share of the test items that is right, 0 to 1.
    done, of
        How many cells are finished, of how many.
    seconds
        Of its training.
    from_store
        Whether it was measured before and taken from the store.
    problem
        What went wrong with the store, in words; empty if nothing did.
    seconds_left
        About how long the rest takes; None while nothing was measured.

    Examples
    --------
    >>> print(Progress("frozen", 2, 1, 0.831, 3, 20, 0.4))
    frozen, draw 2, 1 label per class: 83.1 %
    """

    arm: str
    seed: int
    labels_per_class: int | None
    accuracy: float
    done: int
    of: int
    seconds: float
    from_store: bool = False
    problem: str = ""
    seconds_left: float | None = None

    @property
    def words(self) -> str:
        """The cell in words."""
        before = " (measured before)" if self.from_store else ""
        return (
            f"{self.arm}, draw {self.seed}, {labels(self.labels_per_class)}: {percent(self.accuracy)}{before}"
        )

    @property
    def left(self) -> str:
        """How long the rest takes, in words; empty where that is not known or nothing is left."""
        return "" if self.seconds_left is None or self.done == self.of else f"{about(self.seconds_left)} left"

    def __str__(self) -> str:
        return self.words

    @classmethod
    def after(
        cls, done: Sequence[Cell], of: int, problem: str = "", seconds_left: float | None = None
    ) -> Progress:
        """Return the progress when the last of these cells is finished."""
        cell = done[-1]
        return cls(
            cell.arm,
            cell.seed,
            cell.labels_per_class,
            cell.accuracy,
            len(done),
            of,
            cell.seconds,
            cell.from_store,
            problem,
            seconds_left,
        )


def drained(going: Generator[Progress, None, Any], progress: bool) -> Any:
    """Run a generator of progress to its end, with a line that tells it, and return its result.

    In a terminal the line is a bar that goes away; in a notebook it is one output that stays and says how long it
    took. Elsewhere, and where the environment says ``TLKIT_PROGRESS=0``, nothing is shown: so lessons are rehearsed and
    tested, whose outputs must not change from run to run.
    """
    shown = _line() if progress and os.environ.get("TLKIT_PROGRESS") != "0" else None
    if shown is not None:
        shown.begin()
    try:
        while True:
            try:
                one = next(going)
            except StopIteration as finished:
                return finished.value
            if shown is not None:
                shown.show(one)
    finally:
        going.close()
        if shown is not None:
            shown.close()


class _Bar:
    """A bar in a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None

    def begin(self) -> None:
        from tqdm import tqdm

        form = "{percentage:3.0f}%|{bar:20}| {desc}"
        self._bar = tqdm(total=1, leave=False, unit="cell", bar_format=form, desc=_BEGUN)

    def show(self, one: Progress) -> None:
        self._bar.n, self._bar.total = one.done, one.of
        self._bar.set_description_str(" · ".join(filter(None, (_counted(one), one.left, one.words))))

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Output:
    """One output of a notebook's cell, whose text is replaced."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self._handle: Any = None
        self._last: Progress | None = None

    def begin(self) -> None:
        self._say(_BEGUN)

    def show(self, one: Progress) -> None:
        self._last = one
        self._say(" · ".join(filter(None, (_counted(one), one.left, one.words))))

    def close(self) -> None:
        done = "No run was finished" if self._last is None else _counted(self._last)
        self._say(f"{done}, {time.perf_counter() - self._since:.0f} s")

    def _say(self, words: str) -> None:
        from IPython.display import display

        bundle = {"text/plain": words}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)


def _line() -> _Bar | _Output | None:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if getattr(shell, "kernel", None) is not None:
        return _Output()
    return _Bar() if sys.stderr.isatty() else None


def _counted(one: Progress) -> str:
    return f"{one.done} of {one.of} runs"
