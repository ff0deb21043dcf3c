"""What the Findings panel shows: its view for the browser and its twin, both from the same JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlkit.data.places import SPLITS
from tlkit.panels.findings_rules import KINDS
from tlkit.panels.findings_shown import SPLIT_WORDS
from tlkit.panels.twin import Paragraph, Part, Pictures, Table

#: Name of a level to its sign, its word and the label of its filter.
LEVELS = {"problem": ("▲", "Problem", "Problems"), "note": ("●", "Note", "Notes")}
ALL = "all"
_BARS, _ROWS, _NAMES = 150, 30, 10
_SHOW_TEST = "Show the test items too"
_OPENS = "This opens the test set, which is counted. Nothing else here does."
_STRICT = "Reading the data with strict=True turns problems into an error."

Found = Mapping[str, Any]


def subtitle(about: Found) -> str:
    """Say in one line what is looked at."""
    count = sum(map(sum, about["counts"].values()))
    noun = about["item"] if count == 1 else f"{about['item']}s"
    return f"{about['name']}: {count:,} {noun}, {len(about['classes']):,} classes"


def view(about: Found, found: Found | None, state: Any) -> dict[str, Any]:
    """Describe the panel for the browser.

    Parameters
    ----------
    about
        The panel's facts.
    found
        The outcome of the last look; None before the first.
    state
        The panel's state.
    """
    return {
        "stats": _stats(about),
        "classes": _classes(about, _BARS),
        "invite": invite(about),
        "outcome": None if found is None else _outcome(about, found, state),
    }


def twin(about: Found, found: Found | None, state: Any) -> list[Part]:
    """Describe the panel for the twin; the arguments are those of `view`."""
    classes = _classes(about, _ROWS)
    rows = [[row["name"], *row["counts"], row["all"]] for row in classes["rows"]]
    parts: list[Part] = [
        Paragraph(
            "; ".join(f"{one['label']}: {one['value']} {one['words']}".rstrip() for one in _stats(about))
        ),
        Table(classes["head"], rows, classes["caption"]),
    ]
    if classes["left_out"]:
        parts.append(Paragraph(classes["left_out"]))
    if found is None:
        return [*parts, Paragraph(invite(about))]
    parts.append(Paragraph(verdict(found), strong=True))
    shown = chosen(found, state)
    if len(shown) < len(found["findings"]):
        parts.append(Paragraph(f"Shown here: {len(shown)} of {len(found['findings'])}."))
    for one in shown:
        parts.append(Paragraph(_told(one)))
        if one["key"] == state.opened:
            parts += _open_twin(one, found["pictures"])
    return [*parts, Paragraph("What was checked:"), *(Paragraph(f"- {words}") for words in found["checked"])]


def invite(about: Found) -> str:
    """Say what a look is for, and what is known before it."""
    told = [
        f"{count} {LEVELS[level][1 if count == 1 else 2].lower()}"
        for level, count in about["reading"].items()
        if count
    ]
    if told:
        return (
            f"Reading told of {' and '.join(told)} already. A look at the {about['item']}s may tell of more."
        )
    what = (
        "copies" if about["item"] == "text" else "copies, pictures of one colour, labels that look shuffled"
    )
    return f"Look before you train: {what}, classes too small to measure. The test set stays sealed."


def verdict(found: Found) -> str:
    """Count what was found."""
    told = []
    for level, (_, word, words) in LEVELS.items():
        count = sum(one["level"] == level for one in found["findings"])
        if count:
            told.append(f"{count} {(word if count == 1 else words).lower()}")
    if not told:
        return "Nothing was found that is wrong."
    return " and ".join(told) + (", the gravest first." if len(found["findings"]) > 1 else ".")


def chosen(found: Found, state: Any) -> list[Mapping[str, Any]]:
    """Return the findings that the filters let through."""
    return [
        one
        for one in found["findings"]
        if state.level in (ALL, one["level"]) and state.kind in (ALL, one["kind"])
    ]


def _told(one: Mapping[str, Any]) -> str:
    words = " ".join(part for part in (one["what"], one["why"], one["cure"]) if part)
    told = f"{LEVELS[one['level']][1]}: {words}"
    if one["where"]:
        shown = "; ".join(one["where"][:_NAMES])
        more = len(one["where"][_NAMES:]) + one["where_rest"]
        told += f" Found in: {shown}{f'; and {more:,} more' if more else ''}."
    return told


def _open_twin(one: Mapping[str, Any], pictures: Mapping[str, str]) -> list[Part]:
    parts: list[Part] = [Paragraph(f"In code: {one['code']}")] if one["code"] else []
    for group in one["groups"]:
        if group["words"]:
            parts.append(Paragraph(f"{group['words']}:"))
        seen = [(pictures[item["picture"]], _alt(item)) for item in group["items"] if item["picture"]]
        if seen:
            parts.append(Pictures(seen, width_pixels=72))
        parts += [Paragraph(_alt(item)) for item in group["items"] if not item["picture"]]
    if one["rest"]:
        parts.append(Paragraph(f"And {one['rest']:,} more."))
    return parts


def _alt(item: Mapping[str, Any]) -> str:
    """Say what an item is, for who cannot see it."""
    where = f"{item['name']}, {SPLIT_WORDS[item['split']]}"
    if not item["label"]:
        return f"{where}, sealed"
    text = f": “{item['text']}”" if item["text"] else ""
    return f"{where}, class {item['label']}{text}"


def _stats(about: Found) -> list[dict[str, str]]:
    counts = {name: sum(of) for name, of in about["counts"].items()}
    stats = [
        {
            "label": f"{about['item']}s",
            "value": f"{sum(counts.values()):,}",
            "words": f"in {len(about['classes']):,} classes",
        },
        {"label": "training", "value": f"{counts['train']:,}", "words": "to learn from"},
        {"label": "validation", "value": f"{counts['validation']:,}", "words": "to choose by"},
        {"label": "test", "value": f"{counts['test']:,}", "words": about["seal"]},
    ]
    if about["size"]:
        channels, height, width = about["size"]
        colour = "in colour" if channels == 3 else "in grey"
        stats.append(
            {"label": "worked with at", "value": f"{width} × {height}", "words": f"pixels, {colour}"}
        )
    return stats


def _classes(about: Found, most_rows: int) -> dict[str, Any]:
    """Describe the sizes of the classes, the largest first; of very many, the largest and the smallest."""
    counts = [about["counts"][split] for split in SPLITS]
    sizes = [sum(of) for of in zip(*counts, strict=True)]
    most = max(sizes, default=0) or 1
    order = sorted(range(len(sizes)), key=lambda at: -sizes[at])
    out = max(0, len(order) - most_rows)
    above = len(order) if not out else most_rows - most_rows // 3
    rows = [
        {
            "name": about["classes"][at],
            "counts": [f"{of[at]:,}" for of in counts],
            "all": f"{sizes[at]:,}",
            "shares": [of[at] / most for of in counts],
        }
        for at in [*order[:above], *order[above + out :]]
    ]
    return {
        "caption": f"{about['item'].capitalize()}s of each class",
        "head": ["class", *(SPLIT_WORDS[split] for split in SPLITS), "all"],
        "rows": rows,
        "left_out": f"{out:,} classes between the largest and the smallest are not in the table."
        if out
        else "",
    }


def _outcome(about: Found, found: Found, state: Any) -> dict[str, Any]:
    findings = found["findings"]
    problems = any(one["level"] == "problem" for one in findings)
    return {
        "verdict": verdict(found),
        "why": "Open one to see what it is about." if findings else "",
        "levels": _filters({name: words[2] for name, words in LEVELS.items()}, "level", findings, "All"),
        "level": state.level,
        "kinds": _filters(KINDS, "kind", findings, "Every kind"),
        "kind": state.kind,
        "opened": state.opened,
        "findings": [_row(one, found) for one in chosen(found, state)],
        "none_left": "Nothing of this kind was found." if findings else "",
        "checked": found["checked"],
        "checked_title": "What was checked",
        "strict": _STRICT if problems and about["strict"] else "",
        "code_title": "In code",
        "show_test": _SHOW_TEST,
        "opens": _OPENS,
        "names_title": "Names",
    }


def _filters(
    labels: Mapping[str, str], field: str, findings: Sequence[Mapping[str, Any]], every: str
) -> list[dict[str, str]]:
    """Return what can be chosen of a filter, with counts; nothing where there is no choice."""
    counts = {name: sum(one[field] == name for one in findings) for name in labels}
    some = [{"name": name, "label": f"{labels[name]} {count}"} for name, count in counts.items() if count]
    return [{"name": ALL, "label": f"{every} {len(findings)}"}, *some] if len(some) > 1 else []


def _row(one: Mapping[str, Any], found: Found) -> dict[str, Any]:
    sign, word, _ = LEVELS[one["level"]]
    rest = one["where_rest"]
    others = len(one["where"]) + rest - 1
    return {
        "key": one["key"],
        "level": one["level"],
        "sign": sign,
        "word": word,
        "kind": KINDS[one["kind"]],
        "what": one["what"],
        "first": "".join(one["where"][:1]) + (f" and {others:,} more" if others > 0 else ""),
        "why": one["why"],
        "cure": one["cure"],
        "code": one["code"],
        "groups": [
            {"words": group["words"], "items": [_item(item) for item in group["items"]]}
            for group in one["groups"]
        ],
        "more": f"and {one['rest']:,} more: {one['listed']}" if one["rest"] and one["listed"] else "",
        "names": one["where"] if one["list"] else [],
        "names_more": f"and {rest:,} more: {one['listed']}" if one["list"] and rest else "",
        "small": one["small"],
        "sealed": not found["test_open"]
        and any(item["split"] == "test" for group in one["groups"] for item in group["items"]),
    }


def _item(item: Mapping[str, Any]) -> dict[str, str]:
    where = SPLIT_WORDS[item["split"]]
    return {
        "picture": item["picture"],
        "text": item["text"],
        "alt": _alt(item),
        "name": item["name"],
        "said": f"{where}, {item['label']}" if item["label"] else f"{where}, sealed",
    }
