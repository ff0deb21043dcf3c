"""The one folder for all hubs: what clients put there, and what stays with whoever fetched it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tlkit.backbones.hubs import places


def test_a_login_does_not_lie_in_the_folder_that_is_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", "/home/teacher/huggingface")
    with places.gathered_in(tmp_path / "class"):
        # Hugging Face's client keeps its token in HF_HOME, beside what it fetched.
        assert os.environ["HF_HOME"] == "/home/teacher/huggingface"
        assert os.environ["HF_HUB_CACHE"] == str(tmp_path / "class/huggingface/hub")
    assert "HF_HUB_CACHE" not in os.environ
