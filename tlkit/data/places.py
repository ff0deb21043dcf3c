"""Cut items into training, validation and test: seeded, by class, and by group where groups are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError

SPLITS = ("train", "validation", "test")


def check_shares(validation: Any, test: Any, seed: Any) -> None:
    """Refuse shares and seeds that make no sense.

    Raises
    ------
    DataError
        Naming the value.
    """
    for share_name, share in (("validation", validation), ("test", test)):
        if isinstance(share, bool) or not isinstance(share, int | float | np.number):
            raise DataError(f"{share_name} is {share!r}, expected a share such as 0.2.")
    if not (0 < validation < 1 and 0 < test < 1 and validation + test < 1):
        raise DataError(
            f"The shares are validation={validation!r} and test={test!r}.",
            "Both lie between 0 and 1, and their sum below 1, so that training items are left.",
        )
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DataError(
            f"seed is {seed!r}, expected a whole number of at least 0.", "Give seed=0, for example."
        )


def cut(
    labels: NDArray[np.int64],
    names: Sequence[str],
    validation: float,
    test: float,
    seed: int,
    *,
    groups: NDArray[np.int64] | None = None,
    given: NDArray[np.int8] | None = None,
    item: str = "image",
) -> NDArray[np.int8]:
    """Return the split of each item: 0 train, 1 validation, 2 test.

    Parameters
    ----------
    labels
        (n,), positions in ``names``.
    names
        Of the classes, for messages.
    validation, test
        Share of each class in these splits.
    seed
        Decides which items go where.
    groups
        (n,) any numbers: items of one group come into the same split. Shares are then met as nearly as whole
        groups allow.
    given
        (n,) splits that are already decided. Those that have no item are cut out of the training items.
    item
        What an item is, for messages: ``"image"`` or ``"text"``.

    Raises
    ------
    DataError
        A class has too few items, or too few groups, to be in every split.

    Examples
    --------
    >>> labels = np.repeat([0, 1], 10)
    >>> np.bincount(cut(labels, ("cat", "dog"), 0.2, 0.3, seed=0))
    array([10,  4,  6])
    """
    if given is not None:
        return _completed(labels, names, validation, test, seed, groups, given, item)
    return _cut(labels, names, (validation, test), seed, groups, item)


def _cut(
    labels: NDArray[np.int64],
    names: Sequence[str],
    shares: Sequence[float],
    seed: int,
    groups: NDArray[np.int64] | None,
    item: str,
) -> NDArray[np.int8]:
    if groups is None:
        return _by_class(labels, names, shares, seed, item)
    return _by_group(labels, names, shares, seed, np.unique(groups, return_inverse=True)[1], item)


def _by_class(
    labels: NDArray[np.int64], names: Sequence[str], shares: Sequence[float], seed: int, item: str
) -> NDArray[np.int8]:
    places = np.zeros(len(labels), dtype=np.int8)
    order = np.argsort(labels, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(labels, minlength=len(names)))[:-1])
    few = []
    for label, name in enumerate(names):
        mine = np.random.default_rng([seed, label]).permutation(members[label])
        cuts = [max(1, round(len(mine) * share)) if share else 0 for share in shares]
        if len(mine) <= sum(cuts):
            few.append((name, len(mine)))
        places[mine[: cuts[0]]] = 1
        places[mine[cuts[0] : sum(cuts)]] = 2
    if few:
        name, count = few[0]
        plural = item if count == 1 else f"{item}s"
        more = f" (and {len(few) - 1} more such classes)" if len(few) > 1 else ""
        raise DataError(
            f"Class {name!r} has {count} {plural}: too few for training, validation and test{more}.",
            f"Every class needs at least 3; add {item}s, leave the class out, or make the shares smaller.",
        )
    return places


def _by_group(
    labels: NDArray[np.int64],
    names: Sequence[str],
    shares: Sequence[float],
    seed: int,
    groups: NDArray[np.int64],
    item: str,
) -> NDArray[np.int8]:
    """Put whole groups, the largest first, where they bring the shares of their classes nearest to what is wanted."""
    counts = np.bincount(labels, minlength=len(names))
    wanted = np.outer(counts, [1 - sum(shares), *shares])
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(groups))[:-1])
    have = np.zeros_like(wanted)
    where = np.zeros(len(members), dtype=np.int8)
    content = [np.unique(labels[mine], return_counts=True) for mine in members]
    shuffled = np.random.default_rng([seed, len(names)]).permutation(len(members))
    open_places = [0, *(place for place, share in enumerate(shares, start=1) if share)]
    largest_first = sorted(shuffled, key=lambda one: -len(members[one]))
    for at in largest_first:
        classes, more = content[at]
        now, goal = have[classes], wanted[classes]
        # How much the squared distance from the goal grows, in shares of the goal.
        cost = ((2 * (now - goal) + more[:, None]) * more[:, None] / np.maximum(goal, 0.5)).sum(axis=0)
        where[at] = min(open_places, key=lambda place: cost[place])
        have[classes, where[at]] += more
    for label, place in np.argwhere(have == 0):
        if place in open_places:
            _give(int(label), int(place), have, where, content, largest_first[::-1])
    places = where[groups]
    lacking = np.argwhere((have == 0)[:, open_places])
    if len(lacking):
        name = names[lacking[0][0]]
        held = len(np.unique(groups[labels == lacking[0][0]]))
        raise DataError(
            f"Class {name!r} has {held} group{'' if held == 1 else 's'} of {item}s that belong together: too few"
            " for training, validation and test.",
            f"Every class needs at least 3 groups; add {item}s, leave the class out, or group more finely.",
        )
    return places


def _give(
    label: int,
    place: int,
    have: NDArray[np.float64],
    where: NDArray[np.int8],
    content: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    smallest_first: Sequence[int],
) -> None:
    """Move the smallest group that its split can spare, so that a class gets into a split that lacks it."""
    for at in smallest_first:
        classes, counts = content[at]
        if label in classes and (have[classes, where[at]] > counts).all():
            have[classes, where[at]] -= counts
            have[classes, place] += counts
            where[at] = place
            return


def _completed(
    labels: NDArray[np.int64],
    names: Sequence[str],
    validation: float,
    test: float,
    seed: int,
    groups: NDArray[np.int64] | None,
    given: NDArray[np.int8],
    item: str,
) -> NDArray[np.int8]:
    places = given.copy()
    missing = [0.0 if (given == place).any() else share for place, share in ((1, validation), (2, test))]
    train = np.flatnonzero(given == 0)
    if any(missing):
        own = None if groups is None else groups[train]
        places[train] = _cut(labels[train], names, missing, seed, own, item)
    for place, split in enumerate(SPLITS):
        empty = np.flatnonzero(np.bincount(labels[places == place], minlength=len(names)) == 0)
        if len(empty):
            raise DataError(
                f"The {split} split has no {item} of class {names[empty[0]]!r}.",
                f"Every class needs {item}s in every split: add some, leave the class out, or let tlkit cut the"
                " splits.",
            )
    return places
