"""Spread: any backend of joblib will do; what is sent is little; joblib's processes are told when all is over."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import joblib
import pytest
from joblib._parallel_backends import ThreadingBackend

from tlkit import backbones, compare, data
from tlkit.backbones import Backbone
from tlkit.compare import Arm
from tlkit.compare.arms import ARMS
from tlkit.compare.measure import Order, light, measure
from tlkit.data import Dataset
from tlkit.errors import StoppedError
from tlkit.train import Recipe

ENDLESS = Recipe.scratch().change(steps=10**6, most_steps=10**6)


class AtTheEnd(ThreadingBackend):
    """Gives its results only when all are there, as Ray's backend does."""

    supports_return_generator = False


@pytest.fixture
def at_the_end() -> Iterator[None]:
    joblib.register_parallel_backend("at-the-end", AtTheEnd)
    try:
        with joblib.parallel_config(backend="at-the-end", n_jobs=2):
            yield
    finally:
        del joblib.parallel.BACKENDS["at-the-end"]


@pytest.mark.usefixtures("at_the_end")
def test_where_results_come_at_the_end_they_come_a_round_at_a_time(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm], tmp_path: Path
) -> None:
    going = compare.running(dataset, net, arms, seeds=2, store=tmp_path)
    next(going)
    going.close()
    assert 1 <= len(list(tmp_path.glob("*.json"))) < 6, "the store had something before all was done"
    there = compare.run(dataset, net, arms, seeds=2, store=tmp_path, progress=False)
    here = compare.run(dataset, net, arms, seeds=2, store=False, n_jobs=1, progress=False)
    assert [one.correct.tolist() for one in there.results] == [one.correct.tolist() for one in here.results]
    assert there.origin["from_store"] >= 1


@pytest.mark.usefixtures("at_the_end")
def test_stopping_ends_a_round_in_the_middle(net: Backbone, dataset: Dataset) -> None:
    before = set(threading.enumerate())
    stop: list[bool] = []
    arms = [Arm("one", pretrained=False, recipe=ENDLESS), Arm("two", recipe=ENDLESS.change(name="two"))]
    threading.Timer(0.5, lambda: stop.append(True)).start()
    going = compare.running(dataset, net, arms, seeds=2, store=False, should_stop=lambda: bool(stop))
    with pytest.raises(StoppedError):
        next(going)
    for thread in set(threading.enumerate()) - before:
        thread.join(300)
        assert not thread.is_alive(), "nothing goes on behind the back of whoever stopped it"


def test_what_is_sent_has_no_pictures_that_no_cell_looks_at() -> None:
    digits, net = data.load("digits"), backbones.load("zoo:resnet-letters")
    order = Order(ARMS["frozen"], digits.few_shot(1, seed=0), net)
    sent = pickle.dumps(light([order]))
    needed = [order.backbone, order.task.test, order.task.train]
    assert len(sent) < sum(len(pickle.dumps(one)) for one in needed) + 20_000
    assert len(sent) < len(pickle.dumps(order)) - digits.train.images.nbytes
    (there,) = pickle.loads(sent)
    assert there.key == order.key
    cell, here = measure(there).cell, measure(order).cell
    assert {**cell.record(), "seconds": 0} == {**here.record(), "seconds": 0}


def test_a_draw_of_several_arms_is_sent_once(net: Backbone, dataset: Dataset, arms: Sequence[Arm]) -> None:
    task = dataset.few_shot(10, seed=0)
    one = len(pickle.dumps(light([Order(arms[0], task, net)])))
    sent = pickle.dumps(light([Order(arm, task, net) for arm in arms]))
    assert len(sent) < one + task.train.images.nbytes / 2
    assert len({id(order.task) for order in pickle.loads(sent)}) == 1
