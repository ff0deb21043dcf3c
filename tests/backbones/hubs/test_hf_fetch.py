"""Fetching with the hub's real client: said first, checked, resumed, and never half of it used."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.backbones.hubs.hf_models import image_model, text_model
from tests.backbones.hubs.loopback_hub import LoopbackHub, Repository, git_hash
from tlkit import backbones
from tlkit.backbones.hubs import hugging_face as adapter
from tlkit.backbones.hubs.hf_cache import Address, cache_folder, find
from tlkit.backbones.hubs.hf_hashes import is_content
from tlkit.errors import DataError, NotFetchedError, StoreError, UnknownNameError, WeightsError

NAME = "someone/model"


@pytest.fixture
def repository(hub: LoopbackHub, tmp_path: Path) -> Repository:
    """A small model on the hub."""
    image_model(tmp_path / "made")
    hub.repositories[NAME] = Repository.of(tmp_path / "made")
    return hub.repositories[NAME]


def _blobs() -> list[Path]:
    return sorted((cache_folder() / Address(NAME).folder_name / "blobs").glob("*"))


def test_nothing_is_asked_of_the_hub_unless_it_is_to_be_fetched(
    hub: LoopbackHub, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotFetchedError, match=r"not in .*home.*tlkit fetch hf:someone/model.*download=True"):
        backbones.load(f"hf:{NAME}")
    assert hub.asked == []
    assert adapter.present()[1:] == []
    loaded = backbones.load(f"hf:{NAME}", download=True)
    said = capsys.readouterr().err
    assert f"hf:{NAME}: fetching" in said
    assert f"commit {repository.commit}" in said
    hub.asked.clear()
    again = backbones.load(f"hf:{NAME}", download=True)
    assert hub.asked == [], "what is here is not looked for again"
    assert again.fingerprint == loaded.fingerprint
    assert [one.name for one in adapter.present()][1:] == [f"hf:{NAME}"]
    assert adapter.present()[1].bytes == len(repository.files["model.safetensors"])
    assert f"hf:{NAME}" in adapter.names()
    assert backbones.load(f"hf:{NAME}@{repository.commit}").fingerprint == loaded.fingerprint


@pytest.mark.parametrize(
    ("left_out", "words"),
    [("tokenizer", r"its tokenizer \(tokenizer\.json"), ("preprocessor", r"pictures \(preprocessor_config")],
)
def test_what_another_program_left_out_is_fetched_from_the_same_commit(
    hub: LoopbackHub,
    tmp_path: Path,
    left_out: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import hf_hub_download

    (text_model if left_out == "tokenizer" else image_model)(tmp_path / "made")
    repository = hub.repositories[NAME] = Repository.of(tmp_path / "made")
    for file in ("config.json", "model.safetensors"):  # as transformers does it for the network alone
        hf_hub_download(NAME, file, cache_dir=cache_folder(), endpoint=hub.url)
    first = repository.commit
    hub.asked.clear()
    with pytest.raises(NotFetchedError, match=rf"without .*{words}.*tlkit fetch hf:{NAME}.*download=True"):
        backbones.load(f"hf:{NAME}")
    with monkeypatch.context() as patch, pytest.raises(NotFetchedError, match=rf"{words}.*cannot be reached"):
        patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        backbones.load(f"hf:{NAME}", download=True)
    assert hub.asked == []
    loaded = backbones.load(f"hf:{NAME}", download=True)
    assert loaded.card.lineage["commit"] == first
    fetched = [path for method, path, _ in hub.asked if method == "GET"]
    assert f"api/models/{NAME}/revision/{first}" in fetched
    assert not any(path.endswith((".safetensors", "/config.json")) for path in fetched)
    assert f"in {len(fetched) - 1} files, commit {first}" in capsys.readouterr().err
    assert backbones.load(f"hf:{NAME}").fingerprint == loaded.fingerprint


@pytest.mark.parametrize("told", ["not", "partly"])
def test_how_a_sentence_encoder_pools_is_fetched_too_or_said_to_be_unknown(
    hub: LoopbackHub, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import hf_hub_download

    text_model(tmp_path / "made")
    repository = hub.repositories[NAME] = Repository.of(tmp_path / "made")
    repository.files["1_Pooling/config.json"] = b'{"pooling_mode_cls_token": true}'
    parts = [{"path": "", "type": "x.Transformer"}, {"path": "1_Pooling", "type": "x.Pooling"}]
    repository.files["modules.json"] = json.dumps(parts).encode()
    for file in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        hf_hub_download(NAME, file, cache_dir=cache_folder(), endpoint=hub.url)
    loaded = backbones.load(f"hf:{NAME}")
    assert loaded.stages[-1] != "pooling"
    assert any("means over the places: another program fetched it" in one for one in loaded.card.limits)
    with monkeypatch.context() as patch:  # what is complete perhaps is not refused for want of a network
        patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        assert backbones.load(f"hf:{NAME}", download=True).fingerprint == loaded.fingerprint
    if told == "partly":
        hf_hub_download(NAME, "modules.json", cache_dir=cache_folder(), endpoint=hub.url)
        with pytest.raises(NotFetchedError, match=r"without how it pools \(1_Pooling/config\.json\)"):
            backbones.load(f"hf:{NAME}")
    loaded = backbones.load(f"hf:{NAME}", download=True)
    assert loaded.stages[-1] == "pooling"
    assert not any("another program" in one for one in loaded.card.limits)


def test_only_what_is_needed_is_fetched(hub: LoopbackHub, repository: Repository) -> None:
    repository.files |= {"pytorch_model.bin": b"\x80", "onnx/model.onnx": b"x", "code.py": b"", "a.txt": b""}
    backbones.load(f"hf:{NAME}", download=True)
    fetched = {path.rpartition("/")[2] for method, path, _ in hub.asked if method == "GET"}
    assert fetched == {"main", "README.md", "config.json", "preprocessor_config.json", "model.safetensors"}


def test_a_commit_stays_what_it_was(hub: LoopbackHub, repository: Repository, tmp_path: Path) -> None:
    old = backbones.load(f"hf:{NAME}", download=True)
    first = repository.commit
    repository.files["README.md"] += b"\nchanged\n"
    assert backbones.load(f"hf:{NAME}", download=True).card.lineage["commit"] == first
    new = backbones.load(f"hf:{NAME}@{repository.commit}", download=True)
    assert new.card.lineage["commit"] == repository.commit != first
    assert "revision" not in new.card.lineage
    assert old.fingerprint == new.fingerprint
    names = {one.name for one in adapter.present()}
    assert {f"hf:{NAME}", f"hf:{NAME}@{repository.commit}"} <= names


def test_a_broken_connection_goes_on_where_it_broke_and_its_address_is_not_logged(
    hub: LoopbackHub,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The client keeps what came in pieces of 10 MB.
    text_model(tmp_path / "made", vocabulary=200_000)
    hub.repositories[NAME] = Repository.of(tmp_path / "made", breaks_once=11_000_000)
    with caplog.at_level(logging.INFO):
        loaded = backbones.load(f"hf:{NAME}", download=True)
    # On the real hub, the address of a large file is signed.
    assert "/cdn/" not in caplog.text + capsys.readouterr().err
    assert loaded.features(["a cat"]).shape == (1, 16)
    ranges = [asked for _, path, asked in hub.asked if path.startswith("cdn/")]
    assert ranges[0] == ""
    assert ranges[1].startswith("bytes=")
    assert int(ranges[1].removeprefix("bytes=").rstrip("-")) > 10_000_000


@pytest.mark.parametrize("harm", ["cut_short", "swapped"])
def test_what_came_wrong_is_not_kept(
    hub: LoopbackHub, repository: Repository, harm: str, tmp_path: Path
) -> None:
    setattr(repository, harm, True)
    with pytest.raises(WeightsError, match="cut short"):
        backbones.load(f"hf:{NAME}", download=True)
    assert not any(path.stat().st_size > 5000 for path in _blobs())
    assert find(Address(NAME)) is None
    with pytest.raises(NotFetchedError, match="not in"):
        backbones.load(f"hf:{NAME}")
    setattr(repository, harm, False)
    assert backbones.load(f"hf:{NAME}", download=True).feature_count == 16


def test_a_changed_byte_is_found_when_it_is_read(hub: LoopbackHub, repository: Repository) -> None:
    backbones.load(f"hf:{NAME}", download=True)
    for name in ("model.safetensors", "config.json"):
        snapshot = find(Address(NAME))
        assert snapshot is not None
        path = (snapshot.folder / name).resolve()
        whole = path.read_bytes()
        path.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])
        with pytest.raises(WeightsError, match=f"{path.name}|{name} was changed or cut short"):
            backbones.load(f"hf:{NAME}")
        path.write_bytes(whole)
    backbones.load(f"hf:{NAME}")
    (snapshot.folder / "README.md").unlink()
    with pytest.raises(NotFetchedError, match="nothing is downloaded unasked"):
        backbones.load(f"hf:{NAME}")
    assert backbones.load(f"hf:{NAME}", download=True).card.licence_weights == "MIT"


def test_a_changed_byte_is_found_in_a_copy_without_links_too(
    hub: LoopbackHub, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = backbones.load(f"hf:{NAME}", download=True)
    copied = Path(shutil.copytree(cache_folder(), tmp_path / "copy"))
    monkeypatch.setenv("HF_HUB_CACHE", str(copied))
    assert not any(path.is_symlink() for path in copied.rglob("*"))
    again = backbones.load(f"hf:{NAME}")
    assert (again.fingerprint, again.card.limits) == (loaded.fingerprint, loaded.card.limits)
    (weights,) = copied.rglob("snapshots/*/model.safetensors")
    content = weights.read_bytes()
    weights.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    with pytest.raises(WeightsError, match=r"model\.safetensors was changed or cut short"):
        backbones.load(f"hf:{NAME}")
    shutil.rmtree(next(copied.rglob("tlkit-hashes")))
    assert any("could not be compared" in one for one in backbones.load(f"hf:{NAME}").card.limits)


@pytest.mark.parametrize("content", [b"null", b"[" * 100_000, b'{"architectures": 5}'])
def test_settings_that_are_none_are_said(hub: LoopbackHub, repository: Repository, content: bytes) -> None:
    repository.files["config.json"] = content
    with pytest.raises(WeightsError, match=f"hf:{NAME}"):
        backbones.load(f"hf:{NAME}", download=True)


@pytest.mark.parametrize(
    ("file", "more", "words"),
    [
        (
            "preprocessor_config.json",
            {"size": {"height": 60_000, "width": 60_000}},
            "makes no sense: 60000 x",
        ),
        ("preprocessor_config.json", {"size": {"height": 8, "width": "x"}}, "makes no sense"),
        (
            "config.json",
            {"part": {"attn_implementation": {"": "someone/kernel"}}},
            "programs of someone/kernel",
        ),
    ],
)
def test_settings_that_lead_astray_are_said(
    hub: LoopbackHub, repository: Repository, file: str, more: dict[str, object], words: str
) -> None:
    repository.files[file] = json.dumps({**json.loads(repository.files[file]), **more}).encode()
    with pytest.raises(WeightsError, match=words):
        backbones.load(f"hf:{NAME}", download=True)


def test_pickles_are_refused_before_anything_is_fetched(hub: LoopbackHub, repository: Repository) -> None:
    repository.files["pytorch_model.bin"] = repository.files.pop("model.safetensors")
    with pytest.raises(WeightsError, match=r"only as pytorch_model\.bin.*could run any code"):
        backbones.load(f"hf:{NAME}", download=True)
    assert [path.partition("/")[0] for _, path, _ in hub.asked] == ["api"]
    del repository.files["pytorch_model.bin"]
    with pytest.raises(WeightsError, match=r"has no model\.safetensors"):
        backbones.load(f"hf:{NAME}", download=True)


def test_what_is_gated_needs_a_token_which_goes_to_the_hub_alone(
    hub: LoopbackHub,
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    repository.gated = True
    with pytest.raises(NotFetchedError, match=r"accepted its terms.*HF_TOKEN"):
        backbones.load(f"hf:{NAME}", download=True)
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    with caplog.at_level(logging.DEBUG):
        loaded = backbones.load(f"hf:{NAME}", download=True)
        with pytest.raises(UnknownNameError) as raised:
            backbones.load("hf:someone/modle", download=True)
    assert ("someone", "hf_verysecret") in hub.tokens
    assert "cdn" not in {place for place, _ in hub.tokens}
    told = [str(raised.value), repr(loaded.card), *map(str, capsys.readouterr()), caplog.text]
    assert not any("verysecret" in one for one in told)


def test_a_mirror_cannot_lead_out_of_the_cache(hub: LoopbackHub, repository: Repository) -> None:
    repository.named = "../../../elsewhere"
    with pytest.raises(NotFetchedError, match="as the commit of hf:someone/model"):
        backbones.load(f"hf:{NAME}", download=True)
    assert [path.partition("/")[0] for _, path, _ in hub.asked] == ["api"]


def test_unknown_names_give_the_nearest(hub: LoopbackHub, repository: Repository) -> None:
    backbones.load(f"hf:{NAME}", download=True)
    with pytest.raises(UnknownNameError, match="'hf:someone/model'"):
        backbones.load("hf:someone/modle", download=True)
    with pytest.raises(UnknownNameError, match="no revision 'v9'"):
        backbones.load(f"hf:{NAME}@v9", download=True)


def test_the_hub_is_searched_when_it_may_be_asked(
    hub: LoopbackHub, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnknownNameError):
        backbones.search("someone/mod", hub="hf")
    assert hub.asked == []
    assert backbones.search("someone/mod", hub="hf", offline=False) == [f"hf:{NAME}"]
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(NotFetchedError, match="cannot be asked"):
        backbones.search("someone/mod", hub="hf", offline=False)


@pytest.mark.parametrize(
    "name", ["", "../etc/passwd", "a/b/c", "a/b@", "a/b@../x", "/a", "a b", "a/b@x@y", "someone/..", "a--b/c"]
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(DataError, match="names no repository"):
        backbones.load(f"hf:{name}")


def test_without_a_network_one_sentence_says_what_to_do(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(
        NotFetchedError, match=r"not in .*hub cannot be reached.*tlkit fetch hf:someone/model"
    ):
        backbones.load(f"hf:{NAME}", download=True)


def test_a_cache_that_cannot_be_written_to(
    hub: LoopbackHub, repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "file"))
    with pytest.raises(StoreError, match=r"cannot be kept in .*HF_HOME"):
        backbones.load(f"hf:{NAME}", download=True)


def test_weights_in_pieces(hub: LoopbackHub, tmp_path: Path) -> None:
    net, _ = text_model(tmp_path / "made")
    whole = net.num_parameters() * 4
    (tmp_path / "made" / "model.safetensors").unlink()
    net.save_pretrained(tmp_path / "made", max_shard_size=whole // 2)
    pieces = sorted((tmp_path / "made").glob("model-*"))
    assert len(pieces) > 1
    hub.repositories[NAME] = Repository.of(tmp_path / "made")
    loaded = backbones.load(f"hf:{NAME}", download=True)
    assert loaded.card.file_bytes == sum(path.stat().st_size for path in pieces)
    assert np.isfinite(loaded.features(["a cat"])).all()
    snapshot = find(Address(NAME))
    assert snapshot is not None
    (snapshot.folder / pieces[1].name).unlink()
    assert find(Address(NAME)) is None


def test_hashes_are_the_hubs_own(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"hello\n")
    # As `git hash-object` and `sha256sum` give them.
    assert git_hash(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert is_content(path, "ce013625030ba8dba906f756967f9e9ca394464a")
    assert is_content(path, "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")
    assert not is_content(path, "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be04")
