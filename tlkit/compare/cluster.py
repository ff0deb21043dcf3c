"""Cluster: measure cells on the workers of a Dask cluster, through its own client.

joblib's Dask backend says which cluster. The cells do not go through `joblib.Parallel`: there a worker that
dies for good is waited for without end, and what is given up goes on.
"""

from __future__ import annotations

import pickle
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from tlkit.compare.ended import explained, lost, stopped
from tlkit.compare.measure import Measured, Order, light, measure
from tlkit.compare.surroundings import expect_the_same, surroundings
from tlkit.errors import ComparisonError, StoppedError

_LOOK_EVERY_SECONDS = 0.05
_ASK_EVERY_SECONDS = 1.0
# A result is a few kilobytes. One that takes longer was on a worker that died: its cell is measured again.
_FETCH_SECONDS = 5.0


def dask_backend() -> Any:
    """Return joblib's Dask backend if ``joblib.parallel_config`` chose it in this thread, else None."""
    import joblib

    backend, _ = joblib.parallel.get_active_backend()
    return backend if type(backend).__name__ == "DaskDistributedBackend" else None


def on_dask(
    backend: Any, orders: Sequence[Order], should_stop: Callable[[], bool] | None = None
) -> Generator[Measured, None, None]:
    """Measure cells on a Dask cluster and yield each as it is finished.

    Data and networks are sent to each worker once. Closing the generator, an error and an interrupt take back
    all cells; those that are being trained end at their next training step, and the workers live on. So it is
    when this process dies.

    Parameters
    ----------
    backend
        From `dask_backend`.
    orders
        What to measure, in the order in which to begin.
    should_stop
        Asked about twenty times a second.

    Raises
    ------
    StoppedError
        ``should_stop`` returned True.
    ComparisonError
        Workers died again and again, are all gone, or calculate in another way than this process.
    """
    client, mark, watch = backend.client, uuid.uuid4().hex, _Watch(backend, should_stop)
    options = {**backend.submit_kwargs, "pure": False}
    waiting: list[Any] = []
    parcel = None
    try:
        parcel = _sent(client, orders, key=f"tlkit-parcel-{mark}")
        while not parcel.done():
            watch.pause()
        if parcel.status != "finished":
            raise _failed(parcel)
        # Dask gives work to whoever has what it needs; without copies one worker would get it all.
        with suppress(OSError, ValueError, KeyError):
            client.replicate([parcel])
        for at in range(len(orders)):
            waiting.append(client.submit(_cell, parcel, at, key=f"tlkit-cell-{mark}-{at}", **options))
        while waiting:
            watch.pause()
            for future in [one for one in waiting if one.done()]:
                found = _result(future)
                if found is not None:
                    waiting.remove(future)
                    yield found
    except CancelledError as error:
        raise _given_up() from error
    finally:
        with suppress(Exception):  # the connection may be gone, and with it what was to be taken back
            client.cancel([*waiting, *([parcel] if parcel is not None else [])])


class _Watch:
    """Looks between two results whether to stop, and whether there is still somebody who works."""

    def __init__(self, backend: Any, should_stop: Callable[[], bool] | None) -> None:
        self._client, self._patience = backend.client, backend.wait_for_workers_timeout
        self._should_stop = should_stop
        self._asked = self._seen = time.monotonic()

    def pause(self) -> None:
        if self._should_stop is not None and self._should_stop():
            raise stopped()
        time.sleep(_LOOK_EVERY_SECONDS)
        now = time.monotonic()
        if now - self._asked < _ASK_EVERY_SECONDS:
            return
        self._asked = now
        if self._any_worker():
            self._seen = now
        elif self._patience and now - self._seen > self._patience:
            raise lost(
                f"The Dask cluster has had no worker for {self._patience:g} seconds.",
                "when client.wait_for_workers(1) has found one, or wait longer with"
                " joblib.parallel_config(backend='dask', wait_for_workers_timeout=600)",
            )

    def _any_worker(self) -> bool:
        try:
            return bool(self._client.nthreads())
        except (OSError, TimeoutError):
            return True  # nobody can tell; if the connection is gone, the cells will say so


def _sent(client: Any, orders: Sequence[Order], key: str) -> Any:
    """Send all that the cells need, as a result that Dask can make again when the worker that has it dies."""
    import cloudpickle
    import dask

    parcel = cloudpickle.dumps((light(orders, pack=True), surroundings()))
    # It would warn of data inside a task, which is what is meant here.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):
        return client.submit(_carried, parcel, key=key, pure=False)


def _result(future: Any) -> Measured | None:
    """Return a cell that is done; None if it has to be measured again after all."""
    if future.status != "finished":
        raise _failed(future)
    try:
        found: Measured | None = future.result(timeout=_FETCH_SECONDS)
    except TimeoutError:
        return None
    if found is None:
        raise _given_up()
    return found


def _failed(future: Any) -> BaseException:
    if future.status == "error":
        return explained(future.exception(timeout=_FETCH_SECONDS))
    return _given_up()


def _given_up() -> ComparisonError:
    return lost(
        "The Dask cluster gave up cells: it was closed or restarted, or the connection to it was lost."
    )


def _carried(parcel: bytes) -> bytes:
    return parcel


def _cell(parcel: bytes, at: int) -> Measured | None:
    """Measure a cell on a worker; None when it was given up, so that the worker has no failure to report."""
    from distributed import get_worker

    worker = get_worker()
    over = _taken_back(worker)
    # Opened anew for each cell, also where several threads work: each counts the openings of its own test set.
    orders, wanted = pickle.loads(parcel)
    expect_the_same(wanted, f"The Dask worker {worker.address}")
    try:
        return None if over() else measure(orders[at], over)
    except StoppedError:
        return None


def _taken_back(worker: Any) -> Callable[[], bool]:
    """Return what says whether the running cell was cancelled, or whoever wanted it is gone."""
    tasks, key = worker.state.tasks, worker.get_current_task()

    def over() -> bool:
        task = tasks.get(key)
        return task is None or task.state in ("cancelled", "released", "forgotten")

    return over
