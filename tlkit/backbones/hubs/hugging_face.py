"""The Hugging Face hub: image classifiers and text encoders of transformers, as safetensors and at a pinned commit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.hubs.hf_cache import Address, Snapshot, find, snapshots
from tlkit.backbones.hubs.hf_card import hub_card
from tlkit.backbones.hubs.hf_fetch import endpoint, here_or_fetched
from tlkit.backbones.hubs.hf_images import cut_images, image_transform_of
from tlkit.backbones.hubs.hf_lacking import MODULES, TOKENIZERS, pooling_unknown
from tlkit.backbones.hubs.hf_network import config_of, network_of, quiet, settings_in
from tlkit.backbones.hubs.hf_packaged import (
    BYTES,
    EXTRA,
    PARENT,
    REPOSITORY,
    package,
    packaged,
    verified,
)
from tlkit.backbones.hubs.hf_texts import cut_texts, poolings
from tlkit.backbones.hubs.hf_tokens import token_transform
from tlkit.backbones.hubs.hub import Asked, Present
from tlkit.backbones.hubs.missing import missing_part
from tlkit.backbones.staged import StagedModule
from tlkit.errors import DataError, NotFetchedError, WeightsError

PREFIX = "hf:"
_OF_TIMM = "timm/"
_MOST_FOUND = 50
_PATIENCE_SECONDS = 10
# Without BatchNorm, the rate of the other mode takes a network apart: of emoji names, 5 labels a class, 66 % are right
# with all of MiniLM frozen and 59 % after 50 steps of its last layer at that rate.
_LEARNS_IN = "stored_stats"
# Known without a network: small ones, whose weights are there as safetensors.
_EXAMPLES = (
    REPOSITORY,
    "microsoft/resnet-18",
    "microsoft/resnet-50",
    "facebook/convnext-tiny-224",
    "google/vit-base-patch16-224",
    "WinKawaks/vit-tiny-patch16-224",
    "distilbert/distilbert-base-uncased",
    "google-bert/bert-base-uncased",
    "FacebookAI/roberta-base",
    "BAAI/bge-small-en-v1.5",
)


def names() -> list[str]:
    """Return what is on this machine, and some names that the hub is known to have.

    Examples
    --------
    >>> "hf:sentence-transformers/all-MiniLM-L6-v2" in names()
    True
    """
    return list(dict.fromkeys([*(one.name for one in present()), *(f"{PREFIX}{one}" for one in _EXAMPLES)]))


def present() -> list[Present]:
    """Return what is in the Hugging Face cache and in an installed package; timm's networks are timm's."""
    found = [
        Present(_named(one.address), one.folder, one.bytes)
        for one in snapshots()
        if not one.address.repository.startswith(_OF_TIMM)
    ]
    own = packaged(Address(REPOSITORY))
    if own is None:
        return found
    name = _named(own.address)
    return [Present(name, own.folder, own.bytes), *(one for one in found if one.name != name)]


def search(text: str) -> list[str]:
    """Ask the hub for models whose weights are there as safetensors, the most used first.

    Parameters
    ----------
    text
        What their names hold.

    Raises
    ------
    NotFetchedError
        The hub cannot be reached.
    """
    from huggingface_hub import HfApi, constants, get_session

    try:
        # The client would try again for half a minute where there is no network.
        get_session().head(endpoint() or constants.ENDPOINT, timeout=_PATIENCE_SECONDS)
        found = HfApi(endpoint=endpoint()).list_models(
            search=text, filter=["transformers", "safetensors"], sort="downloads", limit=_MOST_FOUND
        )
        return [f"{PREFIX}{one.id}" for one in found]
    except Exception as error:  # of the client and of its HTTP library
        raise NotFetchedError(
            f"The hub cannot be asked for {text!r} ({type(error).__name__}).",
            "Search offline, or where there is a network.",
        ) from None


def _named(address: Address) -> str:
    revision = "" if address.revision == "main" else f"@{address.revision}"
    return f"{PREFIX}{address.repository}{revision}"


def load(name: str, asked: Asked) -> Backbone:
    """Load an image classifier or a text encoder.

    Parameters
    ----------
    name
        ``"owner/name"`` or ``"owner/name@revision"``, with a branch, a tag or a commit.
    asked
        How.

    Raises
    ------
    MissingPartError
        transformers is not installed.
    NotFetchedError
        The weights are not on this machine and may not or cannot be fetched.
    UnknownNameError
        The hub has no such model.
    WeightsError
        They are there, but not as safetensors, not as they should be, or for another task.
    """
    address = Address.of(name)
    try:
        import transformers  # noqa: F401
    except ImportError as error:
        # The one whose extra brings its weights, too.
        raise missing_part("transformers", EXTRA if address.repository == REPOSITORY else "hf") from error
    full = f"{PREFIX}{name}"
    snapshot = packaged(address)
    if snapshot is not None:
        sha256 = verified(snapshot)
    else:
        own = address.repository == REPOSITORY
        if own and not asked.download and find(address) is None:
            raise _not_installed(full)
        snapshot, sha256 = here_or_fetched(full, address, asked, names, BYTES if own else None)
    settings = settings_in(snapshot.folder, full)
    if "model_type" not in settings and "architecture" in settings:
        from tlkit.backbones.hubs.timm import from_snapshot

        return from_snapshot(full, snapshot, sha256, asked)
    config = config_of(full, snapshot, settings, asked)
    architectures = settings.get("architectures")
    made_for = [str(one) for one in architectures] if isinstance(architectures, list) else []
    with quiet():
        if any(one.endswith("ForImageClassification") for one in made_for):
            return _images(full, snapshot, sha256, config, asked)
        if any((snapshot.folder / one).is_file() for one in TOKENIZERS):
            return _texts(full, snapshot, sha256, config, asked)
    raise _neither(full, ", ".join(made_for) or config.model_type)


def _neither(name: str, kind: str) -> WeightsError:
    return WeightsError(
        f"{name} is a {kind}, neither an image classifier nor a text encoder.",
        "Use one of those, or take the part of it that gives features to backbones.wrap.",
    )


def _not_installed(name: str) -> NotFetchedError:
    from tlkit.backbones.hubs.hf_cache import cache_folder
    from tlkit.backbones.hubs.missing import not_here

    usual = not_here(name, cache_folder(), BYTES)
    return NotFetchedError(
        usual.what,
        f"Run `pip install 'tlkit[{EXTRA}]'`, which brings them without any hub, or `tlkit fetch {name}`.",
    )


def _images(name: str, snapshot: Snapshot, sha256: str, config: Any, asked: Asked) -> Backbone:
    from transformers import AutoModelForImageClassification

    transform, differences = image_transform_of(snapshot.folder, config, asked.trust, name)
    if asked.side is not None:
        transform = replace(transform, height=asked.side, width=asked.side)
    net = network_of(name, AutoModelForImageClassification, snapshot, config, asked)
    noise = torch.randn((1, *transform.shape), generator=torch.Generator().manual_seed(0))
    try:
        stages, last = cut_images(net, noise)
    except WeightsError:
        raise
    except Exception as error:  # whatever a network says of a size
        raise DataError(
            f"{name} does not take pictures of {transform.height} x {transform.width} pixels.",
            "Leave side out: its usual one always fits.",
        ) from error
    classes = [str(config.id2label[at]) for at in sorted(config.id2label)]
    named = last is not None and len(classes) == last.out_features and classes[0] != "LABEL_0"
    card = hub_card(
        name,
        snapshot,
        sha256,
        architecture=config.model_type,
        classes=classes if named else (),
        licence_code=_licence_of_code(snapshot, config, asked),
        intended_use="Pictures of one thing each; features for tasks with few labels.",
        limits=differences,
    )
    return Backbone(name, StagedModule(stages).eval(), transform, card, last, learns_in=_LEARNS_IN)


def _licence_of_code(snapshot: Snapshot, config: Any, asked: Asked) -> str:
    if asked.trust and getattr(config, "auto_map", None):
        return f"unknown: the network is code of {snapshot.address.repository}"
    return "Apache-2.0 (transformers)"


def _texts(name: str, snapshot: Snapshot, sha256: str, config: Any, asked: Asked) -> Backbone:
    from transformers import AutoModel

    if asked.side is not None:
        raise DataError(f"{name} takes texts, and side={asked.side} is for pictures.", "Leave side out.")
    transform = token_transform(snapshot.folder, config, asked.trust, name)
    net = network_of(name, AutoModel, snapshot, config, asked)
    ways = poolings(snapshot.folder)
    first = "cls" in ways
    try:
        stages = cut_texts(net, transform.padding, first)
    except Exception as error:  # whatever a network says that asks for more than a text
        raise _neither(name, type(net).__name__) from error
    own = packaged(snapshot.address) is not None and not snapshot.commit
    limits = [f"Of a text, only the first {transform.length} pieces are read."]
    features = "those of the first place" if first else "means over the places"
    if ways not in ([], ["mean"], ["cls"]):
        limits.append(f"Its makers pool by {' and '.join(ways)}; here its features are {features}.")
    if pooling_unknown(snapshot):
        limits.append(
            f"Its features are {features}: another program fetched it, without what may say otherwise. "
            f"backbones.load({name!r}, download=True) asks the hub."
        )
    if (snapshot.folder / MODULES).is_file():
        limits.append(
            "Its own pipeline may scale or project the features at its end; here they are as they come."
        )
    card = hub_card(
        name,
        snapshot,
        sha256,
        architecture=config.model_type,
        licence_code=_licence_of_code(snapshot, config, asked),
        origin=f"{REPOSITORY} on the Hugging Face hub, from the package {package()}." if own else "",
        intended_use="Short texts; features for tasks with few labels, and how alike two texts are.",
        task="feature-extraction",
        limits=limits,
        more={"repository": REPOSITORY, "package": package(), "parents": [PARENT]} if own else None,
    )
    return Backbone(name, StagedModule(stages).eval(), transform, card, learns_in=_LEARNS_IN)
