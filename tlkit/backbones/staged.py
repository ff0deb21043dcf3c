"""StagedModule: a network cut into ordered, named stages."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from tlkit.errors import PlanError, expect_kind, unknown_name

# What nn.ModuleDict itself is made of cannot be the name of a stage.
_TAKEN = frozenset(dir(nn.ModuleDict())) | {"head"}


class StagedModule(nn.Module):
    """A network as a chain of named stages; it can be entered and left at any of them.

    Parameters
    ----------
    stages
        Names and modules, from the input on. Each takes one tensor and gives one.

    Raises
    ------
    PlanError
        No stage, one that is no module, or a name that a stage cannot have: ``"head"``, an empty one, one
        with a dot.

    Examples
    --------
    >>> import torch
    >>> net = StagedModule({"larger": nn.Upsample(scale_factor=2), "flat": nn.Flatten()})
    >>> x = torch.ones(3, 1, 2, 2)
    >>> net(x).shape, net(x, stop="flat").shape
    (torch.Size([3, 16]), torch.Size([3, 1, 4, 4]))
    >>> net(net(x, stop="flat"), start="flat").shape
    torch.Size([3, 16])
    """

    stages: nn.ModuleDict

    def __init__(self, stages: Mapping[str, nn.Module]) -> None:
        super().__init__()
        if not isinstance(stages, Mapping) or not stages:
            raise PlanError(
                "A network needs at least one stage.", "Name its parts: {'stem': ..., 'body': ...}."
            )
        for name in stages:
            if not isinstance(name, str) or not name or "." in name or name in _TAKEN:
                raise PlanError(
                    f"A stage cannot be named {name!r}.",
                    "Use a plain word such as 'layer1'; 'head' stands for the new last layer.",
                )
            expect_kind(f"Stage {name!r}", stages[name], nn.Module, PlanError, "Give a torch.nn.Module.")
        self.stages = nn.ModuleDict(stages)

    def forward(self, x: Tensor, start: str | None = None, stop: str | None = None) -> Tensor:
        """Run the stages from ``start`` up to, but without, ``stop``.

        Parameters
        ----------
        x
            Transformed images (n, c, h, w), or the activations that enter ``start``.
        start
            The first stage that runs; None for the very first, ``"head"`` for none at all.
        stop
            The first stage that does not run; None or ``"head"`` to run to the end.

        Returns
        -------
        Tensor
            The activations before ``stop``.

        Raises
        ------
        UnknownNameError
            There is no such stage.
        """
        names = [*self.stages, "head"]
        first = 0 if start is None else self._position(names, start)
        last = len(names) - 1 if stop is None else self._position(names, stop)
        for name in names[first:last]:
            x = self.stages[name](x)
        return x

    @staticmethod
    def _position(names: list[str], name: str) -> int:
        if name not in names:
            raise unknown_name("stage", name, names)
        return names.index(name)
