"""One run of a panel: what it says while it works, how it is asked to stop, and its thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tlkit.errors import PanelError

_SAY_EVERY_SECONDS = 0.1


class NotFinished(PanelError):
    """A result was asked for before there is one.

    In a notebook it shows as one sentence, without a traceback: nothing is broken.
    """

    def _render_traceback_(self) -> list[str]:  # the name by which IPython asks
        return [str(self)]


class Job:
    """One run, seen by the work itself: it tells its progress and asks whether to stop.

    Parameters
    ----------
    changed
        Called when there is something new to show, at most ten times a second unless asked otherwise.

    Examples
    --------
    >>> job = Job()
    >>> job.say("epoch 1 of 4", 0.25)
    >>> job.words, job.share, job.should_stop()
    ('epoch 1 of 4', 0.25, False)
    >>> job.stop()
    >>> job.should_stop()
    True
    """

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.words = ""
        self.share: float | None = None
        self._changed = changed
        self._stop = threading.Event()
        self._said = float("-inf")
        self._thread: threading.Thread | None = None

    def say(self, words: str, share: float | None = None, *, at_once: bool = False) -> None:
        """Tell how far the work is: words for a person, and the share that is done (0 to 1) where known.

        With `at_once` it is shown even if something was shown a moment ago.
        """
        self.words = words
        self.share = None if share is None else min(1.0, max(0.0, float(share)))
        now = time.monotonic()
        if at_once or now - self._said >= _SAY_EVERY_SECONDS:
            self._said = now
            self._changed()

    def should_stop(self) -> bool:
        """Say whether the run was asked to stop; work asks at least every training step."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask the run to stop."""
        self._stop.set()

    def start(self, work: Callable[[], None]) -> None:
        """Do the work in a thread of its own, so that the kernel goes on answering."""
        # A daemon: closing the kernel must not wait for a run that nobody will see.
        self._thread = threading.Thread(target=work, name="tlkit-panel", daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the thread to end, and say whether it did."""
        if self._thread is not None:
            self._thread.join(seconds)
            return not self._thread.is_alive()
        return True
