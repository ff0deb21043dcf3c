"""The ceiling of scores: a network of the same architecture that learned the target itself, trained once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors.torch
import torch
from torch import Tensor, nn

import tlkit
from tlkit import caches, data, files, freeze, train
from tlkit.backbones.initialise import linear_head
from tlkit.backbones.weights_file import fill, read_weights
from tlkit.errors import StoreError, WeightsError

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset, Split

# A network with more numbers is not trained from scratch while somebody waits. Those of words cost little: a text
# looks up a few of them.
_MOST_NUMBERS, _MOST_OF_WORDS = 1_000_000, 4_000_000
# Of the files; another one makes all kept networks unknown.
_FORMAT = 1
# On 31 Greek letters with 30 labels each, more steps gained little; more pictures need more of them.
_STEPS, _FOR_ITEMS, _BATCH = 400, 930, 64
_LEAST_STEPS, _MOST_STEPS = 200, 1200


def recipe(items: int) -> train.Recipe:
    """How the ceiling is trained on so many items: from random numbers, augmented.

    Examples
    --------
    >>> recipe(930).steps_for(930), recipe(4 * 930).steps_for(4 * 930)
    (400, 800)
    """
    steps = min(_MOST_STEPS, max(_LEAST_STEPS, round(_STEPS * (items / _FOR_ITEMS) ** 0.5)))
    return train.Recipe.scratch().change(name="ceiling", steps=steps, steps_growth=0.0, batch_size=_BATCH)


def too_large(backbone: Backbone) -> bool:
    """Say whether training all of a network takes too long while somebody waits.

    Examples
    --------
    >>> from tlkit import backbones
    >>> too_large(backbones.load("zoo:resnet-letters")), too_large(backbones.load("zoo:efficientnet-lite0"))
    (False, True)
    """
    tables = (part for part in backbone.module.modules() if isinstance(part, nn.Embedding))
    of_words = sum(table.weight.numel() for table in tables)
    return of_words > _MOST_OF_WORDS or backbone.summary().parameters - of_words > _MOST_NUMBERS


def learned(backbone: Backbone, target: Dataset) -> bool:
    """Say whether a network was trained on the target itself, by the fingerprint on its card.

    Examples
    --------
    >>> from tlkit import backbones
    >>> net = backbones.load("zoo:resnet-letters")
    >>> learned(net, data.load("letters")), learned(net, data.load("greek"))
    (True, False)
    """
    return backbone.card.lineage.get("data_fingerprint") == target.fingerprint


def trained(
    backbone: Backbone,
    target: Dataset,
    split: Split,
    seed: int = 0,
    should_stop: Callable[[], bool] = lambda: False,
    say: Callable[[str, float], None] = lambda words, share: None,
    *,
    how: train.Recipe | None = None,
    folder: Path | None = None,
) -> Backbone:
    """Train the architecture of a backbone on training items of the target, or read what was kept on disk.

    It is kept under a hash of everything that it depends on: the weights it started from, the items, the
    recipe, the seed, and the versions of tlkit and torch. A file appears whole or not at all; one that was
    changed or cut short is made anew.

    Parameters
    ----------
    backbone
        Gives architecture and input transform; its weights are not used.
    target
        Whose test set stays closed.
    split
        What to learn from. For pictures others than those that are scored; for texts these themselves, since texts
        share so few words that others would teach it next to nothing about them.
    seed
        Of weights, batches and augmentation.
    should_stop
        Asked at every step.
    say
        Told words and the share that is done.
    how
        Every other choice; None is ``recipe(len(split))``.
    folder
        Where it is kept; None is the cache ``ceilings``, where the oldest make room.

    Returns
    -------
    Backbone
        With the head that it learned.

    Raises
    ------
    StoppedError
        ``should_stop`` returned True; nothing is kept then.

    Examples
    --------
    >>> import tempfile
    >>> from tlkit import backbones
    >>> digits = data.load("digits")
    >>> few = recipe(10).change(steps=2)
    >>> net = trained(backbones.load("zoo:vgg-letters"), digits, digits.few_shot(1, seed=0).train, how=few,
    ...               folder=Path(tempfile.mkdtemp()))
    >>> net.name
    'trained on digits'
    """
    fresh = backbone.reinitialised(seed)
    _as_large(fresh.module, backbone.module)
    chosen = (recipe(len(split)) if how is None else how).for_items(split.kind)
    place = caches.named("ceilings").folder if folder is None else folder
    key = _key(fresh, split, chosen, seed)
    head = linear_head(fresh.feature_count, len(split.classes), None)
    named = f"trained on {target.name}"
    if _read(place, key, fresh, head):
        return replace(fresh, name=named, source_head=head)
    words = f"Training a network on {target.name} itself, for the ceiling"
    say(f"{words}: {chosen.steps_for(len(split)):,} steps, kept on disk for the next time", 0.0)
    plan = freeze.plan(fresh, dict.fromkeys(fresh.stages, "trainable"))
    task = data.Task(target, split, None, seed)
    running = train.epochs(fresh, task, plan, seed, recipe=chosen, should_stop=should_stop, test=False)
    while True:
        try:
            epoch = next(running)
        except StopIteration as finished:
            run: train.Run = finished.value
            break
        say(f"{words}: {100 * epoch.train_accuracy:.0f} % right", epoch.index / epoch.of)
    network = run.model.cpu()
    assert isinstance(network.head, nn.Linear)  # train.epochs makes no other
    tensors = {f"stages.{name}": one for name, one in network.backbone.state_dict().items()}
    tensors |= {f"head.{name}": one for name, one in network.head.state_dict().items()}
    # A disk that is full or not ours costs the next report some time, and this one nothing.
    with suppress(StoreError):
        _write(place, key, tensors, bounded=folder is None)
    return replace(fresh, name=named, module=network.backbone, source_head=network.head)


def _as_large(fresh: nn.Module, own: nn.Module) -> None:
    """Make the random vectors of words as large as the network's own: training could not move larger ones far."""
    with torch.no_grad():
        for drawn, known in zip(fresh.modules(), own.modules(), strict=True):
            if isinstance(drawn, nn.Embedding) and isinstance(known, nn.Embedding):
                drawn.weight *= float(known.weight.std()) or 1.0


def _key(fresh: Backbone, split: Split, chosen: train.Recipe, seed: int) -> str:
    about = {
        "format": _FORMAT,
        "network": fresh.fingerprint,
        "split": split.fingerprint,
        "recipe": chosen.record(),
        "seed": int(seed),
        "tlkit": tlkit.__version__,
        "torch": str(torch.__version__),
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]


def _write(folder: Path, key: str, tensors: dict[str, Tensor], *, bounded: bool) -> None:
    content = safetensors.torch.save(
        {name: one.detach().contiguous().clone() for name, one in tensors.items()}
    )
    ending = caches.named("ceilings").ending
    if bounded:
        caches.make_room(folder, ending, caches.named("ceilings").limit_bytes, len(content))
    # Its own hash in the name: what was changed since is not taken for what was written.
    with files.atomic_write(folder / f"{key}-{hashlib.sha256(content).hexdigest()}{ending}") as file:
        file.write(content)


def _read(folder: Path, key: str, fresh: Backbone, head: nn.Linear) -> bool:
    """Fill a network and its head with what was kept under a key; False where nothing whole was."""
    for path in sorted(folder.glob(f"{key}-*{caches.named('ceilings').ending}")):
        with suppress(WeightsError, OSError):
            tensors = read_weights(path, path.stem.partition("-")[2])
            for prefix, module in (("stages.", fresh.module), ("head.", head)):
                part = {
                    name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)
                }
                fill(module, part, fresh.name)
            path.touch()
            return True
    return False
