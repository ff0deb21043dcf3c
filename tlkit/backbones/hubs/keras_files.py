"""The weights files of Keras's applications: which one a network asks for, whether it is here, and fetching it."""

from __future__ import annotations

import hashlib
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tlkit.backbones.hubs.fetch import fetch
from tlkit.backbones.hubs.hub import Asked
from tlkit.backbones.hubs.keras_client import keras_folder
from tlkit.backbones.hubs.missing import fetch_command, not_here
from tlkit.backbones.hubs.wanted import Wanted
from tlkit.errors import WeightsError

_GATE = threading.Lock()
# The files of the MobileNets name their width and the side of their pictures.
_SIZED = re.compile(r"_(\d[._]\d+)_(\d+)")
_USUAL = "224"


@dataclass(frozen=True)
class WeightsFile:
    """A file that an application asks Keras for.

    Parameters
    ----------
    name
        Of the file.
    url
        Where Keras would fetch it.
    digest
        MD5 or SHA-256, as Keras knows it; empty where it knows none.
    """

    name: str
    url: str
    digest: str

    @property
    def place(self) -> Path:
        """Where Keras keeps it."""
        return keras_folder() / self.name


class _AskedFor(Exception):
    def __init__(self, file: WeightsFile) -> None:
        super().__init__(file.name)
        self.file = file


@contextmanager
def _asking() -> Iterator[None]:
    """Let Keras say which file it wants instead of fetching it; other threads fetch as ever."""
    files: Any = import_module("keras.src.utils.file_utils")
    ours = threading.get_ident()
    with _GATE:
        usual = files.get_file

        def get_file(fname: Any = None, origin: Any = None, *args: Any, **more: Any) -> Any:
            if threading.get_ident() != ours:
                return usual(fname, origin, *args, **more)
            raise _AskedFor(WeightsFile(str(fname), str(origin), more.get("file_hash") or ""))

        files.get_file = get_file
        try:
            yield
        finally:
            files.get_file = usual


def asked_for(build: Any, **settings: Any) -> WeightsFile | None:
    """Return the file with the ImageNet weights of an application; Keras itself says which.

    Parameters
    ----------
    build
        The application: ``keras.applications.ResNet50``.
    settings
        What it is called with.

    Returns
    -------
    WeightsFile or None
        None if it has none for these settings.
    """
    try:
        with _asking(), warnings.catch_warnings():
            # Keras says so of the usual side, too, and before it is known whether the file is here.
            warnings.filterwarnings("ignore", "`input_shape` is undefined or non-square", UserWarning)
            build(weights="imagenet", **settings)
    except _AskedFor as said:
        return said.file
    except ValueError:
        return None
    return None


def whole(file: WeightsFile, name: str, asked: Asked, size: int) -> Path:
    """Return where a file lies, whole and with the right hash; fetch it if that is allowed.

    Raises
    ------
    NotFetchedError
        It is not here and may not be fetched, or cannot.
    WeightsError
        It is another file than Keras expects.
    """
    if not file.place.is_file():
        if not asked.download:
            raise not_here(name, file.place.parent, size)
        sha256, md5 = (file.digest, "") if len(file.digest) == 64 else ("", file.digest)
        fetch(Wanted(name, file.url, file.place, sha256, size, md5), asked.tell)
    _check(file.place, file.digest, name)
    return file.place


def _check(path: Path, digest: str, name: str) -> None:
    if not digest:
        return
    kind = "sha256" if len(digest) == 64 else "md5"
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if found != digest:
        raise WeightsError(
            f"The weights {path.name} were changed or cut short: their {kind.upper()} is {found}, Keras expects"
            f" {digest}.",
            f"Delete {path} and run {fetch_command(name)}.",
        )


def application_of(file_name: str, applications: tuple[str, ...]) -> str | None:
    """Return the application that a file in Keras's folder belongs to: the longest name that its own contains.

    A MobileNet of another width than 1 is named with it.

    Examples
    --------
    >>> known = ("ResNet50", "ResNet50V2", "MobileNetV3Small")
    >>> application_of("resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5", known)
    'ResNet50V2'
    >>> application_of("weights_mobilenet_v3_small_224_1.0_float.h5", known)
    'MobileNetV3Small'
    >>> application_of("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96.h5", ("MobileNetV2",))
    'MobileNetV2?alpha=0.35@96'
    """
    plain = re.sub("[^a-z0-9]", "", file_name.lower())
    fitting = [one for one in applications if one.lower() in plain]
    found = max(fitting, key=len, default=None)
    sized = _SIZED.search(file_name) if found is not None and found.startswith("MobileNet") else None
    if sized is None:
        return found
    alpha, side = float(sized[1].replace("_", ".")), sized[2]
    return f"{found}{f'?alpha={alpha:g}' if alpha != 1 else ''}{f'@{side}' if side != _USUAL else ''}"
