"""Spread: measure cells one after the other here, or several at a time in other processes and on other machines."""

from __future__ import annotations

import itertools
import os
import platform
import queue
import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from tlkit.compare.cluster import dask_backend, on_dask
from tlkit.compare.ended import explained, lost, stopped
from tlkit.compare.measure import Measured, Order, light, measure
from tlkit.compare.surroundings import expect_the_same, surroundings
from tlkit.errors import StoppedError

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
        says, else one per processor if there is work enough to be worth it. A Dask cluster is always used
        as a whole.
    should_stop
        Asked about twenty times a second.

    Raises
    ------
    StoppedError
        ``should_stop`` returned True.
    ComparisonError
        A process died.
    """
    if not orders:
        return
    backend = None if n_jobs == 1 else dask_backend()
    if backend is not None:
        yield from on_dask(backend, _ordered(orders), should_stop)
        return
    parallel = _parallel(orders, n_jobs)
    if parallel is None:
        for order in orders:
            if should_stop is not None and should_stop():
                raise stopped()
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
    import joblib

    own = _are_own(parallel)
    going = _Going(deaf=own)
    # Processes of this machine open mapped files themselves.
    sent = light(orders, pack=not own)
    wanted, at_once = surroundings(), joblib.effective_n_jobs(parallel.n_jobs)
    found: queue.SimpleQueue[Measured | BaseException | None] = queue.SimpleQueue()  # None: all is done

    def drain() -> None:
        # joblib's generator blocks until the next result is there; in a thread of its own it cannot keep
        # the caller from noticing a request to stop.
        try:
            for one in _results(parallel, _tasks(sent, going, wanted), at_once):
                if one is not None:
                    found.put(one)
            found.put(None)
        except BaseException as error:
            found.put(error)

    thread = threading.Thread(target=drain, name="tlkit-cells", daemon=True)
    thread.start()
    left = len(orders)
    try:
        while True:
            if should_stop is not None and should_stop():
                raise stopped()
            try:
                one = found.get(timeout=_LOOK_EVERY_SECONDS)
            except queue.Empty:
                continue
            if one is None:
                if left:
                    raise lost(f"The processes that measure gave up {left} of {len(orders)} cells.")
                return
            if isinstance(one, BaseException):
                raise explained(one)
            left -= 1
            yield one
    finally:
        going.end()
        # Processes in the middle of a training end at once and stay for the next comparison. One that is
        # still loading torch does not listen yet: then all are ended.
        thread.join(_PATIENCE_SECONDS)
        if thread.is_alive():
            _kill(parallel)
            thread.join(_PATIENCE_SECONDS)


def _results(parallel: Any, tasks: Iterator[Any], at_once: int) -> Iterator[Measured | None]:
    """Yield results as they come; where a backend gives them only at the end (Ray), a round at a time."""
    if parallel.return_generator:
        yield from parallel(tasks)
        return
    with parallel:  # so that all rounds have the same processes
        while some := list(itertools.islice(tasks, at_once)):
            yield from parallel(some)


def _are_own(parallel: Any) -> bool:
    """Say whether the processes (or threads) are joblib's on this machine."""
    return type(parallel._backend).__name__ in ("LokyBackend", "ThreadingBackend")


def _kill(parallel: Any) -> None:
    backend = getattr(parallel, "_backend", None)
    kill = getattr(backend, "abort_everything", None)
    if kill is not None:
        if not parallel.return_generator:
            parallel._aborting = True  # else it waits without end for those that were killed
        with suppress(Exception):  # it may be ending on its own at this very moment
            kill(ensure_ready=False)


class _Going:
    """A file that is there as long as the comparison goes on: processes on this machine see when it is gone.

    Parameters
    ----------
    deaf
        Whether Ctrl-C goes unheard in the processes, which are joblib's own and only work for this one; it ends
        them in its own way.
    """

    def __init__(self, deaf: bool) -> None:
        handle, self._path = tempfile.mkstemp(prefix="tlkit-going-")
        os.close(handle)
        self._deaf, self._process, self._place = deaf, os.getpid(), self._here()

    def _here(self) -> tuple[str, int, int]:
        """Tell machines apart, and containers on one machine, in which the file never was."""
        folder = os.stat(os.path.dirname(self._path))
        return platform.node(), folder.st_dev, folder.st_ino

    def deafen(self) -> None:
        """Let Ctrl-C go unheard in this process if it is another one."""
        if self._deaf and os.getpid() != self._process:
            with suppress(ValueError):  # raised outside the main thread, where the signal is never heard
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end(self) -> None:
        """Tell every process to stop at its next training step."""
        with suppress(FileNotFoundError):
            os.unlink(self._path)

    def over(self) -> bool:
        """Say whether to stop; a process on another machine cannot know, and goes on to the end of its cell."""
        return not os.path.exists(self._path) and self.is_here()

    def is_here(self) -> bool:
        """Say whether this process is on the machine, and in the container, where the comparison began."""
        with suppress(OSError):  # another machine may have no such folder
            return self._here() == self._place
        return False


def _tasks(orders: Sequence[Order], going: _Going, wanted: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what joblib hands out; nothing more when all is over, also while Python is shutting down."""
    import joblib

    # Here, after joblib's own helper process was started: that start takes the mask off again.
    _shield()
    for order in orders:
        if going.over():
            return
        yield joblib.delayed(_measure_there)(order, going, wanted)


def _measure_there(order: Order, going: _Going, wanted: Mapping[str, Any]) -> Measured | None:
    """Measure a cell in another process or thread; None when all is over, so that the process lives on."""
    going.deafen()
    if not going.is_here():
        expect_the_same(wanted, platform.node())
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
