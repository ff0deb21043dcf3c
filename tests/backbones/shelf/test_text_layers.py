"""Networks of word vectors on a shelf: words, layers and trained rows come back, bit for bit, also the second time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.backbones.shelf.conftest import ANIMALS, FRUIT
from tlkit import freeze, train
from tlkit.backbones import Backbone, ModelCard
from tlkit.backbones.shelf import Shelf
from tlkit.backbones.shelf.builders import builder_of, built, settings_of
from tlkit.backbones.text_nets import BODIES
from tlkit.data import Dataset
from tlkit.errors import ShelfError, WeightsError
from tlkit.words import WordVectors, text_backbone

SAID = ModelCard("said", licence_weights="CC0-1.0", licence_code="BSD-3-Clause")
TEXTS = ["a cat", "nothing of it", "", "DON'T don't São-kiwi", " ".join([*ANIMALS, *FRUIT]), "\ud800 owl\n"]


def made(body: str) -> Backbone:
    words = (*ANIMALS, *FRUIT, "red", "don't", "São", 'a "b"\n')
    vectors = np.random.default_rng(0).normal(size=(len(words), 6))
    return text_backbone(WordVectors(words, vectors, name="made"), body, length=6, width=8)


@pytest.mark.parametrize("body", BODIES)
def test_what_was_trained_comes_back_twice(tmp_path: Path, things: Dataset, body: str) -> None:
    net = made(body)
    task, plan = things.few_shot(2, seed=0), freeze.plan(net, until=net.stages[0])
    run = train.fit(net, task, plan, recipe=train.Recipe.fine_tune().change(steps=2, most_steps=2))
    moved = [
        name
        for name, one in run.model.backbone.state_dict().items()
        if not torch.equal(one, net.module.state_dict()[name])
    ]
    assert any("embedding" in name for name in moved), "rows were to be trained"
    shelf = Shelf(tmp_path)
    shelf.push(run, "things", SAID, allow_incomplete="a test")
    shelf.push(shelf.load("things"), "again", SAID, allow_incomplete="a test")
    again = shelf.load("again")
    trained = replace(net, module=run.model.backbone, source_head=run.model.head)
    assert torch.equal(again.transform(TEXTS), net.transform(TEXTS))
    assert (again.source_probabilities(TEXTS) == trained.source_probabilities(TEXTS)).all()
    assert run.test_items is not None
    assert (again.source_probabilities(run.test_items.texts).argmax(1) == run.predictions).all()
    assert (again.stages, again.card.classes) == (net.stages, run.task.classes)
    assert again.card.hub_task == "text-classification"
    assert again.fingerprint == trained.fingerprint
    assert not any(one.is_meta for one in again.module.state_dict().values())
    assert train.fit(again, task, seed=0).seal.kept
    assert [one.name for one in shelf.lineage("again").ancestors] == [
        "shelf:again@1.0.0",
        "shelf:things@1.0.0",
        f"made, {body}",
        "made",
    ]


def test_a_changed_word_is_refused(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.push(made("mean"), "made", SAID, allow_incomplete="a test")
    assert shelf.verify().ok
    words = tmp_path / "made" / "1.0.0" / "words.json"
    words.write_bytes(words.read_bytes().replace(b"owl", b"awl"))
    assert "words.json of made@1.0.0 was changed" in str(shelf.verify())
    with pytest.raises(WeightsError, match="changed or cut short"):
        shelf.load("made")


def test_layers_that_are_others_than_they_say_are_refused(tmp_path: Path) -> None:
    net = made("cnn").clone()
    net.module.stages["conv2"].filter = torch.nn.Conv1d(8, 8, 5, padding=2)
    with pytest.raises(ShelfError, match="not code"):
        Shelf(tmp_path).push(net, "own", SAID, allow_incomplete="a test")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("nothing", {}),
        ("mean", {"rows": 10**15}),
        ("mean", {"rows": "10"}),
        ("cnn", {"width": -1}),
        ("transformer", {"blocks": 10**9}),
    ],
)
def test_sizes_that_cannot_be_are_refused(body: str, wrong: dict[str, Any]) -> None:
    net = made(body if body in BODIES else "mean")
    with pytest.raises(WeightsError):
        built(f"text-{body}", net.transform.shape, {**settings_of(net), **wrong})
    assert list(built(builder_of(net), net.transform.shape, settings_of(net))) == list(net.stages)
