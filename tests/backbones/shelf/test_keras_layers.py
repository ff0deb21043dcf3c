"""Networks of Keras on a shelf: an application is built again by its name, a model of one's own is refused in words."""

from __future__ import annotations

import random
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.optional import MAY_LACK
from tlkit import backbones, data, freeze, train
from tlkit.backbones import Backbone, ModelCard
from tlkit.backbones.hubs.keras_client import keras_on_torch, without_tensorflow
from tlkit.backbones.shelf import Shelf
from tlkit.backbones.shelf.builders import builder_of, built, settings_of
from tlkit.errors import ShelfError, WeightsError

if MAY_LACK and find_spec("keras") is None:
    pytest.skip("the extra keras is not installed", allow_module_level=True)
keras: Any = keras_on_torch()
SAID = ModelCard("said", licence_weights="Apache-2.0", licence_code="Apache-2.0")


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    """A small application with weights of its own, of which some layers have no name of their own."""
    file = tmp_path_factory.mktemp("own") / "own.weights.h5"
    model = keras.applications.MobileNetV2(
        alpha=0.35, input_shape=(32, 32, 3), weights=None, classes=5, classifier_activation=None
    )
    model.save_weights(file)
    return backbones.load(f"keras:MobileNetV2?alpha=0.35&weights={file}&classes=5@32")


@pytest.mark.filterwarnings("ignore:Images of")
def test_what_was_trained_comes_back_twice(net: Backbone, tmp_path: Path) -> None:
    task, plan = data.load("emoji:noto").few_shot(1, seed=0), freeze.plan(net, until=net.stages[-2])
    run = train.fit(net, task, plan, recipe=train.Recipe.fine_tune().change(steps=2, most_steps=2))
    shelf, before = Shelf(tmp_path), random.getstate()
    shelf.push(run, "own", SAID, allow_incomplete="a test")
    shelf.push(shelf.load("own"), "again", SAID, allow_incomplete="a test")
    again = shelf.load("again")
    assert random.getstate() == before, "Keras draws its seeds from Python's generator"
    trained = replace(net, module=run.model.backbone, source_head=run.model.head)
    x = np.random.default_rng(0).random((2, *net.transform.shape), dtype=np.float32)
    assert (again.source_probabilities(x) == trained.source_probabilities(x)).all()
    assert (again.stages, again.card.classes, again.transform) == (
        net.stages,
        run.task.classes,
        net.transform,
    )
    assert again.fingerprint == trained.fingerprint
    weights = tmp_path / "again" / "1.0.0" / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(WeightsError, match="changed or cut short"):
        shelf.load("again")


def test_a_model_of_ones_own_is_refused_in_words(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), keras.layers.Conv2D(4, 3)])
    with without_tensorflow():
        model.save(tmp_path / "own.keras")
    own = backbones.load(f"keras:{tmp_path / 'own.keras'}")
    with pytest.raises(ShelfError, match="not code"):
        Shelf(tmp_path / "shelf").push(own, "own", SAID, allow_incomplete="a test")


@pytest.mark.parametrize(
    "wrong",
    [
        {"layers": ["input"]},
        {"input_shape": [10**6, 32, 3]},
        {"input_shape": [32]},
        {"classes": -1},
        {"alpha": 1e9},
    ],
)
def test_settings_that_cannot_be_are_refused(net: Backbone, wrong: dict[str, Any]) -> None:
    with pytest.raises(WeightsError):
        built(builder_of(net), net.transform.shape, {**settings_of(net), **wrong})
    for name in ("Model", "__class__", "resnet50", ""):
        with pytest.raises(WeightsError, match="no application"):
            built(f"keras:{name}", net.transform.shape, settings_of(net))
