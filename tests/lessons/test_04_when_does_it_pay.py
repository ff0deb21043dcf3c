"""Lesson 4's exercises: every correct solution is accepted, a wrong one gets its author's hint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tlkit import backbones, compare, data, train
from tlkit.course import check

PRINTED, LETTERS = "zoo:resnet-printed-digits", "zoo:resnet-letters"
SHAPES, PHOTOS = "zoo:resnet-shapes", "zoo:resnet-photos"


def compared(
    source: str,
    *arms: str,
    labels: int = 5,
    seeds: int = 3,
    steps: int = 2,
    **recipe: Any,
) -> compare.Comparison:
    """Compare as a learner would, with a start from nothing that takes a moment."""
    brief = train.Recipe.scratch().change(most_steps=steps, **recipe)
    short = compare.Arm("scratch", "briefly", pretrained=False, recipe=brief)
    return compare.run(
        data.load("digits"),
        backbones.load(source),
        [short if arm == "scratch" else arm for arm in arms or ("scratch", "frozen")],
        seeds,
        labels_per_class=labels,
        n_jobs=1,
        progress=False,
    )


def as_if(made: compare.Comparison, *, right: float, steps: int | None = None) -> compare.Comparison:
    """Return a comparison whose `scratch` got a share of the test right, and perhaps had more steps."""
    scratch = made["scratch"]
    correct = np.arange(made.items) < right * made.items
    cells = tuple(replace(cell, correct=correct, steps=steps or cell.steps) for cell in scratch.cells)
    return replace(made, results=(replace(scratch, cells=cells), made["frozen"]))


@pytest.fixture(scope="module")
def printed() -> compare.Comparison:
    return compared(PRINTED)


def assert_hint(name: str, made: tuple[Any, ...], said: str, belief: str) -> None:
    found = check(name, *made)
    assert found.right is False
    assert said in found.text
    assert belief in found.belief
    assert bool(belief) == bool(found.belief)


def test_the_solution_of_the_hint_is_a_measured_loss_of_the_same_classes() -> None:
    found = check("04-same-classes", compared(PRINTED, steps=300))
    assert found.right, found.text
    assert "Frozen is worse than scratch" in found.text


@pytest.mark.parametrize("steps", [2, 300, 2101, 6303])
def test_a_loss_counts_however_briefly_the_winner_was_trained(
    printed: compare.Comparison, steps: int
) -> None:
    assert check("04-same-classes", as_if(printed, right=0.97, steps=steps)).right


def test_wrong_comparisons_of_the_same_classes_get_their_hint(printed: compare.Comparison) -> None:
    same, pays, chance = "the same classes", "a large gain shows", "no difference"
    wrong = [
        (printed, "`scratch` had 2 of the 2,101 steps", pays),
        (as_if(printed, right=0.3, steps=2101), "So far this source pays", same),
        (as_if(printed, right=float(printed["frozen"].mean)), "no proof of a loss", chance),
        (replace(printed, backbone=LETTERS), "starts from zoo:resnet-letters", ""),
        (replace(printed, dataset="greek"), "is about greek", ""),
        (compared(PRINTED, seeds=2), "has 2 draws", chance),
        (compared(PRINTED, seeds=1), "has 1 draw,", chance),
        (compared(PRINTED, "random-frozen", "frozen"), "no arm `scratch`", pays),
        (compared(PRINTED, "scratch", "random-frozen"), "no arm `frozen`", pays),
    ]
    for made, said, belief in wrong:
        assert_hint("04-same-classes", (made,), said, belief)


def test_an_arm_that_only_bears_the_name_of_scratch_is_told_so() -> None:
    pretrained = compare.Arm("scratch", pretrained=True, opens="head")
    made = compare.run(
        data.load("digits"),
        backbones.load(PRINTED),
        [pretrained, "frozen"],
        3,
        labels_per_class=1,
        n_jobs=1,
        progress=False,
    )
    assert_hint("04-same-classes", (made,), "has to start from random numbers", "")


@pytest.fixture(scope="module")
def shapes() -> compare.Comparison:
    return compared(SHAPES, labels=1)


@pytest.mark.parametrize(
    ("right", "steps", "word"), [(0.97, 2, "worse"), (0.1, 800, "better"), (0.1, 2400, "better")]
)
@pytest.mark.parametrize("guess", ["better", "worse", "cannot tell"])
def test_an_own_case_is_accepted_whatever_was_guessed(
    shapes: compare.Comparison, right: float, steps: int, word: str, guess: str
) -> None:
    found = check("04-own-case", guess, as_if(shapes, right=right, steps=steps))
    assert found.right, found.text
    assert f"Frozen is {word} than scratch" in found.text
    assert ("As you said" in found.text) == (guess == word)


def test_cannot_tell_is_an_answer_where_scratch_had_its_steps(shapes: compare.Comparison) -> None:
    equal = as_if(shapes, right=float(shapes["frozen"].mean), steps=800)
    found = check("04-own-case", "cannot tell", equal)
    assert found.right, found.text
    assert "As you said" in found.text


def test_wrong_cases_get_their_hint(shapes: compare.Comparison) -> None:
    pays, chance = "a large gain shows", "no difference"
    plain = as_if(compared(SHAPES, labels=1, augmentation=0.0), right=0.1, steps=800)
    wrong = [
        (("yes", shapes), "Your word is 'yes'", ""),
        (("better", replace(shapes, backbone=LETTERS)), "The lesson shows this very case", ""),
        (
            ("worse", replace(shapes, backbone=PHOTOS, labels_per_class=5)),
            "The lesson shows this very case",
            "",
        ),
        (("worse", compared(SHAPES, labels=1, seeds=2)), "has 2 draws", chance),
        (("better", shapes), "`scratch` had 2 of the 800 steps", pays),
        (("better", plain), "saw no distorted pictures", pays),
        (("better", compared(SHAPES, "scratch", "random-frozen", labels=1)), "no arm `frozen`", pays),
    ]
    for made, said, belief in wrong:
        assert_hint("04-own-case", made, said, belief)
