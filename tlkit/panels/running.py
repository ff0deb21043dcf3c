"""Running: the work of a panel, in the caller's thread or in one of its own; its end becomes the panel's status."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

from tlkit.errors import PanelError, StoppedError
from tlkit.panels.display import Displayed
from tlkit.panels.refusals import from_a_record, problem
from tlkit.panels.worker import Job

S = TypeVar("S")
R = TypeVar("R")
T = TypeVar("T")
Status = Literal["ready", "running", "stopping", "finished", "stopped", "failed"]


class Running(Displayed, Generic[S, R]):
    """What can be run, with settings of type ``S`` and a result of type ``R``; see `tlkit.panels.panel.Panel`."""

    _opened = False  # from a record
    _state: S
    _status: Status
    _problem: dict[str, str] | None
    _job: Job | None
    _result: R | None
    _outcome: dict[str, Any] | None
    _ran: S | None

    @abstractmethod
    def _work(self, job: Job) -> R: ...

    @abstractmethod
    def _outcome_of(self, result: R) -> dict[str, Any]: ...

    def _anew(self) -> str:
        """Say how to make a panel like one that was opened from a record."""
        return "Make it anew."

    def _busy(self) -> bool:
        return self._status in ("running", "stopping")

    def _begin(self) -> Job:
        if self._opened:
            raise from_a_record(self._anew())
        with self._lock:
            if self._busy():
                raise PanelError("A run is going on already.", "Stop it or wait for its end.")
            self._status = "running"
            self._problem = None
            self._job = Job(self._show)
        self._show()
        return self._job

    def _perform(self, job: Job) -> R:
        state = self._state

        def work(job: Job) -> R:
            result = self._work(job)
            outcome = self._outcome_of(result)
            with self._lock:
                self._result, self._outcome, self._ran = result, outcome, state
            return result

        return self._carry_out(job, work)

    def _carry_out(self, job: Job, work: Callable[[Job], T]) -> T:
        """Do a piece of work that began: its end, its stop and its failure become the panel's status."""
        status: Status = "failed"
        try:
            done = work(job)
            status = "finished"
            return done
        except (StoppedError, KeyboardInterrupt):
            status = "stopped"
            raise
        except BaseException as error:
            self._problem = problem(error)
            raise
        finally:
            with self._lock:
                self._status = status
                self._job = None
            self._show()
            self._update_outputs()

    def _start(self) -> None:
        """Run in a thread, as a click does; errors are shown in the panel."""
        self._in_thread(self._begin(), self._perform)

    def _in_thread(self, job: Job, perform: Callable[[Job], object]) -> None:
        def work() -> None:
            try:
                perform(job)
            except Exception:  # already in the panel, in words
                return

        job.start(work)

    def _stop(self) -> None:
        with self._lock:
            if self._job is not None and self._status == "running":
                self._status = "stopping"
                self._job.stop()
        self._show()
