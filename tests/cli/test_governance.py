"""`tlkit licences`: the same judgement in three forms, with a status that a script can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tlkit import backbones, cli
from tlkit.backbones import ModelCard
from tlkit.backbones.shelf import Shelf


def test_a_judgement_is_printed_and_a_conflict_is_a_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["licences", "zoo:efficientnet-lite0", "--use", "commercial"]) == 0
    assert "it cannot be told whether it is allowed" in capsys.readouterr().out
    monkeypatch.setenv("TLKIT_SHELF", str(tmp_path))
    net = backbones.load("zoo:resnet-letters")
    Shelf().push(net, "letters", ModelCard("x", licence_weights="CC-BY-NC-4.0"))
    assert cli.main(["licences", "shelf:letters", "--use", "commercial", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["word"] == "conflict"
    assert cli.main(["licences", "shelf:letters", "--use", "teaching", "--bill"]) == 0
    assert json.loads(capsys.readouterr().out)["bomFormat"] == "CycloneDX"
    assert cli.main(["licences", "zoo:resnet-lettuce"]) == 1
    assert "nearest" in capsys.readouterr().err
