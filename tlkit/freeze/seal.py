"""Seal: a copy of weights and buffers taken before training, with which a check after it compares."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tlkit.backbones.layers import has_dropout
from tlkit.errors import PlanError
from tlkit.freeze.anatomy import stages_of, tensors
from tlkit.freeze.apply import in_force
from tlkit.freeze.hooks import give_back
from tlkit.freeze.marks import Movement, StageReport
from tlkit.freeze.modes import KINDS, TABLE
from tlkit.freeze.report import SealReport
from tlkit.freeze.rows import checked_rows, embedding_of, rows_moved

Doubles = NDArray[np.float64] | NDArray[np.complex128]
_PIECE = 1 << 16  # numbers; small enough to stay in a processor's cache
_INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}  # by bytes
_ALIGNED = 16  # bytes: what the widest number takes


@dataclass(frozen=True)
class Kept:
    """One tensor as it was when the seal was taken.

    Parameters
    ----------
    name, kind
        Name within its stage; weights, affine, statistics or buffers.
    copy
        On the CPU, contiguous.
    """

    name: str
    kind: str
    copy: Tensor


class Seal:
    """Copies of a network's tensors. Made by :func:`seal`.

    Parameters
    ----------
    stages
        Stage to what was kept of it.
    """

    def __init__(self, stages: dict[str, tuple[Kept, ...]]) -> None:
        self._stages = stages

    @property
    def fingerprints(self) -> dict[str, str]:
        """Stage to the SHA-256 of all its tensors, as they were."""
        return {name: _fingerprint(kept) for name, kept in self._stages.items()}

    def check(self, module: nn.Module, *, seen: Tensor | None = None) -> SealReport:
        """Compare a network with the seal, bit for bit.

        Parameters
        ----------
        module
            The network after training, or a copy of it, on any device.
        seen
            For a network that looks up words: the numbers of those that were trained on, ``transform(texts)``. A
            row of another word that moved breaks the seal.

        Returns
        -------
        SealReport
            Per stage and kind: unchanged, or how far it moved.

        Raises
        ------
        PlanError
            The network has other stages or tensors than the one that was sealed.
        """
        stages = _sealable(module)
        if list(stages) != list(self._stages):
            raise PlanError(
                f"The seal was taken on the stages {', '.join(self._stages)}; this network has"
                f" {', '.join(stages)}.",
                "Check the network that was sealed, or a copy of it.",
            )
        try:
            modes = in_force(module)
        except PlanError:
            modes = {}
        looked_at: dict[int, Tensor] = {}
        words = embedding_of(stages)
        rows = checked_rows(seen, words[2] if words else None)
        reports = {
            name: self._check_stage(name, stage, modes.get(name), looked_at) for name, stage in stages.items()
        }
        if words is not None:
            name, key, embedding = words
            before = next(one.copy for one in self._stages[name] if one.name == key)
            padding = embedding.padding_idx or 0
            moved = rows_moved(before, looked_at[id(embedding.weight)], padding, rows)
            reports[name] = reports[name].with_rows(moved)
        return SealReport(tuple(reports.values()))

    def _check_stage(
        self, name: str, stage: nn.Module, mode: str | None, looked_at: dict[int, Tensor]
    ) -> StageReport:
        now: dict[str, Tensor] = {}
        for key, _, tensor in tensors(stage):
            if id(tensor) not in looked_at:
                # Tensors in main memory are compared where they are.
                looked_at[id(tensor)] = _plain(tensor).cpu().contiguous()
            now[key] = looked_at[id(tensor)]
        kept = self._stages[name]
        strange = set(now) ^ {one.name for one in kept} or {
            one.name for one in kept if now[one.name].shape != one.copy.shape
        }
        if strange:
            raise PlanError(
                f"The seal does not fit: {name} has or lacks {min(strange)}, or it has another shape.",
                "Take the seal after the network is built, and check the same network.",
            )
        kinds: dict[str, Movement | None] = {}
        for kind in KINDS:
            pairs = [(one.name, one.copy, now[one.name]) for one in kept if one.kind == kind]
            kinds[kind] = _movement(pairs) if pairs else None
        dropout = "none" if not has_dropout(stage) else "off" if mode and not TABLE[mode].dropout else "on"
        unchanged = all(found is None or found.unchanged for found in kinds.values())
        return StageReport(name, mode, kinds, dropout, _fingerprint(kept) if unchanged else None)


def seal(module: nn.Module) -> Seal:
    """Keep what a network is now, to prove after training what did not change.

    Take it before training, with or without a plan in force. Parameters and buffers are copied to main
    memory; tied tensors are kept once.

    Parameters
    ----------
    module
        A Network, a StagedModule, or any module: then its children count as stages.

    Returns
    -------
    Seal
        ``seal.check(module)`` compares.

    Raises
    ------
    PlanError
        There is nothing to seal, or a tensor has no values yet (a lazy or meta module).

    Examples
    --------
    >>> from tlkit import backbones
    >>> net = backbones.load("zoo:resnet-letters").with_head(10, seed=0)
    >>> before = seal(net)
    >>> with torch.no_grad():
    ...     _ = net.head.bias.add_(1)
    >>> report = before.check(net)
    >>> report.unchanged("layer3"), report.unchanged("head")
    (True, False)
    """
    stages = {name: list(tensors(stage)) for name, stage in _sealable(module).items()}
    copies = _copies(tensor for found in stages.values() for _, _, tensor in found)
    return Seal(
        {
            name: tuple(Kept(key, kind, copies[id(tensor)]) for key, kind, tensor in found)
            for name, found in stages.items()
        }
    )


def _sealable(module: nn.Module) -> dict[str, nn.Module]:
    if isinstance(module, nn.Module):
        give_back(module)
    try:
        return stages_of(module)
    except PlanError:
        if not isinstance(module, nn.Module):
            raise
    children = dict(module.named_children())
    own = [
        name for name, _ in (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False))
    ]
    # Tensors of its own belong to no child: then the whole is one stage.
    stages = children if children and not own else {"module": module}
    if not any(True for stage in stages.values() for _ in tensors(stage)):
        raise PlanError(f"A {type(module).__name__} has no parameters and no buffers.", "Seal a network.")
    return stages


def _plain(tensor: Tensor) -> Tensor:
    """Return a tensor's values, dense and without history."""
    if tensor.is_meta or nn.parameter.is_lazy(tensor):
        raise PlanError("A tensor has no values yet.", "Run the network once on a batch, then seal it.")
    plain = tensor.detach()
    return plain.to_dense() if plain.layout != torch.strided else plain


def _copies(found: Iterable[Tensor]) -> dict[int, Tensor]:
    """Copy tensors to main memory, each once, into one block: a system hands out one large piece fastest."""
    plain = {id(tensor): _plain(tensor) for tensor in found}
    starts, end = [], 0
    for tensor in plain.values():
        starts.append(end)
        end += -(-tensor.nbytes // _ALIGNED) * _ALIGNED
    block = torch.from_numpy(np.empty(end, np.uint8))
    copies = {}
    for start, (key, tensor) in zip(starts, plain.items(), strict=True):
        place = block[start : start + tensor.nbytes].view(tensor.dtype).view(tensor.shape)
        copies[key] = place.copy_(tensor)
    return copies


def _fingerprint(kept: tuple[Kept, ...]) -> str:
    total = hashlib.sha256()
    for one in kept:
        total.update(f"{one.name} {one.copy.dtype} {tuple(one.copy.shape)}\n".encode())
        total.update(_real(one.copy).reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def _same(before: Tensor, after: Tensor) -> bool:
    """Say whether two tensors of one shape hold the same bits."""
    if before.dtype != after.dtype:
        return False
    # As integers: NaN is equal to itself, and the two zeros are not equal.
    first, second = (_real(tensor) for tensor in (before, after))
    integers = _INTEGERS[first.element_size()]
    return torch.equal(first.view(integers), second.view(integers))


def _values(tensor: Tensor) -> Tensor:
    # Conjugated and negated views keep a flag instead of the values.
    return tensor.resolve_conj().resolve_neg()


def _real(tensor: Tensor) -> Tensor:
    return torch.view_as_real(_values(tensor)) if tensor.is_complex() else _values(tensor)


def _movement(pairs: list[tuple[str, Tensor, Tensor]]) -> Movement:
    """Compare tensors of one kind with what they were, bit for bit."""
    moved = tuple(name for name, before, after in pairs if not _same(before, after))
    numbers = sum(before.numel() for _, before, _ in pairs)
    if not moved:
        return Movement(numbers, (), 0.0, 0.0, 0.0, 0)
    squared = size = largest = 0.0
    not_finite = 0
    for name, before, after in pairs:
        # A count of batches is no distance.
        if not (before.is_floating_point() or before.is_complex()):
            continue
        for there, here in _pieces(before, after if name in moved else None):
            size += _squared(there)
            if here is None:
                continue
            # Where not all is finite, the difference is not.
            with np.errstate(invalid="ignore"):
                change = here - there
            squared += _squared(change)
            furthest = float(np.abs(change).max(initial=0.0))
            if not math.isfinite(furthest):
                not_finite += int((~np.isfinite(here) & np.isfinite(there)).sum())
                furthest = float(np.abs(change[np.isfinite(change)]).max(initial=0.0))
            largest = max(largest, furthest)
    l2 = math.sqrt(squared)
    relative = l2 / math.sqrt(size) if size > 0 else (0.0 if l2 == 0 else None)
    return Movement(numbers, moved, l2, relative, largest, not_finite)


def _pieces(before: Tensor, after: Tensor | None) -> Iterator[tuple[Doubles, Doubles | None]]:
    first = _values(before).reshape(-1)
    second = None if after is None else _values(after).reshape(-1)
    for start in range(0, before.numel(), _PIECE):
        piece = slice(start, start + _PIECE)
        yield _wide(first[piece]), None if second is None else _wide(second[piece])


def _wide(values: Tensor) -> Doubles:
    found: Doubles = values.to(torch.complex128 if values.is_complex() else torch.float64).numpy()
    return found


def _squared(values: Doubles) -> float:
    """Return the sum of squares of the finite values."""
    # No matrix library: it would wake its threads for every small tensor.
    total = float(np.einsum("i,i->", values, values.conj()).real)
    if math.isfinite(total):
        return total
    finite = values[np.isfinite(values)]
    return float(np.einsum("i,i->", finite, finite.conj()).real)
