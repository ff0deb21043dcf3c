"""check: the gravest licence of the whole lineage decides; its table, JSON and bill of materials say why."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tlkit import backbones, data, governance, words
from tlkit.backbones import ModelCard
from tlkit.backbones.shelf import Shelf
from tlkit.errors import DataError, UnknownNameError

EVIL = "<script>alert(1)</script>"


def card(name: str, weights: str, *parents: ModelCard, data: str = "CC0-1.0") -> ModelCard:
    return ModelCard(
        name,
        licence_code="MIT",
        licence_weights=weights,
        licence_data=data,
        lineage={
            "parents": [one.name for one in parents] or "none: from random weights",
            "data": f"set of {name}",
        },
        ancestry={one.name: one.to_dict() for one in parents},
    )


def test_networks_and_data_that_are_embedded() -> None:
    assert governance.check("zoo:resnet-letters", use="teaching").word == "fine"
    assert governance.check("zoo:resnet-letters", use="publish").word == "condition"
    found = governance.check(backbones.load("zoo:efficientnet-lite0"), use="commercial")
    (grave,) = [one for one in found.findings if one.word == "cannot tell"]
    assert (grave.part, grave.licences[0]) == ("data", "LicenseRef-ImageNet-terms")
    assert "ask before" in found.sentence
    assert governance.check("zoo:efficientnet-lite0@96", use="teaching").word == "fine"
    for name, licence in (
        ("emoji:noto", "Apache-2.0"),
        ("emoji:twemoji", "CC-BY-4.0"),
        ("emoji:fluent", "MIT"),
    ):
        (one,) = governance.check(name, use="publish").findings
        assert one.part == "data"
        assert licence in one.licences
    assert governance.check(data.load("greek"), use="teaching").word == "fine"


def test_the_first_source_decides_for_all_that_were_made_from_it() -> None:
    first = card("first", "CC-BY-NC-4.0")
    second = card("second", "CC-BY-NC-4.0", first)
    third = card("third", "MIT", second, first)
    third = replace(third, lineage={**third.lineage, "parents": ["second"]})
    found = governance.check(third, use="commercial")
    assert found.word == "conflict"
    assert [one.name for one in found.lineage.ancestors] == ["third", "second", "first"]
    assert {one.network for one in found.conflicts} == {"first", "second", "third"}
    (laundered,) = [one for one in found.conflicts if one.network == "third"]
    assert "gives more than it got" in laundered.reason
    assert governance.check(third, use="teaching").conflicts == ()
    assert governance.check(card("x", "MIT", card("y", "CC-BY-ND-4.0")), use="publish").word == "conflict"
    assert governance.check(card("x", "CC-BY-ND-4.0"), use="publish").word == "condition"
    assert governance.check(card("x", "GPL-3.0-only OR CC-BY-NC-4.0"), use="commercial").word == "condition"
    assert governance.check(card("x", "MIT", data="CC-BY-SA-4.0"), use="publish").word == "cannot tell"
    assert governance.check(card("x", ""), use="publish").word == "conflict"


def test_of_four_generations_each_is_judged_by_its_own_licence() -> None:
    line = [card("g1", "CC-BY-NC-4.0")]
    for name, licence in (("g2", "CC-BY-NC-SA-4.0"), ("g3", "gemma"), ("g4", "GPLv3 or ask us")):
        line.append(
            replace(card(name, licence, line[-1]), ancestry={one.name: one.to_dict() for one in line})
        )
    found = governance.check(line[-1], use="commercial")
    words = {
        one.network: one.word
        for one in found.findings
        if one.part == "weights" and "come from" not in one.reason
    }
    assert words == {"g4": "condition", "g3": "condition", "g2": "conflict", "g1": "conflict"}
    assert [one.network for one in found.conflicts if "gives more than it got" in one.reason] == ["g3", "g3"]
    assert governance.check(line[-1], use="teaching").word == "condition"


def test_cards_that_name_each_other_as_their_source_end_and_are_not_believed() -> None:
    a, b = card("a", "MIT"), card("b", "MIT", card("a", "MIT"))
    a = replace(a, lineage={"parents": ["b"]}, ancestry={"b": b.to_dict()})
    found = governance.check(a, use="teaching")
    assert found.word == "cannot tell"
    assert "a, b are said to come from each other" in found.sentence
    assert not found.lineage.complete
    itself = governance.check(replace(a, lineage={"parents": ["a"]}, ancestry={}), use="teaching")
    assert "said to come from itself" in itself.sentence


def test_a_network_of_word_vectors_comes_from_them() -> None:
    net = words.text_backbone(words.load("words:english").first(50), "gru")
    found = governance.check(net, use="teaching")
    assert found.word == "fine"
    assert [one.name for one in found.lineage.ancestors] == ["words:english, gru", "words:english"]
    assert found.lineage.complete
    own = json.loads(found.bill_of_materials())["metadata"]["component"]
    assert own["modelCard"]["modelParameters"]["task"] == "feature-extraction"


def test_word_vectors_are_judged_by_their_own_card() -> None:
    found = governance.check("words:english", use="commercial")
    assert {one.part: one.licences for one in found.findings}["weights"] == ("PDDL-1.0",)
    assert found.name == "words:english"
    assert governance.check(words.load("words:english"), use="commercial").findings == found.findings
    with pytest.raises(UnknownNameError, match="nearest are 'words:english'"):
        governance.check("words:englsh", use="teaching")


def test_the_bill_of_a_data_set_calls_it_data() -> None:
    text = governance.check("emoji:noto", use="publish").bill_of_materials()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    own = bill["metadata"]["component"]
    assert (own["name"], own["type"]) == ("emoji:noto", "data")
    assert "components" not in bill
    assert {one["license"]["id"] for one in own["licenses"]} == {"Apache-2.0", "OFL-1.1", "Unicode-3.0"}


def test_what_is_not_known_is_said() -> None:
    lost = replace(card("x", "MIT"), lineage={"parents": ["hf:someone/else"]})
    found = governance.check(lost, use="teaching")
    assert found.word == "cannot tell"
    assert "its card is not here" in str(found)
    assert "does not say what it was made from" in str(
        governance.check(replace(lost, lineage={}), use="teaching")
    )
    for use in ("teaching", "commercial", "publish"):
        for told in ("see the lawyer", "other", "MIT, I think"):
            found = governance.check(card("x", told), use=use)
            assert (found.word, found.conflicts) == ("cannot tell", ())
            assert f"the card says: {told}" in str(found)
    assert governance.check(card("x", "unknown: nobody states one"), use="publish").word == "conflict"
    assert governance.check(card("x", "ours", card("y", "CC-BY-NC-4.0")), use="publish").conflicts == ()
    with pytest.raises(
        UnknownNameError, match=r"'comercial'\. Give one of teaching, research, commercial, publish"
    ):
        governance.check(lost, use="comercial")
    with pytest.raises(UnknownNameError):
        governance.check("zoo:resnet-lettuce", use="teaching")
    with pytest.raises(DataError, match="no licences"):
        governance.check(3, use="teaching")  # type: ignore[arg-type]


def test_every_face_says_that_it_is_no_legal_advice_and_text_stays_text() -> None:
    found = governance.check(replace(card(EVIL, EVIL), title=EVIL), use="commercial")
    for face in (str(found), found._repr_html_(), json.dumps(found.to_json())):
        assert face.count("it is not legal advice") == 1
    assert "<script" not in found._repr_html_()
    assert "<script" not in found.lineage._repr_html_()
    assert json.loads(found.bill_of_materials())["metadata"]["component"]["name"] == EVIL


def test_a_bill_of_materials_keeps_to_its_schema_and_names_everything(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    said = ModelCard(
        "x",
        metrics={"accuracy": {"value": 0.8, "low": 0.7, "high": 0.9, "seeds": 3}},
        groups=("capitals: 80 %",),
        licence_weights="MIT OR Apache-2.0",
    )
    shelf.push(backbones.load("zoo:efficientnet-lite0"), "photos", said)
    found = governance.check("shelf:photos", use="publish", shelf=shelf)
    text = found.bill_of_materials()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    own = bill["metadata"]["component"]
    assert (own["name"], own["version"], own["type"]) == ("shelf:photos", "1.0.0", "machine-learning-model")
    assert own["hashes"][0]["content"] == shelf.entry("photos").card.sha256
    interval = own["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0]["confidenceInterval"]
    assert interval == {"lowerBound": "0.7", "upperBound": "0.9"}
    parts = {one["bom-ref"]: one["type"] for one in bill["components"]}
    assert parts == {"zoo:efficientnet-lite0": "machine-learning-model", "data:imagenet-1k": "data"}
    below = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert below["shelf:photos@1.0.0"] == ["data:imagenet-1k", "zoo:efficientnet-lite0"]
    assert bill["serialNumber"] == json.loads(found.bill_of_materials())["serialNumber"]
