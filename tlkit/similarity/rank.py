"""rank: which of several networks to start from, and how sure is that?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import SimilarityError, a_kind, unknown_name
from tlkit.similarity import checks, sampling
from tlkit.similarity.looking import (
    Seeing,
    Task,
    are_texts,
    count,
    has_head,
    items_of,
    name_of,
    of_one_kind,
    sample_rows,
    split_of,
)
from tlkit.similarity.measures import DISTANCES, SCORES, Score
from tlkit.similarity.place import interval
from tlkit.similarity.ranking import Candidate, Ranking
from tlkit.similarity.resample import halves
from tlkit.similarity.scores import FEW_DRAWS

_FINE, _FEW_FINE = 200, 4 * FEW_DRAWS


def rank(
    backbones: Sequence[Seeing] | Mapping[str, Seeing],
    target: Any,
    score: str = "logme",
    seed: int = 0,
    *,
    rows: int = 620,
    draws: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str, float], None] = lambda words, share: None,
) -> Ranking:
    """Rank networks for a target by a score, with the probability that the first is really first.

    Every network looks at the same training items of the target, and the same random halves of them (paired), which
    give intervals and probabilities: those of another sample of the same size putting the same network first. They
    do not say that the score is right: `Ranking.with_gains` does, once gains are measured, and `track_record` says how
    often the score was right before.

    Parameters
    ----------
    backbones
        At least two with different names, or by name; each has ``features(items)``, and for LEEP and NCE a source
        head.
    target
        A dataset (its ``train`` is used), or a split with ``images`` or ``texts``, and ``labels``. The test
        set stays closed.
    score
        Name of a score: ``"logme"``, ``"knn"``, ``"h_score"`` … Distances do not look at labels and rank no networks.
    seed
        Of the sample and the halves.
    rows
        About so many target items are looked at, equally many of each class.
    draws
        Halves; None for 200, and for 48 where the score is costly.
    should_stop
        Asked many times a second; when it returns True, the ranking ends at once.
    progress
        Called with words and the share that is done.

    Raises
    ------
    UnknownNameError
        There is no such score.
    SimilarityError
        Fewer than two networks, two of one name, a distance instead of a score, or data as for `report`.
    StoppedError
        ``should_stop`` returned True.

    Examples
    --------
    >>> from types import SimpleNamespace as Thing
    >>> rng = np.random.default_rng(0)
    >>> labels = np.arange(80) % 2
    >>> target = Thing(images=rng.normal(2 * labels[:, None], size=(80, 2)), labels=labels, name="dots")
    >>> sharp = Thing(name="sharp", features=lambda images: images)
    >>> noise = rng.normal(size=(80, 2))
    >>> blind = Thing(name="blind", features=lambda images: noise[: len(images)])
    >>> found = rank([blind, sharp], target)
    >>> found.first.name, found.first.probability
    ('sharp', 1.0)
    """
    seed, rows = sampling.whole(seed, "seed", 0), sampling.whole(rows, "rows", 4)
    measure = _score(score)
    few = _FEW_FINE if measure.costly else _FINE
    many = few if draws is None else sampling.whole(draws, "draws", 2)
    networks = _named(backbones, measure)
    task = Task(should_stop, progress)
    whole = split_of(target, "target")
    for network in networks.values():
        of_one_kind({"target": whole}, network)
    codes = checks.labels(whole.labels, count(whole), "target labels")
    rng = np.random.default_rng([seed, 3])
    chosen = sample_rows(codes, rows, rng)
    items, kept = items_of(whole, chosen), codes[chosen]
    drawn_rows = [halves(kept, rng)[0] for _ in range(many)]

    values, drawn, spent = [], [], []
    for at, (name, network) in enumerate(networks.items()):
        task.phase(at / len(networks), (at + 0.3) / len(networks))
        start = time.perf_counter()
        view = task.view(network, items)
        looked = time.perf_counter()
        values.append(measure.call(view, kept, seed))
        spent.append((looked - start, time.perf_counter() - looked))
        task.phase((at + 0.3) / len(networks), (at + 1) / len(networks))
        mine = []
        for number, half in enumerate(drawn_rows):
            task.tell(f"How sure? {name}, draw {number + 1} of {len(drawn_rows)}", number / len(drawn_rows))
            mine.append(measure.call(view.at(half), kept[half], seed))
        drawn.append(mine)
    firsts = first_shares(np.array(values), np.array(drawn))
    found = [
        Candidate(name, value, *interval(value, np.array(mine)), float(share), *seconds)
        for name, value, mine, share, seconds in zip(networks, values, drawn, firsts, spent, strict=True)
    ]
    found.sort(key=lambda one: (-one.value, -one.probability))
    return Ranking(
        target=name_of(target, "the target"),
        score=measure.name,
        label=measure.label,
        seed=seed,
        items=len(chosen),
        draws=len(drawn_rows),
        candidates=tuple(found),
        things="texts" if are_texts(whole) else "pictures",
    )


def first_shares(values: NDArray[np.float64], drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how probable it is for each candidate that it is first.

    A half-sample varies around its mean as the whole sample does around the truth, so draws are moved to have the
    values in their middle, and the winners counted; equals share.

    Parameters
    ----------
    values
        (candidates,) on all items.
    drawn
        (candidates, draws) on half-samples, paired draw by draw; those that are infinite for one are left out.

    Returns
    -------
    ndarray
        (candidates,) shares; NaN where no draw is finite for all.

    Examples
    --------
    >>> first_shares(np.array([1.0, 0.0]), np.array([[1.1, 0.9], [0.1, -0.1]]))
    array([1., 0.])
    """
    if not np.isfinite(values).all():
        best = values == values.max()  # an infinite score has no interval
        return np.asarray(best / best.sum())
    drawn = drawn[:, np.isfinite(drawn).all(axis=0)]
    if not drawn.size:
        return np.full(len(values), np.nan)
    moved = values[:, None] + drawn - drawn.mean(axis=1, keepdims=True)
    # Differences of rounding decide nothing.
    winners = moved >= moved.max(axis=0) - 1e-12 * max(1.0, float(np.abs(moved).max()))
    return np.asarray((winners / winners.sum(axis=0)).mean(axis=1))


def _score(name: str) -> Score:
    if name in DISTANCES:
        raise SimilarityError(
            f"{DISTANCES[name].label} is a distance: it does not look at the target's labels, and one network's is no "
            "measure for another's.",
            "Give a score such as 'logme'; similarity.report shows distances.",
        )
    if name not in SCORES:
        raise unknown_name("score", name, SCORES)
    return SCORES[name]


def _named(backbones: Any, measure: Score) -> dict[str, Any]:
    if isinstance(backbones, str) or not isinstance(backbones, Iterable):
        raise SimilarityError(
            f"rank was given {a_kind(backbones)} where it needs several networks.",
            "Call similarity.rank([one, two], target).",
        )
    pairs = list(
        backbones.items()
        if isinstance(backbones, Mapping)
        else ((name_of(one, f"network {at}"), one) for at, one in enumerate(backbones))
    )
    networks = dict(pairs)
    if len(pairs) < 2:
        raise SimilarityError(f"Networks to rank: {len(pairs)}.", "Give at least two.")
    if len(networks) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise SimilarityError(
            f"Two networks are called {twice!r}.", "Give them by name: {'first': one, 'second': two}."
        )
    for name, one in networks.items():
        if not hasattr(one, "features"):
            raise SimilarityError(
                f"{name} is {a_kind(one)}, which has no features(items).", "Give backbones."
            )
        if measure.head and not has_head(one):
            raise SimilarityError(
                f"{measure.label} needs the classes that a network learned, and {name} has no source head.",
                "Rank by another score, such as 'logme', or leave this network out.",
            )
    return networks
