"""Cards: what is missing is said, older cards stay readable, a hub's README and back, and text stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import huggingface_hub
import pytest

from tlkit import backbones
from tlkit.backbones import ModelCard, card_markdown
from tlkit.backbones.card_gaps import needed
from tlkit.errors import WeightsError
from tlkit.files import packaged, read_json

EVIL = "<script>alert(1)</script>"
WHOLE = ModelCard(
    "shelf:greek",
    "Reads Greek.",
    architecture="resnet",
    data="greek",
    data_consent="Drawn by ourselves.",
    licence_code="MIT",
    licence_weights="MIT",
    licence_data="CC0-1.0",
    lineage={"parents": ["zoo:resnet-letters"]},
    recipe={"steps": 100},
    metrics={"accuracy": {"value": 0.8, "low": 0.7, "high": 0.9, "seeds": 5, "record": "a.json"}},
    intended_use="Lessons.",
    limits=("Not for post offices.",),
    groups=("No people are in the data.",),
    contact="the library",
    sha256="0" * 64,
)


def test_a_complete_card_misses_nothing_and_each_entry_that_is_taken_away_is_named() -> None:
    assert WHOLE.missing() == []
    gone: list[tuple[dict[str, Any], str]] = [
        ({"intended_use": ""}, "purpose"),
        ({"data": ""}, "data"),
        ({"data_consent": ""}, "consent"),
        ({"licence_code": ""}, "licence of the code"),
        ({"licence_weights": "unknown: nobody states it"}, "licence of the weights"),
        ({"licence_data": " "}, "licence of the data"),
        ({"lineage": {}}, "lineage"),
        ({"lineage": {"parents": ["hf:someone/else"]}}, "hf:someone/else has no card here"),
        (
            {"lineage": {"parents": ["zoo:vgg-shapes", "hf:a/b", "hf:c/d"]}},
            "source: hf:a/b, hf:c/d have no card",
        ),
        ({"recipe": {}}, "training recipe"),
        ({"metrics": {}}, "metrics"),
        ({"metrics": {"test_accuracy": 0.8}}, "test accuracy has none"),
        ({"limits": ()}, "limits"),
        ({"groups": ()}, "groups"),
        ({"contact": ""}, "contact"),
        ({"sha256": ""}, "hash"),
    ]
    for change, words in gone:
        (missing,) = replace(WHOLE, **change).missing()
        assert words in missing, change


def test_only_licences_and_lineage_are_needed_for_a_shelf() -> None:
    bare = ModelCard("own", licence_code="MIT", licence_weights="MIT", licence_data="MIT")
    assert [words.partition(":")[0] for words in needed(bare)] == ["lineage"]
    made = replace(bare, lineage={"parents": "none: from random weights"})
    assert needed(made) == []
    for told in ("other", "ask my aunt", "see LICENSE"):
        (gap,) = needed(replace(made, licence_weights=told))
        assert gap.startswith(f"licence of the weights: '{told}' is none that is known")
    assert needed(replace(made, licence_weights="LicenseRef-ACME")) == []


def test_embedded_cards_are_read_as_they_were_written() -> None:
    for path in packaged("backbones", "weights").glob("[!s]*.json"):
        written = read_json(path)
        card = ModelCard.from_dict(written)
        assert card.parents == ()
        assert needed(card) == []
        assert json.loads(json.dumps(card.to_dict())) == {"sides": [], **written}


def test_a_metric_shows_its_interval_and_nonsense_is_refused() -> None:
    assert "accuracy: 80.0 % (70.0 to 90.0), 5 draws; record a.json" in str(WHOLE)
    for told in (
        "high",
        {"low": 0.1},
        {"value": True},
        {"value": 0.5, "low": 0.6, "high": 0.7},
        float("nan"),
    ):
        with pytest.raises(WeightsError, match="metric"):
            ModelCard.from_dict({"name": "own", "metrics": {"accuracy": told}})
    for wrong in ({"metrics": [1]}, {"limits": "none"}, {"title": None}, {"sides": 3}, {"surprise": 1}):
        with pytest.raises(WeightsError):
            ModelCard.from_dict({"name": "own", **wrong})


def test_it_goes_to_a_hub_and_back_whole() -> None:
    child = replace(WHOLE, lineage={"parents": ["hf:someone/bert"], "data": "greek"}, title="y: no\n---\n# x")
    text = child.markdown()
    assert card_markdown.read(text).to_dict() == child.to_dict()
    hub = huggingface_hub.ModelCard(text)
    assert hub.data.license == "mit"
    assert hub.data.base_model == ["someone/bert"]
    assert hub.data.eval_results[0].metric_value == 0.8
    chosen = huggingface_hub.ModelCard(replace(WHOLE, licence_weights="MIT OR Apache-2.0").markdown()).data
    assert (chosen.license, chosen.license_name) == ("other", "MIT OR Apache-2.0")


def test_a_strangers_readme_gives_what_it_says() -> None:
    text = (
        "---\nlicense: cc-by-nc-4.0\nbase_model: [a/b]\ndatasets: [c/d]\nmodel-index:\n- name: x\n  results:\n"
        "  - task: {type: image-classification}\n    dataset: {type: d, name: d}\n"
        "    metrics: [{type: accuracy, value: 81.5}, {type: accuracy, value: x}]\n---\n# A title\n"
    )
    card = card_markdown.read(text, "hf:me/mine")
    assert (card.name, card.title, card.licence_weights) == ("hf:me/mine", "A title", "cc-by-nc-4.0")
    assert card.parents == ("hf:a/b",)
    assert card.metrics == {"accuracy": 0.815}
    assert card_markdown.read("no front matter").name == "unnamed"
    for dangerous in (
        "---\na: !!python/object/apply:os.system [ls]\n---\n",
        "---\n{\n---\n",
        f"---\na: {'[' * 20_000}\n---\n",
    ):
        with pytest.raises(WeightsError, match="no YAML"):
            card_markdown.read(dangerous)


@pytest.mark.parametrize("entry", ["datasets", "tlkit_card", "model-index"])
def test_a_few_lines_that_stand_for_more_than_memory_holds_are_refused(entry: str) -> None:
    laughs = "a0: &a0 [lol, lol]\n" + "".join(
        f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]\n" for at in range(1, 30)
    )
    for bomb in (f"{laughs}{entry}: *a29\n", f"{entry}: &self [*self]\n"):
        with pytest.raises(WeightsError, match="stands for more than 100,000 values"):
            card_markdown.read(f"---\n{bomb}---\n")
    # What is named twice is no bomb.
    card = card_markdown.read("---\nbase: &b [c/d]\ndatasets: *b\nbase_model: *b\n---\n")
    assert (card.data, card.parents) == ("c/d", ("hf:c/d",))


def test_a_card_says_what_the_network_does_as_hubs_name_it() -> None:
    of_words = ModelCard("x", architecture="text-gru", metrics={"test_accuracy": 0.5}, classes=("a", "b"))
    front = huggingface_hub.ModelCard(of_words.markdown()).data
    assert front.pipeline_tag == front.eval_results[0].task_type == "text-classification"
    assert replace(of_words, classes=()).hub_task == "feature-extraction"
    assert ModelCard("x", architecture="word vectors, 3 words x 2").hub_task == "feature-extraction"
    assert ModelCard("x", architecture="resnet").hub_task == "image-classification"
    said = card_markdown.read("---\npipeline_tag: sentence-similarity\n---\n")
    assert said.hub_task == "sentence-similarity"
    assert ModelCard.from_dict(said.to_dict()) == said


def test_text_that_looks_like_code_stays_text_wherever_a_card_is_shown() -> None:
    filled = dict.fromkeys(
        ("title", "architecture", "origin", "data", "data_consent", "intended_use", "contact"), EVIL
    )
    card = ModelCard(
        EVIL,
        **filled,
        licence_weights=EVIL,
        classes=(EVIL,),
        limits=(EVIL, "[click](javascript:alert(1)) ![x](y)"),
        groups=(EVIL,),
        lineage={EVIL: EVIL},
        recipe={EVIL: [EVIL]},
        metrics={EVIL: 0.5},
    )
    body = card.markdown().split("\n---\n", 1)[1]
    for face in (card._repr_html_(), body):
        assert "<script" not in face
        assert "&lt;script&gt;" in face
    assert not re.search(r"(?<!\\)\]\(", body)
    net = backbones.load("zoo:resnet-letters")
    assert "<script" not in replace(net, name=EVIL, card=card)._repr_html_()
