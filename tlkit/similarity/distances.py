"""Distances between source and target as a network sees them, each with its floor, ceiling and interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity.measures import Distance, Sample
from tlkit.similarity.place import Place, place
from tlkit.similarity.proxy_a_distance import distance_of, told_apart
from tlkit.similarity.resample import halves
from tlkit.similarity.scores import FEW_DRAWS

Check = Callable[[str, float], None]


def calibrated(
    chosen: Sequence[Distance],
    half: Sample,
    others: Sequence[Sample],
    seed: int,
    draws: int,
    check: Check,
    left_out: dict[str, str] | None = None,
) -> list[Place]:
    """Measure distances of one half of the target to the source, to unrelated data and to its other half.

    Parameters
    ----------
    chosen
        Which.
    half
        One half of the target, n rows.
    others
        The source, unrelated data and the target's other half, in this order, of about n rows each: a
        distance depends on the number of rows.
    seed
        Of folds and draws.
    draws
        Half-samples for the intervals.
    check
        Told what is done and how far it is; may raise to stop.
    left_out
        Told which distances could not be measured, and why. None: the first one that cannot be is an error.

    Raises
    ------
    SimilarityError
        A distance cannot be measured on these features, and none may be left out.
    """
    found = []
    for number, one in enumerate(chosen):

        def tell(words: str, share: float, number: int = number) -> None:
            check(words, (number + share) / len(chosen))

        measure = _told if one.name == "proxy_a_distance" else _drawn
        try:
            found.append(measure(one, half, others, seed, draws, tell))
        except SimilarityError as error:
            if left_out is None:
                raise
            left_out[one.label] = error.what
    return found


def _told(
    one: Distance, half: Sample, others: Sequence[Sample], seed: int, draws: int, check: Check
) -> Place:
    """Draw the classifier's answers anew, not the rows: training it once for each draw would take too long."""
    words = "Trying to tell them apart"
    values, drawn = [], []
    rng = np.random.default_rng([seed, 1])
    for number, other in enumerate(others):
        told = told_apart(half.features, other.features, seed, partial(check, words, number / len(others)))
        values.append(max(0.0, distance_of(told)))
        # Cut off at 0, draws would vary less than they do.
        drawn.append(
            [
                distance_of((rng.choice(told[0], len(told[0])), rng.choice(told[1], len(told[1]))))
                for _ in range(draws)
            ]
        )
    return _placed(one, values, drawn)


def _drawn(
    one: Distance, half: Sample, others: Sequence[Sample], seed: int, draws: int, check: Check
) -> Place:
    words = f"Measuring the {one.label}" if "distance" in one.label else f"Measuring {one.label}"
    values = []
    for other in others:
        check(words, 0.0)
        values.append(one.call(half, other, seed))
    drawn: list[list[float]] = [[] for _ in others]
    # The same draws for every distance.
    rng = np.random.default_rng([seed, 2])
    count = min(draws, FEW_DRAWS) if one.costly else draws
    for number in range(count):
        rows = _half(half, rng)
        for other, kept in zip(others, drawn, strict=True):
            check(words, number / count)
            kept.append(one.call(rows, _half(other, rng), seed))
    return _placed(one, values, drawn)


def _placed(one: Distance, values: Sequence[float], drawn: Sequence[Sequence[float]]) -> Place:
    numbers = (values[0], values[1], values[2])
    return place(one.name, one.label, "distance", numbers, (drawn[0], drawn[1], drawn[2]))


def _half(sample: Sample, rng: np.random.Generator) -> Sample:
    """Return half of the rows with every class that has two; what is too small to be halved stays whole."""
    rows = halves(sample.codes, rng)[0]
    return Sample(sample.features[rows], sample.codes[rows]) if len(rows) > 1 else sample
