"""kagglehub, imported on demand: which models of Kaggle are here, and fetching one."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

from tlkit.backbones.hubs import places
from tlkit.backbones.hubs.hub import Asked
from tlkit.backbones.hubs.missing import fetch_command, missing_part, not_here, size_in_words
from tlkit.errors import NotFetchedError, WeightsError

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def kaggle_folder() -> Path:
    """Return where kagglehub keeps models.

    Examples
    --------
    >>> kaggle_folder().name
    'models'
    """
    places.settle()
    return Path(os.environ.get("KAGGLEHUB_CACHE") or Path.home() / ".cache" / "kagglehub") / "models"


def is_handle(text: str) -> bool:
    """Say whether a text is owner/model/framework/variation, perhaps with a version.

    Examples
    --------
    >>> is_handle("google/mobilenet-v2/tensorFlow2/100-224-feature-vector/2"), is_handle("../../etc/x")
    (True, False)
    """
    parts = text.split("/")
    return (
        len(parts) in (4, 5)
        and all(_PLAIN.fullmatch(one) for one in parts)
        and (len(parts) == 4 or parts[4].isdecimal())
    )


def kept(handle: str) -> Path | None:
    """Return the folder of a model that was fetched whole; without a version, of the newest that is here."""
    if len(handle.split("/")) == 4:
        place = kaggle_folder() / handle
        versions = sorted((int(one.name) for one in place.glob("*") if one.name.isdecimal()), reverse=True)
        return next((found for one in versions if (found := kept(f"{handle}/{one}")) is not None), None)
    place = kaggle_folder() / handle
    # The client's own mark that all of it came.
    done = place.with_name(f"{place.name}.complete")
    return place if done.exists() and place.is_dir() else None


def fetched(name: str, handle: str, asked: Asked) -> Path:
    """Return the folder of a model, fetched if that is allowed.

    kagglehub goes on where it broke off, checks the hash that the server sends, and unpacks archives with Python's
    filter that lets nothing leave the folder; names of single files are checked here before.

    Raises
    ------
    NotFetchedError
        It is not here and may not or cannot be fetched.
    WeightsError
        The server names a file outside the model's folder.
    """
    found = kept(handle)
    if found is not None:
        return found
    if not asked.download:
        raise not_here(name, kaggle_folder(), None)
    kagglehub = _kagglehub()
    try:
        asked.tell(f"Fetching {name}: {size_in_words(_listed(handle))}, to {kaggle_folder() / handle}")
        return Path(kagglehub.model_download(handle))
    except WeightsError:
        raise
    except Exception as error:  # the client, its HTTP library and the system raise many kinds
        # Not chained: their messages carry addresses that are signed.
        raise NotFetchedError(
            f"{name} could not be fetched from Kaggle ({type(error).__name__}), and it is not in {kaggle_folder()}.",
            f"Check the handle on kaggle.com/models, and run {fetch_command(name)} where there is a network; some"
            " models need a login (kagglehub.login()).",
        ) from None


def _kagglehub() -> ModuleType:
    try:
        import kagglehub
    except ImportError as error:
        raise missing_part("kagglehub", "tensorflow") from error
    found: ModuleType = kagglehub
    return found


def _listed(handle: str) -> int | None:
    """Ask for a model's files; return their size, None if there are more than one answer names."""
    from kagglehub import http_resolver
    from kagglehub.clients import build_kaggle_client
    from kagglehub.handle import parse_model_handle

    asked: Any = parse_model_handle(handle)
    with build_kaggle_client() as client:
        if not asked.is_versioned():
            asked = asked.with_version(http_resolver._get_current_version(client, asked))
        wanted = http_resolver._build_list_model_instance_version_files_request(asked)
        answer = client.models.model_api_client.list_model_instance_version_files(wanted)
    for file in answer.files:
        path = PurePosixPath(file.name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise WeightsError(
                f"The server names the file {file.name!r}, which lies outside the model's folder.",
                "Nothing was fetched. Ask whoever runs the server or the proxy.",
            )
    return None if answer.next_page_token else sum(int(file.size) for file in answer.files)
