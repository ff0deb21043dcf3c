"""Notes: what a reader has to know about a comparison besides its numbers, in sentences that do not vary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from tlkit.compare.wording import labels

if TYPE_CHECKING:
    from tlkit.compare.setup import Setup
    from tlkit.data import Dataset

# How many test images are training images too; hashing them all takes a while where they are many.
_shared: WeakKeyDictionary[Dataset, int] = WeakKeyDictionary()


def notes_of(setup: Setup) -> list[str]:
    """Say how the recipes came about, what is not the same for all, and what makes the numbers less sure.

    Parameters
    ----------
    setup
        With its orders.
    """
    fewer = _fewer_views(setup)
    notes = [*(_tuned(setup) if setup.tune else _fixed(setup, bool(fewer))), *fewer]
    if len(setup.seeds) == 1:
        notes.append("One draw only: the intervals cover other test items, not other draws. Take more seeds.")
    return [*notes, *_known(setup.dataset)]


def _tuned(setup: Setup) -> list[str]:
    from tlkit.compare.tuning import TRIES

    notes = [f"Recipes: chosen for each arm inside its labels, {TRIES} tries each, by cross-validation."]
    if any(count == 1 for count in setup.labels_per_class):
        notes.append("With 1 label per class there is nothing to choose with: fixed recipes were used.")
    return notes


def _fixed(setup: Setup, fewer: bool) -> list[str]:
    from tlkit.compare.measure import BY_HAND

    own = _names(order.arm.name for order in setup.orders if BY_HAND in order.recipe_words)
    if len(own) == len(setup.arms):
        return ["Recipes: given by hand."]
    which = "this and other" if any(order.was_chosen_on for order in setup.orders) else "other"
    same = "the same augmentation for all" + (", as far as it goes" if fewer else "")
    if setup.dataset.train.kind == "texts":
        same = "no augmentation"
    given = f", but given by hand for {', '.join(own)}" if own else ""
    return [f"Recipes: fixed, chosen on {which} tasks; {same}{given}.", *_more_steps(setup)]


def _fewer_views(setup: Setup) -> list[str]:
    """Say where a head on cached features sees fewer distorted copies than its recipe has."""
    found: dict[tuple[int | None, int], list[str]] = {}
    for order in setup.orders:
        recipe = order.arm.recipe_for(setup.backbone)
        views = recipe.views_for(len(order.task.train))
        if views < recipe.augmented_views:
            found.setdefault((order.task.labels_per_class, views), []).append(order.arm.name)
    return [
        f"With {labels(count)} the augmentation is less for {', '.join(_names(names))}:"
        f" {views or 'no'} distorted {'copy' if views == 1 else 'copies'} of each picture."
        for (count, views), names in found.items()
    ]


def _more_steps(setup: Setup) -> list[str]:
    """Say that scratch may gain from more steps, where nothing here checks it."""
    from tlkit.train import Recipe

    recipes = {order.arm.recipe_for(setup.backbone).name for order in setup.orders}
    plain = Recipe.scratch().name
    if plain not in recipes or any(name.startswith(plain) and name != plain for name in recipes):
        return []
    seen = "on 52 letters with 1 label each, three times as many gained 2 points"
    return [f"Scratch may gain from more steps: {seen}. The arm scratch-long shows what they gain here."]


def _known(dataset: Dataset) -> list[str]:
    if dataset not in _shared:
        groups = [Counter(where for where, _ in group) for group in dataset.duplicates().across]
        _shared[dataset] = sum(group["test"] for group in groups if "train" in group)
    count = _shared[dataset]
    if not count:
        return []
    are, them = ("is", "it") if count == 1 else ("are", "them")
    things, alike = ("images", "pixel for pixel")
    if dataset.train.kind == "texts":
        things, alike = ("texts", "letter for letter")
    told = f"{count} of {len(dataset.test):,} test {things} {are} among the training {things} too, {alike}:"
    return [f"{told} a draw with {them} has seen the answer."]


def _names(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
