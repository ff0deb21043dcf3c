"""The Hugging Face cache: what of a repository lies on this machine, and that it is what the hub says it is."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tlkit.errors import DataError, WeightsError

#: One file, or the list of its pieces where a network is too large for one.
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
_PIECE = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]*")
_READ_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Address:
    """A repository of a hub and one of its states.

    Parameters
    ----------
    repository
        ``owner/name``.
    revision
        A branch, a tag or a commit.
    """

    repository: str
    revision: str = "main"

    @classmethod
    def of(cls, name: str) -> Address:
        """Read ``owner/name`` or ``owner/name@revision``.

        Raises
        ------
        DataError
            It is neither.

        Examples
        --------
        >>> Address.of("microsoft/resnet-18@v1.0")
        Address(repository='microsoft/resnet-18', revision='v1.0')
        """
        repository, at, revision = name.partition("@")
        # Both become parts of paths.
        if (
            not _NAME.fullmatch(repository)
            or ".." in name
            or "--" in repository
            or (at and not _REVISION.fullmatch(revision))
        ):
            raise DataError(
                f"{name!r} names no repository of a hub, expected owner/name or owner/name@revision.",
                "Copy it from the model's page: hf:microsoft/resnet-18.",
            )
        return cls(repository, revision or "main")

    @property
    def folder_name(self) -> str:
        """How the client library names the repository's folder."""
        return f"models--{self.repository.replace('/', '--')}"


@dataclass(frozen=True)
class Snapshot:
    """One state of a repository on this machine.

    Parameters
    ----------
    address
        As it was asked for.
    commit
        What the revision stood for when it was fetched: 40 hexadecimal digits; empty for a plain folder.
    folder
        With the files.
    """

    address: Address
    commit: str
    folder: Path

    @property
    def weights(self) -> tuple[Path, ...]:
        """The files with the weights; empty if not all of them are here."""
        whole = self.folder / WEIGHTS
        if whole.is_file():
            return (whole,)
        pieces = sorted(path for path in self.folder.glob("*.safetensors") if _PIECE.fullmatch(path.name))
        wanted = int(pieces[0].stem.rpartition("-")[2]) if pieces else 0
        complete = (self.folder / INDEX).is_file() and len(pieces) == wanted
        return tuple(pieces) if complete and all(path.is_file() for path in pieces) else ()

    @property
    def bytes(self) -> int:
        """Size of the weights."""
        return sum(path.stat().st_size for path in self.weights)


def cache_folder() -> Path:
    """Return where the client library keeps what it fetched.

    ``HF_HUB_CACHE`` and ``HF_HOME`` are read now, not when the library was imported: a notebook may set them.
    """
    for variable, below in (("HF_HUB_CACHE", ""), ("HF_HOME", "hub")):
        if os.environ.get(variable):
            return Path(os.path.expandvars(os.environ[variable])).expanduser() / below
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def find(address: Address) -> Snapshot | None:
    """Return a repository's snapshot if its settings and its weights are on this machine, else None."""
    place = cache_folder() / address.folder_name
    commit = address.revision if is_commit(address.revision) else _commit(place, address.revision)
    if not commit:
        return None
    found = Snapshot(address, commit, place / "snapshots" / commit)
    return found if found.weights and (found.folder / "config.json").is_file() else None


def is_commit(text: str) -> bool:
    """Say whether a text is a commit in full: 40 hexadecimal digits."""
    return _COMMIT.fullmatch(text) is not None


def _commit(place: Path, revision: str) -> str:
    try:
        commit = (place / "refs" / revision).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return commit if is_commit(commit) else ""


def snapshots() -> Iterator[Snapshot]:
    """Yield every snapshot on this machine that has settings and weights as safetensors."""
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        cache = scan_cache_dir(cache_folder())
    except (CacheNotFound, ValueError):
        return
    for repository in sorted(cache.repos, key=lambda one: str(one.repo_id)):
        if repository.repo_type != "model":
            continue
        for state in sorted(repository.revisions, key=lambda one: str(one.commit_hash)):
            # A branch says more than a commit; what no branch points to is still here by its commit.
            revision = "main" if "main" in state.refs else min(state.refs, default=state.commit_hash)
            found = find(Address(repository.repo_id, revision))
            if found is not None:
                yield found


def verify(snapshot: Snapshot) -> str:
    """Compare every file of a snapshot with the hash under which the hub stores it.

    The client library names a file by the hub's own hash: SHA-256 for large files, git's for small ones. Where the
    file system has no links, names are plain and nothing can be compared.

    Returns
    -------
    str
        SHA-256 of the weights: of the file, or of all pieces one after the other.

    Raises
    ------
    WeightsError
        A file was changed or cut short.
    """
    weights = snapshot.weights
    for path in sorted(one for one in snapshot.folder.rglob("*") if one.is_file()):
        name = path.resolve().name if path.is_symlink() else ""
        if path not in weights and name and not is_content(path, name):
            raise changed(path)
    total = hashlib.sha256()
    for path in weights:
        name = path.resolve().name if path.is_symlink() else ""
        own = hashlib.sha256()
        for piece in _pieces(path):
            own.update(piece)
            if len(weights) > 1:
                total.update(piece)
        if len(name) == 64 and own.hexdigest() != name:
            raise changed(path)
    return own.hexdigest() if len(weights) == 1 else total.hexdigest()


def is_content(path: Path, expected: str) -> bool:
    """Say whether a file has the hash that a hub gave: 64 digits are SHA-256, 40 are git's; others are not judged."""
    if len(expected) == 64:
        return _digest(hashlib.sha256(), path) == expected
    if len(expected) == 40:
        start = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        return _digest(start, path) == expected
    return True


def changed(path: Path) -> WeightsError:
    """Build the error for a file that is not what the hub says."""
    return WeightsError(
        f"{path.name} was changed or cut short: its hash is not the one that the hub gave.",
        f"Delete {path.resolve()} and fetch it again.",
    )


def _digest(digest: hashlib._Hash, path: Path) -> str:
    for piece in _pieces(path):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(path: Path) -> Iterable[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_READ_AT_ONCE):
                yield piece
    except OSError as error:
        raise WeightsError(
            f"{path.name} cannot be read: {error.strerror or error}.", "Check the folder's rights."
        ) from error
