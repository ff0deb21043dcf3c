"""Which class is closest to which, in words: for the browser and for the twin of a Similarity panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import PanelError, unknown_name
from tlkit.panels.similarity_coupling import beside, strongest
from tlkit.panels.similarity_map_words import cut
from tlkit.panels.things import things
from tlkit.panels.twin import Paragraph, Part, Pictures, Table

Pair = tuple[str, str]

#: So many columns have room for a number in every cell.
_NUMBERED = 16
# Of each class, on the panel and in the twin.
_SHOWN, _IN_TWIN = 8, 4
# A name of more letters stands upright above its column.
_SHORT = 2


def classes(found: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the names of the source's and the target's classes that took part.

    Raises
    ------
    LookupError
        There is no coupling.
    """
    theirs, ours = (
        [str(mapped["classes"][one]) for one in side["kept"]]
        for side, mapped in zip(found["coupling"]["sets"], found["map"]["sets"], strict=True)
    )
    return theirs, ours


def check_pair(found: Mapping[str, Any], pair: object) -> None:
    """Refuse a pair of classes that a result does not have.

    Raises
    ------
    PanelError, UnknownNameError
        It is no pair, or there are no such classes.
    """
    if pair is None:
        return
    if not (isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
        raise PanelError(
            f"The pair is {pair!r}.", "Give two names, of a source class and a target class: pair=('T', '7')."
        )
    if not there(found):
        raise PanelError("This result does not say which class is closest to which.", "Leave pair at None.")
    for what, name, known in zip(("source", "target"), pair, classes(found), strict=True):
        if name not in known:
            raise unknown_name(f"class of the {what}", name, known)


def there(found: Mapping[str, Any]) -> bool:
    """Say whether a result has a coupling; those of earlier versions have none."""
    return bool((found.get("coupling") or {}).get("shares"))


def view(found: Mapping[str, Any], pair: Pair | None) -> dict[str, Any] | None:
    """Describe the coupling for the browser, all but its cells; None where an older result has none."""
    made = found.get("coupling")
    if not made:
        return None
    theirs, ours = (one["name"] for one in made["sets"])
    title = f"Which class of {theirs} is closest to which of {ours}?"
    if not there(found):
        return {"title": title, "why_not": _why_not(made), "chosen": None}
    row, column = _place(found, pair)
    names = classes(found)
    looked = "read a text" if things(found["report"]) == "texts" else "see a picture"
    return {
        "title": title,
        "why_not": "",
        "about": _about(found),
        "axes": f"Columns: {theirs}. Rows: {ours}. Percent of a row.",
        "limits": _limits(found),
        "keys": "Point at a cell, or go from cell to cell with the arrow keys, to "
        f"{looked} of both classes. A click, Enter or Space chooses the pair.",
        "ends": ["0 %", _percent(made["most"])],
        "chosen": {
            "row": row,
            "column": column,
            "sentence": sentence(found, row, column),
            "groups": [
                {
                    "words": f"their {names[0][column]} ({theirs})",
                    "tiles": _tiles(found, 0, column)[:_SHOWN],
                },
                {"words": f"your {names[1][row]} ({ours})", "tiles": _tiles(found, 1, row)[:_SHOWN]},
            ],
        },
    }


def cells(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Describe every cell of the heat map for the browser."""
    if not there(found):
        return None
    shares = _shares(found)
    theirs, ours = classes(found)
    order = beside(shares)
    # Colour and size say how much of what is possible it is; the number says how much it is.
    most = float(found["coupling"]["most"])
    return {
        "columns": [
            {
                "place": one,
                "label": theirs[one],
                "words": f"their {theirs[one]}",
                "tile": _first(found, 0, one),
            }
            for one in order
        ],
        "rows": [
            {
                "label": name,
                "words": f"your {name}",
                "tile": _first(found, 1, row),
                "cells": [
                    {
                        "share": round(min(1.0, shares[row, one] / most), 3),
                        "said": _percent(shares[row, one]),
                    }
                    for one in order
                ],
            }
            for row, name in enumerate(ours)
        ],
        "numbers": len(order) <= _NUMBERED,
        "upright": max(map(len, theirs)) > _SHORT,
    }


def sentence(found: Mapping[str, Any], row: int, column: int) -> str:
    """Say how much a target class has of a source class, and what is closest to it."""
    shares = _shares(found)[row]
    theirs, ours = classes(found)
    best = int(shares.argmax())
    level = [theirs[one] for one in np.flatnonzero(shares > shares[best] - _LITTLE) if one != best]
    also = f", and as much of {' and of '.join(level)}" if level else ""
    closest = f"closest to their {theirs[best]}: {_percent(shares[best])} of its mass{also}"
    if shares[column] >= shares[best]:
        many = int((shares > _LITTLE).sum())
        rest = f", the rest from {_counted(many - 1)}" if many > 1 else ""
        return f"Your {ours[row]} is {closest}{rest}."
    taken = f"{_percent(shares[column])} of its mass" if shares[column] > _LITTLE else "next to nothing"
    return f"Your {ours[row]} has {taken} from their {theirs[column]}. It is {closest}."


def twin(found: Mapping[str, Any], pair: Pair | None) -> list[Part]:
    """Describe the coupling for the twin: for each target class its closest, and pictures of one pair."""
    made = found.get("coupling")
    if not made:
        return []
    if not there(found):
        return [Paragraph(_why_not(made))]
    shares, (theirs, ours) = _shares(found), classes(found)
    source, target = (one["name"] for one in made["sets"])
    rows = []
    for name, of in zip(ours, shares, strict=True):
        first, *others = [int(one) for one in np.argsort(-of, kind="stable")[:2]]
        after = [f"{theirs[one]} ({_percent(of[one])})" for one in others if of[one] > _LITTLE]
        rows.append([name, theirs[first], _percent(of[first]), *(after or ["none"])])
    row, column = _place(found, pair)
    shown = [
        (f"{one['name']} {name}", _tiles(found, side, at)[:_IN_TWIN])
        for side, one, at, name in zip(
            (0, 1), made["sets"], (column, row), (theirs[column], ours[row]), strict=True
        )
    ]
    examples: list[Part] = []
    if texts := found["map"]["sheet"].get("texts"):
        examples += [Paragraph(f"{name}: {'; '.join(texts[at] for at in places)}") for name, places in shown]
    elif any(places for _, places in shown):
        examples.append(Pictures([(cut(found, at), name) for name, places in shown for at in places]))
    head = [f"class of {target}", f"closest in {source}", "share of its mass", "then"]
    return [
        Table(head, rows, f"Which class of {source} is closest to which of {target}?"),
        Paragraph(sentence(found, row, column), strong=True),
        *examples,
        Paragraph(_about(found)),
        Paragraph(_limits(found)),
    ]


# Shares are rounded to whole percents where they are shown.
_LITTLE = 0.005


def _place(found: Mapping[str, Any], pair: Pair | None) -> tuple[int, int]:
    if pair is None:
        return strongest(_shares(found))
    theirs, ours = classes(found)
    return ours.index(pair[1]), theirs.index(pair[0])


def _shares(found: Mapping[str, Any]) -> NDArray[np.float64]:
    return np.array(found["coupling"]["shares"], dtype=np.float64)


def _about(found: Mapping[str, Any]) -> str:
    made = found["coupling"]
    theirs, ours = made["sets"]
    left_out = [
        f"Of {one['of']:,} classes of {one['name']}, the {len(one['kept'])} {which} are shown."
        for one, which in ((theirs, f"nearest to {ours['name']}"), (ours, "largest"))
        if one["of"] > len(one["kept"])
    ]
    said = (
        f"{theirs['pictures']:,} {things(found['report'])} of {theirs['name']} are turned into {ours['pictures']:,} of "
        f"{ours['name']} at the least cost, by what the network sees and by how each class spreads (OTDD, optimal "
        f"transport). Every class of {ours['name']} is 100 %, put together from classes of {theirs['name']}."
    )
    return " ".join([said, *left_out])


def _limits(found: Mapping[str, Any]) -> str:
    made = found["coupling"]
    theirs, ours = made["sets"]
    most = (
        f" With {len(theirs['kept'])} classes for {len(ours['kept'])}, one alone cannot fill a row: no share here "
        f"can be above {_percent(made['most'])}."
        if made["most"] < 1 - _LITTLE
        else ""
    )
    return (
        f"What this cannot tell: whether close is near. Every class of {theirs['name']} has to go somewhere, all "
        f"of it, so a class may be closest because it was left over.{most} How near both sets are, the bars say."
    )


def _why_not(made: Mapping[str, Any]) -> str:
    return f"Which class is closest to which was not computed. {made['why_not']}"


def _tiles(found: Mapping[str, Any], side: int, place: int) -> list[int]:
    """Return where the pictures of a class are on the map's sheet."""
    theirs, ours = (one["labels"] for one in found["map"]["sets"])
    wanted = found["coupling"]["sets"][side]["kept"][place]
    start = len(theirs) if side else 0
    return [start + at for at, label in enumerate(ours if side else theirs) if label == wanted]


def _first(found: Mapping[str, Any], side: int, place: int) -> int | None:
    return next(iter(_tiles(found, side, place)), None)


def _counted(count: int) -> str:
    return "one other" if count == 1 else f"{count} others"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
