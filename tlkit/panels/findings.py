"""The Findings panel: what is wrong with data, before anything is trained on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tlkit import data
from tlkit.data import Dataset
from tlkit.errors import PanelError, expect_kind, unknown_name
from tlkit.panels import findings_faces as faces
from tlkit.panels.findings_rules import KINDS
from tlkit.panels.findings_shown import about, outcome
from tlkit.panels.panel import Panel
from tlkit.panels.refusals import from_a_record
from tlkit.panels.twin import Part
from tlkit.panels.worker import Job

_WHY_OPENED = "looking at findings in a panel"


@dataclass(frozen=True)
class FindingsState:
    """What the learner looks at; choosing it needs no new look.

    Parameters
    ----------
    opened
        The finding that is open, by its rule; "" for none. A second one of the same rule ends in ``-2``.
    level
        ``"problem"`` or ``"note"`` shows those alone; ``"all"``.
    kind
        ``"labels"``, ``"copies"``, ``"classes"``, ``"pictures"`` or ``"files"`` shows those alone; ``"all"``.
    """

    opened: str = field(default="", compare=False)
    level: str = field(default=faces.ALL, compare=False)
    kind: str = field(default=faces.ALL, compare=False)


class Findings(Panel[FindingsState, data.Findings]):
    """Look for what is wrong with a dataset, and open each finding to see the items it is about.

    Test items are shown as names: the test set stays sealed until :meth:`show_test` opens it.

    Parameters
    ----------
    dataset
        Of pictures or texts, such as ``data.images(folder)``.

    Examples
    --------
    >>> import numpy as np
    >>> images = np.random.default_rng(0).uniform(size=(60, 8, 8))
    >>> images[30:] = images[:30]
    >>> panel = Findings(data.arrays(images, ["cat", "dog"] * 30, name="pets"))
    >>> [one.rule for one in panel.run()]
    ['copies-across-splits', 'copies-within-a-split']
    >>> panel.set(opened="copies-across-splits").state.opened
    'copies-across-splits'
    """

    kind = "findings"
    version = 1
    State = FindingsState
    # A panel that was opened from a record has none of these.
    _dataset: Dataset | None = None
    _opened_test: Any = None

    def __init__(self, dataset: Dataset) -> None:
        cure = "Give one from data.images(folder), data.arrays(images, labels) or data.load(name)."
        expect_kind("The dataset", dataset, Dataset, PanelError, cure)
        self._dataset = dataset
        super().__init__(FindingsState(), about(dataset))

    # For everybody

    def show_test(self) -> Findings:
        """Open the test set, so that its items are shown as well; this is counted.

        Raises
        ------
        PanelError
            Nothing was looked for yet, a look is going on, or the panel was opened from a record.
        """
        if self._dataset is None:
            raise from_a_record(self._anew())
        with self._lock:
            if self._busy():
                raise PanelError("A look is going on.", "Wait for its end.")
            if self._result is None:
                raise PanelError("Nothing was looked for yet.", "Call run() first.")
            if self._opened_test is None:
                self._opened_test = self._dataset.test.open(_WHY_OPENED)
                self._about = about(self._dataset)
            self._outcome = outcome(self._dataset, self._result, self._opened_test)
        self._show()
        self._update_outputs()
        return self

    # Settings

    def _changed(self, changes: dict[str, Any]) -> FindingsState:
        if changes.get("opened") and self._outcome is None:
            raise PanelError("There is nothing to open yet.", "Call run() first.")
        return super()._changed({**changes, "opened": changes.get("opened", self._state.opened) or ""})

    def _check(self, state: FindingsState) -> FindingsState:
        for what, value, known in (("level", state.level, faces.LEVELS), ("kind", state.kind, KINDS)):
            if value not in (faces.ALL, *known):
                raise unknown_name(f"{what} of findings", value, (faces.ALL, *known))
        found = getattr(self, "_outcome", None)
        if state.opened and found is not None:
            known_keys = [one["key"] for one in found["findings"]]
            if state.opened not in known_keys:
                raise unknown_name("finding here", state.opened, known_keys)
        return state

    def _actions(self) -> Mapping[str, Callable[..., object]]:
        return {"show_test": self.show_test}

    # The run

    def _anew(self) -> str:
        return "Make it anew with panels.Findings(dataset)."

    def _work(self, job: Job) -> data.Findings:
        assert self._dataset is not None  # else it was opened from a record and does not begin
        return self._dataset.check(job.should_stop, job.say)

    def _outcome_of(self, result: data.Findings) -> dict[str, Any]:
        assert self._dataset is not None
        return outcome(self._dataset, result, self._opened_test)

    # What is shown

    def _title(self) -> str:
        return "Findings before training"

    def _subtitle(self) -> str:
        return faces.subtitle(self._about)

    def _labels(self) -> dict[str, str]:
        return {"run": "Look", "again": "Look again", "stop": "Stop", "stopping": "Stopping"}

    def _pictures(self) -> dict[str, str]:
        return self._outcome["pictures"] if self._outcome is not None else {}

    def _view(self) -> dict[str, Any]:
        return faces.view(self._about, self._outcome, self._state)

    def _twin(self) -> Sequence[Part]:
        return faces.twin(self._about, self._outcome, self._state)
