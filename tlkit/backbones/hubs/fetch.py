"""fetch: a file from the network, whole and with the right hash, or not at all; what broke off goes on later."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import re
import shutil
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tlkit import __version__
from tlkit.backbones.hubs.missing import size_in_words
from tlkit.backbones.hubs.wanted import (
    Wanted,
    broke_off,
    mirrored,
    no_way,
    refused,
    server_of,
    without_login,
)
from tlkit.errors import NotFetchedError, StoreError, TlkitError, WeightsError

_TIMEOUT_SECONDS = 30
_TRIES = 4
_PAUSE_SECONDS = 0.5
_PIECE = 1 << 20
# Kept free besides what is fetched: a full disk harms more than this.
_SPARE_BYTES = 50 * 10**6
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def fetch(wanted: Wanted, tell: Callable[[str], None]) -> Path:
    """Fetch a file, saying first how large it is; go on where an earlier try broke off.

    Proxies are those of the environment, as Python's own client reads them (``https_proxy`` …).

    Parameters
    ----------
    wanted
        What, from where, to where.
    tell
        Called with one line before the first byte is fetched.

    Returns
    -------
    Path
        The file; its hash is right.

    Raises
    ------
    NotFetchedError
        There is no network, or the server does not have it, or it broke off again and again.
    WeightsError
        What came is not what was wanted: the hash is another. Nothing of it is kept.
    StoreError
        The folder cannot be written to, or there is no room.
    """
    try:
        wanted.place.parent.mkdir(parents=True, exist_ok=True)
        with _alone(wanted), _bar(wanted) as bar:
            told = False
            for attempt in range(1, _TRIES + 1):
                try:
                    with _opened(wanted) as (answer, have, whole):
                        if not told:
                            _say_size(wanted, have, whole, tell)
                            told = True
                        _check_room(wanted, have, whole)
                        _copy(answer, wanted, have, whole, bar)
                    break
                except (http.client.IncompleteRead, ConnectionError, TimeoutError, ssl.SSLError) as error:
                    if attempt == _TRIES:
                        if not wanted.can_go_on:
                            wanted.part.unlink(missing_ok=True)
                        raise broke_off(wanted, _TRIES, error) from error
                    time.sleep(_PAUSE_SECONDS * (attempt - 1))
            _check(wanted)
            os.replace(wanted.part, wanted.place)
    except OSError as error:
        if isinstance(error, TlkitError):
            raise
        raise StoreError(
            f"Could not write {wanted.place}: {error.strerror or error}.",
            "Choose a folder that can be written to and has free space.",
        ) from error
    return wanted.place


class Onward(urllib.request.HTTPRedirectHandler):
    """Follows to another address of the web, and from an encrypted one to encrypted ones alone."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the next request.

        Raises
        ------
        NotFetchedError
            Whoever sits on the way could give another file.
        """
        scheme = urllib.parse.urlsplit(newurl).scheme
        if scheme not in ("https", req.type):
            raise NotFetchedError(
                f"{req.host} sends on to an address without encryption ({scheme}), which is not followed.",
                "Name a mirror with TLKIT_MIRROR, or ask whoever runs the server or the proxy.",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def right_hash(path: Path, sha256: str) -> bool:
    """Say whether a file's SHA-256 begins with these digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(sha256)


@contextlib.contextmanager
def _opened(wanted: Wanted) -> Iterator[tuple[Any, int, int | None]]:
    """Ask for the file, or for the rest of it; give the answer, how much is here, and the size of the whole."""
    have = wanted.part.stat().st_size if wanted.can_go_on and wanted.part.exists() else 0
    headers = {"User-Agent": f"tlkit/{__version__}", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        address, login = without_login(mirrored(wanted.url))
        request = urllib.request.Request(address, headers=headers)
        if login:
            # Not passed on to wherever the server sends us.
            request.add_unredirected_header("Authorization", f"Basic {b64encode(login.encode()).decode()}")
        # An opener of its own: the one that Python keeps would use the proxies of its first time.
        answer = urllib.request.build_opener(Onward).open(request, timeout=_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        with error:
            # The part is as long as the whole, or longer: it is the whole, or it is begun anew.
            if error.code == 416 and have:
                if _is_right(wanted):
                    yield None, have, have
                    return
                wanted.part.unlink()
                raise ConnectionError("what was here did not fit") from error
            raise refused(wanted, error) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionResetError | TimeoutError):
            raise error.reason from error
        raise no_way(wanted, error.reason) from None
    except (ValueError, http.client.InvalidURL) as error:
        raise no_way(wanted, error) from None
    with answer:
        length = answer.headers.get("Content-Length")
        whole = int(length) if length and length.isdecimal() else None
        if have:
            span = _RANGE.match(answer.headers.get("Content-Range", ""))
            if answer.status == 206 and span and int(span[1]) == have:
                whole = int(span[2]) if span[2] != "*" else None if whole is None else have + whole
            else:  # the server sends all of it anew
                have = 0
        yield answer, have, whole


def _say_size(wanted: Wanted, have: int, whole: int | None, tell: Callable[[str], None]) -> None:
    size = size_in_words(whole if whole is not None else wanted.size)
    rest = f", of which {size_in_words(have)} are here already" if have else ""
    tell(f"Fetching {wanted.name}: {size}{rest}, to {wanted.place}")


def _check_room(wanted: Wanted, have: int, whole: int | None) -> None:
    if wanted.size is not None and whole is not None and whole > _most(wanted.size):
        raise _too_long(wanted, size_in_words(whole))
    _need(wanted, (whole or wanted.size or 0) - have)


def _need(wanted: Wanted, needed: int) -> None:
    free = shutil.disk_usage(wanted.place.parent).free
    if needed and needed + _SPARE_BYTES > free:
        raise StoreError(
            f"{wanted.name} needs {size_in_words(needed)}, and {wanted.place.parent} has {size_in_words(free)} left.",
            "Make room, or name another folder with TLKIT_MODELS.",
        )


def _copy(answer: Any, wanted: Wanted, have: int, whole: int | None, bar: Any) -> None:
    if answer is None:
        return
    with open(wanted.part, "ab" if have else "wb") as file:
        if bar is not None:
            bar.total, bar.n = whole, have
            bar.refresh()
        came = have
        while piece := answer.read(_PIECE):
            file.write(piece)
            came += len(piece)
            if whole is None:
                _go_on(wanted, came)
            if bar is not None:
                bar.update(len(piece))
    if whole is not None and came < whole:
        raise ConnectionError(f"{came:,} of {whole:,} bytes came")


def _go_on(wanted: Wanted, came: int) -> None:
    """Stop a server that never said how long its file is; of others no more is read than they said."""
    try:
        if wanted.size is not None and came > _most(wanted.size):
            raise _too_long(wanted, f"more than {size_in_words(_most(wanted.size))}")
        _need(wanted, _PIECE)
    except TlkitError:
        wanted.part.unlink()
        raise


def _most(size: int) -> int:
    # Sizes known beforehand are those of the numbers alone, or rounded.
    return 2 * size + (1 << 20)


def _too_long(wanted: Wanted, size: str) -> WeightsError:
    return WeightsError(
        f"What {server_of(wanted)} sends for {wanted.name} is {size} long, expected {size_in_words(wanted.size)}.",
        "Nothing of it is kept. Ask whoever runs the server or the proxy.",
    )


def _is_right(wanted: Wanted) -> bool:
    if not right_hash(wanted.part, wanted.sha256):
        return False
    with open(wanted.part, "rb") as file:
        return not wanted.md5 or hashlib.file_digest(file, "md5").hexdigest() == wanted.md5


def _check(wanted: Wanted) -> None:
    if not _is_right(wanted):
        size = wanted.part.stat().st_size
        wanted.part.unlink()
        short = wanted.sha256[:16]
        why = f"SHA-256 does not begin with {short}" if short else f"MD5 is not {wanted.md5}"
        raise WeightsError(
            f"What {server_of(wanted)} sent for {wanted.name} ({size_in_words(size)}) is not the file that was wanted:"
            f" its {why}.",
            "Nothing of it is kept. Try again, or ask whoever runs the server or the proxy.",
        )


@contextlib.contextmanager
def _alone(wanted: Wanted) -> Iterator[None]:
    """Let only one process fetch a file: two that write the same part would spoil it."""
    try:
        import fcntl
    except ImportError:  # Windows: there the hash finds what two processes mixed
        yield
        return
    path = wanted.place.with_name(f".{wanted.place.name}.lock")
    with open(path, "ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # One that was just done may have taken the file away: then somebody else may hold the next.
            ours = os.path.samestat(os.fstat(lock.fileno()), os.stat(path))
        except OSError:
            ours = False
        if not ours:
            raise NotFetchedError(
                f"{wanted.name} is being fetched by another process.", "Wait until that is done."
            )
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()


@contextlib.contextmanager
def _bar(wanted: Wanted) -> Iterator[Any]:
    """Show how far it is, in a terminal or a notebook."""
    if os.environ.get("TLKIT_PROGRESS") == "0" or not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        yield None
        return
    from tqdm.auto import tqdm

    with tqdm(total=wanted.size, desc=wanted.name, unit="B", unit_scale=True, leave=False) as bar:
        yield bar
