"""Activations at the boundary: what a strict prefix makes of the data, run once per distinct item and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from tlkit import files
from tlkit.backbones.evaluating import evaluating
from tlkit.errors import StoreError
from tlkit.train import kept_rows
from tlkit.train.kept_rows import CacheLimitError, Kept, forget
from tlkit.train.passes import Pass, Views, row_digests
from tlkit.train.prefix import Prefix

if TYPE_CHECKING:
    from tlkit.backbones import Network, Transform
    from tlkit.data import Split

__all__ = ["Activations", "CacheLimitError", "Views", "boundary_activations", "forget"]

# Above this, activations go to a file that is mapped into memory.
MEMORY_LIMIT_BYTES = 256 * 2**20
# What took longer is worth a file too: another process, or the next day's, then need not wait again.
_WORTH_SECONDS = 1.0


@dataclass(frozen=True, eq=False)
class Activations:
    """What the stages before the boundary make of a split.

    Parameters
    ----------
    values
        (rows, ...) float32, read-only; pooled to (rows, d) where the boundary is the head.
    items
        (rows,) int64: which item of the split each row shows.
    key
        Content hash of all that the values depend on.
    where
        ``"memory"`` or the file that holds them.
    """

    values: NDArray[np.float32]
    items: NDArray[np.int64]
    key: str
    where: str

    def __len__(self) -> int:
        return len(self.values)


def boundary_activations(
    network: Network,
    transform: Transform,
    split: Split,
    boundary: str,
    *,
    views: Views | None = None,
    device: torch.device | str = "cpu",
    folder: str | Path | None = None,
    memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
    should_stop: Callable[[], None] | None = None,
) -> Activations:
    """Run the stages before the boundary once over a split, or fetch what they gave before.

    Only pictures that these stages have not seen yet are run: other draws, label counts, arms and seeds share the
    rest, augmented copies too, and a boundary moved deeper goes on from what was kept before the earlier one. The
    values are bit for bit those of a run from the pictures on; the first time something is shared, a batch is
    computed anew, and if it differs nothing is shared.

    Kept in memory between runs, or in a memory-mapped file above a limit or when the run took long. The key hashes
    the weights and buffers of these stages, what they and the transform make of two images of noise (so that a
    change of code or of a hook counts too), the items, the views, the thread count, the device and the versions:
    after a change of any of them nothing old is read.

    Parameters
    ----------
    network
        Run in evaluation mode and left in the mode it was in.
    transform
        Of the backbone.
    split
        The items.
    boundary
        The first stage that is not run, or ``"head"``.
    views
        Augmented copies to look at besides the items themselves; fixed by their seed.
    device
        Where the network is.
    folder
        For files; None is ``files.cache_folder() / "activations"``, where the oldest make room; another one is
        not cleared.
    memory_limit_bytes
        Larger results go to a file.
    should_stop
        Called before each batch; ends the work by raising. Nothing half-made is left.

    Raises
    ------
    TrainingError
        The activations are not finite.
    CacheLimitError
        The file would be above the limit of `tlkit cache`.
    StoreError
        The folder cannot be written.
    """
    views = views or Views()
    items = np.tile(np.arange(len(split)), views.count + 1)
    place = files.cache_folder() / "activations" if folder is None else Path(folder)
    with evaluating(network):
        prefix = Prefix(network, transform, boundary, torch.device(device), split.shape[1:])
        digests = row_digests(split, views)
        key = kept_rows.key_of(prefix.key, digests)
        found = kept_rows.same(key)
        if found is not None:
            return Activations(found.values, items, key, found.where)
        shape = (len(items), *prefix.row_shape)
        in_memory = 4 * int(np.prod(shape)) <= memory_limit_bytes
        path = place / f"{key}.npy"
        running = Pass(prefix, split, digests, views.strength, place, should_stop)
        # Of a small file the pass fetches the rows itself.
        found = None if in_memory else kept_rows.read(path, prefix.key, shape)
        if found is None or not running.holds(found):
            if in_memory:
                values = np.concatenate(list(running))
                values.setflags(write=False)
                if running.seconds > _WORTH_SECONDS and not prefix.halved:
                    # Without room the result is as good; only the next process has to run it again.
                    with suppress(StoreError):
                        _write(path, shape, [values], digests, folder)
                found = Kept(prefix.key, key, values, digests)
                if not prefix.halved:
                    kept_rows.keep(found)
            else:
                _write(path, shape, running, digests, folder)
                found = kept_rows.read(path, prefix.key, shape)
                if found is None:
                    raise StoreError(f"{path} changed while it was being written.", "Run it again.")
                if prefix.halved:
                    # It stays mapped; nobody else is to take it for the rows of whole batches.
                    with suppress(OSError):
                        path.unlink()
    kept_rows.used(found)
    return Activations(found.values, items, key, found.where)


def _write(
    path: Path,
    shape: tuple[int, ...],
    parts: Iterable[NDArray[np.float32]],
    digests: Sequence[bytes],
    folder: str | Path | None,
) -> None:
    if folder is None:
        kept_rows.make_room(path, kept_rows.file_bytes(shape))
    kept_rows.write(path, shape, parts, digests)
