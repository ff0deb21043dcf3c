"""Small real parts that the tests of comparisons share: a training takes a tenth of a second."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tlkit import backbones, compare, data
from tlkit.backbones import Backbone
from tlkit.compare import Arm, Comparison
from tlkit.compare.cell import Cell
from tlkit.compare.result import ArmResult
from tlkit.data import Dataset
from tlkit.train import Recipe, features

SHORT = {
    "head": Recipe.head().change(augmented_views=1),
    "tuned": Recipe.fine_tune().change(steps=6),
    "scratch": Recipe.scratch().change(steps=6),
}
ARMS = (
    Arm("scratch", "random numbers, everything learns", pretrained=False, recipe=SHORT["scratch"]),
    Arm("frozen", "pretrained, only a new head learns", opens="head", recipe=SHORT["head"]),
    Arm("fine-tuned", "pretrained, everything learns", recipe=SHORT["tuned"]),
)


COMMON_CACHE = os.environ["TLKIT_CACHE"]


@pytest.fixture
def arms() -> tuple[Arm, ...]:
    return ARMS


@pytest.fixture
def net() -> Backbone:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nn.Module()
        module.stem = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        module.layer1 = nn.Sequential(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU())
    transform = backbones.InputTransform(channels=1, height=32, width=32, mean=(0.5,), std=(0.5,))
    return backbones.wrap(module, stages=["stem", "layer1"], transform=transform, name="small")


@pytest.fixture
def dataset() -> Dataset:
    """Three classes of real digits, fifty test images."""
    digits = data.load("digits")
    chosen = np.flatnonzero(digits.train.labels < 3)[:200]
    return data.arrays(digits.train.images[chosen], digits.train.labels[chosen], name="three-digits")


@pytest.fixture(autouse=True)
def _nothing_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    features.forget()
    yield
    features.forget()


@pytest.fixture
def measured_by_lessons(_nothing_cached: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a lesson measured in this run of the tests is not measured again: a cell takes a minute."""
    monkeypatch.setenv("TLKIT_CACHE", COMMON_CACHE)


@pytest.fixture
def invented() -> Callable[..., Comparison]:
    """Build a comparison of answers that were drawn, without any training."""

    def build(
        shares: dict[str, float] | None = None, seeds: int = 4, items: int = 300, labels: int | None = 1
    ) -> Comparison:
        shares = shares or {"scratch": 0.3, "random-frozen": 0.1, "frozen": 0.8, "fine-tuned": 0.79}
        rng = np.random.default_rng(0)
        results = []
        for name, share in shares.items():
            known = compare.ARMS.get(name, Arm(name))
            cells = tuple(
                Cell(
                    arm=name,
                    seed=seed,
                    labels_per_class=labels,
                    correct=rng.random(items) < share,
                    recipe=Recipe.head().record(),
                    chosen="fixed",
                    steps=400,
                    trainable_parameters=2015,
                    multiply_adds=10**9,
                    seconds=1.5,
                    cached="at the pictures",
                    head_strength="1",
                    seal="Nothing frozen moved.",
                    kept=True,
                    task="0" * 64,
                    threads=1,
                    device="cpu",
                )
                for seed in range(seeds)
            )
            results.append(ArmResult(name, known.label, known.pretrained, {"stem": "strict"}, cells))
        origin = {"from_store": 0, "openings": seeds * len(results), "versions": {"numpy": np.__version__}}
        return Comparison(
            "greek",
            "zoo:resnet-letters",
            labels,
            10,
            items,
            tuple(range(seeds)),
            tuple(results),
            origin=origin,
        )

    return build
