"""Names that a network has met before."""

from __future__ import annotations

import pytest

from tlkit import backbones, data
from tlkit.backbones import overlap
from tlkit.errors import DataError

NET = backbones.load("zoo:efficientnet-lite0", side=48)


def test_equal_names_and_kinds_are_told_apart() -> None:
    found = overlap(NET, ["zebra", "Zebras", "poodle", "T-shirt", "grinning face", "bananas"])
    assert dict(found.same) == {"zebra": "zebra", "Zebras": "zebra", "bananas": "banana"}
    assert dict(found.kinds) == {"poodle": ("toy poodle", "miniature poodle", "standard poodle")}
    assert (found.names, len(found)) == (6, 4)
    assert "3 of 6 names as such, and kinds of 1 more" in str(found)


def test_part_of_a_word_is_no_match() -> None:
    assert not overlap(NET, ["ant farm", "pant", "at", "fi", ""])
    assert "None of 1 names" in str(overlap(NET, ["grinning face"]))


def test_the_things_of_emoji_are_partly_known_and_its_classes_are_not() -> None:
    emoji = data.load("emoji:names")
    assert {name for name, _ in overlap(NET, emoji.classes).same} == set()
    known = {name for name, _ in overlap(NET, emoji.train.texts).same}
    assert 20 < len(known) < len(emoji.train) / 2


def test_what_has_no_names_is_refused() -> None:
    with pytest.raises(DataError, match="is no name"):
        overlap(NET, [3])  # type: ignore[list-item]
    with pytest.raises(DataError, match="names is None"):
        overlap(NET, None)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="The network is of the kind str"):
        overlap(NET.name, ["zebra"])  # type: ignore[arg-type]
    from torch import nn

    transform = backbones.InputTransform(channels=1, height=4, width=4, mean=(0.5,), std=(0.5,))
    own = backbones.wrap(nn.Sequential(nn.Conv2d(1, 2, 1)), {"stem": "0"}, transform=transform)
    with pytest.raises(DataError, match="names no classes"):
        overlap(own, ["zebra"])
