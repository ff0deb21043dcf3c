"""The official files: nothing unasked, the size said first, the hash checked; from a real server on this machine."""

from __future__ import annotations

import gzip
import hashlib
import io
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.backbones.hubs.file_server import FileServer, serving
from tlkit import words
from tlkit.cli import main
from tlkit.errors import NotFetchedError, TakenError, UnknownNameError, WeightsError
from tlkit.words import remote
from tlkit.words.fetching import fetch
from tlkit.words.remote import REMOTE

GLOVE, GOOGLE = "glove:6B.100d", "word2vec:google-news-300"


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TLKIT_MODELS", str(tmp_path / "models"))
    return tmp_path / "models" / "words"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """Serve small files of the official formats and names, with the hashes that these have."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for width in (50, 100):
            made.writestr(f"glove.6B.{width}d.txt", f"the{' 0.5' * width}\n. .{' 1.5' * width}\n")
    news = gzip.compress(b"1 300\n</s> " + bytes(1200))
    with serving() as here:
        here.files = {"/glove.6B.zip": archive.getvalue(), "/word2vec-google-news-300.gz": news}
        sha256, md5 = hashlib.sha256(archive.getvalue()).hexdigest(), hashlib.md5(news).hexdigest()
        for name in (GLOVE, "glove:6B.50d"):
            served = replace(REMOTE[name], url=f"{here.address}/glove.6B.zip", sha256=sha256)
            monkeypatch.setitem(REMOTE, name, served)
        served = replace(REMOTE[GOOGLE], url=f"{here.address}/word2vec-google-news-300.gz", md5=md5)
        monkeypatch.setitem(REMOTE, GOOGLE, served)
        yield here


def test_nothing_is_fetched_unasked_and_the_sizes_are_said(server: FileServer, models: Path) -> None:
    with pytest.raises(NotFetchedError) as caught:
        words.load(GLOVE)
    for said in ("862.2 MB", "172.0 MB", str(models), "tlkit fetch glove:6B.100d", "glove.6B.zip"):
        assert said in str(caught.value)
    assert caught.value.bytes == 862_182_613
    assert server.asked == []
    assert not models.exists()


def test_one_file_serves_all_its_sizes_and_is_fetched_once(
    server: FileServer, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = words.load(GLOVE, download=True)
    assert (found.name, found.dimensions, tuple(found.words)) == (GLOVE, 100, ("the", ". ."))
    assert "Fetching glove:6B.100d" in capsys.readouterr().err
    assert found.card.licence_weights == "PDDL-1.0"
    assert found.card.lineage["file_sha256"] == REMOTE[GLOVE].sha256
    # From now on no network is needed, not even for the other sizes in the same file.
    assert words.load("glove:6B.50d").dimensions == 50
    assert words.load(GLOVE, limit=1).vector("the").tolist() == [0.5] * 100
    assert len(server.asked) == 1
    assert sorted(one.name for one in models.iterdir()) == ["glove-6B.100d", "glove-6B.50d", "glove.6B.zip"]


def test_a_file_of_one_set_is_not_kept_beside_it(server: FileServer, models: Path) -> None:
    found = words.load(GOOGLE, download=True)
    assert tuple(found.words) == ("</s>",)
    assert "state none" in found.card.licence_weights
    assert [one.name for one in models.iterdir()] == ["word2vec-google-news-300"]
    assert tuple(words.load(GOOGLE).words) == ("</s>",)


@pytest.mark.parametrize("name", [GLOVE, GOOGLE])
def test_another_file_is_refused(name: str, server: FileServer, models: Path) -> None:
    server.files = dict.fromkeys(server.files, b"something else")
    with pytest.raises(WeightsError, match=r"is not the (official )?file"):
        words.load(name, download=True)
    assert not REMOTE[name].folder.exists()


def test_what_else_lies_in_its_place_is_told_and_the_file_is_kept(server: FileServer, models: Path) -> None:
    (models / "word2vec-google-news-300").mkdir(parents=True)
    with pytest.raises(TakenError, match="word2vec-google-news-300 already"):
        words.load(GOOGLE, download=True)
    (models / "word2vec-google-news-300").rmdir()
    asked = len(server.asked)
    assert words.load(GOOGLE).words[0] == "</s>"
    assert len(server.asked) == asked, "it was not fetched again"


def test_a_file_that_was_copied_here_is_checked_too(server: FileServer, models: Path) -> None:
    models.mkdir(parents=True)
    (models / "glove.6B.zip").write_bytes(server.files["/glove.6B.zip"] + b"x")
    with pytest.raises(WeightsError, match="its SHA256 is"):
        words.load(GLOVE)
    (models / "glove.6B.zip").write_bytes(server.files["/glove.6B.zip"])
    assert words.load(GLOVE).dimensions == 100
    assert server.asked == []


def test_networks_and_word_vectors_are_fetched_by_one_list(
    server: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["fetch", "zoo:resnet-letters", GLOVE, "words:english", "--to", str(tmp_path / "class")]
    assert main(asked) == 0
    said = capsys.readouterr()
    told = said.out
    sizes = ("1 of 2 sets of word vectors is here already; 1 missing, ", "1 of 1 is here already.")
    assert [line.startswith(size) for line, size in zip(said.err.splitlines(), sizes, strict=False)] == [
        True
    ] * 2
    for row in ("3 of 3 are on this machine", f"{GLOVE}       fetched", "words:english       was there"):
        assert row in told
    monkeypatch.setenv("TLKIT_MODELS", str(tmp_path / "class"))
    assert words.load(GLOVE).dimensions == 100
    assert main(asked) == 0
    assert f"{GLOVE}       was there" in capsys.readouterr().out
    server.status = 503
    assert main(["fetch", GOOGLE, "--to", str(tmp_path / "class")]) == 1
    assert "503" in capsys.readouterr().out
    (tmp_path / "own.bin").touch()
    with pytest.raises(UnknownNameError, match=r"words\.read\("):
        words.load(str(tmp_path / "own.bin"))
    for strange in (0, None, "x" * 10_000, "a\0b"):
        with pytest.raises(UnknownNameError, match="set of word vectors"):
            words.load(strange)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match=r"glove:6B\.100d"):
        fetch(["zoo:resnet-letters", "glove:6B.101d"])


def test_without_a_network_one_sentence_says_what_to_do(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # not listening: whoever connects is refused
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/glove.6B.zip"
        monkeypatch.setitem(REMOTE, GLOVE, replace(REMOTE[GLOVE], url=address))
        with pytest.raises(NotFetchedError, match=r"no way to 127.0.0.1 .*862.2 MB"):
            words.load(GLOVE, download=True)


def test_every_file_has_an_https_address_and_a_published_hash() -> None:
    for name, one in remote.REMOTE.items():
        assert one.name == name
        assert one.url.startswith("https://")
        assert (len(one.sha256), len(one.md5)) in ((64, 0), (0, 32))
        assert one.member == "" or one.member.endswith(f"{one.dimensions}d.txt")
    with pytest.raises(UnknownNameError, match=r"glove:6B\.100d"):
        words.load("glove:6B.10d")
