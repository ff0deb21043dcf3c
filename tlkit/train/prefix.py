"""Prefix: the stages before a boundary as one function of items, and what tells it from any other."""

from __future__ import annotations

import hashlib
import itertools
import platform
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit.backbones import pool_features
from tlkit.backbones.batching import filled_batch
from tlkit.backbones.fingerprint import tensor_bytes
from tlkit.train.memory import in_parts

if TYPE_CHECKING:
    from tlkit.backbones import Network, Transform

_FORMAT = 3


class Prefix:
    """The stages before a boundary as one function from raw items to activations.

    What it makes of an item depends, in its last digits, on how many go through at once, but not on the
    others among them nor on its place: so every batch has one size, the last one filled up with copies.

    Parameters
    ----------
    network
        In evaluation mode.
    transform
        Of the backbone.
    boundary
        The first stage that does not run, or ``"head"``: then the result is pooled.
    device
        Where the network is.
    item_shape
        Of a raw item: (channels, height, width) of an image, () of a text.
    """

    def __init__(
        self,
        network: Network,
        transform: Transform,
        boundary: str,
        device: torch.device,
        item_shape: tuple[int, ...],
    ) -> None:
        self.boundary = boundary
        self.batch = filled_batch(transform.shape)
        self._network = network
        self._transform = transform
        self._device = device
        self._calls = 0
        #: Whether a batch had to be cut for want of memory: its rows may differ in their last digits.
        self.halved = False
        #: One key per boundary, the first one first, this prefix's own last.
        self.keys: dict[str, str] = {}
        with torch.inference_mode():
            for name, key, probe in self._walk(item_shape):
                self.keys[name] = key
                self.row_shape: tuple[int, ...] = tuple(probe.shape[1:])
            if boundary == "head":
                self.row_shape = tuple(pool_features(probe).shape[1:])

    @property
    def key(self) -> str:
        """Content hash of all that the activations depend on, but for the items."""
        return self.keys[self.boundary]

    def __call__(self, items: NDArray[np.float32] | Tensor | Sequence[str]) -> NDArray[np.float32]:
        """Return the rows of at most a batch of raw items, (n, ...) float32."""
        full: Tensor | list[str]
        if isinstance(items, np.ndarray | Tensor):
            full = _filled(_tensor(items), self.batch)
        else:
            full = [items[at % len(items)] for at in range(self.batch)]
        with torch.inference_mode():
            return self._finish(self._transform(full), None, len(items))

    def onward(self, rows: NDArray[np.float32], start: str) -> NDArray[np.float32]:
        """Return the rows that come of at most a batch of activations before an earlier boundary."""
        with torch.inference_mode():
            return self._finish(_filled(_tensor(rows), self.batch), start, len(rows))

    def _finish(self, x: Tensor, start: str | None, count: int) -> NDArray[np.float32]:
        stop = None if self.boundary == "head" else self.boundary

        def rows(part: Tensor) -> Tensor:
            self._calls += 1
            out = self._network.backbone(to_device(part, self._device), start=start, stop=stop)
            return pool_features(out) if self.boundary == "head" else out

        before = self._calls
        out = in_parts(rows, x)
        self.halved |= self._calls - before > 1
        return np.ascontiguousarray(out[:count].float().cpu().contiguous().numpy())

    def _walk(self, item_shape: tuple[int, ...]) -> Iterator[tuple[str, str, Tensor]]:
        """Yield each boundary from the second stage on, its key, and what two items of `Transform.probe` become.

        The latter is in the key, too: a change of code or of a hook counts like one of the weights.
        """
        x = to_device(self._transform(self._transform.probe(item_shape)), self._device)
        settings = (
            _FORMAT,
            torch.__version__,
            torch.get_num_threads(),
            *_arithmetic(self._device),
            self.batch,
            repr(self._transform),
            item_shape,
        )
        digest = hashlib.sha256(repr(settings).encode())
        modules = self._network.stage_modules()
        names = list(modules)
        for name, after in itertools.pairwise(names[: names.index(self.boundary) + 1]):
            digest.update(f"{name} {modules[name]!r}".encode())
            for entry, value in modules[name].state_dict().items():
                if isinstance(value, Tensor):
                    digest.update(f"{entry} {value.dtype} {tuple(value.shape)}".encode())
                    digest.update(tensor_bytes(value))
            x = self._network.backbone(x, start=name, stop=after)
            digest.update(tensor_bytes(x))
            # Pooled rows are not those that enter a further stage of a longer network.
            pooled = b"pooled" if after == "head" else b""
            yield after, hashlib.sha256(digest.digest() + pooled).hexdigest(), x


def _arithmetic(device: torch.device) -> list[object]:
    """Say what sums in an order of its own: rows may lie on a disk that several machines share."""
    found: list[object] = [str(device), platform.machine(), torch.backends.cpu.get_cpu_capability()]
    if device.type == "cuda":
        cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]  # torch gives it no types
        found += [torch.cuda.get_device_name(device), torch.version.cuda, cudnn]
        found += [torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32]
    return found


def to_device(x: Tensor, device: torch.device) -> Tensor:
    """Move a batch to a device, images in the memory order in which convolutions are fastest."""
    if x.ndim == 4:
        return x.to(device, memory_format=torch.channels_last)
    return x.to(device)


def _tensor(values: NDArray[np.float32] | Tensor) -> Tensor:
    if isinstance(values, Tensor):
        return values
    # A copy: splits are read-only, and torch warns of tensors that could write to such memory.
    return torch.from_numpy(np.array(values, dtype=np.float32))


def _filled(x: Tensor, size: int) -> Tensor:
    return x if len(x) == size else x[torch.arange(size) % len(x)]
