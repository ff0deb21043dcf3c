"""Models of transformers: the same function as the library's own, and frozen as asked."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.backbones.hubs.conftest import Serve
from tests.backbones.hubs.hf_models import image_model, text_model
from tests.backbones.hubs.loopback_hub import LoopbackHub
from tlkit import backbones, data, freeze, train
from tlkit.backbones.layers import has_dropout
from tlkit.errors import DataError, MissingPartError, WeightsError

TEXTS = ["a cat sits on the warm mat", "kittens", "the bank"]


@pytest.mark.parametrize(
    ("kind", "stages"),
    [
        ("resnet", ("embedder", "stage1", "stage2")),
        ("convnext", ("embedder", "stage1", "stage2", "pooling")),
        ("vit", ("embedder", "layer1", "layer2", "pooling")),
        ("swin", ("body",)),
    ],
)
def test_image_classifiers_say_what_transformers_says(
    serve: Serve, tmp_path: Path, kind: str, stages: tuple[str, ...]
) -> None:
    from transformers import AutoImageProcessor

    net = image_model(tmp_path / "made", kind)
    state = torch.get_rng_state()
    loaded = serve()
    assert torch.equal(state, torch.get_rng_state())
    assert loaded.stages == stages
    assert loaded.card.classes == ("ant", "bee", "cow")
    bytes_ = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), dtype=np.uint8)
    processor = AutoImageProcessor.from_pretrained(tmp_path / "made")
    pixels = processor(list(bytes_), input_data_format="channels_first", return_tensors="pt").pixel_values
    images = bytes_.astype(np.float32) / 255
    torch.testing.assert_close(loaded.transform(images), pixels, atol=1e-5, rtol=1e-5)
    with torch.no_grad():
        expected = net(loaded.transform(images)).logits.softmax(dim=1)
    np.testing.assert_allclose(loaded.source_probabilities(images), expected.numpy(), atol=1e-6)


def test_what_is_no_image_classifier_or_text_encoder_is_refused(
    serve: Serve, hub: LoopbackHub, tmp_path: Path
) -> None:
    image_model(tmp_path / "made")
    path = tmp_path / "made" / "config.json"
    settings = json.loads(path.read_text())
    path.write_text(json.dumps({**settings, "architectures": ["ResNetBackbone"]}))
    with pytest.raises(WeightsError, match="a ResNetBackbone, neither an image classifier nor a text"):
        serve("someone/other")
    path.write_text(json.dumps({**settings, "model_type": "mine", "auto_map": {"AutoConfig": "mine.Config"}}))
    (tmp_path / "made" / "mine.py").write_text("raise SystemExit('ran')")
    with pytest.raises(WeightsError, match=r"code of its own.*trust=True"):
        serve("someone/code")
    assert not any(path.endswith("mine.py") for _, path, _ in hub.asked)
    path.write_text(json.dumps({**settings, "hidden_sizes": [8, 24]}))
    with pytest.raises(WeightsError, match="do not fit its network"):
        serve("someone/sizes")
    path.write_text(json.dumps({**settings, "depths": [1, 2]}))
    with pytest.raises(WeightsError, match="is missing"):
        serve("someone/deeper")
    path.write_text(json.dumps(settings))
    (tmp_path / "made" / "preprocessor_config.json").unlink()
    with pytest.raises(WeightsError, match="how its pictures are prepared"):
        serve("someone/unprepared")


@pytest.mark.parametrize("kind", ["t5", "clip"])
def test_what_takes_more_than_a_text_is_refused_though_it_has_a_tokenizer(
    serve: Serve, tmp_path: Path, kind: str
) -> None:
    import transformers

    text_model(tmp_path / "made")
    small = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "hidden_size": 16}
    if kind == "t5":
        net: Any = transformers.T5Model(
            transformers.T5Config(vocab_size=14, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
        )
    else:
        net = transformers.CLIPModel(
            transformers.CLIPConfig(
                text_config={**small, "vocab_size": 14},
                vision_config={**small, "image_size": 32, "patch_size": 16},
            )
        )
    net.save_pretrained(tmp_path / "made")
    with pytest.raises(
        WeightsError, match=rf"someone/model is a {type(net).__name__}, neither .*backbones\.wrap"
    ):
        serve()


CODE = """
import torch
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import ImageClassifierOutput


class Config(PreTrainedConfig):
    model_type = "mine"


class MineForImageClassification(PreTrainedModel):
    config_class = Config
    main_input_name = "pixel_values"

    def __init__(self, config):
        super().__init__(config)
        self.net = torch.nn.Conv2d(3, 8, 4, stride=4)
        self.classifier = torch.nn.Linear(8, 2)
        self.post_init()

    def forward(self, pixel_values):
        return ImageClassifierOutput(logits=self.classifier(self.net(pixel_values).mean(dim=(2, 3))))
"""


def test_code_of_a_repository_runs_only_if_it_is_trusted(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import save_file
    from transformers import dynamic_module_utils

    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    image_model(tmp_path / "made")
    (tmp_path / "made" / "mine.py").write_text(CODE)
    settings = {
        "architectures": ["MineForImageClassification"],
        "model_type": "mine",
        "auto_map": {
            "AutoConfig": "mine.Config",
            "AutoModelForImageClassification": "mine.MineForImageClassification",
        },
        "num_labels": 2,
        "image_size": 32,
    }
    (tmp_path / "made" / "config.json").write_text(json.dumps(settings))
    weights = {
        "net.weight": torch.ones(8, 3, 4, 4),
        "net.bias": torch.zeros(8),
        "classifier.weight": torch.ones(2, 8),
        "classifier.bias": torch.zeros(2),
    }
    save_file(weights, tmp_path / "made" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"code of its own.*trust=True"):
        serve("someone/trusted")
    assert not (tmp_path / "modules").exists()
    loaded = serve("someone/trusted", trust=True)
    assert (loaded.stages, loaded.feature_count) == (("body",), 8)
    assert loaded.card.licence_code == "unknown: the network is code of someone/trusted"


def test_another_side(serve: Serve, tmp_path: Path) -> None:
    image_model(tmp_path / "made")
    assert serve(side=64).transform.shape == (3, 64, 64)
    image_model(tmp_path / "made", "vit")
    with pytest.raises(DataError, match="does not take pictures of 64 x 64"):
        serve("someone/vit", side=64)


def test_what_timm_saved_on_the_hub(serve: Serve, tmp_path: Path) -> None:
    import timm

    net = timm.create_model("test_resnet", num_classes=3)
    timm.models.save_for_hf(net, tmp_path / "made", safe_serialization=True)
    assert serve("someone/timms").stages == ("stem", "layer1", "layer2", "layer3", "layer4")


def test_without_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingPartError, match=r"pip install 'tlkit\[hf\]'"):
        backbones.load("hf:microsoft/resnet-18")


@pytest.fixture(scope="module")
def dropping(tmp_path_factory: pytest.TempPathFactory) -> dict[str, backbones.Backbone]:
    """Small models with dropout, in attention as well, with BatchNorm and with LayerNorm."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("HF_HOME", str(home))
        for kind in ("bert", "vit", "resnet"):
            commit = kind.encode().hex().ljust(40, "0")
            folder = home / "hub" / f"models--someone--{kind}" / "snapshots" / commit
            if kind == "bert":
                text_model(folder, attention_probs_dropout_prob=0.3, hidden_dropout_prob=0.0)
            else:
                image_model(folder, kind, **({"attention_probs_dropout_prob": 0.3} if kind == "vit" else {}))
            found[kind] = backbones.load(f"hf:someone/{kind}@{commit}")
    return found


@pytest.mark.parametrize("mode", freeze.MODES)
@pytest.mark.parametrize("kind", ["bert", "vit", "resnet"])
def test_frozen_is_proved(dropping: dict[str, backbones.Backbone], kind: str, mode: str) -> None:
    net = dropping[kind]
    model = net.with_head(2, seed=0)
    before = freeze.seal(model)
    layer = net.stages[2]
    freeze.plan(net, {**dict.fromkeys(net.stages, mode), "head": "trainable"}).apply(model)
    model.train()
    if kind == "bert":
        x = net.transform([*TEXTS, "a warm cat"])
    else:
        x = torch.randn(4, *net.transform.shape, generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    nn.functional.cross_entropy(model(x), torch.tensor([0, 1, 0, 1])).backward()
    optimizer.step()
    report = before.check(model)
    assert report.kept
    assert "weights" in report["head"].moved
    assert ("weights" in report[layer].moved) == (mode in freeze.LEARNING)
    drifts = kind == "resnet" and mode in ("trainable", "weights_only", "train_bn")
    assert ("statistics" in report[layer].moved) == drifts
    still = mode in ("strict", "stored_stats")
    assert has_dropout(model.backbone.stages[layer]) == (kind != "resnet")
    if kind != "resnet":
        assert report[layer].dropout == ("off" if still else "on")
        model.train()
        with torch.no_grad():
            one, *others = (model.backbone(x) for _ in range(11))
        assert all(torch.equal(one, other) for other in others) == still


@pytest.mark.parametrize("kind", ["bert", "vit", "resnet"])
def test_random_weights_and_copies_for_other_processes(
    dropping: dict[str, backbones.Backbone], kind: str
) -> None:
    net = dropping[kind]
    items: Any = TEXTS
    if kind != "bert":
        items = np.random.default_rng(0).uniform(size=(2, *net.transform.shape)).astype(np.float32)
    one, two = net.reinitialised(0), net.reinitialised(0)
    assert one.fingerprint == two.fingerprint != net.fingerprint
    assert one.features(items).std() > 0
    there = pickle.loads(pickle.dumps(net))
    assert there.fingerprint == net.fingerprint
    np.testing.assert_array_equal(there.features(items), net.features(items))


@pytest.mark.parametrize("boundary", ["layer2", "head"])
def test_a_text_encoder_learns_from_a_boundary(
    dropping: dict[str, backbones.Backbone], boundary: str
) -> None:
    net = dropping["bert"]
    task = data.load("emoji:names").few_shot(1, seed=0)
    plan = freeze.plan(net, until=boundary)
    recipe = train.Recipe.for_plan(plan).change(
        augmented_views=0, **({"steps": 2} if boundary != "head" else {})
    )
    run = train.fit(net, task, plan, 0, recipe=recipe, progress=False, test=False)
    assert run.seal.kept
    assert run.seal.unchanged("layer1")
    assert run.seal.unchanged("layer2") == (boundary == "head")
