"""What came out of a Similarity panel's run, in words: for the browser and for the twin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tlkit.errors import PanelError, unknown_name
from tlkit.panels import similarity_coupling_words as coupling
from tlkit.panels import similarity_map_words as maps
from tlkit.panels import similarity_overlap as overlap
from tlkit.panels.things import things
from tlkit.panels.twin import Paragraph, Part, Table
from tlkit.similarity.verdict import number

if TYPE_CHECKING:
    from tlkit.panels.similarity_state import SimilarityState

_ASKS = {
    "logme": "how well weighted sums of its features name the class",
    "knn": "how often the nearest other {thing} is of the same class",
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
    places = report["places"]
    what = things(report)
    return [
        {
            "title": f"Does what it sees sort {target}?",
            "floor": "shuffled labels",
            "ceiling": f"trained on {target}",
            "bars": [_bar(one, what) for one in places if one["kind"] == "score"],
        },
        {
            "title": f"{'Do' if what == 'pictures' else 'Are'} {report['source']} and {target} "
            f"{'look ' if what == 'pictures' else ''}alike to it?",
            "floor": f"unrelated: {report['unrelated']}",
            "ceiling": f"{target}’s other half",
            "bars": [_bar(one, what) for one in places if one["kind"] == "distance"],
        },
    ]


def _bar(one: Mapping[str, Any], what: str = "pictures") -> dict[str, Any]:
    position = one["position"]
    bar = {
        "name": one["name"],
        "label": one["label"],
        "ask": (_ASKS.get(one["name"]) or _ANY[one["kind"]]).format(thing=what.removesuffix("s")),
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
    """Say how many items were looked at, where the ceiling comes from, and what had to be left out."""
    report, many = found["report"], found["report"]["sizes"]
    what = things(report)
    notes = "".join(f" {said}" for said in report["notes"])
    return (
        f"Scores look at {many['target']:,} {report['target']} {what} in {many['classes']} classes. "
        f"Distances compare {many['half']:,} of them with {many['source']:,} {report['source']} {what}, with "
        f"{many['unrelated']:,} unrelated ones and with their other half.{notes} "
        f"Intervals: 95 %, from {many['draws']} drawings by chance. An ordinary bootstrap draws {what} with "
        f"repeats, and a {what.removesuffix('s')} that is there twice would be its own nearest neighbour. So each "
        f"drawing takes half of the {what}, none twice, and measures anew (half-samples). Only for the proxy "
        "A-distance the classifier’s answers are drawn, with repeats (bootstrap). The test set stayed sealed."
    )


def check_shown(found: Mapping[str, Any] | None, state: SimilarityState) -> None:
    """Refuse a picture, a map or a pair of classes that a result does not have.

    Raises
    ------
    PanelError, UnknownNameError
        It has none such.
    """
    if state.map not in maps.MAPS:
        raise unknown_name("map", state.map, list(maps.MAPS))
    if not found:
        return
    most = len(found["map"]["sets"][1]["labels"])
    if state.picture >= most:
        what = things(found["report"]).removesuffix("s")
        raise PanelError(
            f"There is no target {what} {state.picture}.", f"The map has {most}: 0 to {most - 1}."
        )
    if maps.drawn(found, state.map) != state.map:
        raise PanelError(f"This result has no {maps.MAPS[state.map]} map.", "Leave it at map='pca'.")
    coupling.check_pair(found, state.pair)


def drawings(found: Mapping[str, Any], state: SimilarityState) -> Iterator[tuple[str, Any]]:
    """Yield what is heavy and rarely changes: the points of the map and the cells of the coupling, by name."""
    yield "map", maps.points(found, state.map)
    if coupling.there(found):
        yield "coupling", coupling.cells(found)


def view(found: Mapping[str, Any], state: SimilarityState) -> dict[str, Any]:
    """Describe an outcome for the browser, all but the points of the map and the cells of the coupling."""
    return {
        "verdict": found["report"]["verdict"],
        "why": found["report"]["why"],
        "groups": groups(found),
        "sizes": sizes(found),
        "notes": list(found["notes"]),
        **maps.view(found, state.picture, state.map),
        "coupling": coupling.view(found, state.pair),
        "overlap": overlap.view(found),
    }


def twin(found: Mapping[str, Any], state: SimilarityState) -> list[Part]:
    """Describe an outcome for the twin, with what was chosen in it."""
    report = found["report"]
    parts: list[Part] = [Paragraph(report["verdict"], strong=True)]
    parts += [Paragraph(words) for words in report["why"]]
    parts += overlap.twin(found)
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
    return [*parts, *maps.twin(found, state.picture, state.map), *coupling.twin(found, state.pair)]


def _number(value: float | str) -> str:
    return number(float(value))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %".replace("-0 ", "0 ").replace("-", "−")
