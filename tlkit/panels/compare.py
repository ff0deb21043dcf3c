"""The Compare panel: guess, run every arm on the same draws, and judge with intervals."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlkit import compare, files
from tlkit.compare import Arm, Comparison
from tlkit.compare.arms import IMAGE_ARMS, arms_for
from tlkit.compare.choosing import chosen
from tlkit.compare.headline import transfer_pair
from tlkit.compare.possible import possible
from tlkit.data import Task
from tlkit.errors import PanelError
from tlkit.panels import choices, gate
from tlkit.panels import compare_faces as faces
from tlkit.panels.choices import CompareState
from tlkit.panels.panel import Panel
from tlkit.panels.saving import free_name
from tlkit.panels.things import called
from tlkit.panels.twin import Part
from tlkit.panels.worker import Job

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset


class Compare(Panel[CompareState, Comparison]):
    """Compare ways to solve a task: before and after transfer, under one budget.

    Parameters
    ----------
    task
        A task, or a dataset to draw tasks from.
    backbone
        Where the transfer arms start.
    arms
        Names (see ``compare.arm_names()``) or arms; by default scratch, random-frozen, frozen and fine-tuned, as far as
        the network allows.
    labels_per_class
        How many labels of each class; by default those of the task, or 1.
    seeds
        How many draws.
    predict
        Whether a guess with a reason must come before any result.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> panel = Compare(data.load("greek"), net, arms=["random-frozen", "frozen"], seeds=2, predict=True)
    >>> panel.run()
    Traceback (most recent call last):
        ...
    tlkit.course.guesses.GuessFirst: Your guess comes first. ...
    >>> panel.commit(guess=20, reason="letters look like letters").run().verdict.word
    'better'
    """

    kind = "compare"
    version = 1
    State = CompareState
    # A panel that was opened from a record has none of these.
    _dataset: Dataset | None = None
    _backbone: Backbone | None = None
    _arms: Mapping[str, Arm] = {}
    _cells: Mapping[str, list[float]] = {}
    _saved = ""

    def __init__(
        self,
        task: Task | Dataset,
        backbone: Backbone,
        arms: Sequence[str | Arm] | None = None,
        labels_per_class: int | None = None,
        seeds: int = 10,
        predict: bool = False,
    ) -> None:
        dataset = task.dataset if isinstance(task, Task) else task
        if labels_per_class is None:
            labels_per_class = task.labels_per_class if isinstance(task, Task) else 1
        # Known ones in their own order, so that a start from nothing stands first; then those of the learner.
        kind = dataset.train.kind
        asked = {arm.name: arm for arm in chosen(arms, kind, backbone)}
        self._arms = {**_offered(kind, backbone, asked), **asked}
        self._dataset, self._backbone = dataset, backbone
        names = tuple(name for name in self._arms if name in asked)
        pair = transfer_pair({name: self._arms[name].pretrained for name in names})
        if predict and pair is None:
            raise PanelError(
                f"There is no transfer to guess about in the arms {', '.join(names)}.",
                "Choose one that starts from random numbers and one that starts from the network.",
            )
        about = {
            "dataset": dataset.name,
            "classes": len(dataset.classes),
            "backbone": backbone.name,
            "most_labels": int(dataset.train.counts().min()),
            "first_seed": task.seed if isinstance(task, Task) else 0,
            "arms": [
                {"name": arm.name, "label": arm.label, "pretrained": arm.pretrained}
                for arm in self._arms.values()
            ],
            **called(kind),
            "predict": bool(predict),
            "pair": list(pair) if pair is not None else None,
        }
        super().__init__(CompareState(names, labels_per_class, seeds), about)

    # For everybody

    def commit(self, guess: object, reason: object) -> Compare:
        """Commit to a guess before the result: by how many points transfer beats the start from nothing.

        Parameters
        ----------
        guess
            Points, from -100 to 100.
        reason
            Why, in words.

        Raises
        ------
        PanelError
            The guess or the reason does not fit, one was committed before, or the result is known already.
        """
        if self._pair is None:
            raise PanelError(
                "There is no transfer to guess about.", "Choose a scratch arm and a transfer arm."
            )
        with self._lock:
            self._state = gate.committed(
                self._state,
                guess,
                reason,
                self._pair,
                busy=self._busy(),
                known=self._outcome is not None and self._ran == self._state,
                anew="Change the labels per class to guess again.",
            )
            self._problem = None
        self._show()
        return self

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the record as JSON, whole or not at all.

        Parameters
        ----------
        path
            Where to; by default a new file beside the notebook.

        Raises
        ------
        PanelError
            Nothing was run yet.
        StoreError
            The folder cannot be written to.
        """
        if self._outcome is None:
            raise PanelError("There is no result to save yet.", "Run the comparison first.")
        ran = self._ran if self._ran is not None else self._state
        target = Path(path) if path is not None else free_name(self._about["dataset"], ran.labels_per_class)
        files.write_json(target, self.record())
        self._saved = (
            f"Saved as {target.name} in {target.resolve().parent}. Open it again with "
            f'panels.Compare.from_record("{target.name}").'
        )
        self._show()
        return target

    @property
    def result(self) -> Comparison:
        """The comparison of the last run.

        Raises
        ------
        GuessFirst
            The guess comes before the result.
        NotFinished
            Nothing was run yet, or the first run is going on.
        """
        if self._waits():
            raise gate.first()
        return super().result

    def run(self) -> Comparison:
        """Run every arm on every draw now and return the comparison; the kernel's interrupt stops it.

        Raises
        ------
        GuessFirst
            The guess comes before the result.
        PanelError
            A run is going on already.
        """
        return super().run()

    # Settings

    @property
    def _pair(self) -> tuple[str, str] | None:
        if self._about["predict"]:
            first, second = self._about["pair"]
            return first, second
        pretrained = {arm["name"]: arm["pretrained"] for arm in self._about["arms"]}
        return transfer_pair({name: pretrained[name] for name in self._state.arms})

    def _waits(self) -> bool:
        """Say whether the guess is still to come."""
        return bool(self._about["predict"]) and self._state.guess is None

    def _settable(self) -> tuple[str, ...]:
        return ("arms", "arm", "on", "labels_per_class", "seeds")

    def _changed(self, changes: dict[str, Any]) -> CompareState:
        self._cells = {}
        return choices.changed(self._state, changes, self._about)

    def _check(self, state: CompareState) -> CompareState:
        return choices.checked(state, self._about)

    def _anew(self) -> str:
        again = "or repeat it with compare.rerun(panel.result.record())"
        return "Make it anew with panels.Compare(task, net)" + (f", {again}." if self._result else ".")

    def _actions(self) -> Mapping[str, Callable[..., object]]:
        return {"commit": self.commit, "save": self.save}

    # The run

    def _begin(self) -> Job:
        if self._waits():
            raise gate.first()
        return super()._begin()

    def _work(self, job: Job) -> Comparison:
        assert self._dataset is not None  # else it was opened from a record and does not begin
        assert self._backbone is not None
        state, first = self._state, self._about["first_seed"]
        self._saved = ""
        cells: dict[str, list[float]] = {name: [] for name in state.arms}
        self._cells = cells
        labels = state.labels_per_class
        task = self._dataset.task(first) if labels is None else self._dataset.few_shot(labels, first)
        job.say("Starting", 0.0)
        running = compare.running(
            task,
            self._backbone,
            [self._arms[name] for name in state.arms],
            state.seeds,
            should_stop=job.should_stop,
        )
        try:
            while True:
                cell = next(running)
                # A list of its own for every picture of the panel: another thread may be drawing the last one.
                self._cells = {**self._cells, cell.arm: [*self._cells[cell.arm], cell.accuracy]}
                left = f" · {cell.left}" if cell.left else ""
                job.say(f"{cell.done} of {cell.of}: {cell.words}{left}", cell.done / cell.of, at_once=True)
        except StopIteration as finished:
            self._cells = {}
            comparison: Comparison = finished.value
            return comparison
        finally:
            if self._result is not None:  # after a stop, an earlier result is seen again
                self._cells = {}

    def _outcome_of(self, result: Comparison) -> dict[str, Any]:
        return {"comparison": result.record(), "provenance": result.provenance}

    def _result_of(self, outcome: dict[str, Any]) -> Comparison:
        return Comparison.from_record(outcome["comparison"])

    # What is shown

    def _title(self) -> str:
        return "Before and after"

    def _subtitle(self) -> str:
        return faces.subtitle(self._about, self._state)

    def _facts(self) -> faces.Facts:
        return faces.Facts(
            about=self._about,
            state=self._state,
            pair=self._pair,
            waits=self._waits(),
            cells=self._cells,
            found=self._result,
            provenance=self._outcome["provenance"] if self._outcome is not None else "",
            ran=self._ran,
            saved=self._saved,
        )

    def _view(self) -> dict[str, Any]:
        return faces.view(self._facts())

    def _twin(self) -> Sequence[Part]:
        return faces.twin(self._facts())


def _offered(kind: str, backbone: Backbone, asked: Mapping[str, Arm]) -> dict[str, Arm]:
    """Return the known arms that can be ticked; pixels where they were asked for or nothing else is untrained."""
    arms = {arm.name: arm for arm in possible(arms_for(kind).values(), backbone)}
    others = any(not arm.pretrained for name, arm in arms.items() if name not in IMAGE_ARMS)
    return {name: arm for name, arm in arms.items() if name in asked or name not in IMAGE_ARMS or not others}
