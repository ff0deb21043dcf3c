"""What a look at a dataset came to, as plain JSON with small pictures: enough to draw it without the dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tlkit.data import TextSplit
from tlkit.data.places import SPLITS
from tlkit.panels.findings_rules import code, keyed, kind_of, listed
from tlkit.pictures import looks_like_ink, picture

if TYPE_CHECKING:
    from tlkit.data import Dataset, Finding, Findings, Split
    from tlkit.data.duplicates import Place

#: Name of a split to how a panel calls it.
SPLIT_WORDS = {"train": "training", "validation": "validation", "test": "test"}
_GROUPS, _PER_GROUP, _ALONE = 8, 4, 24
_CLASSES, _PER_CLASS = 8, 4
_NAMES = 100
_PIXELS = 96
_SAMPLE = 64
# Calls that take strict=True.
_STRICT = ("data.images", "data.table")


def about(dataset: Dataset) -> dict[str, Any]:
    """Collect names and counts, which open nothing.

    Examples
    --------
    >>> from tlkit import data
    >>> facts = about(data.load("digits"))
    >>> facts["size"], len(facts["counts"]["test"])
    ([1, 32, 32], 10)
    """
    texts = isinstance(dataset.train, TextSplit)
    counts = (dataset.train.counts(), dataset.validation.counts(), dataset.test.counts())
    levels = [one.level for one in dataset.reading]
    return {
        "name": dataset.name,
        "item": "text" if texts else "picture",
        "classes": list(dataset.classes),
        "counts": {name: of.tolist() for name, of in zip(SPLITS, counts, strict=True)},
        "seal": dataset.test.seal,
        "size": None if texts else list(dataset.train.shape[1:]),
        "strict": dataset.asked is not None and dataset.asked.call in _STRICT,
        "reading": {level: levels.count(level) for level in ("problem", "note")},
    }


def outcome(dataset: Dataset, found: Findings, opened: Split | None) -> dict[str, Any]:
    """Turn findings into plain JSON.

    Parameters
    ----------
    dataset
        What was looked at.
    found
        Its findings.
    opened
        Its test set, if it was opened for this; None leaves test items as names.
    """
    items = _Items(dataset, opened)
    findings = [_finding(one, key, dataset, items) for key, one in keyed(found)]
    return {
        "findings": findings,
        "pictures": items.pictures,
        "checked": list(found.checked),
        "test_open": opened is not None,
    }


class _Items:
    """Items as plain JSON; the picture of each is made once."""

    def __init__(self, dataset: Dataset, opened: Split | None) -> None:
        self._dataset = dataset
        self._splits = {"train": dataset.train, "validation": dataset.validation}
        if opened is not None:
            self._splits["test"] = opened
        self._texts = isinstance(dataset.train, TextSplit)
        self._ink = not self._texts and looks_like_ink(np.asarray(dataset.train.images[:_SAMPLE]))
        self.pictures: dict[str, str] = {}

    def one(self, place: Place) -> dict[str, Any]:
        split, at = place
        shown = {
            "name": self._dataset.item_name(split, at),
            "split": split,
            "label": "",
            "picture": "",
            "text": "",
        }
        known = self._splits.get(split)
        if known is None:
            return shown
        shown["label"] = self._dataset.classes[int(known.labels[at])]
        if self._texts:
            shown["text"] = known.texts[at]
        else:
            shown["picture"] = f"{split}-{at}"
            if shown["picture"] not in self.pictures:
                image = np.asarray(known.images[at])
                self.pictures[shown["picture"]] = picture(
                    image, ink=self._ink, largest_pixels=_PIXELS, small=True
                )
        return shown

    def of_class(self, name: str) -> list[Place]:
        """Return some training items of a class, spread over all of them."""
        train = self._dataset.train
        mine = np.flatnonzero(train.labels == self._dataset.classes.index(name))
        chosen = np.unique(np.linspace(0, len(mine) - 1, min(_PER_CLASS, len(mine))).round().astype(int))
        return [("train", int(at)) for at in mine[chosen]]

    def named(self, names: Iterable[str]) -> list[Place]:
        """Return where items of these names are; names of nothing in the dataset are passed over."""
        wanted = set(names)
        return [
            (split, at)
            for split in SPLITS
            for at, name in enumerate(self._dataset.item_names.get(split, ()))
            if name in wanted
        ]


def _finding(one: Finding, key: str, dataset: Dataset, items: _Items) -> dict[str, Any]:
    groups, rest = _groups(one, items)
    pictured = any(group["items"] for group in groups)
    where = list(one.where[:_NAMES])
    return {
        "key": key,
        "rule": one.rule,
        "kind": kind_of(one.rule),
        "level": one.level,
        "what": one.what,
        "why": one.why,
        "cure": one.cure,
        "code": code(one, key, dataset),
        "groups": groups,
        # Of classes many pictures are to be seen at once; of copies each is looked at closely.
        "small": bool(one.classes),
        "rest": rest,
        "where": where,
        "where_rest": len(one.where) - len(where),
        # Names that stand below pictures, or are classes, need no list beside them.
        "list": not one.classes and (rest > 0 or not pictured),
        "listed": listed(one, key, dataset) if one.where else "",
    }


def _groups(one: Finding, items: _Items) -> tuple[list[dict[str, Any]], int]:
    """Return what is shown of a finding, in groups, and how many groups or items are not."""
    if one.classes:
        names = [name for names in one.classes for name in names]
        shown = [
            {"words": f"Class {name!r}, in training", "items": list(map(items.one, items.of_class(name)))}
            for name in names[:_CLASSES]
        ]
        return [group for group in shown if group["items"]], len(names) - len(shown)
    groups = one.items or tuple((place,) for place in items.named(one.where))
    if all(len(group) == 1 for group in groups):
        alone = [items.one(group[0]) for group in groups[:_ALONE]]
        return ([{"words": "", "items": alone}] if alone else []), len(groups) - len(alone)
    return [_group(group, items) for group in groups[:_GROUPS]], len(groups) - len(groups[:_GROUPS])


def _group(group: Sequence[Place], items: _Items) -> dict[str, Any]:
    """Return a group of copies: one item of each split first, so that it is seen where they lie."""
    firsts = {split: (split, at) for split, at in reversed(group)}
    order = [place for place in group if firsts[place[0]] == place]
    others = (place for place in group if firsts[place[0]] != place)
    shown = [items.one(place) for place in [*order, *islice(others, _PER_GROUP)][:_PER_GROUP]]
    where = [SPLIT_WORDS[split] for split in SPLITS if split in firsts]
    labels = sorted({one["label"] for one in shown if one["label"]})
    words = f"{len(group):,} in {_listed(where)}"
    if len(labels) > 1:
        words += f", labelled {_listed(labels)}"
    if len(group) > len(shown):
        words += f"; {len(shown)} are shown"
    return {"words": words, "items": shown}


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
