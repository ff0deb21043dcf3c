"""The old-head test: a network can forget its old task though no weight changed."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from tests.freeze.networks import same, sgd, snapshot, step
from tlkit import backbones, data, freeze
from tlkit.backbones import Backbone
from tlkit.freeze import OldHead


def pictures(count: int, brightness: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures of two classes: bars that lie and bars that stand, as bright as asked."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    images = rng.normal(0, 0.05, (count, 1, 8, 8))
    for image, label in zip(images, labels, strict=True):
        at = rng.integers(2, 6)
        if label:
            image[0, :, at] += 0.5
        else:
            image[0, at, :] += 0.5
    return (0.5 * images + brightness).clip(0, 1).astype(np.float32), labels


@pytest.fixture(scope="module")
def trained() -> Backbone:
    """Return a backbone that has learned the bars, with its old head and a sample of its old task."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nn.Sequential()
        net.add_module("stem", nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU()))
        net.add_module(
            "layer1", nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.1))
        )
        net.add_module("pool", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
        head = nn.Linear(8, 2)
        whole = nn.Sequential(net, head)
        optimizer = torch.optim.Adam(whole.parameters(), lr=0.01)
        images, labels = pictures(256, 0.2, seed=1)
        for number in range(60):
            step(whole.train(), optimizer, torch.from_numpy(images), torch.from_numpy(labels), number)
    images, labels = pictures(300, 0.2, seed=2)
    return backbones.wrap(
        net.eval(),
        stages=["stem", "layer1", "pool"],
        transform=backbones.InputTransform(channels=1, height=8, width=8, mean=(0.0,), std=(1.0,)),
        source_head=head,
        source_sample=backbones.SourceSample(images, labels.astype(np.int64), ("lies", "stands")),
    )


def after_training(net: Backbone, mode: str) -> tuple[OldHead, freeze.SealReport]:
    """Train on brighter pictures under a mode, put the old head back."""
    made = net.with_head(2, seed=0)
    freeze.plan(made, until="head", mode=mode).apply(made)
    seal = freeze.seal(made)
    images, labels = pictures(64, 0.7, seed=3)
    optimizer = sgd(made.parameters())
    for number in range(25):
        step(made.train(), optimizer, torch.from_numpy(images), torch.from_numpy(labels), number)
    found = freeze.old_head_test(net, made)
    assert found is not None
    return found, seal.check(made)


def test_the_old_task_was_learned(trained: Backbone) -> None:
    assert trained.source_accuracy() > 0.95


@pytest.mark.parametrize("mode", ["strict", "batch_stats"])
def test_what_holds_statistics_forgets_nothing(trained: Backbone, mode: str) -> None:
    found, report = after_training(trained, mode)
    assert found.before == found.after
    assert found.sentence.endswith("Nothing was forgotten.")
    assert report.sentence == "Nothing frozen moved."


def test_weights_only_forgets_though_no_weight_changed(trained: Backbone) -> None:
    found, report = after_training(trained, "weights_only")
    for stage in ("stem", "layer1"):
        assert report[stage].kinds["weights"].unchanged
        assert report[stage].kinds["affine"].unchanged
        assert not report[stage].kinds["statistics"].unchanged
    assert report.kept
    assert found.forgotten > 0.2
    assert "points were forgotten" in str(found)


def test_the_finding_is_the_share_counted_by_hand(trained: Backbone) -> None:
    made = trained.with_head(2, seed=0)
    with torch.no_grad():
        made.backbone.stages["layer1"][1].running_mean.add_(0.3)
    sample = trained.source_sample
    whole = nn.Sequential(copy.deepcopy(made.backbone), trained.source_head).eval()
    with torch.no_grad():
        given = whole(torch.from_numpy(sample.images.copy())).argmax(1).numpy()
    found = freeze.old_head_test(trained, made)
    assert found.after == pytest.approx((given == sample.labels).mean())
    assert found.before == trained.source_accuracy()
    assert found.items == 300


def test_leaves_the_network_as_it_is(trained: Backbone) -> None:
    made = trained.with_head(2, seed=0).train()
    made.backbone.stages["stem"].eval()
    modes = [part.training for part in made.modules()]
    before = snapshot(made)
    freeze.old_head_test(trained, made)
    assert [part.training for part in made.modules()] == modes
    assert same(snapshot(made), before)


def test_without_an_old_head_or_a_sample_there_is_none(trained: Backbone) -> None:
    bare = backbones.wrap(
        nn.Sequential(nn.Conv2d(1, 4, 3)), stages={"stem": "0"}, transform=trained.transform
    )
    assert freeze.old_head_test(bare, bare.with_head(2, seed=0)) is None


@pytest.mark.parametrize(
    ("before", "after", "end"),
    [
        (0.98, 0.98, "Nothing was forgotten."),
        (0.98, 0.61, "37.0 points were forgotten."),
        (0.61, 0.98, "37.0 points better than before."),
    ],
)
def test_in_words(before: float, after: float, end: str) -> None:
    found = OldHead(before, after, 1300)
    assert str(found) == found.sentence
    assert found.sentence.endswith(end)
    assert "on 1,300 items" in found.sentence
    assert found.sentence in found._repr_html_()
    assert found.record()["sentence"] == found.sentence


def test_on_the_zoo_weights_only_forgets_letters_while_it_sees_pale_ones() -> None:
    net = backbones.load("zoo:resnet-letters")
    made = {mode: net.with_head(10, seed=0) for mode in ("strict", "weights_only")}
    images = data.load("letters").train.images[:512]
    pale = net.transform(0.6 + 0.4 * images)
    for mode, one in made.items():
        freeze.plan(one, until="head", mode=mode).apply(one)
        one.train()
        with torch.no_grad():
            for first in range(0, 512, 64):
                one(pale[first : first + 64])
    kept, forgot = (freeze.old_head_test(net, one) for one in made.values())
    assert kept.before == kept.after > 0.8
    assert forgot.forgotten > 0.1
