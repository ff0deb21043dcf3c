"""Class names compared by their words."""

from __future__ import annotations

import pytest

from tlkit.data.class_names import ClassNames, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("zebra", "Zebras"),
        ("T-shirt", "t shirt"),
        ("hot dog", "hotdog"),
        ("ice_cream", "Ice-Creams"),
        ("butterfly", "butterflies"),
        ("movie", "movies"),
        ("bus", "buses"),
        ("watch", "watches"),
        ("wolf", "wolves"),
        ("knife", "knives"),
        ("potato", "potatoes"),
        ("sports car", "sport car"),
        ("crane", "crane (bird)"),
        ("drake", "drake, duck"),
        ("A", "A"),
        ("3", "3"),
    ],
)
def test_ways_to_write_one_name(one: str, other: str) -> None:
    assert ClassNames([other]).same(one) == other
    assert ClassNames([one]).same(other) == one


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "A"), ("glass", "gla"), ("ant", "pant"), ("bus", "bu"), ("dog", "hot dog"), ("", "s"), ("!", "?")],
)
def test_other_names(one: str, other: str) -> None:
    assert ClassNames([other]).same(one) is None
    assert ClassNames([one]).same(other) is None


def test_the_last_words_say_what_it_is() -> None:
    known = ClassNames(["dog", "toy poodle", "poodle", "standard poodle", "poodle skirt"])
    assert known.kinds_of("poodles") == ("toy poodle", "standard poodle")
    assert known.kind_of("black toy poodle") == "toy poodle"
    assert known.kind_of("poodle") is None
    assert known.kinds_of("odle") == () == known.kinds_of("")


def test_an_equal_name_goes_before_one_that_is_written_otherwise() -> None:
    assert ClassNames(["Cat", "cats", "cat"]).same("cat") == "cat"
    assert len(ClassNames(["cat", "cat", "dog"])) == 2
    assert words_of("racing_car") == ("racing", "car")
