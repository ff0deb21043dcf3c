"""Backbones and their parts: what is of another kind or out of range is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tlkit import backbones
from tlkit.backbones import Backbone, InputTransform, Network, SourceSample, StagedModule
from tlkit.data.stored import StoredImages
from tlkit.errors import TlkitError

WRONG = (None, 3, -1, 2.5, float("nan"), "", "x", True, [], {}, (1, 2), np.zeros(3), object(), lambda: 0)
TRANSFORM = InputTransform(channels=1, height=8, width=8, mean=(0.5,), std=(0.5,))


@cache
def net() -> Backbone:
    return backbones.load("zoo:resnet-letters")


def wrap(**given: Any) -> Backbone:
    body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
    return backbones.wrap(body, **{"stages": ["0", "1"], "transform": TRANSFORM, **given})


def transform(**given: Any) -> InputTransform:
    return InputTransform(**{"channels": 1, "height": 8, "width": 8, "mean": (0.5,), "std": (0.5,), **given})


def sample(**given: Any) -> SourceSample:
    known = {"images": np.zeros((2, 1, 4, 4)), "labels": np.array([0, 1]), "classes": ("a", "b")}
    return SourceSample(**{**known, **given})


CALLS: dict[str, tuple[Callable[[Any], object], tuple[object, ...]]] = {
    # What is right among the wrong values stands beside each call.
    "load": (backbones.load, ()),
    "wrap a module": (lambda wrong: backbones.wrap(wrong, transform=TRANSFORM), ()),
    "wrap, stages": (lambda wrong: wrap(stages=wrong), ()),
    "wrap, one stage": (lambda wrong: wrap(stages={"a": wrong}), ("",)),
    "wrap, transform": (lambda wrong: wrap(transform=wrong), ()),
    "wrap, name": (lambda wrong: wrap(name=wrong), ("", "x")),
    "wrap, card": (lambda wrong: wrap(card=wrong), (None,)),
    "wrap, source head": (lambda wrong: wrap(source_head=wrong), (None,)),
    "wrap, source sample": (lambda wrong: wrap(source_sample=wrong), (None,)),
    "classes of a head": (lambda wrong: net().with_head(wrong, seed=0), (3,)),
    "seed of a head": (lambda wrong: net().with_head(3, seed=wrong), (None, 3)),
    "seed of all weights": (lambda wrong: net().reinitialised(wrong), (3,)),
    "features": (lambda wrong: net().features(wrong), ()),
    "source probabilities": (lambda wrong: net().source_probabilities(wrong), ()),
    "source accuracy": (lambda wrong: net().source_accuracy(wrong), (None,)),
    "transformed images": (TRANSFORM, ()),
    "channels": (lambda wrong: transform(channels=wrong), ()),
    "height": (lambda wrong: transform(height=wrong), (3,)),
    "width": (lambda wrong: transform(width=wrong), (3,)),
    "mean": (lambda wrong: transform(mean=wrong), ()),
    "std": (lambda wrong: transform(std=wrong), ()),
    "pooled": (backbones.pool_features, ()),
    "stages": (StagedModule, ()),
    "one stage": (lambda wrong: StagedModule({"a": wrong}), ()),
    "backbone of a network": (lambda wrong: Network(wrong, nn.Linear(2, 2)), ()),
    "head of a network": (lambda wrong: Network(StagedModule({"a": nn.ReLU()}), wrong), ()),
    "images of a sample": (lambda wrong: sample(images=wrong), ()),
    "labels of a sample": (lambda wrong: sample(labels=wrong), ()),
    "classes of a sample": (lambda wrong: sample(classes=wrong), ((1, 2),)),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: type(one).__name__)
def test_is_refused_with_a_cure(name: str, wrong: object) -> None:
    call, right = CALLS[name]
    if any(type(wrong) is type(one) and wrong == one for one in right):
        call(wrong)
        return
    with pytest.raises(TlkitError) as told:
        call(wrong)
    assert told.value.what
    assert told.value.cure


@pytest.mark.parametrize("seed", [2**63, 10**30])
def test_seeds_that_no_generator_takes_are_refused(seed: int) -> None:
    with pytest.raises(TlkitError, match="expected a whole number from 0 to"):
        net().with_head(3, seed=seed)
    with pytest.raises(TlkitError, match="expected a whole number from 0 to"):
        net().reinitialised(seed)


def test_numbers_of_numpy_are_numbers() -> None:
    one = net().with_head(np.int64(3), seed=np.int32(7))
    other = net().with_head(3, seed=7)
    assert torch.equal(one.head.weight, other.head.weight)
    assert transform(height=np.int64(4)).shape == (1, 4, 8)


def test_a_network_with_other_features_does_not_fit_the_source_head() -> None:
    with pytest.raises(TlkitError, match="1 features, the source head takes 64"):
        net().source_accuracy(nn.ReLU())


def test_no_images_give_no_features() -> None:
    assert net().features(np.zeros((0, 1, 32, 32), dtype=np.float32)).shape == (0, 64)


def test_images_that_are_read_piece_by_piece_stay_so() -> None:
    asked: list[int] = []

    class Stored(StoredImages):
        def __getitem__(self, at: Any) -> Any:
            found = super().__getitem__(at)
            asked.append(len(found))
            return found

    pixels = np.random.default_rng(0).integers(0, 256, (300, 1, 32, 32), np.uint8)
    images: Any = Stored(pixels)
    found = net().features(images)
    np.testing.assert_array_equal(found, net().features(pixels.astype(np.float32) / 255))
    assert max(asked) < len(pixels)
