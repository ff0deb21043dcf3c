"""Distances between source and target as a network sees them, each with its floor, ceiling and interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tlkit.similarity.checks import Matrix
from tlkit.similarity.frechet import frechet
from tlkit.similarity.place import Place, place
from tlkit.similarity.proxy_a_distance import distance_of, told_apart

LABELS = {"proxy_a_distance": "proxy A-distance", "frechet": "Fréchet distance"}


def calibrated(
    half: Matrix,
    others: Sequence[Matrix],
    seed: int,
    draws: int,
    check: Callable[[str, float], None],
) -> list[Place]:
    """Measure the distance of one half of the target to the source, to unrelated data and to its other half.

    Parameters
    ----------
    half
        (n, d) one half of the target.
    others
        The source, unrelated data and the target's other half, in this order, of about n rows each: a
        distance depends on the number of rows.
    seed
        Of folds and draws.
    draws
        Half-samples for the intervals.
    check
        Told what is done and how far it is; may raise to stop.
    """
    return [_told(half, others, seed, draws, check), _frechet(half, others, seed, draws, check)]


def _told(
    half: Matrix, others: Sequence[Matrix], seed: int, draws: int, check: Callable[[str, float], None]
) -> Place:
    words = "Trying to tell them apart"
    values, drawn = [], []
    rng = np.random.default_rng([seed, 1])
    for number, other in enumerate(others):
        told = told_apart(half, other, seed, partial(check, words, 0.5 * number / len(others)))
        values.append(max(0.0, distance_of(told)))
        drawn.append(
            [
                max(0.0, distance_of((rng.choice(told[0], len(told[0])), rng.choice(told[1], len(told[1])))))
                for _ in range(draws)
            ]
        )
    return place(
        "proxy_a_distance",
        LABELS["proxy_a_distance"],
        "distance",
        (values[0], values[1], values[2]),
        (drawn[0], drawn[1], drawn[2]),
    )


def _frechet(
    half: Matrix, others: Sequence[Matrix], seed: int, draws: int, check: Callable[[str, float], None]
) -> Place:
    words = "Comparing means and spreads"
    check(words, 0.5)
    values = [frechet(half, other) for other in others]
    drawn: list[list[float]] = [[] for _ in others]
    rng = np.random.default_rng([seed, 2])
    for number in range(draws):
        rows = _half(half, rng)
        for other, kept in zip(others, drawn, strict=True):
            check(words, 0.5 + 0.5 * number / draws)
            kept.append(frechet(rows, _half(other, rng)))
    return place(
        "frechet",
        LABELS["frechet"],
        "distance",
        (values[0], values[1], values[2]),
        (drawn[0], drawn[1], drawn[2]),
    )


def _half(rows: Matrix, rng: np.random.Generator) -> Matrix:
    return rows[rng.permutation(len(rows))[: max(2, len(rows) // 2)]]
