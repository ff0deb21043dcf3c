"""Looking: what reports and rankings need to let a network look at data, with progress and a way to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import SimilarityError, StoppedError, a_kind
from tlkit.similarity import checks
from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.resample import Rows, stratified
from tlkit.similarity.view import View

# Pictures, or texts.
Items = NDArray[Any] | tuple[str, ...]

_BATCH = 64


class Seeing(Protocol):
    """What `report` needs of a backbone; it may also have ``source_probabilities(items)``."""

    def features(self, items: Any, /) -> NDArray[np.float32]:
        """Return (n, d) features of (n, c, h, w) images, or of n texts."""


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

    def features(self, network: Any, items: Items) -> Matrix:
        """Return (n, d) features, as a network sees pictures or texts in the order of their batches."""
        what = "pictures" if isinstance(items, np.ndarray) else "texts"
        blocks = []
        for start in range(0, len(items), _BATCH):
            self.tell(f"Looking at the {what}", start / len(items))
            blocks.append(np.asarray(network.features(items[start : start + _BATCH])))
        return checks.features(np.concatenate(blocks), "features of the network")

    def view(self, network: Any, items: Items) -> View:
        """Return features, and probabilities of the source's classes where the network has a head for them."""
        features = self.features(network, items)
        given = network.source_probabilities(items) if has_head(network) else None
        return View(features, None if given is None else np.asarray(given, dtype=np.float64))


def has_head(network: Any) -> bool:
    """Say whether a network can name the classes that it learned."""
    return hasattr(network, "source_probabilities") and getattr(network, "source_head", True) is not None


def split_of(data: Any, what: str) -> Any:
    """Return the training split of a dataset, or the split itself.

    Raises
    ------
    SimilarityError
        It has no images and labels, and no texts and labels.
    """
    split = getattr(data, "train", data)
    if not hasattr(split, "labels") or not hasattr(split, _things(split)):
        raise SimilarityError(
            f"The {what} is {a_kind(data)}, which has no images and labels, and no texts and labels.",
            "Give a dataset from data.load, data.arrays or data.table, or one of its open splits.",
        )
    return split


def are_texts(split: Any) -> bool:
    """Say whether the items of a split are texts."""
    return _things(split) == "texts"


def count(split: Any) -> int:
    """Return how many items a split has."""
    return len(getattr(split, _things(split)))


def of_one_kind(splits: Mapping[str, Any], network: Any) -> None:
    """Refuse pictures beside texts, and items that a network does not take.

    Parameters
    ----------
    splits
        What each is called, and the split.
    network
        Asked for what its transform takes, if it has one.

    Raises
    ------
    SimilarityError
        They do not go together.
    """
    kinds = {what: "texts" if are_texts(one) else "pictures" for what, one in splits.items()}
    first, kind = next(iter(kinds.items()))
    for what, other in kinds.items():
        if other != kind:
            raise SimilarityError(
                f"The items of the {first} are {kind}, those of the {what} are {other}.",
                f"Give two sets of {kind}, or two of {other}: no network sees both.",
            )
    wanted = getattr(getattr(network, "transform", None), "takes", None)
    takes = "pictures" if wanted == "images" else "texts"
    if wanted is not None and takes != kind:
        cure = (
            "a network such as words.text_backbone(words.load('words:english'))"
            if kind == "texts"
            else "a network such as backbones.load('zoo:resnet-letters')"
        )
        raise SimilarityError(
            f"{name_of(network, 'The network')} takes {takes}, and the items of the {first} are {kind}.",
            f"Give {cure}.",
        )


def items_of(split: Any, rows: Rows) -> Items:
    """Return the pictures or texts of some rows; of a set that is larger than memory, only these are read."""
    if are_texts(split):
        return tuple(split.texts[row] for row in rows.tolist())
    images = split.images if hasattr(split.images, "__array__") else np.asarray(split.images)
    return np.asarray(images[rows])


def _things(split: Any) -> str:
    kind = getattr(split, "kind", None)
    # What says its kind refuses to be asked for items of the other one.
    if kind is None:
        kind = "texts" if hasattr(split, "texts") and not hasattr(split, "images") else "images"
    return str(kind)


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
