"""The training loop: steps of AdamW on the stages that a plan leaves open."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from tlkit.errors import TrainingError
from tlkit.train.batches import Source, batches_per_pass, shuffled_batches
from tlkit.train.memory import halved, is_out_of_memory
from tlkit.train.optimizer import make_optimizer
from tlkit.train.randomness import draws_random_numbers, own_randomness

if TYPE_CHECKING:
    from tlkit.backbones import Network
    from tlkit.train.recipe import Recipe

REPORTS = 20
# Any batch can be cut into parts of two or three: one item alone has no statistics.
_LEAST_AT_ONCE = 3


@dataclass(frozen=True)
class Progress:
    """What the loop has done since it last told.

    Parameters
    ----------
    steps
        Optimizer steps.
    items
        Items that were seen.
    loss
        Their mean loss.
    accuracy
        Share that was right when it was seen.
    """

    steps: int
    items: int
    loss: float
    accuracy: float


def report_every(items: int, batch_size: int, steps: int) -> int:
    """Return after how many steps the loop tells: a pass over the items, or more for at most 20 reports.

    Examples
    --------
    >>> report_every(items=31, batch_size=32, steps=400), report_every(items=640, batch_size=32, steps=60)
    (20, 20)
    """
    one_pass = batches_per_pass(items, batch_size)
    passes = math.ceil(steps / (one_pass * REPORTS))
    return one_pass * max(1, passes)


def train_steps(
    network: Network,
    source: Source,
    recipe: Recipe,
    steps: int,
    generator: torch.Generator,
    should_stop: Callable[[], None] | None = None,
) -> Iterator[Progress]:
    """Train what may change for so many steps, telling after each pass or so.

    Parameters
    ----------
    network
        With a freeze plan in force; changed in place.
    source
        The items.
    recipe
        Rates, decay, smoothing and batch size.
    steps
        How many.
    generator
        Orders the batches and seeds dropout; on the CPU.
    should_stop
        Called before each step; ends the training by raising.

    Raises
    ------
    TrainingError
        The loss is not finite; the message names the step and the rate.
    """
    optimizer, schedule = make_optimizer(network, recipe, steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    network.train()
    every = report_every(len(source), recipe.batch_size, steps)
    dropout = dropout_generator(network, source, generator)
    batches = shuffled_batches(len(source), recipe.batch_size, generator)
    done = items = right = 0
    total = 0.0
    at_once = recipe.batch_size + 1  # a batch may be larger by one than it is called
    for step in range(1, steps + 1):
        if should_stop is not None:
            should_stop()
        x, labels = source.batch(next(batches))
        before = [(buffer, buffer.clone()) for buffer in network.buffers()]
        drawn = None if dropout is None else dropout.get_state()
        while True:
            optimizer.zero_grad(set_to_none=True)
            found = _gradients(network, source.start, x, labels, loss_of, dropout, at_once)
            if found is not None:
                break
            # What did not go through leaves no trace in statistics or random numbers.
            with torch.no_grad():
                for buffer, kept in before:
                    buffer.copy_(kept)
            if dropout is not None and drawn is not None:
                dropout.set_state(drawn)
            smaller = -(-min(at_once, len(x)) // 2)
            halved(min(at_once, len(x)), smaller, _LEAST_AT_ONCE)
            at_once = smaller
        value, correct = found
        if not math.isfinite(value):
            rate = max(group["lr"] for group in optimizer.param_groups)
            raise TrainingError(
                f"The loss became {value} at step {step} of {steps}, at a learning rate of {rate:.3g}.",
                "Lower the recipe's learning_rate; train.find_learning_rate shows what works.",
            )
        optimizer.step()
        if schedule is not None:
            schedule.step()
        done, items = done + 1, items + len(labels)
        total += value * len(labels)
        right += correct
        if done == every or step == steps:
            yield Progress(done, items, total / items, right / items)
            # The caller may have switched modes between two reports.
            network.train()
            done = items = right = 0
            total = 0.0


def _gradients(
    network: Network,
    start: str | None,
    x: Tensor,
    labels: Tensor,
    loss_of: nn.Module,
    dropout: torch.Generator | None,
    at_once: int,
) -> tuple[float, int] | None:
    """Add up the gradients of a batch and return its loss and how many were right; None without memory enough.

    In parts, each counts by its share of the batch: their sum is the gradient of the whole, but for BatchNorm that
    takes its statistics from the part.
    """
    value, right = 0.0, 0
    try:
        parts = -(-len(x) // at_once)
        for given, wanted in zip(x.tensor_split(parts), labels.tensor_split(parts), strict=True):
            with own_randomness(dropout):
                answers = network(given, start=start)
            loss = loss_of(answers, wanted) * (len(given) / len(x))
            value += float(loss.detach())
            if not math.isfinite(value):
                break
            loss.backward()
            right += int((answers.argmax(dim=1) == wanted).sum())
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None
    return value, right


def dropout_generator(network: Network, source: Source, generator: torch.Generator) -> torch.Generator | None:
    """Return a generator for dropout, on the network's device; None where nothing draws."""
    seed = int(torch.randint(2**62, (1,), generator=generator))
    x, _ = source.batch(torch.arange(min(2, len(source))))
    if not draws_random_numbers(network, lambda twin: twin(x, start=source.start), x.device):
        return None
    return torch.Generator(device=x.device).manual_seed(seed)
