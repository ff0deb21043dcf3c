"""Checks of the exercises of lesson 4: they read what a comparison measured, and what its opponent was given."""

from __future__ import annotations

from typing import Any

from tlkit.course import NotYet, exercise

_WORDS = ("better", "worse", "cannot tell")
_ENOUGH_DRAWS = 3
# What the lesson shows: source, target and labels per class.
_SHOWN = (
    ("zoo:resnet-letters", "digits", (1, 5, 50)),
    ("zoo:resnet-photos", "digits", (5, 50)),
)


@exercise(
    "04-same-classes",
    takes=("the finished comparison",),
    hints=(
        "At one label of each digit, transfer has its best chance. In which direction did the lesson find the loss?",
        (
            "Five labels were enough for `scratch` to overtake the letters network. Its short version is enough here, "
            "too: it is the winner that is cut."
        ),
        (
            "This is one way:\n\n"
            '    printed = backbones.load("zoo:resnet-printed-digits")\n'
            '    my_comparison = compare.run(digits, printed, arms=[short, "frozen"], seeds=3, labels_per_class=5)'
        ),
    ),
)
def same_classes(comparison: Any) -> str:
    """Printed digits on handwritten ones: frozen is worse than scratch, over at least three draws."""
    _needs_both_arms(comparison)
    if comparison.dataset != "digits":
        raise NotYet(f"This comparison is about {comparison.dataset}. The target is handwriting: digits.")
    if not comparison.backbone.endswith("resnet-printed-digits"):
        raise NotYet(
            f"This comparison starts from {comparison.backbone}. Take the network that learned printed digits."
        )
    _needs_draws(comparison)
    verdict = comparison.between("scratch", "frozen")
    if verdict.word == "better":
        _opponent_was_fed(comparison)
        raise NotYet(
            f"{verdict} So far this source pays. What happens to the start from nothing when it gets more labels?",
            belief="a source with the same classes as the target always pays",
        )
    if verdict.word == "cannot tell":
        raise NotYet(
            f"{verdict} That is no proof of a loss. Take more labels, or decide on more draws before you look.",
            belief="“cannot tell” means that there is no difference",
        )
    return (
        f"{verdict} It knows the ten classes, in print, and with {comparison.labels_per_class} labels of each it is "
        "held back by what it knows."
    )


@exercise(
    "04-own-case",
    takes=("your word for the verdict", "the finished comparison"),
    hints=(
        "Write your word first. Then ask of the measurement: how many draws, and was the loser given all its steps?",
        (
            '`arms=["scratch", "frozen"]` gives the start from nothing all the steps of its recipe. It may be cut only '
            "where it wins."
        ),
        (
            "This is one way:\n\n"
            '    my_guess = "worse"\n'
            '    shapes = backbones.load("zoo:resnet-shapes")\n'
            '    my_case = compare.run(digits, shapes, arms=["scratch", "frozen"], seeds=3, labels_per_class=1)'
        ),
    ),
)
def own_case(guess: Any, comparison: Any) -> str:
    """A case of one's own, guessed first and measured so that a doubter would believe it."""
    if guess not in _WORDS:
        raise NotYet(f"Your word is {guess!r}. Write one of {', '.join(repr(word) for word in _WORDS)}.")
    _needs_both_arms(comparison)
    for source, target, counts in _SHOWN:
        if (comparison.backbone, comparison.dataset) == (source, target) and (
            comparison.labels_per_class in counts
        ):
            raise NotYet(
                "The lesson shows this very case. Change the source, the target or the number of labels."
            )
    _needs_draws(comparison)
    verdict = comparison.between("scratch", "frozen")
    if verdict.word != "worse":
        _opponent_was_fed(comparison)
    said = "As you said" if guess == verdict.word else f"You said {guess!r}"
    return f"{verdict} {said}. The measurement holds: {len(comparison.seeds)} draws, and nothing was cut that lost."


def _needs_both_arms(comparison: Any) -> None:
    missing = [arm for arm in ("scratch", "frozen") if arm not in comparison.arms]
    if missing:
        raise NotYet(
            f"This comparison has no arm `{missing[0]}`. Whether transfer pays is a difference between the two.",
            belief="a large gain shows that the source is good",
        )
    if not comparison["frozen"].pretrained or comparison["scratch"].pretrained:
        raise NotYet("`scratch` has to start from random numbers, and `frozen` from the pretrained network.")


def _needs_draws(comparison: Any) -> None:
    draws = len(comparison.seeds)
    if draws < _ENOUGH_DRAWS:
        raise NotYet(
            f"This comparison has {draws} draw{'' if draws == 1 else 's'}, and the lesson saw what two are worth. Use "
            "three or more.",
            belief="“cannot tell” means that there is no difference",
        )


def _opponent_was_fed(comparison: Any) -> None:
    """Refuse a start from nothing that did not win and had fewer steps than its recipe asks for, or no distortions."""
    from tlkit import data, train

    classes = comparison.classes
    each = comparison.labels_per_class
    items = classes * each if each is not None else len(data.load(comparison.dataset).train)
    usual = train.Recipe.scratch()
    given = comparison["scratch"]
    if given.steps < usual.steps_for(items):
        raise NotYet(
            f"`scratch` had {given.steps:,.0f} of the {usual.steps_for(items):,} steps of its recipe, and it did not "
            "win. A cut is safe only for the winner: feed it and measure again.",
            belief="a large gain shows that the source is good",
        )
    if any(cell.recipe.get("augmentation", 0) == 0 for cell in given.cells):
        raise NotYet(
            "`scratch` saw no distorted pictures, and it did not win. Give it what the other arm has.",
            belief="a large gain shows that the source is good",
        )
