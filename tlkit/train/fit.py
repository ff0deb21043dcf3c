"""fit: train a head, or more, on a task, and prove what stayed as it was."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from tlkit.train.arguments import check_switches
from tlkit.train.job import Job
from tlkit.train.report import Bar, Epoch
from tlkit.train.run import Run

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Task
    from tlkit.freeze import Plan
    from tlkit.train.recipe import Recipe


def fit(
    backbone: Backbone,
    task: Task,
    plan: Plan | None = None,
    seed: int = 0,
    *,
    recipe: Recipe | None = None,
    device: str = "cpu",
    threads: int = 1,
    progress: bool = True,
    should_stop: Callable[[], bool] | None = None,
    test: bool = True,
) -> Run:
    """Train a copy of a backbone on a task and evaluate it once on the sealed test set.

    The same arguments give the same numbers on the same machine, whatever ran before: on the CPU bit for bit;
    a GPU's kernels may add in another order. The global random state of torch, numpy and Python is neither
    read nor changed.

    Parameters
    ----------
    backbone
        Where to start from; it is not changed.
    task
        From ``dataset.few_shot(labels_per_class, seed)`` or ``dataset.task()``.
    plan
        From ``freeze.plan``. None freezes everything strictly: feature extraction.
    seed
        Of the new head, the order of the batches, the augmentation at each step and dropout; not negative.
        Copies that are cached in its place are the same in every run, so that runs share them.
    recipe
        Every other choice. None takes ``Recipe.for_plan(plan)``.
    device
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``.
    threads
        Threads of the run, whatever torch is set to outside: the number changes the order of sums.
    progress
        Whether a terminal shows a bar.
    should_stop
        Asked before each step and batch; when it returns True the run ends at once.
    test
        False leaves the test set closed.

    Raises
    ------
    PlanError
        The plan belongs to another backbone, or allows changes that the recipe never makes.
    TrainingError
        Something of another kind was given, the task cannot be learned from, or the loss or the features
        became infinite or undefined.
    StoppedError
        ``should_stop`` returned True. Nothing is left half-written and the backbone is as before.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> run = fit(net, data.load("greek").few_shot(1, seed=0))
    >>> run.accuracy > 0.5
    True
    """
    check_switches(progress=progress)
    running = epochs(
        backbone,
        task,
        plan,
        seed,
        recipe=recipe,
        device=device,
        threads=threads,
        should_stop=should_stop,
        test=test,
    )
    bar = Bar(progress)
    try:
        while True:
            try:
                bar.show(next(running))
            except StopIteration as finished:
                run: Run = finished.value
                return run
    finally:
        running.close()
        bar.close()


def epochs(
    backbone: Backbone,
    task: Task,
    plan: Plan | None = None,
    seed: int = 0,
    *,
    recipe: Recipe | None = None,
    device: str = "cpu",
    threads: int = 1,
    should_stop: Callable[[], bool] | None = None,
    test: bool = True,
) -> Generator[Epoch, None, Run]:
    """Train as `fit` does, one `Epoch` at a time; the generator returns the `Run`.

    Arguments are checked at once, before the first epoch is asked for. Thread count and gradient mode are
    those of the run only while it works, not between two epochs.

    Parameters
    ----------
    backbone, task, plan, seed, recipe, device, threads, should_stop, test
        As in `fit`.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> running = epochs(backbones.load("zoo:resnet-letters"), data.load("greek").few_shot(1, seed=0))
    >>> [epoch.phase for epoch in running]
    ['head']
    """
    return Job(backbone, task, plan, seed, recipe, device, threads, should_stop, test).run()
