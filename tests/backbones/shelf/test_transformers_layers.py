"""Networks of transformers on a shelf: layers from settings, a tokenizer from its file, and nothing is fetched."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.backbones.hubs.conftest import Serve
from tests.optional import optional
from tlkit import data, freeze, train
from tlkit.backbones import Backbone, ModelCard
from tlkit.backbones.shelf import Shelf
from tlkit.backbones.shelf.builders import builder_of, built, settings_of
from tlkit.backbones.shelf.packing import pack, unpack
from tlkit.backbones.shelf.transformers_layers import TEXTS
from tlkit.backbones.staged import StagedModule
from tlkit.data import Dataset
from tlkit.errors import MissingPartError, WeightsError

optional("transformers", "hf")
from tests.backbones.hubs.hf_models import image_model, text_model  # noqa: E402

SAID = ModelCard("said", licence_weights="MIT", licence_code="Apache-2.0")


@pytest.fixture
def loaded(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: Any) -> Backbone:
    """A network from a hub, which cannot be reached any more."""
    (text_model if request.param in TEXTS else image_model)(tmp_path / "made", request.param)
    net = serve()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "nothing"))
    return net


def items_for(net: Backbone) -> Any:
    if net.transform.takes == "texts":
        return ["a cat sits on the warm mat", "kittens", "", "a zebra [SEP] \ud800", " ".join(["cat"] * 60)]
    return np.random.default_rng(0).random((2, *net.transform.shape), dtype=np.float32)


@pytest.mark.parametrize(
    "loaded", ["bert", "roberta", "mpnet", "resnet", "convnext", "swin", "vit"], indirect=True
)
def test_a_network_of_the_hub_comes_back_twice(loaded: Backbone, tmp_path: Path) -> None:
    net, items = loaded, items_for(loaded)
    net.features(items)  # a tokenizer keeps how it was last called
    shelf = Shelf(tmp_path / "shelf")
    shelf.push(net, "first", SAID, allow_incomplete="a test")
    shelf.push(shelf.load("first"), "second", allow_incomplete="a test")
    again = shelf.load("second")
    assert (again.stages, again.fingerprint) == (net.stages, net.fingerprint)
    assert torch.equal(again.transform(items), net.transform(items))
    assert (again.features(items) == net.features(items)).all()
    if net.source_head is not None:
        assert (again.source_probabilities(items) == net.source_probabilities(items)).all()
    else:
        assert again.transform.examples() == net.transform.examples()  # type: ignore[attr-defined]
        assert again.transform.encode("a zebra") == net.transform.encode("a zebra")  # type: ignore[attr-defined]
    assert all(one.requires_grad for one in again.module.parameters())
    assert [one.name for one in shelf.lineage("second").ancestors][1:3] == ["shelf:first@1.0.0", net.name]


@pytest.mark.filterwarnings("ignore:Images of")
@pytest.mark.parametrize("loaded", ["bert", "vit"], indirect=True)
def test_what_was_trained_comes_back_and_a_changed_byte_does_not(
    loaded: Backbone, tmp_path: Path, things: Dataset
) -> None:
    net = loaded
    task = (things if net.transform.takes == "texts" else data.load("emoji:noto")).few_shot(1, seed=0)
    recipe = train.Recipe.fine_tune().change(steps=2, most_steps=2)
    run = train.fit(net, task, freeze.plan(net, until=net.stages[-1]), recipe=recipe)
    shelf = Shelf(tmp_path / "shelf")
    shelf.push(run, "own", SAID, allow_incomplete="a test")
    again, items = shelf.load("own"), items_for(net)
    trained = replace(net, module=run.model.backbone, source_head=run.model.head)
    assert (again.source_probabilities(items) == trained.source_probabilities(items)).all()
    assert again.card.classes == run.task.classes
    assert train.fit(again, task, seed=0).seal.kept
    folder = tmp_path / "shelf" / "own" / "1.0.0"
    for path in folder.glob("*.json"):
        whole = path.read_bytes()
        path.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])
        assert not shelf.verify().ok, path.name
        with pytest.raises(WeightsError):
            shelf.load("own")
        path.write_bytes(whole)
    assert shelf.verify().ok


@pytest.mark.parametrize("loaded", ["bert"], indirect=True)
def test_of_a_network_its_first_stages_alone_are_stored_too(loaded: Backbone) -> None:
    first = replace(loaded, module=StagedModule(dict(list(loaded.module.stages.items())[:2])))
    again = unpack(pack(first))
    assert (again.stages, again.fingerprint) == (("embeddings", "layer1"), first.fingerprint)


@pytest.mark.parametrize("loaded", ["bert"], indirect=True)
def test_nothing_that_an_entry_says_leads_elsewhere(
    loaded: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, settings = loaded, settings_of(loaded)
    config = settings["config"]
    for key, value in {
        "auto_map": {"AutoModel": "someone/else--modeling.Model"},
        "attn_implementation": "kernels-community/flash-attn",
        "_attn_implementation_internal": "kernels-community/flash-attn",
        "quantization_config": {"quant_method": "someone"},
        "backbone_config": {"model_type": "resnet"},
        "use_timm_backbone": True,
        "_name_or_path": "someone/else",
    }.items():
        with pytest.raises(WeightsError, match="leads to what is not in the entry"):
            built("hf:bert", net.transform.shape, {**settings, "config": {**config, key: value}})
    for key, value in {
        "num_hidden_layers": 10**9,
        "vocab_size": 10**12,
        "hidden_size": 10**9,
        "depths": [2, [10**9]],
        "depth_coefficient": 100,
        "focal_levels": [300, 300],
        "extra": [{"auto_map": "someone/else"}],
    }.items():
        with pytest.raises(WeightsError, match=r"at most|sums up|leads to what"):
            built("hf:bert", net.transform.shape, {**settings, "config": {**config, key: value}})
    wide = {**config, "vocab_size": 2_000_000, "hidden_size": 2_000_000}  # 4e12 numbers of words alone
    with pytest.raises(
        WeightsError, match=r"its settings make 40,\d{3},\d{3},\d{3},\d{3} numbers, and 1,000 are stored"
    ):
        built("hf:bert", net.transform.shape, {**settings, "config": wide}, stored=1_000)
    pictures = {"config": {"image_size": 1024}, "pooling": ""}
    with pytest.raises(WeightsError, match="image_size is 1024"):
        built("hf:levit", (3, 1024, 1024), pictures)
    with pytest.raises(WeightsError, match="60000 x 60000, and at most"):
        built("hf:vit", (3, 60_000, 60_000), pictures)
    for kind in ("timm_wrapper", "dpt", "gpt2", "../bert", "someone/model", ""):
        with pytest.raises(WeightsError, match="not built here"):
            built(f"hf:{kind}", net.transform.shape, settings)
    with pytest.raises(WeightsError, match="cannot be read here"):
        unpack({**pack(net), "tokenizer.json": b"{}"})
    assert builder_of(net) == "hf:bert"
    shelf = Shelf(tmp_path / "shelf")
    shelf.push(net, "net", SAID, allow_incomplete="a test")
    stored = json.loads((tmp_path / "shelf/net/1.0.0/config.json").read_text())
    assert (stored["schema"], stored["settings"]["config"]["model_type"]) == (1, "bert")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingPartError, match=r"pip install 'tlkit\[hf\]'"):
        shelf.load("net")
