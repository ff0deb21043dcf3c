"""Offered: what is put on a shelf, a backbone or a finished run, as a backbone with a card that tells its past."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from torch import nn

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.shelf.builders import builder_of
from tlkit.backbones.shelf.lineage import ancestry_of
from tlkit.errors import ShelfError, expect_kind

if TYPE_CHECKING:
    from tlkit.train import Run

RECORD = "record.json"
_LEVEL = 0.95
Find = Callable[[str], ModelCard | None]


def offered(
    network: Backbone | Run, name: str, card: ModelCard | None, find: Find
) -> tuple[Backbone, dict[str, bytes]]:
    """Return what is stored: a backbone under its new name, and further files.

    Parameters
    ----------
    network
        A backbone or a finished run.
    name
        Its new name, with prefix and version.
    card
        Entries that come before those that are known already.
    find
        Gives the card of a network that was on a shelf.

    Raises
    ------
    ShelfError
        It is neither, or its head is no plain linear layer.
    """
    expect_kind(
        "The card",
        card,
        (ModelCard, type(None)),
        ShelfError,
        "Give backbones.ModelCard(name=..., ...) or leave it out.",
    )
    if isinstance(network, Backbone):
        told = replace(network.card, name=name, architecture=_architecture(network))
        told = replace(told, lineage=_lineage_of_copy(network))
        told = replace(
            told, ancestry=_ancestry(network, find) if told.parents else dict(network.card.ancestry)
        )
        return replace(network, name=name, card=_joined(told, card)), {}
    if not all(hasattr(network, part) for part in ("model", "backbone", "task", "record")):
        raise ShelfError(
            f"A {type(network).__name__} cannot be put on a shelf.",
            "Give a backbone or what train.fit returned.",
        )
    head = network.model.head
    if not isinstance(head, nn.Linear):
        raise ShelfError(
            f"The head of this run is a {type(head).__name__}.", "Push runs whose head is one linear layer."
        )
    backbone = Backbone(
        name,
        network.model.backbone,
        network.backbone.transform,
        _joined(_card_of_run(network, name, find), card),
        head,
        None,
        network.backbone.learns_in,
    )
    record = json.dumps(network.record(), ensure_ascii=False) + "\n"
    return backbone, {RECORD: record.encode()}


def _architecture(backbone: Backbone) -> str:
    """Return what builds the layers, as the card of a stored network says it."""
    return builder_of(backbone).removeprefix("zoo:")


def _lineage_of_copy(backbone: Backbone) -> dict[str, Any]:
    """Say that a network with a name of its own was taken over as it was."""
    lineage = dict(backbone.card.lineage)
    if ":" in backbone.name:
        lineage |= {"parents": [backbone.name], "made_by": "copied without change"}
    return lineage


def _ancestry(backbone: Backbone, find: Find) -> dict[str, Any]:
    """Return the cards of a parent and of all before it."""
    parent = replace(backbone.card, name=backbone.name)
    own = replace(parent, ancestry={}, classes=()).to_dict()
    return {backbone.name: own, **ancestry_of(parent, find)}


def _card_of_run(run: Run, name: str, find: Find) -> ModelCard:
    parent, data = run.backbone, run.task.dataset.card
    labels = run.task.labels_per_class
    amount = (
        "all training labels" if labels is None else f"{labels} label{'s' if labels != 1 else ''} per class"
    )
    return ModelCard(
        name=name,
        title=f"{parent.name} trained on {run.task.dataset.name}.",
        architecture=_architecture(parent),
        origin="Trained with tlkit.train.fit.",
        data=f"{run.task.dataset.name}, {amount}. {data.title}".strip(),
        classes=tuple(run.task.classes),
        licence_code=parent.card.licence_code,
        licence_data=data.licence,
        lineage={
            "parents": [parent.name],
            "parent_fingerprint": parent.fingerprint,
            "data": run.task.dataset.name,
            "data_fingerprint": run.task.fingerprint,
            "seed": run.seed,
        },
        recipe={
            **{
                key: value
                for key, value in run.recipe.record().items()
                if isinstance(value, str | int | float | bool)
            },
            "freeze_plan": ", ".join(f"{stage} {mode}" for stage, mode in run.plan.to_dict().items()),
        },
        metrics=_measured(run),
        limits=tuple(parent.card.limits),
        ancestry=_ancestry(parent, find),
        task="text-classification" if data.modality == "text" else "",
    )


def _measured(run: Run) -> dict[str, Any]:
    """Return the accuracy with an interval over test items (Wilson); one run says nothing of other draws."""
    if run.predictions is None:
        return {}
    # On demand: it takes a while to import, and few runs are ever pushed.
    from scipy.stats import binomtest

    right, items = int(run.correct.sum()), len(run.correct)
    low, high = binomtest(right, items).proportion_ci(_LEVEL, method="wilson")
    told = {"value": right / items, "low": float(low), "high": float(high), "seeds": 1, "items": items}
    return {"test_accuracy": {**told, "level": _LEVEL, "record": RECORD}}


def _joined(known: ModelCard, given: ModelCard | None) -> ModelCard:
    """Return a card in which what was given comes before what was known; what a network was made from stays."""
    if given is None:
        return known
    said = {
        one.name: getattr(given, one.name)
        for one in fields(given)
        if one.name not in ("name", "sha256", "file_bytes")
    }
    said = {key: value for key, value in said.items() if value}
    for mapping in ("lineage", "recipe", "metrics"):
        said[mapping] = {**getattr(known, mapping), **said.get(mapping, {})}
    said["ancestry"] = {**said.get("ancestry", {}), **known.ancestry}
    if known.parents:
        # More of them may be told, none left out.
        said["lineage"]["parents"] = list(dict.fromkeys([*known.parents, *given.parents]))
    return replace(known, **said)
