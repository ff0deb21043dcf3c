"""What the tests of hubs share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backbones.hubs.loopback_hub import LoopbackHub, Repository, running_hub
from tlkit import backbones

Serve = Callable[..., backbones.Backbone]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A Hugging Face hub on loopback, and an empty cache."""
    with running_hub() as found:
        monkeypatch.setenv("HF_ENDPOINT", found.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        monkeypatch.delenv("HF_HUB_CACHE", raising=False)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield found


@pytest.fixture
def serve(hub: LoopbackHub, tmp_path: Path) -> Serve:
    """Serve the folder "made" on the hub, and load it from there."""

    def served(name: str = "someone/model", **more: Any) -> backbones.Backbone:
        hub.repositories[name] = Repository.of(tmp_path / "made")
        return backbones.load(f"hf:{name}", download=True, **more)

    return served
