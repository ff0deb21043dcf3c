"""`tlkit try --source torchvision:resnet18`: where the weights are present, and where they are not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from torchvision.models import ResNet18_Weights, resnet18

from tests.data.drawing import class_folders
from tlkit import cli


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where torch keeps weights: a home of its own, and empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("TLKIT_MODELS", raising=False)
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "torch" / "hub" / "checkpoints"


def test_without_the_weights_it_fails_in_one_sentence(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["try", "--source", "torchvision:resnet18"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    for words in ("torchvision:resnet18 (46.8 MB)", str(place), "`tlkit fetch torchvision:resnet18`"):
        assert words in line
    assert cli.main(["try", "--source", "torchvision:resnet19"]) == 1
    assert "'torchvision:resnet18'" in capsys.readouterr().err


def test_with_the_weights_it_compares_on_a_folder_of_pictures(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "made.pth"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        torch.save(resnet18().state_dict(), made)
    name = f"resnet18-{hashlib.sha256(made.read_bytes()).hexdigest()[:8]}.pth"
    place.mkdir(parents=True)
    made.rename(place / name)
    # torchvision names a file by the hash of its content; these numbers are not the published ones.
    monkeypatch.setattr(ResNet18_Weights.DEFAULT.value, "url", f"https://download.pytorch.org/models/{name}")
    pets = class_folders(tmp_path / "pets", ("cat", "dog"), each=8)
    arguments = ["--arms", "random-frozen,frozen", "--seeds", "2", "--labels", "1", "--target", str(pets)]
    assert cli.main(["try", "--source", "torchvision:resnet18@32", *arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["backbone"] == "torchvision:resnet18@32"
    assert found["pictures"]["given_to_the_network_as"] == [3, 32, 32]
    report = (tmp_path / "tlkit-report.html").read_text(encoding="utf-8")
    assert f"tlkit try --source torchvision:resnet18@32 --target {pets} --labels 1 --seeds 2" in report
