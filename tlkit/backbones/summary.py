"""Summary: what each stage of a network has, gives and costs."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.layers import has_dropout, is_norm
from tlkit.backbones.staged import StagedModule


@dataclass(frozen=True)
class StageSummary:
    """One stage.

    Parameters
    ----------
    name
        Of the stage.
    layers
        Number of layers: modules without parts of their own.
    parameters
        Numbers that could learn; tied ones count once, in the first stage that has them.
    output_shape
        Of one item, without the batch.
    multiply_adds
        Of one item's forward pass, as PyTorch's FLOP counter sees it: convolutions and matrix products.
    has_batchnorm, has_dropout
        Whether there is any.
    """

    name: str
    layers: int
    parameters: int
    output_shape: tuple[int, ...]
    multiply_adds: int
    has_batchnorm: bool
    has_dropout: bool


@dataclass(frozen=True, repr=False)
class Summary:
    """All stages of a network, from the input on.

    Parameters
    ----------
    name
        Of the network.
    input_shape
        Of one transformed item.
    stages
        One summary each.
    """

    name: str
    input_shape: tuple[int, ...]
    stages: tuple[StageSummary, ...]

    @property
    def parameters(self) -> int:
        """Parameters of all stages."""
        return sum(stage.parameters for stage in self.stages)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of all stages for one item."""
        return sum(stage.multiply_adds for stage in self.stages)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table as text, a row per stage and one for the whole."""
        found = [
            (
                stage.name,
                f"{stage.layers}",
                f"{stage.parameters:,}",
                _shape(stage.output_shape),
                f"{stage.multiply_adds:,}",
                "yes" if stage.has_batchnorm else "no",
                "yes" if stage.has_dropout else "no",
            )
            for stage in self.stages
        ]
        layers = sum(stage.layers for stage in self.stages)
        total = ("all", f"{layers}", f"{self.parameters:,}", "", f"{self.multiply_adds:,}", "", "")
        return [*found, total]

    def __str__(self) -> str:
        table = [_HEAD, *self.rows()]
        widths = [max(len(row[column]) for row in table) for column in range(len(_HEAD))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table
        ]
        return "\n".join(
            [f"{self.name}, input {_shape(self.input_shape)}", *(line.rstrip() for line in lines)]
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in _HEAD)
        body = "".join(_html_row(row) for row in self.rows())
        caption = f"{html.escape(self.name)}, input {_shape(self.input_shape)}"
        return (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


_HEAD = ("stage", "layers", "parameters", "output", "multiply-adds", "BatchNorm", "dropout")


def summarise(name: str, module: StagedModule, blank: Tensor) -> Summary:
    """Run one blank item through a network and write down what each stage did.

    Parameters
    ----------
    name
        For the caption.
    module
        Left in the mode it was in; nothing in it changes.
    blank
        One transformed item, (1, ...).

    Examples
    --------
    >>> from torch import nn
    >>> net = StagedModule({"stem": nn.Conv2d(1, 4, 3), "norm": nn.BatchNorm2d(4)})
    >>> print(summarise("own", net, torch.zeros(1, 1, 8, 8)))
    own, input 1 x 8 x 8
    stage  layers  parameters  output     multiply-adds  BatchNorm  dropout
    stem   1       40          4 x 6 x 6  1,296          no         no
    norm   1       8           4 x 6 x 6  0              yes        no
    all    2       48                     1,296
    """
    seen: set[int] = set()
    rows = []
    reference = next(module.parameters(), None)
    x = blank if reference is None else blank.to(reference.device)
    with evaluating(module), torch.no_grad():
        for stage_name, stage in module.stages.items():
            counter = FlopCounterMode(display=False)
            with counter:
                x = stage(x)
            fresh = [p for p in stage.parameters() if id(p) not in seen]
            seen.update(id(p) for p in fresh)
            parts = list(stage.modules())
            rows.append(
                StageSummary(
                    name=stage_name,
                    layers=sum(not any(True for _ in part.children()) for part in parts),
                    parameters=sum(p.numel() for p in fresh),
                    output_shape=tuple(x.shape[1:]),
                    # The counter counts a multiplication and an addition as two.
                    multiply_adds=counter.get_total_flops() // 2,
                    has_batchnorm=any(is_norm(part) for part in parts),
                    has_dropout=has_dropout(stage),
                )
            )
    return Summary(name, tuple(blank.shape[1:]), tuple(rows))


def _shape(sizes: Sequence[int]) -> str:
    return " x ".join(str(size) for size in sizes)


def _html_row(row: tuple[str, ...]) -> str:
    cells = "".join(f'<td style="text-align:left">{html.escape(cell)}</td>' for cell in row[1:])
    return f'<tr><th scope="row" style="text-align:left">{html.escape(row[0])}</th>{cells}</tr>'
