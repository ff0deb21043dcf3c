"""Activations at the boundary: what a strict prefix makes of the data, run once and kept."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit import caches, files
from tlkit.backbones import pool_features
from tlkit.backbones.batching import pictures_at_once
from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.fingerprint import tensor_bytes
from tlkit.errors import StoreError, TrainingError

if TYPE_CHECKING:
    from tlkit.backbones import InputTransform, Network
    from tlkit.data import Split

# Above this, activations go to a file that is mapped into memory.
MEMORY_LIMIT_BYTES = 256 * 2**20
# What is kept in memory between runs, over all entries.
_KEPT_BYTES = 512 * 2**20
_FORMAT = 1

_kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
_kept_lock = threading.Lock()


class CacheLimitError(StoreError):
    """Activations would take more room on disk than they may; nothing was run or written."""


@dataclass(frozen=True)
class Views:
    """Which pictures of each item are looked at: the item itself, then ``count`` augmented copies.

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
    transform: InputTransform,
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

    Kept in memory between runs, or in a memory-mapped file above a limit. The key hashes the weights and
    buffers of these stages, what they and the transform make of the first two images (so that a change of
    code or of a hook counts too), the split's content, the views, the thread count, the device and the
    versions: after a change of any of them nothing old is read.

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
    rows = len(split) * (views.count + 1)
    items = np.tile(np.arange(len(split)), views.count + 1)
    with evaluating(network):
        run = _Prefix(network, transform, boundary, torch.device(device))
        probe = run(_raw(split.images[:2]))
        key = _key(run, probe, split, views)
        with _kept_lock:
            if key in _kept:
                _kept.move_to_end(key)
                return Activations(_kept[key], items, key, "memory")
        shape = (rows, *probe.shape[1:])
        in_file = int(np.prod(shape)) * 4 > memory_limit_bytes
        path = Path(folder or files.cache_folder() / "activations") / f"{key}.npy"
        if in_file:
            found = _open(path, shape)
            if found is not None:
                return Activations(found, items, key, str(path))
        batches = _run(run, split, views, should_stop)
        if in_file:
            if folder is None:
                _make_room(path, int(np.prod(shape)) * 4)
            _write(path, shape, batches)
            written = _open(path, shape)
            if written is None:
                raise StoreError(f"{path} changed while it was being written.", "Run it again.")
            return Activations(written, items, key, str(path))
        values = np.concatenate(list(batches))
    values.setflags(write=False)
    _keep(key, values)
    return Activations(values, items, key, "memory")


def forget() -> None:
    """Forget the activations that are kept in memory."""
    with _kept_lock:
        _kept.clear()


class _Prefix:
    """The stages before the boundary as one function from raw images to activations."""

    def __init__(
        self, network: Network, transform: InputTransform, boundary: str, device: torch.device
    ) -> None:
        self.network = network
        self.transform = transform
        self.boundary = boundary
        self.device = device
        self.batch = pictures_at_once(transform.shape)

    def __call__(self, images: Tensor) -> NDArray[np.float32]:
        stop = None if self.boundary == "head" else self.boundary
        with torch.inference_mode():
            x = to_device(self.transform(images), self.device)
            out = self.network.backbone(x, stop=stop)
            if self.boundary == "head":
                out = pool_features(out)
            return np.ascontiguousarray(out.float().cpu().contiguous().numpy())

    def stages(self) -> Sequence[tuple[str, torch.nn.Module]]:
        modules = self.network.stage_modules()
        names = list(modules)
        return [(name, modules[name]) for name in names[: names.index(self.boundary)]]


def to_device(x: Tensor, device: torch.device) -> Tensor:
    """Move a batch to a device, images in the memory order in which convolutions are fastest."""
    if x.ndim == 4:
        return x.to(device, memory_format=torch.channels_last)
    return x.to(device)


def _raw(images: NDArray[np.float32]) -> Tensor:
    # A copy: splits are read-only, and torch warns of tensors that could write to such memory.
    return torch.from_numpy(np.array(images, dtype=np.float32))


def _run(
    run: _Prefix, split: Split, views: Views, should_stop: Callable[[], None] | None
) -> Iterator[NDArray[np.float32]]:
    generator = torch.Generator().manual_seed(views.seed)
    for view in range(views.count + 1):
        for start in range(0, len(split), run.batch):
            if should_stop is not None:
                should_stop()
            images = _raw(split.images[start : start + run.batch])
            if view:
                from tlkit.train.augment import augment

                images = augment(images, generator, views.strength)
            values = run(images)
            if not np.isfinite(values).all():
                bad = start + int(
                    np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))[0]
                )
                raise TrainingError(
                    f"The activations of item {bad} before {run.boundary!r} are not finite.",
                    "Look at the backbone: its weights may have diverged, or its transform may not fit.",
                )
            yield values


def _key(run: _Prefix, probe: NDArray[np.float32], split: Split, views: Views) -> str:
    digest = hashlib.sha256()
    settings: tuple[Any, ...] = (
        _FORMAT,
        torch.__version__,
        torch.get_num_threads(),
        str(run.device),
        run.boundary,
        run.batch,
        repr(run.transform),
        split.fingerprint,
        # Without augmented views their strength and seed play no part.
        (views.count, views.strength, views.seed) if views.count else 0,
    )
    digest.update(repr(settings).encode())
    for name, module in run.stages():
        digest.update(f"{name} {module!r}".encode())
        for entry, value in module.state_dict().items():
            if isinstance(value, Tensor):
                digest.update(f"{entry} {value.dtype} {tuple(value.shape)}".encode())
                digest.update(tensor_bytes(value))
    digest.update(probe.tobytes())
    return digest.hexdigest()


def _keep(key: str, values: NDArray[np.float32]) -> None:
    with _kept_lock:
        _kept[key] = values
        while len(_kept) > 1 and sum(one.nbytes for one in _kept.values()) > _KEPT_BYTES:
            _kept.popitem(last=False)


def _open(path: Path, shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    """Map a finished file; a damaged or foreign one counts as none and is made again."""
    with suppress(OSError, ValueError, EOFError):
        values = np.load(path, mmap_mode="r", allow_pickle=False)
        if values.shape == shape and values.dtype == np.float32:
            with suppress(OSError):
                os.utime(path)  # what was not used for longest makes room first
            return values  # type: ignore[no-any-return]  # numpy types a mapped file as Any
    return None


def _make_room(path: Path, size_bytes: int) -> None:
    limit = caches.named("activations").limit_bytes
    if size_bytes > limit:
        raise CacheLimitError(
            f"The activations would take {caches.size_words(size_bytes)} on disk, more than the"
            f" {caches.size_words(limit)} that they may.",
            "Let the boundary lie later, take fewer items, or type `tlkit cache limit activations SIZE`.",
        )
    caches.make_room(path.parent, path.suffix, limit, size_bytes)


def _write(path: Path, shape: tuple[int, ...], batches: Iterator[NDArray[np.float32]]) -> None:
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with files.atomic_write(path) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for values in batches:
            file.write(np.ascontiguousarray(values, dtype="<f4").data)
