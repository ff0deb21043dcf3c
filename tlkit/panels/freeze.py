"""The Freeze panel: flip stages, train, and see what stayed frozen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tlkit import freeze, train
from tlkit.backbones.intake import expect_items
from tlkit.errors import PanelError
from tlkit.panels import facts, verdicts
from tlkit.panels.code import as_python
from tlkit.panels.expected import Expected, is_remembered
from tlkit.panels.freeze_choices import FreezeState, changed, checked
from tlkit.panels.look_inside import LookInside
from tlkit.panels.numbers import duration, percent
from tlkit.panels.panel import Panel
from tlkit.panels.presets import MODES, PRESETS, modes_of, offered, preset_named, preset_of
from tlkit.panels.refusals import from_a_record, problem
from tlkit.panels.things import things
from tlkit.panels.twin import Paragraph, Part, Pictures, Table
from tlkit.panels.worker import Job

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Task

_VIEWS = 8


class Freeze(Panel[FreezeState, train.Run]):
    """Choose what training may change, train, and see the seals.

    Parameters
    ----------
    backbone
        Where to start from; it is never changed.
    task
        From ``dataset.few_shot(labels_per_class, seed)``.
    seed
        Of the run.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> panel = Freeze(backbones.load("zoo:resnet-letters"), data.load("greek").few_shot(1, seed=0))
    >>> panel = panel.set(preset="last stage").set(stage="layer2", mode="weights only")
    >>> panel.plan.modes["layer2"]
    'weights_only'
    >>> panel.set(preset="feature extraction").run().accuracy > 0.5
    True
    """

    kind = "freeze"
    version = 1
    State = FreezeState
    # A panel that was opened from a record has none of these.
    _backbone: Backbone | None = None
    _task: Task | None = None
    _own: tuple[tuple[str, str], ...] | None = None
    _expected: Expected

    def __init__(self, backbone: Backbone, task: Task, seed: int = 0) -> None:
        expect_items(backbone, task.train, task.dataset.name)
        self._backbone, self._task = backbone, task
        self._expected = Expected(backbone, task)
        modes = tuple(modes_of("feature extraction", backbone.stages).items())
        super().__init__(FreezeState(modes, seed=seed), facts.about(backbone, task))

    # For everybody

    @property
    def plan(self) -> freeze.Plan:
        """The freeze plan that the toggles stand for."""
        return freeze.plan(self._needed()[0], dict(self._state.modes))

    @property
    def recipe(self) -> train.Recipe:
        """How the next run trains; the same as in :meth:`code`."""
        modes = dict(self._state.modes)
        recipe = train.Recipe.for_plan(modes, gradual=self._state.gradual)
        if things(self._about) == "texts":
            return recipe.for_items("texts")
        # A fixed number of augmented views can be remembered at the boundary; fresh ones at every step cannot.
        return (
            recipe.change(augmented_views=_VIEWS)
            if self._state.modes[0][1] == "strict" and recipe.steps
            else recipe
        )

    @property
    def code(self) -> str:
        """Python that makes the same plan and the same run."""
        return as_python(self._about, dict(self._state.modes), self._state.gradual, self._state.seed, _VIEWS)

    @property
    def _learns_in(self) -> str:
        """The mode of a stage that is switched to learn; records from before it was kept have one kind."""
        return str(self._about.get("learns_in", "trainable"))

    # Settings

    def _settable(self) -> tuple[str, ...]:
        return ("stage", "mode", "learns", "preset", "modes", "seed")

    def _presets(self) -> dict[str, tuple[str, str]]:
        return offered([int(stage["parameters"]) for stage in self._about["stages"]])

    def _changed(self, changes: dict[str, Any]) -> FreezeState:
        if "preset" in changes and preset_named(changes["preset"]) not in self._presets():
            raise PanelError(
                f"{PRESETS[preset_named(changes['preset'])][0]} does nothing of its own here: too few stages have"
                " numbers that could learn.",
                f"Choose one of {', '.join(self._presets())}.",
            )
        state = changed(self._state, changes, self._own, self._learns_in)
        if preset_of(dict(state.modes), state.gradual, self._learns_in) == "your own":
            self._own = state.modes
        return state

    def _check(self, state: FreezeState) -> FreezeState:
        return checked(state, [stage["name"] for stage in self._about["stages"]])

    # The run

    def _anew(self) -> str:
        return "Make it anew with panels.Freeze(net, task); panel.code says how."

    def _needed(self) -> tuple[Backbone, Task]:
        if self._backbone is None or self._task is None:
            raise from_a_record(self._anew())
        return self._backbone, self._task

    def _work(self, job: Job) -> train.Run:
        backbone, task = self._needed()
        plan, recipe, since = self.plan, self.recipe, time.perf_counter()
        remembered = is_remembered(plan, recipe, len(task.train))
        job.say("Running the frozen stages once" if remembered else "Starting")
        running = train.epochs(
            backbone, task, plan, self._state.seed, recipe=recipe, should_stop=job.should_stop
        )
        while True:
            try:
                epoch = next(running)
            except StopIteration as finished:
                run: train.Run = finished.value
                break
            right = f"{100 * epoch.train_accuracy:.0f} % of the training {things(self._about)} right"
            job.say(f"Training {epoch.phase}: {right}", epoch.index / epoch.of)
        # Asked here, not when the result is drawn: it runs the network.
        job.say("Asking the old task again", 1.0)
        _ = run.old_head
        self._expected.learn(plan, recipe, time.perf_counter() - since)
        return run

    def _outcome_of(self, result: train.Run) -> dict[str, Any]:
        self._inside.forget()
        return verdicts.outcome(result, self._about)

    # Looking inside the last run

    @cached_property
    def _inside(self) -> LookInside:
        return LookInside(self._looked)

    def _actions(self) -> Mapping[str, Callable[..., object]]:
        if self._busy():
            raise PanelError("A run is going on.", "Look inside after its end.")
        return self._inside.actions(self._result, self._outcome)

    def _looked(self, error: BaseException | None, to_save: bool) -> None:
        self._problem = None if error is None else problem(error)
        self._show()
        if to_save:
            self._update_outputs()

    # What is shown

    def _title(self) -> str:
        return "Freeze"

    def _subtitle(self) -> str:
        return str(self._about["subtitle"])

    def _labels(self) -> dict[str, str]:
        return {"run": "Train", "again": "Train again", "stop": "Stop", "stopping": "Stopping"}

    def _pictures(self) -> dict[str, str]:
        return {"sample": self._about["sample"]["picture"], **self._inside.pictures}

    def _counts(self) -> dict[str, Any]:
        """Count what learns and what is remembered under the present settings."""
        head = int(self._about["head"]["parameters"])
        stages = {stage["name"]: stage for stage in self._about["stages"]}
        learns = head + sum(
            stage["affine"] if mode == "train_bn" else stage["parameters"] if mode in freeze.LEARNING else 0
            for stage, mode in ((stages[name], mode) for name, mode in self._state.modes)
        )
        work = sum(stage["multiply_adds"] for stage in stages.values())
        remembered = sum(stages[name]["multiply_adds"] for name, _ in self._state.modes[: self._prefix()])
        return {
            "learns": learns,
            "of": head + sum(stage["parameters"] for stage in stages.values()),
            # What only looks up words counts no work.
            "remembered": remembered / work if work else float(self._prefix() == len(self._state.modes)),
        }

    def _prefix(self) -> int:
        """Count the stages that run once; none where every step sees new pictures."""
        modes = [mode for _, mode in self._state.modes]
        strict = next((place for place, mode in enumerate(modes) if mode != "strict"), len(modes))
        if self._backbone is not None:
            strict = len(self.plan.cacheable)  # knows what else keeps a stage from being remembered
        only_head = all(mode == "strict" for mode in modes)
        recipe = self.recipe
        still = only_head or not recipe.augmentation or recipe.views_for(int(self._about["items"])) > 0
        return strict if still else 0

    def _warnings(self) -> list[str]:
        if self._backbone is None:
            return []
        plan = self.plan
        return [*plan.warnings, *plan.coincides]

    def _view(self) -> dict[str, Any]:
        counts, modes = self._counts(), dict(self._state.modes)
        preset, presets = preset_of(modes, self._state.gradual, self._learns_in), self._presets()
        preset = preset if preset in presets else "your own"
        return {
            "sample": {name: one for name, one in self._about["sample"].items() if name != "picture"},
            "presets": [
                {"name": name, "label": label, "title": title} for name, (label, title) in presets.items()
            ],
            "preset": preset,
            "preset_words": PRESETS[preset][1],
            "modes": [{"name": name, "label": label} for name, (label, _) in MODES.items()],
            "stages": [facts.stage_view(stage, modes[stage["name"]]) for stage in self._about["stages"]],
            "head": facts.head_view(self._about["head"]),
            "bound": self._bound(),
            "counts": {
                "learns": f"{counts['learns']:,}",
                "of": f"of {counts['of']:,} numbers",
                "share": counts["learns"] / counts["of"],
                "remembered": percent(counts["remembered"]),
                **self._seconds(),
            },
            "warnings": self._warnings(),
            "code": self.code,
            "outcome": verdicts.view(self._outcome) if self._outcome is not None else None,
            "inside": self._inside.view(self._result is not None, things(self._about)),
            "stale_words": "These results belong to an earlier choice. Train again to see this one.",
        }

    def _bound(self) -> dict[str, Any]:
        """Say which stages run once, and what the rest does."""
        stages = self._prefix()
        return {
            "stages": stages,
            "words": "remembered" if stages == 1 else "runs once, then remembered",
            "rest": "trained" if stages == len(self._state.modes) else "runs at every step",
        }

    def _seconds(self) -> dict[str, str]:
        if self._backbone is None:
            return {"seconds": "", "seconds_source": ""}
        plan, recipe = self.plan, self.recipe
        seconds = self._expected.seconds(plan, recipe)
        return {"seconds": duration(seconds), "seconds_source": self._expected.source(plan, recipe)}

    def _twin(self) -> Sequence[Part]:
        counts, modes = self._counts(), dict(self._state.modes)
        sample = self._about["sample"]
        rows = [
            (stage["name"], f"{stage['parameters']:,}", MODES[modes[stage["name"]]][0])
            for stage in self._about["stages"]
        ]
        head = self._about["head"]
        parts: list[Part] = [
            Paragraph(f"{sample['alt']}.")
            if things(self._about) == "texts"
            else Pictures([(sample["picture"], sample["alt"])]),
            Table(
                ["stage", "numbers", "mode"], [*rows, ("head", f"{head['parameters']:,}", "trainable, new")]
            ),
            Paragraph(
                f"Learns {counts['learns']:,} of {counts['of']:,} numbers; "
                f"{percent(counts['remembered'])} of the backbone's work is done once and remembered."
            ),
            *(Paragraph(words) for words in self._warnings()),
        ]
        if self._outcome is not None and self._ran == self._state:
            parts += [*verdicts.twin(self._outcome), *self._inside.twin()]
        return parts
