"""A shelf in an object store, by fsspec: a version appears when its manifest is written, and only one can write it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from tlkit.backbones.hubs.missing import missing_part
from tlkit.backbones.shelf import sealed_json
from tlkit.backbones.shelf.store import MANIFEST, NOTE, UNFINISHED, Store
from tlkit.backbones.shelf.versions import is_name, is_version
from tlkit.errors import StoreError, TakenError, TlkitError

_EXTRAS = {"s3": ("s3fs", "s3"), "gs": ("gcsfs", "gcs"), "gcs": ("gcsfs", "gcs")}
# How S3, what speaks like it, and Google say that a conditional write came too late.
_CAME_LATE = {"PreconditionFailed", "ConditionalRequestConflict", "409", "412"}


class ObjectStore(Store):
    """Objects under ``place/NAME/VERSION/``.

    The files lie in a folder of the push's own beside the manifest, which is written last and only if there is none
    (``If-None-Match: *``): of two writers, one is refused, and neither has touched the other's files.

    Parameters
    ----------
    scheme
        ``"s3"``, ``"gs"`` or ``"gcs"``.
    place
        The address.
    options
        For fsspec: ``endpoint_url``, keys and so on, where the environment does not say them.
    """

    def __init__(self, scheme: str, place: str, options: Mapping[str, Any]) -> None:
        import fsspec

        client, extra = _EXTRAS[scheme]
        try:
            # Listings are asked for anew: other writers are at work.
            self.system = fsspec.filesystem(scheme, use_listings_cache=False, **options)
        except ImportError as error:
            raise missing_part(f"{client}, which reads {scheme}://,", extra) from error
        self.place = place.rstrip("/")
        self._root = self.system._strip_protocol(self.place).rstrip("/")

    def names(self) -> list[str]:
        return [name for name in self._listed(self._root) if is_name(name)]

    def versions(self, name: str) -> list[str]:
        with self._told():
            return sorted(
                one
                for one in self._listed(f"{self._root}/{name}")
                if is_version(one) and self.system.exists(self._path(name, one, MANIFEST))
            )

    def read(self, name: str, version: str, file: str, folder: str = "") -> bytes:
        with self._told():
            return bytes(self.system.cat_file(self._path(name, version, folder, file)))

    def files(self, name: str, version: str, folder: str = "") -> list[str]:
        return self._listed(self._path(name, version, folder))

    def put(self, name: str, version: str, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
        folder = UNFINISHED + secrets.token_hex(8)
        with self._told():
            if self.system.exists(self._path(name, version, MANIFEST)):
                raise self._taken(name, version)
            kept = False
            try:
                self._expect_conditions(self._path(name, version, folder, min(files)))
                for file, content in files.items():
                    self.system.pipe_file(self._path(name, version, folder, file), content)
                marker = sealed_json.write({**manifest, "folder": folder})
                kept = True  # until it is known whose the manifest is: it may stand although no answer came
                self.system.pipe_file(self._path(name, version, MANIFEST), marker, mode="create")
            except FileNotFoundError as error:
                kept = False
                raise StoreError(
                    f"The shelf {self.place} has no bucket to write to.",
                    "Make the bucket first, or check its name.",
                ) from error
            except Exception as error:
                if not _came_late(error):
                    raise
                # A client repeats a write whose answer was lost, and then comes too late to its own.
                kept = kept and self._is_ours(name, version, folder)
                if not kept:
                    raise self._taken(name, version) from error
            finally:
                if not kept:
                    self._remove(self._path(name, version, folder))

    def _is_ours(self, name: str, version: str, folder: str) -> bool:
        return sealed_json.read(self.read(name, version, MANIFEST), "").get("folder") == folder

    def _expect_conditions(self, path: str) -> None:
        """Refuse a store that overwrites what was only to be made: of two writers, both would think that they won."""
        for _ in range(2):
            try:
                self.system.pipe_file(path, b"", mode="create")
            except Exception as error:
                if _came_late(
                    error
                ):  # even the first time, where a client repeats a write whose answer was lost
                    return
                raise
        raise StoreError(
            f"The store of {self.place} overwrites files even where it is told not to, so that versions could change.",
            "Use one with conditional writes (If-None-Match), as Amazon's and Google's have, or a folder.",
        )

    def note(self, name: str, version: str, content: bytes) -> None:
        with self._told():
            self.system.pipe_file(self._path(name, version, NOTE), content)

    def clear(self, name: str, older_than_seconds: float) -> list[str]:
        gone = []
        for version in self._listed(f"{self._root}/{name}"):
            kept = ""
            try:
                told = sealed_json.read(self.read(name, version, MANIFEST), "")
                kept = str(told.get("folder", ""))
            except FileNotFoundError:
                pass
            except TlkitError:
                continue  # what its manifest said is not known: nothing of it is deleted
            for one in self._listed(self._path(name, version)):
                path = self._path(name, version, one)
                if one.startswith(UNFINISHED) and one != kept and self._age(path) >= older_than_seconds:
                    self._remove(path)
                    gone.append(f"{name}/{version}/{one}")
        return gone

    def _age(self, path: str) -> float:
        with self._told():
            found = self.system.find(path, detail=True).values()
        written = [one.get("LastModified") or one.get("mtime") for one in found]
        stamps = [one.timestamp() for one in written if isinstance(one, datetime)]
        return time.time() - max(stamps, default=datetime.now(UTC).timestamp())

    def _remove(self, path: str) -> None:
        with self._told(), suppress(FileNotFoundError):
            self.system.rm(path, recursive=True)

    def _path(self, *parts: str) -> str:
        return "/".join([self._root, *(part for part in parts if part)])

    def _listed(self, path: str) -> list[str]:
        with self._told():
            try:
                found = self.system.ls(path, detail=False, refresh=True)
            except FileNotFoundError:
                return []
        return sorted({str(one).rstrip("/").rsplit("/", 1)[-1] for one in found} - {""})

    def _taken(self, name: str, version: str) -> TakenError:
        return TakenError(
            f"{name}@{version} is on the shelf {self.place} already, and versions never change.",
            "Push the next version.",
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what a client raises into one sentence; keys and signatures stay out of it."""
        try:
            yield
        except (TlkitError, FileNotFoundError):
            raise
        except Exception as error:  # whatever the client of an object store raises
            raise StoreError(
                f"The shelf {self.place} cannot be reached ({type(error).__name__}).",
                "Check its address, your network and your keys.",
            ) from None


def _came_late(error: BaseException) -> bool:
    """Say whether a client's error, or what it was raised from, means that somebody else was first."""
    seen: BaseException | None = error
    while seen is not None:
        response = getattr(seen, "response", None)
        told = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
        if isinstance(seen, FileExistsError) or {str(told), str(getattr(seen, "code", ""))} & _CAME_LATE:
            return True
        seen = seen.__cause__ or seen.__context__
    return False
