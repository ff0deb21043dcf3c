"""The drawing of a report: each measure between its floor and its ceiling, in words as well."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tlkit.drawing import Drawing
from tlkit.similarity.verdict import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tlkit.similarity.found import Report
    from tlkit.similarity.place import Place
    from tlkit.similarity.ranking import Ranking

_INK, _QUIET, _BAR = "#0b5cad", "#595f66", "#e3e6e9"
_LEFT, _RIGHT = -25.0, 125.0


def bars(report: Report) -> Drawing:
    """Draw a bar from floor to ceiling for each measure, and on it the place with its interval.

    A circle is a score, a square a distance. On a distance's bar, a small upright line says where a distance of zero
    is: the target beside itself. What lies far beyond floor or ceiling is an arrow at the edge.
    """
    count = len(report.places)
    drawing = Drawing(report.alt, (7.2, 1.5 + 0.5 * count))
    axes = drawing.subplots()
    for at, one in enumerate(report.places):
        _row(axes, one, count - 1 - at)
    axes.set_yticks(range(count), [one.label for one in reversed(report.places)])
    axes.set_xticks([0, 50, 100], ["floor", "halfway", "ceiling"])
    axes.set_xlim(_LEFT - 2, _RIGHT + 2)
    axes.set_ylim(-0.6, count - 0.2)
    axes.tick_params(labelsize=9, length=0)
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(False)
    axes.set_title(
        f"{report.source} → {report.target}, seen by {report.backbone}; 95 % intervals",
        fontsize=10,
        loc="left",
    )
    axes.set_xlabel(
        f"scores (circles): shuffled labels to a network trained on {report.target}\n"
        f"distances (squares): {report.unrelated} to its own other half; |: itself, distance 0",
        fontsize=8,
        color=_QUIET,
    )
    return drawing


def ladder(ranking: Ranking) -> Drawing:
    """Draw each network's score with its interval, the best on top; gains, where measured, stand beside the names."""
    count = len(ranking.candidates)
    drawing = Drawing(ranking.alt, (7.2, 1.2 + 0.45 * count))
    axes = drawing.subplots()
    names = []
    for at, one in enumerate(ranking.candidates):
        y = count - 1 - at
        if math.isfinite(one.value):
            axes.plot([one.low, one.high], [y, y], color=_INK, linewidth=2.2)
            axes.plot(one.value, y, "o", markersize=8, color=_INK, markeredgecolor="white")
        said = f"{number(one.value)}, first in {100 * one.probability:.0f} %"
        at_x = one.value if math.isfinite(one.value) else 0.5
        axes.annotate(said, (at_x, y), (0, 7), textcoords="offset points", ha="center", fontsize=8)
        names.append(one.name if one.gain is None else f"{one.name}\ngained {100 * one.gain:.1f} points")
    axes.set_yticks(range(count), names[::-1])
    axes.set_ylim(-0.5, count - 0.3)
    axes.margins(x=0.15)
    axes.grid(axis="x", color=_BAR, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel(
        f"{ranking.label} on {ranking.items:,} items of {ranking.target}, 95 % intervals", fontsize=9
    )
    return drawing


def _row(axes: Axes, one: Place, y: int) -> None:
    axes.plot([0, 100], [y, y], color=_BAR, linewidth=9, solid_capstyle="butt", zorder=1)
    top = "none" if one.ceiling is None else number(one.ceiling)
    for x, words, side in ((-2, number(one.floor), "right"), (102, top, "left")):
        axes.text(x, y, words, ha=side, va="center", fontsize=8, color=_QUIET)
    if one.position is None or one.position_low is None or one.position_high is None:
        axes.text(50, y, f"{number(one.value)}: {one.word}", ha="center", va="center", fontsize=8)
        return
    low, high, middle = (
        min(max(100 * share, _LEFT), _RIGHT) for share in (one.position_low, one.position_high, one.position)
    )
    axes.plot([low, high], [y, y], color=_INK, linewidth=2.2, zorder=2)
    for end in (low, high):
        axes.plot([end, end], [y - 0.13, y + 0.13], color=_INK, linewidth=2.2, zorder=2)
    if one.kind == "distance" and one.ceiling is not None and one.floor != one.ceiling:
        zero = 100 * one.floor / (one.floor - one.ceiling)
        if zero <= _RIGHT:
            axes.plot([zero, zero], [y - 0.22, y + 0.22], color=_QUIET, linewidth=1.2, zorder=2)
    beyond = not _LEFT <= 100 * one.position <= _RIGHT
    marker = (">" if middle == _RIGHT else "<") if beyond else "o" if one.kind == "score" else "s"
    axes.plot(middle, y, marker, markersize=8, color=_INK, markeredgecolor="white", zorder=3)
    said = f"{number(one.value)}: {one.word}"
    axes.annotate(said, (middle, y), (0, 8), textcoords="offset points", ha="center", fontsize=8)
