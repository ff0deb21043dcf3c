"""Spread: measure cells one after the other here, or several at a time in other processes through joblib."""

from __future__ import annotations

import os
import platform
import queue
import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from typing import Any

from tlkit.compare.measure import Measured, Order, measure
from tlkit.errors import ComparisonError, StoppedError

# A process of its own takes some seconds to load torch: that much work has to be there before it pays.
_WORTH_SECONDS = 8.0
_SHORT_SECONDS = 1.0
# A look, patience twice and the end of some processes between them: together well under half a second.
_LOOK_EVERY_SECONDS = 0.05
_PATIENCE_SECONDS = 0.12


def spread(
    orders: Sequence[Order],
    n_jobs: int | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Generator[Measured, None, None]:
    """Measure cells and yield each as it is finished.

    The numbers are the same wherever a cell runs. Closing the generator, an error and an interrupt all end
    what is going on in other processes at its next training step.

    Parameters
    ----------
    orders
        What to measure.
    n_jobs
        Processes; 1 measures here, -1 takes one per processor. None takes what `joblib.parallel_config`
        says, else one per processor if there is work enough to be worth it.
    should_stop
        Asked about twenty times a second.

    Raises
    ------
    StoppedError
        ``should_stop`` returned True.
    ComparisonError
        A process died.
    """
    parallel = _parallel(orders, n_jobs)
    if parallel is None:
        for order in orders:
            if should_stop is not None and should_stop():
                raise _stopped()
            yield measure(order, should_stop)
    else:
        yield from _elsewhere(parallel, _ordered(orders), should_stop)


def _ordered(orders: Sequence[Order]) -> list[Order]:
    """Put the longest first: what is left for the end is short, and no processor waits for long.

    Before them come the short ones of the first draw, so that there is soon something to see.
    """
    seed = orders[0].task.seed
    early = [one for one in orders if one.task.seed == seed and one.expected_seconds < _SHORT_SECONDS]
    others = [one for one in orders if one not in early]
    return early + sorted(others, key=lambda one: -one.expected_seconds)


def _parallel(orders: Sequence[Order], n_jobs: int | None) -> Any:
    """Return a joblib.Parallel, or None to measure here."""
    if n_jobs == 1 or len(orders) < 2:
        return None
    import joblib

    if n_jobs is None and joblib.parallel.get_active_backend()[1] is None and not _configured(joblib):
        work = sum(order.expected_seconds for order in orders)
        if work < _WORTH_SECONDS:
            return None
        n_jobs = min(joblib.cpu_count(), len(orders))
    # Without memory-mapped copies of the images: what is interrupted then leaves no files in shared memory.
    settings = {"n_jobs": n_jobs, "batch_size": 1, "max_nbytes": None}
    try:
        parallel = joblib.Parallel(return_as="generator_unordered", **settings)
    except ValueError:  # some backends give their results only at the end
        parallel = joblib.Parallel(**settings)
    return None if joblib.effective_n_jobs(parallel.n_jobs) == 1 else parallel


def _configured(joblib: Any) -> bool:
    backend, _ = joblib.parallel.get_active_backend()
    return type(backend).__name__ != "LokyBackend"


def _elsewhere(
    parallel: Any, orders: Sequence[Order], should_stop: Callable[[], bool] | None
) -> Generator[Measured, None, None]:
    going = _Going()
    found: queue.SimpleQueue[Measured | BaseException | None] = queue.SimpleQueue()  # None: all is done

    def drain() -> None:
        # joblib's generator blocks until the next result is there; in a thread of its own it cannot keep
        # the caller from noticing a request to stop.
        try:
            for one in parallel(_tasks(orders, going)):
                if one is not None:
                    found.put(one)
            found.put(None)
        except BaseException as error:
            found.put(error)

    thread = threading.Thread(target=drain, name="tlkit-cells", daemon=True)
    thread.start()
    try:
        while True:
            if should_stop is not None and should_stop():
                raise _stopped()
            try:
                one = found.get(timeout=_LOOK_EVERY_SECONDS)
            except queue.Empty:
                continue
            if one is None:
                return
            if isinstance(one, BaseException):
                raise _explained(one)
            yield one
    finally:
        going.end()
        # Processes in the middle of a training end at once and stay for the next comparison. One that is
        # still loading torch does not listen yet: then all are ended.
        thread.join(_PATIENCE_SECONDS)
        if thread.is_alive():
            _kill(parallel)
            thread.join(_PATIENCE_SECONDS)


def _kill(parallel: Any) -> None:
    kill = getattr(getattr(parallel, "_backend", None), "abort_everything", None)
    if kill is not None:
        with suppress(Exception):  # it may be ending on its own at this very moment
            kill(ensure_ready=False)


class _Going:
    """A file that is there as long as the comparison goes on: processes on this machine see when it is gone."""

    def __init__(self) -> None:
        handle, self._path = tempfile.mkstemp(prefix="tlkit-going-")
        os.close(handle)
        self._machine, self._process = platform.node(), os.getpid()

    def deafen(self) -> None:
        """Let Ctrl-C go unheard in a process that only works for another one; that one ends it in its own way."""
        if os.getpid() != self._process:
            with suppress(ValueError):  # raised outside the main thread, where the signal is never heard
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end(self) -> None:
        """Tell every process to stop at its next training step."""
        with suppress(FileNotFoundError):
            os.unlink(self._path)

    def over(self) -> bool:
        """Say whether to stop; a process on another machine cannot know, and goes on to the end of its cell."""
        return platform.node() == self._machine and not os.path.exists(self._path)


def _tasks(orders: Sequence[Order], going: _Going) -> Iterator[Any]:
    """Yield what joblib hands out; nothing more when all is over, also while Python is shutting down."""
    import joblib

    # Here, after joblib's own helper process was started: that start takes the mask off again.
    _shield()
    for order in orders:
        if going.over():
            return
        yield joblib.delayed(_measure_there)(order, going)


def _measure_there(order: Order, going: _Going) -> Measured | None:
    """Measure a cell in another process or thread; None when all is over, so that the process lives on."""
    going.deafen()
    try:
        return None if going.over() else measure(order, going.over)
    except StoppedError:
        return None


def _shield() -> None:
    """Keep Ctrl-C from the processes that this thread starts: a file that disappears tells them to stop.

    A terminal and a notebook's interrupt send the signal to the whole group of processes. The mask of
    blocked signals is handed down, so that only the process that was asked for hears it.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _stopped() -> StoppedError:
    return StoppedError(
        "The comparison was stopped on request.", "Finished cells are kept; a new run goes on from there."
    )


def _explained(error: BaseException) -> BaseException:
    if type(error).__name__ in ("TerminatedWorkerError", "BrokenProcessPool", "ShutdownExecutorError"):
        told = ComparisonError(
            "A process that measured cells ended on its own, perhaps for lack of memory.",
            "Finished cells are kept: run it again to go on, with n_jobs=1 to need less memory.",
        )
        told.__cause__ = error
        return told
    return error
