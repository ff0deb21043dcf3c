"""Checks of the exercises of lesson 2: they compare a network's numbers with those it began with."""

from __future__ import annotations

import copy
from typing import Any

from tlkit.course import NotYet, exercise

# What the exercise asks for. A head that learned all of Noto's labels knows nearly all of them again; one that learned
# all of Twemoji's sorts up to 70 % of Noto's drawings.
_GOAL = 0.8
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


@exercise(
    "02-own-steps",
    takes=("the network, from prepared pictures to twelve scores",),
    hints=(
        "Go through steps 1 to 3 above. Where do the pictures come in, and what happens before they are described?",
        (
            "Freeze with `requires_grad = False` and `eval()`, describe Noto's pictures once, train a head on that. "
            "Then put backbone, pooling and head into one network."
        ),
        (
            "This is one way:\n\n"
            '    noto = data.load("emoji:noto").task()\n'
            "    my_network = net.with_head(len(noto.classes), seed=0).eval()\n"
            "    with torch.no_grad():\n"
            "        seen = my_network.backbone(prepared(noto.train.images)).mean(dim=(2, 3))\n"
            "    optimizer = torch.optim.AdamW(my_network.head.parameters(), lr=0.003)\n"
            "    for step in range(100):\n"
            "        loss = nn.functional.cross_entropy(my_network.head(seen), torch.tensor(noto.train.labels))\n"
            "        optimizer.zero_grad()\n"
            "        loss.backward()\n"
            "        optimizer.step()"
        ),
    ),
)
def own_steps(network: Any) -> str:
    """A network with the zoo's backbone, untouched, and a head that sorts Noto's drawings."""
    from tlkit import backbones, data

    net = backbones.load("zoo:efficientnet-lite0", side=64)
    noto = data.load("emoji:noto")
    scores = _scores(network, net.transform(noto.train.images[:2]))
    if scores.ndim != 2:
        raise NotYet(
            f"For two pictures this network gives {tuple(scores.shape)}: descriptions, and no scores yet. Are the "
            "pooling and the head in it?"
        )
    classes = len(noto.classes)
    if scores.shape[1] != classes:
        raise NotYet(
            f"This network gives {scores.shape[1]:,} numbers per picture, and Noto has {classes} classes. Which layer "
            "decides how many there are?"
        )
    learned, drifted = _changed(network, net.module)
    if learned:
        raise NotYet(
            f"{learned} of the backbone's weight tensors are not those that you got. Which parameters did the "
            "optimizer have? And did you begin with the pretrained network?",
            belief="the more is unfrozen, the better",
        )
    if drifted:
        raise NotYet(
            f"Every weight of the backbone is as you got it. But {drifted} of its running statistics are not. What "
            "moves them, though they have no gradient?",
            belief="requires_grad = False makes a fixed feature extractor",
        )
    given = _scores(network, net.transform(noto.train.images)).argmax(dim=1).numpy()
    right = float((given == noto.train.labels).mean())
    if right < _GOAL:
        raise NotYet(
            f"The backbone is untouched. This head puts {100 * right:.0f} % of Noto's training drawings into the right "
            f"class, and the goal is {100 * _GOAL:.0f} %. Which drawings did it learn from, how many of each class, "
            "and were they prepared as the network expects?"
        )
    return (
        f"{100 * right:.0f} % of Noto's training drawings, by a head on a backbone that is bit for bit the one that "
        "you got, statistics included."
    )


@exercise(
    "02-own-boundary",
    takes=("the finished run",),
    hints=(
        "Print `net.stages`. Which is the first of the last two? Print your plan's `describe()`, too.",
        "`freeze.plan(net, until=...)` takes the first stage that may change. Add nothing, and the rest is as asked.",
        (
            "This is one way:\n\n"
            '    plan = freeze.plan(net, until="block7")\n'
            "    my_run = train.fit(net, task, plan, seed=0, recipe=quick)"
        ),
    ),
)
def own_boundary(run: Any) -> str:
    """block7, conv_head and the head learned, nothing else moved, and what lies before was strict."""
    if run.task.dataset.name != "emoji:twemoji":
        raise NotYet(f"This run learned {run.task.dataset.name}. The exercise is about emoji:twemoji.")
    if not run.backbone.name.startswith("zoo:efficientnet-lite0"):
        raise NotYet(f"This run starts from {run.backbone.name}. Take zoo:efficientnet-lite0.")
    *early, block7, last = run.backbone.stages
    moved = {stage: set(run.seal.moved.get(stage, ())) for stage in run.backbone.stages}
    too_early = [stage for stage in early if moved[stage] & {"weights", "affine"}]
    if too_early:
        raise NotYet(
            f"Weights moved in {', '.join(too_early)}, too. Count the last two stages from the end of `net.stages`.",
            belief="the more is unfrozen, the better",
        )
    drifted = [stage for stage in early if moved[stage]]
    if drifted:
        raise NotYet(
            f"In {', '.join(drifted)} no weight moved, but the running statistics did. What gives other numbers at "
            "every step cannot be remembered.",
            belief="requires_grad = False makes a fixed feature extractor",
        )
    still = [stage for stage in (block7, last) if "weights" not in moved[stage]]
    if still:
        raise NotYet(f"In {' and '.join(still)} no weight has moved. The last two stages were to learn.")
    by_batch = [stage for stage in (block7, last) if "statistics" in moved[stage]]
    if by_batch:
        raise NotYet(
            f"The right stages learned. But the running statistics of {' and '.join(by_batch)} moved with them: there "
            "BatchNorm normalised by each batch. How can weights learn on the stored statistics?",
            belief="a network has to be in training mode to be trained",
        )
    if run.plan.boundary != block7:
        raise NotYet(
            f"The right stages learned, and nothing else moved. Yet under this plan only what lies before "
            f"{run.plan.boundary} can be remembered. Look at the modes: which one gives the same numbers at every step?"
        )
    found = "" if run.predictions is None else f"{100 * run.accuracy:.0f} % of the test drawings. "
    return (
        f"{found}{block7}, {last} and the head learned on stored statistics; the {len(early)} stages before them can "
        "be run once and remembered."
    )


def _scores(network: Any, pictures: Any) -> Any:
    """Return what a network says of pictures in evaluation mode, and leave the learner's network as it is."""
    import torch

    with torch.no_grad():
        return copy.deepcopy(network).eval()(pictures)


def _changed(network: Any, module: Any) -> tuple[int, int]:
    """Count the backbone's weights, and its statistics, that are nowhere in a network, under whatever name."""
    there = {_bytes(tensor) for tensor in network.state_dict().values()}
    missing = [name for name, tensor in module.state_dict().items() if _bytes(tensor) not in there]
    statistics = sum(name.rsplit(".", 1)[-1] in _STATISTICS for name in missing)
    return len(missing) - statistics, statistics


def _bytes(tensor: Any) -> tuple[tuple[int, ...], bytes]:
    return tuple(tensor.shape), tensor.detach().cpu().contiguous().numpy().tobytes()
