"""The code of PyTorch Hub's repositories: which one a name means, fetching it, and running it within limits."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import inspect
import os
import re
import sys
import typing
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

import torch
from torch import nn

from tlkit.backbones.hubs import places
from tlkit.backbones.hubs.fetch import fetch
from tlkit.backbones.hubs.hub import Asked
from tlkit.backbones.hubs.missing import fetch_command, not_here
from tlkit.backbones.hubs.wanted import Wanted
from tlkit.errors import NotFetchedError, PlanError, TlkitError, WeightsError

PREFIX = "torch-hub:"
HUBCONF = "hubconf.py"
_ON_GITHUB = re.compile(r"([A-Za-z0-9-]+)/([\w.-]+):(?:([\w./-]+):)?(\w+)")
# What the model's function is called with follows its name; a folder's own name may hold a question mark.
_WITH_ARGUMENTS = re.compile(r"(.*?:\w+)\?(.+)")
COMMIT = re.compile(r"[0-9a-f]{40}")
# Torch's settings for all that is loaded: tensors alone, or anything.
_LOADING = ("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")
# Torch joins owner, repository and version by _, which may be in the last two: what was meant is written down.
_ORIGIN = ".tlkit-origin"


@dataclass(frozen=True)
class Model:
    """What a name says.

    Parameters
    ----------
    name
        As ``backbones.load`` takes it.
    repository
        ``owner/repo``, or a folder.
    ref
        A tag or a commit; empty for a folder.
    model
        Which of its models.
    arguments
        What its function is called with.
    """

    name: str
    repository: str
    ref: str
    model: str
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where torch's hub keeps the code."""
        if not self.ref:
            return Path(self.repository)
        return places.torch_folder() / "_".join([*self.repository.split("/"), self.ref.replace("/", "_")])


def origin_of(folder: Path) -> str:
    """Return what a folder of torch's hub holds, ``owner/repo:ref``: as it was noted at fetching.

    Without a note it is what its name says, and empty where that can be read in more than one way.
    """
    with contextlib.suppress(OSError, UnicodeDecodeError):
        noted = (folder / _ORIGIN).read_text(encoding="utf-8").strip()
        if _ON_GITHUB.fullmatch(f"{noted}:model"):
            return noted
    parts = folder.name.split("_")
    return f"{parts[0]}/{parts[1]}:{parts[2]}" if len(parts) == 3 and all(parts) else ""


def understood(name: str) -> Model:
    """Take a name apart.

    Raises
    ------
    PlanError
        It names no repository, or no version of it, or its arguments cannot be read.
    """
    split = _WITH_ARGUMENTS.fullmatch(name)
    bare, query = split.groups() if split else (name, "")
    arguments = _arguments(PREFIX + name, query)
    path, _, model = bare.rpartition(":")
    if path and (Path(path).expanduser() / HUBCONF).is_file():
        return Model(PREFIX + name, str(Path(path).expanduser().absolute()), "", model, arguments)
    found = _ON_GITHUB.fullmatch(bare)
    if found is None:
        raise PlanError(
            f"{PREFIX}{name} names neither a repository on GitHub nor a folder with a {HUBCONF} in it.",
            f"Write {PREFIX}owner/repo:ref:model, with a tag or a commit as ref, or {PREFIX}/path/to/repo:model.",
        )
    owner, repository, ref, model = found.groups()
    if not ref:
        raise PlanError(
            f"{PREFIX}{name} does not say which version of {owner}/{repository} is meant, and"
            " tomorrow it could be another.",
            f"Name a tag or a commit: {PREFIX}{owner}/{repository}:v1.0:{model}.",
        )
    return Model(PREFIX + name, f"{owner}/{repository}", ref, model, arguments)


def _arguments(name: str, query: str) -> dict[str, Any]:
    """Return what a name's end says, ``weights=DEFAULT&classes=10``, as true or false, numbers and text."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        pairs = [("", query)]
    found: dict[str, Any] = {}
    # What torch.hub.load itself takes, such as where the code comes from, is not the model's.
    own = inspect.signature(torch.hub.load).parameters
    for key, value in pairs:
        if not key.isidentifier() or key in own or key in found:
            raise PlanError(
                f"{name} ends in {query!r}, and {key or value!r} there is no argument of a model, or stands there"
                " twice.",
                "Write them as in ?weights=DEFAULT&classes=10.",
            )
        found[key] = _value(value)
    return found


def _value(text: str) -> bool | int | float | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return int(text)
    return float(text) if re.fullmatch(r"[+-]?[0-9]*\.?[0-9]+(e[+-]?[0-9]+)?", text, re.IGNORECASE) else text


def code(wanted: Model, asked: Asked) -> Path:
    """Return the folder with the repository's code; fetch it if it is missing and that is allowed."""
    if (wanted.folder / HUBCONF).is_file():
        held = origin_of(wanted.folder) if wanted.ref else ""
        if held and held != f"{wanted.repository}:{wanted.ref}":
            raise WeightsError(
                f"{wanted.folder} holds the code of {held}, and not that of {wanted.repository}:{wanted.ref}, for which"
                " torch's hub has the same folder.",
                f"Load {PREFIX}{held}, or delete the folder and fetch the other one.",
            )
        return wanted.folder
    if not asked.download:
        raise not_here(wanted.name, places.torch_folder(), None)
    try:
        # torch looks whether a branch or tag is the owner's own. A commit names its content, whoever made it.
        commit = bool(COMMIT.fullmatch(wanted.ref))
        torch.hub.list(  # type: ignore[no-untyped-call]
            f"{wanted.repository}:{wanted.ref}", trust_repo=True, skip_validation=commit, verbose=False
        )
    except urllib.error.URLError as error:
        raise NotFetchedError(
            f"{wanted.repository} at {wanted.ref} could not be fetched from GitHub: {error.reason}.",
            f"Check the name, or run {fetch_command(wanted.name)} where there is a network.",
        ) from None
    except ValueError as error:
        raise NotFetchedError(
            f"{wanted.repository} has no version {wanted.ref}: {error}", "Check its tags."
        ) from None
    (wanted.folder / _ORIGIN).write_text(f"{wanted.repository}:{wanted.ref}\n", encoding="utf-8")
    return wanted.folder


@contextlib.contextmanager
def kept_safe(wanted: Model, asked: Asked) -> Iterator[list[Path]]:
    """Let code fetch only what may be fetched, whole and with its size said, and unpickle tensors alone.

    Yields
    ------
    list of Path
        The files that the code has read weights from so far.
    """
    read: list[Path] = []
    load = torch.load

    def noting(f: Any, *args: Any, **more: Any) -> Any:
        place = f if isinstance(f, str | os.PathLike) else getattr(f, "name", None)
        if isinstance(place, str | os.PathLike):
            read.append(Path(place).absolute())
        return load(f, *args, **more)

    def download(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
        place = Path(dst)
        if not asked.download:
            raise not_here(wanted.name, place.parent, None)
        fetch(Wanted(wanted.name, url, place, hash_prefix or ""), asked.tell)

    # Torch keeps a folder that was set, whatever its setting says later: it is set only where it differs.
    before, folder = torch.hub.get_dir(), str(places.torch_folder())
    moved = Path(before).expanduser().absolute() != Path(folder)
    usual, settings = torch.hub.download_url_to_file, {one: os.environ.pop(one, None) for one in _LOADING}
    # What torch and the code print is no result.
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(sys.stderr):
        if moved:
            torch.hub.set_dir(folder)
        torch.hub.download_url_to_file, torch.load = download, noting
        os.environ[_LOADING[0]] = "1"
        try:
            yield read
        finally:
            del os.environ[_LOADING[0]]
            os.environ.update({one: value for one, value in settings.items() if value is not None})
            torch.hub.download_url_to_file, torch.load = usual, load
            if moved:
                torch.hub.set_dir(before)


@contextlib.contextmanager
def told(wanted: Model) -> Iterator[None]:
    """Say in one sentence what a repository's code ran into."""
    import pickle

    try:
        yield
    except TlkitError:
        raise
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"The weights of {wanted.name} are a pickle of more than tensors, which could run any code when"
            " it is read.",
            "Use weights that were saved as a state dict.",
        ) from error
    except Exception as error:  # whatever other people's code raises
        raise PlanError(
            f"The code of {wanted.name} failed: {type(error).__name__}: {error}",
            "Its repository says which libraries it needs.",
        ) from error


def imported(folder: Path) -> ModuleType:
    """Run a repository's hubconf, and return it."""
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("hubconf", folder / HUBCONF)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(folder))


def makes_a_network(one: Any) -> bool:
    """Say whether something of a hubconf can be a model: not where it says itself that it makes another thing."""
    if isinstance(one, type):
        return issubclass(one, nn.Module)
    try:
        said = typing.get_type_hints(one).get("return", Any)
        kind = typing.get_origin(said) or said
        return kind is Any or not isinstance(kind, type) or issubclass(kind, nn.Module) or kind is object
    except Exception:  # whatever stands in other people's annotations
        return True


def defined(hubconf: Path) -> list[str]:
    """Return what a hubconf offers, read and not run."""
    try:
        body = ast.parse(hubconf.read_text(encoding="utf-8")).body
    except (OSError, SyntaxError, ValueError):
        return []
    found: list[str] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif (
            isinstance(node, ast.ImportFrom)
            and str(node.module).partition(".")[0] not in sys.stdlib_module_names
        ):
            found += [one.asname or one.name for one in node.names]
    return [one for one in found if not one.startswith("_")]
