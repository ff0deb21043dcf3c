"""The words and the HTML of an overlap."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tlkit import pictures
from tlkit.table import Table

if TYPE_CHECKING:
    from tlkit.similarity.overlap_found import Overlap, Pair
    from tlkit.similarity.overlap_names import NameMatch

_NAMED = 5
_IN_TABLE = 10
WHY = "What the source has shown already is no test of transfer: it makes transfer look better than it is."
_KINDS = {
    "exact": "equal",
    "near": "nearly equal",
    "alike_features": "alike by features",
}


def by_split(pairs: Sequence[Pair], counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many pairs there are in each split of the target."""
    return {split: sum(pair.target[0] == split for pair in pairs) for split in counts}


def warnings(found: Overlap) -> tuple[str, ...]:
    """Return what makes transfer look better than it is, a sentence each."""
    return tuple(_warnings(found))


def _warnings(found: Overlap) -> Iterator[str]:
    equal = "letter by letter" if found.item == "text" else "pixel by pixel"
    nearly = (
        "case, spaces and punctuation aside" if found.item == "text" else "scaled, compressed or darkened"
    )
    ours, theirs = _quoted(found.target), _quoted(found.source)
    for pairs, how, verb in ((found.exact, equal, "is"), (found.near, nearly, "looks like")):
        if pairs:
            yield (
                f"Items of {ours} that are in {theirs}, {how}: {_counted(found, pairs)}; for example"
                f" {_example(pairs, verb)}."
            )
    if found.features is not None and found.features.more_than_chance:
        yield (
            f"Items of {ours} that {found.backbone} finds more like one of {theirs} than different pictures are alike:"
            f" {_counted(found, found.alike_features)}, of which chance explains {_chance(found.features.expected)};"
            f" for example {_example(found.alike_features, 'looks like')}."
        )
    same = found.of("same")
    if same:
        yield (
            f"{len(same):,} of {found.classes:,} classes of {ours} are classes of {theirs} by name:"
            f" {_listed([one.target for one in same])}."
        )
    kinds = (*found.of("kinds"), *found.of("kind of"))
    if kinds:
        yield (
            f"{len(kinds):,} of {found.classes:,} classes of {ours} end in the same words as classes of"
            f" {theirs}, so one is perhaps a kind of the other:"
            f" {'; '.join(_pair(one) for one in kinds[:_NAMED])}{_more(len(kinds) - _NAMED)}."
        )


def notes(found: Overlap) -> tuple[str, ...]:
    """Return what was found and proves nothing."""
    return tuple(_notes(found))


def _notes(found: Overlap) -> Iterator[str]:
    perhaps = found.of("perhaps")
    if perhaps:
        yield (
            "Perhaps the same, by"
            f" {' and '.join(sorted({one.by for one in perhaps}))}; judge for yourself:"
            f" {'; '.join(_pair(one) for one in perhaps[:_NAMED])}{_more(len(perhaps) - _NAMED)}."
        )
    same = found.of("same")
    if same and all(one.target.strip().isdecimal() for one in same):
        yield "The names they share are numbers: whether 3 is the same thing in both is not known."
    if found.alike_features and found.features is not None and not found.features.more_than_chance:
        yield (
            f"{len(found.alike_features):,} items of {_quoted(found.target)} look to {found.backbone} as much like one"
            f" of {_quoted(found.source)} as copies do, which chance explains ({_chance(found.features.expected)}):"
            " look at them."
        )


def _quoted(name: str) -> str:
    return name if name in ("the source", "the target") else repr(name)


def _chance(expected: float) -> str:
    return f"about {expected:.0f}" if expected >= 1 else "less than 1"


def _counted(found: Overlap, pairs: Sequence[Pair]) -> str:
    counts = by_split(pairs, found.target_counts)
    return ", ".join(
        f"{counts[split]:,} of {of:,}" + (f" in {split}" if split != "items" else "")
        for split, of in found.target_counts.items()
        if counts[split]
    )


def _example(pairs: Sequence[Pair], verb: str) -> str:
    pair = next((one for one in pairs if one.target[0] == "test"), pairs[0])
    return f"{_called(pair.target, pair.target_item)} {verb} {_called(pair.source, pair.source_item)} of the source"


def _called(place: tuple[str, int], name: str) -> str:
    usual = f"{place[0]}[{place[1]}]"
    return name if name == usual else f"{name} ({usual})"


def _pair(one: NameMatch) -> str:
    return f"{one.target} ~ {_listed(one.source, 2)}"


def _listed(names: Sequence[str], most: int = _NAMED) -> str:
    return ", ".join(names[:most]) + _more(len(names) - most)


def _more(count: int) -> str:
    return f" and {count:,} more" if count > 0 else ""


def lead(found: Overlap) -> str:
    """Return the first sentence."""
    if found.warnings:
        return _sentence(f"{_quoted(found.target)} overlaps with {_quoted(found.source)}.")
    return f"Nothing was found that {_quoted(found.target)} shares with {_quoted(found.source)}."


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def text(found: Overlap) -> str:
    """Return the text twin."""
    lines = [lead(found), *(f"- {one}" for one in found.warnings)]
    if found.warnings:
        lines.append(WHY)
    lines += [f"Note: {one}" for one in found.notes]
    rows = list(_rows(found))
    if rows:
        cells = [("how", "target", "source", "likeness"), *rows]
        widths = [max(len(row[column]) for row in cells) for column in range(4)]
        lines.append("")
        lines += [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]
    lines += ["", "What was looked for:", *(f"- {one}" for one in found.checked)]
    return "\n".join(lines)


def html_of(found: Overlap) -> str:
    """Return the HTML twin: what the text says, with the pictures of the first pairs side by side."""
    parts = [f"<p><strong>{html.escape(lead(found))}</strong></p>"]
    if found.warnings:
        parts += [_bullets(found.warnings), f"<p>{html.escape(WHY)}</p>"]
    parts += [f"<p>{html.escape(one)}</p>" for one in found.notes]
    parts += [_side_by_side(found, kind) for kind in _KINDS]
    rows = list(_rows(found))
    if rows:
        head = ("how", "target", "source", "likeness")
        table = Table("The first items found in both", head, tuple(tuple(row) for row in rows))
        parts.append(table._repr_html_())
    parts += ["<p>What was looked for:</p>", _bullets(found.checked)]
    return "".join(parts)


def _rows(found: Overlap) -> Iterator[tuple[str, str, str, str]]:
    for kind, how in _KINDS.items():
        pairs: Sequence[Pair] = getattr(found, kind)
        for pair in pairs[:_IN_TABLE]:
            yield (
                how,
                _called(pair.target, pair.target_item),
                _called(pair.source, pair.source_item),
                f"{pair.likeness:.3f}",
            )
        if len(pairs) > _IN_TABLE:
            yield how, f"and {len(pairs) - _IN_TABLE:,} more", "", ""


def _side_by_side(found: Overlap, kind: str) -> str:
    """Return the pictures of the first pairs of a kind; those of sealed items are named alone."""
    pairs = []
    for one in found.pairs_shown:
        if one.kind != kind:
            continue
        row = pictures.row_of(picture for picture in (one.target, one.source) if picture is not None)
        sealed = [
            f"{_called(place, name)} lies in a sealed test set and is not shown."
            for picture, place, name in (
                (one.target, one.pair.target, one.pair.target_item),
                (one.source, one.pair.source, one.pair.source_item),
            )
            if picture is None
        ]
        words = html.escape(" ".join([f"Likeness {one.pair.likeness:.3f}.", *sealed]))
        pairs.append(f'<div style="margin-right:24px;max-width:232px">{row}{words}</div>')
    if not pairs:
        return ""
    title = html.escape(_sentence(_KINDS[kind]))
    return f'<p>{title}:</p><div style="display:flex;flex-wrap:wrap">{"".join(pairs)}</div>'


def _bullets(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(one)}</li>" for one in lines) + "</ul>"
