"""The hooks that keep a plan in force, whatever is done to the module between two forward passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlkit.backbones.layers import is_norm
from tlkit.errors import TrainingError
from tlkit.freeze.modes import TABLE


@dataclass(frozen=True)
class Before:
    """A stage as it was before the plan, by names, so that a copy of the stage can use it too.

    Parameters
    ----------
    root_training
        Whether the module to which the plan was applied was in training mode.
    training, tracking
        Each submodule's ``training`` and each norm's ``track_running_stats``.
    requires_grad
        Each parameter's flag.
    """

    root_training: bool
    training: dict[str, bool]
    tracking: dict[str, bool]
    requires_grad: dict[str, bool]

    @classmethod
    def of(cls, stage: nn.Module, root_training: bool) -> Before:
        parts = dict(stage.named_modules())
        return cls(
            root_training,
            {path: part.training for path, part in parts.items()},
            {path: bool(part.track_running_stats) for path, part in parts.items() if is_norm(part)},
            {name: parameter.requires_grad for name, parameter in stage.named_parameters()},
        )


@dataclass(frozen=True)
class StageHook:
    """A forward pre-hook that imposes a mode on a stage at every forward pass.

    It is an object of a module-level class without references to the stage, so that it is copied and pickled
    with it.

    Parameters
    ----------
    stage, mode
        Name and mode of the stage.
    application
        A mark of the one time that a plan was applied, to recognise what it put there.
    shared
        Path of a submodule that a stricter stage also has, to that stage's mode.
    fixed
        Names of parameters that a stage which holds them shares.
    before
        What removal restores.
    """

    stage: str
    mode: str
    application: str
    before: Before
    shared: Mapping[str, str] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()

    def __call__(self, module: nn.Module, args: Any = None) -> None:
        give_back(module)
        self.impose(module)

    def impose(self, stage: nn.Module) -> None:
        """Set every flag of the stage as the mode says; flags that are right are not touched."""
        for path, part in stage.named_modules():
            mode = self.shared.get(path, self.mode)
            norm = is_norm(part)
            if part.training and mode in _STILL:
                part.training = False
            if mode == "batch_stats" and isinstance(part, _BatchNorm) and part.track_running_stats:
                # Set when the layer is already built, False means: by the batch in training, by the stored
                # statistics in evaluation, and no counting. Momentum 0 would count, and 0 * inf is NaN.
                part.track_running_stats = False
            may_change = TABLE[mode].affine if norm else TABLE[mode].weights
            for name, parameter in part._parameters.items():
                # Inside torch.func these are plain tensors, which belong to the caller.
                if not isinstance(parameter, nn.Parameter):
                    continue
                learns = may_change and (f"{path}.{name}" if path else name) not in self.fixed
                if not learns and parameter.grad is not None:
                    # A gradient from before would still be applied by the next optimizer step.
                    parameter.grad = None
                if parameter.requires_grad != learns and (
                    not learns or parameter.is_floating_point() or parameter.is_complex()
                ):
                    parameter.requires_grad_(learns)

    def restore(self, stage: nn.Module, root_training: bool) -> None:
        """Set every flag as it was before the plan."""
        for path, part in stage.named_modules():
            mode = self.shared.get(path, self.mode)
            if mode == "batch_stats" and isinstance(part, _BatchNorm):
                part.track_running_stats = self.before.tracking.get(path, True)
            if mode in _STILL:
                # Somebody who has since called train() or eval() on the whole meant this stage as well.
                kept = self.before.training.get(path, root_training)
                part.training = kept if root_training == self.before.root_training else root_training
        for name, parameter in stage.named_parameters():
            if name in self.before.requires_grad:
                parameter.requires_grad_(self.before.requires_grad[name])


@dataclass(frozen=True)
class BatchHook:
    """A forward pre-hook of BatchNorm that refuses, in words, a batch with nothing to normalise by.

    Parameters
    ----------
    stage, mode
        Where it is.
    """

    stage: str
    mode: str

    def __call__(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        x = args[0] if args else None
        if module.training and isinstance(x, Tensor) and x.ndim > 1 and x.numel() == x.shape[1]:
            raise TrainingError(
                f"{self.stage} is in mode {self.mode!r} and normalises by the batch, but the batch holds one"
                " item with one value per channel: there is nothing to compare it with.",
                "Use batches of at least two items (drop_last=True, or merge the last one), or freeze"
                f" {self.stage} with mode 'strict'.",
            )


@dataclass(frozen=True)
class HoldHook:
    """A forward pre-hook that lets a module write to copies of its buffers instead of the buffers.

    For whatever writes in a forward pass and has no switch of its own: the power iteration of spectral
    normalisation, InstanceNorm, a learner's moving average. Swapping, not writing back, keeps every bit and
    does not disturb the backward pass.
    """

    def __call__(self, module: nn.Module, args: Any) -> None:
        # An outer call of the same module may be under way: then the copies are there already.
        if _HELD not in module.__dict__:
            own = {name: buffer for name, buffer in module._buffers.items() if buffer is not None}
            module.__dict__[_HELD] = own
            module._buffers.update({name: buffer.clone() for name, buffer in own.items()})


@dataclass(frozen=True)
class ReturnHook:
    """A forward hook that gives the buffers back, after an error too."""

    def __call__(self, module: nn.Module, args: Any, output: Any) -> None:
        module._buffers.update(module.__dict__.pop(_HELD, {}))


def give_back(module: nn.Module) -> None:
    """Give buffers back that an interrupt in the middle of a forward pass left held: torch then calls no hook."""
    for part in module.modules():
        if _HELD in part.__dict__:
            part._buffers.update(part.__dict__.pop(_HELD))


_HELD = "_tlkit_held"
# The modes under which a stage behaves as in evaluation while it trains.
_STILL = tuple(name for name, mode in TABLE.items() if mode.normalises == "stored statistics")
_OURS = (StageHook, BatchHook, HoldHook, ReturnHook)


def install(stage: nn.Module, hook: StageHook) -> None:
    """Put a plan's hooks on a stage and impose them at once."""
    for path, part in stage.named_modules():
        mode = hook.shared.get(path, hook.mode)
        if isinstance(part, _BatchNorm):
            if mode not in _STILL:
                part.register_forward_pre_hook(BatchHook(hook.stage, mode))
        elif not TABLE[mode].buffers and any(buffer is not None for buffer in part._buffers.values()):
            # First, since spectral normalisation is itself a pre-hook.
            part.register_forward_pre_hook(HoldHook(), prepend=True)
            part.register_forward_hook(ReturnHook(), always_call=True)
    stage.register_forward_pre_hook(hook, prepend=True)
    hook.impose(stage)


def uninstall(stage: nn.Module, root_training: bool) -> None:
    """Take every plan's hooks off a module and what is in it, and restore what they changed."""
    give_back(stage)
    # From the inside out: an inner plan was applied on top of the outer one, so that it is undone first.
    for part in reversed(list(stage.modules())):
        hooks = stage_hooks(part)
        for hooked in (part._forward_pre_hooks, part._forward_hooks):
            for key in [key for key, hook in hooked.items() if isinstance(hook, _OURS)]:
                del hooked[key]
                part._forward_hooks_always_called.pop(key, None)
        for hook in hooks:
            hook.restore(part, root_training)


def stage_hooks(module: nn.Module) -> list[StageHook]:
    """Return the plans' hooks that a module itself carries, the last applied first."""
    return [hook for hook in module._forward_pre_hooks.values() if isinstance(hook, StageHook)]
