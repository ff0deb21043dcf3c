"""Rows: of an embedding, which rows moved, and whether all of them belong to words seen in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from tlkit.errors import PlanError, expect_kind
from tlkit.freeze.wording import listed

_INTEGERS = (torch.int64, torch.int32)


@dataclass(frozen=True)
class RowsMoved:
    """How many rows of an embedding moved.

    Parameters
    ----------
    moved
        Rows of which some bit changed.
    rows
        All rows, one for each word; that of the padding left out.
    seen
        How many of them belong to words that were seen in training; None where nobody said which.
    unseen_moved
        Rows that moved although their word was not seen, that of the padding among them.
    """

    moved: int
    rows: int
    seen: int | None = None
    unseen_moved: int = 0

    @property
    def words(self) -> str:
        """How many moved, and of which words.

        Examples
        --------
        >>> RowsMoved(12, 10_000, 40).words
        '12 of 10,000 rows moved; all of them rows of words seen in training'
        >>> RowsMoved(12, 10_000, 10, 2).words
        '12 of 10,000 rows moved, 2 of them rows of words that were not seen in training'
        """
        said = f"{self.moved:,} of {self.rows:,} rows moved"
        if self.seen is None or not self.moved:
            return said
        if self.unseen_moved:
            return f"{said}, {self.unseen_moved:,} of them rows of words that were not seen in training"
        return f"{said}; all of them rows of words seen in training"

    def record(self) -> dict[str, int | None]:
        """Return the fields as plain JSON values."""
        return asdict(self)


def embedding_of(stages: Mapping[str, nn.Module]) -> tuple[str, str, nn.Embedding] | None:
    """Return stage, name of the weight in it, and the module that looks up the words; None without one.

    It is the first embedding of the first stage, and has a row for the padding.
    """
    for stage, module in stages.items():
        for path, part in module.named_modules():
            if isinstance(part, nn.Embedding):
                known = part.padding_idx is not None
                return (stage, f"{path}.weight" if path else "weight", part) if known else None
        return None
    return None


def rows_moved(before: Tensor, after: Tensor, padding: int, seen: Tensor | None) -> RowsMoved:
    """Compare an embedding with what it was, row by row and bit for bit.

    Parameters
    ----------
    before, after
        (rows, d).
    padding
        The row of the padding.
    seen
        Rows of the words that were seen in training; None if nobody knows.

    Examples
    --------
    >>> before = torch.zeros(4, 2)
    >>> rows_moved(before, before + torch.tensor([[0], [1], [0], [1]]), 0, torch.tensor([1, 2]))
    RowsMoved(moved=2, rows=3, seen=2, unseen_moved=1)
    """
    changed = (before.contiguous().view(torch.uint8) != after.contiguous().view(torch.uint8)).any(dim=1)
    if seen is None:
        return RowsMoved(int(changed.sum()), len(before) - 1)
    allowed = torch.zeros(len(before), dtype=torch.bool)
    allowed[seen] = True
    allowed[padding] = False
    return RowsMoved(int(changed.sum()), len(before) - 1, int(allowed.sum()), int((changed & ~allowed).sum()))


def checked_rows(seen: Tensor | None, embedding: nn.Embedding | None) -> Tensor | None:
    """Return rows of an embedding as they can be compared with.

    Raises
    ------
    PlanError
        They are no whole numbers, or no rows of it.
    """
    if seen is None or embedding is None:
        return None
    expect_kind("What was seen", seen, Tensor, PlanError, "Give the numbers of words: transform(texts).")
    rows = embedding.num_embeddings
    if seen.dtype not in _INTEGERS or (seen.numel() and not 0 <= int(seen.min()) <= int(seen.max()) < rows):
        raise PlanError(
            f"What was seen is no list of rows of an embedding that has {rows:,}.",
            "Give the numbers of words: transform(texts).",
        )
    return seen.reshape(-1).cpu().long()


def sentence_of(found: Mapping[str, RowsMoved]) -> str:
    """Say how many rows of the embeddings moved, in a sentence; empty without embeddings.

    Examples
    --------
    >>> sentence_of({"embedding": RowsMoved(12, 10_000, 40)})
    'embedding: 12 of 10,000 rows moved; all of them rows of words seen in training.'
    """
    return f"{listed([f'{stage}: {one.words}' for stage, one in found.items()])}." if found else ""
