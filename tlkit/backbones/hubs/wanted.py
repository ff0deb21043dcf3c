"""A file on a server: where it is looked for, and what is said when it does not come."""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from tlkit.backbones.hubs.missing import fetch_command, size_in_words
from tlkit.errors import NotFetchedError

#: Names a server that has the same paths as https://download.pytorch.org, for places without a way there.
MIRROR = "TLKIT_MIRROR"
_MIRRORED = "https://download.pytorch.org"


@dataclass(frozen=True)
class Wanted:
    """A file on a server.

    Parameters
    ----------
    name
        What it belongs to, as ``backbones.load`` takes it.
    url
        Its address.
    place
        Where it is to lie. Until it is whole and checked, it has another name.
    sha256
        All 64 digits of its SHA-256, or the first ones; empty if it is not known.
    size
        Its size in bytes as far as it is known beforehand.
    md5
        All 32 digits of its MD5, where that is all that is known; it finds damage, but not a forger.
    """

    name: str
    url: str
    place: Path
    sha256: str
    size: int | None = None
    md5: str = ""

    @property
    def can_go_on(self) -> bool:
        """Whether a part that is here is used: with no hash nobody would see that it is of another file."""
        return bool(self.sha256 or self.md5)

    @property
    def part(self) -> Path:
        """Where it lies until it is whole."""
        return self.place.with_name(f".{self.place.name}.part")


def mirrored(url: str) -> str:
    """Return where an address is looked for: at the server that ``$TLKIT_MIRROR`` names, or as it is.

    Examples
    --------
    >>> mirrored("https://example.org/net.pth")
    'https://example.org/net.pth'
    """
    mirror = os.environ.get(MIRROR, "").rstrip("/")
    return mirror + url.removeprefix(_MIRRORED) if mirror and url.startswith(_MIRRORED + "/") else url


def without_login(url: str) -> tuple[str, str]:
    """Return an address without the name and password in it, and these, which urllib would take for a server's name.

    Examples
    --------
    >>> without_login("https://me:pass%21@example.org/net.pth")
    ('https://example.org/net.pth', 'me:pass!')
    """
    parts = urllib.parse.urlsplit(url)
    login, at, server = parts.netloc.rpartition("@")
    return (parts._replace(netloc=server).geturl(), urllib.parse.unquote(login)) if at else (url, "")


def server_of(wanted: Wanted) -> str:
    """Return the name of the server."""
    # No name and no password of a server's address belongs into a message.
    return urllib.parse.urlsplit(mirrored(wanted.url)).hostname or "the server"


def refused(wanted: Wanted, error: urllib.error.HTTPError) -> NotFetchedError:
    """Build the error for a server that answers, and does not give the file."""
    why = {401: "asks for a login", 403: "does not allow it", 404: "does not have it", 407: "is behind a proxy that"
           " asks for a login"}  # fmt: skip
    said = why.get(error.code, f"answered with {error.code} {error.reason}")
    return NotFetchedError(
        f"{wanted.name} could not be fetched: {server_of(wanted)} {said}.",
        "Try again later, or name a mirror with TLKIT_MIRROR."
        if error.code >= 500
        else "Check the name and TLKIT_MIRROR, or ask whoever runs the server.",
    )


def no_way(wanted: Wanted, reason: object) -> NotFetchedError:
    """Build the error for a server that does not answer."""
    if isinstance(reason, ValueError | http.client.InvalidURL):
        # It may quote what stands in the address of a proxy or a mirror: a password.
        reason = "its address, or that of a proxy, is none"
    size = size_in_words(wanted.size)
    return NotFetchedError(
        f"There is no way to {server_of(wanted)} ({reason}), and {wanted.name} ({size}) is not in"
        f" {wanted.place.parent}.",
        f"Run {fetch_command(wanted.name)} where there is a network, or copy {wanted.place.name} into that folder.",
    )


def broke_off(wanted: Wanted, tries: int, error: Exception) -> NotFetchedError:
    """Build the error for a connection that ends before the file does."""
    if not wanted.can_go_on:
        return NotFetchedError(
            f"Fetching {wanted.name} broke off {tries} times ({error}); nothing of it is kept, as no hash is known.",
            f"Run {fetch_command(wanted.name)} again: it begins anew.",
        )
    here = wanted.part.stat().st_size if wanted.part.exists() else 0
    return NotFetchedError(
        f"Fetching {wanted.name} broke off {tries} times ({error}); {size_in_words(here)} are here.",
        f"Run {fetch_command(wanted.name)} again: it goes on from there.",
    )
