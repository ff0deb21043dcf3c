"""Networks of other libraries on a shelf: their layers are built again by name, bit for bit, also the second time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from torchvision.models import get_model

from tlkit.backbones import Backbone, InputTransform, ModelCard, StagedModule, wrap
from tlkit.backbones.families import cut
from tlkit.backbones.hubs.timm_stages import cut_timm
from tlkit.backbones.shelf import Shelf
from tlkit.backbones.shelf.builders import builder_of, built
from tlkit.errors import ShelfError, WeightsError

TRANSFORM = InputTransform(3, 64, 64, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def of_torchvision(name: str) -> Backbone:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = cut(get_model(name, weights=None))
    assert found is not None
    card = ModelCard(f"torchvision:{name}", architecture=found.family)
    return Backbone(f"torchvision:{name}@64", StagedModule(found.stages).eval(), TRANSFORM, card, found.last)


def of_timm(name: str) -> Backbone:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = timm.create_model(name).eval()
        size = net.pretrained_cfg["input_size"][1]
        stages, last = cut_timm(net, torch.randn(1, 3, size, size))
    transform = InputTransform(3, size, size, TRANSFORM.mean, TRANSFORM.std)
    card = ModelCard(f"timm:{name}", architecture=name)
    return Backbone(f"timm:{name}.some_tag", StagedModule(stages).eval(), transform, card, last)


@pytest.mark.parametrize("name", ["torchvision:mobilenet_v3_small", "timm:test_resnet", "timm:test_vit"])
def test_a_network_of_a_library_comes_back_twice(tmp_path: Path, name: str) -> None:
    library, _, short = name.partition(":")
    net = of_torchvision(short) if library == "torchvision" else of_timm(short)
    x = np.random.default_rng(0).random((2, *net.transform.shape), dtype=np.float32)
    shelf = Shelf(tmp_path)
    shelf.push(net, "first", allow_incomplete="a test")
    shelf.push(shelf.load("first"), "second", allow_incomplete="a test")
    again = shelf.load("second")
    assert again.stages == net.stages
    assert again.fingerprint == net.fingerprint
    assert (again.source_probabilities(x) == net.source_probabilities(x)).all()
    assert not any(one.is_meta for one in again.module.state_dict().values())
    assert all(one.requires_grad for one in again.module.parameters())
    assert [one.name for one in shelf.lineage("second").ancestors][1:] == ["shelf:first@1.0.0", net.name]


def test_a_network_that_nothing_here_builds_says_so(tmp_path: Path) -> None:
    for builder in (
        "torchvision:no_such_network",
        "timm:no_such_network",
        "timm:hf-hub:someone/resnet18",
        "timm:local-dir:/somewhere",
        "timm:test_resnet.hf-hub:someone/x",
        "own:code",
        "zoo:no_such_network",
        "",
    ):
        with pytest.raises(WeightsError, match=r"cannot be built here|not known here"):
            built(builder, (3, 64, 64))


def test_families_of_the_same_name_are_not_taken_for_each_other(tmp_path: Path) -> None:
    assert builder_of(of_torchvision("resnet18")) == "torchvision:resnet18"
    own = wrap(get_model("resnet18", weights=None), transform=TRANSFORM, name="mine")
    assert own.card.architecture == "resnet", "as the zoo's own small network"
    with pytest.raises(ShelfError, match="not code"):
        Shelf(tmp_path).push(own, "mine", allow_incomplete="a test")
