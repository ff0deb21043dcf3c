"""report: every score with a floor, a ceiling and an interval, so that a number means something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import SimilarityError, StoppedError
from tlkit.similarity import checks, distances, scores
from tlkit.similarity.checks import Matrix
from tlkit.similarity.found import Report, Sizes
from tlkit.similarity.resample import halves, stratified
from tlkit.similarity.scores import View

_BATCH = 64


class Seeing(Protocol):
    """What `report` needs of a backbone; it may also have ``source_probabilities(images)``."""

    def features(self, images: Any, /) -> NDArray[np.float32]:
        """Return (n, d) features of (n, c, h, w) images."""


def report(
    source: Any,
    target: Any,
    backbone: Seeing,
    seed: int = 0,
    *,
    ceiling: Seeing | Callable[[Any], Seeing] | None = None,
    unrelated: Any = None,
    rows: int = 620,
    draws: int = 60,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str, float], None] = lambda words, share: None,
) -> Report:
    """Say how close a source is to a target, in the eyes of a backbone.

    *Scores* (LogME, nearest neighbour, LEEP where the backbone has a source head) ask how well its features
    sort the target's classes. Floor: the same features with shuffled labels. Ceiling: a network of the same
    kind that was trained on the target. *Distances* (proxy A-distance, Fréchet) ask how alike the pictures look.
    Floor: unrelated data. Ceiling: the target's own other half.

    Only training splits are read; sealed test sets stay closed.

    Parameters
    ----------
    source, target
        Datasets (their ``train`` is used), or splits with ``images`` and ``labels``.
    backbone
        Has ``features(images)`` and perhaps ``source_probabilities(images)``.
    seed
        Of samples, shuffles and draws.
    ceiling
        A network as `backbone`, or a function that trains one: it gets the target's training items that the
        scores do not look at (at least half of them). None: scores have no ceiling and no position.
    unrelated
        A dataset or split that has nothing to do with either. None: the target's pictures with their pixels
        shuffled.
    rows
        About so many target items are looked at, equally many of each class.
    draws
        Half-samples for the intervals.
    should_stop
        Asked many times a second; when it returns True, the report ends at once.
    progress
        Called with words and the share that is done.

    Returns
    -------
    Report
        Prints as a table with a verdict; ``record()`` is JSON.

    Raises
    ------
    SimilarityError
        NaN, one class, too few items, or pictures of the wrong kind.
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
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise SimilarityError(f"The seed is {seed!r}.", "Give a whole number of at least 0.")
    task = _Task(should_stop, progress)
    whole, origin = _split(target, "target"), _split(source, "source")
    codes = checks.labels(whole.labels, len(whole.images), "target labels")
    trains = callable(ceiling) and not hasattr(ceiling, "features")
    rng = np.random.default_rng([int(seed), 0])
    chosen = stratified(codes, rows, rng, most_share=0.5 if trains else 1.0)
    kept = codes[chosen]
    if len(np.unique(kept)) == len(kept) or len(kept) < 4:
        raise SimilarityError(
            f"The target has {len(codes)} items in {len(np.unique(codes))} classes: that is too few.",
            "Give at least two items per class, four where a ceiling is trained.",
        )

    top: Any = ceiling
    learned = 0
    if trains:
        task.tell("Training a network on the target itself", 0.0)
        rest = np.setdiff1d(np.arange(len(codes)), chosen)
        learned = len(rest)
        top = top(_select(whole, rest))
        task.check()

    images = np.asarray(whole.images)[chosen]
    task.phase(0.0, 0.1)
    seen = View(task.features(backbone, images), _probabilities(backbone, images))
    task.phase(0.1, 0.2)
    best = View(task.features(top, images), _probabilities(top, images)) if top is not None else None
    task.phase(0.2, 0.65)
    places = scores.calibrated(seen, best, kept, rng, draws, task.tell)

    one, two = halves(kept, rng)
    source_codes = checks.labels(origin.labels, len(origin.images), "source labels")
    classes = len(np.unique(source_codes))
    taken = rng.permutation(stratified(source_codes, -(-len(one) // classes) * classes, rng))
    taken = np.sort(taken[: len(one)])
    far = _unrelated(unrelated, images[two], rng)
    task.phase(0.65, 0.7)
    near = task.features(backbone, np.asarray(origin.images)[taken])
    task.phase(0.7, 0.75)
    others = [near, task.features(backbone, far), seen.features[two]]
    task.phase(0.75, 1.0)
    places += distances.calibrated(seen.features[one], others, int(seed), draws, task.tell)
    sizes = Sizes(len(chosen), len(np.unique(kept)), len(taken), len(far), len(one), learned, draws)
    return Report(
        source=_name(source, "the source"),
        target=_name(target, "the target"),
        backbone=_name(backbone, "the backbone"),
        unrelated="shuffled pixels" if unrelated is None else _name(unrelated, "unrelated data"),
        seed=int(seed),
        places=tuple(places),
        sizes=sizes,
    )


class _Task:
    """Tells progress of the whole from progress of a phase, and stops on request."""

    def __init__(self, should_stop: Callable[[], bool], progress: Callable[[str, float], None]) -> None:
        self._should_stop, self._progress = should_stop, progress
        self._start, self._end = 0.0, 0.0

    def phase(self, start: float, end: float) -> None:
        self._start, self._end = start, end

    def check(self) -> None:
        if self._should_stop():
            raise StoppedError("The report was stopped on request.", "Nothing was changed.")

    def tell(self, words: str, share: float) -> None:
        self.check()
        self._progress(words, self._start + share * (self._end - self._start))

    def features(self, network: Any, images: NDArray[Any]) -> Matrix:
        blocks = []
        for start in range(0, len(images), _BATCH):
            self.tell("Looking at the pictures", start / len(images))
            blocks.append(np.asarray(network.features(images[start : start + _BATCH])))
        return checks.features(np.concatenate(blocks), "features of the network")


def _split(data: Any, what: str) -> Any:
    split = getattr(data, "train", data)
    if not hasattr(split, "images") or not hasattr(split, "labels"):
        raise SimilarityError(
            f"The {what} is a {type(data).__name__}, which has no images and labels.",
            "Give a dataset from data.load or data.arrays, or one of its open splits.",
        )
    return split


def _name(thing: Any, default: str) -> str:
    return str(getattr(thing, "name", default))


def _select(split: Any, rows: NDArray[np.int64]) -> Any:
    if not hasattr(split, "select"):
        raise SimilarityError(
            f"A {type(split).__name__} has no select(rows), which training a ceiling needs.",
            "Give a dataset from data.load or data.arrays, or a trained network as ceiling=.",
        )
    return split.select(rows)


def _probabilities(network: Any, images: NDArray[Any]) -> NDArray[Any] | None:
    if not hasattr(network, "source_probabilities") or getattr(network, "source_head", True) is None:
        return None
    return np.asarray(network.source_probabilities(images), dtype=np.float64)


def _unrelated(data: Any, images: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    if data is not None:
        other = np.asarray(_split(data, "unrelated data").images)
        return other[np.sort(rng.permutation(len(other))[: len(images)])]
    flat = images.reshape(len(images), -1)
    return rng.permuted(flat, axis=1).reshape(images.shape)
