"""A dataset from items of a learner's own: cut into splits, with a card and with what was found."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tlkit.data.alike import groups_alike
from tlkit.data.asked import Asked
from tlkit.data.card import DataCard
from tlkit.data.dataset import Dataset
from tlkit.data.duplicates import Place
from tlkit.data.findings import Finding, group_name
from tlkit.data.places import SPLITS, check_shares, cut
from tlkit.data.sealed import SealedSplit
from tlkit.data.split import Split
from tlkit.data.texts import TextSplit
from tlkit.errors import DataError

ALIKE = "alike"
#: Said in the limits of a dataset whose splits came with the data.
GIVEN = "Which items are for training and which for testing was given with the data."


@dataclass(frozen=True)
class Wishes:
    """What a learner asked for, whatever the items are.

    Parameters
    ----------
    name
        Of the dataset.
    seed
        Decides the split.
    validation, test
        Shares.
    leave_out
        Classes that are not wanted.
    strict
        Whether findings are errors.
    origin, licence
        For the card.
    asked
        The call.

    Raises
    ------
    DataError
        Shares, a seed or names of classes that make no sense.
    """

    name: str
    seed: int = 0
    validation: float = 0.15
    test: float = 0.25
    leave_out: Sequence[str] = ()
    strict: bool = False
    origin: str = ""
    licence: str = ""
    asked: Asked | None = None

    def __post_init__(self) -> None:
        check_shares(self.validation, self.test, self.seed)
        if isinstance(self.leave_out, str):
            object.__setattr__(self, "leave_out", (self.leave_out,))
        if not isinstance(self.leave_out, Sequence):
            raise DataError(f"leave_out is {self.leave_out!r}.", "Give names of classes: leave_out=['fox'].")


class Table(Protocol):
    """What is said of items besides their labels."""

    groups: list[Any] | None
    splits: list[int] | None


@dataclass(frozen=True, eq=False)
class Labelled:
    """Items with their labels, before they are cut.

    Parameters
    ----------
    items
        As a split; its classes are those of ``labels``.
    names
        What each item is called; empty if they have no names.
    groups
        For each item its group; None if there are none.
    given
        For each item its split, 0 to 2; None if the splits are to be cut.
    """

    items: Split
    names: Sequence[str] = ()
    groups: NDArray[np.int64] | None = None
    given: NDArray[np.int8] | None = None

    @classmethod
    def of(cls, items: Split, names: Sequence[str], table: Table) -> Labelled:
        """Return items with the groups and splits that a table has for them."""
        groups = None if table.groups is None else group_numbers(table.groups)
        given = None if table.splits is None else np.asarray(table.splits, dtype=np.int8)
        return cls(items, names, groups, given)


def group_numbers(groups: Sequence[Hashable]) -> NDArray[np.int64]:
    """Return for each group a number.

    Raises
    ------
    DataError
        A group that is missing or no possible key.
    """
    numbers: dict[Hashable, int] = {}
    for at, one in enumerate(groups):
        try:
            missing = bool(one is None or one == "" or one != one)
            numbers.setdefault(one, len(numbers))
        except (TypeError, ValueError):
            raise DataError(
                f"The group of item {at} is {one!r}, which cannot name a group.", "Give a number or a text."
            ) from None
        if missing:
            raise DataError(f"Item {at} has no group.", "Give every item a group, or none.")
    return np.array([numbers[one] for one in groups], dtype=np.int64)


def how_split(validation: float, test: float, seed: int, given: NDArray[np.int8] | None = None) -> str:
    """Say how the splits were cut, for a card; nothing where all were given.

    Parameters
    ----------
    validation, test, seed
        As of `Wishes`.
    given
        As of `Labelled`.

    Examples
    --------
    >>> how_split(0.15, 0.25, 0)
    'Split by class with seed 0: 15% validation, 25% test.'
    >>> how_split(0.15, 0.25, 0, given=np.array([0, 0, 2], dtype=np.int8))
    'Cut out of the training items by class with seed 0: 15% of them for validation.'
    """
    shares = [(1, validation), (2, test)]
    if given is None:
        told = ", ".join(f"{share:.0%} {SPLITS[place]}" for place, share in shares)
        return f"Split by class with seed {seed}: {told}."
    cut_out = [
        f"{share:.0%} of them for {SPLITS[place]}" for place, share in shares if not (given == place).any()
    ]
    return (
        f"Cut out of the training items by class with seed {seed}: {', '.join(cut_out)}." if cut_out else ""
    )


def own(
    labelled: Labelled,
    wishes: Wishes,
    *,
    title: str,
    how_made: str,
    reading: Sequence[Finding],
    alike: bool = False,
) -> Dataset:
    """Cut items into splits and put everything that is known about them together.

    Parameters
    ----------
    labelled
        The items.
    wishes
        What was asked for.
    title, how_made
        For the card.
    reading
        What was found while they were read.
    alike
        Whether pictures that look the same are kept in one split.

    Raises
    ------
    DataError
        A class is too small for three splits; or, if findings are to be errors, any problem.
    """
    items, groups = labelled.items, labelled.groups
    limits = ["Items are split one by one: if several show the same thing, it can be in training and test."]
    if alike:
        groups = groups_alike(items)
    if groups is not None:
        limits = [f"What belongs together is in one split: {len(np.unique(groups)):,} groups."]
    if labelled.given is not None:
        limits = [GIVEN]
    places = cut(
        items.labels,
        items.classes,
        wishes.validation,
        wishes.test,
        wishes.seed,
        groups=groups,
        given=labelled.given,
        item="text" if isinstance(items, TextSplit) else "image",
    )
    at = [np.flatnonzero(places == place) for place in range(len(SPLITS))]
    train, held, sealed = (items.select(one) for one in at)
    if labelled.groups is not None and labelled.given is not None:
        reading = [*reading, *_torn(labelled.groups, places, labelled.names)]
    card = DataCard(
        name=wishes.name,
        title=title,
        origin=wishes.origin,
        licence=wishes.licence,
        classes=items.classes,
        counts=dict(zip(SPLITS, map(len, at), strict=True)),
        how_made=f"{how_made} {how_split(wishes.validation, wishes.test, wishes.seed, labelled.given)}".rstrip(),
        limits=tuple(limits),
        size=train.shape[1:],
        modality="text" if isinstance(items, TextSplit) else "image",
    )
    names = labelled.names
    item_names = {}
    if names:
        item_names = {
            split: tuple(names[int(one)] for one in mine) for split, mine in zip(SPLITS, at, strict=True)
        }
    dataset = Dataset(
        wishes.name,
        train,
        held,
        SealedSplit(sealed, wishes.name),
        card,
        tuple(reading),
        item_names,
        wishes.asked,
    )
    if wishes.strict:
        dataset.findings.refuse()
    return dataset


def _torn(groups: NDArray[np.int64], places: NDArray[np.int8], names: Sequence[str]) -> list[Finding]:
    """Find groups that the splits given with the data tear apart."""
    members: dict[int, list[Place]] = {}
    called: dict[Place, str] = {}
    for place, split in enumerate(SPLITS):
        for at, one in enumerate(np.flatnonzero(places == place).tolist()):
            members.setdefault(int(groups[one]), []).append((split, at))
            called[split, at] = names[one] if names else f"{split}[{at}]"
    torn = [tuple(group) for group in members.values() if len({split for split, _ in group}) > 1]
    if not torn:
        return []
    return [
        Finding(
            "groups-across-splits",
            f"Groups with items in more than one of the splits that were given: {len(torn):,}.",
            "What belongs to something seen in training is no test: the accuracy measured may be too high.",
            "Leave split out, and tlkit keeps groups together; or correct the column.",
            tuple(group_name([called[place] for place in group]) for group in torn),
            items=tuple(torn),
        )
    ]
