"""Fetching from a Hugging Face hub: the client library does it; the size is said first, every file is checked."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tlkit import files
from tlkit.backbones.hubs.hf_cache import (
    INDEX,
    WEIGHTS,
    Address,
    Snapshot,
    cache_folder,
    find,
    is_commit,
)
from tlkit.backbones.hubs.hf_hashes import changed, is_content, keep_hashes, verify, whole
from tlkit.backbones.hubs.hf_lacking import incomplete, lacking, pooling_unknown
from tlkit.backbones.hubs.hub import Asked
from tlkit.backbones.hubs.missing import fetch_command, not_here, size_in_words
from tlkit.errors import NotFetchedError, StoreError, TlkitError, UnknownNameError, WeightsError, unknown_name

# Settings, tokenizer and card; no other folder's copies of the weights for other libraries.
_SETTINGS = re.compile(
    r"config\.json|preprocessor_config\.json|processor_config\.json|README\.md|tokenizer[\w.-]*\.(json|model)|vocab\.\w+"
    r"|merges\.txt|special_tokens_map\.json|added_tokens\.json|\w+\.model|modules\.json|sentence_bert_config\.json"
    r"|\d+_Pooling/config\.json",
)
_WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors|model\.safetensors\.index\.json")
_LOGGERS = ("huggingface_hub", "httpx", "httpx2", "urllib3")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack", ".npz")


def here_or_fetched(
    name: str, address: Address, asked: Asked, known: Callable[[], Sequence[str]], count: int | None = None
) -> tuple[Snapshot, str]:
    """Return a repository's snapshot and the SHA-256 of its weights; fetch it if it is missing and that is allowed.

    Parameters
    ----------
    name
        As ``backbones.load`` takes it, for messages.
    address
        The repository. What is here already is taken as it is, whatever its branch says by now.
    asked
        Whether it may be fetched, and whom to tell.
    known
        Gives the names that exist, for the case that this one does not.
    count
        Size of the weights in bytes as far as it is known without a network.

    Raises
    ------
    NotFetchedError
        It is not here and may not or cannot be fetched.
    UnknownNameError
        The hub has no such repository or revision.
    WeightsError
        It has no safetensors, or a file is not what the hub says.
    """
    found = find(address)
    if found is None or not whole(found) or (asked.trust and not _has_its_code(found)):
        if not asked.download:
            raise not_here(name, cache_folder(), count)
        found = _fetch(name, address, asked, known, count)
    elif part := lacking(found):
        if not asked.download:
            raise incomplete(name, part)
        # The rest of the same commit, whatever the branch says by now.
        _fetch(name, Address(address.repository, found.commit), asked, known, count, part)
    elif asked.download and pooling_unknown(found):
        # It may well be complete: without a network it is taken as it is, and its card says so.
        with suppress(NotFetchedError):
            _fetch(name, Address(address.repository, found.commit), asked, known, count)
    return found, verify(found)


def endpoint() -> str | None:
    """Return the address of the hub, ``HF_ENDPOINT``; None for the client library's own.

    It is read now, not when the client library was imported: a notebook may set it.
    """
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def _fetch(
    name: str,
    address: Address,
    asked: Asked,
    known: Callable[[], Sequence[str]],
    count: int | None,
    part: str = "",
) -> Snapshot:
    from huggingface_hub import HfApi, hf_hub_download

    try:
        info: Any = HfApi(endpoint=endpoint()).model_info(
            address.repository, revision=address.revision, files_metadata=True
        )
        if not is_commit(str(info.sha)):
            # It becomes part of a path.
            raise NotFetchedError(
                f"The hub names {str(info.sha)[:60]!r} as the commit of {name}.",
                "Use another mirror: HF_ENDPOINT.",
            )
        wanted = [one for one in info.siblings or () if _is_wanted(one.rfilename, asked.trust)]
        _expect_safetensors(name, [one.rfilename for one in info.siblings or ()])
        place = cache_folder() / address.folder_name / "snapshots" / info.sha
        missing = [one for one in wanted if not (place / one.rfilename).is_file()]
        size, kind = sum(one.size or 0 for one in missing), "file" if len(missing) == 1 else "files"
        asked.tell(
            f"{name}: fetching {size_in_words(size)} in {len(missing)} {kind}, commit {info.sha}, to {cache_folder()}."
        )
        hashes: dict[str, str] = {}
        # The weights last: where they are, everything else is.
        for one in sorted(wanted, key=lambda one: (bool(_WEIGHTS.fullmatch(one.rfilename)), one.rfilename)):
            with _addresses_untold():
                path = Path(
                    hf_hub_download(
                        address.repository,
                        one.rfilename,
                        revision=info.sha,
                        cache_dir=cache_folder(),
                        endpoint=endpoint(),
                    )
                )
            expected = one.lfs.sha256 if one.lfs is not None else one.blob_id or ""
            if not is_content(path, expected):
                _forget(path)
                raise changed(path)
            hashes[one.rfilename] = expected
    except TlkitError:
        raise
    except Exception as error:  # of the client, of its HTTP library, of the system
        # Not chained: the client's messages carry addresses that may be signed.
        subject = (
            f"What {name} lacks, {part}, is"
            if part
            else f"The weights of {name} ({size_in_words(count)}) are"
        )
        raise _in_words(error, name, address, known, subject) from None
    keep_hashes(Snapshot(address, info.sha, place), hashes)
    # Only now does the branch's name lead to the snapshot: half of one is never found.
    if address.revision != info.sha:
        with files.atomic_write(cache_folder() / address.folder_name / "refs" / address.revision) as file:
            file.write(info.sha.encode("ascii"))
    found = find(address)
    if found is None:
        raise WeightsError(
            f"{name} has no settings (config.json) or not all of its weights.", "Use another revision."
        )
    return found


@contextmanager
def _addresses_untold() -> Iterator[None]:
    """Keep the client and its HTTP library from writing to the log where a file lies: that address is signed."""
    loggers = {one: one.level for one in map(logging.getLogger, _LOGGERS)}
    for one in loggers:
        one.setLevel(max(one.getEffectiveLevel(), logging.ERROR))
    try:
        yield
    finally:
        for one, level in loggers.items():
            one.setLevel(level)


def _has_its_code(snapshot: Snapshot) -> bool:
    """Say whether the files with code that the settings name are here: they are fetched only when they are trusted."""
    try:
        named = json.loads((snapshot.folder / "config.json").read_text(encoding="utf-8")).get("auto_map", {})
    except (OSError, ValueError, AttributeError):
        return True
    texts = [one for one in named.values() if isinstance(one, str)] if isinstance(named, dict) else []
    # "owner/name--module.Class" lies in another repository.
    return all(
        (snapshot.folder / f"{one.partition('.')[0]}.py").is_file() for one in texts if "--" not in one
    )


def _is_wanted(path: str, trust: bool) -> bool:
    return bool(_SETTINGS.fullmatch(path) or _WEIGHTS.fullmatch(path)) or (trust and path.endswith(".py"))


def _expect_safetensors(name: str, paths: Sequence[str]) -> None:
    if WEIGHTS in paths or INDEX in paths:
        return
    pickles = [path for path in paths if path.endswith(_PICKLED)]
    if pickles:
        raise WeightsError(
            f"{name} has its weights only as {pickles[0]}, and no {WEIGHTS}: such a file could run any code when it is"
            " read.",
            "Use a model or a revision with safetensors.",
        )
    raise WeightsError(f"{name} has no {WEIGHTS}.", "Use a model or a revision with safetensors.")


def _forget(path: Path) -> None:
    for one in {path.resolve(), path}:
        one.unlink(missing_ok=True)


def _in_words(
    error: Exception,
    name: str,
    address: Address,
    known: Callable[[], Sequence[str]],
    subject: str,
) -> TlkitError:
    from huggingface_hub import errors

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.GatedRepoError) or status == 403:
        return NotFetchedError(
            f"The hub gives {name} only to those who accepted its terms.",
            "Accept them on the model's page, then log in with `hf auth login` or set HF_TOKEN.",
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return UnknownNameError(
            f"{address.repository} has no revision {address.revision!r}.",
            "Give a branch, a tag or a commit that the model's page lists.",
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        unknown = unknown_name("model on the hub", name, known())
        return UnknownNameError(
            unknown.what,
            f"{unknown.cure} If it is private, log in with `hf auth login` or set HF_TOKEN.",
        )
    if status is not None:
        return NotFetchedError(
            f"The hub refused {name} with the HTTP status {status}.",
            "Log in with `hf auth login` or set HF_TOKEN." if status == 401 else "Try again later.",
        )
    if isinstance(error, errors.OfflineModeIsEnabled):
        return NotFetchedError(
            f"{name} cannot be fetched: HF_HUB_OFFLINE is set.", "Unset it where there is a network."
        )
    if isinstance(error, OSError) and error.errno is not None:
        return StoreError(
            f"{name} cannot be kept in {cache_folder()}: {error.strerror}.",
            "Make room or rights there, or set HF_HOME to another folder.",
        )
    if isinstance(error, OSError) and "Consistency check" in str(error):
        return WeightsError(
            f"A file of {name} was cut short on its way; nothing of it is kept.", "Run the same again."
        )
    return NotFetchedError(
        f"{subject} not in {cache_folder()}, and the hub cannot be reached"
        f" ({type(error.__cause__ or error).__name__}).",
        f"Where there is a network, run {fetch_command(name)}.",
    )
