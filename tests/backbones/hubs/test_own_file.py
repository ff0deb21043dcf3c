"""Files of one's own: weights with what lies beside them, programs, ONNX; and files that are refused."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from tests.backbones.hubs.onnx_bytes import pooling_and_matrix
from tests.optional import optional
from tlkit import backbones, freeze
from tlkit.backbones.hubs import own_file
from tlkit.errors import DataError, MissingPartError, PlanError, TlkitError, UnknownNameError, WeightsError
from tlkit.freeze.modes import MODES, TABLE

SMALL = {"channels": 3, "height": 12, "width": 12, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
LAYERS = {
    "stem": ["Conv2d(3, 8, 3)", "BatchNorm2d(8)", "ReLU()"],
    "body": ["Conv2d(8, 6, 3, stride=2)", "BatchNorm2d(6)", "Dropout2d(0.5)"],
    "head": ["Linear(6, 4)"],
}
ABOUT = {"layers": LAYERS, "transform": SMALL, "classes": ["a", "b", "c", "d"], "licence_weights": "CC0-1.0"}


def network() -> nn.Module:
    """The same, by hand."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.ModuleDict(
            {
                "stem": nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()),
                "body": nn.Sequential(nn.Conv2d(8, 6, 3, stride=2), nn.BatchNorm2d(6), nn.Dropout2d(0.5)),
                "head": nn.Sequential(nn.Linear(6, 4)),
            }
        ).eval()


def images(count: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).random((count, 3, 12, 12), dtype=np.float32)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    place = tmp_path / "net.safetensors"
    safetensors.torch.save_file(network().state_dict(), place)
    place.with_suffix(".json").write_text(json.dumps(ABOUT))
    return place


@pytest.fixture
def program(tmp_path: Path) -> Path:
    net: Any = network()
    whole = nn.Sequential(net["stem"], net["body"]).eval()
    sizes = ({0: torch.export.Dim.AUTO},)
    place = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(whole, (torch.zeros(2, 3, 12, 12),), dynamic_shapes=sizes), place)
    return place


def expected(raw: Any) -> Any:
    net: Any = network()
    with torch.no_grad():
        features = net["body"](net["stem"](torch.from_numpy(raw) * 4 - 2)).mean((2, 3))
        return features.numpy(), net["head"](features).softmax(1).numpy()


@pytest.mark.parametrize("kind", [".safetensors", ".pt"])
def test_weights_with_layers_beside_them(weights: Path, kind: str) -> None:
    if kind == ".pt":
        torch.save({"state_dict": network().state_dict(), "epoch": 3}, weights.with_suffix(kind))
    net = backbones.load(f"file:{weights.with_suffix(kind)}")
    features, probabilities = expected(images(3))
    assert np.allclose(net.features(images(3)), features, atol=1e-6)
    assert np.allclose(net.source_probabilities(images(3)), probabilities, atol=1e-6)
    assert (net.stages, net.card.classes) == (("stem", "body"), ("a", "b", "c", "d"))
    assert (net.card.licence_weights, len(net.card.sha256)) == ("CC0-1.0", 64)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: x * float("nan"),
        lambda x: x.to(torch.complex64),
        lambda x: x.to_sparse(),
        lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.qint8),
        lambda x: x.to("meta"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_weights_that_are_no_plain_numbers_are_refused(
    weights: Path, spoil: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    state = network().state_dict()
    torch.save({**state, "stem.0.weight": spoil(state["stem.0.weight"])}, weights.with_suffix(".pt"))
    with pytest.raises(WeightsError, match=r"no plain, finite numbers in .*stem\.0\.weight"):
        backbones.load(f"file:{weights.with_suffix('.pt')}")


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_holds_on_weights_of_one_s_own(weights: Path, mode: str) -> None:
    source = backbones.load(f"file:{weights}")
    net = source.with_head(2, seed=0)
    freeze.plan(net, dict.fromkeys(source.stages, mode)).apply(net)
    sealed = freeze.seal(net)
    one_step(net, source.transform(images(4)))
    for stage in sealed.check(net).stages[:-1]:
        assert not stage.broken
        there = {kind for kind, found in stage.kinds.items() if found is not None}
        assert set(stage.moved) == {kind for kind in there if TABLE[mode].may_change(kind)}


def one_step(net: nn.Module, x: torch.Tensor) -> None:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net.train()
    torch.nn.functional.cross_entropy(net(x), torch.tensor([0, 1, 0, 1])).backward()
    optimizer.step()


def test_an_architecture_of_torchvision_with_classes_of_one_s_own(tmp_path: Path) -> None:
    from torchvision.models import shufflenet_v2_x0_5

    net = shufflenet_v2_x0_5(weights=None, num_classes=3).eval()
    place = tmp_path / "mine.safetensors"
    safetensors.torch.save_file(net.state_dict(), place)
    about = {
        "architecture": "torchvision:shufflenet_v2_x0_5",
        "transform": {**SMALL, "height": 64, "width": 64},
    }
    found = own_file.read(place, about)
    raw = np.random.default_rng(0).random((2, 3, 64, 64), dtype=np.float32)
    with torch.no_grad():
        scores = net(torch.from_numpy(raw) * 4 - 2).softmax(1).numpy()
    assert np.allclose(found.source_probabilities(raw), scores, atol=1e-5)
    cut = own_file.read(
        place,
        {
            **about,
            "head": "fc",
            "stages": {"first": ["conv1", "maxpool"], "second": ["stage2", "stage3", "stage4", "conv5"]},
        },
    )
    assert cut.stages == ("first", "second")
    assert np.allclose(cut.features(raw), found.features(raw), atol=1e-6)


def test_an_architecture_of_the_zoo(tmp_path: Path) -> None:
    source = backbones.load("zoo:resnet-letters")
    place = tmp_path / "mine.safetensors"
    state = {key: value.contiguous() for key, value in source.module.state_dict().items()}
    safetensors.torch.save_file(state, place)
    found = own_file.read(place, {"architecture": "zoo:resnet"})
    raw = np.random.default_rng(0).random((2, 1, 32, 32), dtype=np.float32)
    assert np.array_equal(found.features(raw), source.features(raw))


class Malicious:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return open, (str(self.mark), "w")


@pytest.mark.parametrize("kind", [".pt", ".pth", ".bin", ".ckpt"])
def test_a_pickle_that_would_run_code_does_not_run(tmp_path: Path, weights: Path, kind: str) -> None:
    mark = tmp_path / "ran"
    torch.save({"weight": Malicious(mark)}, weights.with_suffix(kind))
    with pytest.raises(WeightsError, match="could run any code"):
        backbones.load(f"file:{weights.with_suffix(kind)}")
    (tmp_path / f"plain{kind}").write_bytes(pickle.dumps(Malicious(mark)))
    with pytest.raises(WeightsError):
        backbones.load(f"file:{tmp_path / f'plain{kind}'}")
    assert not mark.exists()


@pytest.mark.parametrize("kind", [".safetensors", ".pt", ".pt2", ".onnx"])
def test_files_cut_short_are_refused(tmp_path: Path, weights: Path, program: Path, kind: str) -> None:
    torch.save(network().state_dict(), tmp_path / "net.pt")
    (tmp_path / "net.onnx").write_bytes(pooling_and_matrix(np.ones((3, 5)), ["n", 3, 12, 12]))
    content = (tmp_path / f"net{kind}").read_bytes()
    for share in (0, 1, 2):
        short = tmp_path / f"short{kind}"
        short.write_bytes(content[: len(content) * share // 3])
        with pytest.raises(WeightsError, match="not a whole"):
            own_file.read(short, {"layers": LAYERS} if kind in (".safetensors", ".pt") else {}, trust=True)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"layers": None}, WeightsError, "names no network"),
        ({"architecture": "zoo:resnet"}, WeightsError, "both an architecture and layers"),
        ({"transform": None}, WeightsError, "which pictures"),
        ({"transform": {"height": 3}}, WeightsError, "expected the entries channels"),
        ({"transform": {**SMALL, "channels": 2}}, WeightsError, "2 channels"),
        ({"classes": ["a"]}, WeightsError, "names 1 classes, the last layer has 4"),
        ({"classes": "abcd"}, WeightsError, "a list of texts"),
        ({"layrs": {}}, UnknownNameError, "nearest are 'layers'"),
        ({"sha256": "0" * 64}, WeightsError, "changed or cut short"),
        ({"layers": {**LAYERS, "stem": ["Conv2D(3, 8, 3)"]}}, UnknownNameError, "nearest .*'Conv2d'"),
        (
            {"layers": {**LAYERS, "stem": ["__import__('os').system('true')"]}},
            WeightsError,
            "no layer with plain",
        ),
        ({"layers": {**LAYERS, "stem": ["Conv2d(3, __import__('os'), 3)"]}}, WeightsError, "does not make"),
        ({"layers": {**LAYERS, "stem": ["Conv2d(3)"]}}, WeightsError, "does not make"),
        ({"layers": {**LAYERS, "stem": ["ReLU()"]}}, WeightsError, "left over"),
        ({"layers": {**LAYERS, "head": ["ReLU()"]}}, WeightsError, "one linear layer"),
        (
            {"layers": {**LAYERS, "stem": ["Conv2d(3, 9, 3)", *LAYERS["stem"][1:]]}},
            WeightsError,
            r"shape \(8, 3",
        ),
    ],
)
def test_what_lies_beside_can_be_wrong_in_many_ways(
    weights: Path, change: dict[str, Any], error: type[TlkitError], words: str
) -> None:
    about = {key: value for key, value in {**ABOUT, **change}.items() if value is not None}
    weights.with_suffix(".json").write_text(json.dumps(about))
    with pytest.raises(error, match=words):
        backbones.load(f"file:{weights}")


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"architecture": "torchvision:resnet999"}, "network of torchvision"),
        ({"architecture": "timm:resnet999"}, "network of timm"),
        ({"architecture": "zoo:rsnet"}, "nearest is 'resnet'"),
        ({"architecture": "torch:resnet18"}, "nearest is 'torchvision'"),
    ],
)
def test_architectures_that_do_not_exist(weights: Path, about: dict[str, Any], words: str) -> None:
    with pytest.raises(UnknownNameError, match=words):
        own_file.read(weights, {**about, "transform": SMALL})


def test_what_lies_beside_that_is_no_json(weights: Path) -> None:
    weights.with_suffix(".json").write_text("{")
    with pytest.raises(WeightsError, match="is no JSON"):
        backbones.load(f"file:{weights}")


@pytest.mark.parametrize(("name", "words"), [("none.pt", "cannot be read"), ("net.pkl", "of a kind")])
def test_files_that_are_not_there_or_of_another_kind(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(WeightsError, match=words):
        backbones.load(f"file:{tmp_path / name}")


def test_a_program_needs_trust(program: Path) -> None:
    with pytest.raises(WeightsError, match="trust=True"):
        backbones.load(f"file:{program}")


def test_a_program_learns_on_stored_statistics_or_is_strict(program: Path) -> None:
    source = own_file.read(program, {"transform": SMALL}, trust=True)
    assert np.allclose(source.features(images(3)), expected(images(3))[0], atol=1e-6)
    for mode in MODES:
        net = source.with_head(2, seed=0)
        if mode not in ("strict", "stored_stats"):
            with pytest.raises(PlanError, match="as in evaluation"):
                freeze.plan(net, {"network": mode})
            continue
        freeze.plan(net, {"network": mode}).apply(net)
        sealed = freeze.seal(net)
        one_step(net, source.transform(images(4)))
        assert sealed.check(net).stages[0].moved == (() if mode == "strict" else ("weights",))
        x = source.transform(images(4, seed=1))
        with torch.no_grad():
            again = net.backbone(x)
            assert torch.equal(again, net.backbone(x))
            for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
                assert torch.equal(other.backbone(x), again)
                assert freeze.seal(other).fingerprints == freeze.seal(net).fingerprints


def test_a_program_exported_while_training_or_for_one_size_is_refused(tmp_path: Path) -> None:
    net: Any = network()
    place = tmp_path / "net.pt2"
    whole = nn.Sequential(net["stem"], net["body"])
    torch.export.save(torch.export.export(whole.train(), (torch.zeros(2, 3, 12, 12),)), place)
    with pytest.raises(WeightsError, match=r"net\.eval\(\)"):
        own_file.read(place, {}, trust=True)
    torch.export.save(torch.export.export(whole.eval(), (torch.zeros(2, 3, 12, 12),)), place)
    with pytest.raises(WeightsError, match=r"Dim\.AUTO"):
        own_file.read(place, {}, trust=True)


class TestOnnx:
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        optional("onnxruntime", "onnx")

    @pytest.mark.parametrize("count", ["n", 1])
    def test_features(self, tmp_path: Path, count: int | str) -> None:
        matrix = np.random.default_rng(1).random((3, 5)).astype(np.float32)
        place = tmp_path / "net.onnx"
        place.write_bytes(pooling_and_matrix(matrix, [count, 3, 12, 12]))
        net = backbones.load(f"file:{place}")
        assert np.allclose(net.features(images(4)), images(4).mean((2, 3)) @ matrix, atol=1e-6)
        assert "assumed" in net.card.limits[0]
        places = own_file.read(place, {"output": "places", "transform": SMALL})
        assert np.allclose(places.features(images(4)), images(4).mean((2, 3)) * 4 - 2, atol=1e-5)
        assert np.array_equal(pickle.loads(pickle.dumps(net)).features(images(4)), net.features(images(4)))

    def test_only_strict_and_nothing_moves(self, tmp_path: Path) -> None:
        place = tmp_path / "net.onnx"
        place.write_bytes(pooling_and_matrix(np.ones((3, 5)), ["n", 3, 12, 12]))
        source = backbones.load(f"file:{place}")
        for mode in MODES:
            if mode != "strict":
                with pytest.raises(PlanError, match="only computes"):
                    freeze.plan(source, {"network": mode})
        with pytest.raises(WeightsError, match="cannot be drawn anew"):
            source.reinitialised(0)
        before = source.features(images(4))
        net = freeze.plan(source, until="head").apply(source.with_head(2, seed=0))
        sealed = freeze.seal(net)
        one_step(net, source.transform(images(4)))
        assert [stage.unchanged for stage in sealed.check(net).stages] == [True, False]
        assert np.array_equal(source.features(images(4)), before)
        place.write_bytes(pooling_and_matrix(np.zeros((3, 5)), ["n", 3, 12, 12]))
        with pytest.raises(WeightsError, match="not the file that was loaded"):
            pickle.loads(pickle.dumps(source)).features(images(4))

    def test_numbers_in_another_file_belong_to_it(self, tmp_path: Path) -> None:
        matrix = np.random.default_rng(1).random((3, 5)).astype(np.float32)
        place, beside = tmp_path / "net.onnx", tmp_path / "net.onnx.data"
        place.write_bytes(pooling_and_matrix(matrix, ["n", 3, 12, 12], beside.name))
        with pytest.raises(WeightsError, match=r"in 'net\.onnx\.data', and no such file lies beside it"):
            backbones.load(f"file:{place}")
        beside.write_bytes(matrix.tobytes())
        net = backbones.load(f"file:{place}")
        assert np.allclose(net.features(images(4)), images(4).mean((2, 3)) @ matrix, atol=1e-6)
        assert net.card.file_bytes == place.stat().st_size + matrix.nbytes
        beside.write_bytes((matrix + 1).tobytes())
        with pytest.raises(WeightsError, match="not the file that was loaded"):
            pickle.loads(pickle.dumps(net)).features(images(4))
        other = backbones.load(f"file:{place}")
        assert net.card.sha256 != other.card.sha256
        assert net.fingerprint != other.fingerprint

    @pytest.mark.parametrize("location", ["../secret", "/secret", "link", ""])
    def test_numbers_from_elsewhere_are_not_read(self, tmp_path: Path, location: str) -> None:
        (tmp_path / "secret").write_bytes(bytes(60))
        place = tmp_path / "inner" / "net.onnx"
        place.parent.mkdir()
        (place.parent / "link").symlink_to(tmp_path / "secret")
        place.write_bytes(
            pooling_and_matrix(np.ones((3, 5)), ["n", 3, 12, 12], location)[: None if location else -9]
        )
        with pytest.raises(WeightsError, match="lies beside it" if location else "not a whole ONNX file"):
            backbones.load(f"file:{place}")

    def test_what_does_not_fit(self, tmp_path: Path) -> None:
        place = tmp_path / "net.onnx"
        place.write_bytes(pooling_and_matrix(np.ones((3, 5)), ["n", 3, "h", "w"]))
        assert own_file.read(place, side=20).transform.shape == (3, 20, 20)
        with pytest.raises(UnknownNameError, match="nearest is 'features'"):
            own_file.read(place, {"output": "feature"})
        place.write_bytes(pooling_and_matrix(np.ones((3, 5)), ["n", 3, 12, 12]))
        with pytest.raises(DataError, match="12 x 12"):
            own_file.read(place, side=20)
        place.write_bytes(pooling_and_matrix(np.ones((3, 5)), [4, 3, 12, 12]))
        with pytest.raises(WeightsError, match="4 pictures at a time"):
            backbones.load(f"file:{place}").features(images(4))


def test_without_onnxruntime_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "net.onnx"
    place.write_bytes(pooling_and_matrix(np.ones((3, 5)), ["n", 3, 12, 12]))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingPartError, match=r"tlkit\[onnx\]"):
        backbones.load(f"file:{place}")
