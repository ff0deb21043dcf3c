"""Panels with texts: they run headless, and their twins speak of texts."""

from __future__ import annotations

import numpy as np
import pytest

from tlkit import backbones, data, panels
from tlkit.backbones import Backbone
from tlkit.data import Dataset
from tlkit.errors import DataError, PanelError
from tlkit.panels import similarity_map_words as maps
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
    assert "100 % of the backbone's work is done once" in said
    assert "icture" not in said
    # The mean has no numbers of its own: to open it alone would be nothing.
    assert "Try “Everything”: all stages may learn." in said
    assert "Last stage" not in said
    view = panel._full_view()
    assert [one["label"] for one in view["presets"]] == ["Feature extraction", "Everything", "Your own"]
    with pytest.raises(PanelError, match="Last stage does nothing of its own here"):
        panel.set(preset="last stage")
    panel.set(stage="average", mode="trainable")
    assert panel._full_view()["preset"] == "your own"
    panel.set(preset="feature extraction")
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


def test_similarity_takes_texts_from_the_choice_to_the_gain(net: Backbone, dataset: Dataset) -> None:
    more = data.table(
        {"text": [f"{one} dog" for one in WORDS] * 2, "label": ["a", "b"] * 12}, text="text", name="dogs"
    )
    panel = panels.Similarity(more, dataset, net)
    view = panel._full_view()
    options = {one["field"]: one["options"] for one in view["choose"]}
    assert options["target"] == ["dogs", "things", "emoji:names"]
    assert options["backbone"] == ["made, mean", "words:english, mean", "words:explosion, mean"]
    assert "dog" in view["samples"]["source"]["texts"][0]
    found = panel.run()
    assert found.things == "texts"
    said = str(panel)
    assert "pictures" not in said.replace("Those were trials with pictures", "")
    assert "knows by heart the" in said
    assert "unrelated: random words" in said
    assert "Nearest texts in dogs to things, class animal" in said
    assert "are among 24 of dogs, equal or nearly equal. Texts that say the same" in said
    points = [one["words"] for one in maps.points(panel._outcome or {}, "pca")["points"]]
    assert any(one.startswith("things, class animal: ") for one in points)
    shown = panel.set(picture="fruit")._full_view()["outcome"]
    assert shown["chosen"]["title"] == "Nearest texts in dogs"
    assert shown["choices"][1]["words"].startswith("fruit: ")
    assert panel._full_view()["gain"]["time"].startswith("Takes ")
    gain = panel.set(labels_per_class=2, draws=1).measure_gain()
    assert gain.comparison.arms == ("scratch", "tf-idf", "frozen", "fine-tuned")
    assert gain.pair == ("scratch", "frozen")
    assert "test texts, paired" in str(panel)
    again = panels.Similarity.from_record(panel.record())
    assert str(again) == str(panel)
    assert again._full_view()["outcome"]["map_words"].startswith("Each point is a text")


@pytest.mark.parametrize(
    ("source", "others", "words"),
    [
        ("digits", (), "digits has pictures, and the items of the target, things, are texts"),
        ("emoji:names", ("zoo:resnet-letters",), "zoo:resnet-letters takes pictures"),
        ("emoji:names", ("greek",), "greek has pictures"),
    ],
)
def test_similarity_shows_no_pictures_beside_texts(
    source: str, others: tuple[str, ...], words: str, net: Backbone, dataset: Dataset
) -> None:
    more = [backbones.load(name) if name.startswith("zoo:") else data.load(name) for name in others]
    with pytest.raises(PanelError, match=words):
        panels.Similarity(data.load(source), dataset, net, others=more)


def test_what_is_no_text_is_named_in_english(net: Backbone) -> None:
    with pytest.raises(DataError, match=r"Text 0 is an int\. Give texts alone"):
        net.features([1])  # type: ignore[list-item]
    with pytest.raises(DataError, match="Text 1 is 2, an int"):
        data.TextSplit(["a", 2], [0, 0], ["x"])  # type: ignore[list-item]


def test_compare_offers_the_baselines_of_texts(net: Backbone, dataset: Dataset) -> None:
    panel = panels.Compare(dataset.few_shot(4, seed=0), net, arms=["tf-idf", "frozen"], seeds=2)
    assert [arm["name"] for arm in panel.record()["about"]["arms"]][:2] == ["tf-idf", "character-ngrams"]
    panel.run()
    said = str(panel)
    assert "test texts" in said
    assert "distortions" not in said
    assert panel.result.verdict.names == ("tf-idf", "frozen")
