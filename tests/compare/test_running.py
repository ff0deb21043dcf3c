"""Running: paired draws, counted openings, resuming, stopping; the same numbers wherever a cell runs."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from torch import nn

from tests.promise import STOP_SECONDS, is_kept
from tlkit import backbones, compare
from tlkit.backbones import Backbone
from tlkit.compare import Arm, Comparison
from tlkit.data import Dataset, Task
from tlkit.errors import (
    ComparisonError,
    DataError,
    PlanError,
    StoppedError,
    TlkitError,
    TrainingError,
    UnknownNameError,
    WeightsError,
)
from tlkit.train import Recipe
from tlkit.train.memory import SmallerBatchWarning

LONG = Recipe.scratch().change(steps=20_000, most_steps=20_000)


def answers(card: Comparison) -> list[list[list[bool]]]:
    return [one.correct.tolist() for one in card.results]


def test_every_arm_sees_the_same_draws_and_the_same_test_set(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm]
) -> None:
    card = compare.run(dataset, net, arms, seeds=3, labels_per_class=2, n_jobs=1, progress=False)
    for at, seed in enumerate(card.seeds):
        tasks = {one.cells[at].task for one in card.results}
        assert tasks == {dataset.few_shot(2, seed).fingerprint}
    assert card.items == len(dataset.test)
    assert all(one.correct.shape == (3, card.items) for one in card.results)
    assert {cell.threads for one in card.results for cell in one.cells} == {1}


def test_every_opening_of_the_test_set_is_counted(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm]
) -> None:
    card = compare.run(dataset, net, arms, seeds=2, n_jobs=1, progress=False)
    assert dataset.test.openings == card.record()["origin"]["openings"] == 6
    again = compare.run(dataset, net, arms, seeds=2, n_jobs=1, progress=False)
    assert dataset.test.openings == 6
    assert (again.origin["openings"], again.origin["openings_now"]) == (6, 0)
    assert again.origin["from_store"] == 6
    assert again.provenance == (
        "Measured before, taken from the store: 6 of 6 cells."
        " The test set was opened 6 times, none of them now."
    )
    assert "Measured now: all 6 cells" in card.provenance
    assert str(again) == str(card), "what is printed does not depend on the store"


def test_an_interrupted_comparison_goes_on_where_it_was(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm]
) -> None:
    whole = compare.run(dataset, net, arms, seeds=2, store=False, n_jobs=1, progress=False)
    going = compare.running(dataset, net, arms, seeds=2, n_jobs=1)
    for _ in range(4):
        next(going)
    going.close()
    cells = []
    going = compare.running(dataset, net, arms, seeds=2, n_jobs=1)
    while True:
        try:
            cells.append(next(going))
        except StopIteration as finished:
            card = finished.value
            break
    assert [cell.from_store for cell in cells] == [True] * 4 + [False] * 2
    assert [(cell.done, cell.of) for cell in cells] == [(done, 6) for done in range(1, 7)]
    assert answers(card) == answers(whole)


@pytest.mark.parametrize("where", ["processes", "threads", "one"])
def test_the_numbers_are_the_same_wherever_a_cell_runs(
    where: str, net: Backbone, dataset: Dataset, arms: Sequence[Arm]
) -> None:
    here = compare.run(dataset, net, arms, seeds=2, store=False, n_jobs=1, progress=False)
    opened = dataset.test.openings
    settings: dict[str, Any] = {
        "processes": {"n_jobs": 2},
        "threads": {"backend": "threading", "n_jobs": 2},
        "one": {"n_jobs": 1},
    }[where]
    with joblib.parallel_config(**settings):
        there = compare.run(dataset, net, arms, seeds=2, store=False, progress=False)
    assert answers(there) == answers(here)
    assert dataset.test.openings == opened + 6, "openings in other processes come home, each once"


def test_a_few_small_cells_are_not_worth_a_process(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm]
) -> None:
    from tlkit.compare.measure import Order
    from tlkit.compare.spread import _parallel

    small = [Order(arm, dataset.few_shot(1, seed), net) for arm in arms for seed in range(3)]
    assert _parallel(small, None) is None
    large = [Order(Arm("long", pretrained=False, recipe=LONG), dataset.few_shot(20, 0), net)] * 40
    if joblib.cpu_count() > 1:
        assert _parallel(large, None) is not None
    assert _parallel(large, 1) is None
    assert _parallel(large[:1], None) is None


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_stopping_takes_less_than_half_a_second(n_jobs: int, net: Backbone, dataset: Dataset) -> None:
    arms = [Arm("one", pretrained=False, recipe=LONG), Arm("two", recipe=LONG.change(name="two"))]

    def seconds_to_stop() -> float:
        asked: list[float] = []

        def should_stop() -> bool:
            if asked == [] and time.perf_counter() > begin + 1.5:
                asked.append(time.perf_counter())
            return bool(asked)

        begin = time.perf_counter()
        with pytest.raises(StoppedError, match=r"stopped on request"):
            for _ in compare.running(
                dataset, net, arms, seeds=2, store=False, n_jobs=n_jobs, should_stop=should_stop
            ):
                pass
        return time.perf_counter() - asked[0]

    assert is_kept(STOP_SECONDS, seconds_to_stop)


def test_processes_go_on_to_the_next_comparison_after_a_stop(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm]
) -> None:
    slow = [Arm("one", pretrained=False, recipe=LONG), Arm("two", recipe=LONG.change(name="two"))]
    going = compare.running(dataset, net, slow, seeds=2, store=False, n_jobs=2)
    threading.Timer(1.0, lambda: stop.append(True)).start()
    stop: list[bool] = []
    going = compare.running(
        dataset, net, slow, seeds=2, store=False, n_jobs=2, should_stop=lambda: bool(stop)
    )
    with pytest.raises(StoppedError):
        next(going)
    card = compare.run(dataset, net, arms, seeds=2, store=False, n_jobs=2, progress=False)
    assert len(card.results) == 3


@pytest.mark.skipif(os.name == "nt", reason="signals are sent the POSIX way")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_interrupt_leaves_the_store_whole(
    n_jobs: int, net: Backbone, dataset: Dataset, tmp_path: Path
) -> None:
    assert threading.current_thread() is threading.main_thread(), "an interrupt reaches the main thread only"
    arms = [Arm("quick", opens="head"), Arm("endless", pretrained=False, recipe=LONG)]
    going = compare.running(dataset, net, arms, seeds=2, store=tmp_path / "cells", n_jobs=n_jobs)
    first = next(going)
    assert first.arm == "quick"
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        list(going)
    kept = list((tmp_path / "cells").iterdir())
    assert kept
    assert all(path.suffix == ".json" for path in kept)
    again = compare.running(dataset, net, arms, seeds=2, store=tmp_path / "cells", n_jobs=1)
    assert next(again).from_store
    again.close()


@pytest.mark.skipif(os.name == "nt", reason="processes are ended the POSIX way")
def test_a_process_that_dies_is_told_and_what_was_finished_is_kept(
    net: Backbone, dataset: Dataset, tmp_path: Path
) -> None:
    import psutil

    arms = [Arm("quick", opens="head"), Arm("endless", pretrained=False, recipe=LONG)]
    going = compare.running(dataset, net, arms, seeds=2, store=tmp_path / "cells", n_jobs=2)
    next(going)
    workers = [one for one in psutil.Process().children() if "LokyProcess" in " ".join(one.cmdline())]
    for one in workers:
        one.kill()
    with pytest.raises(ComparisonError, match="ended on its own"):
        list(going)
    assert list((tmp_path / "cells").iterdir())


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_in_a_cell_arrives_with_its_own_kind(n_jobs: int, net: Backbone, dataset: Dataset) -> None:
    wild = Recipe.scratch().change(learning_rate=1e3, head_factor=1000.0, steps=200, weight_decay=10.0)
    arms = [Arm("wrong", recipe=wild), Arm("head", opens="head")]
    with pytest.raises(TrainingError, match="at a learning rate of"):
        compare.run(dataset, net, arms, seeds=2, n_jobs=n_jobs, progress=False)


class Scaled(nn.Module):
    """A weight of its own, of which nobody knows how it is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * x


def test_an_arm_that_cannot_run_is_refused_before_another_opens_the_test_set(
    net: Backbone, dataset: Dataset
) -> None:
    insists = Recipe.fine_tune().change(cache="always", augmentation=0.0, steps=6)
    for words, wrong in (
        ("first stage is not frozen strictly", Arm("wrong", recipe=insists)),
        ("takes no steps", Arm("wrong", preset="head")),
    ):
        with pytest.raises(PlanError, match=words):
            compare.run(dataset, net, ["frozen", wrong], seeds=2, n_jobs=1, progress=False)
    own = backbones.wrap(
        nn.Sequential(nn.Conv2d(1, 8, 3, stride=4), Scaled()), {"stem": ["0", "1"]}, transform=net.transform
    )
    with pytest.raises(WeightsError, match=r"Scaled.*cannot be drawn anew"):
        compare.run(dataset, own, ["frozen", "scratch"], seeds=2, n_jobs=1, progress=False)
    assert dataset.test.openings == 0


def test_a_store_that_cannot_be_written_does_not_end_the_comparison(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    going = compare.running(dataset, net, arms, seeds=2, store=tmp_path / "file", n_jobs=1)
    told = []
    while True:
        try:
            told.append(next(going).problem)
        except StopIteration as finished:
            card = finished.value
            break
    assert all("could not be kept" in problem for problem in told)
    assert "could not be kept" in card.provenance


def test_a_draw_means_that_draw_and_the_following_ones(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm]
) -> None:
    card = compare.run(dataset.few_shot(2, seed=5), net, arms[:2], seeds=2, n_jobs=1, progress=False)
    assert (card.seeds, card.labels_per_class) == ((5, 6), 2)
    listed = compare.run(dataset, net, arms[:2], seeds=[6, 5], labels_per_class=2, n_jobs=1, progress=False)
    assert listed["frozen"].correct.tolist() == card["frozen"].correct[::-1].tolist()


def test_all_labels_are_a_task_too(net: Backbone, dataset: Dataset, arms: Sequence[Arm]) -> None:
    card = compare.run(dataset.task(), net, arms[:2], seeds=2, n_jobs=1, progress=False)
    assert card.labels_per_class is None
    assert "All labels" in card.title


def test_one_draw_says_that_it_is_one(net: Backbone, dataset: Dataset, arms: Sequence[Arm]) -> None:
    card = compare.run(dataset, net, arms[:2], seeds=1, n_jobs=1, progress=False)
    assert "one draw" in str(card.verdict).lower()
    assert any("not other draws" in note for note in card.notes)
    assert card["frozen"].low <= card["frozen"].mean <= card["frozen"].high
    assert json.dumps(card.record(), allow_nan=False)


def test_a_curve_has_a_comparison_for_each_number_of_labels(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm]
) -> None:
    curve = compare.curve(dataset, net, arms[:2], seeds=2, labels_per_class=(5, 1), n_jobs=1, progress=False)
    assert curve.labels_per_class == (1, 5)
    alone = compare.run(
        dataset, net, arms[:2], seeds=2, labels_per_class=5, store=False, n_jobs=1, progress=False
    )
    assert answers(curve[5]) == answers(alone)
    with pytest.raises(UnknownNameError, match="number of labels"):
        curve[3]


def refused(dataset: Dataset, net: Backbone) -> list[tuple[type[TlkitError], str, dict[str, Any]]]:
    base: dict[str, Any] = {"task": dataset, "backbone": net, "arms": ["scratch", "frozen"], "seeds": 2}
    other = Task(dataset, dataset.train.select(np.arange(6)), 2, 0)
    return [
        (ComparisonError, "backbone is a Linear", {**base, "backbone": nn.Linear(2, 2)}),
        (ComparisonError, "task is a str", {**base, "task": "greek"}),
        (ComparisonError, "seeds is 0", {**base, "seeds": 0}),
        (ComparisonError, "different whole numbers", {**base, "seeds": [0, 0]}),
        (ComparisonError, "different whole numbers", {**base, "seeds": [-1]}),
        (ComparisonError, "different whole numbers", {**base, "seeds": 2.5}),
        (ComparisonError, "level is 95", {**base, "level": 95}),
        (ComparisonError, "level is 'a'", {**base, "level": "a"}),
        (ComparisonError, "one whole number.*compare.curve", {**base, "labels_per_class": [1, 2]}),
        (ComparisonError, "one whole number", {**base, "labels_per_class": "1"}),
        (ComparisonError, "one whole number", {**base, "labels_per_class": 1.5}),
        (ComparisonError, "list of names", {**base, "arms": 3}),
        (ComparisonError, "n_jobs is 0", {**base, "n_jobs": 0}),
        (ComparisonError, "not those that three-digits.few_shot draws", {**base, "task": other}),
        (UnknownNameError, "nearest are 'frozen'", {**base, "arms": ["scratch", "frozn"]}),
        (UnknownNameError, "device", {**base, "device": "gpu"}),
        (DataError, "999 labels per class", {**base, "labels_per_class": 999}),
        (DataError, "labels_per_class is 0", {**base, "labels_per_class": 0}),
    ]


@pytest.mark.parametrize("labels", [5, "15", (1, "2"), (1, 2.5), (), None])
def test_a_curve_takes_several_whole_numbers(labels: Any, net: Backbone, dataset: Dataset) -> None:
    with pytest.raises(ComparisonError, match=r"several whole numbers.*\[1, 2, 5, 20\]"):
        compare.curve(dataset, net, labels_per_class=labels)


@pytest.mark.parametrize("at", range(18))
def test_what_does_not_fit_is_refused_before_anything_is_trained(
    at: int, net: Backbone, dataset: Dataset
) -> None:
    kind, words, settings = refused(dataset, net)[at]
    with pytest.raises(kind, match=words):
        compare.running(**settings)
    assert dataset.test.openings == 0


def test_images_that_the_network_refuses_are_refused_at_once(net: Backbone, dataset: Dataset) -> None:
    transform = backbones.InputTransform(1, 64, 64, (0.5,), (0.5,), resizes=False)
    parts = dict(net.clone().module.named_children())["stages"]
    strict = backbones.wrap(parts, stages=list(net.stages), transform=transform, name="large")
    with pytest.raises(DataError, match="32 x 32 pixels, the network takes 64 x 64"):
        compare.running(dataset, strict, ["scratch", "frozen"], seeds=2)


def test_nothing_is_shown_outside_a_terminal(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm], capfd: pytest.CaptureFixture[str]
) -> None:
    compare.run(dataset, net, arms[:2], seeds=2, n_jobs=1)
    assert capfd.readouterr() == ("", "")
    assert sys.stderr is not None


class Crowded(nn.Module):
    """A stage for no more than three items, as a small GPU is."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return x


def test_what_memory_made_smaller_batches_of_is_not_stored_for_others(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm], tmp_path: Path
) -> None:
    card = compare.run(dataset, net, arms[:2], seeds=2, n_jobs=1, store=tmp_path, progress=False)
    assert len(list(tmp_path.rglob("*.json"))) == len(card.arms) * 2
    module = nn.Module()
    module.stem = nn.Sequential(*net.clone().module.stages["stem"], Crowded())
    small = backbones.wrap(module, stages=["stem"], transform=net.transform, name="crowded")
    with pytest.warns(SmallerBatchWarning):
        compare.run(dataset, small, arms[:2], seeds=2, n_jobs=1, store=tmp_path, progress=False)
    assert len(list(tmp_path.rglob("*.json"))) == len(card.arms) * 2
