"""Checks of the exercises of lesson 7: they read cards and lineages, and what groups were measured."""

from __future__ import annotations

from typing import Any

from tlkit.course import NotYet, exercise

# What a run writes into the card by itself when it is pushed.
_FILLED_IN = ("lineage", "training recipe", "metrics", "intervals", "hash")
_EMPTY = ("", "?", "none", "nothing", "unknown", "todo", "tbd", "n/a", "-", "____")
_FEWEST_DRAWS = 5


@exercise(
    "07-own-card",
    takes=("the card",),
    hints=(
        "Print `mine.missing()`. Each line begins with the thing that is not said.",
        (
            "The pictures of digits were written by people and given by scikit-learn. Who agreed to what? Which "
            "groups did you measure apart? Whom does one ask?"
        ),
        (
            "This is one way:\n\n"
            "    my_card = replace(\n"
            '        mine, name="my-digits", title="Reads handwritten digits.", limits=("Not for letters.",),\n'
            '        data="Handwritten digits of 43 people, given by scikit-learn.",\n'
            '        data_consent="Written on forms for the makers; how the writers agreed is not told.",\n'
            '        groups=("None were measured apart.",),\n'
            '        contact="me@example.org",\n'
            "    )"
        ),
    ),
)
def own_card(card: Any) -> str:
    """A card that leaves nothing open but what a run fills in."""
    open_ = [one for one in card.missing() if not one.startswith(_FILLED_IN)]
    if open_:
        raise NotYet(
            f"Your card does not say: {open_[0]}." + (f" And {len(open_) - 1} more." if open_[1:] else ""),
            belief="a card with a licence is a complete card",
        )
    for name in ("data", "data_consent", "groups", "contact", "intended_use"):
        told = getattr(card, name)
        text = (
            (" ".join(map(str, told)) if isinstance(told, (tuple, list)) else str(told)).strip(" .").lower()
        )
        if text in _EMPTY:
            raise NotYet(
                f"{name} says {told!r}. That fills the field and answers nothing. If you do not know it, say in a "
                "sentence what is not known."
            )
    if "Greek" in card.title or "Not for handwriting." in card.limits:
        raise NotYet(
            f"This card belongs to another network: it says {card.title!r} and {', '.join(card.limits)!r}. What is "
            "true of a reader of handwritten digits?"
        )
    return "Nothing is left open. A gap that is told in words is an answer, too: whoever reads it knows where to ask."


@exercise(
    "07-own-chain",
    takes=("the lineage",),
    hints=(
        "Which line needs nothing from the others? What has to be on the shelf before you can ask for its lineage?",
        (
            "Parent, run, push, lineage. There are two lines for the parent: which of them makes a third generation?"
        ),
        (
            "This is one way:\n\n"
            '    my_parent = shelf.load("digit-reader")\n'
            "    my_run = train.fit(my_parent, greek.few_shot(5, seed=1),\n"
            '                       freeze.plan(my_parent, until="layer3"), progress=False)\n'
            '    shelf.push(my_run, "greek-again", card=replace(mine, name="greek-again"))\n'
            '    my_lineage = shelf.lineage("greek-again")'
        ),
    ),
)
def own_chain(lineage: Any) -> str:
    """The lineage of a network on the shelf with three ancestors, up to one that began at random."""
    names = [one.name for one in lineage.ancestors]
    if not names[0].startswith("shelf:greek-again"):
        raise NotYet(f"This is the lineage of {names[0]}. The network is to be called greek-again.")
    if len(names) == 2 and names[1] == "zoo:resnet-letters":
        raise NotYet(
            "Your network comes straight from zoo:resnet-letters: that is the line that does not belong. Which "
            "network is the third generation's parent?",
            belief="a chain of networks ends at the one that I trained",
        )
    if len(names) < 4:
        raise NotYet(
            f"The chain is {' <- '.join(names)}. The parent is the reader of digits, from the shelf."
        )
    if not lineage.complete:
        raise NotYet(f"The chain is {' <- '.join(names)}, and it does not reach a first source.")
    learned = ", ".join(str(one.card.lineage["data"]) for one in lineage.ancestors)
    return f"{' <- '.join(names)}. From the last to the first, it learned from: {learned}."


@exercise(
    "07-own-groups",
    takes=("the groups",),
    hints=(
        "The lesson measured two sources. What has to change in the list of sources?",
        "Train on the same draws with the network of photos. `against` takes what letters had right.",
        (
            "This is one way:\n\n"
            '    photos = backbones.load("zoo:resnet-photos")\n'
            '    plan = freeze.plan(photos, until="head")\n'
            "    runs = [train.fit(photos, signs.few_shot(2, seed=seed), plan, progress=False) for seed in range(6)]\n"
            "    my_groups = governance.groups(\n"
            '        np.stack([run.correct for run in runs]), of, against=correct["letters"])'
        ),
    ),
)
def own_groups(groups: Any) -> str:
    """What photos change against letters, for digits and for Greek letters, from at least five draws."""
    if set(groups.names) != {"digit", "Greek"}:
        raise NotYet(
            f"Your groups are {', '.join(groups.names)}. The lesson's list `of` has digit and Greek."
        )
    if not groups.lost:
        raise NotYet(
            "These are the accuracies of one network. Which group is harder, they say; what the source changed, they "
            "do not. Compare with the letters.",
            belief="a lower accuracy of one group shows what the source passed on",
        )
    if groups.gap.seeds < _FEWEST_DRAWS:
        raise NotYet(f"{groups.gap.seeds} draw(s) can be lucky. Use at least five.")
    if all(abs(one.difference) < 1e-12 for one in groups.lost):
        raise NotYet(
            "Nothing changed at all: both are the same network. Is one of them the network of photos?"
        )
    if not all(one.difference < 0 for one in groups.lost):
        raise NotYet(
            "With your source a group gains. From photos to signs, both lose: is `against` what letters had right?"
        )
    return groups.sentence
