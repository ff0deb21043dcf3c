"""Small real parts that the tests of training share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from tlkit import backbones, data
from tlkit.backbones import Backbone
from tlkit.data import Task
from tlkit.train import features


def _block(before: int, after: int) -> list[nn.Module]:
    conv = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
    return [conv, nn.BatchNorm2d(after), nn.ReLU()]


def make_backbone(dropout: float = 0.0, seed: int = 0) -> Backbone:
    """Return three stages with BatchNorm and statistics from real images: a step takes milliseconds."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = nn.Module()
        module.stem = nn.Sequential(*_block(1, 8))
        module.layer1 = nn.Sequential(*_block(8, 16), nn.Dropout(dropout))
        module.layer2 = nn.Sequential(*_block(16, 32))
        x = torch.from_numpy(data.load("digits").train.images[:128].copy())
        for stage in (module.stem, module.layer1, module.layer2):
            for _ in range(20):
                stage(x)
            x = stage.eval()(x).detach()
    transform = backbones.InputTransform(channels=1, height=32, width=32, mean=(0.5,), std=(0.5,))
    return backbones.wrap(module, stages=["stem", "layer1", "layer2"], transform=transform, name="small")


@pytest.fixture
def net() -> Backbone:
    return make_backbone()


@pytest.fixture
def net_with_dropout() -> Backbone:
    return make_backbone(dropout=0.3)


@pytest.fixture
def task() -> Task:
    return data.load("digits").few_shot(2, seed=0)


@pytest.fixture(autouse=True)
def _nothing_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    features.forget()
    yield
    features.forget()


@pytest.fixture
def stop_after() -> Callable[[int], Callable[[], bool]]:
    def build(calls: int) -> Callable[[], bool]:
        left = iter(range(calls))
        return lambda: next(left, None) is None

    return build
