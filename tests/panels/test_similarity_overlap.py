"""What the target shares with the source: the warning, the quiet line, and what was not checked."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.panels.printed import measured
from tlkit import backbones, data, panels
from tlkit.data import Dataset
from tlkit.errors import StoppedError
from tlkit.panels import similarity_overlap as overlap
from tlkit.similarity.overlap_shown import WHY


def noise(name: str, count: int = 60, seed: int = 0, channels: int = 1, classes: str = "ab") -> Dataset:
    """Pictures that look like no others."""
    pixels = np.random.default_rng(seed).random((count, channels, 16, 16)).astype(np.float32)
    labels = [classes[at % len(classes)] for at in range(count)]
    return data.arrays(pixels, labels, name=name, channels="first")


def with_copies(of: Dataset, copies: int, name: str = "theirs") -> Dataset:
    """Other noise, of which a few training pictures are those of another set."""
    pixels = np.random.default_rng(9).random((60, 1, 16, 16)).astype(np.float32)
    pixels[:copies] = of.train.images[:copies]
    return data.arrays(pixels, ["cd"[at % 2] for at in range(60)], name=name, channels="first")


def found(made: dict[str, Any], source: str = "theirs", target: str = "ours") -> dict[str, Any]:
    return {"report": {"source": source, "target": target}, "overlap": {**made, "network": None}}


def test_copies_are_counted_in_a_warning() -> None:
    ours = noise("ours")
    seen = overlap.view(found(overlap.shared(with_copies(ours, 5), ours)))
    assert seen is not None
    assert "5 of" in seen["warnings"][0]
    assert seen["why"] == WHY
    assert seen["quiet"].startswith("5 of 60 pictures of ours are among 60 of theirs")
    said = "\n".join(part.text() for part in overlap.twin(found(overlap.shared(with_copies(ours, 5), ours))))
    assert seen["warnings"][0] in said
    assert WHY in said


def test_without_overlap_one_line_says_what_was_looked_for() -> None:
    ours = noise("ours")
    seen = overlap.view(found(overlap.shared(with_copies(ours, 0), ours)))
    assert seen is not None
    assert (seen["warnings"], seen["why"]) == ([], "")
    assert seen["quiet"].startswith("No overlap was found: none of 60 pictures of ours is among 60 of theirs")
    assert (ours.test.openings, "sealed" in seen["quiet"]) == (0, True)


def test_equal_class_names_are_told_beside_pictures_that_differ() -> None:
    ours = noise("ours", seed=1)
    seen = overlap.view(found(overlap.shared(noise("theirs", seed=2), ours)))
    assert seen is not None
    assert "2 of 2 classes of 'ours'" in seen["warnings"][0]
    assert seen["quiet"].startswith("None of 60 pictures of ours is among")


def test_grey_against_colour_is_said_and_nothing_fails() -> None:
    seen = overlap.view(found(overlap.shared(noise("theirs", channels=3, classes="cd"), noise("ours"))))
    assert seen is not None
    assert not seen["warnings"]
    assert seen["quiet"].startswith("Not checked for overlap: whether pictures of ours are in theirs.")
    assert "3 channels" in seen["quiet"]


def test_one_set_as_both_is_told_without_looking() -> None:
    def never() -> bool:
        raise AssertionError("nothing has to be looked for")

    ours = noise("ours")
    seen = overlap.view(found(overlap.shared(ours, ours, never), "ours"))
    assert seen is not None
    assert "one set" in seen["warnings"][0]


def test_the_same_sets_are_looked_through_once_and_a_stopped_look_leaves_nothing() -> None:
    ours, theirs = noise("ours", seed=5), noise("theirs", seed=6)
    with pytest.raises(StoppedError):
        overlap.shared(theirs, ours, lambda: True)
    asked: list[float] = []
    first = overlap.shared(theirs, ours, progress=lambda _, share: asked.append(share))
    assert asked
    assert overlap.shared(theirs, ours, lambda: True) == first
    # Other pictures under the same name are other sets.
    assert overlap.shared(with_copies(ours, 3), ours)["found"]["exact"]["count"] == 3


def test_sets_too_large_for_a_panel_are_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "MOST_PICTURES", 100)
    made = overlap.shared(noise("theirs", seed=1), noise("ours"))
    assert made["found"] is None
    assert "120 pictures are more than a panel looks through" in made["why_not"]


def test_a_network_that_learned_elsewhere_has_its_own_class_names_compared() -> None:
    digits, net = data.load("digits"), backbones.load("zoo:resnet-printed-digits")
    record = overlap.known_names(net, data.load("letters"), digits)
    assert record is not None
    assert "zoo:resnet-printed-digits" in record["warnings"][0]
    assert overlap.known_names(net, data.load("printed-digits"), digits) is None


# In the panel


def test_the_panel_warns_near_its_verdict_in_view_twin_and_record() -> None:
    panel = measured()
    seen = panel._view()["outcome"]["overlap"]
    assert "10 of 10 classes" in seen["warnings"][0]
    ours = data.load("printed-digits")
    pictures = len(ours.train) + len(ours.validation) + len(ours.test)
    assert f"None of {pictures:,} pictures of printed-digits is among" in seen["quiet"]
    said = str(panel)
    assert said.index(panel._view()["outcome"]["verdict"]) < said.index(seen["warnings"][0])
    assert said.index(seen["warnings"][0]) < said.index("Does what it sees sort")
    record = json.loads(json.dumps(panel.record(), allow_nan=False))
    assert record["outcome"]["overlap"]["found"]["warnings"] == seen["warnings"]
    assert str(panels.Similarity.from_record(record)) == said


def test_a_record_of_before_opens_without_a_word_about_overlap() -> None:
    record = measured().record()
    del record["outcome"]["overlap"]
    record["version"] = 1
    old = panels.Similarity.from_record(record)
    assert old._view()["outcome"]["overlap"] is None
    assert "verlap" not in str(old)


def test_names_are_compared_where_pictures_cannot_be() -> None:
    made = overlap.shared(noise("grey", classes="ab"), noise("colour", channels=3, classes="bc"))
    assert "have 1 channel, those of 'colour' 3" in made["why_not"]
    assert made["names"] == ["b"]
    shown = overlap.view({"report": {"source": "grey", "target": "colour"}, "overlap": made})
    assert shown is not None
    assert shown["warnings"] == ["Classes of colour that are classes of grey by name: b."]
    assert shown["quiet"].startswith("Not checked for overlap: whether pictures")
