"""overlap: what a target shares with a source, items and classes, since that makes transfer look better than it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.data import names as embedded_names
from tlkit.data.alike import alike_across, alike_pairs
from tlkit.data.steps import Steps, part_of
from tlkit.errors import SimilarityError
from tlkit.similarity import overlap_checked as said
from tlkit.similarity.overlap_features import FeatureCopies, feature_copies
from tlkit.similarity.overlap_found import FeatureLook, Overlap, Pair, ShownPair
from tlkit.similarity.overlap_names import LEAST_COSINE, match_names
from tlkit.similarity.overlap_sides import Side, check_pair

_SHOWN = 4
_ALARM = 0.01


def overlap(
    source: Any,
    target: Any,
    backbone: Any = None,
    *,
    vectors: Any = None,
    least_cosine: float = LEAST_COSINE,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str, float], None] = lambda words, share: None,
) -> Overlap:
    """Say which items and classes of a target a source has already.

    Equal items are found by a hash of what is in them, nearly equal pictures by a perceptual hash (scaled,
    compressed, darkened; of brightened and cropped ones some), and with a backbone pictures whose features are more
    alike than those of different pictures. Classes are compared by name. Test sets stay sealed: of their items
    positions and names are told, no pictures and no labels, and no opening is counted.

    Parameters
    ----------
    source
        A dataset, a split, or a backbone: of that the classes on its card are compared, it brings no pictures.
    target
        A dataset, its task, or a split.
    backbone
        In its eyes pictures are compared too; has ``features(images)``. This takes by far the longest.
    vectors
        Words to their vectors, to compare what class names mean: a mapping, or word vectors of gensim.
    least_cosine
        Names whose vectors are at least so alike are told as perhaps the same.
    should_stop
        Asked again and again; where it returns True, the look ends.
    progress
        Called with what is done and the share of the whole that is done.

    Returns
    -------
    Overlap
        True if there is something to be warned of; ``record()`` is JSON.

    Raises
    ------
    SimilarityError
        Not a dataset, a split or a backbone; nothing in it; texts against pictures, or grey pictures against coloured
        ones; a backbone whose card names no classes.
    StoppedError
        ``should_stop`` returned True.

    Notes
    -----
    How alike by features is too alike is set by the sets themselves: by different pictures of the source, of which
    1 in 100 would count inside its own set, and of the target, whichever is stricter. So many are expected by chance
    if both sets are of one kind; the warning is given for more (binomial test). Mirrored or rotated copies are found
    by features in part, or not at all: it depends on what the network learned to tell apart.

    Memory grows with the number of items, not with that of pairs. Of those that look the same in the source, each
    target item is paired with one.

    Examples
    --------
    >>> from tlkit import data
    >>> found = overlap(data.load("printed-digits"), data.load("digits"))
    >>> len(found.exact), len(found.near), found.warnings
    (0, 0, ("10 of 10 classes of 'digits' are classes of 'printed-digits' by name: 0, 1, 2, 3, 4 and 5 more.",))
    """
    least_cosine = _checked_cosine(least_cosine)
    steps = Steps(should_stop, progress)
    if hasattr(source, "card") and hasattr(source, "features"):
        return _with_classes_of(source, Side.of(target, "target"), backbone, vectors, least_cosine)
    theirs, ours = Side.of(source, "source"), Side.of(target, "target")
    check_pair(theirs, ours, backbone)
    checked = []
    until = 0.4 if backbone is None else 0.15
    exact = _equal(
        theirs.digests(steps.part("Looking for equal items: source", 0, until / 2)),
        ours.digests(steps.part("Looking for equal items: target", until / 2, until)),
    )
    found = {"exact": _pairs(theirs, ours, exact, np.ones(len(ours)))}
    taken = exact >= 0
    look = None
    if theirs.texts:
        checked.append(said.TEXTS)
        near = _equal(*(list(map(_plain, side.all_texts())) for side in (theirs, ours)))
        found["near"] = _pairs(theirs, ours, np.where(taken, -1, near), np.ones(len(ours)))
    else:
        checked += said.of_pictures(theirs, ours)
        small = steps.part("Making small pictures", until, 1.5 * until)
        thumbs = [
            side.thumbnails(part_of(small, first, last))
            for side, first, last in ((theirs, 0, 0.5), (ours, 0.5, 1))
        ]
        comparing = steps.part("Comparing pictures that may look the same", 1.5 * until, 2 * until)
        near, correlation = alike_across(thumbs[0], thumbs[1], comparing)
        found["near"] = _pairs(theirs, ours, np.where(taken, -1, near), correlation)
        taken |= near >= 0
        if backbone is None:
            checked.append(said.NO_FEATURES)
        else:
            copies = _by_features(theirs, ours, thumbs, backbone, steps, 2 * until)
            checked.append(said.of_features(copies, _name(backbone)))
            if copies is not None:
                found["alike_features"] = _pairs(
                    theirs, ours, np.where(taken, -1, copies.nearest), copies.cosine
                )
                look = _look(copies, len(found["alike_features"]), int((~taken).sum()))
    names = match_names(theirs.classes, ours.classes, vectors, least_cosine)
    steps.part("Compared", 1, 1)(1)
    return Overlap(
        source=theirs.name,
        target=ours.name,
        backbone="" if backbone is None else _name(backbone),
        item="text" if theirs.texts else "picture",
        source_counts=theirs.counts,
        target_counts=ours.counts,
        exact=found["exact"],
        near=found["near"],
        alike_features=found.get("alike_features", ()),
        names=names,
        classes=len(ours.classes),
        features=look,
        checked=(*checked, *said.of_names(vectors)),
        pairs_shown=() if theirs.texts else _shown(theirs, ours, found),
    )


def _with_classes_of(source: Any, ours: Side, backbone: Any, vectors: Any, least_cosine: float) -> Overlap:
    if backbone is not None:
        raise SimilarityError(
            "The source is a backbone and brings no pictures to compare in the eyes of another one.",
            "Leave backbone out, or give the data it was trained on as source.",
        )
    classes = tuple(source.card.classes)
    if not classes:
        raise SimilarityError(
            f"The card of {_name(source)} names no classes of its source.",
            "Give backbones.wrap a card with classes, or give the data it was trained on as source.",
        )
    learned = str(source.card.lineage.get("data", ""))
    offer = (
        f" It was trained on an embedded set: similarity.overlap(data.load({learned!r}), target) compares them."
        if learned in embedded_names()
        else ""
    )
    alone = f"Items: not compared, a backbone brings its classes alone.{offer}"
    return Overlap(
        source=_name(source),
        target=ours.name,
        backbone="",
        item="text" if ours.texts else "picture",
        source_counts={},
        target_counts=ours.counts,
        exact=(),
        near=(),
        alike_features=(),
        names=match_names(classes, ours.classes, vectors, least_cosine),
        classes=len(ours.classes),
        checked=(alone, *said.of_names(vectors)),
    )


def _checked_cosine(least: Any) -> float:
    if isinstance(least, bool) or not isinstance(least, int | float | np.number) or not -1 <= least <= 1:
        raise SimilarityError(f"least_cosine is {least!r}.", "Give a number from -1 to 1, such as 0.7.")
    return float(least)


def _equal(theirs: Sequence[Any], ours: Sequence[Any]) -> NDArray[np.int64]:
    """Return for each of ours the position of the first equal one of theirs, or -1."""
    first: dict[Any, int] = {}
    for at, one in enumerate(theirs):
        first.setdefault(one, at)
    return np.array([first.get(one, -1) for one in ours], dtype=np.int64)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())) or text


def _by_features(
    theirs: Side, ours: Side, thumbs: list[NDArray[np.float32]], backbone: Any, steps: Steps, start: float
) -> FeatureCopies | None:
    middle = (start + 0.9) / 2
    rows = [
        side.features(backbone, steps.part("Looking at the pictures", first, last))
        for side, first, last in ((theirs, start, middle), (ours, middle, 0.9))
    ]
    comparing = steps.part("Comparing features", 0.9, 1)
    different = []
    for of_side in thumbs:
        # Copies inside a set would say that different pictures are as alike as copies.
        single = np.ones(len(of_side), dtype=bool)
        single[np.unique(alike_pairs(of_side))] = False
        different.append(single)
    return feature_copies(rows[0], rows[1], different[0], different[1], comparing)


def _look(copies: FeatureCopies, count: int, among: int) -> FeatureLook:
    from scipy.stats import binom

    # None of the different pictures passed: that says no more than that it is at most about one.
    share = max(copies.false_share, 1 / copies.asked)
    chance = binom.sf(count - 1, among, share) if count else 1.0
    return FeatureLook(
        copies.least_cosine,
        copies.most_ratio,
        copies.false_share,
        copies.asked,
        share * among,
        bool(chance < _ALARM),
    )


def _pairs(theirs: Side, ours: Side, nearest: NDArray[np.int64], likeness: NDArray[Any]) -> tuple[Pair, ...]:
    found = []
    for at in np.flatnonzero(nearest >= 0).tolist():
        source, target = theirs.place(int(nearest[at])), ours.place(at)
        found.append(
            Pair(source, target, theirs.item_name(*source), ours.item_name(*target), float(likeness[at]))
        )
    return tuple(found)


def _shown(theirs: Side, ours: Side, found: dict[str, tuple[Pair, ...]]) -> tuple[ShownPair, ...]:
    def closed(pair: Pair) -> int:
        return (pair.target[0] in ours.sealed) + (pair.source[0] in theirs.sealed)

    return tuple(
        ShownPair(kind, pair, theirs.shown(pair.source), ours.shown(pair.target))
        for kind, pairs in found.items()
        for pair in sorted(pairs, key=closed)[:_SHOWN]
        if closed(pair) < 2
    )


def _name(thing: Any) -> str:
    return str(getattr(thing, "name", "the backbone"))
