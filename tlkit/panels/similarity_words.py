"""What came out of a Similarity panel's run, in words: for the browser and for the twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlkit.panels.scatter import scatter
from tlkit.panels.sheet import tile
from tlkit.panels.twin import Paragraph, Part, Pictures, Table
from tlkit.pictures import picture
from tlkit.similarity.verdict import number

_ASKS = {
    "logme": "how well weighted sums of its features name the class",
    "knn": "how often the nearest other picture is of the same class",
    "leep": "how well its old classes foretell the new ones",
    "proxy_a_distance": "how well a classifier tells them apart, from 0 to 2",
    "frechet": "how far apart the features are in mean and spread",
}
# Measures that need the source head.
_OF_HEAD = ("leep",)
# What a measure without a line of its own asks.
_ANY = {
    "score": "how well what it sees sorts the classes",
    "distance": "how far apart the two sets are to it",
}
_TONES = {"near the floor": "drift", "near the ceiling": "ok"}
_IN_TWIN = 4


def shown(*, head: bool) -> list[str]:
    """Return the names of the measures that the panel shows, with or without a source head.

    Examples
    --------
    >>> shown(head=False)
    ['logme', 'knn', 'proxy_a_distance', 'frechet']
    """
    return [name for name in _ASKS if head or name not in _OF_HEAD]


def groups(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Describe the two groups of bars: what each asks, its floor and its ceiling."""
    report = found["report"]
    target = report["target"]
    pictures = report["places"]
    return [
        {
            "title": f"Does what it sees sort {target}?",
            "floor": "shuffled labels",
            "ceiling": f"trained on {target}",
            "bars": [_bar(one) for one in pictures if one["kind"] == "score"],
        },
        {
            "title": f"Do {report['source']} and {target} look alike to it?",
            "floor": f"unrelated: {report['unrelated']}",
            "ceiling": f"{target}’s other half",
            "bars": [_bar(one) for one in pictures if one["kind"] == "distance"],
        },
    ]


def _bar(one: Mapping[str, Any]) -> dict[str, Any]:
    position = one["position"]
    bar = {
        "name": one["name"],
        "label": one["label"],
        "ask": _ASKS.get(one["name"]) or _ANY[one["kind"]],
        "value": _number(one["value"]),
        "floor": _number(one["floor"]),
        "ceiling": "none" if one["ceiling"] is None else _number(one["ceiling"]),
        "word": one["word"],
        "tone": _TONES.get(one["word"], ""),
        "position": None,
    }
    if position is None:
        return {**bar, "spot": "?", "sure": "", "words": f"{one['label']}: {one['word']}"}
    low, high = one["position_low"], one["position_high"]
    spot, sure = _percent(position), f"{_percent(low).removesuffix(' %')} to {_percent(high)}"
    words = (
        f"{one['label']}: {bar['value']}, which is {spot} of the way from floor {bar['floor']} "
        f"to ceiling {bar['ceiling']}; 95 % interval {sure}: {one['word']}"
    )
    return {
        **bar,
        "position": position,
        "low": low,
        "high": high,
        "spot": spot,
        "sure": sure,
        "words": words,
    }


def sizes(found: Mapping[str, Any]) -> str:
    """Say how many pictures were looked at."""
    report, many = found["report"], found["report"]["sizes"]
    learned = f" {found['ceiling']}" if found["ceiling"] else ""
    return (
        f"Scores look at {many['target']:,} {report['target']} pictures in {many['classes']} classes. "
        f"Distances compare {many['half']:,} of them with {many['source']:,} {report['source']} pictures, with "
        f"{many['unrelated']:,} unrelated ones and with their other half.{learned} "
        f"Intervals: 95 %, from {many['draws']} drawings by chance. An ordinary bootstrap draws pictures with "
        "repeats, and a picture that is there twice would be its own nearest neighbour. So each drawing takes half "
        "of the pictures, none twice, and measures anew (half-samples). Only for the proxy A-distance the "
        "classifier’s answers are drawn, with repeats (bootstrap). The test set stayed sealed."
    )


def map_words(found: Mapping[str, Any]) -> str:
    """Say what the map shows, and what it cannot show."""
    made = found["map"]
    first, second = made["explained"]
    count = made["features"]
    return (
        f"Each point is a picture, placed by what the network sees in it: {count} numbers, pressed into two "
        f"(principal components), which keep {100 * (first + second):.0f} % of the differences. Points that are far "
        "apart here are far apart in the network; points that touch here may not be near."
    )


def legend(found: Mapping[str, Any]) -> list[str]:
    """Name the two sets with their numbers of points."""
    return [f"{one['name']} ({len(one['places'])})" for one in found["map"]["sets"]]


def points(found: Mapping[str, Any]) -> dict[str, Any]:
    """Describe every point of the map for the browser: place, tile and words."""
    made = found["map"]
    listed, first = [], 0
    for place, one in enumerate(made["sets"]):
        names = [f"{one['name']}, class {one['classes'][label]}" for label in one["labels"]]
        listed += [
            {"x": x, "y": y, "set": place, "tile": first + row, "words": names[row]}
            for row, (x, y) in enumerate(one["places"])
        ]
        first += len(names)
    return {
        "points": listed,
        "sheet": {name: made["sheet"][name] for name in ("tile", "columns", "rows")},
    }


def choices(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the target pictures that can be chosen: the first one of every class."""
    ours, first = found["map"]["sets"][1], len(found["map"]["sets"][0]["labels"])
    listed, known = [], set()
    for row, label in enumerate(ours["labels"]):
        if label not in known:
            known.add(label)
            listed.append({"picture": row, "tile": first + row, "label": str(ours["classes"][label])})
    return listed


def neighbours(found: Mapping[str, Any], row: int) -> dict[str, Any]:
    """Describe a target picture with its nearest source pictures."""
    theirs, ours = found["map"]["sets"]
    first = len(theirs["labels"])
    row = min(row, len(ours["labels"]) - 1)
    return {
        "picture": row,
        "tile": first + row,
        "label": str(ours["classes"][ours["labels"][row]]),
        "title": f"Nearest pictures in {theirs['name']}",
        "nearest": [
            {
                "tile": place,
                "label": str(theirs["classes"][theirs["labels"][place]]),
                "distance": f"{distance:.2f}",
            }
            for place, distance in found["map"]["nearest"][row]
        ],
        "words": f"Below each: its distance. 1 is the usual distance between a picture in {ours['name']} and one "
        f"in {theirs['name']}.",
    }


def picture_named(found: Mapping[str, Any], name: str) -> int | None:
    """Return the first target picture of a class, or None where there is no such class."""
    return next((one["picture"] for one in choices(found) if one["label"] == name), None)


def view(found: Mapping[str, Any], row: int) -> dict[str, Any]:
    """Describe an outcome for the browser, all but the points of the map."""
    theirs, ours = found["map"]["sets"]
    return {
        "verdict": found["report"]["verdict"],
        "why": found["report"]["why"],
        "groups": groups(found),
        "sizes": sizes(found),
        "notes": list(found["notes"]),
        "map_title": f"{theirs['name']} and {ours['name']} as {found['report']['backbone']} sees them",
        "map_words": map_words(found),
        "map_keys": f"Point at a mark, or go from mark to mark with the arrow keys, to see its picture. A click or "
        f"Enter on one of {ours['name']} chooses it; lines lead to its nearest.",
        "legend": legend(found),
        "choose": f"Choose a picture in {ours['name']}",
        "choices": choices(found),
        "chosen": neighbours(found, row),
    }


def twin(found: Mapping[str, Any], row: int) -> list[Part]:
    """Describe an outcome for the twin."""
    report = found["report"]
    parts: list[Part] = [Paragraph(report["verdict"], strong=True)]
    parts += [Paragraph(words) for words in report["why"]]
    for group in groups(found):
        rows = [
            [
                bar["label"],
                bar["floor"],
                bar["value"],
                bar["ceiling"],
                f"{bar['spot']} ({bar['sure']})" if bar["sure"] else "?",
                bar["word"],
            ]
            for bar in group["bars"]
        ]
        head = [
            "measure",
            f"floor ({group['floor']})",
            "value",
            f"ceiling ({group['ceiling']})",
            "place",
            "in words",
        ]
        parts.append(Table(head, rows, group["title"]))
    parts.append(Paragraph(sizes(found)))
    parts += [Paragraph(said) for said in found["notes"]]
    theirs, ours = found["map"]["sets"]
    alt = (
        f"Map of the features: {legend(found)[0]} as circles, {legend(found)[1]} as triangles, "
        f"{_overlap(found)}"
    )
    parts.append(Pictures([(scatter([theirs["places"], ours["places"]]), alt)], 360, drawings=True))
    parts.append(Paragraph(map_words(found)))
    shown = dict.fromkeys([row, *(one["picture"] for one in _spread(choices(found)))])
    for one in list(shown)[:_IN_TWIN]:
        near = neighbours(found, one)
        pictures = [(_cut(found, near["tile"]), f"{ours['name']} {near['label']}")]
        pictures += [
            (_cut(found, other["tile"]), f"{theirs['name']} {other['label']} at {other['distance']}")
            for other in near["nearest"]
        ]
        parts.append(Paragraph(f"{near['title']} to {ours['name']}, class {near['label']}:"))
        parts.append(Pictures(pictures))
    return [*parts, Paragraph(neighbours(found, row)["words"].replace("Below each", "After each"))]


def _overlap(found: Mapping[str, Any]) -> str:
    """Say what the map shows: how often a target point has a source point among the points nearest on it."""
    theirs, ours = (one["places"] for one in found["map"]["sets"])
    apart = sum(
        min((x - a) ** 2 + (y - b) ** 2 for a, b in theirs)
        < min((x - a) ** 2 + (y - b) ** 2 for other, (a, b) in enumerate(ours) if other != row)
        for row, (x, y) in enumerate(ours)
        if len(ours) > 1
    )
    return f"{apart} of {len(ours)} triangles have a circle as their nearest point."


def _spread(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    step = max(1, len(listed) // (_IN_TWIN - 1))
    return listed[step // 2 :: step]


def _cut(found: Mapping[str, Any], place: int) -> str:
    cut = tile(found["map"]["sheet"], place)
    # Grey needs a third of the bytes; `picture` takes one channel as ink.
    return picture(1 - cut[:1] if (cut[0] == cut[1]).all() and (cut[0] == cut[2]).all() else cut)


def _number(value: float | str) -> str:
    return number(float(value))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %".replace("-0 ", "0 ").replace("-", "−")
