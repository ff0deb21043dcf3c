"""Comparing: from arms, draws and a backbone to a finished comparison, cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tlkit.compare.arms import Arm
from tlkit.compare.cell import Cell
from tlkit.compare.comparison import Comparison
from tlkit.compare.left import Left
from tlkit.compare.progress import Progress, drained
from tlkit.compare.setup import Setup, is_whole, prepare
from tlkit.compare.store import Store
from tlkit.errors import ComparisonError

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.compare.measure import Order
    from tlkit.data import Dataset, Task


def cells(
    setup: Setup, should_stop: Callable[[], bool] | None = None
) -> Generator[Progress, None, list[Cell]]:
    """Measure what is not in the store, yield each finished cell, and return all of them.

    Parameters
    ----------
    setup
        From `prepare`.
    should_stop
        Asked about twenty times a second.
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
            yield Progress.after(done, of, store.problem if store is not None else "")
    keys = {(order.arm.name, order.task.seed, order.task.labels_per_class): order.key for order in missing}
    left = Left(missing)
    measured = spread(missing, setup.n_jobs, should_stop)
    try:
        for one in measured:
            cell = one.cell
            setup.dataset.test.absorb(one.openings)
            if store is not None and one.storable:
                store.put(keys[cell.arm, cell.seed, cell.labels_per_class], cell)
            done.append(cell)
            problem = store.problem if store is not None else ""
            yield Progress.after(done, of, problem, left.after(cell))
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
        Asked about twenty times a second; when it returns True the comparison ends within half a second.
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
        _one_number(labels_per_class),
        tune=tune,
        level=level,
        store=store,
        n_jobs=n_jobs,
        device=device,
    )
    return _one(setup, should_stop)


def _one_number(labels_per_class: int | None) -> tuple[int, ...]:
    if labels_per_class is None:
        return ()
    if not is_whole(labels_per_class):
        raise ComparisonError(
            f"labels_per_class is {labels_per_class!r}, but a comparison has one whole number of them.",
            "For several numbers take compare.curve(..., labels_per_class=[1, 2, 5]).",
        )
    return (int(labels_per_class),)


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

    Every arm sees the same draws and, where it can use it, the same augmentation. Recipes are fixed; they were
    chosen on four tasks (`tlkit.train.recipe.CHOSEN_ON`), and the notes say if this is one of them. ``scratch``
    takes at least four times the steps of fine-tuning, in batches half as large; `Recipe` tells what more of them
    gained, and the arm ``scratch-long`` takes three times as many and shows what they gain here. Every cell trains
    with one thread, so that it gives the same numbers here and in another process.

    Parameters
    ----------
    task
        A data set, or a draw of it: then the draws are that one and the ones with the following seeds.
    backbone
        What the transfer arms start from; the others take its architecture.
    arms
        Names (see `arm_names`) or `Arm` objects, the one that is to be beaten first. None takes scratch,
        random-frozen, frozen and fine-tuned, as far as the network allows; ``pixels``, of texts ``tf-idf``, is a
        baseline that needs no network.
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
        to do; 1 stays in this process. Inside ``joblib.parallel_config(backend="dask")`` the cells are measured
        on that cluster, see docs/clusters.md.
    device
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``.
    progress
        Whether a terminal or a notebook shows how far it is.

    Raises
    ------
    ComparisonError
        Arms, seeds, a plan or a backbone that cannot be compared, or several numbers of labels; or processes that
        measured died. What they had finished is in the store.
    PlanError
        An arm's plan allows changes that its recipe never makes.
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
    found: Comparison = drained(going, progress)
    return found


def _named(cell: Cell, order: Order) -> Cell:
    return replace(cell, arm=order.arm.name, labels_per_class=order.task.labels_per_class)
