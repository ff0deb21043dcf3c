"""Backbone: features, heads and copies that never change what they come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tlkit import backbones, data
from tlkit.backbones import Backbone, InputTransform
from tlkit.errors import DataError, TrainingError, WeightsError

TRANSFORM = InputTransform(channels=1, height=8, width=8, mean=(0.5,), std=(0.25,))


@pytest.fixture
def net() -> Backbone:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        body = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 6, 3), nn.Dropout(0.5)
        )
    return backbones.wrap(body, {"stem": ["0", "1", "2"], "body": ["3", "4"]}, transform=TRANSFORM)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(size=(300, 1, 8, 8)).astype(np.float32)


def test_features_are_the_pooled_output_in_evaluation_mode_over_all_batches(
    net: Backbone, images: np.ndarray
) -> None:
    conv1, norm, _, conv2, _ = [layer for stage in net.module.stages.values() for layer in stage]
    x = (torch.from_numpy(images) - 0.5) / 0.25
    x = nn.functional.conv2d(x, conv1.weight, conv1.bias)
    x = (x - norm.running_mean.reshape(1, -1, 1, 1)) / (
        norm.running_var.reshape(1, -1, 1, 1) + norm.eps
    ).sqrt()
    x = nn.functional.conv2d(x.relu(), conv2.weight, conv2.bias)
    expected = x.flatten(2).mean(dim=2).detach().numpy()
    np.testing.assert_allclose(net.features(images), expected, atol=1e-5)
    assert net.feature_count == 6
    assert net.features(images[:0]).shape == (0, 6)


def test_looking_changes_nothing(net: Backbone, images: np.ndarray) -> None:
    before = net.fingerprint
    state = torch.get_rng_state()
    net.features(images)
    net.summary()
    net.with_head(3, seed=1)
    assert net.fingerprint == before
    assert torch.equal(state, torch.get_rng_state())
    net.module.train()
    net.features(images)
    assert net.fingerprint == before
    assert net.module.training


def test_the_fingerprint_sees_every_weight_buffer_and_the_transform(net: Backbone) -> None:
    seen = {net.fingerprint}
    for name, value in net.module.state_dict().items():
        other = net.clone()
        other.module.state_dict()[name].view(-1)[0] += 1
        assert value.view(-1)[0] != other.module.state_dict()[name].view(-1)[0]
        seen.add(other.fingerprint)
    moved = InputTransform(channels=1, height=8, width=8, mean=(0.4,), std=(0.25,))
    seen.add(Backbone("own", net.module, moved, net.card).fingerprint)
    assert len(seen) == len(net.module.state_dict()) + 2
    assert net.clone().fingerprint == net.fingerprint


def test_a_network_with_a_head_is_a_copy(net: Backbone, images: np.ndarray) -> None:
    before = net.fingerprint
    network = net.with_head(5, seed=3)
    with torch.no_grad():
        for value in network.state_dict().values():
            value.zero_()
    assert net.fingerprint == before
    again, other = net.with_head(5, seed=3), net.with_head(5, seed=4)
    assert not torch.equal(again.head.weight, other.head.weight)
    assert torch.equal(again.head.weight, net.with_head(5, seed=3).head.weight)
    assert net.with_head(5, seed=None).head.weight.count_nonzero() == 0
    assert again(net.transform(images[:4])).shape == (4, 5)


@pytest.mark.parametrize("classes", [0, -1, 2.5, True, "3"])
def test_a_head_needs_a_whole_number_of_classes(net: Backbone, classes: object) -> None:
    with pytest.raises(TrainingError, match="classes"):
        net.with_head(classes, seed=0)  # type: ignore[arg-type]


def test_random_weights_have_no_past(images: np.ndarray) -> None:
    net = backbones.load("zoo:resnet-letters")
    one, same, other = net.reinitialised(1), net.reinitialised(1), net.reinitialised(2)
    assert one.fingerprint == same.fingerprint
    assert len({net.fingerprint, one.fingerprint, other.fingerprint}) == 3
    assert one.source_head is None
    assert one.source_accuracy() is None
    assert not one.card.metrics
    assert [(row.name, row.parameters) for row in one.summary().stages] == [
        (row.name, row.parameters) for row in net.summary().stages
    ]


def test_without_a_source_head_its_probabilities_are_refused_in_words(
    net: Backbone, images: np.ndarray
) -> None:
    with pytest.raises(DataError, match="no source head"):
        net.source_probabilities(images)


def test_source_probabilities_are_a_softmax_of_the_old_head() -> None:
    net = backbones.load("zoo:resnet-letters")
    sample = net.source_sample
    assert sample is not None
    assert net.source_head is not None
    given = net.source_probabilities(sample.images[:50])
    np.testing.assert_allclose(given.sum(axis=1), 1, atol=1e-5)
    scores = net.features(sample.images[:50]) @ net.source_head.weight.detach().numpy().T
    scores += net.source_head.bias.detach().numpy()
    expected = np.exp(scores - scores.max(axis=1, keepdims=True))
    np.testing.assert_allclose(given, expected / expected.sum(axis=1, keepdims=True), atol=1e-4)


def test_colour_and_other_sizes_are_converted_with_a_note_or_refused() -> None:
    net = backbones.load("zoo:resnet-letters")
    grey = data.load("digits").train.images[:3]
    colour = np.repeat(grey, 3, axis=1)
    with pytest.warns(UserWarning, match="grey"):
        np.testing.assert_allclose(net.features(colour), net.features(grey), atol=1e-4)
    with pytest.raises(DataError, match="not finite"):
        net.features(np.full((2, 1, 32, 32), np.nan, dtype=np.float32))
    with pytest.raises(DataError, match="Divide bytes by 255"):
        net.features(np.full((2, 1, 32, 32), 255.0, dtype=np.float32))
    with pytest.raises(DataError, match="2 channels"):
        net.features(np.zeros((2, 2, 32, 32), dtype=np.float32))


def test_networks_that_differ_only_in_what_they_do_have_other_fingerprints() -> None:
    class Twice(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * x

    def thrice() -> nn.Module:
        class Twice(nn.Module):
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return 3 * x

        return Twice()

    own, other = Twice(), thrice()
    type(other).__qualname__ = type(own).__qualname__
    seen = set()
    for last in (nn.ReLU(), nn.Tanh(), nn.Dropout(0.1), nn.Dropout(0.9), own, other):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            body = nn.Sequential(nn.Conv2d(1, 4, 3), last)
        seen.add(backbones.wrap(body, ["0", "1"], transform=TRANSFORM).fingerprint)
    assert len(seen) == 6
    assert backbones.load("zoo:vgg-letters").fingerprint == backbones.load("zoo:vgg-letters").fingerprint


def test_attention_and_prelu_start_anew_from_a_seed_and_own_parameters_are_refused_with_a_cure() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.scale

    class Attend(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.MultiheadAttention(6, 2, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            rows = x.flatten(2).transpose(1, 2)
            return self.inner(rows, rows, rows)[0].mean(dim=1)

    body = nn.Sequential(nn.Conv2d(1, 6, 3), nn.PReLU(), Attend())
    net = backbones.wrap(body, ["0", "1", "2"], transform=TRANSFORM)
    state = torch.get_rng_state()
    one, same, other = net.reinitialised(0), net.reinitialised(0), net.reinitialised(1)
    assert torch.equal(state, torch.get_rng_state())
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert one.features(np.ones((2, 1, 8, 8), np.float32)).std() > 0
    with pytest.raises(WeightsError, match="Leave out what starts from random weights"):
        backbones.wrap(
            nn.Sequential(nn.Conv2d(1, 6, 3), Own()), ["0", "1"], transform=TRANSFORM
        ).reinitialised(0)


@pytest.mark.parametrize("kind", [torch.float16, torch.float64])
def test_networks_of_another_precision_are_taken_in_single_precision(kind: torch.dtype) -> None:
    body = nn.Sequential(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6)).to(kind)
    net = backbones.wrap(body, ["0", "1"], transform=TRANSFORM, source_head=nn.Linear(6, 3).to(kind))
    assert next(body.parameters()).dtype == kind
    assert net.features(np.ones((2, 1, 8, 8), np.float32)).dtype == np.float32
    assert "6 x 6 x 6" in str(net.summary())
    assert net.source_probabilities(np.ones((2, 1, 8, 8), np.float32)).shape == (2, 3)
