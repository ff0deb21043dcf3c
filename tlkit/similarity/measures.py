"""The measures that a report can hold: a row for each, with what it needs and whether it is costly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tlkit.errors import SimilarityError, unknown_name
from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.coral import coral
from tlkit.similarity.frechet import frechet
from tlkit.similarity.gbc import gbc
from tlkit.similarity.h_score import captured, shrunk
from tlkit.similarity.leep import leep
from tlkit.similarity.linear_probe import linear_probe
from tlkit.similarity.logme import evidence
from tlkit.similarity.mmd import mmd
from tlkit.similarity.nce import nce
from tlkit.similarity.nleep import nleep
from tlkit.similarity.otdd import otdd
from tlkit.similarity.proxy_a_distance import proxy_a_distance
from tlkit.similarity.transrate import rate
from tlkit.similarity.view import View
from tlkit.similarity.wasserstein import wasserstein


class Sample(NamedTuple):
    """Rows of features with their classes."""

    features: Matrix
    codes: Codes


@dataclass(frozen=True)
class Score:
    """How well features fit the target's labels; higher is better.

    Parameters
    ----------
    name, label
        The public function, and what people call it.
    call
        Of a view, (n,) classes and a seed.
    head
        Whether it needs the network's source head.
    costly
        Whether it is only measured when it is named, with fewer draws.
    """

    name: str
    label: str
    call: Callable[[View, Codes, int], float]
    head: bool = False
    costly: bool = False


@dataclass(frozen=True)
class Distance:
    """How far apart two samples are; 0 is equal.

    Parameters
    ----------
    name, label
        The public function, and what people call it.
    call
        Of two samples and a seed.
    costly
        Whether it is only measured when it is named, with fewer draws.
    """

    name: str
    label: str
    call: Callable[[Sample, Sample, int], float]
    costly: bool = False


def _logme(view: View, codes: Codes, seed: int) -> float:
    targets = np.eye(int(codes.max()) + 1)[codes]
    return float(evidence(view.spectrum, targets[:, targets.any(axis=0)]).mean())


def _knn(view: View, codes: Codes, seed: int) -> float:
    return float(view.neighbours.right(codes).mean())


def _probe(view: View, codes: Codes, seed: int) -> float:
    return linear_probe(view.features, codes, seed)


# A row for each measure: this is all that a new one needs. Cheap ones come first.
SCORES = {
    one.name: one
    for one in (
        Score("logme", "LogME", _logme),
        Score("knn", "nearest neighbour", _knn),
        Score("leep", "LEEP", lambda view, codes, seed: leep(view.probabilities, codes), head=True),
        Score("nce", "NCE", lambda view, codes, seed: nce(view.source_labels, codes), head=True),
        Score("h_score", "H-score", lambda view, codes, seed: captured(view.spectrum, codes)),
        Score("h_score_shrunk", "H-score, shrunk", lambda view, codes, seed: shrunk(view.spectrum, codes)),
        Score("transrate", "TransRate", lambda view, codes, seed: rate(view.spectrum, codes)),
        Score("gbc", "GBC", lambda view, codes, seed: gbc(view.features, codes)),
        Score(
            "nleep", "N-LEEP", lambda view, codes, seed: nleep(view.features, codes, seed=seed), costly=True
        ),
        Score("linear_probe", "linear probe", _probe, costly=True),
    )
}
DISTANCES = {
    one.name: one
    for one in (
        Distance(
            "proxy_a_distance",
            "proxy A-distance",
            lambda a, b, seed: proxy_a_distance(a.features, b.features, seed),
        ),
        Distance("frechet", "Fréchet distance", lambda a, b, seed: frechet(a.features, b.features)),
        Distance("mmd", "MMD", lambda a, b, seed: mmd(a.features, b.features)),
        Distance("coral", "CORAL", lambda a, b, seed: coral(a.features, b.features)),
        Distance(
            "wasserstein",
            "sliced Wasserstein",
            lambda a, b, seed: wasserstein(a.features, b.features, seed=seed),
        ),
        Distance(
            "otdd", "OTDD", lambda a, b, seed: otdd(a.features, a.codes, b.features, b.codes), costly=True
        ),
    )
}


def chosen(names: Sequence[str] | None, *, head: bool) -> tuple[list[Score], list[Distance]]:
    """Return the measures of a report, in the order of the tables.

    Parameters
    ----------
    names
        Of measures; None for all that are cheap.
    head
        Whether the network has a source head. What needs one is left out without, unless it was named.

    Raises
    ------
    UnknownNameError
        There is no such measure.
    SimilarityError
        A text instead of a list, no names, or one that needs a source head where there is none.

    Examples
    --------
    >>> [one.name for one in chosen(["frechet", "logme"], head=False)[0]]
    ['logme']
    """
    every: dict[str, Score | Distance] = {**SCORES, **DISTANCES}
    if names is not None:
        if isinstance(names, str) or not len(names):
            raise SimilarityError(
                f"The measures are {names!r}.", "Give a list of names: ['logme', 'frechet']."
            )
        for name in names:
            if name not in every:
                raise unknown_name("measure", name, every)
            if name in SCORES and SCORES[name].head and not head:
                raise SimilarityError(
                    f"{SCORES[name].label} needs the classes that the network learned, and it has no source head.",
                    "Leave it out, or give source_head to backbones.wrap.",
                )
    wanted = {name for name, one in every.items() if not one.costly} if names is None else set(names)
    return (
        [one for one in SCORES.values() if one.name in wanted and (head or not one.head)],
        [one for one in DISTANCES.values() if one.name in wanted],
    )
