"""Scores of how well features fit the target's labels, each with its floor, ceiling and interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tlkit.errors import SimilarityError
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
    left_out: dict[str, str] | None = None,
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
    left_out
        Told which scores could not be measured, and why. None: the first one that cannot be is an error.

    Raises
    ------
    SimilarityError
        A score cannot be measured on these features, and none may be left out.
    """
    failed: dict[str, str] = {}

    def tried(one: Score, measure: Callable[[], None]) -> None:
        try:
            measure()
        except SimilarityError as error:
            if left_out is None:
                raise
            failed[one.name] = left_out[one.label] = error.what

    topped = {
        one.name for one in chosen if best is not None and (not one.head or best.probabilities is not None)
    }
    shuffles = [rng.permutation(codes) for _ in range(_SHUFFLES)]
    values: dict[str, tuple[float, float, float | None]] = {}

    def whole(one: Score) -> None:
        floors = []
        for shuffled in shuffles[: _FEW_SHUFFLES if one.costly else _SHUFFLES]:
            check(f"Measuring {one.label}", 0.0)
            floors.append(one.call(seen, shuffled, seed))
        top = one.call(best, codes, seed) if best is not None and one.name in topped else None
        values[one.name] = (one.call(seen, codes, seed), float(np.mean(floors)), top)

    for one in chosen:
        tried(one, partial(whole, one))
    drawn: dict[str, tuple[list[float], list[float], list[float]]] = {
        one.name: ([], [], []) for one in chosen
    }
    for number in range(draws):
        rows = halves(codes, rng)[0]
        kept, shuffled = codes[rows], rng.permutation(codes[rows])
        # One view for all scores of a draw: what they share is computed once.
        part, top_part = seen.at(rows), best.at(rows) if best is not None else None

        def half(
            one: Score,
            kept: Codes = kept,
            shuffled: Codes = shuffled,
            part: View = part,
            top_part: View | None = top_part,
        ) -> None:
            mine, flat, ideal = drawn[one.name]
            mine.append(one.call(part, kept, seed))
            flat.append(one.call(part, shuffled, seed))
            if top_part is not None and one.name in topped:
                ideal.append(one.call(top_part, kept, seed))

        for one in chosen:
            if one.name not in failed and not (one.costly and number >= FEW_DRAWS):
                check(f"How sure? Draw {number + 1} of {draws}", number / draws)
                tried(one, partial(half, one))
    return [
        place(
            one.name,
            one.label,
            "score",
            values[one.name],
            (*drawn[one.name][:2], drawn[one.name][2] if one.name in topped else None),
        )
        for one in chosen
        if one.name not in failed
    ]
