"""The base of every panel: one typed state with three faces (live widget, twin in text and HTML, record)."""

from __future__ import annotations

import dataclasses
import os
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar

import tlkit
from tlkit import files
from tlkit.errors import PanelError
from tlkit.panels import twin
from tlkit.panels.record import checked, damage_is_told, plain, reopened, state_of, tuples
from tlkit.panels.refusals import no_result, problem, unknown_setting
from tlkit.panels.running import Running, Status
from tlkit.panels.worker import Job

S = TypeVar("S")
R = TypeVar("R")
# Said to those who do not see it; a failure is an alert of its own.
_ANNOUNCED = {"running": "Started.", "finished": "Finished.", "stopped": "Stopped."}


class Panel(Running[S, R]):
    """A panel with settings of type ``S`` and a result of type ``R``.

    A subclass sets the class attributes and the hooks below; see :class:`tlkit.panels.Freeze`.

    Attributes
    ----------
    kind
        The name in records and of the built JavaScript.
    version
        The version of the record that this code writes.
    State
        A frozen dataclass: what the learner chose.

    Parameters
    ----------
    state
        The first settings.
    about
        JSON facts that never change, with which the panel can be drawn again without networks or data.

    Notes
    -----
    Hooks: ``_title()``, ``_subtitle()``, ``_labels()``, ``_view()``, ``_pictures()`` (for the browser);
    ``_twin()`` (parts of the twin); ``_work(job)`` (does the work, returns the result) and
    ``_outcome_of(result)`` (its JSON); ``_check(state)`` (refuses what does not fit); ``_result_of(outcome)``
    and ``_anew()`` (of a reopened record: its result, and how to get a panel that can run). A subclass that
    takes other words in ``set`` overrides ``_settable()`` and ``_changed(changes)``; one with further buttons
    overrides ``_actions()``; work of another kind goes through ``_begin()`` and ``_carry_out(job, work)``.
    """

    version: ClassVar[int] = 1
    State: ClassVar[type]

    def __init__(self, state: S, about: dict[str, Any]) -> None:
        super().__init__()
        self._about = about
        self._state: S = self._check(state)
        self._status: Status = "ready"
        self._problem: dict[str, str] | None = None
        self._job: Job | None = None
        self._result: R | None = None
        self._outcome: dict[str, Any] | None = None
        self._ran: S | None = None

    # For everybody

    @property
    def state(self) -> S:
        """The settings, a frozen dataclass."""
        return self._state

    @property
    def status(self) -> Status:
        """What the panel is doing: ready, running, stopping, finished, stopped or failed."""
        return self._status

    def set(self, **changes: Any) -> Self:
        """Change settings, as a click does.

        Raises
        ------
        PanelError
            There is no such setting, a value does not fit, or a run is going on.
        """
        known = self._settable()
        for name in changes:
            if name not in known:
                raise unknown_setting(self._title(), name, known)
        with self._lock:
            if self._busy():
                raise PanelError("Settings cannot change during a run.", "Stop it or wait for its end.")
            self._state = self._check(self._changed({name: tuples(value) for name, value in changes.items()}))
            self._problem = None
            if self._status in ("failed", "stopped"):
                self._status = "ready" if self._outcome is None else "finished"
        self._show()
        return self

    def run(self) -> R:
        """Do the work now and return the result; the kernel's interrupt stops it.

        Raises
        ------
        PanelError
            A run is going on already.
        """
        return self._perform(self._begin())

    @property
    def result(self) -> R:
        """The result of the last run.

        Raises
        ------
        NotFinished
            Nothing was run yet, or the first run is going on.
        PanelError
            The panel was opened from a record, which does not hold the objects.
        """
        if self._result is None:
            raise no_result(self._outcome is not None, self._busy())
        return self._result

    def record(self) -> dict[str, Any]:
        """Return the panel as plain JSON: kind, version, settings, facts and the outcome of the last run."""
        # Fields that make no result stale, such as what is open, are those of now.
        state = self._state if self._ran in (None, self._state) else self._ran
        body = {
            "kind": f"tlkit.panels.{self.kind}",
            "version": self.version,
            "tlkit": tlkit.__version__,
            "state": dataclasses.asdict(state),  # type: ignore[call-overload]  # S is a dataclass
            "about": self._about,
            "outcome": self._outcome,
        }
        return plain(body)

    @classmethod
    def from_record(cls, record: Mapping[str, Any] | str | os.PathLike[str]) -> Self:
        """Open a record again, without networks or data.

        Parameters
        ----------
        record
            What :meth:`record` returned, or the path of a JSON file with it.

        Raises
        ------
        RecordError
            The record is of another kind, from a newer version, or damaged.
        StoreError
            The file is missing, unreadable or not JSON.
        """
        read: Any = files.read_json(record) if isinstance(record, str | os.PathLike) else record
        body = checked(read, f"tlkit.panels.{cls.kind}", cls.version)
        panel = cls.__new__(cls)
        with damage_is_told():
            Panel.__init__(panel, state_of(cls.State, body["state"]), body["about"])
            panel._opened = True
            if body["outcome"] is not None:
                panel._outcome = body["outcome"]
                panel._ran = panel._state
                panel._status = "finished"
                panel._result = panel._result_of(body["outcome"])
            panel._full_view()  # what cannot be drawn is told now, not when it is shown
        return panel

    # Hooks

    def _labels(self) -> dict[str, str]:
        """Words of the shared buttons."""
        return {"run": "Run", "again": "Run again", "stop": "Stop", "stopping": "Stopping"}

    @abstractmethod
    def _view(self) -> dict[str, Any]: ...

    @abstractmethod
    def _twin(self) -> Sequence[twin.Part]: ...

    def _result_of(self, outcome: dict[str, Any]) -> R | None:
        """Build the result from a record's outcome; None where the objects are gone."""
        return None

    def _check(self, state: S) -> S:
        """Return the state, or raise PanelError for a value that does not fit."""
        return state

    def _settable(self) -> tuple[str, ...]:
        return tuple(field.name for field in dataclasses.fields(self.State))

    def _changed(self, changes: dict[str, Any]) -> S:
        return dataclasses.replace(self._state, **changes)  # type: ignore[type-var]  # S is a dataclass

    def _actions(self) -> Mapping[str, Callable[..., object]]:
        """Further things that the browser can ask for, by name."""
        return {}

    # The live widget

    def _heard(self, event: dict[str, Any]) -> None:
        try:
            if "set" in event:
                self.set(**event["set"])
            elif "run" in event and not self._busy():  # a second click is no error
                self._start()
            elif "stop" in event:
                self._stop()
            elif "do" in event:
                self._problem = None
                self._actions()[event["do"]](**event.get("with", {}))
                self._show()
        except Exception as error:
            self._problem = problem(error, asked=True)
            self._show()

    def _full_view(self) -> dict[str, Any]:
        job = self._job
        return {
            "title": self._title(),
            "subtitle": self._subtitle(),
            "labels": self._labels(),
            "status": self._status,
            "progress": {"words": job.words, "share": job.share} if job is not None else None,
            "problem": self._problem,
            "stale": self._ran is not None and self._ran != self._state,
            "announce": _ANNOUNCED.get(self._status, ""),
            "reopened": "",
            **self._view(),
            **(reopened(self._anew()) if self._opened else {}),
        }

    def _parts(self) -> list[twin.Part]:
        parts = list(self._twin())
        if self._problem is not None:
            parts.append(twin.Paragraph(self._problem["words"], strong=True))
        if self._status == "stopped":
            parts.append(twin.Paragraph("The last run was stopped before its end."))
        return parts
