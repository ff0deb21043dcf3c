"""Scores of how well features fit the target's labels, each with its floor, ceiling and interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tlkit.similarity.checks import Codes
from tlkit.similarity.measures import Score
from tlkit.similarity.place import Place, place
from tlkit.similarity.resample import halves
from tlkit.similarity.view import View

_SHUFFLES, _FEW_SHUFFLES = 20, 3
#: A costly measure gets so many draws at most.
FEW_DRAWS = 12


def calibrated(
    chosen: Sequence[Score],
    seen: View,
    best: View | None,
    codes: Codes,
    seed: int,
    rng: np.random.Generator,
    draws: int,
    check: Callable[[str, float], None],
) -> list[Place]:
    """Measure scores on the network's view, on shuffled labels, and on the best network's view.

    Parameters
    ----------
    chosen
        Which.
    seen
        The view of the network in question.
    best
        The view of the network that was trained for the target; None for no ceiling.
    codes
        (n,) the target's classes.
    seed
        Of scores that draw something themselves.
    rng
        Shuffles and draws.
    draws
        Half-samples for the intervals.
    check
        Told what is done and how far it is; may raise to stop.
    """
    topped = {
        one.name for one in chosen if best is not None and (not one.head or best.probabilities is not None)
    }
    shuffles = [rng.permutation(codes) for _ in range(_SHUFFLES)]
    values: dict[str, tuple[float, float, float | None]] = {}
    for one in chosen:
        floors = []
        for shuffled in shuffles[: _FEW_SHUFFLES if one.costly else _SHUFFLES]:
            check(f"Measuring {one.label}", 0.0)
            floors.append(one.call(seen, shuffled, seed))
        top = one.call(best, codes, seed) if best is not None and one.name in topped else None
        values[one.name] = (one.call(seen, codes, seed), float(np.mean(floors)), top)
    drawn: dict[str, tuple[list[float], list[float], list[float]]] = {
        one.name: ([], [], []) for one in chosen
    }
    for number in range(draws):
        rows = halves(codes, rng)[0]
        kept, shuffled = codes[rows], rng.permutation(codes[rows])
        # One view for all scores of a draw: what they share is computed once.
        part, top_part = seen.at(rows), best.at(rows) if best is not None else None
        for one in chosen:
            if one.costly and number >= FEW_DRAWS:
                continue
            check(f"How sure? Draw {number + 1} of {draws}", number / draws)
            mine, flat, ideal = drawn[one.name]
            mine.append(one.call(part, kept, seed))
            flat.append(one.call(part, shuffled, seed))
            if top_part is not None and one.name in topped:
                ideal.append(one.call(top_part, kept, seed))
    return [
        place(
            one.name,
            one.label,
            "score",
            values[one.name],
            (*drawn[one.name][:2], drawn[one.name][2] if one.name in topped else None),
        )
        for one in chosen
    ]
