"""moved: how far each stage's features went under fine-tuning, beside the same stage of a random network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import SimilarityError, StoppedError, WeightsError, expect_kind
from tlkit.similarity.cka import cka
from tlkit.similarity.moved_found import Moved, StageMoved
from tlkit.similarity.place import place
from tlkit.similarity.sampling import at_most, whole

if TYPE_CHECKING:
    from tlkit.backbones import Backbone, StagedModule, Transform
    from tlkit.train import Run

# Half of them is the least that the unbiased estimate takes.
_LEAST = 8
_DRAWS = 60

Features = dict[str, NDArray[np.float32]]


def moved(
    before: Backbone,
    after: Backbone | Run,
    images: Any,
    seed: int = 0,
    *,
    rows: int = 620,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str, float], None] = lambda words, share: None,
) -> Moved:
    """Say how far the features of each stage went from one network to another of the same architecture.

    For each stage, the debiased linear CKA of its features before and after, on the same pictures: 1 is equal but
    for rotation and scale, and a stage whose features are equal bit for bit is exactly 1. Floor: the CKA of the
    features before with those of the same stage in a network of random numbers, since early stages see much the same
    whatever they learned. A stage before which something moved can move without having learned.

    Parameters
    ----------
    before
        Where training started.
    after
        The same architecture, or the run of ``train.fit`` whose network it is.
    images
        (n, c, h, w) in 0..1, at least 8; or a dataset, of which only training pictures are read, or a split.
    seed
        Of the sample of pictures, the random network and the intervals.
    rows
        Of more pictures, so many are drawn.
    should_stop
        Asked before each batch.
    progress
        Called with words and the share that is done.

    Returns
    -------
    Moved
        A table with one sentence; ``record()`` is JSON.

    Raises
    ------
    SimilarityError
        The networks have other stages, or there are too few pictures.
    DataError
        Pictures that the networks refuse.
    StoppedError
        ``should_stop`` returned True.

    Notes
    -----
    Features are means over all places, one number per channel: memory is that of one batch's activations and of
    (n, channels) numbers per stage. What only went to another place in the picture is therefore not seen. Intervals
    are 95 %, from 60 half-samples of the pictures. CKA is led by the directions of largest variance: a small part that
    matters to the task may move unseen.

    References
    ----------
    Kornblith, Norouzi, Lee, Hinton: Similarity of neural network representations revisited. ICML 2019.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> found = moved(net, net, data.load("greek").train.images[:40])
    >>> found.sentence
    'Every stage gives the same features as before, bit for bit.'
    >>> [one.cka for one in found.stages], found["layer3"].floor < 0.9
    ([1.0, 1.0, 1.0, 1.0], True)
    """
    # Scores of arrays load no torch.
    from tlkit.backbones import Backbone
    from tlkit.train import Run

    expect_kind("What was before", before, Backbone, SimilarityError, "Give a backbone of backbones.load.")
    expect_kind(
        "What came after", after, (Backbone, Run), SimilarityError, "Give a backbone, or a run of train.fit."
    )
    seed = whole(seed, "seed", 0)
    module, transform = _network(after)
    if tuple(module.stages) != before.stages:
        raise SimilarityError(
            f"The stages before are {', '.join(before.stages)}; after, they are {', '.join(module.stages)}.",
            "Give two networks of one architecture.",
        )
    split = getattr(images, "train", images)
    texts = getattr(split, "kind", "images") == "texts"
    things = "texts" if texts else "pictures"
    given = np.asarray(split.texts) if texts else getattr(split, "images", split)
    if len(given) < _LEAST:
        raise SimilarityError(f"There are {len(given)} {things}.", f"Give at least {_LEAST}.")
    pictures = np.asarray(at_most(given, max(_LEAST, whole(rows, "rows", 2)), seed))

    def seen(words: str, share: float, module: StagedModule, transform: Transform) -> Features:
        def tell(done: float) -> None:
            if should_stop():
                raise StoppedError("The measurement was stopped on request.", "Nothing was changed.")
            progress(words, share + 0.3 * done)

        return _features(module, transform, pictures, tell)

    old = seen("Features before", 0.0, before.module, before.transform)
    new = seen("Features after", 0.3, module, transform)
    try:
        blank = before.reinitialised(seed)
        random = seen("Features of random numbers", 0.6, blank.module, blank.transform)
    except WeightsError:
        random = None
    rng = np.random.default_rng([seed, 1])
    halves = [np.sort(rng.permutation(len(pictures))[: len(pictures) // 2]) for _ in range(_DRAWS)]
    stages = []
    for number, name in enumerate(before.stages):
        if should_stop():
            raise StoppedError("The measurement was stopped on request.", "Nothing was changed.")
        progress(f"How sure? {name}", 0.9 + 0.1 * number / len(before.stages))
        floor = None if random is None else random[name]
        stages.append(_stage(name, old[name], new[name], floor, halves))
    known = after.backbone if isinstance(after, Run) else after
    task = f", trained on {after.task.name}" if isinstance(after, Run) else ""
    return Moved(before.name, f"{known.name}{task}", tuple(stages), len(pictures), seed, things)


def _network(after: Backbone | Run) -> tuple[StagedModule, Transform]:
    from tlkit.train import Run

    if isinstance(after, Run):
        return after.model.backbone, after.backbone.transform
    return after.module, after.transform


def _features(
    module: StagedModule,
    transform: Transform,
    images: NDArray[Any],
    tell: Callable[[float], None],
) -> Features:
    """Return the features of pictures after every stage, in one pass: stage to (n, d), means over all places."""
    from tlkit.backbones.batching import pictures_at_once
    from tlkit.backbones.stage_features import features_of_stages

    def batches() -> Iterator[NDArray[Any]]:
        size = pictures_at_once(transform.shape)
        for first in range(0, len(images), size):
            tell(first / len(images))
            yield images[first : first + size]

    return features_of_stages(module, transform, batches())


def _stage(
    name: str,
    old: NDArray[np.float32],
    new: NDArray[np.float32],
    random: NDArray[np.float32] | None,
    halves: list[NDArray[np.int64]],
) -> StageMoved:
    if old.shape != new.shape:
        raise SimilarityError(
            f"{name} gives {old.shape[1]} features before and {new.shape[1]} after.",
            "Give two networks of one architecture.",
        )
    if np.array_equal(old, new):
        value, drawn = 1.0, np.ones(len(halves))
    else:
        value, drawn = _drawn(old, new, halves)
        # 1 is kept for what is equal bit for bit; twice the same features would round to it.
        value = min(value, float(np.nextafter(1, 0)))
    if np.isnan(value):
        return StageMoved(name, None, None, None, None)
    floor, floors = (np.nan, drawn) if random is None else _drawn(old, random, halves)
    found = place(name, name, "score", (value, floor, 1.0), (drawn, floors, np.ones(len(halves))))
    return StageMoved(
        stage=name,
        cka=value,
        low=found.low if np.isfinite(found.low) else None,
        high=min(1.0, found.high) if np.isfinite(found.high) else None,
        floor=None if np.isnan(floor) else floor,
    )


def _drawn(
    old: NDArray[np.float32], new: NDArray[np.float32], halves: list[NDArray[np.int64]]
) -> tuple[float, NDArray[np.float64]]:
    """Return the CKA of all rows and of each half; NaN where it has no value."""
    return _alike(old, new), np.array([_alike(old[rows], new[rows]) for rows in halves])


def _alike(old: NDArray[np.float32], new: NDArray[np.float32]) -> float:
    try:
        return cka(old, new, debiased=True)
    except SimilarityError:
        return float("nan")
