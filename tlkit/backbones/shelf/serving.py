"""Serving: a shelf for others to read, by HTTP. Nobody writes through it."""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tlkit.backbones.shelf.library import Shelf
from tlkit.backbones.shelf.versions import Version, is_name, is_version
from tlkit.backbones.shelf.web import INDEX
from tlkit.errors import ShelfError, StoreError, TlkitError

LEAST_TOKEN = 16
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_NAMES_HERE = ("localhost", "127.0.0.1", "[::1]")


def is_loopback(host: str) -> bool:
    """Say whether an address is reached from this machine only.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("")
    (True, False, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def server(shelf: Shelf, host: str = "127.0.0.1", port: int = 8765, token: str = "") -> ThreadingHTTPServer:
    """Return a server that is bound and waits for ``serve_forever``.

    Parameters
    ----------
    shelf
        What it shows: manifests and the files that they name, nothing else.
    host
        An address of this machine; any other than loopback needs a token.
    port
        0 for a free one.
    token
        What readers have to send, as ``Authorization: Bearer`` or as ``?token=``.

    Raises
    ------
    ShelfError
        The address is open to others and there is no token of at least 16 characters.
    StoreError
        The address or port cannot be had.
    """
    if not is_loopback(host) and not token:
        raise ShelfError(
            f"At {host or 'every address'} others could read the shelf.",
            "Set TLKIT_SHELF_TOKEN to a long secret, or serve on 127.0.0.1.",
        )
    if token and (len(token) < LEAST_TOKEN or not token.isascii() or not token.isprintable()):
        raise ShelfError(
            f"The token is shorter than {LEAST_TOKEN} characters or has others than ASCII.",
            'Make one: python -c "import secrets; print(secrets.token_urlsafe())"',
        )
    handler = type("Handler", (_Handler,), {"shelf": shelf, "token": token})
    try:
        return (_ServerOfIPv6 if ":" in host else _Server)((host, port), handler)
    except (OSError, OverflowError) as error:
        raise StoreError(
            f"{address(host, port)} cannot be served: {error}.", "Choose another port or address."
        ) from error


def address(host: str, port: int) -> str:
    """Return host and port as an address on the web has them.

    Examples
    --------
    >>> address("127.0.0.1", 8765), address("::1", 8765)
    ('127.0.0.1:8765', '[::1]:8765')
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of readers that went away."""


class _ServerOfIPv6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    shelf: Shelf
    token: str
    protocol_version = "HTTP/1.1"
    server_version = "tlkit"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:
        """Answer with a file."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Answer with a file's size."""
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        asked = urlsplit(self.path)
        if not self._is_meant():
            return self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
        if not self._may(asked.query):
            return self._refuse(HTTPStatus.UNAUTHORIZED)
        try:
            content = self._content(unquote(asked.path, errors="strict").removeprefix("/").split("/"))
        except (TlkitError, OSError, ValueError):
            content = None
        if content is None:
            return self._refuse(HTTPStatus.NOT_FOUND)
        first, last = 0, len(content) - 1
        status = HTTPStatus.OK
        span = _RANGE.fullmatch(self.headers.get("Range", ""))
        if span and (span[1] or span[2]):
            first = int(span[1]) if span[1] else max(0, len(content) - int(span[2]))
            last = min(last, int(span[2])) if span[1] and span[2] else last
            if first > last:
                return self._refuse(
                    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, ("Content-Range", f"bytes */{len(content)}")
                )
            status = HTTPStatus.PARTIAL_CONTENT
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(last - first + 1))
        if status is HTTPStatus.PARTIAL_CONTENT:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.end_headers()
        if body:
            self.wfile.write(memoryview(content)[first : last + 1])
        return None

    def _content(self, parts: list[str]) -> bytes | None:
        """Return what a path means; only what a manifest names can be meant at all."""
        if parts == [INDEX]:
            return json.dumps(self.shelf.index()).encode()
        if len(parts) not in (3, 4) or not is_name(parts[0]) or not is_version(parts[1]):
            return None
        name, version, *folder, file = parts
        return self.shelf.served(name, Version.of(version), "".join(folder), file)

    def _is_meant(self) -> bool:
        """Refuse a page on the web whose address was turned to this machine: it could read what only we may."""
        if self.token:
            return True
        host = self.headers.get("Host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        return name.lower() in (*_NAMES_HERE, str(self.server.server_address[0]))  # type: ignore[index]

    def _may(self, query: str) -> bool:
        if not self.token:
            return True
        scheme, _, sent = self.headers.get("Authorization", "").partition(" ")
        given = sent.strip() if scheme.lower() == "bearer" else parse_qs(query).get("token", [""])[0]
        return hmac.compare_digest(given.encode(), self.token.encode())

    def _refuse(self, status: HTTPStatus, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *values: Any) -> None:
        """Log nothing: an address can hold a token."""
