"""Wording: counts and shares as a table, a title or a note says them."""

from __future__ import annotations


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
