"""Panels with texts: they run headless, and their twins speak of texts."""

from __future__ import annotations

import numpy as np
import pytest

from tlkit import data, panels
from tlkit.backbones import Backbone
from tlkit.data import Dataset
from tlkit.words import WordVectors, text_backbone

WORDS = ("cat", "dog", "owl", "fig", "kiwi", "lime", "red", "big", "old", "wet", "new", "hot")


@pytest.fixture(scope="module")
def net() -> Backbone:
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), 4))
    vectors[:6, 0] = (4, 4, 4, -4, -4, -4)
    return text_backbone(WordVectors(WORDS, vectors, name="made"))


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    texts = [f"{colour} {thing}" for thing in WORDS[:6] for colour in WORDS[6:]]
    given = {"text": texts, "label": ["animal"] * 18 + ["fruit"] * 18}
    return data.table(given, text="text", name="things")


def test_freeze_trains_and_looks_into_texts(net: Backbone, dataset: Dataset) -> None:
    panel = panels.Freeze(net, dataset.few_shot(4, seed=0))
    panel.run()
    said = str(panel)
    assert "A training text of class" in said
    assert "texts it had never seen" in said
    assert "icture" not in said
    panel._heard({"do": "look", "with": {"open": True}})
    panel._inside.wait()
    wrong = panel.result.mistakes(1)
    told = str(panel)
    assert panel.result.confusion().sentence in told
    assert not len(wrong) or wrong.texts[0] in told
    words = panel._full_view()["inside"]
    assert words["hint"] == "Which classes were taken for which and the surest mistakes."
    assert words["keys"] == "Arrows move between cells, Enter opens the texts of one."
    # Where it looked is for pictures: the panel says so, and goes on.
    panel._heard({"do": "explain", "with": {"position": 0, "place": "mistakes"}})
    panel._inside.wait()
    assert "for networks that take images" in str(panel._full_view())
    panel.set(stage="embedding", mode="trainable")
    panel.run()
    assert "rows moved; all of them rows of words seen in training" in str(panel)
    assert "augmented_views" not in panel.code
    again = panels.Freeze.from_record(panel.record())
    assert "texts it had never seen" in str(again)


def test_compare_offers_the_baselines_of_texts(net: Backbone, dataset: Dataset) -> None:
    panel = panels.Compare(dataset.few_shot(4, seed=0), net, arms=["tf-idf", "frozen"], seeds=2)
    assert [arm["name"] for arm in panel.record()["about"]["arms"]][:2] == ["tf-idf", "character-ngrams"]
    panel.run()
    said = str(panel)
    assert "test texts" in said
    assert "distortions" not in said
    assert panel.result.verdict.names == ("tf-idf", "frozen")
