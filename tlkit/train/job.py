"""Job: one run in the making, phase by phase."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from tlkit import freeze
from tlkit.errors import StoppedError, TrainingError, expect_whole
from tlkit.train.answers import scores
from tlkit.train.arguments import (
    check_parts,
    check_stop,
    check_switches,
    check_together,
    open_stages,
    plan_for,
)
from tlkit.train.batches import CachedRows, Source, raw_items
from tlkit.train.device import resolve_device
from tlkit.train.features import Activations, CacheLimitError, Views, boundary_activations
from tlkit.train.finetune import report_every, train_steps
from tlkit.train.head import solve_head
from tlkit.train.memory import written_down
from tlkit.train.recipe import Recipe
from tlkit.train.report import Epoch
from tlkit.train.run import Run
from tlkit.train.threads import threads as thread_count
from tlkit.train.work import Work, first_trained

if TYPE_CHECKING:
    from tlkit.backbones import Backbone, Network
    from tlkit.data import Split, Task
    from tlkit.freeze import Plan


_MOST_THREADS = 1024


class Job:
    """One run in the making."""

    def __init__(
        self,
        backbone: Backbone,
        task: Task,
        plan: Plan | None,
        seed: int,
        recipe: Recipe | None,
        device: str,
        threads: int,
        should_stop: Callable[[], bool] | None,
        test: bool,
    ) -> None:
        check_parts(backbone, task, recipe)
        check_stop(should_stop)
        check_switches(test=test)
        self.seed = expect_whole("seed", seed, 0, TrainingError)
        self.threads = expect_whole("threads", threads, 1, TrainingError, _MOST_THREADS)
        self.backbone = backbone
        self.task = task
        # A copy: a plan remembers where it is in force, and the caller's must not learn of our network.
        self.plan = copy.deepcopy(plan_for(backbone, plan))
        self.open_stages = open_stages(self.plan)
        self.recipe = (Recipe.for_plan(self.plan) if recipe is None else recipe).for_items(task.train.kind)
        self.device = resolve_device(device)
        self._stop = should_stop
        self.test = test
        labels = task.train.labels
        self.steps = self.recipe.steps_for(len(labels))
        check_together(task, self.plan, self.recipe)
        self.seeds = [
            int(word >> 1) for word in np.random.SeedSequence(self.seed).generate_state(4, np.uint64)
        ]
        self.history: list[Epoch] = []
        self._cached: Activations | None = None
        self._cut: list[int] = []
        self.seconds = 0.0
        self._since = 0.0

    def check(self) -> None:
        if self._stop is not None and self._stop():
            raise StoppedError("The run was stopped on request.", "The backbone is as it was before.")

    def elapsed(self) -> float:
        return self.seconds + time.perf_counter() - self._since

    def run(self) -> Generator[Epoch, None, Run]:
        work = self._work()
        while True:
            with (
                thread_count(self.threads),
                torch.inference_mode(False),
                torch.enable_grad(),
                written_down(self._cut),
            ):
                self._since = time.perf_counter()
                try:
                    epoch = next(work)
                except StopIteration as finished:
                    run: Run = finished.value
                    return run
                finally:
                    self.seconds = self.elapsed()
            yield epoch

    def _work(self) -> Generator[Epoch, None, Run]:
        self.check()
        recipe, task, plan = self.recipe, self.task, self.plan
        head_seed, _, step_seed, augment_seed = self.seeds
        work = Work(self.backbone, len(task.classes))
        network = self.backbone.with_head(len(task.classes), seed=head_seed)
        network.to(self.device)
        network.to(memory_format=torch.channels_last)
        seal = freeze.seal(network)
        plan.apply(network)
        source, cached = self._source(network, augment_seed, work)

        strength = "no convex head"
        stages = self._phases()
        total = self._count_reports(len(source), stages) + (recipe.head_solver == "convex")
        if recipe.head_solver == "convex":
            rows, items = self._head_rows(network, source, work)
            solved = solve_head(
                rows,
                task.train.labels[items],
                len(task.classes),
                recipe.head_strength,
                groups=items,
                should_stop=self.check,
            )
            assert isinstance(network.head, torch.nn.Linear)  # with_head makes no other
            solved.copy_into(network.head)
            strength = f"{solved.strength:g}, {solved.chosen}"
            given = solved.scores(rows).argmax(axis=1)
            right = float((given == task.train.labels[items]).mean())
            yield self._tell(total, solved.loss, right, "head")

        generator = torch.Generator().manual_seed(step_seed)
        steps_done = 0
        for number, opened in enumerate(stages):
            steps = self._steps_of(number, len(stages))
            self._phase_plan(opened).apply(network)
            phase = ", ".join([*opened, "head"])
            first = first_trained(network)
            for progress in train_steps(network, source, recipe, steps, generator, self.check):
                steps_done += progress.steps
                work.trained(progress.items, source.start, first)
                yield self._tell(total, progress.loss, progress.accuracy, phase)
        if stages:
            plan.apply(network)
        network.eval()
        report = seal.check(network, seen=self.backbone.transform.rows_seen(task.train))
        trained = self.elapsed()
        split, answers = self._evaluate(network)
        return Run(
            backbone=self.backbone,
            task=task,
            plan=plan,
            recipe=recipe,
            seed=self.seed,
            threads=self.threads,
            device=str(self.device),
            model=network,
            history=tuple(self.history),
            seal=report,
            predictions=None if answers is None else np.asarray(answers.argmax(axis=1)),
            test_labels=None if split is None else split.labels,
            openings=task.test.openings,
            steps=steps_done,
            trainable_parameters=sum(p.numel() for p in network.parameters() if p.requires_grad),
            multiply_adds=work.multiply_adds,
            seconds=trained,
            cached=cached,
            head_strength=strength,
            scores=answers,
            test_items=split,
            at_once=min(self._cut, default=None),
        )

    def _views(self) -> Views:
        return Views(self.recipe.views_for(len(self.task.train)), self.recipe.augmentation)

    def _activations(
        self, network: Network, split: Split, boundary: str, views: Views | None = None
    ) -> Activations:
        return boundary_activations(
            network,
            self.backbone.transform,
            split,
            boundary,
            views=views,
            device=self.device,
            should_stop=self.check,
        )

    def _source(self, network: Network, augment_seed: int, work: Work) -> tuple[Source, str]:
        """Choose where the steps begin: at cached activations or at the items."""
        recipe, split = self.recipe, self.task.train
        views = self._views()
        raw = "at the pictures" if split.kind == "images" else f"at the {split.kind}"
        random = recipe.augmentation > 0 and views.count == 0 and self.steps > 0
        if recipe.cache == "never":
            why = f"{raw}: the recipe does not cache"
        elif not self.plan.cacheable:
            why = f"{raw}: the first stage is not frozen strictly"
        elif random:
            why = f"{raw}: each step augments them afresh, so that there is nothing to cache"
        else:
            boundary = self.plan.boundary
            try:
                found = self._activations(network, split, boundary, views)
            except CacheLimitError as error:
                if recipe.cache == "always":
                    raise
                why = f"{raw}. {error.what}"
            else:
                work.passed(len(found), None, boundary)
                text = f"at activations cached before {boundary}"
                if views.count:
                    text += f", {views.count} augmented views of each item and the item itself"
                self._cached = found
                return CachedRows(found, split.labels, boundary, self.device), text
        generator = torch.Generator().manual_seed(augment_seed)
        strength = recipe.augmentation if self.steps else 0.0
        return raw_items(split, self.backbone.transform, strength, generator, self.device), why

    def _head_rows(
        self, network: Network, source: Source, work: Work
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the features of the network as it is, and which item each row shows."""
        found = self._cached
        if found is None or source.start != "head":
            found = self._activations(network, self.task.train, "head", self._views())
            work.passed(len(found), source.start, "head")
        return found.values, found.items

    def _phases(self) -> list[list[str]]:
        """Return the stages that are open in each phase of steps."""
        if not self.steps:
            return []
        if not self.recipe.gradual or not self.open_stages:
            return [self.open_stages]
        return [self.open_stages[-count:] for count in range(1, len(self.open_stages) + 1)]

    def _phase_plan(self, opened: list[str]) -> Plan:
        closed = {name: "strict" for name in self.open_stages if name not in opened}
        if not closed:
            return self.plan
        return freeze.plan(self.backbone, {**self.plan.modes, **closed})

    def _steps_of(self, phase: int, phases: int) -> int:
        return self.steps // phases + (phase < self.steps % phases)

    def _count_reports(self, items: int, stages: list[list[str]]) -> int:
        count = 0
        for phase in range(len(stages)):
            steps = self._steps_of(phase, len(stages))
            count += math.ceil(steps / report_every(items, self.recipe.batch_size, steps)) if steps else 0
        return count

    def _tell(self, of: int, loss: float, accuracy: float, phase: str) -> Epoch:
        epoch = Epoch(len(self.history) + 1, of, loss, accuracy, self.elapsed(), phase)
        self.history.append(epoch)
        return epoch

    def _evaluate(self, network: Network) -> tuple[Split | None, NDArray[np.float32] | None]:
        if not self.test:
            return None, None
        why = f"final evaluation of {self.recipe.name} on {self.task.name}, seed {self.seed}"
        split = self.task.test.open(why)
        return split, scores(network, self._without_augmentation(network, split), self.check)

    def _without_augmentation(self, network: Network, split: Split) -> Source:
        if self.plan.cacheable and self.recipe.cache != "never":
            boundary = self.plan.boundary
            with suppress(CacheLimitError):  # then from the pictures on
                found = self._activations(network, split, boundary)
                return CachedRows(found, split.labels, boundary, self.device)
        return raw_items(split, self.backbone.transform, 0.0, torch.Generator(), self.device)
