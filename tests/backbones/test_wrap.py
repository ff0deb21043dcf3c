"""wrap: torchvision's networks and hand-written ones give what they gave before they were cut."""

from __future__ import annotations

import warnings

import pytest
import torch
import torchvision
from torch import Tensor, nn

from tlkit import backbones, freeze
from tlkit.backbones import InputTransform
from tlkit.errors import PlanError, UnknownNameError


def transform(size: int, channels: int = 3) -> InputTransform:
    return InputTransform(
        channels=channels, height=size, width=size, mean=(0.5,) * channels, std=(0.5,) * channels
    )


def built(name: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        torch.manual_seed(0)
        warnings.simplefilter("ignore", FutureWarning)
        extra = {"init_weights": False} if name == "inception_v3" else {}
        net: nn.Module = getattr(torchvision.models, name)(weights=None, num_classes=7, **extra)
    return net.eval()


@pytest.mark.parametrize(
    ("name", "size", "stages"),
    [
        ("resnet18", 64, ("stem", "layer1", "layer2", "layer3", "layer4")),
        ("vgg11_bn", 64, ("block1", "block2", "block3", "block4", "block5", "classifier")),
        ("inception_v3", 96, ("stem", "mixed5", "mixed6", "mixed7")),
    ],
)
def test_torchvision_networks_are_cut_without_a_change_of_what_they_say(
    name: str, size: int, stages: tuple[str, ...]
) -> None:
    net = built(name)
    if name == "inception_v3":
        net.transform_input = True
    backbone = backbones.wrap(net, transform=transform(size), name=name)
    assert backbone.stages == stages
    x = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = net(x)
        assert backbone.source_head is not None
        given = backbone.source_head(backbones.pool_features(backbone.module(x)))
    torch.testing.assert_close(given, expected, rtol=1e-3, atol=1e-4)
    assert backbone.card.architecture == name.split("_")[0].rstrip("0123456789")
    network = freeze.plan(backbone, until=stages[-1]).apply(backbone.with_head(4, seed=0))
    learning = {
        stage
        for stage, part in network.stage_modules().items()
        if any(p.requires_grad for p in part.parameters())
    }
    assert learning == {stages[-1], "head"}


class ByHand(nn.Module):
    """A learner's own module: named parts, a layer used between them, and its own forward."""

    def __init__(self) -> None:
        super().__init__()
        self.edges = nn.Conv2d(1, 4, 3)
        self.act = nn.ReLU()
        self.parts = nn.Sequential(nn.Conv2d(4, 8, 3), nn.ReLU())
        self.last = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.last(self.parts(self.act(self.edges(x))).mean(dim=(2, 3)))
        return out


def test_a_hand_written_module_is_copied_and_gives_the_same() -> None:
    own = ByHand()
    net = backbones.wrap(
        own, {"first": [own.edges, "act"], "second": "parts"}, transform=transform(8, 1), source_head=own.last
    )
    x = torch.rand(2, 1, 8, 8)
    with torch.no_grad():
        before = own(x)
        assert net.source_head is not None
        torch.testing.assert_close(net.source_head(net.module(x).mean(dim=(2, 3))), before)
        own.edges.weight.zero_()
        torch.testing.assert_close(net.source_head(net.module(x).mean(dim=(2, 3))), before)
    assert backbones.wrap(own, ["edges", "act", "parts.0"], transform=transform(8, 1)).stages == (
        "edges",
        "act",
        "parts_0",
    )


def test_what_is_tied_stays_tied() -> None:
    own = nn.Module()
    own.one = nn.Conv2d(1, 1, 3)
    own.two = nn.Conv2d(1, 1, 3)
    own.two.weight = own.one.weight
    net = backbones.wrap(own, ["one", "two"], transform=transform(8, 1))
    one, two = net.module.stages["one"], net.module.stages["two"]
    assert one.weight is two.weight
    assert [row.parameters for row in net.summary().stages] == [10, 1]


@pytest.mark.parametrize(
    ("stages", "error", "words"),
    [
        (None, PlanError, "its parts are: 'edges', 'act', 'parts', 'last'"),
        (["edges", "part"], UnknownNameError, "nearest are 'parts'"),
        ("edges", PlanError, "Give a list"),
        ([], PlanError, "at least one stage"),
        (["edges", "act", "edges"], PlanError, "names of their own"),
        (["edges", "act", "parts", "last"], PlanError, "'last' does not take"),
        (["parts", "edges"], PlanError, "'parts' does not take what comes in, of shape (1, 1, 8, 8)"),
        ({"head": "edges"}, PlanError, "cannot be named 'head'"),
    ],
)
def test_a_cut_that_cannot_be_is_refused_in_words(stages: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as said:
        backbones.wrap(ByHand(), stages, transform=transform(8, 1))  # type: ignore[arg-type]
    assert words in str(said.value)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(PlanError, match="A list cannot become a backbone"):
        backbones.wrap([], ["a"], transform=transform(8))  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="InputTransform"):
        backbones.wrap(ByHand(), ["edges"], transform=lambda x: x)  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="takes 9 features"):
        backbones.wrap(ByHand(), ["edges", "parts"], transform=transform(8, 1), source_head=nn.Linear(9, 2))
