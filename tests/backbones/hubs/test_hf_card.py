"""Makers' cards: read into ours, never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backbones.hubs.conftest import Serve
from tests.backbones.hubs.hf_models import image_model
from tests.backbones.hubs.loopback_hub import LoopbackHub


def test_the_makers_card_is_read_into_ours(serve: Serve, hub: LoopbackHub, tmp_path: Path) -> None:
    image_model(tmp_path / "made")
    card = serve().card
    commit = hub.repositories["someone/model"].commit
    assert card.licence_weights == "MIT"
    assert (card.data, card.title) == ("imagenet-1k", "someone/model, made for some-task.")
    assert card.parents == ("hf:someone/parent",)
    assert (card.lineage["revision"], card.lineage["commit"]) == ("main", commit)
    assert dict(card.metrics) == {"ImageNet accuracy": 0.695}
    assert any("did not measure" in one for one in card.limits)
    assert "Language: en" in card.origin


@pytest.mark.parametrize(
    "readme",
    [
        "---\nlicense: !!python/object/apply:os.mkdir [ran]\n---\n",
        "---\nlicense: [unclosed\n---\n",
        "---\n- a list\n---\n",
    ],
)
def test_a_card_that_cannot_be_read_is_not_run_and_stops_nothing(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readme: str
) -> None:
    monkeypatch.chdir(tmp_path)
    image_model(tmp_path / "made")
    (tmp_path / "made" / "README.md").write_text(readme)
    card = serve().card
    assert "cannot be read" in card.limits[0]
    assert card.licence_weights == ""
    assert not (tmp_path / "ran").exists()


def test_text_in_a_card_stays_text(serve: Serve, tmp_path: Path) -> None:
    image_model(tmp_path / "made")
    (tmp_path / "made" / "README.md").write_text("---\nlicense: <script>alert(1)</script>\n---\n")
    card = serve().card
    assert "<script>" in card.licence_weights
    assert "<script>" not in card._repr_html_()
