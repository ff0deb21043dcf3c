"""Curve: the same comparison at several numbers of labels per class."""

from __future__ import annotations

import html
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlkit import records
from tlkit.compare import setup as setups
from tlkit.compare.arms import Arm
from tlkit.compare.comparing import cells
from tlkit.compare.comparison import Comparison
from tlkit.compare.progress import Progress, drained
from tlkit.compare.rows import write_csv
from tlkit.compare.store import Store
from tlkit.compare.wording import came_from, draws
from tlkit.errors import ComparisonError, unknown_name
from tlkit.table import Table

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset, Task
    from tlkit.drawing import Drawing

KIND = "tlkit.compare.curve"
SCHEMA = 1


@dataclass(frozen=True, eq=False, repr=False)
class Curve:
    """Comparisons of the same arms at several numbers of labels per class. Made by `curve`.

    Parameters
    ----------
    comparisons
        One per number of labels, the fewest first.

    Raises
    ------
    ComparisonError
        There is none.

    Examples
    --------
    >>> Curve(())
    Traceback (most recent call last):
        ...
    tlkit.errors.ComparisonError: A curve needs at least one number of labels per class. Give (1, 2, 5, 20).
    """

    comparisons: tuple[Comparison, ...]

    def __post_init__(self) -> None:
        if not self.comparisons:
            raise ComparisonError(
                "A curve needs at least one number of labels per class.", "Give (1, 2, 5, 20)."
            )

    @property
    def labels_per_class(self) -> tuple[int | None, ...]:
        """The numbers of labels."""
        return tuple(one.labels_per_class for one in self.comparisons)

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, in order."""
        return self.comparisons[0].arms

    def __getitem__(self, labels_per_class: int) -> Comparison:
        for one in self.comparisons:
            if one.labels_per_class == labels_per_class:
                return one
        raise unknown_name("number of labels in this curve", labels_per_class, self.labels_per_class)

    @property
    def table(self) -> Table:
        """Share that is right with its interval, a row per arm and a column per number of labels."""
        head = ("arm", *(f"{one.labels_per_class} per class" for one in self.comparisons))
        rows = tuple(
            (
                name,
                *(
                    f"{100 * one[name].mean:.1f} % ({100 * one[name].low:.0f} to {100 * one[name].high:.0f})"
                    for one in self.comparisons
                ),
            )
            for name in self.arms
        )
        first = self.comparisons[0]
        each = f"{draws(len(first.seeds))} each"
        caption = f"{first.dataset}, {first.backbone}, {each}, {first.items:,} test items right"
        return Table(caption, head, rows)

    @property
    def verdict(self) -> str:
        """What was found at each number of labels, a line each."""
        return "\n".join(
            f"{one.labels_per_class} per class: {' '.join(one.findings)}" for one in self.comparisons
        )

    @property
    def provenance(self) -> str:
        """What was measured now, what came from the store, and how often the test set was opened."""
        cells = [cell for one in self.comparisons for result in one.results for cell in result.cells]
        problem = self.comparisons[-1].origin.get("problem", "")
        return came_from(len(cells), sum(cell.from_store for cell in cells), str(problem))

    @property
    def alt(self) -> str:
        """What the picture shows, in words."""
        told = "; ".join(
            f"{name} "
            + ", ".join(f"{100 * one[name].mean:.0f} % at {one.labels_per_class}" for one in self.comparisons)
            for name in self.arms
        )
        first = self.comparisons[0]
        return f"Share of test items that is right over labels per class, {first.dataset}, {first.backbone}: {told}."

    def plot(self) -> Drawing:
        """Draw a line with intervals for each arm."""
        from tlkit.compare.drawing import lines

        return lines(self.comparisons, self.alt)

    def to_csv(self, path: str | Path) -> None:
        """Write one row per cell to a CSV file, whole or not at all."""
        write_csv(path, self.comparisons)

    def record(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        return {"kind": KIND, "schema": SCHEMA, "comparisons": [one.record() for one in self.comparisons]}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Curve:
        """Open a record again; needs no torch, no data and no network.

        Raises
        ------
        RecordError
            The record is of another kind, from a newer version, or damaged.
        """
        body = records.opened(record, KIND, SCHEMA, "a learning curve")
        with records.damage_is_told():
            found = tuple(Comparison.from_record(one) for one in body["comparisons"])
            if not found or len({one.arms for one in found}) > 1:
                raise ValueError("its comparisons do not have the same arms")
        return cls(found)

    def __str__(self) -> str:
        return "\n".join([str(self.table), "", self.verdict, *self.comparisons[0].notes])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        verdicts = "".join(f"<p>{html.escape(line)}</p>" for line in self.verdict.splitlines())
        return self.table._repr_html_() + verdicts


def curve(
    task: Task | Dataset,
    backbone: Backbone,
    arms: Sequence[str | Arm] | None = None,
    seeds: int | Sequence[int] = 5,
    *,
    labels_per_class: Sequence[int] = (1, 2, 5, 20),
    tune: bool = False,
    level: float = 0.95,
    store: bool | Store | str | Path | None = True,
    n_jobs: int | None = None,
    device: str = "cpu",
    progress: bool = True,
) -> Curve:
    """Compare at several numbers of labels per class; the draws of one seed are nested.

    Parameters
    ----------
    task, backbone, arms, seeds, tune, level, store, n_jobs, device, progress
        As in `compare.run`.
    labels_per_class
        The numbers of labels.

    Raises
    ------
    As `compare.run`.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> both = curve(data.load("greek"), net, ["random-frozen", "frozen"], 2, labels_per_class=(1, 2),
    ...              progress=False)
    >>> both[2]["frozen"].mean > both[1]["frozen"].mean
    True
    """
    going = curve_running(
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
    found: Curve = drained(going, progress)
    return found


def curve_running(
    task: Task | Dataset,
    backbone: Backbone,
    arms: Sequence[str | Arm] | None = None,
    seeds: int | Sequence[int] = 5,
    *,
    labels_per_class: Sequence[int] = (1, 2, 5, 20),
    tune: bool = False,
    level: float = 0.95,
    store: bool | Store | str | Path | None = True,
    n_jobs: int | None = None,
    device: str = "cpu",
    should_stop: Callable[[], bool] | None = None,
) -> Generator[Progress, None, Curve]:
    """Compare as `curve` does, one finished cell at a time; the generator returns the `Curve`.

    Parameters
    ----------
    task, backbone, arms, seeds, labels_per_class, tune, level, store, n_jobs, device
        As in `curve`.
    should_stop
        As in `compare.running`.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> going = curve_running(data.load("greek"), net, ["random-frozen", "frozen"], 1, labels_per_class=(1, 2))
    >>> [(cell.labels_per_class, cell.done, cell.of) for cell in going][-1]
    (2, 4, 4)
    """
    given: object = labels_per_class
    counts = tuple(given) if isinstance(given, Iterable) else ()
    if not counts or not all(map(setups.is_whole, counts)):
        raise ComparisonError(
            f"labels_per_class is {labels_per_class!r}, but a curve takes several whole numbers.",
            "Give a list such as [1, 2, 5, 20]; compare.run takes a single number.",
        )
    setup = setups.prepare(
        task,
        backbone,
        arms,
        seeds,
        sorted({int(count) for count in counts}),
        tune=tune,
        level=level,
        store=store,
        n_jobs=n_jobs,
        device=device,
    )
    return _all(setup, should_stop)


def _all(setup: setups.Setup, should_stop: Callable[[], bool] | None) -> Generator[Progress, None, Curve]:
    done = yield from cells(setup, should_stop)
    return Curve(tuple(setup.comparison(done, count) for count in setup.labels_per_class))
