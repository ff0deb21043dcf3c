"""Keras's networks: the same numbers as Keras, every freeze mode, and files that are refused."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.backbones.hubs.file_server import serving
from tests.optional import MAY_LACK
from tlkit import backbones, freeze
from tlkit.backbones import Backbone
from tlkit.backbones.hubs import keras as adapter
from tlkit.backbones.hubs.hub import Asked
from tlkit.backbones.hubs.keras_client import keras_on_torch, without_tensorflow
from tlkit.backbones.hubs.keras_files import WeightsFile, whole
from tlkit.backbones.hubs.keras_input import input_of
from tlkit.backbones.hubs.keras_model import taken_apart
from tlkit.errors import (
    DataError,
    MissingPartError,
    NotFetchedError,
    PlanError,
    UnknownNameError,
    WeightsError,
)
from tlkit.freeze.modes import MODES, TABLE

if MAY_LACK and find_spec("keras") is None:
    pytest.skip("the extra keras is not installed", allow_module_level=True)
keras: Any = keras_on_torch()

NAME = "keras:MobileNetV2?alpha=0.35@32"
FILE = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224.h5"


def shaken(model: Any, seed: int = 0) -> Any:
    """Give every variable numbers of its own, moving statistics too, which start as zeros and ones."""
    random = np.random.default_rng(seed)
    for one in model.weights:
        low, high = (0.5, 1.5) if "variance" in one.name or "gamma" in one.name else (-0.1, 0.1)
        if one.name != "kernel":
            one.assign(random.uniform(low, high, one.shape))
    return model


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A network of Keras Applications and its weights in the format of the published files."""
    import h5py

    model = keras.applications.MobileNetV2(
        input_shape=(32, 32, 3), alpha=0.35, weights=None, classifier_activation=None
    )
    place = tmp_path_factory.mktemp("published") / FILE
    with h5py.File(place, "w") as file:
        sys.modules["keras.src.legacy.saving.legacy_h5_format"].save_weights_to_hdf5_group(
            file, shaken(model)
        )
    return model, place


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture
def here(published: tuple[Any, Path], home: Path) -> Iterator[Any]:
    shutil.copy(published[1], home / FILE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras tells which side its file was made for
        yield published[0]


@pytest.fixture(scope="module")
def own_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model with all that matters to a plan: norms, dropout, a branch, a model in the model."""
    layers = keras.layers
    inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="block1_conv")(inputs)
    x = layers.BatchNormalization(scale=False, name="block1_bn")(x)
    x = layers.MaxPooling2D(name="block1_pool")(x)
    inner = keras.Sequential(
        [keras.Input((8, 8, 4)), layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization()],
        name="inner",
    )
    x = layers.Add(name="block2_add")([x, keras.ops.relu(inner(x) * 2.0)])
    x = layers.MaxPooling2D(name="block2_pool")(x)
    x = layers.Dropout(0.5, name="block3_drop")(x)
    x = layers.LayerNormalization(name="block3_ln")(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = shaken(keras.Model(inputs, layers.Dense(5, name="scores")(x), name="small"))
    place = tmp_path_factory.mktemp("own") / "small.keras"
    with without_tensorflow():
        model.save(place)
    return place


def keras_reads(place: Path) -> Any:
    with without_tensorflow():
        return keras.models.load_model(place, compile=False)


@pytest.fixture(scope="module")
def small(own_file: Path) -> Backbone:
    return backbones.load(f"keras:{own_file}")


def images(count: int, side: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).random((count, 3, side, side), dtype=np.float32)


def last_layer(x: Any, whole: Any, name: str) -> Any:
    return keras.Model(whole.inputs, whole.get_layer(name).output)(x, training=False)


def test_features_and_scores_are_those_of_keras(here: Any) -> None:
    net = backbones.load(NAME)
    raw = images(3, 32)
    seen = keras.applications.mobilenet_v2.preprocess_input(raw.transpose(0, 2, 3, 1) * 255)
    with torch.no_grad():
        expected = last_layer(seen, here, "global_average_pooling2d").numpy()
        scores = here(seen, training=False).numpy()
    assert np.allclose(net.features(raw), expected, atol=1e-5)
    assert np.allclose(
        np.log(net.source_probabilities(raw)),
        scores - np.log(np.exp(scores).sum(1, keepdims=True)),
        atol=1e-4,
    )
    assert net.stages == (
        "expanded_conv_project_BN",
        "block_2_add",
        "block_5_add",
        "block_12_add",
        "out_relu",
    )
    assert net.card.classes[386] == "African elephant"
    assert "Keras gives no hash for this file" in str(net.card)
    assert [one.name for one in adapter.present()] == ["keras:MobileNetV2?alpha=0.35"]


@pytest.mark.parametrize(
    ("name", "side", "stages"),
    [
        ("VGG16", 32, "block1_pool block2_pool block3_pool block4_pool block5_pool"),
        ("ResNet50", 32, "pool1_pool conv2_block3_out conv3_block4_out conv4_block6_out conv5_block3_out"),
        ("InceptionV3", 75, "max_pooling2d max_pooling2d_1 mixed2 mixed7 mixed10"),
    ],
)
def test_stages_together_are_the_whole_bit_for_bit(name: str, side: int, stages: str) -> None:
    build = getattr(keras.applications, name)
    model = shaken(build(include_top=False, weights=None, input_shape=(side, side, 3)))
    taken = taken_apart(model)
    assert list(taken.module.stages) == stages.split()
    x = torch.from_numpy(images(2, side))
    with torch.no_grad():
        for stage in (*list(taken.module.stages)[1:], None):
            inside = taken.module(x, stop=stage)
            assert inside.shape[1] > inside.shape[2] == inside.shape[3]
            assert torch.equal(taken.module(inside, start=stage or "head"), taken.module(x))
        assert torch.equal(inside.permute(0, 2, 3, 1), model(x.permute(0, 2, 3, 1), training=False))


@pytest.mark.parametrize("name", ["vgg16", "resnet", "inception_v3", "densenet", "efficientnet", "convnext"])
def test_the_transform_is_the_application_s_own(name: str) -> None:
    preprocess = getattr(keras.applications, name).preprocess_input
    transform, reverses = input_of(preprocess, 8, name)
    raw = images(4, 8)
    ours = transform(raw).numpy()
    expected = preprocess(raw.transpose(0, 2, 3, 1) * 255).transpose(0, 3, 1, 2)
    assert np.allclose(ours[:, ::-1] if reverses else ours, expected, rtol=1e-5, atol=1e-4)
    assert reverses == (name in ("vgg16", "resnet"))


def test_a_function_that_does_more_is_refused() -> None:
    with pytest.raises(DataError, match="more than to scale and shift"):
        input_of(lambda x, data_format: x**2, 8, "own")


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_holds_what_it_promises(small: Backbone, mode: str) -> None:
    net = small.with_head(2, seed=0)
    freeze.plan(net, dict.fromkeys(small.stages, mode)).apply(net)
    sealed = freeze.seal(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net.train()
    for step in range(2):
        x = small.transform(images(4, 16, seed=step))
        torch.nn.functional.cross_entropy(net(x), torch.tensor([0, 1, 0, 1])).backward()
        optimizer.step()
    report = sealed.check(net)
    for stage in report.stages[:-1]:
        assert not stage.broken
        present = {kind for kind, found in stage.kinds.items() if found is not None}
        assert set(stage.moved) == {kind for kind in present if TABLE[mode].may_change(kind)} - {"buffers"}
    assert "statistics" in {kind for stage in report.stages for kind in stage.kinds if stage.kinds[kind]}
    frozen = [net.backbone(x), net.backbone(x)]
    # Dropout and the batch's own statistics are what strict and stored_stats switch off.
    assert torch.equal(*frozen) == (not TABLE[mode].dropout)


def test_moving_statistics_follow_the_batches_as_in_keras(small: Backbone, own_file: Path) -> None:
    model = keras_reads(own_file)
    x = small.transform(images(4, 16))
    model(x.permute(0, 2, 3, 1), training=True)
    module = small.clone().module.train()
    module(x)
    expected = model.get_layer("block1_bn")
    ours = next(part for part in module.modules() if isinstance(part, torch.nn.modules.batchnorm._BatchNorm))
    for kept, own in (
        (ours.running_mean, expected.moving_mean),
        (ours.running_var, expected.moving_variance),
    ):
        assert kept is not None
        assert torch.equal(kept, own.value)


def test_trainable_false_alone_leaves_dropout_on_and_strict_does_not(small: Backbone, own_file: Path) -> None:
    model = keras_reads(own_file)
    model.trainable = False
    x = small.transform(images(4, 16))
    last = x.permute(0, 2, 3, 1)
    assert not torch.equal(model(last, training=True), model(last, training=True))
    features = keras.Model(model.inputs, model.get_layer("block3_ln").output)
    net = small.with_head(2, seed=0)
    freeze.plan(net, until="head").apply(net.train())
    assert torch.equal(net.backbone(x).permute(0, 2, 3, 1), features(last, training=False))


def test_dropout_follows_torch_s_seed(small: Backbone) -> None:
    x = small.transform(images(4, 16))
    with torch.random.fork_rng(devices=[]):
        drawn = []
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            drawn.append(small.clone().module.train()(x))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_copies_and_pickles_compute_the_same(small: Backbone) -> None:
    raw = images(2, 16)
    restored = pickle.loads(pickle.dumps(small))
    assert np.array_equal(restored.features(raw), small.features(raw))
    assert np.array_equal(small.clone().features(raw), small.features(raw))
    assert restored.fingerprint == small.fingerprint


def test_tensorflow_stays_out_of_a_process_that_loads_and_asks_a_network(own_file: Path) -> None:
    # In a process of its own: in this one, other tests may have brought TensorFlow in.
    code = """if True:
        import sys
        import numpy as np
        from tlkit import backbones
        net = backbones.load(sys.argv[1])
        print(net.features(np.zeros((1, *net.transform.shape), np.float32)).shape[0], "tensorflow" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", code, f"keras:{own_file}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "False"]


def test_keras_s_own_choice_of_a_device_changes_nothing(small: Backbone, own_file: Path) -> None:
    with keras.device("meta"):
        again = backbones.load(f"keras:{own_file}")
        assert np.array_equal(again.features(images(2, 16)), small.features(images(2, 16)))


def test_training_a_copy_leaves_the_backbone_as_it_was(small: Backbone) -> None:
    before = small.fingerprint
    net = small.with_head(2, seed=0).train()
    with torch.no_grad():
        for one in net.parameters():
            one.add_(1)
    net(small.transform(images(4, 16)))
    assert small.fingerprint == before


def test_weights_are_drawn_anew_from_a_seed(small: Backbone) -> None:
    one, same, other = (small.reinitialised(seed) for seed in (1, 1, 2))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    state = one.module.state_dict()
    assert all(state[key].eq(1).all() for key in state if key.endswith("running_var"))


def test_the_last_layer_is_the_source_head(small: Backbone, own_file: Path) -> None:
    model = keras_reads(own_file)
    raw = images(2, 16)
    scores = model(raw.transpose(0, 2, 3, 1), training=False).detach()
    assert np.allclose(small.source_probabilities(raw), scores.softmax(1).numpy(), atol=1e-6)
    assert "assumed" in small.card.limits[-1]


def test_nothing_is_fetched_unasked(home: Path) -> None:
    with pytest.raises(NotFetchedError, match=r"6\.8 MB.*tlkit fetch"), warnings.catch_warnings():
        warnings.simplefilter("error")
        backbones.load(NAME)
    # The last layers of VGG, which are most of it, fit the usual side alone.
    with pytest.raises(NotFetchedError, match=r"58\.9 MB.*tlkit fetch keras:VGG16@96`"):
        backbones.load("keras:VGG16@96")
    with pytest.raises(DataError, match=r"not take pictures of 40 x 40 pixels: .* at least 75x75"):
        backbones.load("keras:InceptionV3@40", download=True)
    assert not list(home.iterdir())


def test_what_is_fetched_comes_from_keras_s_own_address(
    published: tuple[Any, Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.files[f"/{FILE}"] = published[1].read_bytes()
        monkeypatch.setattr(
            sys.modules["keras.src.applications.mobilenet_v2"], "BASE_WEIGHT_PATH", f"{server.address}/"
        )
        told: list[str] = []
        net = adapter.load(NAME.removeprefix("keras:"), Asked(download=True, tell=told.append))
    assert ["7.2 MB" in one for one in told] == [True]
    assert net.card.lineage["file"] == f"{server.address}/{FILE}"
    assert f"{server.address}/{FILE}" in net.card.origin
    assert "licence of the weights" in net.card.missing()
    assert [one.name for one in home.iterdir()] == [FILE]


def test_another_file_than_keras_expects_is_refused_and_not_kept(home: Path) -> None:
    import hashlib

    with serving() as server:
        server.files["/net.h5"] = b"content"
        for digest in (hashlib.md5(b"other").hexdigest(), hashlib.sha256(b"other").hexdigest()):
            with pytest.raises(WeightsError):
                whole(
                    WeightsFile("net.h5", f"{server.address}/net.h5", digest),
                    "keras:Net",
                    Asked(True, tell=str),
                    7,
                )
            assert not list(home.iterdir())
        right = WeightsFile("net.h5", f"{server.address}/net.h5", hashlib.md5(b"content").hexdigest())
        server.cut_after = [3]
        assert whole(right, "keras:Net", Asked(True, tell=str), 7).read_bytes() == b"content"
        assert server.asked[-1] == ("/net.h5", "bytes=3-")
    right.place.write_bytes(b"conten")
    with pytest.raises(WeightsError, match="changed or cut short: their MD5"):
        whole(right, "keras:Net", Asked(), 7)


def test_weights_of_one_s_own(tmp_path: Path) -> None:
    model = shaken(keras.applications.MobileNetV3Small(input_shape=(224, 224, 3), weights=None, classes=3))
    place = tmp_path / "mine.weights.h5"
    model.save_weights(place)
    name = f"keras:MobileNetV3Small?weights={place}&classes=3"
    net = backbones.load(name)
    raw = images(2, 224)
    scores = model(raw.transpose(0, 2, 3, 1) * 255, training=False).detach().numpy()
    assert np.allclose(net.source_probabilities(raw), scores, atol=1e-5)
    assert (net.card.classes, net.transform.shape, len(net.stages)) == ((), (3, 224, 224), 6)
    with pytest.raises(WeightsError, match=r"do not fit.*classes="):
        backbones.load(name.replace("classes=3", "classes=4"))


def test_a_model_that_is_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    inputs = keras.Input((8, 8, 3))

    def write(x: Any) -> Any:
        open(str(mark), "w").close()
        return x

    model = keras.Model(inputs, keras.layers.Lambda(write, output_shape=(8, 8, 3))(inputs))
    with without_tensorflow():
        model.save(tmp_path / "code.keras")
    mark.unlink(missing_ok=True)
    with pytest.raises(WeightsError, match="Lambda"):
        backbones.load(f"keras:{tmp_path / 'code.keras'}")
    assert not mark.exists()
    inner = keras.Sequential(
        [inputs, keras.layers.TorchModuleWrapper(torch.nn.Conv2d(8, 8, 1), output_shape=(8, 8, 3))]
    )
    with without_tensorflow():
        keras.Sequential([inputs, inner]).save(tmp_path / "deep.keras")
    with pytest.raises(WeightsError, match="TorchModuleWrapper"):
        backbones.load(f"keras:{tmp_path / 'deep.keras'}")


def test_files_that_are_no_models(own_file: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.keras"
    short.write_bytes(own_file.read_bytes()[:2000])
    deep = tmp_path / "deep.keras"
    with zipfile.ZipFile(deep, "w") as archive:
        archive.writestr("config.json", "[" * 100_000)
    for path, words in (
        (short, "not a whole"),
        (deep, "cannot be read: maximum recursion"),
        (tmp_path / "none.keras", "no file"),
        (tmp_path / "a.h5", "not a .keras"),
    ):
        with pytest.raises(WeightsError, match=words):
            backbones.load(f"keras:{path}")


def test_what_lies_beside_says_which_pictures_it_takes(own_file: Path, tmp_path: Path) -> None:
    place = tmp_path / "net.keras"
    shutil.copy(own_file, place)
    sizes = '{"channels": 3, "height": 16, "width": 16, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}'
    (tmp_path / "net.json").write_text(f'{{"transform": {sizes}, "classes": ["a", "b", "c", "d", "e"]}}')
    net = backbones.load(f"keras:{place}")
    assert net.transform.mean == (0.5, 0.5, 0.5)
    assert (net.card.classes, net.card.limits) == (tuple("abcde"), ())
    (tmp_path / "net.json").write_text('{"transfrom": {}}')
    with pytest.raises(UnknownNameError, match="nearest is 'transform'"):
        backbones.load(f"keras:{place}")


def test_norms_inside_a_layer_hold_some_modes_back() -> None:
    @keras.saving.register_keras_serializable("tests")
    class Together(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.norm = keras.layers.BatchNormalization()

        def call(self, x: Any, training: bool = False) -> Any:
            return self.norm(x, training=training)

    inputs = keras.Input((8, 8, 3))
    taken = taken_apart(keras.Model(inputs, Together(name="both")(inputs)))
    with pytest.raises(PlanError, match="BatchNormalization inside"):
        freeze.plan(taken.module, {"both": "train_bn"})
    assert freeze.plan(taken.module, {"both": "strict"}).cacheable == ("both",)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("ResNet5", UnknownNameError, "nearest"),
        ("NASNetMobile", DataError, "does not build"),
        ("ResNet50?alpha=1", DataError, "no alpha"),
        ("MobileNet?alpha=wide", DataError, "a number"),
        ("MobileNet?beta=1", UnknownNameError, "'alpha'"),
        ("ResNet50@8", DataError, "from 32"),
        ("ResNet50?weights=/nowhere.h5", WeightsError, "no file"),
    ],
)
def test_names_that_make_no_sense(name: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        backbones.load(f"keras:{name}")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("{file}@0", "from 8"),
        ("{file}@32", "16 x 16 pixels, not 32 x 32"),
        ("InceptionV3?weights={file}&classes=0@40", "not take pictures of 40 x 40 pixels: .* at least 75x75"),
        ("MobileNet?weights={file}&alpha=0.001&classes=3", "not build .* with alpha=0.001 and classes=3: "),
        ("MobileNet?weights={file}&alpha=0.001&classes=0", "not build .* with alpha=0.001: "),
    ],
)
def test_what_a_network_does_not_take(own_file: Path, name: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        backbones.load(f"keras:{name.format(file=own_file)}")


def test_layers_that_train_unless_told_otherwise_are_told(tmp_path: Path) -> None:
    layers = keras.layers
    inside = [
        layers.Resizing(16, 16),
        layers.RandomFlip(seed=0),
        layers.Conv2D(4, 3),
        layers.BatchNormalization(),
    ]
    whole = keras.Sequential([keras.Input((8, 8, 3)), *inside])
    with without_tensorflow():
        whole.save(tmp_path / "net.keras")
    net = backbones.load(f"keras:{tmp_path / 'net.keras'}")
    raw = images(3, 8).transpose(0, 2, 3, 1)
    with torch.no_grad():
        expected, as_it_is = whole(raw, training=False).numpy(), whole(raw).numpy()
    assert np.allclose(net.features(images(3, 8)), expected.mean((1, 2)), atol=1e-5)
    # What Keras itself gives where nothing is said.
    assert not np.allclose(as_it_is, expected, atol=1e-2)


def test_a_side_that_leaves_nothing_to_see(tmp_path: Path) -> None:
    layers = keras.layers
    net = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(2, 3), layers.MaxPooling2D(8)])
    with without_tensorflow():
        net.save(tmp_path / "net.keras")
    assert backbones.load(f"keras:{tmp_path / 'net.keras'}", side=16).transform.shape == (3, 16, 16)
    with pytest.raises(DataError, match="does not take pictures of 8 x 8 pixels"):
        backbones.load(f"keras:{tmp_path / 'net.keras'}", side=8)


def test_another_backend_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(MissingPartError, match="backend jax"):
        keras_on_torch()


def test_the_names_are_keras_s_own() -> None:
    known = {name for name in dir(keras.applications) if name[0].isupper() and "NASNet" not in name}
    assert {name.removeprefix("keras:") for name in adapter.names()} == known
