"""Class names that are the same, kinds of each other, or spelt nearly alike."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tlkit.errors import SimilarityError
from tlkit.similarity.overlap_names import match_names

VARIANTS = [
    *[("doughnut", "donut"), ("racing car", "race car"), ("grey fox", "gray fox"), ("colour", "color")],
    *[
        ("aeroplane", "airplane"),
        ("tyre", "tire"),
        ("yoghurt", "yogurt"),
        ("axe", "ax"),
        ("piñata", "pinata"),
    ],
    *[("mobile phone", "mobile telephone"), ("racoon", "raccoon"), ("moustache", "mustache")],
    *[("sulphur butterfly", "sulfur butterfly"), ("pyjama", "pajamas"), ("omelette", "omelet")],
    *[("catalogue", "catalog"), ("ketchup", "catsup"), ("jewellery", "jewelry"), ("theatre", "theater")],
    *[("bookshop", "bookstore"), ("chimpanse", "chimpanzee"), ("ladybird", "ladybug")],
]
OTHERS = [
    *[
        ("cat", "car"),
        ("horse", "house"),
        ("bear", "pear"),
        ("boat", "goat"),
        ("ship", "chip"),
        ("sheep", "ship"),
    ],
    *[("toy poodle", "standard poodle"), ("red fox", "grey fox"), ("sea lion", "sea urchin"), ("pan", "pen")],
    *[("dining table", "pool table"), ("castle", "cattle"), ("kitten", "mitten"), ("plane", "plate")],
    *[("train", "drain"), ("candle", "cradle"), ("snail", "snake"), ("desk", "disk"), ("goose", "moose")],
    *[("tank", "tanker"), ("cricket", "ticket"), ("broom", "mushroom"), ("crane", "crate"), ("wolf", "golf")],
]


def _perhaps(one: str, other: str) -> bool:
    return any(match.relation == "perhaps" for match in match_names([other], [one]))


def test_most_spellings_of_one_name_are_found_and_few_other_names_are() -> None:
    found = [pair for pair in VARIANTS if _perhaps(*pair)]
    assert len(found) >= 0.7 * len(VARIANTS)
    assert {("doughnut", "donut"), ("racing car", "race car"), ("piñata", "pinata")} <= set(found)
    wrong = [pair for pair in OTHERS if _perhaps(*pair)]
    assert len(wrong) <= 0.15 * len(OTHERS)


@pytest.mark.parametrize("pair", [*VARIANTS, *OTHERS])
def test_likeness_of_letters_is_never_called_the_same(pair: tuple[str, str]) -> None:
    for one, other in (pair, pair[::-1]):
        assert all(match.relation == "perhaps" for match in match_names([other], [one]))


def test_which_other_names_there_are_makes_no_difference() -> None:
    alone = match_names(["donut"], ["doughnut"])
    among = match_names(["donut", "door", "duck", "Dover sole"], ["dolphin", "doughnut"])
    assert alone[0].likeness == pytest.approx(next(one for one in among if one.target == "doughnut").likeness)


def test_what_is_the_same_by_words_is_not_looked_for_by_letters() -> None:
    found = match_names(["zebras", "zebra crossing", "toy poodle", "cat"], ["Zebra", "poodle", "tabby cat"])
    assert [(one.target, one.source, one.relation) for one in found] == [
        ("Zebra", ("zebras",), "same"),
        ("poodle", ("toy poodle",), "kinds"),
        ("tabby cat", ("cat",), "kind of"),
    ]


def test_letters_and_numbers_are_themselves_alone() -> None:
    assert [one.target for one in match_names(["A", "B", "1", "10"], ["a", "B", "1", "100"])] == ["B", "1"]
    assert match_names([], ["cat"]) == match_names(["cat"], []) == ()


def test_vectors_say_what_may_mean_the_same() -> None:
    vectors = {
        "lorry": [1.0, 0.1, 0],
        "truck": [1, 0.2, 0],
        "banana": [0, 0, 1],
        "fire": [0, 1, 0],
        "engine": [1, 0, 0],
        "big": [0.1, 0, 0],
    }
    found = match_names(
        ["truck", "banana", "unknown"], ["lorry", "fire engine", "nothing", "big engine"], vectors
    )
    assert [(one.target, one.source, one.by, one.relation) for one in found] == [
        ("lorry", ("truck",), "vectors", "perhaps"),
        ("fire engine", ("truck",), "vectors", "perhaps"),
        ("big engine", ("truck",), "vectors", "perhaps"),
    ]
    assert found[0].likeness == pytest.approx(1.02 / np.hypot(1, 0.1) / np.hypot(1, 0.2))
    assert [one.target for one in match_names(["truck"], ["lorry", "fire engine"], vectors, 0.9)] == ["lorry"]


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (["cat"], "vectors is of the kind list"),
        (SimpleNamespace(), "vectors is of the kind"),
        ({"dog": [1, 2], "hound": [1, 2, 3]}, "different lengths"),
        ({"dog": [1, float("nan")], "hound": [1, 2]}, "not finite"),
        ({"dog": [0, 0], "hound": [1, 2]}, "all zero"),
        ({"dog": "bark", "hound": [1, 2]}, "no array of numbers"),
        ({"dog": [[1, 2]], "hound": [1, 2]}, "shape"),
    ],
)
def test_what_are_no_vectors_is_refused(vectors: object, words: str) -> None:
    with pytest.raises(SimilarityError, match=words):
        match_names(["hound"], ["dog"], vectors)
