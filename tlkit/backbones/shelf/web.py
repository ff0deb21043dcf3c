"""A shelf behind a web server: to be read only. It tells what it holds in ``index.json``."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from tlkit.backbones.shelf.store import Store
from tlkit.backbones.shelf.versions import is_name, is_version
from tlkit.errors import ShelfError, StoreError

INDEX = "index.json"
_SECONDS = 60


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Stays where it was sent: a token must not travel to another server."""

    def redirect_request(self, *asked: Any) -> None:
        return None


class WebStore(Store):
    """Files at ``place/NAME/VERSION/``.

    Parameters
    ----------
    place
        ``https://...``, without a query.
    token
        Sent as ``Authorization: Bearer``; never in the address.
    """

    def __init__(self, place: str, token: str | None) -> None:
        self.place = place.split("?", 1)[0].rstrip("/")
        # Files and secrets often end in a line break.
        self._token = (token or "").strip()
        if not (self._token.isascii() and self._token.isprintable()):
            raise ShelfError(
                "The shelf's token has characters that no header can carry.", "Give it as it was made."
            )
        self._opener = urllib.request.build_opener(*([_NoRedirect] if self._token else []))

    def names(self) -> list[str]:
        return list(self.contents())

    def contents(self) -> dict[str, list[str]]:
        return {name: versions for name, versions in sorted(self._index().items()) if versions}

    def versions(self, name: str) -> list[str]:
        return self._index().get(name, [])

    def read(self, name: str, version: str, file: str, folder: str = "") -> bytes:
        return self._get("/".join(part for part in (name, version, folder, file) if part))

    def files(self, name: str, version: str, folder: str = "") -> list[str]:
        return []  # a server tells only what manifests name

    def put(self, name: str, version: str, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
        raise self._read_only()

    def note(self, name: str, version: str, content: bytes) -> None:
        raise self._read_only()

    def clear(self, name: str, older_than_seconds: float) -> list[str]:
        return []

    def _index(self) -> dict[str, list[str]]:
        try:
            told = json.loads(self._get(INDEX))
            return {
                name: sorted(version for version in one if is_version(version))
                for name, one in told["names"].items()
                if is_name(name)
            }
        except FileNotFoundError:
            raise StoreError(
                f"There is no shelf at {self.place}: it has no {INDEX}.",
                "Serve one with `tlkit shelf serve`, or write the index with Shelf(folder).write_index().",
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(
                f"The {INDEX} of {self.place} is not that of a shelf.", "Check the address."
            ) from error

    def _get(self, path: str) -> bytes:
        asked = urllib.request.Request(f"{self.place}/{quote(path)}")
        if self._token:
            asked.add_unredirected_header("Authorization", f"Bearer {self._token}")
        where = urlsplit(self.place).netloc.rpartition("@")[2]
        try:
            with self._opener.open(asked, timeout=_SECONDS) as answer:
                length = answer.headers.get("Content-Length")
                content: bytes = answer.read()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                raise FileNotFoundError(path) from None
            cure = (
                "Give the shelf's token as TLKIT_SHELF_TOKEN."
                if error.code in (401, 403)
                else "Try again later."
            )
            raise StoreError(f"The shelf at {where} answers {error.code} ({error.reason}).", cure) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise StoreError(
                f"The shelf at {where} cannot be reached: {reason}.", "Check your network."
            ) from None
        if length is not None and len(content) != int(length):
            raise StoreError(f"The answer of {where} was cut short.", "Try again.")
        return content

    def _read_only(self) -> StoreError:
        return StoreError(
            f"The shelf {self.place} can only be read.", "Push to its folder or its object store."
        )
