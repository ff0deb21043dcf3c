"""race: several ways to the same end, draw by draw in turns, and the table of what each cost and gave."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tlkit.compare import paired_interval

#: Scores the test pictures, after the clock has stopped: (items,) right or wrong.
Examined = Callable[[], NDArray[np.bool_]]
#: Does the work, on the clock; None where there is nothing to score.
Timed = Callable[[], Examined | None]
#: Makes ready for a draw, before the clock runs.
Entrant = Callable[[int], Timed]


@dataclass
class Result:
    """Seconds and right answers of one entrant, a row for each draw."""

    seconds: list[float] = field(default_factory=list)
    right: list[NDArray[np.bool_]] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Seconds of the draw in the middle."""
        return statistics.median(self.seconds)


def race(entrants: dict[str, Entrant], draws: int) -> dict[str, Result]:
    """Let all of them work on each draw, each time beginning with another one.

    Each first works once without being counted, on a draw that is not among the others.
    """
    found = {name: Result() for name in entrants}
    names = list(entrants)
    for name in names:
        entrants[name](draws)()
    for draw in range(draws):
        turn = draw % len(names)
        for name in names[turn:] + names[:turn]:
            timed = entrants[name](draw)
            gc.collect()
            began = time.perf_counter()
            examined = timed()
            found[name].seconds.append(time.perf_counter() - began)
            if examined is not None:
                found[name].right.append(examined())
    return found


def table(found: dict[str, Result], limit: str, ours: str) -> str:
    """Return a line for each: median seconds, the ratio to a limit and to ours, accuracy, and ours minus theirs."""
    width = max(map(len, found)) + 2
    lines = [
        f"{'':<{width}}{'seconds':>9}{'of limit':>10}{'of tlkit':>10}{'right':>9}   tlkit minus this (95 %)"
    ]
    for name, one in found.items():
        line = f"{name:<{width}}{one.median:>9.3f}{one.median / found[limit].median:>10.2f}"
        line += f"{one.median / found[ours].median:>10.2f}"
        if one.right:
            right = np.stack(one.right)
            line += f"{100 * right.mean():>7.1f} %"
            if name != ours:
                line += f"   {paired_interval(right, np.stack(found[ours].right)).points}"
        lines.append(line)
    return "\n".join(lines)
