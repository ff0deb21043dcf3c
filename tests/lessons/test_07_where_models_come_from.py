"""Lesson 7's exercises: every correct solution is accepted, a wrong one gets its author's hint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlkit import backbones, data, freeze, governance, train
from tlkit.course import check

MINE = backbones.ModelCard(
    "greek-reader",
    title="Reads single printed Greek letters.",
    licence_code="BSD-3-Clause",
    licence_weights="BSD-3-Clause",
    licence_data="BSD-3-Clause",
    intended_use="Teaching.",
    limits=("Not for handwriting.",),
)
WHOLE = replace(
    MINE,
    title="Reads handwritten digits.",
    limits=("Not for letters.",),
    data="Handwritten digits, given by scikit-learn.",
    data_consent="How the writers agreed is not told.",
    groups=("None were measured apart.",),
    contact="me@example.org",
)

# Exercise 1


def test_a_whole_card_is_accepted_and_one_that_names_its_gaps_too() -> None:
    for card in (
        WHOLE,
        replace(WHOLE, contact="Nobody is left to ask: the makers closed their chair in 2019."),
    ):
        found = check("07-own-card", card)
        assert found.right, found.text


def test_wrong_cards_are_told_what_is_open() -> None:
    wrong = [
        (MINE, "does not say: data", "a card with a licence"),
        (replace(WHOLE, contact=""), "does not say: contact", "a card with a licence"),
        (replace(WHOLE, contact="?"), "answers nothing", ""),
        (replace(WHOLE, groups=("none",)), "answers nothing", ""),
        (replace(WHOLE, title=MINE.title), "belongs to another network", ""),
        (replace(WHOLE, limits=MINE.limits), "belongs to another network", ""),
    ]
    for card, said, belief in wrong:
        found = check("07-own-card", card)
        assert found.right is False
        assert said in found.text
        assert belief in found.belief
        assert bool(belief) == bool(found.belief)


# Exercise 2


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> backbones.Shelf:
    """The lesson's shelf: a reader of Greek, and a reader of digits that was made from it."""
    made = backbones.Shelf(tmp_path_factory.mktemp("shelf") / "models")
    push_from(made, backbones.load("zoo:resnet-letters"), "greek", "greek-reader")
    push_from(made, made.load("greek-reader"), "digits", "digit-reader")
    return made


def push_from(shelf: backbones.Shelf, parent: backbones.Backbone, target: str, name: str) -> Any:
    task = data.load(target).few_shot(1, seed=0)
    run = train.fit(parent, task, freeze.plan(parent, until="head"), progress=False)
    shelf.push(run, name, card=replace(MINE, name=name))
    return shelf.lineage(name)


def test_a_third_generation_is_accepted(shelf: backbones.Shelf) -> None:
    lineage = push_from(shelf, shelf.load("digit-reader"), "greek", "greek-again")
    found = check("07-own-chain", lineage)
    assert found.right, found.text
    assert "greek, digits, greek, letters" in found.text


def test_wrong_chains_are_told_what_is_wrong(shelf: backbones.Shelf, tmp_path: Path) -> None:
    other = backbones.Shelf(tmp_path / "other")
    straight = push_from(other, backbones.load("zoo:resnet-letters"), "greek", "greek-again")
    wrong = [
        (shelf.lineage("digit-reader"), "is to be called greek-again", ""),
        (straight, "does not belong", "ends at the one that I trained"),
        (push_from(other, shelf.load("greek-reader"), "greek", "greek-again"), "is the reader of digits", ""),
    ]
    for lineage, said, belief in wrong:
        found = check("07-own-chain", lineage)
        assert found.right is False
        assert said in found.text
        assert belief in found.belief
        assert bool(belief) == bool(found.belief)


# Exercise 3


def answers(digit: float, greek: float, *, draws: int = 6) -> tuple[Any, list[str]]:
    """Return right or wrong for 60 digits and 60 Greek letters with these shares, and the group of each."""
    rng = np.random.default_rng(round(100 * digit + greek))
    shares = np.repeat([digit, greek], 60)
    return rng.random((draws, 120)) < shares, ["digit"] * 60 + ["Greek"] * 60


def test_groups_are_accepted_whatever_they_say() -> None:
    letters, of = answers(0.8, 0.95)
    for digit, greek in ((0.4, 0.3), (0.6, 0.75)):
        found = check("07-own-groups", governance.groups(answers(digit, greek)[0], of, against=letters))
        assert found.right, found.text
        assert "points" in found.text


def test_wrong_groups_are_told_what_is_wrong() -> None:
    letters, of = answers(0.8, 0.95)
    photos, _ = answers(0.4, 0.3)
    renamed = ["numeral" if one == "digit" else one for one in of]
    wrong = [
        (governance.groups(photos, of), "of one network", "a lower accuracy of one group"),
        (governance.groups(photos, renamed, against=letters), "has digit and Greek", ""),
        (governance.groups(photos[:3], of, against=letters[:3]), "3 draw(s)", ""),
        (governance.groups(letters, of, against=letters), "the same network", ""),
        (governance.groups(letters, of, against=photos), "a group gains", ""),
    ]
    for groups, said, belief in wrong:
        found = check("07-own-groups", groups)
        assert found.right is False
        assert said in found.text
        assert belief in found.belief
        assert bool(belief) == bool(found.belief)
