"""fetch and search: a classroom's networks in one folder, and names that are known without a network."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torchvision.models import get_model, get_model_weights

from tests.backbones.hubs.file_server import FileServer, serving
from tlkit import backbones, cli, doctor
from tlkit.backbones.hubs import places
from tlkit.errors import DataError, NotFetchedError, StoreError, UnknownNameError

NAME = "torchvision:squeezenet1_1"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FileServer]:
    """A mirror of torchvision's server with one network on it, and a home of torch's own that is empty."""
    for name in (places.MODELS, *places._SETTINGS):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv(places.MODELS)
    file = io.BytesIO()
    torch.save(get_model("squeezenet1_1").state_dict(), file)
    path = f"/models/squeezenet1_1-{hashlib.sha256(file.getvalue()).hexdigest()[:8]}.pth"
    one = get_model_weights("squeezenet1_1").DEFAULT
    monkeypatch.setattr(one.value, "url", f"https://download.pytorch.org{path}")
    with serving() as here:
        here.files[path] = file.getvalue()
        monkeypatch.setenv("TLKIT_MIRROR", here.address)
        yield here


def test_a_class_is_prepared_once_and_works_without_a_network(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed, folder = tmp_path / "class.txt", tmp_path / "shelf"
    listed.write_text(f"# lesson 7\n{NAME}\n\nzoo:resnet-letters  # comes with tlkit\n", encoding="utf-8")
    assert cli.main(["fetch", "--list", str(listed), "--to", str(folder)]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines()[0] == "1 of 2 is here already; 1 missing, 5.0 MB to fetch."
    assert f"Fetching {NAME}: 5.0 MB, to {folder}" in said.err
    assert "2 of 2 are on this machine." in said.out
    assert f"TLKIT_MODELS={folder}" in said.out
    assert not (tmp_path / "home").exists()
    assert places.MODELS not in os.environ

    with pytest.raises(NotFetchedError):
        backbones.load(NAME)
    carried = Path(shutil.copytree(folder, tmp_path / "another machine"))
    monkeypatch.setenv(places.MODELS, str(carried))
    monkeypatch.setenv("TLKIT_MIRROR", "http://127.0.0.1:9")
    assert backbones.load(NAME).source_head is None
    assert cli.main(["info", "--models"]) == 0
    shown = capsys.readouterr().out
    assert re.search(rf"{NAME} +5\.0 MB +{carried}", shown)
    assert re.search(r"sets of word vectors on this machine.*\n.*\nwords:english +2\.4 MB", shown)
    assert [one.name for one in doctor.models().present["torchvision"]] == [NAME]
    assert cli.main(["fetch", NAME]) == 0
    assert "1 of 1 is here already.\n" in capsys.readouterr().err


def test_one_that_fails_keeps_no_other_from_coming(
    server: FileServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["fetch", "torchvision:resnet18", NAME]) == 1
    said = capsys.readouterr().out
    assert "1 of 2 are on this machine." in said
    assert "failed: torchvision:resnet18 could not be fetched: 127.0.0.1 does not have it" in said
    assert backbones.fetch(NAME, tell=lambda _: None).complete


def test_what_cannot_be_is_said_before_anything_is_fetched(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=NAME):
        backbones.fetch([NAME, "torchvision:squeezenet1_2"])
    with pytest.raises(DataError, match="No name"):
        backbones.fetch([])
    (tmp_path / "empty.txt").write_text("# nothing yet\n", encoding="utf-8")
    assert cli.main(["fetch", "--list", str(tmp_path / "empty.txt")]) == 1
    assert cli.main(["fetch", "--list", str(tmp_path / "none.txt")]) == 1
    assert server.asked == []


def test_a_folder_that_cannot_be_written_to_is_said(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = backbones.fetch(NAME, to=tmp_path / "file", tell=lambda _: None)
    assert not done.complete
    assert StoreError.__name__ not in str(done)
    assert "Could not write" in str(done)


def test_what_is_ones_own_is_said_to_lie_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TLKIT_SHELF", str(tmp_path / "shelf"))
    backbones.Shelf().push(backbones.load("zoo:resnet-letters"), "mine")
    from timm.models import create_model, save_for_hf

    save_for_hf(create_model("test_resnet", num_classes=3), tmp_path / "saved", safe_serialization=True)
    folder = tmp_path / "class"
    own = f"timm:local-dir:{tmp_path / 'saved'}"
    assert cli.main(["fetch", "shelf:mine", "shelf:mine@1.0.0", own, "--to", str(folder)]) == 0
    said = capsys.readouterr().out
    assert said.count("it lies on your shelf, which this folder does not hold; name it with TLKIT_SHELF") == 2
    assert f"it lies in {tmp_path / 'saved'}, which this folder does not hold; copy it" in said
    assert "TLKIT_MODELS" not in said
    assert not folder.exists()


def test_what_no_adapter_foresaw_keeps_no_other_from_coming(
    server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gives_up(*_: object) -> None:
        raise KeyError("https://store.example/net?signature=secret")

    monkeypatch.setattr("tlkit.backbones.hubs.torchvision.read_state", gives_up)
    done = backbones.fetch([NAME, "zoo:resnet-letters"], tell=lambda _: None)
    assert [one.state for one in done.outcomes] == ["failed", "was there"]
    assert f"a library gave up with KeyError. What it says, backbones.load('{NAME}') shows" in str(done)
    assert "secret" not in str(done)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet18", r"Do you mean 'torchvision:resnet18' or .*backbones\.search\('resnet18'\)"),
        ("torchvison:vgg16_bn", r"Do you mean 'torchvision:vgg16_bn'"),
        ("letters", r"'zoo:resnet-letters'"),
        ("?", r"named '\?'\. backbones\.search"),
    ],
)
def test_an_unknown_name_gives_the_nearest_few(name: str, words: str) -> None:
    with pytest.raises(UnknownNameError, match=words) as said:
        backbones.load(name)
    assert len(str(said.value)) < 400


def test_search_lists_names_and_gives_the_nearest() -> None:
    assert backbones.search("resnet 18", hub="torchvision") == ["torchvision:resnet18"]
    assert backbones.search(hub="zoo") == backbones.names()
    found = backbones.search("resnet50")
    assert {"torchvision:resnet50", "timm:resnet50.a1_in1k"} <= set(found)
    assert all(backbones.known(name) for name in found)
    with pytest.raises(
        UnknownNameError, match=r"No name of torchvision holds 'resnett18'.*torchvision:resnet18"
    ):
        backbones.search("resnett18", hub="torchvision")
    with pytest.raises(UnknownNameError, match="'torchvision'"):
        backbones.search("resnet", hub="torchvison")
