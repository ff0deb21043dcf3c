"""A Hugging Face hub on loopback: what the real client library asks for, from files in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

_LARGE = (".safetensors", ".bin")


@dataclass
class Repository:
    """Files under one commit.

    Parameters
    ----------
    files
        Path to content.
    gated
        Whether it is given only to those who come with a token.
    breaks_once
        After so many bytes the connection breaks, the first time that a large file is asked for; 0 for never.
    cut_short
        Whether of every large file only half comes, although the whole is announced.
    swapped
        Whether a byte of every large file is another than the hash says.
    named
        What is given out as the commit instead of the real one.
    """

    files: dict[str, bytes]
    gated: bool = False
    breaks_once: int = 0
    cut_short: bool = False
    swapped: bool = False
    named: str = ""

    @classmethod
    def of(cls, folder: Path, **more: object) -> Repository:
        files = {
            str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }
        return cls(files, **more)  # type: ignore[arg-type]

    @property
    def commit(self) -> str:
        content = b"".join(name.encode() + body for name, body in sorted(self.files.items()))
        return hashlib.sha1(content, usedforsecurity=False).hexdigest()


@dataclass
class LoopbackHub:
    """The server.

    Parameters
    ----------
    url
        For ``HF_ENDPOINT``.
    repositories
        By ``owner/name``.
    asked
        Every request: method, path, and its Range.
    tokens
        Every token that came, with the first part of the path.
    """

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    tokens: list[tuple[str, str]] = field(default_factory=list)


def git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@contextmanager
def running_hub() -> Iterator[LoopbackHub]:
    hub = LoopbackHub()

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: LoopbackHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path).lstrip("/")
        if path == "api/models":
            (text,) = parse_qs(urlsplit(self.path).query)["search"]
            found = [{"id": name} for name in self.served.repositories if text in name]
            self._send(200, json.dumps(found).encode(), {"Content-Type": "application/json"})
            return
        self.served.asked.append((self.command, path, self.headers.get("Range", "")))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token:
            self.served.tokens.append((path.partition("/")[0], token))
        for name, repository in self.served.repositories.items():
            for start, act in (
                (f"api/models/{name}/revision/", self._info),
                (f"{name}/resolve/", self._resolve),
                (f"cdn/{name}/", self._content),
            ):
                if path.startswith(start):
                    act(name, repository, path.removeprefix(start), token)
                    return
        self._send(401, b'{"error":"Invalid username or password."}', {"X-Error-Code": "RepoNotFound"})

    def _info(self, name: str, repository: Repository, revision: str, token: str) -> None:
        if revision not in ("main", repository.commit):
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            return
        siblings = []
        for path, content in repository.files.items():
            told: dict[str, object] = {"rfilename": path, "size": len(content), "blobId": git_hash(content)}
            if path.endswith(_LARGE):
                digest = hashlib.sha256(content).hexdigest()
                told["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 134}
            siblings.append(told)
        answer = {
            "id": name,
            "sha": repository.named or repository.commit,
            "siblings": siblings,
            "gated": repository.gated,
        }
        self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _resolve(self, name: str, repository: Repository, rest: str, token: str) -> None:
        revision, _, path = rest.partition("/")
        if repository.gated and not token:
            self._send(401, b"{}", {"X-Error-Code": "GatedRepo"})
        elif revision not in ("main", repository.commit) or path not in repository.files:
            self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        elif path.endswith(_LARGE):
            content = repository.files[path]
            digest = hashlib.sha256(content).hexdigest()
            self._send(
                302,
                b"",
                {
                    # Another host, as the real hub's storage is: what belongs to the hub must not go there.
                    "Location": f"{self.served.url.replace('127.0.0.1', 'localhost')}/cdn/{name}/{path}",
                    "X-Repo-Commit": repository.commit,
                    "X-Linked-Etag": f'"{digest}"',
                    "X-Linked-Size": str(len(content)),
                },
            )
        else:
            content = repository.files[path]
            self._send(200, content, {"ETag": f'"{git_hash(content)}"', "X-Repo-Commit": repository.commit})

    def _content(self, name: str, repository: Repository, path: str, token: str) -> None:
        content = repository.files[path]
        if repository.swapped:
            content = content[:-1] + bytes([content[-1] ^ 1])
        asked = self.headers.get("Range", "")
        first = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        sent = content[first:]
        if repository.breaks_once and not first:
            self._start(200, len(content), {})
            self.wfile.write(sent[: repository.breaks_once])
            repository.breaks_once = 0
            self.close_connection = True
        elif repository.cut_short:
            self._send(200, sent[: len(sent) // 2], {})
        elif asked:
            self._send(206, sent, {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"})
        else:
            self._send(200, sent, {"Accept-Ranges": "bytes"})

    def _start(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for heading, text in headers.items():
            self.send_header(heading, text)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._start(status, len(body), headers)
        if self.command != "HEAD":
            self.wfile.write(body)
