"""PyTorch Hub: ``torch-hub:owner/repo:ref:model``, and repositories on this machine, ``torch-hub:/path/to/repo:model``.

What the model's function is called with may follow: ``?weights=DEFAULT&pretrained=true``.
A model of this hub is code. It is run only with ``trust=True``, from a version that the name pins; what it fetches is
fetched as for every other hub, and weights are read with ``weights_only`` whatever the code says.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from tlkit import files
from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.families import cut
from tlkit.backbones.fingerprint import tensor_bytes
from tlkit.backbones.hubs import places
from tlkit.backbones.hubs.children import cut_into_children
from tlkit.backbones.hubs.hub import Asked, Present
from tlkit.backbones.hubs.torch_hub_code import (
    COMMIT,
    HUBCONF,
    PREFIX,
    Model,
    code,
    defined,
    imported,
    kept_safe,
    makes_a_network,
    origin_of,
    told,
    understood,
)
from tlkit.backbones.transform import InputTransform
from tlkit.backbones.wrap import wrap
from tlkit.errors import PlanError, WeightsError, a_kind, level_of_the_caller, unknown_name

_SIDE = 224
_LEAST_DIGITS = 8
_HEXADECIMAL = re.compile(r"[0-9a-f]+")
_UNTRAINED = "untrained as far as tlkit saw: its code read no file of weights"
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def names() -> list[str]:
    """Return the models of the repositories that are here, as their ``hubconf.py`` defines them; none is run."""
    return [f"{one.name}:{model}" for one in present() for model in defined(one.place / HUBCONF)]


def present() -> list[Present]:
    """Return the repositories that torch's hub has fetched, without the models' weights.

    One that other tools fetched, and of whose folder the name can be read in several ways, is left out.
    """
    found = []
    for path in sorted(places.torch_folder().glob(f"*_*_*/{HUBCONF}")):
        origin = origin_of(path.parent)
        if not origin:
            continue
        size = sum(one.stat().st_size for one in path.parent.rglob("*") if one.is_file())
        found.append(Present(PREFIX + origin, path.parent, size))
    return found


def load(name: str, asked: Asked) -> Backbone:
    """Run a repository's code and return the network that it makes.

    Its stages are those of a known family, or what ``tlkit_stages`` in its ``hubconf.py`` says (model to what
    `tlkit.backbones.wrap` takes), or its children where they are the network. Its pictures are normalised as
    ``tlkit_transform`` says (model to the settings of an `InputTransform`), else as ImageNet's usually are.

    Parameters
    ----------
    name
        Without the prefix: ``"owner/repo:ref:model"`` with a tag or a commit as ref, or ``"/path/to/repo:model"``;
        ``?key=value&...`` after it is what the model's function is called with.
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
    wanted = understood(name)
    if not asked.trust:
        raise WeightsError(
            f"{wanted.name} is code: to load it means to run {HUBCONF} of {wanted.repository} on this machine, which"
            " may do anything that you may do.",
            "If you trust who wrote it, load with trust=True (`tlkit fetch --trust`)." + _of_whom(wanted.ref),
        )
    with kept_safe(wanted, asked) as read, told(wanted):
        folder = code(wanted, asked)
        hubconf = imported(folder)
        known = [key for key in defined(folder / HUBCONF) if callable(getattr(hubconf, key, None))]
        if wanted.model not in known:
            networks = [key for key in known if makes_a_network(getattr(hubconf, key))]
            raise unknown_name(f"model of {wanted.repository}", wanted.model, networks)
        net = torch.hub.load(str(folder), wanted.model, source="local", **wanted.arguments)  # type: ignore[no-untyped-call]
    if not isinstance(net, nn.Module):
        raise PlanError(f"{wanted.name} made {a_kind(net)}, no network.", "Name another of its models.")
    with told(wanted):
        return _backbone(wanted, net.eval(), hubconf, folder, read, asked)


def _of_whom(ref: str) -> str:
    """Say what a commit does not prove: torch itself asks GitHub whose branch it ends, which few commits do."""
    if not COMMIT.fullmatch(ref):
        return ""
    return " GitHub gives commits of other people's copies under the owner's name as well: look whether it is theirs."


def _backbone(
    wanted: Model, net: nn.Module, hubconf: ModuleType, folder: Path, read: Sequence[Path], asked: Asked
) -> Backbone:
    said = getattr(hubconf, "tlkit_transform", {}).get(wanted.model)
    usual = {"channels": 3, "height": _SIDE, "width": _SIDE, "mean": _MEAN, "std": _STD}
    side = {} if asked.side is None else {"height": asked.side, "width": asked.side}
    transform = InputTransform(**{**(said or usual), **side})
    stages = getattr(hubconf, "tlkit_stages", {}).get(wanted.model)
    known = cut(net) if stages is None else None
    head = None
    if stages is None and known is None:
        stages, head = cut_into_children(net, transform, wanted.name)
    weights = _weights(read, net)
    if not read:
        warnings.warn(
            f"{wanted.name} is {_UNTRAINED}. Its repository says how trained ones are asked for, often"
            " ?weights=DEFAULT or ?pretrained=true after the name.",
            UserWarning,
            stacklevel=level_of_the_caller(),
        )
    card = _card(wanted, known.family if known else type(net).__name__, folder, said is None, weights)
    return wrap(
        net,
        stages,
        transform=transform,
        name=wanted.name,
        card=card,
        source_head=head,
        learns_in="stored_stats",
    )


@dataclass(frozen=True)
class _Weights:
    """What is known of the weights: their hash, the size of their file, what goes into the lineage, and what is not."""

    sha256: str
    bytes: int
    lineage: Mapping[str, str]
    limits: tuple[str, ...]


def _weights(read: Sequence[Path], net: nn.Module) -> _Weights:
    found = {path: files.sha256(path) for path in dict.fromkeys(read) if path.is_file()}
    unchecked = [path.name for path, sha256 in found.items() if not _named_by(sha256, path)]
    lineage = {"weights": ", ".join(f"{path.name} (SHA-256 {sha256})" for path, sha256 in found.items())}
    limits = [] if read else [f"{_UNTRAINED.capitalize()}."]
    if unchecked:
        limits.append(
            f"There is no hash by which {', '.join(unchecked)} could be checked: the SHA-256 on this card says what was"
            " loaded, not that it is what its makers published."
        )
    if len(found) == 1:
        ((path, sha256),) = found.items()
        return _Weights(sha256, path.stat().st_size, lineage, tuple(limits))
    limits.append("The card's SHA-256 is that of its tensors by name, as its code made or read them.")
    digest = hashlib.sha256()
    for name, tensor in net.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor_bytes(tensor))
    return _Weights(digest.hexdigest(), 0, lineage if found else {}, tuple(limits))


def _named_by(sha256: str, path: Path) -> bool:
    """Say whether a file's name holds the first digits of its hash, as torch's hub writes them: net-5c106cde.pth."""
    digits = path.stem.rpartition("-")[2]
    if len(digits) < _LEAST_DIGITS:
        return False
    if sha256.startswith(digits):
        return True
    # Digits without a letter may be a date.
    if _HEXADECIMAL.fullmatch(digits) and not digits.isdecimal():
        raise WeightsError(
            f"{path.name} was changed or cut short: its SHA-256 begins with {sha256[: len(digits)]}, not as its name"
            " says.",
            "Delete it and fetch it again, or rename it if the end of its name is no hash.",
        )
    return False


def _card(wanted: Model, family: str, folder: Path, guessed: bool, weights: _Weights) -> ModelCard:
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
    if wanted.ref and not COMMIT.fullmatch(wanted.ref):
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
            **weights.lineage,
        },
        limits=(*limits, *weights.limits),
        sha256=weights.sha256,
        file_bytes=weights.bytes,
        contact=f"https://github.com/{wanted.repository}/issues" if wanted.ref else "",
    )
