"""The graph of a Keras model: its calls in order, where it can be cut, and what its last layer is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tlkit.errors import PlanError

_POOLING = ("MaxPooling2D", "AveragePooling2D", "ZeroPadding2D")
# Up to the number of a block: conv4_block2_1_relu, block_3_expand, block2a_dwconv.
_BLOCK = re.compile(r".*?block_?\d+[a-z]?")
_NUMBERED = re.compile(r"(.+?)(?:_(\d+))?$")


@dataclass(frozen=True)
class Ref:
    """A tensor of the graph, by its number, where a call takes it."""

    tensor: int


@dataclass(frozen=True)
class Call:
    """One call of a layer.

    Parameters
    ----------
    layer
        Its name in the model.
    args, kwargs
        What it is called with; tensors of the graph are `Ref`.
    takes, gives
        Numbers of tensors.
    """

    layer: str
    args: Any
    kwargs: Any
    takes: tuple[int, ...]
    gives: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """The calls of a model in an order in which they can be run.

    Parameters
    ----------
    calls
        Every call.
    source, result
        The tensors that enter and leave.
    shapes
        Tensor to its shape, without the batch.
    """

    calls: tuple[Call, ...]
    source: int
    result: int
    shapes: dict[int, tuple[int | None, ...]] = field(repr=False)


def graph_of(model: Any, keras: Any) -> Graph:
    """Write down the graph of a functional model, or the chain of a sequential one.

    Raises
    ------
    PlanError
        It has several inputs or outputs, or is defined by code, so that no graph is known.
    """
    if isinstance(model, keras.Sequential):
        if not model.built:
            raise PlanError(
                f"The Keras model {model.name} does not know its input's size.",
                "Begin it with keras.Input(shape=(height, width, 3)), and save it again.",
            )
        model = model._functional
    nodes = getattr(model, "_nodes_by_depth", None)
    if nodes is None:
        raise PlanError(
            f"The Keras model {getattr(model, 'name', '')} is defined by code: where it can be cut is not known.",
            "Build it with Keras's functional interface: keras.Model(inputs, outputs).",
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise PlanError(
            f"The Keras model {model.name} has {len(model.inputs)} inputs and {len(model.outputs)} outputs.",
            "Give a model with one of each.",
        )
    numbers: dict[int, int] = {}
    shapes: dict[int, tuple[int | None, ...]] = {}

    def number(tensor: Any) -> int:
        if id(tensor) not in numbers:
            numbers[id(tensor)] = len(numbers)
            shapes[numbers[id(tensor)]] = tuple(tensor.shape[1:])
        return numbers[id(tensor)]

    def plain(value: Any) -> Any:
        return Ref(number(value)) if isinstance(value, keras.KerasTensor) else value

    source = number(model.inputs[0])
    calls = []
    for depth in sorted(nodes, reverse=True):
        for node in nodes[depth]:
            if node.is_input:
                continue
            given = node.arguments
            # Whether it trains, the plan says, layer by layer and at every call.
            kwargs = {key: value for key, value in given.kwargs.items() if key != "training"}
            if given.kwargs.get("training") and not _trains_unasked(node.operation):
                raise PlanError(
                    f"The layer {node.operation.name} of the Keras model {model.name} is called with training=True.",
                    "Call it without; whether a stage trains, its freeze mode says.",
                )
            calls.append(
                Call(
                    node.operation.name,
                    keras.tree.map_structure(plain, given.args),
                    keras.tree.map_structure(plain, kwargs),
                    tuple(number(one) for one in node.input_tensors),
                    tuple(number(one) for one in node.outputs),
                )
            )
    return Graph(tuple(calls), source, number(model.outputs[0]), shapes)


def _trains_unasked(layer: Any) -> bool:
    """Say whether a layer notes training=True of itself, as those that resize or turn pictures do."""
    said = inspect.signature(layer.call).parameters.get("training")
    return said is not None and said.default is True


@dataclass(frozen=True)
class Segment:
    """Calls between two tensors through which everything has to pass.

    Parameters
    ----------
    calls
        In order.
    enters, leaves
        The two tensors.
    """

    calls: tuple[Call, ...]
    enters: int
    leaves: int

    @property
    def name(self) -> str:
        """Name of the layer that gives the last tensor."""
        return self.calls[-1].layer


def segments(graph: Graph) -> list[Segment]:
    """Cut a graph wherever everything passes through one tensor of shape (h, w, c) or (d,)."""
    last_use = {graph.result: len(graph.calls)}
    for at, call in enumerate(graph.calls):
        for tensor in call.takes:
            last_use[tensor] = max(last_use.get(tensor, 0), at)
    found: list[Segment] = []
    alive, enters, first = {graph.source}, graph.source, 0
    for at, call in enumerate(graph.calls):
        alive |= set(call.gives)
        alive = {tensor for tensor in alive if last_use.get(tensor, -1) > at}
        leaves = next(iter(alive)) if len(alive) == 1 else None
        if leaves in call.gives and len(graph.shapes[leaves]) in (1, 3):
            found.append(Segment(graph.calls[first : at + 1], enters, leaves))
            enters, first = leaves, at + 1
    return found


def joined(parts: Sequence[Segment]) -> Segment:
    """Return segments that follow each other as one."""
    return Segment(tuple(call for one in parts for call in one.calls), parts[0].enters, parts[-1].leaves)


def stages(
    parts: Sequence[Segment], graph: Graph, kinds: dict[str, str], learning: set[str]
) -> dict[str, Segment]:
    """Group segments into stages: one for each size of the pictures, ended by their pooling or their last block.

    A stage ends before the block in which the pictures become half as large, and after pooling. What gives one row
    of numbers per picture is a stage of its own, and what has no weights is none.

    Parameters
    ----------
    parts
        From the input on.
    graph
        Theirs.
    kinds
        Layer to the name of its class.
    learning
        The layers that have weights.
    """
    starts = [0]
    for at, part in enumerate(parts):
        before, after = graph.shapes[part.enters], graph.shapes[part.leaves]
        if all(kinds[call.layer] in _POOLING for call in part.calls):
            # Pooling ends a stage; padding alone changes nothing.
            if _shrinks(before, after) and at + 1 < len(parts):
                starts.append(at + 1)
        elif len(before) == 3 and len(after) == 1:
            starts.append(at)
        elif _shrinks(before, after):
            starts.append(_start_of_block(parts, at, kinds))
    bounds = [*sorted(set(starts)), len(parts)]
    names = plain_names([call.layer for part in parts for call in part.calls], kinds)
    grouped: list[Segment] = []
    for low, high in pairwise(bounds):
        one = joined(parts[low:high])
        if grouped and not (_has(one, learning) and _has(grouped[-1], learning)):
            one = joined([grouped.pop(), one])
        grouped.append(one)
    return {names[one.name].replace(".", "_"): one for one in grouped}


def _shrinks(before: tuple[int | None, ...], after: tuple[int | None, ...]) -> bool:
    if len(before) != 3 or len(after) != 3:
        return False
    # The channels are not halved by what halves the pictures: the second size is a side in either layout.
    high, low = before[1], after[1]
    return high is not None and low is not None and low * 1.5 <= high


def _has(part: Segment, learning: set[str]) -> bool:
    return any(call.layer in learning for call in part.calls)


def _start_of_block(parts: Sequence[Segment], at: int, kinds: dict[str, str]) -> int:
    while at and all(kinds[call.layer] == "ZeroPadding2D" for call in parts[at - 1].calls):
        at -= 1
    own = _BLOCK.match(parts[at].calls[0].layer)
    if own is None:
        return at
    while at and (other := _BLOCK.match(parts[at - 1].calls[-1].layer)) and other.group() == own.group():
        at -= 1
    return at


def plain_names(layers: Sequence[str], kinds: dict[str, str]) -> dict[str, str]:
    """Return names that do not depend on how many layers were made before.

    Keras numbers layers without a name through the whole process: the second network built begins with
    ``max_pooling2d_4`` where the first has ``max_pooling2d``.

    Examples
    --------
    >>> plain_names(["dense_7", "out_1", "dense_8"], {"dense_7": "Dense", "out_1": "ReLU", "dense_8": "Dense"})
    {'dense_7': 'dense', 'out_1': 'out_1', 'dense_8': 'dense_1'}
    """
    numbered: dict[str, list[tuple[int, str]]] = {}
    for name in dict.fromkeys(layers):
        found = _NUMBERED.match(name)
        stem, number = (found.group(1), found.group(2)) if found else (name, None)
        if stem.replace("_", "") == kinds[name].lower():
            numbered.setdefault(stem, []).append((int(number or 0), name))
    plain = {name: name for name in layers}
    for stem, those in numbered.items():
        least = min(those)[0]
        plain.update({name: stem if at == least else f"{stem}_{at - least}" for at, name in those})
    return plain


def layers_of(part: Segment) -> Iterator[str]:
    """Yield the names of a segment's layers, each once."""
    yield from dict.fromkeys(call.layer for call in part.calls)
