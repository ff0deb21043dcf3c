"""The embedded word vectors are real: facts about the world come out of them, and a changed file is refused."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tlkit import backbones, data, words
from tlkit.errors import UnknownNameError, WeightsError
from tlkit.words import embedded
from tlkit.words.embedded import Packed, unpacked
from tlkit.words.remote import REMOTE


def _cosine(found: words.WordVectors, a: str, b: str) -> float:
    x, y = found.vector(a), found.vector(b)
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


@pytest.mark.parametrize("name", [*words.names(), *REMOTE])
def test_asked_for_as_a_network_they_say_how_one_is_made(name: str) -> None:
    said = re.escape(f"words.text_backbone(words.load({name!r}))")
    with pytest.raises(UnknownNameError, match=said):
        backbones.load(name)


@pytest.mark.parametrize("name", words.names())
def test_each_has_a_card_with_its_licence_and_lineage(name: str) -> None:
    found = words.load(name)
    assert found.card.name == found.name == name
    assert found.card.licence_weights in ("PDDL-1.0", "CC0-1.0")
    assert f"{len(found):,} words" in found.card.architecture
    assert found.card.lineage["package_sha256"]
    assert found.card.metrics["neighbours_that_stay_the_same"] > 0.99
    assert np.isfinite(found.vectors).all()


def test_all_are_small_enough_to_travel_along() -> None:
    assert sum(words.load(name).card.file_bytes for name in words.names()) < 6_000_000


def test_english_knows_every_word_of_the_emoji_names_that_may_be_read() -> None:
    found = words.load("words:english")
    names = data.load("emoji:names")
    texts = [*names.train.texts, *names.validation.texts]
    asked = {word for text in texts for word in re.findall(r"[a-z]+", text)}
    assert [word for word in asked if word not in found] == []


def test_english_knows_what_is_like_what() -> None:
    found = words.load("words:english")
    for near, far in [("dog", "piano"), ("tiger", "bread"), ("kitten", "senate")]:
        assert _cosine(found, "cat", near) > _cosine(found, "cat", far) + 0.2
    assert list(found.words[:3]) == ["the", ",", "."]  # the most frequent first


def test_what_pruning_did_to_the_other_is_said() -> None:
    found = words.load("words:explosion")
    assert found.vector("king").tolist() == found.vector("evil").tolist()
    assert "share" in found.remarks[0]
    assert any("'king' has the vector of 'evil'" in limit for limit in found.card.limits)
    assert words.load("words:english").remarks == ()


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'words:english'"):
        words.load("words:englisch")


@pytest.mark.parametrize("change", ["flipped", "cut", "gone"])
def test_a_changed_file_is_refused(change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = embedded.packaged("words", "vectors")
    for ending in (".npz", ".json"):
        shutil.copy(real / f"explosion{ending}", tmp_path)
    file = tmp_path / "explosion.npz"
    content = bytearray(file.read_bytes())
    content[5_000] ^= 1
    file.write_bytes(content if change == "flipped" else content[:-9])
    if change == "gone":
        file.unlink()
    monkeypatch.setattr(embedded, "packaged", lambda *parts: tmp_path.joinpath(*parts[2:]))
    with pytest.raises(WeightsError, match=r"words:explosion (was changed or cut short|cannot be read)"):
        embedded.read_embedded("words:explosion")


def test_packing_keeps_words_and_rows_and_is_the_same_each_time() -> None:
    packed = Packed(
        ["a", "ä b", "c"], np.int8([[1, -127], [3, 4]]), np.float32([0.5, 2]), np.uint16([1, 0, 1])
    )
    again = unpacked(packed.content())
    assert list(again.words) == ["a", "ä b", "c"]
    assert again.full().tolist() == [[6, 8], [0.5, -63.5], [6, 8]]
    assert again.content() == packed.content()


def test_word_vectors_are_there_without_torch() -> None:
    code = "import sys; from tlkit import words; words.load('words:english'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
