"""The Hugging Face cache: what of a repository lies on this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tlkit.errors import DataError

#: One file, or the list of its pieces where a network is too large for one.
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
_PIECE = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]*")


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
