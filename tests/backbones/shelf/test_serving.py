"""A shelf behind HTTP: read only, for nobody else unless a token says so, and nothing but what a manifest names."""

from __future__ import annotations

import http.client
import http.server
import json
import socketserver
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tlkit import backbones
from tlkit.backbones.shelf import Shelf, serving
from tlkit.errors import ShelfError, StoreError, UnknownNameError, WeightsError

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    root = tmp_path_factory.mktemp("shelf")
    (root / "secret.txt").write_text("secret")
    shelf = Shelf(root / "models")
    shelf.push(backbones.load("zoo:resnet-letters"), "letters")
    (root / "models" / "letters" / "1.0.0" / "private.txt").write_text("secret")
    return shelf


@contextmanager
def running(server: socketserver.TCPServer) -> Iterator[str]:
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def get(address: str, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=120)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.read(), dict(answer.getheaders())
    connection.close()
    return found


def test_a_shelf_is_read_at_the_loopback_of_ipv6(folder: Shelf) -> None:
    try:
        server = serving.server(folder, "::1", 0)
    except StoreError:
        pytest.skip("this machine has no IPv6")
    with running(server):
        connection = http.client.HTTPConnection("::1", server.server_address[1], timeout=120)
        connection.request("GET", "/index.json")
        assert b"letters" in connection.getresponse().read()
        connection.close()


def test_a_shelf_is_read_by_http_and_never_written(
    folder: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = backbones.load("zoo:resnet-letters")
    with running(serving.server(folder, port=0)) as address:
        far = Shelf(address)
        assert far.load("letters@1").fingerprint == net.fingerprint
        asked: list[str] = []
        store: Any = far._store
        read = store._get
        monkeypatch.setattr(store, "_get", lambda path: asked.append(path) or read(path))
        assert [one.whole_name for one in far.list()] == ["shelf:letters@1.0.0"]
        assert asked.count("index.json") == 1, "what is there is asked once, not once for each name"
        assert far.verify().ok
        assert Shelf(tmp_path).place in str(far.pull("letters", tmp_path))
        assert far.lineage("letters").complete
        with pytest.raises(UnknownNameError, match="nearest is 'letters'"):
            far.load("leters")
        with pytest.raises(StoreError, match="can only be read"):
            far.push(net, "letters")
        with pytest.raises(StoreError, match="can only be read"):
            far.deprecate("letters", "1.0.0", "why")
        for method in ("POST", "PUT", "DELETE"):
            assert get(address, "/letters/1.0.0/model.safetensors", method)[0] == 501
    with pytest.raises(StoreError, match="cannot be reached"):
        far.list()


def test_only_what_a_manifest_names_is_given(folder: Shelf) -> None:
    with running(serving.server(folder, port=0)) as address:
        assert get(address, "/letters/1.0.0/README.md")[0] == 200
        for path in (
            "/",
            "/letters",
            "/letters/1.0.0/",
            "/letters/1.0.0/private.txt",
            "/letters/1.0.0/../../../secret.txt",
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/letters/1.0.0/..%2f..%2f..%2fsecret.txt",
            "/letters/1.0.0/%2Fetc%2Fpasswd",
            "/letters/1.0.0/.push-0/model.safetensors",
            "/..%5c..%5csecret.txt",
            "/letters/1.0.0/README.md%00",
            "/letters/1.0.0/%ff",
            "//etc/passwd",
        ):
            status, body, _ = get(address, path)
            assert (status, body) == (404, b""), path


def test_parts_of_a_file_are_given(folder: Shelf) -> None:
    path = "/letters/1.0.0/model.safetensors"
    whole = (Path(folder.place) / path[1:]).read_bytes()
    with running(serving.server(folder, port=0)) as address:
        for asked, part in (
            ("bytes=0-9", whole[:10]),
            ("bytes=100-", whole[100:]),
            ("bytes=-7", whole[-7:]),
            (f"bytes={len(whole) - 1}-{len(whole) + 99}", whole[-1:]),
        ):
            status, body, headers = get(address, path, Range=asked)
            assert (status, body) == (206, part)
            assert headers["Content-Range"].endswith(f"/{len(whole)}")
        assert get(address, path, Range=f"bytes={len(whole)}-")[0] == 416
        for nonsense in ("bytes=-", "bytes=1-2,4-5", "lines=1-2"):
            assert get(address, path, Range=nonsense)[:2] == (200, whole)
        status, body, headers = get(address, path, "HEAD")
        assert (status, body, headers["Content-Length"]) == (200, b"", str(len(whole)))


def test_another_address_needs_a_token_and_the_token_is_never_shown(
    folder: Shelf, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in ("0.0.0.0", "", "example.org"):
        with pytest.raises(ShelfError, match="others could read"):
            serving.server(folder, host, 0)
    with pytest.raises(ShelfError, match="shorter than 16"):
        serving.server(folder, "0.0.0.0", 0, "short")
    with running(serving.server(folder, "0.0.0.0", 0, TOKEN)) as address:
        for sent in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": f"Basic {TOKEN}"}):
            assert get(address, "/index.json", **sent)[0] == 401
        assert get(address, "/index.json?token=wrong")[0] == 401
        assert get(address, f"/index.json?token={TOKEN}")[0] == 200
        assert get(address, "/index.json", Authorization=f"Bearer {TOKEN}")[0] == 200
        with pytest.raises(StoreError, match="answers 401") as told:
            Shelf(address, token="wrong-" + TOKEN).list()
        assert TOKEN not in str(told.value)
        far = Shelf(address, token=TOKEN)
        assert TOKEN not in repr(far)
        assert len(far.list()) == 1
        monkeypatch.setenv("TLKIT_SHELF_TOKEN", TOKEN)
        assert len(Shelf(address).list()) == 1
        told_by_load = far.load("letters").card.to_dict()
        assert TOKEN not in json.dumps(told_by_load)
    said = capfd.readouterr()
    assert TOKEN not in said.out + said.err


def test_a_token_is_shown_neither_by_a_line_break_in_it_nor_by_the_address(folder: Shelf) -> None:
    with running(serving.server(folder, "0.0.0.0", 0, TOKEN)) as address:
        assert len(Shelf(address, token=f"{TOKEN}\n").list()) == 1
    for wrong in (f"{TOKEN}\n{TOKEN}", f"{TOKEN}…"):
        with pytest.raises(ShelfError, match="no header can carry") as told:
            Shelf(address, token=wrong)
        assert TOKEN not in str(told.value)
    with pytest.raises(ShelfError, match="holds a password or a token") as told:
        Shelf(f"https://{TOKEN}@example.org/models")
    assert TOKEN not in str(told.value)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", b"SSH-2.0\r\n\r\n"])
def test_an_answer_that_is_cut_short_or_no_http_is_told(answer: bytes) -> None:
    class Odd(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(answer)

    with (
        running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Odd)) as address,
        pytest.raises(StoreError, match="cannot be reached"),
    ):
        Shelf(address).list()


def test_a_page_on_the_web_cannot_read_a_shelf_on_this_machine(folder: Shelf) -> None:
    with running(serving.server(folder, port=0)) as address:
        assert get(address, "/index.json", Host="evil.example:8765")[0] == 421
        assert get(address, "/index.json", Host="localhost:1")[0] == 200


def test_any_web_server_will_do_and_a_changed_byte_or_a_token_goes_nowhere(tmp_path: Path) -> None:
    net = backbones.load("zoo:resnet-letters")
    shelf = Shelf(tmp_path / "models")
    shelf.push(net, "letters")

    seen: list[str] = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *said: object) -> None:
            seen.append(self.headers.get("Authorization", ""))

    class Elsewhere(Quiet):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{static}{self.path}")
            self.end_headers()

    plain = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=shelf.place))
    with running(plain) as static, running(ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)) as moved:
        with pytest.raises(StoreError, match="write_index"):
            Shelf(static).list()
        shelf.write_index()
        assert Shelf(static).load("letters").fingerprint == net.fingerprint
        seen.clear()
        with pytest.raises(StoreError, match="answers 302"):
            Shelf(moved, token=TOKEN).list()
        assert seen == [f"Bearer {TOKEN}"], "only the server that was named gets the token"
        weights = tmp_path / "models" / "letters" / "1.0.0" / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
        with warnings.catch_warnings(), pytest.raises(WeightsError, match="changed or cut short"):
            Shelf(static).load("letters")
        (tmp_path / "models" / "index.json").write_text('{"names": []}')
        with pytest.raises(StoreError, match="not that of a shelf"):
            Shelf(static).list()
