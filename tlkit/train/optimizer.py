"""The optimizer of a run: each stage with its own learning rate, one group of parameters for each rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.optim import AdamW
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from tlkit.errors import TrainingError

if TYPE_CHECKING:
    from tlkit.backbones import Network
    from tlkit.train.recipe import Recipe

# The schedule starts at a 25th of the highest rate and ends at a 10,000th of that.
_START, _END = 25.0, 1e4


def stage_rates(stages: list[str], recipe: Recipe) -> dict[str, float]:
    """Return the highest learning rate of each trained stage, the head last.

    Parameters
    ----------
    stages
        Trained stages from input to head.
    recipe
        Gives the rate of the last stage, the decay per stage and the head's factor.

    Examples
    --------
    >>> from tlkit.train import Recipe
    >>> recipe = Recipe.fine_tune().change(learning_rate=1.0, stage_decay=0.5, head_factor=3.0)
    >>> stage_rates(["layer1", "layer2", "head"], recipe)
    {'layer1': 0.5, 'layer2': 1.0, 'head': 3.0}
    """
    body = [name for name in stages if name != "head"]
    rates = {
        name: recipe.learning_rate * recipe.stage_decay ** (len(body) - 1 - position)
        for position, name in enumerate(body)
    }
    if "head" in stages:
        rates["head"] = recipe.learning_rate * recipe.head_factor
    return rates


def make_optimizer(network: Network, recipe: Recipe, steps: int) -> tuple[AdamW, LRScheduler | None]:
    """Build AdamW and its one-cycle schedule for the parameters that may change.

    Parameters
    ----------
    network
        With a freeze plan in force: a parameter takes part if it requires a gradient.
    recipe
        Gives rates and decay; weight decay goes to matrices and filters only, not to biases, norms and embeddings.
    steps
        Of the schedule. With fewer than four the rate is constant.

    Raises
    ------
    TrainingError
        Nothing may change.
    """
    trained: dict[str, list[torch.nn.Parameter]] = {}
    seen: set[int] = set()
    for name, module in network.stage_modules().items():
        fresh = [p for p in module.parameters() if p.requires_grad and id(p) not in seen]
        seen.update(id(p) for p in fresh)
        if fresh:
            trained[name] = fresh
    if not trained:
        raise TrainingError("Nothing is trainable.", "Leave at least the head trainable.")
    # Stages with one rate share a group: each group costs a call of its own at every step.
    words = {id(m.weight) for m in network.modules() if isinstance(m, torch.nn.Embedding)}
    alike: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, rate in stage_rates(list(trained), recipe).items():
        for parameter in trained[name]:
            # A row whose word is not seen stays as it is: decay would shrink all of them.
            decays = parameter.ndim > 1 and id(parameter) not in words
            decay = recipe.weight_decay if decays else 0.0
            alike.setdefault((rate, decay), []).append(parameter)
    groups = [{"params": same, "lr": rate, "weight_decay": decay} for (rate, decay), same in alike.items()]
    # One kernel for all tensors: a third less time a step on networks of this size.
    fused = all(p.device.type in ("cpu", "cuda") and p.is_floating_point() for p in network.parameters())
    optimizer = AdamW(groups, fused=fused)
    if steps < 4:
        return optimizer, None
    schedule = OneCycleLR(
        optimizer,
        max_lr=[group["lr"] for group in groups],  # type: ignore[misc]  # the groups' values differ in type
        total_steps=steps,
        pct_start=max(recipe.warmup, 2 / steps),
        div_factor=_START,
        final_div_factor=_END,
        cycle_momentum=False,
    )
    return optimizer, schedule
