"""The map of a Similarity panel's run and the nearest pictures, in words: for the browser and for the twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlkit.panels.scatter import scatter
from tlkit.panels.sheet import tile
from tlkit.panels.things import things
from tlkit.panels.twin import Paragraph, Part, Pictures, Table
from tlkit.pictures import picture

#: The maps that there are: the first needs no request.
MAPS = {"pca": "PCA", "t-sne": "t-SNE"}
_IN_TWIN = 4
# What a browser needs to show one of a sheet.
_TILES = ("tile", "columns", "rows", "texts")


def drawn(found: Mapping[str, Any], wanted: str) -> str:
    """Return the map that is shown: the one asked for, or that of every result.

    Examples
    --------
    >>> drawn({"map": {}}, "t-sne")
    'pca'
    """
    return wanted if wanted in MAPS and (wanted == "pca" or found["map"].get(wanted)) else "pca"


def maps(found: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    """Describe the choice between the maps; no choice where there is one only."""
    there = [name for name in MAPS if drawn(found, name) == name]
    return {
        "label": "How the points are placed",
        "chosen": drawn(found, wanted),
        "options": [{"name": name, "label": MAPS[name]} for name in there] if len(there) > 1 else [],
    }


def places(found: Mapping[str, Any], wanted: str) -> list[Sequence[Sequence[float]]]:
    """Return where the points of both sets are on a map."""
    if drawn(found, wanted) == "pca":
        return [one["places"] for one in found["map"]["sets"]]
    return list(found["map"][wanted]["places"])


def map_words(found: Mapping[str, Any], wanted: str) -> str:
    """Say what the map shows, and what it cannot show."""
    made = found["map"]
    first, second = made["explained"]
    placed = f"Each point is a {_thing(found)}, placed by what the network sees in it: {made['features']} numbers, "
    if drawn(found, wanted) == "pca":
        return (
            f"{placed}pressed into two (principal components), which keep {100 * (first + second):.0f} % of the "
            "differences. Points that are far apart here are far apart in the network; points that touch here may "
            "not be near."
        )
    how = made["t-sne"]
    return (
        f"{placed}of which t-SNE keeps one thing: about {how['perplexity']} neighbours of each stay beside it. How far "
        "apart groups lie, how large they are and how dense means nothing, and it gathers groups even where there "
        f"are none to see. Another seed than {how['seed']} gives another picture: believe what comes back in both maps."
    )


def legend(found: Mapping[str, Any]) -> list[str]:
    """Name the two sets with their numbers of points."""
    return [f"{one['name']} ({len(one['places'])})" for one in found["map"]["sets"]]


def points(found: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    """Describe every point of the map for the browser: place, tile and words."""
    made = found["map"]
    listed, first = [], 0
    for place, (one, spots) in enumerate(zip(made["sets"], places(found, wanted), strict=True)):
        names = [
            f"{one['name']}, class {one['classes'][label]}{_said(found, first + row)}"
            for row, label in enumerate(one["labels"])
        ]
        listed += [
            {"x": x, "y": y, "set": place, "tile": first + row, "words": names[row]}
            for row, (x, y) in enumerate(spots)
        ]
        first += len(names)
    return {
        "points": listed,
        "sheet": {name: made["sheet"][name] for name in _TILES if name in made["sheet"]},
    }


def choices(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the target pictures that can be chosen: the first one of every class."""
    ours, first = found["map"]["sets"][1], len(found["map"]["sets"][0]["labels"])
    listed, known = [], set()
    for row, label in enumerate(ours["labels"]):
        if label not in known:
            known.add(label)
            name = str(ours["classes"][label])
            words = f"{name}{_said(found, first + row)}"
            listed.append({"picture": row, "tile": first + row, "label": name, "words": words})
    return listed


def neighbours(found: Mapping[str, Any], row: int) -> dict[str, Any]:
    """Describe a target picture with its nearest source pictures."""
    theirs, ours = found["map"]["sets"]
    what = _thing(found)
    first = len(theirs["labels"])
    row = min(row, len(ours["labels"]) - 1)
    return {
        "picture": row,
        "tile": first + row,
        "label": str(ours["classes"][ours["labels"][row]]),
        "title": f"Nearest {what}s in {theirs['name']}",
        "nearest": [
            {
                "tile": place,
                "label": str(theirs["classes"][theirs["labels"][place]]),
                "distance": f"{distance:.2f}",
            }
            for place, distance in found["map"]["nearest"][row]
        ],
        "words": f"{'Beside' if what == 'text' else 'Below'} each: its distance. 1 is the usual distance between "
        f"a {what} in {ours['name']} and one in {theirs['name']}.",
    }


def picture_named(found: Mapping[str, Any], name: str) -> int | None:
    """Return the first target picture of a class, or None where there is no such class."""
    return next((one["picture"] for one in choices(found) if one["label"] == name), None)


def view(found: Mapping[str, Any], row: int, wanted: str) -> dict[str, Any]:
    """Describe the map for the browser, all but its points."""
    theirs, ours = found["map"]["sets"]
    look = "read its text" if _thing(found) == "text" else "see its picture"
    return {
        "map_title": f"{theirs['name']} and {ours['name']} as {found['report']['backbone']} sees them",
        "maps": maps(found, wanted),
        "map_words": map_words(found, wanted),
        "map_keys": f"Point at a mark, or go from mark to mark with the arrow keys, to {look}. A click or "
        f"Enter on one of {ours['name']} chooses it; lines lead to its nearest.",
        "legend": legend(found),
        "choose": f"Choose a {_thing(found)} in {ours['name']}",
        "choices": choices(found),
        "chosen": neighbours(found, row),
    }


def twin(found: Mapping[str, Any], row: int, wanted: str) -> list[Part]:
    """Describe the map and some nearest pictures for the twin."""
    theirs, ours = found["map"]["sets"]
    alt = (
        f"{'Map' if drawn(found, wanted) == 'pca' else 't-SNE map'} of the features: {legend(found)[0]} as circles, "
        f"{legend(found)[1]} as triangles, {_overlap(found, wanted)}"
    )
    parts: list[Part] = [Pictures([(scatter(places(found, wanted)), alt)], 360, drawings=True)]
    parts.append(Paragraph(map_words(found, wanted)))
    shown = dict.fromkeys([row, *(one["picture"] for one in _spread(choices(found)))])
    for one in list(shown)[:_IN_TWIN]:
        near = neighbours(found, one)
        if texts := found["map"]["sheet"].get("texts"):
            rows = [[texts[other["tile"]], other["label"], other["distance"]] for other in near["nearest"]]
            title = f"{near['title']} to {ours['name']}, class {near['label']}: {texts[near['tile']]}"
            parts.append(Table(["text", "class", "distance"], rows, title))
            continue
        pictures = [(cut(found, near["tile"]), f"{ours['name']} {near['label']}")]
        pictures += [
            (cut(found, other["tile"]), f"{theirs['name']} {other['label']} at {other['distance']}")
            for other in near["nearest"]
        ]
        parts.append(Paragraph(f"{near['title']} to {ours['name']}, class {near['label']}:"))
        parts.append(Pictures(pictures))
    return [*parts, Paragraph(neighbours(found, row)["words"].replace("Below each", "After each"))]


def cut(found: Mapping[str, Any], place: int) -> str:
    """Return one picture of the sheet as a data URI."""
    made = tile(found["map"]["sheet"], place)
    # Grey needs a third of the bytes; `picture` takes one channel as ink.
    return picture(1 - made[:1] if (made[0] == made[1]).all() and (made[0] == made[2]).all() else made)


def _thing(found: Mapping[str, Any]) -> str:
    return things(found["report"]).removesuffix("s")


def _said(found: Mapping[str, Any], place: int) -> str:
    """Return a text behind a colon; nothing of a picture."""
    texts = found["map"]["sheet"].get("texts")
    return f": {texts[place]}" if texts else ""


def _overlap(found: Mapping[str, Any], wanted: str) -> str:
    """Say what the map shows: how often a target point has a source point among the points nearest on it."""
    theirs, ours = places(found, wanted)
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
