"""torchvision's hub: all networks, and weights files of torchvision's own format from a server on this machine."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models import get_model, get_model_weights

from tests.backbones.hubs.file_server import FileServer, serving
from tlkit import backbones, freeze
from tlkit.backbones.families import cut
from tlkit.backbones.hubs import torchvision as hub
from tlkit.backbones.hubs.hub import Asked
from tlkit.backbones.hubs.torchvision_card import sides_of
from tlkit.errors import DataError, NotFetchedError, UnknownNameError, WeightsError
from tlkit.freeze.modes import mode_of

SMALL = "shufflenet_v2_x0_5"
NAME = f"torchvision:{SMALL}"


def learned(net: nn.Module) -> nn.Module:
    """Give a network numbers as if it had learned: none is zero or one."""
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for one in (*net.parameters(), *net.buffers()):
            if one.is_floating_point() and one.ndim == 1:
                one.add_(0.05 * torch.rand(one.shape, generator=draw))
    return net.eval()


def stored(state: Any) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


Renames = Callable[..., str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where torch keeps weights, in a home of its own."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("TLKIT_MODELS", raising=False)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> Renames:
    """Let torchvision know a file by the hash of its content, as for every release of weights; give its name."""

    def release(content: bytes, network: str = SMALL, weights: str = "DEFAULT") -> str:
        name = f"{network}-{hashlib.sha256(content).hexdigest()[:8]}.pth"
        one = get_model_weights(network)[weights]
        monkeypatch.setattr(one.value, "url", f"https://download.pytorch.org/models/{name}")
        return name

    return release


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    with serving() as one:
        monkeypatch.setenv("TLKIT_MIRROR", one.address)
        yield one


def test_every_classification_network_is_built_and_cut_with_all_its_numbers() -> None:
    networks = models.list_models(module=models)
    assert len(networks) >= 80
    for network in networks:
        sets = get_model_weights(network)
        for weights in sets if network.startswith("vit_") else [sets.DEFAULT]:
            net = hub.build(network, weights)
            found = cut(net)
            assert found is not None, network
            assert len(found.stages) >= 4, network
            parts = [one for stage in found.stages.values() for one in stage.parameters()]
            parts += found.last.parameters() if found.last is not None else []
            dropped = [
                one
                for key, one in net.named_parameters()
                if key.startswith("AuxLogits") or (found.last is None and key.startswith("classifier"))
            ]
            assert sum(one.numel() for one in [*parts, *dropped]) == weights.meta["num_params"], network
            least, most = sides_of(network, weights)
            assert least <= most == weights.transforms().crop_size[0]
    assert {f"torchvision:{network}" for network in networks} <= set(hub.names())


def test_it_is_fetched_only_when_asked_and_then_says_what_torchvision_says(
    place: Path, released: Renames, server: FileServer
) -> None:
    net = learned(get_model(SMALL))
    content = stored(net.state_dict())
    file = released(content)
    server.files[f"/models/{file}"] = content
    with pytest.raises(NotFetchedError) as refused:
        backbones.load(NAME)
    for words in (NAME, str(place), "5.5 MB", f"`tlkit fetch {NAME}`"):
        assert words in str(refused.value)
    assert server.asked == []

    told: list[str] = []
    loaded = hub.load(SMALL, Asked(download=True, tell=told.append))
    assert told == [f"Fetching {NAME}: {len(content) / 1e6:.1f} MB, to {place / file}"]
    assert [one.name for one in place.iterdir()] == [file]
    assert hub.present() == [hub.Present(NAME, place / file, len(content))]

    server.files.clear()
    again = backbones.load(NAME)
    assert again.fingerprint == loaded.fingerprint
    assert (again.name, again.card.name, again.card.sha256) == (
        NAME,
        NAME,
        hashlib.sha256(content).hexdigest(),
    )
    x = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    preset = get_model_weights(SMALL).DEFAULT.transforms()
    with torch.no_grad():
        scores = net(
            (x - torch.tensor(preset.mean).reshape(3, 1, 1)) / torch.tensor(preset.std).reshape(3, 1, 1)
        )
    assert scores.isfinite().all()
    np.testing.assert_allclose(again.source_probabilities(x), scores.softmax(1), atol=1e-5)


def test_the_card_says_what_torchvision_says_and_what_it_leaves_open(place: Path, released: Renames) -> None:
    content = stored(get_model(SMALL).state_dict())
    (place / released(content)).write_bytes(content)
    net = backbones.load(NAME, side=64)
    assert (net.name, net.transform.shape) == (f"{NAME}@64", (3, 64, 64))
    assert backbones.load(f"{NAME}@64").fingerprint == net.fingerprint
    card = net.card
    assert (card.metrics["accuracy"], card.sides, len(card.classes)) == (0.60552, (32, 224), 1000)
    assert card.recipe["parameters"] == 1_366_792
    for words in ("BSD-3-Clause", "torchvision states none", "cropped to 224", "0.04 GFLOPs"):
        assert words in str(card)
    assert card.parents == ()


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("resnet19", UnknownNameError, "'torchvision:resnet18'"),
        ("resnet50@IMAGENET1K_V3", UnknownNameError, "nearest are 'torchvision:resnet50@IMAGENET1K_V"),
        ("resnet18@16", DataError, "whole number from 32 to 224"),
        ("vit_b_16@96", DataError, "is 96, expected 224"),
        ("resnet18@64@96", UnknownNameError, "set of weights"),
    ],
)
def test_names_and_sides_that_do_not_exist(name: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        backbones.load(f"torchvision:{name}")


def test_a_changed_or_unsafe_file_is_never_used(place: Path, released: Renames, tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "it ran",))

    content = stored(get_model(SMALL).state_dict())
    path = place / released(content)
    for wrong in (content[:-1], content[:500] + b"?" + content[501:], b""):
        path.write_bytes(wrong)
        with pytest.raises(WeightsError, match=r"changed or cut short.*Delete .* and run `tlkit fetch"):
            backbones.load(NAME)
    for bad, words in (
        (stored({"conv1": Harmful()}), "does not hold tensors alone"),
        (pickle.dumps({"conv1": Harmful()}, protocol=2), "does not hold tensors alone"),
        (b"no weights at all", "does not hold tensors alone"),
        (stored([torch.zeros(1)]), "holds no tensors by name"),
        (stored({"conv1": torch.zeros(1)}), "do not fit the network"),
    ):
        (place / released(bad)).write_bytes(bad)
        with pytest.raises(WeightsError, match=words):
            backbones.load(NAME)
    assert not (tmp_path / "it ran").exists()


def test_files_of_other_times_and_with_parts_that_only_training_needs(place: Path, released: Renames) -> None:
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    dense = learned(get_model("densenet121"))
    state = dense.state_dict()
    old = {key.replace(".norm1.", ".norm.1.").replace(".conv2.", ".conv.2."): state[key] for key in state}
    old = {key: one for key, one in old.items() if "num_batches" not in key}
    content = stored(old)
    (place / released(content, "densenet121")).write_bytes(content)
    google = learned(get_model("googlenet", aux_logits=True, transform_input=True, init_weights=False))
    content = stored(google.state_dict())
    (place / released(content, "googlenet")).write_bytes(content)
    for name, net in (("densenet121", dense), ("googlenet", google)):
        loaded = backbones.load(f"torchvision:{name}@64")
        assert loaded.source_head is not None
        with torch.no_grad():
            expected = net(x)
            assert expected.isfinite().all()
            assert torch.equal(loaded.source_head(backbones.pool_features(loaded.module(x))), expected)


@pytest.mark.parametrize("mode", freeze.MODES)
def test_frozen_is_proved_in_every_mode(mode: str, place: Path, released: Renames) -> None:
    content = stored(learned(get_model(SMALL)).state_dict())
    (place / released(content)).write_bytes(content)
    backbone = backbones.load(f"{NAME}@32")
    network = backbone.with_head(3, seed=0)
    modes = dict.fromkeys(backbone.stages, mode)
    seal = freeze.seal(network)
    freeze.plan(backbone, modes).apply(network)
    steps = torch.optim.SGD([one for one in network.parameters() if one.requires_grad], 0.05)
    network.train()
    x = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for _ in range(2):
        steps.zero_grad()
        nn.functional.cross_entropy(network(x), torch.tensor([0, 1, 2, 0])).backward()
        steps.step()
    report = seal.check(network)
    assert report.kept
    allowed = mode_of(mode)
    assert not report.unchanged("head")
    for stage in backbone.stages:
        for kind, moved in report[stage].kinds.items():
            if moved is not None:
                assert moved.unchanged != allowed.may_change(kind), (stage, kind)
