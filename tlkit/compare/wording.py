"""Wording: counts and shares as a table, a title or a note says them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlkit.compare.cell import Cell
    from tlkit.compare.verdict import Verdict


def labels(count: int | None) -> str:
    """Say how many labels per class there are; None means all.

    Examples
    --------
    >>> labels(1), labels(5), labels(None)
    ('1 label per class', '5 labels per class', 'all labels')
    """
    if count is None:
        return "all labels"
    return "1 label per class" if count == 1 else f"{count} labels per class"


def draws(count: int) -> str:
    """Say how many draws there are.

    Examples
    --------
    >>> draws(1), draws(5)
    ('1 draw', '5 draws')
    """
    return "1 draw" if count == 1 else f"{count} draws"


def percent(share: float) -> str:
    """Write a share in percent.

    Examples
    --------
    >>> percent(0.8312)
    '83.1 %'
    """
    return f"{100 * share:.1f} %"


def came_from(cells: int, from_store: int, problem: str = "") -> str:
    """Say where some cells come from, and how often the test set was opened for them.

    Examples
    --------
    >>> came_from(12, 8)
    'Measured before, taken from the store: 8 of 12 cells. The test set was opened 12 times, 4 of them now.'
    """
    opened = {1: "once", 2: "twice"}.get(cells, f"{cells} times")
    if from_store:
        now = cells - from_store or "none"
        said = (
            f"Measured before, taken from the store: {from_store} of {cells} cells. The test set was opened"
            f" {opened}, {now} of them now."
        )
    else:
        said = f"Measured now: all {cells} cells. The test set was opened {opened}."
    return f"{said} {problem}".strip()


def before(seconds: str, cells: Sequence[Cell]) -> str:
    """Say beside a time that it was measured before, if cells of it come from the store.

    Parameters
    ----------
    seconds
        The time, as it is written.
    cells
        What took it.

    Examples
    --------
    >>> before("1.50", [])
    '1.50'
    """
    stored = sum(cell.from_store for cell in cells)
    if not stored:
        return seconds
    some = "" if stored == len(cells) else f"{stored} of {len(cells)} "
    return f"{seconds}, {some}measured before"


def in_second_place(verdict: Verdict) -> str:
    """Introduce the verdict on the best of the other arms after the one on the headline."""
    return f"The best of the others: {verdict.finding[0].lower()}{verdict.finding[1:]}"


def about(seconds: float) -> str:
    """Write the time that is left, with as many digits as an estimate deserves.

    Examples
    --------
    >>> about(2.2), about(13.4), about(48), about(400), about(20_000)
    ('about 2 s', 'about 13 s', 'about 50 s', 'about 7 min', 'about 6 h')
    """
    if seconds < 20:
        return f"about {max(1, round(seconds))} s"
    if seconds < 120:
        return f"about {5 * round(seconds / 5)} s"
    return f"about {seconds / 60:.0f} min" if seconds < 7200 else f"about {seconds / 3600:.0f} h"
