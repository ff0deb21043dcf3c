"""The ceiling of scores: a network of the same architecture that learned the target itself, trained once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from torch import nn

from tlkit import data, freeze, train

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset, Split

_KEPT = 8
# On 31 Greek letters with 30 labels each, more steps gained little; more pictures need more of them.
_STEPS, _FOR_ITEMS, _BATCH = 400, 930, 64
_LEAST_STEPS, _MOST_STEPS = 200, 1200
_kept: OrderedDict[str, Backbone] = OrderedDict()
_lock = threading.Lock()


def recipe(items: int) -> train.Recipe:
    """How the ceiling is trained on so many items: from random numbers, augmented.

    Examples
    --------
    >>> recipe(930).steps_for(930), recipe(4 * 930).steps_for(4 * 930)
    (400, 800)
    """
    steps = min(_MOST_STEPS, max(_LEAST_STEPS, round(_STEPS * (items / _FOR_ITEMS) ** 0.5)))
    return train.Recipe.scratch().change(name="ceiling", steps=steps, steps_growth=0.0, batch_size=_BATCH)


def ceiling(
    backbone: Backbone,
    target: Dataset,
    split: Split,
    seed: int,
    should_stop: Callable[[], bool],
    say: Callable[[str, float], None],
) -> Backbone:
    """Train the architecture of a backbone on a part of the target's training items, or take it from memory.

    Parameters
    ----------
    backbone
        Gives architecture and input transform; its weights are not used.
    target
        Whose test set stays closed.
    split
        What to learn from.
    seed
        Of weights, batches and augmentation.
    should_stop
        Asked at every step.
    say
        Told words and the share that is done.
    """
    fresh = backbone.reinitialised(seed)
    key = f"{fresh.fingerprint} {split.fingerprint} {seed}"
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    plan = freeze.plan(fresh, dict.fromkeys(fresh.stages, "trainable"))
    task = data.Task(target, split, None, seed)
    running = train.epochs(
        fresh, task, plan, seed, recipe=recipe(len(split)), should_stop=should_stop, test=False
    )
    say(f"Training a network on {target.name} itself, for the ceiling", 0.0)
    while True:
        try:
            epoch = next(running)
        except StopIteration as finished:
            run: train.Run = finished.value
            break
        right = f"{100 * epoch.train_accuracy:.0f} % right"
        say(f"Training a network on {target.name} itself, for the ceiling: {right}", epoch.index / epoch.of)
    head = run.model.head
    assert isinstance(head, nn.Linear)  # train.fit makes no other
    trained = replace(fresh, name=f"trained on {target.name}", module=run.model.backbone, source_head=head)
    with _lock:
        _kept[key] = trained
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return trained
