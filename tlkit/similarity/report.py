"""report: every score with a floor, a ceiling and an interval, so that a number means something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import SimilarityError
from tlkit.similarity import checks, distances, sampling, scores
from tlkit.similarity.checks import Codes
from tlkit.similarity.found import Report, Sizes
from tlkit.similarity.looking import (
    Items,
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
from tlkit.similarity.measures import Sample
from tlkit.similarity.measures import chosen as chosen_measures
from tlkit.similarity.resample import halves, stratified
from tlkit.similarity.unrelated import unrelated_items

# How much of the time training a ceiling takes, as seen on one core.
_TRAINED = 0.75
# Of a class, so many items at least, where half of them go to training a ceiling.
_FOR_CEILING = 4


def report(
    source: Any,
    target: Any,
    backbone: Seeing,
    seed: int = 0,
    *,
    measures: Sequence[str] | None = None,
    ceiling: Seeing | Callable[[Any], Seeing] | Literal["trained"] | None = "trained",
    unrelated: Any = None,
    rows: int = 620,
    draws: int = 60,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str, float], None] = lambda words, share: None,
) -> Report:
    """Say how close a source is to a target, in the eyes of a backbone.

    *Scores* (LogME, nearest neighbour, LEEP where the backbone has a source head …) ask how well its features
    sort the target's classes. Floor: the same features with shuffled labels. Ceiling: a network of the same
    kind that was trained on the target. *Distances* (proxy A-distance, Fréchet …) ask how alike the items look.
    Floor: unrelated data. Ceiling: the target's own other half.

    Only training splits are read; sealed test sets stay closed.

    Parameters
    ----------
    source, target
        Datasets (their ``train`` is used), or splits with ``images`` or ``texts``, and ``labels``. Both of one kind.
    backbone
        Has ``features(items)`` and perhaps ``source_probabilities(items)``.
    seed
        Of samples, shuffles and draws, and of the ceiling's weights.
    measures
        Names of scores and distances. None: all that are cheap and can be measured here; what had to be left out is
        said. A costly one (`linear_probe`, `nleep`, `otdd`) gets fewer draws for its interval, which is said, too.
    ceiling
        ``"trained"``: the backbone's architecture, trained from random weights on the target's training items
        that the scores do not look at (at least half of them); of texts, which share too few words for that, on
        those that they look at: it knows these by heart. It takes up to a minute or two, once, and is then kept on
        disk. Where that is not possible (a network of more than a million numbers, word tables of more than four
        million, a backbone that is no ``tlkit.backbones.Backbone``, fewer than four pictures in a class) the report
        says so and has none.
        Or a network as `backbone`, or a function that trains one and gets those items. None: scores have no ceiling
        and no position.
    unrelated
        A dataset or split that has nothing to do with either. None: the target's pictures with their pixels
        shuffled; of texts, as many words drawn at random from all that the network knows.
    rows
        About so many target items are looked at, equally many of each class. Of a larger set this is a sample, and
        the intervals are those of a sample of this size; ``sizes`` on the report says how large it was.
    draws
        Half-samples for the intervals.
    should_stop
        Asked many times a second; when it returns True, the report ends at once.
    progress
        Called with words and the share that is done.

    Returns
    -------
    Report
        Prints as a table with a verdict; ``plot()`` draws it, ``record()`` is JSON.

    Raises
    ------
    SimilarityError
        NaN, one class, too few items, items of the wrong kind, or texts beside pictures.
    UnknownNameError
        There is no such measure.
    StoppedError
        ``should_stop`` returned True.

    Examples
    --------
    >>> from types import SimpleNamespace as Split
    >>> rng = np.random.default_rng(0)
    >>> labels = np.arange(80) % 2
    >>> def pictures(shift):
    ...     return rng.normal(labels[:, None, None, None] * 3 + shift, size=(80, 1, 2, 2))
    >>> source, target = Split(images=pictures(0), labels=labels), Split(images=pictures(1), labels=labels)
    >>> flat = Split(features=lambda images: images.reshape(len(images), -1))
    >>> found = report(source, target, flat, ceiling=flat, draws=20)
    >>> found["knn"].value > 0.9, found["proxy_a_distance"].kind
    (True, 'distance')
    """
    seed, rows = sampling.whole(seed, "seed", 0), sampling.whole(rows, "rows", 4)
    draws = sampling.whole(draws, "draws", 2)
    task = Task(should_stop, progress)
    wanted = chosen_measures(measures, head=has_head(backbone))
    whole, origin = split_of(target, "target"), split_of(source, "source")
    elsewhere = None if unrelated is None else split_of(unrelated, "unrelated data")
    given = {"source": origin, "target": whole, "unrelated data": elsewhere}
    of_one_kind({what: one for what, one in given.items() if one is not None}, backbone)
    codes = checks.labels(whole.labels, count(whole), "target labels")
    # What cannot be used is refused before a ceiling is trained for minutes. Only OTDD reads the source's classes.
    least = 2 if any(one.name == "otdd" for one in wanted[1]) else 1
    source_codes = checks.labels(origin.labels, count(origin), "source labels", least)
    top, notes = _ceiling(ceiling, backbone, target, codes, seed, task) if wanted[0] else (None, [])
    trains = callable(top) and not hasattr(top, "features")
    rng = np.random.default_rng([seed, 0])
    # Texts share too few words: a network that learned others would know next to nothing of those that are scored.
    by_heart = are_texts(whole)
    chosen = sample_rows(codes, rows, rng, most_share=0.5 if trains and not by_heart else 1.0)
    kept = codes[chosen]

    learned = 0
    if trains and top is not None:
        task.phase(0.0, _TRAINED)
        task.tell("The ceiling: a network that learned the target itself", 0.0)
        shown = chosen if by_heart else np.setdiff1d(np.arange(len(codes)), chosen)
        learned = len(shown)
        top = top(_select(whole, shown))
        task.check()
        if isinstance(ceiling, str):
            notes = [_of_the_same_kind(name_of(target, "the target"), learned, by_heart)]
    task.rest(_TRAINED if trains else 0.0)

    items = items_of(whole, chosen)
    task.phase(0.0, 0.1)
    seen = task.view(backbone, items)
    task.phase(0.1, 0.2)
    best = task.view(top, items) if top is not None else None
    # A measure that was asked for by name must not be missing.
    left_out: dict[str, str] | None = {} if measures is None else None
    task.phase(0.2, 0.65)
    places = scores.calibrated(wanted[0], seen, best, kept, seed, rng, draws, task.tell, left_out)

    one, two = halves(kept, rng)
    classes = len(np.unique(source_codes))
    taken = rng.permutation(stratified(source_codes, -(-len(one) // classes) * classes, rng))
    taken = np.sort(taken[: len(one)])
    others = items[two] if isinstance(items, np.ndarray) else tuple(items[row] for row in two.tolist())
    far, far_codes, far_name = _unrelated(elsewhere, others, kept[two], least, rng, backbone)
    if wanted[1]:
        task.phase(0.65, 0.7)
        near = Sample(task.features(backbone, items_of(origin, taken)), source_codes[taken])
        task.phase(0.7, 0.75)
        samples = [
            near,
            Sample(task.features(backbone, far), far_codes),
            Sample(seen.features[two], kept[two]),
        ]
        task.phase(0.75, 1.0)
        half = Sample(seen.features[one], kept[one])
        places += distances.calibrated(wanted[1], half, samples, seed, draws, task.tell, left_out)
    sizes = Sizes(len(chosen), len(np.unique(kept)), len(taken), len(far), len(one), learned, draws)
    if len(chosen) < len(codes):
        seen_of = f"{len(chosen):,} of {len(codes):,} training items of {name_of(target, 'the target')}"
        words = f"{seen_of} were looked at, evenly by class; intervals are those of a sample of this size."
        notes = [*notes, words]
    costly = [one.label for one in wanted[0] if one.costly] + [one.label for one in wanted[1] if one.costly]
    if costly and draws > scores.FEW_DRAWS:
        notes = [
            *notes,
            f"Costly, so with intervals from {scores.FEW_DRAWS} drawings only: {', '.join(costly)}.",
        ]
    if not places:
        raise SimilarityError(
            f"No measure can be taken here: {'; '.join((left_out or {}).values())}", "Look at the features."
        )
    notes = [*notes, *(f"{label} was left out: {why}" for label, why in (left_out or {}).items())]
    return Report(
        source=name_of(source, "the source"),
        target=name_of(target, "the target"),
        backbone=name_of(backbone, "the backbone"),
        unrelated=far_name if unrelated is None else name_of(unrelated, "unrelated data"),
        seed=seed,
        places=tuple(places),
        sizes=sizes,
        notes=tuple(notes),
        things="texts" if are_texts(whole) else "pictures",
    )


def _ceiling(
    ceiling: Any, backbone: Any, target: Any, codes: Codes, seed: int, task: Task
) -> tuple[Any, list[str]]:
    """Return the network at the ceiling, or a function that trains one, or None and why."""
    if not isinstance(ceiling, str):
        return ceiling, []
    if ceiling != "trained":
        raise SimilarityError(
            f"The ceiling is {ceiling!r}.", "Give 'trained', None, a network, or a function that trains one."
        )
    name = name_of(target, "the target")
    if not (hasattr(backbone, "reinitialised") and hasattr(backbone, "card") and hasattr(target, "train")):
        known = name_of(backbone, "the backbone")
        words = (
            f"There is no ceiling: {known} is not a Backbone or {name} not a Dataset, so none can be trained."
        )
        return None, [words]
    from tlkit.similarity.ceiling import learned, too_large, trained

    if learned(backbone, target):
        return backbone, [f"The ceiling is {backbone.name} itself, since it learned from {name}."]
    if too_large(backbone):
        numbers = backbone.summary().parameters
        return None, [f"There is no ceiling: training {numbers:,} numbers from scratch takes too long here."]
    if not are_texts(target.train) and np.bincount(codes).min() < _FOR_CEILING:
        return None, [
            f"There is no ceiling: a class of {name} has fewer than {_FOR_CEILING} training pictures."
        ]

    def train(split: Any) -> Any:
        return trained(backbone, target, split, seed, task.stops, task.tell)

    return train, []


def _of_the_same_kind(target: str, count: int, by_heart: bool) -> str:
    learned = (
        f"knows by heart the {count:,} texts of {target} that the scores look at"
        if by_heart
        else f"learned from {count:,} other training pictures of {target}"
    )
    return f"The ceiling’s network has the same architecture and {learned}."


def _select(split: Any, rows: NDArray[np.int64]) -> Any:
    if not hasattr(split, "select"):
        raise SimilarityError(
            f"A {type(split).__name__} has no select(rows), which training a ceiling needs.",
            "Give a dataset from data.load or data.arrays, or a trained network as ceiling=.",
        )
    return split.select(rows)


def _unrelated(
    split: Any, items: Items, codes: Codes, least_classes: int, rng: np.random.Generator, network: Any
) -> tuple[Items, Codes, str]:
    if split is not None:
        rows = np.sort(rng.permutation(count(split))[: len(items)])
        known = checks.labels(split.labels, count(split), "labels of the unrelated data", least_classes)
        return items_of(split, rows), known[rows], "unrelated data"
    made, name = unrelated_items(items, network, rng)
    return made, codes, name
