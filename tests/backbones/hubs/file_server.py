"""A server of files on this machine, with what goes wrong on real ones: answers cut short, no ranges, refusals."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """Files by path.

    Parameters
    ----------
    files
        Path to content.
    cut_after
        For each answer to come, the number of bytes after which the connection ends.
    ranges
        Whether a part of a file can be asked for.
    status
        Instead of the file; 0 sends it.
    tells_length
        Whether the length of a file is said before.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    ranges: bool = True
    status: int = 0
    tells_length: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    address: str = ""


@contextmanager
def serving() -> Iterator[FileServer]:
    """Serve on a free port of 127.0.0.1."""
    here = FileServer()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            here.asked.append((self.path, wanted))
            here.logins.append(self.headers.get("Authorization", ""))
            content = here.files.get(self.path)
            if here.status or content is None:
                self.send_error(here.status or 404)
                return
            first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and here.ranges else 0
            if first >= len(content) > 0:
                self.send_error(416)
                return
            self.send_response(206 if first else 200)
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            if here.tells_length:
                self.send_header("Content-Length", str(len(content) - first))
            self.end_headers()
            rest = content[first:]
            with suppress(ConnectionError):  # whoever asked has seen enough
                self.wfile.write(rest[: here.cut_after.pop(0)] if here.cut_after else rest)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    here.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
