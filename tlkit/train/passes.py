"""Pass: the prefix over the items of a split, leaving out what was computed before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit.errors import TrainingError
from tlkit.train import kept_rows
from tlkit.train.augment import augment
from tlkit.train.kept_rows import Kept
from tlkit.train.prefix import Prefix

if TYPE_CHECKING:
    from tlkit.data import Split
    from tlkit.train.features import Views

# Batches between two parts that are handed out.
_BATCHES = 64
# Pictures that are augmented together: not the network's batch, so that every network sees the same copies.
AUGMENTED_TOGETHER = 256


class Pass:
    """Hands out the rows of a split in order, part by part: the items, then their augmented copies.

    Parameters
    ----------
    prefix
        What to run.
    split
        The items.
    views
        Augmented copies besides the items.
    results
        For each boundary up to this one, the key of the result for just these items and views.
    folder
        Of files with rows that were computed before.
    should_stop
        Called before each batch; ends the work by raising.
    """

    def __init__(
        self,
        prefix: Prefix,
        split: Split,
        views: Views,
        results: Mapping[str, str],
        folder: Path,
        should_stop: Callable[[], None] | None,
    ) -> None:
        self.seconds = 0.0
        self._prefix, self._split, self._views, self._results = prefix, split, views, results
        self._folder = folder
        self._stop = should_stop
        # The own prefix first, then the others from the nearest one back.
        self._sources = [
            (name, kept)
            for name, key in reversed(prefix.keys.items())
            for kept in kept_rows.of_prefix(key, folder)
        ]

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        part = _BATCHES * self._prefix.batch
        for start in range(0, len(self._split), part):
            began = time.perf_counter()
            values = self._items(np.arange(start, min(start + part, len(self._split))))
            self.seconds += time.perf_counter() - began
            yield values
        if self._views.count:
            yield from self._copies()

    def _items(self, items: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the rows of some items, each distinct one run once at most."""
        values = np.empty((len(items), *self._prefix.row_shape), dtype=np.float32)
        places: dict[bytes, list[int]] = {}
        for at, item in enumerate(items.tolist()):
            places.setdefault(self._split.item_digests[item], []).append(at)
        wanted = {digest: int(items[at[0]]) for digest, at in places.items()}
        for name, kept in self._sources:
            shared = {digest: kept.rows[digest] for digest in wanted if digest in kept.rows}
            if not shared or not self._trust(name, kept, {wanted[one]: row for one, row in shared.items()}):
                continue
            kept_rows.used(kept)
            for digests, found in self._from(name, kept, shared):
                for digest, row in zip(digests, found, strict=True):
                    values[places[digest]] = row
            wanted = {digest: item for digest, item in wanted.items() if digest not in shared}
        left = list(wanted)
        for batch in _batches(len(left), self._prefix.batch):
            rows = self._run([wanted[digest] for digest in left[batch]])
            for digest, row in zip(left[batch], rows, strict=True):
                values[places[digest]] = row
        return values

    def _from(
        self, name: str, kept: Kept, shared: Mapping[bytes, int]
    ) -> Iterator[tuple[list[bytes], NDArray[np.float32]]]:
        """Yield rows that are kept, or that come of rows kept before an earlier boundary."""
        digests = list(shared)
        for batch in _batches(len(digests), self._prefix.batch):
            rows = kept.values[[shared[digest] for digest in digests[batch]]]
            yield digests[batch], rows if name == self._prefix.boundary else self._onward(rows, name)

    def _trust(self, name: str, kept: Kept, shared: Mapping[int, int]) -> bool:
        """Compare a batch of what would be shared with a run from the pictures on, once for each two prefixes."""
        pair = (self._prefix.key, kept.prefix)
        if pair not in kept_rows.trusted:
            # In another order than before: were a row to depend on its place or its company, it would show.
            items = list(reversed(shared))[: self._prefix.batch]
            rows = kept.values[[shared[item] for item in items]]
            given = rows if name == self._prefix.boundary else self._onward(rows, name)
            kept_rows.trusted[pair] = given.tobytes() == self._run(items).tobytes()
        return kept_rows.trusted[pair]

    def _run(self, items: list[int]) -> NDArray[np.float32]:
        self._check()
        return self._finite(self._prefix(self._split.images[items]), items)

    def _onward(self, rows: NDArray[np.float32], start: str) -> NDArray[np.float32]:
        self._check()
        return self._prefix.onward(rows, start)

    def _copies(self) -> Iterator[NDArray[np.float32]]:
        """Yield the rows of the augmented copies, view by view."""
        count = len(self._split)
        start, kept = self._copies_kept()
        generator = torch.Generator().manual_seed(self._views.seed)
        for view in range(1, self._views.count + 1):
            for first in range(0, count, AUGMENTED_TOGETHER):
                began = time.perf_counter()
                items = list(range(first, min(first + AUGMENTED_TOGETHER, count)))
                batches = _batches(len(items), self._prefix.batch)
                if kept is not None:
                    rows = kept.values[view * count + first :][: len(items)]
                    parts = [self._onward(rows[batch], start) for batch in batches]
                else:
                    self._check()
                    images = augment(_raw(self._split.images[items]), generator, self._views.strength)
                    parts = [self._run_copies(images[batch], items[batch]) for batch in batches]
                self.seconds += time.perf_counter() - began
                yield np.concatenate(parts)

    def _copies_kept(self) -> tuple[str, Kept | None]:
        """Return the copies as they are kept before the nearest earlier boundary, where that can be trusted."""
        for name, kept in self._sources:
            if (
                name != self._prefix.boundary
                and kept.key == self._results[name]
                and self._trust(
                    name, kept, {item: item for item in range(min(len(self._split), self._prefix.batch))}
                )
            ):
                kept_rows.used(kept)
                return name, kept
        return "", None

    def _run_copies(self, images: Tensor, items: list[int]) -> NDArray[np.float32]:
        self._check()
        return self._finite(self._prefix(images), items)

    def _check(self) -> None:
        if self._stop is not None:
            self._stop()

    def _finite(self, values: NDArray[np.float32], items: list[int]) -> NDArray[np.float32]:
        finite = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if not finite.all():
            raise TrainingError(
                f"The activations of item {items[int(np.argmin(finite))]} before {self._prefix.boundary!r} are not"
                " finite.",
                "Look at the backbone: its weights may have diverged, or its transform may not fit.",
            )
        return values


def _raw(images: NDArray[np.float32]) -> Tensor:
    # A copy: splits are read-only, and torch warns of tensors that could write to such memory.
    return torch.from_numpy(np.array(images, dtype=np.float32))


def _batches(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, start + size)
