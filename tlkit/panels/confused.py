"""The table of confusions of a Freeze panel, as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tlkit.panels.numbers import percent
from tlkit.train.confusion import Confusion

# A table of more classes cannot be read; what was confused most is then listed.
_MOST_IN_TABLE = 40
_LISTED = 30


def confusion_of(outcome: Mapping[str, Any]) -> Confusion:
    """Count the confusions again from the JSON of a run; there are no pictures in it."""
    run = outcome["run"]
    truth, given = (np.asarray(run[name], dtype=np.int64) for name in ("test_labels", "predictions"))
    return Confusion(tuple(run["task"]["classes"]), truth, given)


def described(confusion: Confusion) -> dict[str, Any]:
    """Turn confusions into the plain JSON of a table of buttons, or of a list where there are too many classes."""
    classes = confusion.classes
    place = {name: at for at, name in enumerate(classes)}
    return {
        "sentence": confusion.sentence,
        "classes": list(classes),
        "rows": [_row(confusion, at) for at in range(len(classes))] if len(classes) <= _MOST_IN_TABLE else [],
        "list": [
            {"names": [true, given], "true": place[true], "given": place[given], "count": count,
             "words": f"{true} taken for {given}: {count:,}"}
            for true, given, count in confusion.confusions[:_LISTED]
        ],
    }  # fmt: skip


def _row(confusion: Confusion, at: int) -> list[dict[str, Any] | None]:
    name = confusion.classes[at]
    cells: list[dict[str, Any] | None] = []
    for column, (count, share) in enumerate(zip(confusion.counts[at], confusion.shares[at], strict=True)):
        said = "said to be so" if column == at else f"taken for {confusion.classes[column]}"
        words = f"{name} {said}: {count:,} item{'' if count == 1 else 's'}, {percent(float(share))}"
        cells.append({"count": int(count), "share": float(share), "words": words} if count else None)
    return cells
