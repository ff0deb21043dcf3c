"""Quality: the rules by which a dataset is looked at before anything is trained on it."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.data.alike import alike_pairs, components, thumbnails
from tlkit.data.duplicates import Place, find_duplicates
from tlkit.data.findings import Finding, Findings, group_name
from tlkit.data.own import GIVEN
from tlkit.data.places import SPLITS
from tlkit.data.shuffled import LEAST_PICTURES, agreement
from tlkit.data.steps import Steps
from tlkit.data.texts import TextSplit
from tlkit.data.unopened import unopened_splits

if TYPE_CHECKING:
    from tlkit.data.dataset import Dataset
    from tlkit.data.duplicates import Duplicates
    from tlkit.data.split import Split

_TINY = 5
_IMBALANCE = 5
# How much of the time each part takes, as seen on photographs of 96 pixels.
_EXACT, _SMALL, _PAIRS = 0.4, 0.75, 0.9
# Half a step of 8 bits, over pictures whose pixels all have one value.
_ONE_COLOUR = 0.5 / 255


def look(
    dataset: Dataset,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str, float], None] = lambda words, share: None,
) -> Findings:
    """Return what is wrong or doubtful about a dataset; of the test set only names and counts are told.

    Parameters
    ----------
    dataset
        What was found while it was read comes first.
    should_stop
        Asked again and again; where it returns True, the look ends with a `StoppedError`.
    progress
        Called with what is done and the share of the whole that is done.
    """
    steps = Steps(should_stop, progress)
    exact = find_duplicates(dataset, steps.part("Looking for equal items", 0, _EXACT))
    texts = isinstance(dataset.train, TextSplit)
    of_items = _copies(dataset, exact) if texts else _pictures(dataset, exact, steps)
    found = [*dataset.reading, *_counts(dataset), *_names(dataset), *of_items]
    return Findings(found, dataset.name, tuple(_checked(dataset)))


def _checked(dataset: Dataset) -> Iterator[str]:
    """Say what was looked for, and what nobody looked for."""
    if dataset.item_names:
        yield "Files: all were opened; those that are damaged, missing or in no class are named."
    yield (
        f"Classes: at least {_TINY} test items in each, none with more than {_IMBALANCE} times the training items"
        " of another, and no two names that differ only by case or spaces."
    )
    count = len(dataset.train) + len(dataset.validation) + len(dataset.test)
    if isinstance(dataset.train, TextSplit):
        yield f"Copies: {count:,} texts, equal letter by letter. Texts that are nearly equal are not looked for."
        return
    yield f"Copies: {count:,} pictures, equal pixel by pixel, inside each split and across them."
    yield (
        "Near copies: pictures that were scaled, compressed or darkened, by a perceptual hash. Of brightened and"
        " cropped ones some are found, of mirrored ones none."
    )
    yield "Pictures of one colour."
    yield (
        "Labels: do pictures that look alike share their label more often than by chance? A few wrong labels are"
        " not noticed."
        if len(dataset.train) >= LEAST_PICTURES
        else f"Labels were not judged: that takes {LEAST_PICTURES} training pictures, and there are"
        f" {len(dataset.train):,}."
    )


def _counts(dataset: Dataset) -> Iterator[Finding]:
    train, tested = dataset.train.counts(), dataset.test._split.counts()
    tiny = [(int(tested[at]), name) for at, name in enumerate(dataset.classes) if tested[at] < _TINY]
    if tiny:
        count, name = min(tiny)
        yield Finding(
            "tiny-class",
            f"Classes with fewer than {_TINY} test items: {len(tiny)}; {name!r} has {count}.",
            "How well such a class is recognised can hardly be measured: one item is worth"
            f" {100 / max(count, 1):.0f} % of it.",
            "Add items, join classes, or leave the class out.",
            tuple(name for _, name in tiny),
            classes=tuple((name,) for _, name in tiny),
        )
    if train.max() > _IMBALANCE * max(train.min(), 1):
        most, least = int(train.argmax()), int(train.argmin())
        yield Finding(
            "imbalance",
            f"Class {dataset.classes[most]!r} has {train[most]:,} training items, {dataset.classes[least]!r} has"
            f" {train[least]:,}.",
            f"Whoever always answers {dataset.classes[most]!r} is right in {train.max() / train.sum():.0%} of them:"
            " accuracy alone says little.",
            "Compare with that share, and look at each class; few-shot draws take the same number of each.",
            classes=((dataset.classes[most], dataset.classes[least]),),
        )


def _names(dataset: Dataset) -> Iterator[Finding]:
    same: dict[str, list[str]] = defaultdict(list)
    for name in dataset.classes:
        same[" ".join(unicodedata.normalize("NFKC", name).casefold().split())].append(name)
    # A lesson's letters are classes that differ by nothing but case, and mean it.
    alike = [names for names in same.values() if len(names) > 1 and len(names[0].strip()) > 1]
    if alike:
        yield Finding(
            "class-names-alike",
            f"Classes whose names differ only by case, spaces or ways to write a character: {len(alike)}.",
            "One class that is written in two ways is learned as two.",
            "Write it in one way, if it is one.",
            tuple(" and ".join(repr(one) for one in names) for names in alike),
            classes=tuple(tuple(names) for names in alike),
        )


def _pictures(dataset: Dataset, exact: Duplicates, steps: Steps) -> Iterator[Finding]:
    splits = unopened_splits(dataset)
    edges = np.linspace(_EXACT, _SMALL, len(splits) + 1)
    thumbs = {
        name: thumbnails(split, steps.part(f"Making small pictures: {name}", start, end))
        for (name, split), start, end in zip(splits.items(), edges[:-1], edges[1:], strict=True)
    }
    plain = {name: np.flatnonzero(_is_plain(split, thumbs[name])) for name, split in splits.items()}
    flat = tuple((name, int(at)) for name, found in plain.items() for at in found)
    if flat:
        yield Finding(
            "one-colour",
            f"Pictures of one colour: {len(flat):,}.",
            "There is nothing in them to learn from; often something went wrong when they were made.",
            "Look at them, and remove them.",
            tuple(dataset.item_name(name, at) for name, at in flat),
            items=tuple((place,) for place in flat),
        )
    yield from _copies(dataset, exact)
    yield from _near_copies(dataset, exact, thumbs, steps)
    asking = steps.part("Asking whether labels follow the pictures", _PAIRS, 1)
    asking(0)
    found = agreement(dataset.train, step=asking)
    if found is not None and found.looks_shuffled:
        yield Finding(
            "labels-look-shuffled",
            f"Pictures that look alike share their label in {found.found:.0%} of cases; by chance it would be"
            f" {found.by_chance:.0%}.",
            "Labels that do not follow the pictures cannot be learned, and what is learned from them is noise.",
            "Check that pictures and labels are in the same order; look at them with .preview().",
            classes=tuple((name,) for name in dataset.classes),
        )


def _is_plain(split: Split, thumbs: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pictures have one colour; only those whose thumbnail has are looked at in full."""
    candidates = np.flatnonzero(np.ptp(thumbs, axis=(2, 3)).max(axis=1) < _ONE_COLOUR)
    plain = np.zeros(len(thumbs), dtype=bool)
    for at in candidates:
        plain[at] = np.ptp(np.asarray(split.images[int(at)]), axis=(1, 2)).max() < _ONE_COLOUR
    return plain


def _copies(dataset: Dataset, found: Duplicates) -> Iterator[Finding]:
    # Texts are not grouped by what they look like, and splits that came with the data stay as they are.
    fixed = found.item == "text" or GIVEN in dataset.card.limits or _keeps_together(dataset)
    keep = "Keep one of each." if fixed else "Keep one of each, or read with group='alike'."
    for rule, groups, what, why in (
        (
            "copies-across-splits",
            found.across,
            "Items that are in more than one split",
            "What was seen in training is no test: the accuracy measured is too high.",
        ),
        (
            "copies-within-a-split",
            found.within,
            "Items that occur more than once in one split",
            "They count twice in what is learned and in what is measured.",
        ),
        (
            "copies-with-other-labels",
            found.contradicting,
            "Items that occur with more than one label",
            "At least one of the labels is wrong.",
        ),
    ):
        if groups:
            yield Finding(
                rule,
                f"{what}: {len(groups):,}.",
                why,
                "Correct the labels." if "labels" in rule else keep,
                tuple(_group(dataset, group) for group in groups),
                items=groups,
            )


def _near_copies(
    dataset: Dataset, exact: Duplicates, thumbs: dict[str, NDArray[np.float32]], steps: Steps
) -> Iterator[Finding]:
    every = np.concatenate(list(thumbs.values()))
    comparing = steps.part("Comparing pictures that may look the same", _SMALL, _PAIRS)
    places = [(name, at) for name in SPLITS for at in range(len(thumbs[name]))]
    known = {place: number for number, group in enumerate((*exact.across, *exact.within)) for place in group}
    pairs = np.array(
        [
            (one, other)
            for one, other in alike_pairs(every, comparing).tolist()
            # Exact copies are told already.
            if places[one] not in known or known[places[one]] != known.get(places[other])
        ],
        dtype=np.int64,
    ).reshape(-1, 2)
    if not len(pairs):
        return
    numbers = components(pairs, len(every))
    members: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for at in np.unique(pairs):
        members[int(numbers[at])].append(places[at])
    groups = [tuple(group) for group in members.values()]
    across = tuple(group for group in groups if len({where for where, _ in group}) > 1)
    within = tuple(group for group in groups if len({where for where, _ in group}) == 1)
    if across:
        yield Finding(
            "near-copies-across-splits",
            f"Groups of pictures that look the same and lie in more than one split: {len(across):,}.",
            "A picture nearly like one in training is hardly a test: the accuracy measured may be too high.",
            "Keep them in one split: move the files, or leave them out."
            if GIVEN in dataset.card.limits or _keeps_together(dataset)
            else "Read with group='alike', which keeps them in one split.",
            tuple(_group(dataset, group) for group in across),
            items=across,
        )
    if within:
        yield Finding(
            "near-copies-within-a-split",
            f"Groups of pictures that look the same, inside one split: {len(within):,}.",
            "They tell a learner nearly the same thing.",
            "",
            tuple(_group(dataset, group) for group in within),
            "note",
            items=within,
        )


def _keeps_together(dataset: Dataset) -> bool:
    """Return whether copies were kept together already; then people have to move what lies apart."""
    return dataset.asked is not None and dataset.asked.keeps_copies_together


def _group(dataset: Dataset, group: Sequence[Place]) -> str:
    return group_name([dataset.item_name(where, at) for where, at in group])
