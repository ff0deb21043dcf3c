"""Comparing: from arms, draws and a backbone to a finished comparison, cell by cell."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import tlkit
from tlkit.compare.arms import Arm, chosen
from tlkit.compare.cell import Cell
from tlkit.compare.comparison import Comparison, collect
from tlkit.compare.store import Store
from tlkit.errors import ComparisonError

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.compare.measure import Order
    from tlkit.data import Dataset, Task

LabelsPerClass = int | None


@dataclass(frozen=True)
class Progress:
    """One finished cell.

    Parameters
    ----------
    arm, seed, labels_per_class
        Which one.
    accuracy
        Share of the test items that is right, 0 to 1.
    done, of
        How many cells are finished, of how many.
    seconds
        Of its training.
    from_store
        Whether it was measured before and taken from the store.
    problem
        What went wrong with the store, in words; empty if nothing did.

    Examples
    --------
    >>> print(Progress("frozen", 2, 1, 0.831, 3, 20, 0.4))
    frozen, draw 2, 1 label per class: 83.1 %
    """

    arm: str
    seed: int
    labels_per_class: int | None
    accuracy: float
    done: int
    of: int
    seconds: float
    from_store: bool = False
    problem: str = ""

    @property
    def words(self) -> str:
        """The cell in words."""
        count = self.labels_per_class
        labels = "all labels" if count is None else f"{count} label{'' if count == 1 else 's'} per class"
        before = " (measured before)" if self.from_store else ""
        return f"{self.arm}, draw {self.seed}, {labels}: {100 * self.accuracy:.1f} %{before}"

    def __str__(self) -> str:
        return self.words


@dataclass
class Setup:
    """A comparison that was checked and can begin, over one or several numbers of labels."""

    dataset: Dataset
    backbone: Backbone
    arms: tuple[Arm, ...]
    labels_per_class: tuple[LabelsPerClass, ...]
    seeds: tuple[int, ...]
    tune: bool
    level: float
    store: Store | None
    n_jobs: int | None
    device: str
    orders: list[Order] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def comparison(self, cells: Iterable[Cell], labels_per_class: LabelsPerClass) -> Comparison:
        """Return the comparison with so many labels per class."""
        from tlkit.compare.measure import THREADS, described

        mine = [cell for cell in cells if cell.labels_per_class == labels_per_class]
        first = {order.arm.name: order for order in reversed(self.orders)}
        arms = [described(first[arm.name]) for arm in self.arms]
        origin = {
            "tlkit": tlkit.__version__,
            "versions": _versions(),
            "machine": platform.machine(),
            "dataset": self.dataset.fingerprint,
            "backbone": self.backbone.fingerprint,
            "tasks": {cell.seed: cell.task for cell in mine},
            "arms": arms,
            "tune": self.tune,
            "threads": THREADS,
            "device": self.device,
            "from_store": sum(cell.from_store for cell in mine),
            # One for each cell that was measured now; and all that this data set object remembers.
            "openings": sum(not cell.from_store for cell in mine),
            "openings_of_the_test_set": self.dataset.test.openings,
            "problem": self.store.problem if self.store is not None else "",
        }
        origin["tasks"] = {str(seed): task for seed, task in origin["tasks"].items()}
        return collect(
            arms,
            mine,
            dataset=self.dataset.name,
            backbone=self.backbone.name,
            labels_per_class=labels_per_class,
            classes=len(self.dataset.classes),
            seeds=self.seeds,
            level=self.level,
            notes=self.notes,
            origin=origin,
        )


def prepare(
    task: Task | Dataset,
    backbone: Backbone,
    arms: Sequence[str | Arm] | None,
    seeds: int | Sequence[int],
    labels_per_class: LabelsPerClass | Sequence[int],
    *,
    tune: bool = False,
    level: float = 0.95,
    store: bool | Store | str | Path | None = True,
    n_jobs: int | None = None,
    device: str = "cpu",
) -> Setup:
    """Check everything that can be checked before anything is trained, and draw the tasks.

    Parameters
    ----------
    task, backbone, arms, seeds, labels_per_class, tune, level, store, n_jobs, device
        As in `run`; several numbers of labels make a curve.

    Raises
    ------
    ComparisonError, UnknownNameError, DataError
        What does not fit, with its cure.
    """
    from tlkit.backbones import Backbone
    from tlkit.compare.measure import Order
    from tlkit.data import Dataset, Task
    from tlkit.train.device import resolve_device

    if not isinstance(backbone, Backbone):
        raise ComparisonError(
            f"The backbone is a {type(backbone).__name__}.",
            "Load one with backbones.load(name), or make one of your own module with backbones.wrap(module, ...).",
        )
    if not isinstance(task, Task | Dataset):
        raise ComparisonError(
            f"The task is a {type(task).__name__}.",
            "Give a data set, data.load(name), or a draw of it, dataset.few_shot(labels_per_class, seed).",
        )
    found = chosen(arms)
    dataset = task.dataset if isinstance(task, Task) else task
    counts: list[LabelsPerClass]
    if isinstance(labels_per_class, Sequence):
        counts = list(labels_per_class)
    elif labels_per_class is None:
        counts = [task.labels_per_class if isinstance(task, Task) else 1]
    else:
        counts = [labels_per_class]
    draws = _seeds(seeds, task.seed if isinstance(task, Task) else 0)
    if not 0 < level < 1:
        raise ComparisonError(f"level is {level!r}, expected a share between 0 and 1.", "Give 0.95.")
    if isinstance(n_jobs, bool) or not (n_jobs is None or isinstance(n_jobs, int | np.integer)) or n_jobs == 0:
        raise ComparisonError(f"n_jobs is {n_jobs!r}.", "Give a number of processes, or -1 for one per processor.")
    resolve_device(device)
    notes = list(backbone.transform.notes((len(dataset.test), *dataset.train.images.shape[1:])))
    setup = Setup(
        dataset, backbone, found, tuple(counts), draws, bool(tune), float(level), _store(store), n_jobs, device
    )
    for count in counts:
        for seed in draws:
            drawn = dataset.task(seed) if count is None else dataset.few_shot(count, seed)
            if isinstance(task, Task) and (count, seed) == (task.labels_per_class, task.seed):
                _same_draw(task, drawn)
            setup.orders += [Order(arm, drawn, backbone, bool(tune), device) for arm in found]
    for arm in found:
        arm.plan_for(backbone)
        arm.recipe_for(backbone)
    setup.notes = tuple([*notes, *_notes(setup)])
    return setup


def cells(setup: Setup, should_stop: Callable[[], bool] | None = None) -> Generator[Progress, None, list[Cell]]:
    """Measure what is not in the store, yield each finished cell, and return all of them.

    Parameters
    ----------
    setup
        From `prepare`.
    should_stop
        Asked about ten times a second.
    """
    from tlkit.compare.spread import spread

    store, of = setup.store, len(setup.orders)
    done: list[Cell] = []
    missing: list[Order] = []
    for order in setup.orders:
        cell = store.get(order.key, len(order.task.test)) if store is not None else None
        if cell is None or cell.task != order.task.fingerprint:
            missing.append(order)
        else:
            # Equal work is stored once, whatever the arm is called.
            done.append(_named(cell, order))
            yield _progress(done, of, store)
    keys = {(order.arm.name, order.task.seed, order.task.labels_per_class): order.key for order in missing}
    measured = spread(missing, setup.n_jobs, should_stop)
    try:
        for one in measured:
            cell = one.cell
            setup.dataset.test.absorb(one.openings)
            if store is not None:
                store.put(keys[cell.arm, cell.seed, cell.labels_per_class], cell)
            done.append(cell)
            yield _progress(done, of, store)
    finally:
        measured.close()
    return done


def running(
    task: Task | Dataset,
    backbone: Backbone,
    arms: Sequence[str | Arm] | None = None,
    seeds: int | Sequence[int] = 10,
    *,
    labels_per_class: int | None = None,
    tune: bool = False,
    level: float = 0.95,
    store: bool | Store | str | Path | None = True,
    n_jobs: int | None = None,
    device: str = "cpu",
    should_stop: Callable[[], bool] | None = None,
) -> Generator[Progress, None, Comparison]:
    """Compare as `run` does, one finished cell at a time; the generator returns the `Comparison`.

    Arguments are checked at once, before the first cell is asked for. Closing the generator stops what is
    going on.

    Parameters
    ----------
    task, backbone, arms, seeds, labels_per_class, tune, level, store, n_jobs, device
        As in `run`.
    should_stop
        Asked about ten times a second; when it returns True the comparison ends within half a second.
        What is finished is in the store, and a new run goes on from there.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> going = running(data.load("greek"), net, ["random-frozen", "frozen"], seeds=2)
    >>> [(cell.done, cell.of) for cell in going]
    [(1, 4), (2, 4), (3, 4), (4, 4)]
    """
    setup = prepare(
        task,
        backbone,
        arms,
        seeds,
        labels_per_class,
        tune=tune,
        level=level,
        store=store,
        n_jobs=n_jobs,
        device=device,
    )
    return _one(setup, should_stop)


def _one(setup: Setup, should_stop: Callable[[], bool] | None) -> Generator[Progress, None, Comparison]:
    done = yield from cells(setup, should_stop)
    return setup.comparison(done, setup.labels_per_class[0])


def run(
    task: Task | Dataset,
    backbone: Backbone,
    arms: Sequence[str | Arm] | None = None,
    seeds: int | Sequence[int] = 10,
    *,
    labels_per_class: int | None = None,
    tune: bool = False,
    level: float = 0.95,
    store: bool | Store | str | Path | None = True,
    n_jobs: int | None = None,
    device: str = "cpu",
    progress: bool = True,
) -> Comparison:
    """Compare ways to solve a task on the same draws of few labels and the same sealed test set.

    Every arm sees the same draws and, where it can use it, the same augmentation. Recipes are fixed and were
    chosen on other tasks; arms that start from random weights train until more steps no longer help, which
    the arm ``scratch-long`` checks with three times as many. Every cell trains with one thread, so that it
    gives the same numbers here and in another process.

    Parameters
    ----------
    task
        A data set, or a draw of it: then the draws are that one and the ones with the following seeds.
    backbone
        What the transfer arms start from; the others take its architecture.
    arms
        Names (see `arm_names`) or `Arm` objects, the one that is to be beaten first. None takes scratch,
        random-frozen, frozen and fine-tuned.
    seeds
        How many draws, or their seeds. One draw says nothing about other draws; the verdict then says so.
    labels_per_class
        None takes the task's, or 1 for a data set.
    tune
        Chooses the recipe of each arm by cross-validation inside the labels, with equally many tries for
        each, instead of a fixed one. With one label per class there is nothing to choose with.
    level
        Of the intervals.
    store
        Finished cells are kept in ``files.cache_folder() / "cells"`` and taken from there when everything is
        the same: an interrupted comparison goes on where it was. A path or `Store` for another place; False
        measures everything anew.
    n_jobs
        Processes. None takes what ``joblib.parallel_config`` says, else one per processor if there is enough
        to do; 1 stays in this process.
    device
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``.
    progress
        Whether a terminal shows a bar.

    Raises
    ------
    ComparisonError
        Arms, seeds, a plan or a backbone that cannot be compared.
    UnknownNameError
        There is no such arm; the nearest is named.
    DataError
        There are fewer labels than were asked for, or the network refuses such images.
    TrainingError
        A training went wrong.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> card = run(data.load("greek"), net, ["random-frozen", "frozen"], seeds=2, progress=False)
    >>> card.arms, card.seeds, card.labels_per_class
    (('random-frozen', 'frozen'), (0, 1), 1)
    """
    going = running(
        task,
        backbone,
        arms,
        seeds,
        labels_per_class=labels_per_class,
        tune=tune,
        level=level,
        store=store,
        n_jobs=n_jobs,
        device=device,
    )
    return drained(going, progress)


def drained(going: Generator[Progress, None, Any], progress: bool) -> Any:
    """Run a generator of progress to its end, with a bar where there is a terminal, and return its result."""
    bar = None
    try:
        while True:
            try:
                one = next(going)
            except StopIteration as finished:
                return finished.value
            if progress and sys.stderr.isatty():
                from tqdm import tqdm

                bar = bar or tqdm(total=one.of, leave=False, unit="cell")
                bar.set_description(one.words)
                bar.update(one.done - bar.n)
    finally:
        going.close()
        if bar is not None:
            bar.close()


def _progress(done: list[Cell], of: int, store: Store | None) -> Progress:
    cell = done[-1]
    problem = store.problem if store is not None else ""
    return Progress(
        cell.arm,
        cell.seed,
        cell.labels_per_class,
        cell.accuracy,
        len(done),
        of,
        cell.seconds,
        cell.from_store,
        problem,
    )


def _named(cell: Cell, order: Order) -> Cell:
    from dataclasses import replace

    return replace(cell, arm=order.arm.name, labels_per_class=order.task.labels_per_class)


def _seeds(seeds: int | Sequence[int], first: int) -> tuple[int, ...]:
    if isinstance(seeds, int | np.integer) and not isinstance(seeds, bool):
        if seeds < 1:
            raise ComparisonError(f"seeds is {seeds}.", "Give at least 2 draws, so that an interval can be formed.")
        return tuple(range(first, first + int(seeds)))
    try:
        draws = tuple(seeds)  # type: ignore[arg-type]  # what cannot be iterated is refused below
    except TypeError:
        draws = ()
    whole = all(isinstance(one, int | np.integer) and not isinstance(one, bool) and one >= 0 for one in draws)
    if not draws or not whole or len(set(draws)) < len(draws):
        raise ComparisonError(
            f"seeds is {seeds!r}.", "Give a number of draws, or a list of different whole numbers like [0, 1, 2]."
        )
    return tuple(int(one) for one in draws)


def _store(store: bool | Store | str | Path | None) -> Store | None:
    if store is None or store is False:
        return None
    if isinstance(store, Store):
        return store
    return Store() if store is True else Store(store)


def _same_draw(given: Task, drawn: Task) -> None:
    if given.fingerprint != drawn.fingerprint:
        raise ComparisonError(
            f"The labels of this task are not those that {given.dataset.name}.few_shot draws with seed {given.seed}.",
            "Give the data set itself: a comparison draws its tasks anew for each seed.",
        )


def _notes(setup: Setup) -> list[str]:
    if setup.tune:
        from tlkit.compare.tuning import TRIES

        notes = [f"Recipes: chosen for each arm inside its labels, {TRIES} tries each, by cross-validation."]
        if any(count == 1 for count in setup.labels_per_class):
            notes.append("With 1 label per class there is nothing to choose with: fixed recipes were used.")
    else:
        own = [arm.name for arm in setup.arms if arm.recipe is not None]
        given = f", but given by hand for {', '.join(own)}" if own else ""
        notes = [f"Recipes: fixed, chosen on other tasks; the same augmentation for all{given}."]
    if len(setup.seeds) == 1:
        notes.append("One draw only: the intervals cover other test items, not other draws. Take more seeds.")
    return notes


def _versions() -> dict[str, str]:
    import torch

    return {
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
