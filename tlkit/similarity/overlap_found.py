"""Overlap: what a target and a source have in common, with warnings, a record, and text and HTML twins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tlkit import pictures
from tlkit.similarity import overlap_shown as shown
from tlkit.similarity.overlap_names import NameMatch, Relation

SCHEMA = 1
_IN_RECORD = 500
#: (split, position).
ItemPlace = tuple[str, int]


@dataclass(frozen=True)
class Pair:
    """An item of the target and the one of the source that it was found to be, or to look like.

    Parameters
    ----------
    source, target
        (split, position); ``"items"`` is the split of what has none.
    source_item, target_item
        What they are called: their files, or split and position.
    likeness
        1 for equal items; else a correlation of small pictures, or a cosine of features.
    """

    source: ItemPlace
    target: ItemPlace
    source_item: str
    target_item: str
    likeness: float = 1.0

    def record(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "source": list(self.source), "target": list(self.target)}


@dataclass(frozen=True)
class FeatureLook:
    """How feature neighbours were judged.

    Parameters
    ----------
    least_cosine, most_ratio
        A neighbour counts from this cosine on, or if its distance is at most this share of the sixth neighbour's.
    false_share
        Share of different pictures of the source that count by these thresholds inside their own set.
    asked
        From how many pictures that share was measured.
    expected
        So many of the target would count if it were other pictures of the source's kind.
    more_than_chance
        Whether more were found than that could explain (one-sided binomial test at 1 in 100).
    """

    least_cosine: float
    most_ratio: float
    false_share: float
    asked: int
    expected: float
    more_than_chance: bool


@dataclass(frozen=True)
class ShownPair:
    """Pictures of a pair, side by side; None for an item of a sealed test set.

    Parameters
    ----------
    kind
        ``"exact"``, ``"near"`` or ``"alike_features"``.
    pair
        Which pair.
    source, target
        Their pictures.
    """

    kind: str
    pair: Pair
    source: pictures.Shown | None
    target: pictures.Shown | None


@dataclass(frozen=True, repr=False)
class Overlap:
    """What `similarity.overlap` found; true if there is something to be warned of.

    Each item of the target is in one of ``exact``, ``near`` and ``alike_features`` at most, with one item of the
    source.

    Parameters
    ----------
    source, target, backbone
        Names; no backbone is an empty text.
    item
        ``"picture"`` or ``"text"``.
    source_counts, target_counts
        Number of items in each split that was looked at.
    exact
        Equal in every pixel, or letter.
    near
        Scaled, compressed or darkened copies; of texts those that differ by case, spaces and punctuation.
    alike_features
        Alike in the eyes of the backbone, beyond what different pictures are.
    names
        Classes of the target that the source has, has kinds of, or perhaps has.
    classes
        How many classes the target has.
    features
        How ``alike_features`` were judged; None where they were not looked for.
    checked
        What was looked for, and what was not, in words.
    pairs_shown
        The first pairs with their pictures.
    """

    source: str
    target: str
    backbone: str
    item: str
    source_counts: Mapping[str, int]
    target_counts: Mapping[str, int]
    exact: tuple[Pair, ...]
    near: tuple[Pair, ...]
    alike_features: tuple[Pair, ...]
    names: tuple[NameMatch, ...]
    classes: int
    features: FeatureLook | None = None
    checked: tuple[str, ...] = ()
    pairs_shown: tuple[ShownPair, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return bool(self.warnings)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes transfer look better than it is, a sentence each; empty if nothing was found."""
        return shown.warnings(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What else was found, and does not prove anything."""
        return shown.notes(self)

    def of(self, relation: Relation) -> tuple[NameMatch, ...]:
        """Return the names of one relation: ``"same"``, ``"kinds"``, ``"kind of"`` or ``"perhaps"``."""
        return tuple(one for one in self.names if one.relation == relation)

    def positions(self, split: str) -> tuple[int, ...]:
        """Return the positions in a split of the target of exact and near copies, to leave them out.

        Parameters
        ----------
        split
            Of the target: ``"train"``, ``"validation"`` or ``"test"``.
        """
        return tuple(
            sorted(at for pair in (*self.exact, *self.near) for where, at in (pair.target,) if where == split)
        )

    def record(self) -> dict[str, Any]:
        """Return all of it as plain JSON values; of very many pairs the first 500 of each kind, beside the count."""
        kinds = {"exact": self.exact, "near": self.near, "alike_features": self.alike_features}
        return {
            "kind": "overlap",
            "schema": SCHEMA,
            **{name: getattr(self, name) for name in ("source", "target", "backbone", "item", "classes")},
            "source_counts": dict(self.source_counts),
            "target_counts": dict(self.target_counts),
            **{
                kind: {
                    "count": len(pairs),
                    "by_split": shown.by_split(pairs, self.target_counts),
                    "pairs": [pair.record() for pair in pairs[:_IN_RECORD]],
                }
                for kind, pairs in kinds.items()
            },
            "names": [one.record() for one in self.names],
            "features": None if self.features is None else asdict(self.features),
            "warnings": list(self.warnings),
            "notes": list(self.notes),
            "checked": list(self.checked),
        }

    def __str__(self) -> str:
        return shown.text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return shown.html_of(self)
