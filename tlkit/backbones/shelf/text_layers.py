"""The layers of tlkit's own networks for texts, told in a few numbers and built again from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from tlkit.backbones.staged import StagedModule
from tlkit.backbones.text_nets import (
    BODIES,
    Average,
    BothWays,
    TransformerBlock,
    WordConvolution,
    WordsAndPlaces,
    text_stages,
)
from tlkit.backbones.text_transform import PADDING
from tlkit.errors import WeightsError, expect_whole

PREFIX = "text-"
_MOST_ROWS, _MOST_NUMBERS, _MOST_LENGTH = 100_000_000, 65_536, 65_536


def told(module: StagedModule) -> tuple[str, dict[str, Any]] | None:
    """Return the builder of a network for texts and its sizes; None for other networks.

    Examples
    --------
    >>> stages = text_stages(nn.Embedding(10, 8, padding_idx=0), "gru", length=6, width=4)
    >>> told(StagedModule(stages))
    ('text-gru', {'rows': 10, 'numbers': 8, 'width': 4})
    """
    stages: list[Any] = list(module.stages.values())
    first, rest = stages[0], stages[1:]
    words = first.words if isinstance(first, WordsAndPlaces) else first
    if not isinstance(words, nn.Embedding):
        return None
    sizes = {"rows": words.num_embeddings, "numbers": words.embedding_dim}
    kinds = [type(one) for one in rest]
    if isinstance(first, WordsAndPlaces) and set(kinds) == {TransformerBlock}:
        return f"{PREFIX}transformer", sizes | {"length": first.places.num_embeddings, "blocks": len(rest)}
    if kinds == [Average]:
        return f"{PREFIX}mean", sizes
    if kinds == [WordConvolution] * 2:
        return f"{PREFIX}cnn", sizes | {"width": rest[0].filter.out_channels}
    if kinds == [BothWays]:
        return f"{PREFIX}gru", sizes | {"width": 2 * rest[0].of_memory[0].in_features}
    return None


def build(body: str, settings: Mapping[str, Any]) -> dict[str, nn.Module]:
    """Return the stages of a network for texts, without numbers in them.

    Raises
    ------
    WeightsError
        There is no such body, or a size cannot be.
    """
    if body not in BODIES:
        raise ValueError(f"there is no body {body!r}")
    rows = expect_whole("rows", settings["rows"], 1, WeightsError, _MOST_ROWS)
    numbers = expect_whole("numbers", settings["numbers"], 1, WeightsError, _MOST_NUMBERS)
    length = expect_whole("length", settings.get("length", 1), 1, WeightsError, _MOST_LENGTH)
    sizes = {key: settings[key] for key in ("width", "blocks") if key in settings}
    # On the meta device: nothing is drawn, and no size takes memory before the weights say that it is theirs.
    with torch.device("meta"):
        embedding = nn.Embedding(rows, numbers, padding_idx=PADDING)
        return dict(text_stages(embedding, body, length=length, **sizes))
