"""Tokens: a text encoder's own tokenizer as its transform."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from tlkit.backbones.text_transform import PADDING, Encoded, TextTransform
from tlkit.errors import WeightsError

if TYPE_CHECKING:
    from tlkit.data import Split

# Longer texts are rare in a classroom, and what is kept of every text grows with it.
_MOST_LENGTH = 128
_NAMED = 3
# What marks a piece at the start of a word: of GPT-2's kin, and of SentencePiece.
_STARTS = ("Ġ", "▁")


@dataclass(frozen=True, repr=False, eq=False)
class TokenTransform(TextTransform):
    """Splits texts into the pieces that a text encoder knows.

    Its numbers are the tokenizer's own, except that 0 is the padding: where the tokenizer pads with another number, the
    two change places.

    Parameters
    ----------
    tokenizer
        Of transformers, one of its fast kind.
    length
        At most so many pieces of a text are looked at, those at its ends that the encoder needs included.
    """

    tokenizer: Any
    length: int = 128
    digest: str = field(init=False)
    #: The tokenizer as JSON, before any call has set how texts are cut and padded.
    content: bytes = field(init=False)

    def __post_init__(self) -> None:
        content = self.tokenizer.backend_tokenizer.to_str().encode()
        object.__setattr__(self, "content", content)
        object.__setattr__(self, "digest", hashlib.sha256(content).hexdigest()[:16])

    @property
    def padding(self) -> int:
        """The number with which the tokenizer pads."""
        return int(self.tokenizer.pad_token_id)

    def __call__(self, items: Any) -> Tensor:
        """Return the numbers of the pieces of texts, (n, length), int64."""
        texts = [_whole(text) for text in self.checked(items)]
        if not texts:
            return torch.zeros((0, self.length), dtype=torch.int64)
        found = self.tokenizer(
            texts,
            padding="max_length",
            truncation=True,
            max_length=self.length,
            padding_side="right",
            return_tensors="pt",
        )
        ids = swapped(found["input_ids"], self.padding)
        return ids.masked_fill(found["attention_mask"] == 0, PADDING)

    def encode(self, text: str) -> Encoded:
        """Return the numbers of a text's pieces, and the parts of it for which there is none."""
        text = _whole(text)
        found = self.tokenizer(text, verbose=False, return_offsets_mapping=True)
        ids = found["input_ids"]
        unknown = [
            text[first:last]
            for one, (first, last) in zip(ids, found["offset_mapping"], strict=True)
            if one == self.tokenizer.unk_token_id
        ]
        return Encoded(tuple(swapped(torch.tensor(ids), self.padding).tolist()), tuple(unknown))

    def notes_of(self, split: Split) -> list[str]:
        """Say how much of the texts has no pieces, and which texts are cut."""
        encoded = [self.encode(text) for text in split.texts]
        unknown = [part for one in encoded for part in one.unknown]
        cut = sum(len(one.ids) > self.length for one in encoded)
        told = []
        if unknown:
            named = ", ".join(repr(one) for one in list(dict.fromkeys(unknown))[:_NAMED])
            told.append(
                f"{len(unknown):,} parts of the texts are not known, such as {named}: all of them are the one piece"
                f" {self.tokenizer.unk_token}."
            )
        if cut:
            texts = "text was" if cut == 1 else "texts were"
            told.append(f"{cut:,} {texts} cut to the first {self.length} pieces.")
        return told

    def known_words(self) -> list[str]:
        """Return the pieces that can be words: of letters alone, and at the start of a word where pieces say that."""
        pieces = self.tokenizer.get_vocab()
        marked = [piece[1:] for piece in pieces if piece[:1] in _STARTS]
        return sorted({piece for piece in marked or pieces if len(piece) > 1 and piece.isalpha()})

    def rows_seen(self, split: Split) -> Tensor:
        """Return which rows of the encoder's first embedding the texts of a split look up, sorted."""
        return swapped(super().rows_seen(split), self.padding).sort().values

    def examples(self) -> tuple[str, str]:
        """Return two texts of pieces that it knows."""
        special = set(self.tokenizer.all_special_ids)
        pieces = (
            self.tokenizer.decode([one]).strip() for one in range(len(self.tokenizer)) if one not in special
        )
        words = list(islice((piece for piece in pieces if piece.isalpha()), 8))
        return " ".join(words), " ".join(words[-2:])

    def __repr__(self) -> str:
        return f"TokenTransform({len(self.tokenizer):,} pieces, {self.digest}, length={self.length})"


def _whole(text: str) -> str:
    # Half a character, as a broken file gives it, would stop the tokenizer.
    return text.encode("utf-8", "replace").decode("utf-8")


def swapped(ids: Tensor, padding: int) -> Tensor:
    """Let 0 and the tokenizer's number for padding change places; the same again undoes it.

    Examples
    --------
    >>> swapped(torch.tensor([0, 7, 1, 1]), 1)
    tensor([1, 7, 0, 0])
    """
    if padding == PADDING:
        return ids
    return torch.where(ids == padding, PADDING, torch.where(ids == PADDING, padding, ids))


def token_transform(folder: Path, config: Any, trust: bool, name: str) -> TokenTransform:
    """Read a folder's tokenizer.

    Raises
    ------
    WeightsError
        There is none that can be used.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=trust)
    except Exception as error:  # of its many kinds
        raise WeightsError(
            f"{name} has no tokenizer that can be read ({type(error).__name__}).", "Use another model."
        ) from error
    if not getattr(tokenizer, "is_fast", False) or tokenizer.pad_token_id is None:
        raise WeightsError(f"The tokenizer of {name} cannot pad texts.", "Use another text encoder.")
    lengths = [
        _number(read_settings(folder / "sentence_bert_config.json").get("max_seq_length")),
        _number(tokenizer.model_max_length),
        _places(config),
        _MOST_LENGTH,
    ]
    return TokenTransform(tokenizer, min(one for one in lengths if one))


def _places(config: Any) -> int:
    """Return how many places a network knows: RoBERTa and its kin count them from behind the padding's number on."""
    known = _number(getattr(config, "max_position_embeddings", None))
    behind = config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet", "longformer")
    return known - 2 if behind and known > 2 else known


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int) and 0 < value < 10**6 else 0


def read_settings(path: Path) -> dict[str, Any]:
    """Return a JSON file's entries; none if there is no such file, or it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
