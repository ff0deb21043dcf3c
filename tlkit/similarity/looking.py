"""Looking: what reports and rankings need to let a network look at data, with progress and a way to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import SimilarityError, StoppedError
from tlkit.similarity import checks
from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.resample import Rows, stratified
from tlkit.similarity.view import View

_BATCH = 64


class Seeing(Protocol):
    """What `report` needs of a backbone; it may also have ``source_probabilities(images)``."""

    def features(self, images: Any, /) -> NDArray[np.float32]:
        """Return (n, d) features of (n, c, h, w) images."""


class Task:
    """Tells progress of the whole from progress of a phase, and stops on request.

    Parameters
    ----------
    should_stop
        Asked whenever something is told.
    progress
        Called with words and the share of the whole that is done.
    """

    def __init__(self, should_stop: Callable[[], bool], progress: Callable[[str, float], None]) -> None:
        self.stops, self._progress = should_stop, progress
        self._before, self._start, self._end = 0.0, 0.0, 0.0

    def rest(self, before: float) -> None:
        """From now on, phases share what is left of the whole after so much."""
        self._before = before

    def phase(self, start: float, end: float) -> None:
        """Begin a phase that goes from one share of what is left to another."""
        self._start, self._end = (self._before + share * (1 - self._before) for share in (start, end))

    def check(self) -> None:
        """Stop if asked to.

        Raises
        ------
        StoppedError
            It was asked to.
        """
        if self.stops():
            raise StoppedError("It was stopped on request.", "Nothing was changed.")

    def tell(self, words: str, share: float) -> None:
        """Say what is done and how far the phase is, unless it is to stop."""
        self.check()
        self._progress(words, self._start + share * (self._end - self._start))

    def features(self, network: Any, images: NDArray[Any]) -> Matrix:
        """Return (n, d) features, as a network sees pictures in the order of their batches."""
        blocks = []
        for start in range(0, len(images), _BATCH):
            self.tell("Looking at the pictures", start / len(images))
            blocks.append(np.asarray(network.features(images[start : start + _BATCH])))
        return checks.features(np.concatenate(blocks), "features of the network")

    def view(self, network: Any, images: NDArray[Any]) -> View:
        """Return features, and probabilities of the source's classes where the network has a head for them."""
        features = self.features(network, images)
        given = network.source_probabilities(images) if has_head(network) else None
        return View(features, None if given is None else np.asarray(given, dtype=np.float64))


def has_head(network: Any) -> bool:
    """Say whether a network can name the classes that it learned."""
    return hasattr(network, "source_probabilities") and getattr(network, "source_head", True) is not None


def split_of(data: Any, what: str) -> Any:
    """Return the training split of a dataset, or the split itself.

    Raises
    ------
    SimilarityError
        It has no images and labels.
    """
    split = getattr(data, "train", data)
    if getattr(split, "kind", "images") == "texts":
        raise SimilarityError(
            f"The items of the {what} are texts, and reports and rankings look at pictures.",
            "Take a score of features: similarity.logme(net.features(split.texts), split.labels), for example.",
        )
    if not hasattr(split, "images") or not hasattr(split, "labels"):
        raise SimilarityError(
            f"The {what} is a {type(data).__name__}, which has no images and labels.",
            "Give a dataset from data.load or data.arrays, or one of its open splits.",
        )
    return split


def pictures(split: Any, rows: Rows) -> NDArray[Any]:
    """Return the pictures of some rows; of a set that is larger than memory, only these are read."""
    images = split.images if hasattr(split.images, "__array__") else np.asarray(split.images)
    return np.asarray(images[rows])


def name_of(thing: Any, default: str) -> str:
    """Return what a thing is called."""
    return str(getattr(thing, "name", default))


def sample_rows(codes: Codes, rows: int, rng: np.random.Generator, most_share: float = 1.0) -> Rows:
    """Draw the target's rows that scores look at, equally many of each class.

    Raises
    ------
    SimilarityError
        There are too few to say anything.
    """
    chosen = stratified(codes, rows, rng, most_share)
    # Half of them must still have two classes.
    if (np.bincount(codes[chosen]) >= 2).sum() < 2:
        raise SimilarityError(
            f"The target has {len(codes)} items in {len(np.unique(codes))} classes: that is too few.",
            "Give at least two items per class, four where a ceiling is trained.",
        )
    return chosen
