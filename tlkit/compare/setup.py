"""Setup: everything about a comparison that can be checked before anything is trained."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import tlkit
from tlkit.compare.arms import Arm
from tlkit.compare.cell import Cell
from tlkit.compare.choosing import chosen
from tlkit.compare.comparison import Comparison
from tlkit.compare.notes import notes_of
from tlkit.compare.result import ArmResult
from tlkit.compare.store import Store
from tlkit.errors import ComparisonError, WeightsError

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.compare.measure import Order
    from tlkit.data import Dataset, Task

LabelsPerClass = int | None


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
            "tasks": {str(cell.seed): cell.task for cell in mine},
            # Not trust: whoever runs a record of somebody else decides that anew.
            **({"side": self.backbone.asked["side"]} if "side" in self.backbone.asked else {}),
            "arms": arms,
            "tune": self.tune,
            "threads": THREADS,
            "device": self.device,
            "from_store": sum(cell.from_store for cell in mine),
            # Each cell took one opening, now or when it was measured.
            "openings": len(mine),
            "openings_now": sum(not cell.from_store for cell in mine),
            # All that this data set object remembers, for other comparisons too.
            "openings_of_the_test_set": self.dataset.test.openings,
            "problem": self.store.problem if self.store is not None else "",
            **({} if self.dataset.train.kind == "images" else {"things": self.dataset.train.kind}),
        }
        found = {(cell.arm, cell.seed): cell for cell in mine}
        results = tuple(
            ArmResult(
                arm["name"],
                arm["label"],
                arm["pretrained"],
                dict(arm["plan"]["modes"]),
                tuple(found[arm["name"], seed] for seed in self.seeds),
                self.level,
            )
            for arm in arms
        )
        return Comparison(
            dataset=self.dataset.name,
            backbone=self.backbone.name,
            labels_per_class=labels_per_class,
            classes=len(self.dataset.classes),
            items=len(self.dataset.test),
            seeds=self.seeds,
            results=results,
            level=self.level,
            notes=self.notes,
            origin=origin,
        )


def prepare(
    task: Task | Dataset,
    backbone: Backbone,
    arms: Sequence[str | Arm] | None,
    seeds: int | Sequence[int],
    labels_per_class: Sequence[LabelsPerClass],
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
    task, backbone, arms, seeds, tune, level, store, n_jobs, device
        As in `run`.
    labels_per_class
        One, or several that make a curve; none takes the task's, or 1 for a data set.

    Raises
    ------
    ComparisonError, UnknownNameError, DataError, PlanError, TrainingError
        What does not fit, with its cure.
    """
    from tlkit.backbones import Backbone
    from tlkit.backbones.intake import expect_items
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
    dataset = task.dataset if isinstance(task, Task) else task
    found = chosen(arms, dataset.train.kind, backbone)
    own = task.labels_per_class if isinstance(task, Task) else 1
    counts = tuple(labels_per_class) or (own,)
    draws = _seeds(seeds, task.seed if isinstance(task, Task) else 0)
    if isinstance(level, bool) or not isinstance(level, int | float | np.number) or not 0 < level < 1:
        raise ComparisonError(f"level is {level!r}, expected a share between 0 and 1.", "Give 0.95.")
    if n_jobs is not None and (not is_whole(n_jobs) or n_jobs == 0):
        raise ComparisonError(
            f"n_jobs is {n_jobs!r}.", "Give a number of processes, or -1 for one per processor."
        )
    device = str(resolve_device(device))
    expect_items(backbone, dataset.train, dataset.name)
    notes = backbone.transform.notes_of(dataset.train)
    setup = Setup(
        dataset,
        backbone,
        found,
        counts,
        draws,
        bool(tune),
        float(level),
        _store(store),
        n_jobs,
        device,
    )
    for count in counts:
        for seed in draws:
            drawn = dataset.task(seed) if count is None else dataset.few_shot(count, seed)
            if isinstance(task, Task) and (count, seed) == (task.labels_per_class, task.seed):
                _same_draw(task, drawn)
            setup.orders += [Order(arm, drawn, backbone, bool(tune), device) for arm in found]
    _try_each(setup)
    setup.notes = (*notes, *notes_of(setup))
    return setup


def _try_each(setup: Setup) -> None:
    """Build what each arm starts from and hold its plan and recipe to it, once for each number of labels.

    What fails here would otherwise fail after other arms have opened the test set.
    """
    from tlkit.train.arguments import check_together

    starts = {}
    for order in setup.orders:
        if order.task.seed != setup.seeds[0]:
            continue
        arm = order.arm
        key = arm.pretrained, arm.terms
        if key not in starts:
            try:
                starts[key] = arm.start(setup.backbone, order.task.seed, order.task)
            except WeightsError as error:
                kind = setup.dataset.train.kind
                pair = ("tf-idf" if kind == "texts" else "pixels"), "frozen"
                raise type(error)(
                    error.what, f"{error.cure} Compare {pair[0]!r} and {pair[1]!r} instead."
                ) from error
        start = starts[key]
        check_together(order.task, arm.plan_for(start), arm.recipe_for(start))


def is_whole(value: object) -> bool:
    """Say whether something is a whole number, Python's or numpy's.

    Examples
    --------
    >>> is_whole(3), is_whole(np.int64(3)), is_whole(3.0), is_whole(True)
    (True, True, False, False)
    """
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _seeds(seeds: int | Sequence[int], first: int) -> tuple[int, ...]:
    if is_whole(seeds):
        assert not isinstance(seeds, Sequence)
        if seeds < 1:
            raise ComparisonError(
                f"seeds is {seeds}.", "Give at least 2 draws, so that an interval can be formed."
            )
        return tuple(range(first, first + int(seeds)))
    try:
        draws = tuple(seeds)  # type: ignore[arg-type]  # what cannot be iterated is refused below
    except TypeError:
        draws = ()
    whole = all(is_whole(one) and one >= 0 for one in draws)
    if not draws or not whole or len(set(draws)) < len(draws):
        raise ComparisonError(
            f"seeds is {seeds!r}.",
            "Give a number of draws, or a list of different whole numbers like [0, 1, 2].",
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


def _versions() -> dict[str, str]:
    import torch

    return {
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
