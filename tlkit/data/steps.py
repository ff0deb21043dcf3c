"""Steps: how far a long look at data is, and a way to end it."""

from __future__ import annotations

from collections.abc import Callable

from tlkit.errors import StoppedError

#: Called with the share of a part that is done, 0 to 1.
Step = Callable[[float], None]


def silent(share: float) -> None:
    """Tell nobody."""


def part_of(step: Step, start: float, end: float) -> Step:
    """Return what a smaller part of a part calls with its own share.

    Parameters
    ----------
    step
        Of the part.
    start, end
        Shares of that part between which the smaller one lies.

    Examples
    --------
    >>> part_of(print, 0.5, 1.0)(0.5)
    0.75
    """
    return lambda share: step(start + share * (end - start))


class Steps:
    """Tells progress of the whole from progress of its parts, and stops on request.

    Parameters
    ----------
    should_stop
        Asked at every step.
    progress
        Called with what is done and the share of the whole that is done.

    Examples
    --------
    >>> steps = Steps(progress=lambda words, share: print(words, share))
    >>> comparing = steps.part("Comparing", 0.5, 1.0)
    >>> comparing(0.5)
    Comparing 0.75
    """

    def __init__(
        self,
        should_stop: Callable[[], bool] = lambda: False,
        progress: Callable[[str, float], None] = lambda words, share: None,
    ) -> None:
        self._should_stop, self._progress = should_stop, progress

    def part(self, words: str, start: float, end: float) -> Step:
        """Return what a part calls with its own share; the part goes from one share of the whole to another.

        What is returned raises `StoppedError` once the look was asked to stop.
        """

        def step(share: float) -> None:
            if self._should_stop():
                raise StoppedError("The look was stopped on request.", "Nothing was changed.")
            self._progress(words, start + share * (end - start))

        return step
