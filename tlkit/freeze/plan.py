"""Plan: for every stage of a network, what training may change."""

from __future__ import annotations

import html
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from torch import nn

from tlkit import records
from tlkit.errors import PlanError, expect_kind
from tlkit.freeze.apply import fitting, impose, in_force, withdraw
from tlkit.freeze.modes import TABLE, mode_of
from tlkit.freeze.optimizer import parameter_groups

SCHEMA = 1
AnyModule = TypeVar("AnyModule", bound=nn.Module)


@dataclass(frozen=True, repr=False)
class Plan:
    """For every stage one mode, saying what training may change. Made by :func:`tlkit.freeze.plan`.

    Parameters
    ----------
    modes
        Stage to mode from the input on; the head comes last and is always trainable.
    boundary
        The stage before which the strict prefix ends: everything before it gives the same activations at
        every step. ``"head"`` if that is the whole backbone.
    warnings
        What may surprise, in words.
    coincides
        Where several modes are the same because a stage lacks what tells them apart.

    Examples
    --------
    >>> from tlkit import backbones, freeze
    >>> chosen = freeze.plan(backbones.load("zoo:resnet-letters"), until="layer3")
    >>> chosen.modes
    {'stem': 'strict', 'layer1': 'strict', 'layer2': 'strict', 'layer3': 'trainable', 'head': 'trainable'}
    >>> chosen.boundary, chosen.cacheable
    ('layer3', ('stem', 'layer1', 'layer2'))
    """

    modes: dict[str, str]
    boundary: str
    warnings: list[str] = field(default_factory=list, compare=False)
    coincides: list[str] = field(default_factory=list, compare=False)
    _applied: list[tuple[weakref.ref[nn.Module], str]] = field(default_factory=list, compare=False)

    def __post_init__(self) -> None:
        expect_kind(
            "What a plan says of the stages", self.modes, Mapping, PlanError, "Make it with freeze.plan."
        )
        if not isinstance(self.boundary, str) or self.boundary not in self.modes:
            raise PlanError(
                f"The boundary {self.boundary!r} is no stage of the plan.", "Make it with freeze.plan."
            )
        loose = [name for name in self.cacheable if self.modes[name] != "strict"]
        if loose:
            raise PlanError(
                f"The boundary is {self.boundary}, but {loose[0]} before it is {self.modes[loose[0]]}: what"
                " comes before the boundary has to be strict, since it runs only once.",
                "Make the plan with freeze.plan, which finds the boundary.",
            )

    @property
    def cacheable(self) -> tuple[str, ...]:
        """The stages of the strict prefix, whose activations can be computed once and kept."""
        names = list(self.modes)
        return tuple(names[: names.index(self.boundary)])

    def apply(self, module: AnyModule) -> AnyModule:
        """Put the plan in force on a module, until :meth:`remove`.

        It is imposed again at every forward pass of a stage, so that it survives ``train()``, ``eval()``,
        ``requires_grad_()``, ``load_state_dict()``, ``copy.deepcopy``, pickling and ``torch.compile``. A plan
        that was in force is replaced. Gradients of what may not change are dropped.

        Parameters
        ----------
        module
            A Network or StagedModule with the plan's stages.

        Returns
        -------
        The same module.

        Raises
        ------
        PlanError
            The module has other stages.

        Examples
        --------
        >>> from tlkit import backbones, freeze
        >>> net = backbones.load("zoo:resnet-letters").with_head(10, seed=0)
        >>> chosen = freeze.plan(net, until="head")
        >>> net = chosen.apply(net)
        >>> _ = net.train()
        >>> sum(p.numel() for p in net.parameters() if p.requires_grad) == sum(
        ...     p.numel() for p in net.head.parameters())
        True
        """
        application = impose(module, self.modes)
        self._applied[:] = [one for one in self._applied if one[0]() not in (None, module)]
        self._applied.append((weakref.ref(module), application))
        return module

    def remove(self) -> None:
        """Take the plan off every stage on which it is still in force, and restore each exactly.

        Copies that were made meanwhile keep it; ``freeze.remove(copy)`` takes it off a copy.
        """
        for reference, application in self._applied:
            module = reference()
            if module is not None:
                withdraw(module, application)
        self._applied.clear()

    def parameters(
        self, module: nn.Module | None = None, *, lr: float = 1e-3, decay: float = 0.6
    ) -> list[dict[str, Any]]:
        """Return parameter groups for an optimizer: what may change, once each, a learning rate per stage.

        Parameters
        ----------
        module
            Where the plan is in force. None takes the one to which it was applied last.
        lr
            Learning rate of the head.
        decay
            Each stage further from the head learns this many times as fast: ``lr * decay`` for the last
            stage, ``lr * decay**2`` for the one before it. Frozen stages count. 1 gives all the same rate.

        Returns
        -------
        list of dict
            ``{"params": [...], "lr": ..., "name": stage}``, the head first.

        Raises
        ------
        PlanError
            The plan is in force nowhere, or nothing may change.

        Examples
        --------
        >>> from tlkit import backbones, freeze
        >>> net = backbones.load("zoo:resnet-letters").with_head(10, seed=0)
        >>> chosen = freeze.plan(net, until="layer3")
        >>> net = chosen.apply(net)
        >>> [(group["name"], group["lr"]) for group in chosen.parameters(lr=0.01, decay=0.5)]
        [('head', 0.01), ('layer3', 0.005)]
        """
        module = self.applied_to() if module is None else module
        if not in_force(module):
            raise PlanError("No plan is in force on this module.", "Call plan.apply(module) first.")
        return parameter_groups(fitting(module, self.modes), lr, decay)

    def applied_to(self) -> nn.Module:
        """Return the module to which the plan was applied last.

        Raises
        ------
        PlanError
            There is none, or it is gone.
        """
        modules = self._modules()
        if not modules:
            raise PlanError("The plan is in force on no module.", "Call plan.apply(module) first.")
        return modules[-1]

    def _modules(self) -> list[nn.Module]:
        return [module for one, _ in self._applied if (module := one()) is not None]

    def describe(self) -> str:
        """Return the plan in words, a line per group of stages with the same mode."""
        lines = [f"{where}: {mode}. {TABLE[mode].meaning}" for where, mode in self._grouped()]
        if self.cacheable:
            lines.append(
                f"What comes before {self.boundary} gives the same numbers for an item every time: it runs"
                " once per item and is remembered."
            )
        lines += [f"Note: {words}" for words in (*self.warnings, *self.coincides)]
        return "\n".join(lines)

    def _grouped(self) -> list[tuple[str, str]]:
        groups: list[tuple[list[str], str]] = []
        for name, mode in self.modes.items():
            if groups and groups[-1][1] == mode:
                groups[-1][0].append(name)
            else:
                groups.append(([name], mode))
        return [(", ".join(names), mode) for names, mode in groups]

    def __repr__(self) -> str:
        return "Plan\n" + "\n".join(f"  {line}" for line in self.describe().splitlines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{mode}</td>'
            f'<td style="text-align:left">{html.escape(TABLE[mode].meaning)}</td></tr>'
            for name, mode in self.modes.items()
        )
        notes = "".join(f"<p>{html.escape(words)}</p>" for words in (*self.warnings, *self.coincides))
        head = "".join(f'<th scope="col">{name}</th>' for name in ("stage", "mode", "what it means"))
        caption = "<caption>Freeze plan</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{notes}"

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        return {
            "kind": "plan",
            "schema": SCHEMA,
            "modes": dict(self.modes),
            "boundary": self.boundary,
            "warnings": list(self.warnings),
            "coincides": list(self.coincides),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Plan:
        """Return the plan that :meth:`to_dict` wrote down.

        Raises
        ------
        RecordError
            It is of another kind, from a newer version, or damaged.
        """
        values = records.opened(values, "plan", SCHEMA, "a freeze plan")
        with records.damage_is_told():
            modes = {str(name): mode_of(mode).name for name, mode in values["modes"].items()}
            boundary = str(values["boundary"])
            return cls(modes, boundary, list(values["warnings"]), list(values["coincides"]))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_applied": []}
