"""PyTorch Hub: ``torch-hub:owner/repo:ref:model``, and repositories on this machine, ``torch-hub:/path/to/repo:model``.

A model of this hub is code. It is run only with ``trust=True``, from a version that the name pins; what it fetches is
fetched as for every other hub, and weights are read with ``weights_only`` whatever the code says.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import os
import re
import sys
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.families import cut
from tlkit.backbones.hubs import places
from tlkit.backbones.hubs.children import cut_into_children
from tlkit.backbones.hubs.fetch import Wanted, fetch
from tlkit.backbones.hubs.hub import Asked, Present
from tlkit.backbones.hubs.missing import not_here
from tlkit.backbones.transform import InputTransform
from tlkit.backbones.wrap import wrap
from tlkit.errors import NotFetchedError, PlanError, TlkitError, WeightsError, unknown_name

PREFIX = "torch-hub:"
_HUBCONF = "hubconf.py"
_ON_GITHUB = re.compile(r"([A-Za-z0-9-]+)/([\w.-]+):(?:([\w./-]+):)?(\w+)")
_COMMIT = re.compile(r"[0-9a-f]{40}")
# Torch's settings for all that is loaded: tensors alone, or anything.
_LOADING = ("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")
_SIDE = 224
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class _Model:
    """What a name says."""

    name: str
    repository: str  # owner/repo, or the folder
    ref: str  # empty for a folder
    model: str

    @property
    def folder(self) -> Path:
        if not self.ref:
            return Path(self.repository)
        return places.torch_folder() / "_".join([*self.repository.split("/"), self.ref.replace("/", "_")])


def names() -> list[str]:
    """Return the models of the repositories that are here, as their ``hubconf.py`` defines them; none is run."""
    return [f"{one.name}:{model}" for one in present() for model in _defined(one.place / _HUBCONF)]


def present() -> list[Present]:
    """Return the repositories that torch's hub has fetched, without the models' weights."""
    found = []
    for path in sorted(places.torch_folder().glob(f"*_*_*/{_HUBCONF}")):
        owner, rest = path.parent.name.split("_", 1)
        repository, ref = rest.rsplit("_", 1)
        size = sum(one.stat().st_size for one in path.parent.rglob("*") if one.is_file())
        found.append(Present(f"{PREFIX}{owner}/{repository}:{ref}", path.parent, size))
    return found


def load(name: str, asked: Asked) -> Backbone:
    """Run a repository's code and return the network that it makes.

    Its stages are those of a known family, or what ``tlkit_stages`` in its ``hubconf.py`` says (model to what
    `tlkit.backbones.wrap` takes), or its children where they are the network. Its pictures are normalised as
    ``tlkit_transform`` says (model to the settings of an `InputTransform`), else as ImageNet's usually are.

    Parameters
    ----------
    name
        Without the prefix: ``"owner/repo:ref:model"`` with a tag or a commit as ref, or ``"/path/to/repo:model"``.
    asked
        Whether its code may be run, and what is missing may be fetched.

    Raises
    ------
    WeightsError
        Its code may not be run, or its weights are a pickle of more than tensors.
    NotFetchedError
        It is not here and may not or cannot be fetched.
    UnknownNameError
        The repository has no such model.
    PlanError
        The name is none of this hub, the code fails, or where the network is to be cut is not known.
    """
    wanted = _understood(name)
    if not asked.trust:
        raise WeightsError(
            f"{wanted.name} is code: to load it means to run {_HUBCONF} of {wanted.repository} on this machine, which"
            " may do anything that you may do.",
            "If you trust who wrote it, load with trust=True (`tlkit fetch --trust`)." + _of_whom(wanted.ref),
        )
    with _kept_safe(wanted, asked), _told(wanted):
        folder = _code(wanted, asked)
        hubconf = _imported(folder)
        known = [key for key in _defined(folder / _HUBCONF) if callable(getattr(hubconf, key, None))]
        if wanted.model not in known:
            raise unknown_name(f"model of {wanted.repository}", wanted.model, known)
        net = torch.hub.load(str(folder), wanted.model, source="local")  # type: ignore[no-untyped-call]
    if not isinstance(net, nn.Module):
        raise PlanError(
            f"{wanted.name} made a {type(net).__name__}, no network.", "Name another of its models."
        )
    with _told(wanted):
        return _backbone(wanted, net.eval(), hubconf, folder, asked)


def _of_whom(ref: str) -> str:
    """Say what a commit does not prove: torch itself asks GitHub whose branch it ends, which few commits do."""
    if not _COMMIT.fullmatch(ref):
        return ""
    return " GitHub gives commits of other people's copies under the owner's name as well: look whether it is theirs."


def _understood(name: str) -> _Model:
    path, _, model = name.rpartition(":")
    if path and (Path(path).expanduser() / _HUBCONF).is_file():
        return _Model(PREFIX + name, str(Path(path).expanduser().absolute()), "", model)
    found = _ON_GITHUB.fullmatch(name)
    if found is None:
        raise PlanError(
            f"{PREFIX}{name} names neither a repository on GitHub nor a folder with a {_HUBCONF} in it.",
            f"Write {PREFIX}owner/repo:ref:model, with a tag or a commit as ref, or {PREFIX}/path/to/repo:model.",
        )
    owner, repository, ref, model = found.groups()
    if not ref:
        raise PlanError(
            f"{PREFIX}{name} does not say which version of {owner}/{repository} is meant, and"
            " tomorrow it could be another.",
            f"Name a tag or a commit: {PREFIX}{owner}/{repository}:v1.0:{model}.",
        )
    return _Model(PREFIX + name, f"{owner}/{repository}", ref, model)


def _code(wanted: _Model, asked: Asked) -> Path:
    """Return the folder with the repository's code; fetch it if it is missing and that is allowed."""
    if (wanted.folder / _HUBCONF).is_file():
        return wanted.folder
    if not asked.download:
        raise not_here(wanted.name, places.torch_folder(), None)
    try:
        # torch looks whether a branch or tag is the owner's own. A commit names its content, whoever made it.
        commit = bool(_COMMIT.fullmatch(wanted.ref))
        torch.hub.list(  # type: ignore[no-untyped-call]
            f"{wanted.repository}:{wanted.ref}", trust_repo=True, skip_validation=commit, verbose=False
        )
    except urllib.error.URLError as error:
        raise NotFetchedError(
            f"{wanted.repository} at {wanted.ref} could not be fetched from GitHub: {error.reason}.",
            f"Check the name, or run `tlkit fetch --trust {wanted.name}` where there is a network.",
        ) from None
    except ValueError as error:
        raise NotFetchedError(
            f"{wanted.repository} has no version {wanted.ref}: {error}", "Check its tags."
        ) from None
    return wanted.folder


@contextlib.contextmanager
def _kept_safe(wanted: _Model, asked: Asked) -> Iterator[None]:
    """Let code fetch only what may be fetched, whole and with its size said, and unpickle tensors alone."""

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
        torch.hub.download_url_to_file = download
        os.environ[_LOADING[0]] = "1"
        try:
            yield
        finally:
            del os.environ[_LOADING[0]]
            os.environ.update({one: value for one, value in settings.items() if value is not None})
            torch.hub.download_url_to_file = usual
            if moved:
                torch.hub.set_dir(before)


@contextlib.contextmanager
def _told(wanted: _Model) -> Iterator[None]:
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


def _imported(folder: Path) -> ModuleType:
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location("hubconf", folder / _HUBCONF)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(folder))


def _defined(hubconf: Path) -> list[str]:
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


def _backbone(wanted: _Model, net: nn.Module, hubconf: ModuleType, folder: Path, asked: Asked) -> Backbone:
    told = getattr(hubconf, "tlkit_transform", {}).get(wanted.model)
    usual = {"channels": 3, "height": _SIDE, "width": _SIDE, "mean": _MEAN, "std": _STD}
    side = {} if asked.side is None else {"height": asked.side, "width": asked.side}
    transform = InputTransform(**{**(told or usual), **side})
    stages = getattr(hubconf, "tlkit_stages", {}).get(wanted.model)
    known = cut(net) if stages is None else None
    head = None
    if stages is None and known is None:
        stages, head = cut_into_children(net, transform, wanted.name)
    card = _card(wanted, known.family if known else type(net).__name__, folder, told is None)
    return wrap(
        net,
        stages,
        transform=transform,
        name=wanted.name,
        card=card,
        source_head=head,
        learns_in="stored_stats",
    )


def _card(wanted: _Model, family: str, folder: Path, guessed: bool) -> ModelCard:
    code = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        code.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        code.update(path.read_bytes())
    licences = sorted(one.name for one in folder.glob("LICEN[CS]E*"))
    limits = [
        "Made by code of its repository: this card says only what tlkit could see, and nothing of the data behind it."
    ]
    if guessed:
        limits.append(
            "Nobody says how its pictures are to be prepared: their size and ImageNet's usual means are a guess."
        )
    if wanted.ref and not _COMMIT.fullmatch(wanted.ref):
        limits.append(f"Its owner can move {wanted.ref} to other code; a commit of 40 digits stays.")
    return ModelCard(
        name=wanted.name,
        title=f"{wanted.model} of {wanted.repository}, made by the repository's own code.",
        architecture=family,
        origin=f"https://github.com/{wanted.repository} at {wanted.ref}" if wanted.ref else wanted.repository,
        licence_code=f"unknown: see {licences[0]} in the repository" if licences else "unknown",
        licence_weights="unknown",
        licence_data="unknown",
        lineage={
            "repository": wanted.repository,
            "ref": wanted.ref or "a folder",
            "code_sha256": code.hexdigest(),
        },
        limits=tuple(limits),
        contact=f"https://github.com/{wanted.repository}/issues" if wanted.ref else "",
    )
