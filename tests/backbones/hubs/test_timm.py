"""timm's networks: fetched by its real client, cut where timm says, the same function, frozen as asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from torch import nn

from tests.backbones.hubs.loopback_hub import LoopbackHub, Repository
from tlkit import backbones, freeze
from tlkit.backbones.hubs import timm as adapter
from tlkit.backbones.hubs.timm_stages import cut_timm
from tlkit.backbones.pooling import pool_features
from tlkit.backbones.staged import StagedModule
from tlkit.errors import DataError, NotFetchedError, UnknownNameError, WeightsError

NAME = "test_resnet.r160_in1k"
README = "---\nlicense: apache-2.0\ndatasets:\n- imagenet-1k\n---\n# A network\n"


def _made(name: str, **more: Any) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return timm.create_model(name, pretrained=False, **more).eval()


def _saved(folder: Path, name: str = NAME, **more: Any) -> Any:
    net = _made(name, **more)
    timm.models.save_for_hf(net, folder, safe_serialization=True)
    (folder / "README.md").write_text(README)
    return net


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("test_resnet", ["stem", "layer1", "layer2", "layer3", "layer4"]),
        ("test_efficientnet", ["stem", *(f"blocks_{at}" for at in range(5)), "conv_head"]),
        ("test_convnext", ["stem", *(f"stages_{at}" for at in range(4)), "pooling"]),
        ("test_vit", ["stem", *(f"blocks_{at}" for at in range(6)), "norm"]),
        ("test_byobnet", ["stem", "stages_0", "stages_1", "stages_2", "final_conv"]),
        ("mobilenetv3_small_050", ["stem", "blocks_0", "blocks_1", "blocks_3", "blocks_5", "pooling"]),
        ("resnetv2_18", ["stem_conv", *(f"stages_{at}" for at in range(4)), "norm"]),
        ("xcit_nano_12_p16_224", ["body"]),
    ],
)
def test_the_stages_together_are_timms_network(name: str, stages: list[str]) -> None:
    net = _made(name)
    sides = net.pretrained_cfg["input_size"][1:] if name.startswith(("test", "xcit")) else (64, 64)
    x = torch.randn(2, 3, *sides, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        maps, answers = net.forward_features(x), net(x)
        features = net.forward_head(maps, pre_logits=True)
    parameters = {id(one) for one in net.parameters()}
    found, last = cut_timm(net, x[:1])
    assert list(found) == stages
    module = StagedModule(found).eval()
    with torch.no_grad():
        given = module(x)
        if given.shape == maps.shape:
            assert torch.equal(given, maps)
        torch.testing.assert_close(pool_features(given), features)
        assert last is not None
        torch.testing.assert_close(last(pool_features(given)), answers)
    own = [id(one) for stage in found.values() for one in stage.parameters()]
    assert len(own) == len(set(own)), "a parameter is in two stages"
    if isinstance(net.get_classifier(), nn.Linear):
        assert {*own, *(id(one) for one in last.parameters())} == parameters


def test_channels_come_first_after_every_stage() -> None:
    net = _made("swin_tiny_patch4_window7_224", img_size=56, window_size=7, depths=(1, 1, 1, 1), embed_dim=24)
    found, _ = cut_timm(net, torch.zeros(1, 3, 56, 56))
    x: torch.Tensor = torch.zeros(1, 3, 56, 56)
    shapes = []
    with torch.no_grad():
        for stage in found.values():
            x = stage(x)
            shapes.append(tuple(x.shape[1:]))
    assert shapes[:3] == [(24, 14, 14), (24, 14, 14), (48, 7, 7)]
    assert shapes[-1] == (192, 2, 2)


def test_from_the_hub_once_and_then_without_it(
    hub: LoopbackHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = _saved(tmp_path / "net")
    with pytest.raises(NotFetchedError, match=r"1\.9 MB\) are not in .*tlkit fetch timm:test_resnet\.r160"):
        backbones.load("timm:test_resnet")
    assert hub.asked == []
    hub.repositories["timm/" + NAME] = repository = Repository.of(tmp_path / "net")
    loaded = backbones.load("timm:test_resnet", download=True)
    assert "fetching 1.9 MB in 3 files" in capsys.readouterr().err
    hub.asked.clear()
    again = backbones.load(f"timm:{NAME}")
    assert hub.asked == []
    assert again.name == loaded.name == f"timm:{NAME}"
    assert again.fingerprint == loaded.fingerprint
    card = again.card
    assert (card.licence_weights, card.data) == ("Apache-2.0", "imagenet-1k")
    assert card.lineage["commit"] == repository.commit
    assert len(card.classes) == 1000
    assert card.file_bytes == len(repository.files["model.safetensors"])
    assert [(one.name, one.bytes) for one in adapter.present()] == [(again.name, card.file_bytes)]
    images = np.random.default_rng(0).uniform(size=(2, 3, 160, 160)).astype(np.float32)
    settings = timm.data.resolve_model_data_config(net)
    assert again.transform.mean == tuple(settings["mean"])
    with torch.no_grad():
        expected = net(again.transform(images)).softmax(dim=1)
    np.testing.assert_allclose(again.source_probabilities(images), expected.numpy(), atol=1e-6)


def test_a_folder_that_timm_saved(tmp_path: Path) -> None:
    net = _saved(tmp_path / "net", "test_vit", num_classes=3)
    state = torch.get_rng_state()
    loaded = backbones.load(f"timm:local-dir:{tmp_path / 'net'}")
    assert torch.equal(state, torch.get_rng_state())
    assert loaded.source_head is not None
    assert loaded.source_head.out_features == 3
    images = np.random.default_rng(0).uniform(size=(1, 3, 160, 160)).astype(np.float32)
    with torch.no_grad():
        expected = net(loaded.transform(images)).softmax(dim=1)
    np.testing.assert_allclose(loaded.source_probabilities(images), expected.numpy(), atol=1e-6)
    _saved(tmp_path / "thousand", "test_vit")
    assert backbones.load(f"timm:local-dir:{tmp_path / 'thousand'}").card.classes == ()
    smaller = backbones.load(f"timm:local-dir:{tmp_path / 'net'}", side=96)
    assert smaller.features(images[:, :, :96, :96]).shape == (1, loaded.feature_count)
    with pytest.raises(DataError, match="does not take pictures of 9 x 9"):
        backbones.load(f"timm:local-dir:{tmp_path / 'net'}", side=9)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            {"pretrained_cfg": {"input_size": [3, 60_000, 60_000]}},
            "makes no sense: pictures of 60000 x 60000",
        ),
        ({"pretrained_cfg": {"crop_pct": "x"}}, "makes no sense"),
        ({"pretrained_cfg": {"label_names": 5}}, "makes no sense"),
        ({"model_args": {"pretrained_strict": False}}, "sets pretrained_strict"),
        ({"architecture": "hf-hub:a/b"}, "do not fit its network: Unknown model"),
        ([], "are no object"),
    ],
)
def test_settings_that_lead_astray_are_said(tmp_path: Path, said: Any, words: str) -> None:
    _saved(tmp_path / "net", "test_vit", num_classes=3)
    place = tmp_path / "net" / "config.json"
    settings = json.loads(place.read_text(encoding="utf-8"))
    for key, value in said.items() if isinstance(said, dict) else ():
        settings[key] = {**settings[key], **value} if isinstance(value, dict) else value
    place.write_text(json.dumps(settings if said else said), encoding="utf-8")
    with pytest.raises(WeightsError, match=words):
        backbones.load(f"timm:local-dir:{tmp_path / 'net'}")


def test_what_is_no_safetensors_is_refused(tmp_path: Path) -> None:
    _saved(tmp_path / "net")
    torch.save({}, tmp_path / "net" / "pytorch_model.bin")
    (tmp_path / "net" / "model.safetensors").rename(tmp_path / "net" / "away")
    with pytest.raises(WeightsError, match=r"has no model\.safetensors"):
        backbones.load(f"timm:local-dir:{tmp_path / 'net'}")
    settings = json.loads((tmp_path / "net" / "config.json").read_text())
    settings["architecture"] = "test_vit"
    (tmp_path / "net" / "config.json").write_text(json.dumps(settings))
    (tmp_path / "net" / "away").rename(tmp_path / "net" / "model.safetensors")
    with pytest.raises(WeightsError, match="do not fit its network"):
        backbones.load(f"timm:local-dir:{tmp_path / 'net'}")


def test_names_are_timms_own_and_unknown_ones_give_the_nearest() -> None:
    assert f"timm:{NAME}" in adapter.names()
    with pytest.raises(UnknownNameError, match="'resnet18'"):
        backbones.load("timm:resnet81")
    with pytest.raises(UnknownNameError, match=r"'resnet18\.a1_in1k'"):
        backbones.load("timm:resnet18.a1_in2k")


@pytest.fixture(scope="module")
def dropping(tmp_path_factory: pytest.TempPathFactory) -> dict[str, backbones.Backbone]:
    """Small networks with dropout, stochastic depth, BatchNorm and LayerNorm."""
    found = {}
    for name in ("test_resnet", "test_vit"):
        folder = tmp_path_factory.mktemp(name)
        _saved(folder, name, num_classes=3, **({"zero_init_last": False} if "resnet" in name else {}))
        settings = json.loads((folder / "config.json").read_text())
        # As new, the last norm of each block is zero: what is dropped would not be missed.
        settings["model_args"] = {
            "drop_path_rate": 0.3,
            **({"zero_init_last": False} if "resnet" in name else {}),
        }
        (folder / "config.json").write_text(json.dumps(settings))
        found[name] = backbones.load(f"timm:local-dir:{folder}", side=64)
    return found


@pytest.mark.parametrize("mode", freeze.MODES)
@pytest.mark.parametrize("name", ["test_resnet", "test_vit"])
def test_frozen_is_proved(dropping: dict[str, backbones.Backbone], name: str, mode: str) -> None:
    net = dropping[name]
    model = net.with_head(2, seed=0)
    before = freeze.seal(model)
    last = net.stages[-1]
    freeze.plan(net, {**dict.fromkeys(net.stages, mode), "head": "trainable"}).apply(model)
    model.train()
    images = torch.randn(4, *net.transform.shape, generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    nn.functional.cross_entropy(model(images), torch.tensor([0, 1, 0, 1])).backward()
    optimizer.step()
    report = before.check(model)
    assert report.kept
    assert "weights" in report["head"].moved
    assert ("weights" in report[last].moved) == (mode in freeze.LEARNING)
    has_norm = name == "test_resnet"
    assert ("statistics" in report[last].moved) == (
        has_norm and mode in ("trainable", "weights_only", "train_bn")
    )
    assert report["layer4" if has_norm else "blocks_5"].dropout == (
        "off" if mode in ("strict", "stored_stats") else "on"
    )
    model.train()
    with torch.no_grad():
        # Of a few places with a small rate, two draws are now and then the same: twenty are not.
        one, *others = (model.backbone(images) for _ in range(21))
    assert all(torch.equal(one, other) for other in others) == (mode in ("strict", "stored_stats")), (
        "dropping at random"
    )


@pytest.mark.parametrize("name", ["test_resnet", "test_vit"])
def test_random_weights_repeat(dropping: dict[str, backbones.Backbone], name: str) -> None:
    net = dropping[name]
    one, two = net.reinitialised(0), net.reinitialised(0)
    assert one.fingerprint == two.fingerprint != net.reinitialised(1).fingerprint
    images = np.random.default_rng(0).uniform(size=(2, *net.transform.shape)).astype(np.float32)
    assert np.isfinite(one.features(images)).all()
    assert one.features(images).std() > 0
