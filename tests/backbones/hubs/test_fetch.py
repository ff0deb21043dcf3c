"""Fetching: whole and right or not at all, from a real server on this machine."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.backbones.hubs.file_server import FileServer, serving
from tlkit.backbones.hubs import fetch as fetching
from tlkit.backbones.hubs.fetch import fetch
from tlkit.backbones.hubs.wanted import Wanted
from tlkit.errors import NotFetchedError, StoreError, TlkitError, WeightsError

CONTENT = bytes(range(256)) * 4000


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as one:
        one.files["/net.pth"] = CONTENT
        yield one


@pytest.fixture
def wanted(server: FileServer, tmp_path: Path) -> Wanted:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return Wanted("hub:net", f"{server.address}/net.pth", tmp_path / "made" / "net.pth", sha256[:8])


def left(wanted: Wanted) -> list[str]:
    return sorted(one.name for one in wanted.place.parent.glob("*"))


def test_the_size_is_said_before_anything_comes(wanted: Wanted) -> None:
    told: list[str] = []

    def tell(text: str) -> None:
        assert not wanted.part.exists()
        told.append(text)

    assert fetch(wanted, tell) == wanted.place
    assert told == [f"Fetching hub:net: 1.0 MB, to {wanted.place}"]
    assert wanted.place.read_bytes() == CONTENT
    assert left(wanted) == ["net.pth"]


@pytest.mark.parametrize(("kind", "ranges"), [("sha256", True), ("sha256", False), ("md5", True)])
def test_a_cut_connection_goes_on_where_it_broke_off(
    wanted: Wanted, server: FileServer, kind: str, ranges: bool
) -> None:
    if kind == "md5":
        wanted = replace(wanted, sha256="", md5=hashlib.md5(CONTENT).hexdigest())
    server.cut_after, server.ranges = [300_000, 200_000], ranges
    told: list[str] = []
    fetch(wanted, told.append)
    assert wanted.place.read_bytes() == CONTENT
    assert len(told) == 1
    # Where the server can send parts, no byte is fetched twice.
    assert [one for _, one in server.asked] == [
        "",
        "bytes=300000-",
        "bytes=500000-" if ranges else "bytes=200000-",
    ]


def test_without_a_hash_nothing_is_joined_to_what_was_here(wanted: Wanted, server: FileServer) -> None:
    wanted.place.parent.mkdir(parents=True, exist_ok=True)
    wanted.part.write_bytes(b"the beginning of an older file")
    fetch(replace(wanted, sha256=""), lambda _: None)
    assert wanted.place.read_bytes() == CONTENT
    server.cut_after = [1000] * 4
    with pytest.raises(
        NotFetchedError, match=r"nothing of it is kept.*tlkit fetch hub:net` again: it begins anew"
    ):
        fetch(replace(wanted, sha256=""), lambda _: None)
    assert left(wanted) == ["net.pth"], "what was here whole"


def test_what_breaks_off_again_and_again_is_kept_for_the_next_time(
    wanted: Wanted, server: FileServer
) -> None:
    server.cut_after = [1000] * 4
    with pytest.raises(
        NotFetchedError, match=r"broke off 4 times .*; 4\.0 kB are here\. Run `tlkit fetch hub:net`"
    ):
        fetch(wanted, lambda _: None)
    assert not wanted.place.exists()
    told: list[str] = []
    fetch(wanted, told.append)
    assert "of which 4.0 kB are here already" in told[0]
    assert server.asked[-1] == ("/net.pth", "bytes=4000-")
    assert wanted.place.read_bytes() == CONTENT


def test_a_part_that_is_whole_is_only_checked(wanted: Wanted, server: FileServer) -> None:
    wanted.part.parent.mkdir()
    wanted.part.write_bytes(CONTENT)
    fetch(wanted, lambda _: None)
    assert wanted.place.read_bytes() == CONTENT
    wanted.part.write_bytes(b"?" * len(CONTENT))
    wanted.place.unlink()
    fetch(wanted, lambda _: None)
    assert wanted.place.read_bytes() == CONTENT


@pytest.mark.parametrize(("part", "md5"), [(b"", ""), (b"another beginning", ""), (b"", "0" * 32)])
def test_what_has_another_hash_is_thrown_away(
    wanted: Wanted, server: FileServer, part: bytes, md5: str
) -> None:
    if md5:
        wanted = replace(wanted, sha256="", md5=md5)
    server.files["/net.pth"] = CONTENT[:-1] + b"?"
    wanted.part.parent.mkdir()
    if part:
        wanted.part.write_bytes(part)
    with pytest.raises(WeightsError, match=r"127\.0\.0\.1 sent for hub:net \(1\.0 MB\) is not the file"):
        fetch(wanted, lambda _: None)
    assert left(wanted) == []


@pytest.mark.parametrize("tells_length", [True, False])
def test_a_file_much_longer_than_said_is_not_taken(
    wanted: Wanted, server: FileServer, tells_length: bool
) -> None:
    server.tells_length, server.files["/net.pth"] = tells_length, CONTENT * 4
    with pytest.raises(
        WeightsError, match=r"127\.0\.0\.1 sends .* (is 4|more than 2)\.\d MB long, expected 512\.0 kB"
    ):
        fetch(replace(wanted, size=512_000), lambda _: None)
    assert left(wanted) == []
    server.files["/net.pth"] = CONTENT
    assert fetch(replace(wanted, size=512_000), lambda _: None).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("address", "onward", "follows"),
    [
        ("https://hub.example/a", "https://store.example/b", True),
        ("http://hub.example/a", "https://store.example/b", True),
        ("http://hub.example/a", "http://store.example/b", True),
        ("https://hub.example/a", "http://hub.example/a", False),
        ("https://hub.example/a", "ftp://hub.example/a", False),
        ("http://hub.example/a", "ftp://hub.example/a", False),
    ],
)
def test_no_server_leads_out_of_encryption(address: str, onward: str, follows: bool) -> None:
    asked = urllib.request.Request(address)
    asked.add_unredirected_header("Authorization", "Basic c2VjcmV0")
    if not follows:
        with pytest.raises(NotFetchedError, match="without encryption"):
            fetching.Onward().redirect_request(asked, None, 302, "", {}, onward)
        return
    next_one = fetching.Onward().redirect_request(asked, None, 302, "", {}, onward)
    assert next_one is not None
    assert (next_one.full_url, next_one.get_header("Authorization")) == (onward, None)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "does not have it"),
        (401, "asks for a login"),
        (403, "does not allow it"),
        (503, "answered with 503"),
    ],
)
def test_a_refusal_is_one_sentence(wanted: Wanted, server: FileServer, status: int, words: str) -> None:
    server.status = status
    with pytest.raises(NotFetchedError, match=words) as said:
        fetch(wanted, lambda _: None)
    assert "\n" not in str(said.value)
    assert left(wanted) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/net.pth", "https://hub.example/net.pth", "no address"])
def test_without_a_way_it_names_folder_size_and_command(wanted: Wanted, url: str) -> None:
    asked = replace(wanted, url=url, size=46_830_571)
    with pytest.raises(NotFetchedError) as said:
        fetch(asked, lambda _: None)
    for words in (str(wanted.place.parent), "46.8 MB", "`tlkit fetch hub:net`"):
        assert words in str(said.value)
    assert left(wanted) == []


def test_a_mirror_takes_the_place_of_the_usual_server_and_its_password_is_never_said(
    wanted: Wanted, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = replace(wanted, url="https://download.pytorch.org/models/net.pth")
    server.files["/mirror/models/net.pth"] = CONTENT
    monkeypatch.setenv("TLKIT_MIRROR", f"{server.address}/mirror/")
    assert fetch(usual, lambda _: None).read_bytes() == CONTENT
    usual.place.unlink()
    monkeypatch.setenv("TLKIT_MIRROR", f"{server.address.replace('://', '://someone:secret%21@')}/mirror/")
    assert fetch(usual, lambda _: None).read_bytes() == CONTENT
    assert server.logins == ["", "Basic c29tZW9uZTpzZWNyZXQh"]  # someone:secret!
    usual.place.unlink()
    monkeypatch.setenv("TLKIT_MIRROR", "http://someone:secret@127.0.0.1:9")
    with pytest.raises(TlkitError) as said:
        fetch(usual, lambda _: None)
    assert "secret" not in str(said.value)
    monkeypatch.setenv("TLKIT_MIRROR", server.address)
    # Half of a login, as it is left when a sign in it is not written as %23.
    monkeypatch.setenv("http_proxy", "http://someone:secret")
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(TlkitError, match="or that of a proxy, is none") as said:
        fetch(usual, lambda _: None)
    assert "secret" not in str(said.value)


def test_a_proxy_of_the_environment_is_used(
    wanted: Wanted, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["http://hub.example/net.pth"] = CONTENT
    monkeypatch.setenv("http_proxy", server.address)
    fetch(replace(wanted, url="http://hub.example/net.pth"), lambda _: None)
    assert server.asked == [("http://hub.example/net.pth", "")]


def test_a_full_disk_and_a_folder_that_is_none_are_said_before(
    wanted: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="Could not write"):
        fetch(replace(wanted, place=tmp_path / "file" / "net.pth"), lambda _: None)
    monkeypatch.setattr(fetching, "_SPARE_BYTES", 10**18)
    with pytest.raises(StoreError, match=r"needs 1\.0 MB, and .* left\. Make room"):
        fetch(wanted, lambda _: None)
    assert left(wanted) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such lock")
def test_two_processes_do_not_fetch_the_same_file(wanted: Wanted) -> None:
    wanted.place.parent.mkdir()
    lock = wanted.place.with_name(".net.pth.lock")
    code = f"import fcntl; f = open({os.fspath(lock)!r}, 'ab'); fcntl.flock(f, fcntl.LOCK_EX); print('', flush=True)"
    code += "; input()"
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    other.stdout.readline()
    with pytest.raises(NotFetchedError, match="being fetched by another process"):
        fetch(wanted, lambda _: None)
    other.communicate(b"\n")
    fetch(wanted, lambda _: None)
    assert left(wanted) == ["net.pth"]
