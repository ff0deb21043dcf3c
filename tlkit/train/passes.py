"""Pass: the prefix over the items of a split and their copies, leaving out what was computed before."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit.errors import TrainingError
from tlkit.train import kept_rows
from tlkit.train.augment import augment_each
from tlkit.train.kept_rows import Kept
from tlkit.train.prefix import Prefix

if TYPE_CHECKING:
    from tlkit.data import Split

# Batches between two parts that are handed out.
_BATCHES = 64


@dataclass(frozen=True)
class Views:
    """Which pictures of each item are looked at: the item itself, then ``count`` augmented copies.

    A copy depends on its item, its number and these settings alone, so that all draws, runs and networks see the
    same ones.

    Parameters
    ----------
    count
        Augmented copies per item; 0 for the items alone.
    strength
        Of the augmentation.
    seed
        Of the augmentation.
    """

    count: int = 0
    strength: float = 1.0
    seed: int = 0


def row_digests(split: Split, views: Views) -> list[bytes]:
    """Return a hash of what each row shows: those of the items, then those of the copies, view by view."""
    settings = f" {float(views.strength)!r} {views.seed}".encode()
    return [
        hashlib.sha256(digest + f"{view}".encode() + settings).digest() if view else digest
        for view in range(views.count + 1)
        for digest in split.item_digests
    ]


class Pass:
    """Hands out the rows of a split in order, part by part: the items, then their augmented copies.

    Parameters
    ----------
    prefix
        What to run.
    split
        The items.
    digests
        One hash of each row, from `row_digests`.
    strength
        Of the augmentation of the copies.
    folder
        Of files with rows that were computed before.
    should_stop
        Called before each batch; ends the work by raising.
    """

    def __init__(
        self,
        prefix: Prefix,
        split: Split,
        digests: Sequence[bytes],
        strength: float,
        folder: Path,
        should_stop: Callable[[], None] | None,
    ) -> None:
        self.seconds = 0.0
        self._prefix, self._split, self._digests, self._strength = prefix, split, digests, strength
        self._stop = should_stop
        # The own prefix first, then the others from the nearest one back.
        self._sources = [
            (name, kept)
            for name, key in reversed(prefix.keys.items())
            for kept in kept_rows.of_prefix(key, folder)
        ]

    def holds(self, kept: Kept) -> bool:
        """Say whether a kept result is that of this prefix, by a batch of it."""
        rows = {digest: row for row, digest in enumerate(self._digests)}
        return self._trust(self._prefix.boundary, kept, kept.rows, rows)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        count, part = len(self._digests), _BATCHES * self._prefix.batch
        for start in range(0, count, part):
            began = time.perf_counter()
            values = self._rows(range(start, min(start + part, count)))
            self.seconds += time.perf_counter() - began
            yield values

    def _rows(self, rows: range) -> NDArray[np.float32]:
        """Return some rows, each distinct one run once at most."""
        values = np.empty((len(rows), *self._prefix.row_shape), dtype=np.float32)
        places: dict[bytes, list[int]] = {}
        for at, row in enumerate(rows):
            places.setdefault(self._digests[row], []).append(at)
        wanted = {digest: rows[at[0]] for digest, at in places.items()}
        for name, kept in self._sources:
            shared = {digest: kept.rows[digest] for digest in wanted if digest in kept.rows}
            if not shared or not self._trust(name, kept, shared, wanted):
                continue
            kept_rows.used(kept)
            for digest in shared:
                del wanted[digest]
            self._fill(values, places, list(shared), partial(self._from, name, kept, shared))
        self._fill(values, places, list(wanted), lambda some: self._run([wanted[one] for one in some]))
        return values

    def _fill(
        self,
        values: NDArray[np.float32],
        places: Mapping[bytes, list[int]],
        digests: list[bytes],
        given: Callable[[list[bytes]], NDArray[np.float32]],
    ) -> None:
        """Write rows to all places where they belong, batch by batch."""
        for start in range(0, len(digests), self._prefix.batch):
            some = digests[start : start + self._prefix.batch]
            for digest, row in zip(some, given(some), strict=True):
                values[places[digest]] = row

    def _from(
        self, name: str, kept: Kept, at: Mapping[bytes, int], digests: list[bytes]
    ) -> NDArray[np.float32]:
        """Return at most a batch of rows that are kept, or that come of rows kept before an earlier boundary."""
        rows: NDArray[np.float32] = kept.values[[at[digest] for digest in digests]]
        if name == self._prefix.boundary:
            return rows
        self._check()
        return self._prefix.onward(rows, name)

    def _trust(self, name: str, kept: Kept, at: Mapping[bytes, int], rows: Mapping[bytes, int]) -> bool:
        """Compare a batch of what would be shared with a run from the pictures on, once for each file and prefix."""
        pair = (self._prefix.key, kept.prefix, kept.where)
        if pair not in kept_rows.trusted:
            # In another order than before: were a row to depend on its place or its company, it would show.
            digests = list(reversed(tuple(at)))[: self._prefix.batch]
            given = self._from(name, kept, at, digests)
            alone = self._run([rows[digest] for digest in digests])
            kept_rows.trusted[pair] = given.tobytes() == alone.tobytes()
        return kept_rows.trusted[pair]

    def _run(self, rows: list[int]) -> NDArray[np.float32]:
        """Return at most a batch of rows from their pictures on."""
        self._check()
        items = [row % len(self._split) for row in rows]
        values = self._prefix(
            self._pictures(rows, items) if self._split.kind == "images" else self._split.items_at(items)
        )
        finite = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if not finite.all():
            raise TrainingError(
                f"The activations of item {items[int(np.argmin(finite))]} before {self._prefix.boundary!r} are not"
                " finite.",
                "Look at the backbone: its weights may have diverged, or its transform may not fit.",
            )
        return values

    def _pictures(self, rows: list[int], items: list[int]) -> Tensor:
        # A copy: splits are read-only, and torch warns of tensors that could write to such memory.
        images = torch.from_numpy(np.array(self._split.items_at(items), dtype=np.float32))
        copies = [at for at, row in enumerate(rows) if row >= len(self._split)]
        seeds = [int.from_bytes(self._digests[rows[at]][:8]) >> 1 for at in copies]
        images[copies] = augment_each(images[copies], seeds, self._strength)
        return images

    def _check(self) -> None:
        if self._stop is not None:
            self._stop()
