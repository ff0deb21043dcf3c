"""The zoo: every file is what its card says, and a changed one is refused by name."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tlkit import backbones, data
from tlkit.backbones.weights_file import write_weights
from tlkit.backbones.zoo import FOLDER, load_from_zoo
from tlkit.errors import UnknownNameError, WeightsError
from tlkit.files import sha256, write_json
from tlkit.train.pretrain import SOURCES, makeable

NAMES = [name for name in backbones.names() if name != "zoo:efficientnet-lite0"]


def test_every_architecture_learned_every_source_and_all_are_small() -> None:
    assert sorted(NAMES) == sorted(f"zoo:{name}" for name in makeable())
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 16e6
    stems = {path.stem for path in FOLDER.iterdir()} - {"efficientnet-lite0"}
    assert len(NAMES) == len(backbones.names()) - 1
    assert stems == {name.removeprefix("zoo:") for name in NAMES} | {f"sample-{source}" for source in SOURCES}


@pytest.mark.parametrize("name", NAMES)
def test_a_network_is_what_its_card_says(name: str) -> None:
    net = backbones.load(name)
    card, source = net.card, data.load(str(net.card.lineage["data"]))
    weights = FOLDER / f"{name.removeprefix('zoo:')}.safetensors"
    assert (card.sha256, card.file_bytes) == (sha256(weights), weights.stat().st_size)
    assert card.classes == source.classes
    assert card.lineage["data_fingerprint"] == source.fingerprint, "trained on another version of the data"
    for field in (card.origin, card.data, card.licence_code, card.licence_weights, card.licence_data):
        assert field
    assert card.limits
    assert card.intended_use
    assert 100_000 < net.summary().parameters < 200_000
    assert not net.module.training
    test = source.test.open("test of the card")
    right = float((net.source_probabilities(test.images).argmax(axis=1) == test.labels).mean())
    assert right == pytest.approx(card.metrics["test_accuracy"], abs=0.005)
    assert right > 5 / len(card.classes), "it has to have learned its source"
    sample = net.source_sample
    assert sample is not None
    assert sample.classes == source.classes
    known = {image.tobytes() for image in np.rint(test.images * 255).astype(np.uint8)}
    assert {image.tobytes() for image in np.rint(sample.images * 255).astype(np.uint8)} <= known
    assert set(np.bincount(sample.labels).tolist()) == {520 // len(card.classes)}


def test_two_loads_share_no_weights() -> None:
    one, two = backbones.load("zoo:vgg-letters"), backbones.load("zoo:vgg-letters")
    with torch.no_grad():
        next(one.module.parameters()).zero_()
    assert one.fingerprint != two.fingerprint


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("zoo:resnet-leters", "'zoo:resnet-letters'"),
        ("resnet-letters", "'zoo:resnet-letters'"),
        ("zoo:vgg", "zoo:vgg-"),
        ("zoo:../backbone", "zoo:"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError) as said:
        backbones.load(name)
    assert nearest in str(said.value)


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    for stem in ("resnet-letters", "sample-letters"):
        for path in FOLDER.glob(f"{stem}.*"):
            shutil.copy(path, tmp_path / path.name)
    assert load_from_zoo("zoo:resnet-letters", tmp_path).stages
    return tmp_path


def test_a_changed_truncated_or_missing_file_is_refused_by_name(zoo: Path) -> None:
    weights = zoo / "resnet-letters.safetensors"
    whole = weights.read_bytes()
    for damaged in (whole[:-1], whole[: len(whole) // 2], b"", whole[:-5] + b"\0" + whole[-4:]):
        weights.write_bytes(damaged)
        with pytest.raises(WeightsError, match=r"resnet-letters\.safetensors were changed or cut short"):
            load_from_zoo("zoo:resnet-letters", zoo)
    weights.unlink()
    with pytest.raises(WeightsError, match=r"resnet-letters\.safetensors cannot be read"):
        load_from_zoo("zoo:resnet-letters", zoo)


def test_a_pickle_is_refused_before_it_is_read(zoo: Path) -> None:
    weights = zoo / "resnet-letters.safetensors"
    for write in (
        lambda: weights.write_bytes(pickle.dumps({"a": 1})),
        lambda: torch.save({"a": torch.zeros(1)}, weights),
    ):
        write()
        card = json.loads((zoo / "resnet-letters.json").read_text())
        write_json(zoo / "resnet-letters.json", {**card, "sha256": sha256(weights)})
        with pytest.raises(WeightsError, match="is a pickle, which could run any code"):
            load_from_zoo("zoo:resnet-letters", zoo)


def test_whole_files_that_do_not_fit_are_refused(zoo: Path) -> None:
    weights, card_path = zoo / "resnet-letters.safetensors", zoo / "resnet-letters.json"
    card = json.loads(card_path.read_text())
    net = backbones.load("zoo:resnet-letters")
    tensors = dict(net.module.state_dict())
    assert net.source_head is not None
    head = {f"head.{key}": value for key, value in net.source_head.state_dict().items()}
    for changed, words in (
        ({**tensors, "stages.layer9.weight": torch.zeros(1), **head}, "is in one of them only"),
        ({**tensors, "stages.stem.0.weight": torch.zeros(1), **head}, "has shape"),
        (tensors, "no source head"),
    ):
        digest = write_weights(weights, changed, half=True)
        write_json(card_path, {**card, "sha256": digest})
        with pytest.raises(WeightsError, match=words):
            load_from_zoo("zoo:resnet-letters", zoo)


def test_the_card_reads_well_everywhere() -> None:
    card = backbones.load("zoo:resnet-letters").card
    assert "BSD-3-Clause" in str(card)
    assert card.sha256 in card._repr_html_()
    front, body = card.markdown().split("---\n")[1:3]
    assert "license: bsd-3-clause" in front
    assert "# zoo:resnet-letters" in body
    assert type(card).from_dict(json.loads(json.dumps(card.to_dict()))) == card
