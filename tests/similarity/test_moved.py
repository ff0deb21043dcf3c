"""moved: identity and frozen stages, the value by its formula, records, and what is refused."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tlkit import backbones, data, freeze, similarity, train
from tlkit.backbones import Backbone
from tlkit.errors import RecordError, SimilarityError, StoppedError, UnknownNameError
from tlkit.similarity.moved_found import Moved, StageMoved


@pytest.fixture(scope="module")
def net() -> Backbone:
    return backbones.load("zoo:resnet-letters")


@pytest.fixture(scope="module")
def images() -> NDArray[np.float32]:
    return np.asarray(data.load("greek").train.images[:60])


@pytest.fixture(scope="module")
def run(net: Backbone) -> train.Run:
    """A few steps with stem and layer1 strictly frozen."""
    plan = freeze.plan(net, until="layer2", mode="strict")
    recipe = train.Recipe.for_plan(plan.modes).change(steps=8, steps_growth=0.0)
    task = data.load("greek").few_shot(1, seed=0)
    return train.fit(net, task, plan, recipe=recipe, test=False, progress=False)


def unbiased_hsic(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Song et al., equation 5: Gram matrices without their diagonals."""
    one, two = one - np.diag(np.diag(one)), two - np.diag(np.diag(two))
    n = len(one)
    ones = np.ones(n)
    whole = (ones @ one @ ones) * (ones @ two @ ones) / ((n - 1) * (n - 2))
    return float((np.trace(one @ two) + whole - 2 / (n - 2) * (ones @ one @ two @ ones)) / (n * (n - 3)))


def by_formula(a: NDArray[Any], b: NDArray[Any]) -> float:
    one, two = (np.asarray(view, float) @ np.asarray(view, float).T for view in (a, b))
    return unbiased_hsic(one, two) / np.sqrt(unbiased_hsic(one, one) * unbiased_hsic(two, two))


def test_what_is_frozen_strictly_is_exactly_one_and_what_learned_is_not(
    net: Backbone, run: train.Run, images: NDArray[np.float32]
) -> None:
    found = similarity.moved(net, run, images)
    assert [one.cka for one in found.stages[:2]] == [1.0, 1.0]
    assert [(one.low, one.high, one.word) for one in found.stages[:2]] == [(1.0, 1.0, "not moved")] * 2
    for one in found.stages[2:]:
        assert one.cka is not None
        assert one.cka < 1
        assert one.word != "not moved"
    assert "stem least: 1, not moved" in found.sentence


def test_every_stage_is_the_formula_on_means_over_all_places(
    net: Backbone, run: train.Run, images: NDArray[np.float32]
) -> None:
    found = similarity.moved(net, run, images, seed=3)
    blank = net.reinitialised(3)
    x = net.transform(images)
    for stage, following in zip(net.stages, (*net.stages[1:], None), strict=True):
        with torch.no_grad():
            old, new, random = (
                module.eval()(x, stop=following).mean(dim=(2, 3)).numpy()
                for module in (net.module, run.model.backbone, blank.module)
            )
        assert found[stage].cka == pytest.approx(by_formula(old, new), abs=1e-5)
        assert found[stage].floor == pytest.approx(by_formula(old, random), abs=1e-4)


def test_two_random_networks_are_as_far_as_the_floor(net: Backbone, images: NDArray[np.float32]) -> None:
    found = similarity.moved(net, net.reinitialised(0), images, seed=0)
    for one in found.stages:
        assert one.cka == pytest.approx(one.floor, abs=1e-9)
        assert one.word in ("as far as a random network", "perhaps as far as a random network")


def test_more_pictures_give_a_narrower_interval_around_the_value(net: Backbone) -> None:
    blank, greek = net.reinitialised(1), data.load("greek")
    few, many = (similarity.moved(net, blank, greek, rows=rows)["layer3"] for rows in (40, 500))
    for one in (few, many):
        assert one.low <= one.cka <= one.high  # type: ignore[operator]
    assert few.high - few.low > 1.5 * (many.high - many.low)  # type: ignore[operator]
    assert greek.test.openings == 0


def test_a_stage_that_gives_the_same_for_every_picture_has_no_value(images: NDArray[np.float32]) -> None:
    dead = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU())
    with torch.no_grad():
        dead[0].weight.zero_()
    other = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU())
    one, two = (
        backbones.wrap(module, stages={"only": ["0", "1"]}, transform=backbones.InputTransform(1, 32, 32, (0,), (1,)))
        for module in (dead, other)
    )  # fmt: skip
    found = similarity.moved(one, two, images)
    assert (found["only"].cka, found["only"].word) == (None, "no value")
    assert "none" in str(found)
    assert found.sentence.startswith("No stage's features can be compared")


def test_a_record_is_json_and_gives_the_same(
    net: Backbone, run: train.Run, images: NDArray[np.float32]
) -> None:
    found = similarity.moved(net, run, images)
    again = Moved.from_record(json.loads(json.dumps(found.record(), allow_nan=False)))
    assert again == found
    assert str(again) == str(found)
    assert found.rows()[0][0] == "stem"
    assert "<caption>zoo:resnet-letters → zoo:resnet-letters, trained on greek" in found._repr_html_()
    with pytest.raises(RecordError):
        Moved.from_record({**found.record(), "stages": [{"stage": "stem"}]})
    with pytest.raises(RecordError, match="not a record"):
        Moved.from_record([])  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="layer3"):
        found["layer33"]


def test_the_same_seed_gives_the_same_and_no_global_state_moves(
    net: Backbone, run: train.Run, images: NDArray[np.float32]
) -> None:
    states = torch.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[union-attr]  # noqa: NPY002
    assert similarity.moved(net, run, images, seed=1) == similarity.moved(net, run, images, seed=1)
    assert torch.equal(states[0], torch.get_rng_state())
    assert np.array_equal(states[1], np.random.get_state()[1])  # type: ignore[arg-type]  # noqa: NPY002


def test_the_words_hold_for_the_whole_interval() -> None:
    def word(low: float, value: float, high: float, floor: float = 0.2) -> str:
        return StageMoved("layer3", value, low, high, floor).word

    assert word(0.9, 0.95, 1.0) == "hardly moved"
    assert word(0.5, 0.6, 0.7) == "moved"
    assert word(0.25, 0.3, 0.35) == "moved far"
    assert word(0.1, 0.2, 0.3) == "as far as a random network"
    assert word(0.1, 0.5, 0.9) == "perhaps as far as a random network"
    assert StageMoved("layer3", 0.9, None, None, 0.1).word == "moved"
    near = (StageMoved("a", 0.5, 0.4, 0.6, 0.1), StageMoved("b", 0.55, 0.5, 0.6, 0.1))
    assert "50 pictures cannot tell it from b" in Moved("x", "y", near, 50, 0).sentence


def test_what_does_not_fit_is_refused(net: Backbone, images: NDArray[np.float32]) -> None:
    with pytest.raises(SimilarityError, match="stages before are stem"):
        similarity.moved(net, backbones.load("zoo:vgg-letters"), images)
    with pytest.raises(SimilarityError, match="7 pictures"):
        similarity.moved(net, net, images[:7])
    with pytest.raises(SimilarityError, match="seed"):
        similarity.moved(net, net, images, seed=-1)
    with pytest.raises(SimilarityError, match="came after"):
        similarity.moved(net, SimpleNamespace(), images)  # type: ignore[arg-type]
    with pytest.raises(StoppedError):
        similarity.moved(net, net, images, should_stop=lambda: True)
