"""Grad-CAM against two other derivations, on every family, and nothing of the network is changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from skimage import data as photographs
from torch import nn

from tlkit import backbones, data, freeze, inside, train
from tlkit.backbones import Backbone, Network
from tlkit.errors import DataError, UnknownNameError

FAMILIES = ["zoo:resnet-letters", "zoo:vgg-letters", "zoo:inception-letters"]


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.array(data.load("letters").validation.images[:5])


@pytest.fixture(scope="module")
def run() -> train.Run:
    return train.fit(backbones.load("zoo:resnet-letters"), data.load("greek").few_shot(1, seed=0))


@pytest.mark.parametrize("name", FAMILIES)
def test_at_the_last_stage_it_is_cam_up_to_scale(name: str, images: np.ndarray) -> None:
    # Zhou et al. 2016: with pooling and one linear layer behind, CAM is the sum of the channels, each times the weight
    # of its feature. There the derivative by every place is weight / places.
    net = backbones.load(name)
    assert net.source_head is not None
    found = inside.grad_cam(net, images, of=3)
    with torch.no_grad():
        last = net.module(net.transform(images))
        cam = torch.einsum("k,nkij->nij", net.source_head.weight[3], last)
    expected = torch.relu(cam / (last.shape[2] * last.shape[3])).numpy()
    np.testing.assert_allclose(found.maps, expected, rtol=1e-4, atol=1e-6)
    assert found.stage == net.stages[-1]


@pytest.mark.parametrize("stage", ["stem", "layer2"])
def test_at_earlier_stages_the_weights_are_what_raising_a_channel_does(
    stage: str, images: np.ndarray
) -> None:
    net = backbones.load("zoo:resnet-letters")
    exact = net.clone()
    assert exact.source_head is not None
    network = Network(exact.module, exact.source_head).double()
    after = net.stages[net.stages.index(stage) + 1]
    step = 1e-7  # small beside how near any ReLU is to its kink
    with torch.no_grad():
        activations = exact.module(net.transform(images[:2]).double(), stop=after)
        said = network(activations, start=after).argmax(dim=1)
        slopes = []
        for channel in range(activations.shape[1]):
            raised = torch.zeros_like(activations)
            raised[:, channel] = step
            high, low = (network(activations + sign * raised, start=after) for sign in (1, -1))
            slopes.append(((high - low) / (2 * step)).gather(1, said[:, None])[:, 0])
        places = activations.shape[2] * activations.shape[3]
        weights = torch.stack(slopes, dim=1) / places
        expected = torch.relu((weights[:, :, None, None] * activations).sum(dim=1))
    found = inside.grad_cam(net, images[:2], stage=stage)
    np.testing.assert_array_equal(found.of, said)
    scale = float(expected.max())
    np.testing.assert_allclose(found.maps / scale, expected / scale, atol=2e-4)


def test_a_frozen_network_gives_the_map_of_the_same_open_one_and_nothing_changes(run: train.Run) -> None:
    images = run.answers.at([0, 1, 2], "three").images
    network = run.model
    assert not any(parameter.requires_grad for parameter in network.backbone.parameters())
    open_twin = Network(run.backbone.clone().module, nn.Linear(64, len(run.task.classes)))
    open_twin.load_state_dict(network.state_dict())
    open_run = replace(run, model=open_twin.train())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    random, flags = torch.get_rng_state(), [one.requires_grad for one in network.parameters()]
    hooks = [len(one._forward_hooks) + len(one._forward_pre_hooks) for one in network.modules()]

    frozen = inside.grad_cam(run, images, stage="layer2")
    opened = inside.grad_cam(open_run, images, stage="layer2")

    np.testing.assert_allclose(frozen.maps, opened.maps, rtol=1e-5, atol=1e-7)
    assert frozen.maps.max() > 0
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert [one.requires_grad for one in network.parameters()] == flags
    assert all(one.requires_grad for one in open_twin.parameters())
    assert all(one.grad is None for one in (*network.parameters(), *open_twin.parameters()))
    assert hooks == [len(one._forward_hooks) + len(one._forward_pre_hooks) for one in network.modules()]
    assert all(one.training for one in open_twin.modules())
    assert not any(one.training for one in network.modules())
    assert torch.equal(torch.get_rng_state(), random)
    assert run.plan.modes["layer3"] == "strict"


def test_it_works_where_gradients_are_off_and_leaves_them_off(run: train.Run) -> None:
    images = run.answers.at([0], "one").images
    expected = inside.grad_cam(run, images).maps
    with torch.no_grad():
        np.testing.assert_array_equal(inside.grad_cam(run, images).maps, expected)
        assert not torch.is_grad_enabled()
    with torch.inference_mode():
        np.testing.assert_array_equal(inside.grad_cam(run, torch.from_numpy(images)).maps, expected)
        assert torch.is_inference_mode_enabled()


def test_one_picture_at_a_time_gives_what_all_together_give(images: np.ndarray) -> None:
    net = backbones.load("zoo:vgg-letters")
    together = inside.grad_cam(net, images, stage="block2")
    for at, image in enumerate(images):
        np.testing.assert_allclose(
            inside.grad_cam(net, image, stage="block2").maps[0], together.maps[at], rtol=1e-4, atol=1e-6
        )


def own_backbone(**changes: object) -> Backbone:
    """Stages of which the second begins in place and the third has no places any more."""
    module = nn.Module()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module.first = nn.Conv2d(1, 6, 3, stride=2)
        module.second = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(6, 8, 3))
        module.flat = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 10))
        head = nn.Linear(10, 3)
    transform = backbones.InputTransform(channels=1, height=16, width=16, mean=(0.5,), std=(0.5,))
    return backbones.wrap(
        module, stages=["first", "second", "flat"], transform=transform, **{"source_head": head, **changes}
    )


def test_stages_that_work_in_place_or_lose_places(images: np.ndarray) -> None:
    net = own_backbone()
    small = images[:, :, ::2, ::2]
    found = inside.grad_cam(net, small)
    assert found.stage == "second"
    assert inside.grad_cam(net, small, stage="first").maps.shape == (5, 7, 7)
    assert found.classes == ("class 0", "class 1", "class 2")
    with pytest.raises(DataError, match=r"flat gives one value per channel.*first, second"):
        inside.grad_cam(net, small, stage="flat")


@pytest.mark.slow
def test_the_real_network_looks_at_the_cat() -> None:
    net = backbones.load("zoo:efficientnet-lite0")
    cat = np.moveaxis(photographs.chelsea()[:, 75:375].astype(np.float32) / 255, -1, 0)
    with pytest.warns(backbones.transform.ConversionWarning):
        found = inside.grad_cam(net, cat)
    assert found.classes[found.of[0]] == "Egyptian cat"
    assert found.stage == "conv_head"
    assert found.heat.shape == (1, 300, 300)
    # The face fills the middle of the crop: more of the map lies there than in the outer ring of the same area.
    middle = found.heat[0, 44:256, 44:256].sum()
    assert middle > found.heat[0].sum() - middle


def test_what_it_shows_is_said_and_fits_the_pictures(run: train.Run) -> None:
    wrong = run.mistakes(3)
    found = inside.grad_cam(run, wrong.images, wrong.truth)
    assert found.heat.shape == (3, 32, 32)
    assert float(found.heat.max()) == 1
    assert 0 <= found.overlays.min() <= found.overlays.max() <= 1
    np.testing.assert_array_equal(found.given, wrong.given)
    np.testing.assert_allclose(found.probabilities, [one.truth_probability for one in wrong], atol=1e-5)
    for at in range(3):
        assert found.words(at) in repr(found)
        assert wrong[at].truth in found.words(at)
    html = found._repr_html_()
    assert html.count("<img ") == html.count('alt="') == 6


def test_the_words_name_the_strongest_place() -> None:
    maps = np.zeros((3, 6, 6), dtype=np.float32)
    maps[0, 0, 5], maps[1, 5, 0], maps[2, 3, 3] = 1, 1, 1
    images, labels = np.zeros((3, 1, 12, 12), dtype=np.float32), np.zeros(3, dtype=np.int64)
    found = inside.GradCam(images, maps, "stem", ("cat",), labels, labels, np.full(3, 0.5, dtype=np.float32))
    for at, where in enumerate(("upper right", "lower left", "middle")):
        assert f"For cat (50 % sure): strongest in the {where};" in found.words(at)
    # Twice as large, one place becomes 4 of height 1, 8 of 1/3 and 4 of 1/9: half of that sum lies in 4 of 144.
    assert "lies in 3 % of the picture" in found.words(2)


def test_a_map_without_anything_says_so() -> None:
    net = own_backbone()
    assert net.source_head is not None
    with torch.no_grad():
        net.source_head.weight.zero_()
    found = inside.grad_cam(net, np.zeros((1, 1, 16, 16), dtype=np.float32), of=1)
    assert float(found.maps.max()) == 0
    assert float(found.heat.max()) == 0
    assert "no place in second speaks for it" in found.words(0)


def test_bad_input_is_refused_in_words(images: np.ndarray, run: train.Run) -> None:
    net = backbones.load("zoo:resnet-letters")
    with pytest.raises(UnknownNameError, match="layer2"):
        inside.grad_cam(net, images, stage="layer22")
    with pytest.raises(UnknownNameError, match="class"):
        inside.grad_cam(run, images, of="omega")
    with pytest.raises(DataError, match="one for each"):
        inside.grad_cam(run, images, of=[0, 1])
    with pytest.raises(DataError, match="there are 31"):
        inside.grad_cam(run, images, of=31)
    with pytest.raises(DataError, match="has no head"):
        inside.grad_cam(net.reinitialised(0), images)
    with pytest.raises(DataError, match="no picture"):
        inside.grad_cam(net, images[:0])
    with pytest.raises(DataError, match="looked into is of the kind str"):
        inside.grad_cam("zoo:resnet-letters", images)  # type: ignore[arg-type]
    broken = own_backbone()
    with torch.no_grad():
        broken.module.stages["second"][1].weight.fill_(float("nan"))
    with pytest.raises(DataError, match="not finite"):
        inside.grad_cam(broken, np.ones((1, 1, 16, 16), dtype=np.float32))


def test_a_plan_in_force_stays_in_force(images: np.ndarray) -> None:
    net = backbones.load("zoo:resnet-letters")
    run = train.fit(
        net, data.load("greek").few_shot(1, seed=0), freeze.plan(net, until="layer3", mode="train_bn"), test=False,
        recipe=train.Recipe.fine_tune().change(steps=3, steps_growth=0.0),
    )  # fmt: skip
    flags = {name: one.requires_grad for name, one in run.model.named_parameters()}
    inside.grad_cam(run, images)
    assert {name: one.requires_grad for name, one in run.model.named_parameters()} == flags
