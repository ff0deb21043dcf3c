"""The prefix: one row per image, whatever goes through beside it, and keys that tell one function from another."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tlkit import backbones, data
from tlkit.backbones import Backbone
from tlkit.train.features import boundary_activations
from tlkit.train.prefix import Prefix


def prefix(net: Backbone, boundary: str = "head", images: tuple[int, ...] = (1, 32, 32)) -> Prefix:
    network = net.with_head(10, seed=0).eval().to(memory_format=torch.channels_last)
    return Prefix(network, net.transform, boundary, torch.device("cpu"), images)


@pytest.mark.parametrize("name", ["zoo:resnet-letters", "zoo:vgg-letters", "zoo:inception-photos"])
def test_a_row_depends_on_its_image_alone(name: str) -> None:
    images = np.array(data.load("digits").train.images[:90])
    run = prefix(backbones.load(name))
    order = np.random.default_rng(0).permutation(90)
    batches = np.array_split(np.arange(90), [20, 45, 50, 71])
    one_way = np.concatenate([run(images[batch]) for batch in batches])
    other_way = np.concatenate([run(images[order[batch]]) for batch in batches])
    assert other_way.tobytes() == one_way[order].tobytes()


def test_going_on_from_an_earlier_boundary_gives_the_same_bits() -> None:
    net = backbones.load("zoo:resnet-letters")
    images = np.array(data.load("digits").train.images[:20])
    run = prefix(net)
    for start in ("layer1", "layer3"):
        assert run.onward(prefix(net, start)(images), start).tobytes() == run(images).tobytes()


def test_the_keys_of_earlier_boundaries_are_those_of_shorter_prefixes(net: Backbone) -> None:
    assert list(prefix(net).keys) == ["layer1", "layer2", "head"]
    for boundary in ("layer1", "layer2"):
        shorter = prefix(net, boundary)
        assert shorter.key == prefix(net).keys[boundary]
        assert shorter.boundary == boundary
    assert len(set(prefix(net).keys.values())) == 3


def test_pooled_rows_are_not_those_that_enter_a_further_stage() -> None:
    def net(stages: int) -> Backbone:
        module = nn.Sequential(nn.Conv2d(1, 4, 3, stride=8), nn.ReLU(), nn.AvgPool2d(2))
        transform = backbones.InputTransform(channels=1, height=32, width=32, mean=(0.5,), std=(0.5,))
        names = ["0", "1", "2"][:stages]
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.fill_(0.1)
        return backbones.wrap(module[:stages], stages=names, transform=transform, name="small")

    task = data.load("digits").few_shot(1, seed=0)
    short, long = net(2), net(3)
    pooled = boundary_activations(short.with_head(3, seed=0), short.transform, task.train, "head")
    whole = boundary_activations(long.with_head(3, seed=0), long.transform, task.train, "2")
    assert pooled.values.shape == (10, 4)
    assert whole.values.shape == (10, 4, 4, 4)


def test_the_key_follows_the_shape_of_the_images_and_the_number_of_threads(net: Backbone) -> None:
    threads = torch.get_num_threads()
    keys = {prefix(net).key, prefix(net, images=(1, 28, 28)).key}
    try:
        torch.set_num_threads(threads + 1)
        keys.add(prefix(net).key)
    finally:
        torch.set_num_threads(threads)
    assert len(keys) == 3


def test_the_global_random_state_is_not_touched(net: Backbone) -> None:
    before = torch.get_rng_state()
    prefix(net)(np.zeros((3, 1, 32, 32), dtype=np.float32))
    assert torch.equal(torch.get_rng_state(), before)
