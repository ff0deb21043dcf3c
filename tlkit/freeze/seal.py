"""Seal: a copy of weights and buffers taken before training, and what a check after it found."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
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
from tlkit.freeze.modes import KINDS
from tlkit.freeze.report import SealReport

Doubles = NDArray[np.float64] | NDArray[np.complex128]
_PIECE = 1 << 16  # numbers; small enough to stay in a processor's cache


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
    """Copies and fingerprints of a network's tensors. Made by :func:`seal`.

    Parameters
    ----------
    stages
        Stage to what was kept of it.
    """

    def __init__(self, stages: dict[str, tuple[Kept, ...]]) -> None:
        self._stages = stages
        #: Stage to the SHA-256 of all its tensors.
        self.fingerprints = {
            name: _fingerprint((one.name, one.copy) for one in kept) for name, kept in stages.items()
        }

    def check(self, module: nn.Module) -> SealReport:
        """Compare a network with the seal, bit for bit.

        Parameters
        ----------
        module
            The network after training, or a copy of it, on any device.

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
        return SealReport(
            tuple(
                self._check_stage(name, stage, modes.get(name), looked_at) for name, stage in stages.items()
            )
        )

    def _check_stage(
        self, name: str, stage: nn.Module, mode: str | None, looked_at: dict[int, Tensor]
    ) -> StageReport:
        now = {key: _copy(tensor, looked_at) for key, _, tensor in tensors(stage)}
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
        dropout = "none" if not has_dropout(stage) else "off" if mode == "strict" else "on"
        after = (
            self.fingerprints[name]
            if all(found is None or found.unchanged for found in kinds.values())
            else _fingerprint((one.name, now[one.name]) for one in kept)
        )
        return StageReport(name, mode, kinds, dropout, self.fingerprints[name], after)


def seal(module: nn.Module) -> Seal:
    """Keep what a network is now, to prove after training what did not change.

    Take it before training, with or without a plan in force. Parameters and buffers are copied to main
    memory and fingerprinted; tied tensors are kept once.

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
    copies: dict[int, Tensor] = {}
    return Seal(
        {
            name: tuple(Kept(key, kind, _copy(tensor, copies)) for key, kind, tensor in tensors(stage))
            for name, stage in _sealable(module).items()
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


def _copy(tensor: Tensor, known: dict[int, Tensor]) -> Tensor:
    """Copy a tensor to the CPU, once even if it is tied."""
    if id(tensor) not in known:
        if tensor.is_meta or nn.parameter.is_lazy(tensor):
            raise PlanError("A tensor has no values yet.", "Run the network once on a batch, then seal it.")
        plain = tensor.detach()
        plain = plain.to_dense() if plain.layout != torch.strided else plain
        known[id(tensor)] = plain.to("cpu", copy=True).contiguous()
    return known[id(tensor)]


def _bytes(tensor: Tensor) -> NDArray[np.uint8]:
    # Conjugated and negated views keep a flag instead of the values.
    plain = tensor.resolve_conj().resolve_neg().reshape(-1)
    found: NDArray[np.uint8] = plain.view(torch.uint8).numpy()
    return found


def _fingerprint(named: Iterator[tuple[str, Tensor]]) -> str:
    total = hashlib.sha256()
    for name, tensor in named:
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(_bytes(tensor).data)
    return total.hexdigest()


def _movement(pairs: list[tuple[str, Tensor, Tensor]]) -> Movement:
    """Compare tensors of one kind with what they were, bit for bit."""
    moved = tuple(
        name
        for name, before, after in pairs
        if before.dtype != after.dtype or not np.array_equal(_bytes(before), _bytes(after))
    )
    numbers = sum(before.numel() for _, before, _ in pairs)
    if not moved:
        return Movement(numbers, (), 0.0, 0.0, 0.0, 0)
    squared = size = largest = 0.0
    not_finite = 0
    for name, before, after in pairs:
        # A count of batches is no distance.
        if not (before.is_floating_point() or before.is_complex()):
            continue
        for there, here in _pieces(before, after if name in moved else before):
            size += _squared(there if np.isfinite(there).all() else there[np.isfinite(there)])
            if name in moved:
                # Where not all is finite, the difference is not.
                with np.errstate(invalid="ignore"):
                    change = here - there
                if not np.isfinite(change).all():
                    finite = np.isfinite(there) & np.isfinite(here)
                    not_finite += int((~np.isfinite(here) & np.isfinite(there)).sum())
                    change = change[finite]
                squared += _squared(change)
                largest = max(largest, float(np.abs(change).max(initial=0.0)))
    l2 = math.sqrt(squared)
    relative = l2 / math.sqrt(size) if size > 0 else (0.0 if l2 == 0 else None)
    return Movement(numbers, moved, l2, relative, largest, not_finite)


def _pieces(before: Tensor, after: Tensor) -> Iterator[tuple[Doubles, Doubles]]:
    flat = [tensor.resolve_conj().resolve_neg().reshape(-1) for tensor in (before, after)]
    wide = torch.complex128 if before.is_complex() else torch.float64
    for first in range(0, before.numel(), _PIECE):
        there, here = (tensor[first : first + _PIECE].to(wide).numpy() for tensor in flat)
        yield there, here


def _squared(values: Doubles) -> float:
    # No matrix library: it would wake its threads for every small tensor.
    return float((values * values.conj()).real.sum())
