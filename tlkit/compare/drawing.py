"""Drawings of comparisons: told apart by shape and place, not by colour alone; each says itself in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from tlkit.compare.looks import Look, looks
from tlkit.drawing import Drawing

if TYPE_CHECKING:
    from tlkit.compare.comparison import Comparison
    from tlkit.compare.result import ArmResult

_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_QUIET = "#595f66"


def dots(comparison: Comparison) -> Drawing:
    """Draw a dot and an interval for each arm, the first on top; small marks are the draws."""
    count = len(comparison.results)
    drawing = Drawing(comparison.alt, (7.2, 1.3 + 0.62 * count))
    axes, styles = drawing.subplots(), looks(comparison.arms)
    for at, one in enumerate(comparison.results):
        style = styles[one.name]
        y, colour = count - 1 - at, style.colour
        axes.plot([100 * one.low, 100 * one.high], [y, y], color=colour, linewidth=2.4, zorder=2)
        for end in (one.low, one.high):
            axes.plot([100 * end] * 2, [y - 0.12, y + 0.12], color=colour, linewidth=2.4, zorder=2)
        if len(one.cells) > 1:
            axes.plot(
                100 * one.accuracies, np.full(len(one.cells), y - 0.27), "|", color=_QUIET, markersize=6
            )
        axes.plot(100 * one.mean, y, **_marker(one, style, 9.5))
        axes.annotate(
            f"{100 * one.mean:.1f} %", (100 * one.mean, y), (0, 9), textcoords="offset points",
            ha="center", fontsize=9,
        )  # fmt: skip
    _chance_upright(axes, comparison.chance)
    axes.set_yticks(range(count), [one.name for one in reversed(comparison.results)])
    axes.set_ylim(-0.6, count - 0.3)
    axes.set_xlim(0, 100)
    axes.set_xlabel(
        f"% of {comparison.items:,} test items right, with {100 * comparison.level:g} % intervals", fontsize=9
    )
    axes.set_title(comparison.title, fontsize=10, loc="left")
    _tidy(axes, "x")
    return drawing


def lines(comparisons: Sequence[Comparison], alt: str) -> Drawing:
    """Draw the share that is right over labels per class, a line with intervals for each arm."""
    drawing = Drawing(alt, (7.2, 4.4))
    axes = drawing.subplots()
    labels = [float(one.labels_per_class or 0) for one in comparisons]
    first = comparisons[0]
    for at, (name, look) in enumerate(looks(first.arms).items()):
        results = [one[name] for one in comparisons]
        means = np.array([100 * one.mean for one in results])
        # Side by side, so that intervals at the same place can be told apart.
        x = np.array(labels) * 1.025 ** (at - (len(first.arms) - 1) / 2)
        spans = [means - [100 * one.low for one in results], [100 * one.high for one in results] - means]
        dash = _DASHES[at % len(_DASHES)]
        axes.errorbar(x, means, yerr=np.clip(spans, 0, None), fmt="none", ecolor=look.colour, capsize=3)
        style = _marker(results[0], look, 7.5)
        axes.plot(x, means, **{**style, "linestyle": dash, "linewidth": 1.6}, label=name)
    axes.axhline(100 * first.chance, color=_QUIET, linewidth=1, linestyle=(0, (1, 2)))
    axes.annotate("guessing", (0, 100 * first.chance), (3, 3), xycoords=("axes fraction", "data"),
                  textcoords="offset points", fontsize=8, color=_QUIET)  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(labels))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(0, 100)
    axes.set_xlabel("labels per class", fontsize=9)
    axes.set_ylabel(f"% of {first.items:,} test items right", fontsize=9)
    axes.set_title(
        f"{first.dataset}, {first.backbone}, {len(first.seeds)} draws each", fontsize=10, loc="left"
    )
    columns = min(4, len(first.arms))
    drawing.legend(fontsize=9, frameon=False, loc="outside lower center", ncols=columns, handlelength=3.2)
    _tidy(axes, "y")
    return drawing


def _marker(one: ArmResult, look: Look, size: float) -> dict[str, Any]:
    # Hollow: started from random numbers. Full: started from what was learned before.
    return {
        "marker": look.marker,
        "markersize": size,
        "color": look.colour,
        "markerfacecolor": look.colour if one.pretrained else "white",
        "markeredgecolor": look.colour,
        "markeredgewidth": 1.8,
        "zorder": 3,
    }


def _chance_upright(axes: Axes, chance: float) -> None:
    axes.axvline(100 * chance, color=_QUIET, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
    axes.annotate("guessing", (100 * chance, 1), (3, -9), xycoords=("data", "axes fraction"),
                  textcoords="offset points", fontsize=8, color=_QUIET)  # fmt: skip


def _tidy(axes: Axes, along: Literal["x", "y"]) -> None:
    axes.grid(axis=along, color="#e3e6e9", linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=9)
