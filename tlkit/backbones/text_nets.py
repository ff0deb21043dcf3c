"""Text nets: stages for texts, each (n, length, d) to (n, length, d), with rows of zeros where there is no word."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from tlkit.backbones.pooling import pool_features, words_of
from tlkit.backbones.text_transform import PADDING
from tlkit.errors import PlanError, expect_whole, unknown_name

BODIES = ("mean", "cnn", "gru", "transformer")
_MOST_WIDTH, _MOST_BLOCKS = 8192, 64
_HEADS = 4
# Drawn as large as word vectors are, places would drown the words.
_PLACES = 0.1


class Average(nn.Module):
    """The mean of a text's words, (n, d)."""

    def forward(self, x: Tensor) -> Tensor:
        return pool_features(x)


class WordConvolution(nn.Module):
    """A filter over neighbouring words: three at a time.

    Parameters
    ----------
    width_in, width_out
        Numbers for each word, before and after.

    Examples
    --------
    >>> WordConvolution(5, 7)(torch.zeros(2, 4, 5)).shape
    torch.Size([2, 4, 7])
    """

    def __init__(self, width_in: int, width_out: int) -> None:
        super().__init__()
        self.filter = nn.Conv1d(width_in, width_out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        words = words_of(x)
        return functional.gelu(self.filter(x.transpose(1, 2)).transpose(1, 2)) * words


class BothWays(nn.Module):
    """A gated recurrent unit (Cho et al. 2014) that reads each text forwards and backwards.

    Where there is no word it keeps what it has, so that the padding of a text and the texts beside it change nothing.

    Parameters
    ----------
    width_in
        Numbers for each word.
    width
        What is remembered in each direction; a word then has twice as many numbers.

    Examples
    --------
    >>> BothWays(5, 7)(torch.zeros(2, 4, 5)).shape
    torch.Size([2, 4, 14])
    """

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        # Layers that every part of tlkit knows, instead of nn.GRU: packed texts would depend on their company.
        self.of_word = nn.ModuleList([nn.Linear(width_in, 3 * width) for _ in range(2)])
        self.of_memory = nn.ModuleList([nn.Linear(width, 3 * width) for _ in range(2)])

    def forward(self, x: Tensor) -> Tensor:
        words = words_of(x)
        end = _end(words)
        read = [self._read(x, words, end, way) for way in range(2)]
        return torch.cat(read, dim=2) * words

    def _read(self, x: Tensor, words: Tensor, end: int, way: int) -> Tensor:
        given = self.of_word[way](x)
        memory = x.new_zeros((len(x), given.shape[2] // 3))
        found = [memory] * x.shape[1]
        for at in range(end) if way == 0 else reversed(range(end)):
            reset, update, new = given[:, at].chunk(3, dim=1)
            old_reset, old_update, old_new = self.of_memory[way](memory).chunk(3, dim=1)
            update = torch.sigmoid(update + old_update)
            new = torch.tanh(new + torch.sigmoid(reset + old_reset) * old_new)
            memory = torch.where(words[:, at], new + update * (memory - new), memory)
            found[at] = memory
        return torch.stack(found, dim=1)


class WordsAndPlaces(nn.Module):
    """The vectors of a text's words, with that of each place added.

    Parameters
    ----------
    words
        Looks up the words.
    length
        How many places there are.
    """

    def __init__(self, words: nn.Embedding, length: int) -> None:
        super().__init__()
        self.words = words
        self.places = nn.Embedding(length, words.embedding_dim)

    def forward(self, ids: Tensor) -> Tensor:
        x: Tensor = self.words(ids) + _PLACES * self.places.weight[: ids.shape[1]]
        return x * (ids != PADDING)[..., None]


class TransformerBlock(nn.Module):
    """Attention among the words of a text and a small network for each, both after a norm and added to what comes in.

    Parameters
    ----------
    width
        Numbers for each word.
    heads
        Of the attention.

    References
    ----------
    Vaswani et al., Attention is all you need, 2017; the norms before the parts as in Xiong et al. 2020.

    Examples
    --------
    >>> TransformerBlock(8, 2)(torch.zeros(2, 4, 8)).shape
    torch.Size([2, 4, 8])
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(width)
        self.asked = nn.Linear(width, 3 * width)
        self.answered = nn.Linear(width, width)
        self.before_words = nn.LayerNorm(width)
        self.wide = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        words = words_of(x)
        n, length, width = x.shape
        parts = self.asked(self.before_attention(x)).reshape(n, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        # Each place may look at itself: a text without a word would otherwise divide by zero.
        open_to = words.transpose(1, 2) | torch.eye(length, dtype=torch.bool, device=x.device)
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=open_to[:, None])
        x = x + self.answered(seen.transpose(1, 2).reshape(n, length, width))
        x = x + self.narrow(functional.gelu(self.wide(self.before_words(x))))
        return x * words

    def extra_repr(self) -> str:
        return f"heads={self.heads}"


def text_stages(
    embedding: nn.Embedding, body: str, *, length: int, width: int = 128, blocks: int = 2
) -> Mapping[str, nn.Module]:
    """Return the stages of a network for texts, from the words on.

    Parameters
    ----------
    embedding
        Looks up the words; its row `PADDING` is the padding.
    body
        ``"mean"``: the mean of the words. ``"cnn"``: filters over three words, twice. ``"gru"``: reads both ways.
        ``"transformer"``: places are added to the words, then blocks of attention.
    length
        How many places a text has.
    width
        Numbers for each word after a CNN or a GRU.
    blocks
        Of a transformer.

    Raises
    ------
    UnknownNameError
        There is no such body.
    PlanError
        A width or a number of blocks that cannot be, or vectors that attention cannot divide.

    Examples
    --------
    >>> list(text_stages(nn.Embedding(10, 8, padding_idx=0), "transformer", length=6))
    ['embedding', 'block1', 'block2']
    """
    if body not in BODIES:
        raise unknown_name("body", body, BODIES)
    numbers = embedding.embedding_dim
    width = expect_whole("width", width, 2, PlanError, _MOST_WIDTH)
    blocks = expect_whole("blocks", blocks, 1, PlanError, _MOST_BLOCKS)
    if body == "mean":
        return {"embedding": embedding, "average": Average()}
    if body == "cnn":
        return {
            "embedding": embedding,
            "conv1": WordConvolution(numbers, width),
            "conv2": WordConvolution(width, width),
        }
    if body == "gru":
        return {"embedding": embedding, "gru": BothWays(numbers, width // 2)}
    heads = math.gcd(numbers, _HEADS)
    return {
        "embedding": WordsAndPlaces(embedding, length),
        **{f"block{at}": TransformerBlock(numbers, heads) for at in range(1, blocks + 1)},
    }


def _end(words: Tensor) -> int:
    """Return the place after the last word of the longest text."""
    places = words.any(dim=0).flatten().nonzero()
    return int(places.max()) + 1 if len(places) else 0
