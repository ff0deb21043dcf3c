"""Text encoders of transformers, cut into stages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.hubs.cutting import chained
from tlkit.backbones.hubs.hf_images import settings_of
from tlkit.backbones.hubs.hf_tokens import read_settings, swapped
from tlkit.backbones.pooling import pool_features, words_of
from tlkit.backbones.text_transform import PADDING

# Texts are padded to a multiple of so many places inside a stage: what a text gives is then the same, whatever
# texts stand beside it.
_STEP = 16
#: Where a sentence encoder's repository says how its places are pooled.
POOLING = "1_Pooling/config.json"
_ONE_WAY = "pooling_mode_"


def poolings(folder: Path) -> list[str]:
    """Return how the makers of a sentence encoder pool its places: ``"mean"``, ``"cls"`` …; empty if nothing says it.

    sentence-transformers 6 says it in one entry, older versions in one for each way.
    """
    said = read_settings(folder / POOLING)
    ways = said.get("pooling_mode", [])
    named = [ways] if isinstance(ways, str) else ways if isinstance(ways, list) else []
    marked = [key for key, on in said.items() if key.startswith(_ONE_WAY) and on is True]
    plain = [re.sub("_tokens?$", "", str(one).removeprefix(_ONE_WAY)) for one in (*named, *marked)]
    return list(dict.fromkeys(plain))


def cut_texts(net: Any, padding: int, first: bool) -> dict[str, nn.Module]:
    """Return a text encoder's stages.

    They are tried on two texts of different lengths; a network of which they are not the same function is one stage,
    ``body``.

    Parameters
    ----------
    net
        A text encoder of transformers, without a head.
    padding
        Its number for padding.
    first
        Whether its features are those of the first place.
    """
    if isinstance(getattr(net, "pooler", None), nn.Module):
        # For another task; often it came without weights.
        net.pooler = None
    end: dict[str, nn.Module] = {"pooling": First()} if first else {}
    body = Encoder(net, padding)
    holder = getattr(net, "encoder", None) or getattr(net, "transformer", None)
    layers = getattr(holder, "layer", None)
    beginning = getattr(net, "embeddings", None)
    # Any two pieces do where the settings do not count them.
    most = int(getattr(net.config, "vocab_size", 3))
    ids = torch.arange(1, 13).remainder(most).clamp(min=1).repeat(2, 1)
    ids[1, 5:] = PADDING
    with evaluating(net), torch.no_grad():
        expected = pool_features(body(ids))
    if isinstance(beginning, nn.Module) and isinstance(layers, nn.ModuleList) and len(layers):
        settings = settings_of(net.config)
        stages: dict[str, nn.Module] = {
            "embeddings": Embeddings(beginning, padding),
            **{f"layer{at}": Layer(layer, settings) for at, layer in enumerate(layers, start=1)},
        }
        if chained(stages, ids, expected, exact=False):
            return {**stages, **end}
    return {"body": body, **end}


class Encoder(nn.Module):
    """A whole text encoder, from numbers of pieces to (n, length, d) with rows of zeros at the padding."""

    def __init__(self, net: nn.Module, padding: int) -> None:
        super().__init__()
        self.net = net
        self.padding = padding

    def forward(self, ids: Tensor) -> Tensor:
        """Return what the last layer gives."""
        words = ids != PADDING
        kept = _kept(words)
        given = self.net(
            input_ids=swapped(ids[:, :kept], self.padding),
            attention_mask=_never_nothing(words[:, :kept]).long(),
        ).last_hidden_state
        return _filled(given, words)

    def extra_repr(self) -> str:
        """Tell the padding and the settings."""
        return f"padding={self.padding} {settings_of(self.net.config)}"


class Embeddings(nn.Module):
    """The beginning of a text encoder: pieces and places become vectors."""

    def __init__(self, embeddings: nn.Module, padding: int) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.padding = padding

    def forward(self, ids: Tensor) -> Tensor:
        """Return (n, length, d)."""
        words = ids != PADDING
        kept = _kept(words)
        return _filled(self.embeddings(input_ids=swapped(ids[:, :kept], self.padding)), words)

    def extra_repr(self) -> str:
        """Tell the padding."""
        return f"padding={self.padding}"


class Layer(nn.Module):
    """One layer of a text encoder, in which no place looks at padding.

    Parameters
    ----------
    layer
        The layer.
    settings
        The encoder's, for the fingerprint.
    """

    def __init__(self, layer: nn.Module, settings: str) -> None:
        super().__init__()
        self.layer = layer
        self.settings = settings

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, length, d)."""
        words = words_of(x)[:, :, 0]
        kept = _kept(words)
        seen = _never_nothing(words[:, :kept])[:, None, None, :].expand(-1, 1, kept, -1)
        given = self.layer(x[:, :kept], seen)
        return _filled(given[0] if isinstance(given, tuple) else given, words)

    def extra_repr(self) -> str:
        """Tell the settings."""
        return self.settings


class First(nn.Module):
    """The first place of a text as its features."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, d)."""
        return x[:, 0]


def _kept(words: Tensor) -> int:
    """Return how many places have to be computed: up to the last one that holds a word, in whole steps."""
    used = words.any(dim=0).nonzero()
    longest = int(used[-1]) + 1 if len(used) else 1
    return min(words.shape[1], -(-longest // _STEP) * _STEP)


def _never_nothing(words: Tensor) -> Tensor:
    """Let a text without a word look at its first place: the mean over nothing is no number."""
    empty = ~words.any(dim=1, keepdim=True)
    return torch.cat([words[:, :1] | empty, words[:, 1:]], dim=1)


def _filled(given: Tensor, words: Tensor) -> Tensor:
    """Return rows of zeros at the padding, and the full length."""
    rest = words.shape[1] - given.shape[1]
    given = given.masked_fill(~words[:, : given.shape[1], None], 0.0)
    return functional.pad(given, (0, 0, 0, rest)) if rest else given
