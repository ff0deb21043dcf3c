"""Checks of the exercises of lesson 3: they train a little and look at which tensors moved."""

from __future__ import annotations

import copy
from typing import Any

from tlkit.course import NotYet, exercise


def _after_three_steps(plan: Any) -> tuple[Any, Any]:
    """Train a small copy under the plan, as a learner's loop would; return the network and the seal's report."""
    import torch

    from tlkit import backbones, freeze

    network = backbones.load("zoo:resnet-letters").with_head(3, seed=0)
    seal = freeze.seal(network)
    plan.apply(network)
    optimizer = torch.optim.SGD([one for one in network.parameters() if one.requires_grad], lr=0.1)
    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        network.train()
        pictures = torch.rand(9, 1, 32, 32, generator=generator)
        loss = torch.nn.functional.cross_entropy(network(pictures), torch.arange(9) % 3)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network, seal.check(network)


def _depends_on_its_batch(network: Any, stop: str) -> bool:
    """Say whether a picture's description before a stage changes with the pictures beside it."""
    import torch

    pictures = torch.rand(6, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        network.train()
        together = network.backbone(pictures, stop=stop)[:2]
        apart = network.backbone(pictures[:2], stop=stop)
    return not torch.allclose(together, apart, atol=1e-4)


@exercise(
    "03-own-plan",
    takes=("the plan",),
    hints=(
        "Read the table of modes by columns. For each blank: what may move there, and by what does it normalise?",
        "Only one mode can be remembered. Only one lets the statistics drift and nothing else.",
        'my_plan = freeze.plan(net, {"stem": "strict", "layer1": "strict", "layer2": "weights_only"})',
    ),
)
def own_plan(plan: Any) -> str:
    """stem, layer1: remembered. layer2: only statistics drift. layer3 and head: learn."""
    network, report = _after_three_steps(plan)
    for stage in ("stem", "layer1"):
        if not report.unchanged(stage):
            raise NotYet(
                f"I trained three steps under your plan, and something in {stage} moved. What has to be "
                "remembered must not move at all, its statistics included.",
                belief="requires_grad = False freezes everything",
            )
    if _depends_on_its_batch(network, stop="layer2"):
        raise NotYet(
            "Nothing in stem and layer1 moved. Yet what comes out for a picture depends on the other pictures in "
            "the batch, so it cannot be remembered. By what do they normalise?",
            belief="if no weight changed, the network computes the same as before",
        )
    moved = {kind for kind in ("weights", "affine", "statistics") if _moved(report, "layer2", kind)}
    if not moved:
        raise NotYet(
            "Nothing in layer2 moved under your plan. Its statistics were to adapt: which modes let them drift?",
            belief="the strictest freezing is always the best",
        )
    if "weights" in moved:
        raise NotYet(
            "The weights of layer2 learned. They were to stay. A plan has modes between strict and trainable.",
            belief="what is not strict learns",
        )
    if "affine" in moved:
        raise NotYet(
            "In layer2 the scale and shift of BatchNorm learned, too. One mode lets only the statistics drift.",
            belief="BatchNorm's scale and shift are the same thing as its statistics",
        )
    if not _moved(report, "layer3", "weights"):
        raise NotYet("layer3 learned nothing under your plan. A stage that a plan does not name learns.")
    return (
        "Three steps of training: stem and layer1 gave the same as before, in layer2 only the statistics moved, "
        "layer3 and the head learned."
    )


@exercise(
    "03-own-loop",
    takes=("the seal that you took before", "the trained network"),
    hints=(
        "Print `my_seal.check(my_network)`. Which column says that something moved, and in which stages?",
        'Put `freeze.plan(net, until="head").apply(my_network)` between the seal and the loop.',
        (
            "This is one way:\n\n"
            "    my_network = net.with_head(len(task.classes), seed=0)\n"
            "    my_seal = freeze.seal(my_network)\n"
            '    freeze.plan(net, until="head").apply(my_network)\n'
            "    optimizer = torch.optim.AdamW(my_network.head.parameters(), lr=0.01)\n"
            "    for step in range(40):\n"
            "        my_network.train()\n"
            "        loss = nn.functional.cross_entropy(my_network(inputs), labels)\n"
            "        optimizer.zero_grad()\n"
            "        loss.backward()\n"
            "        optimizer.step()"
        ),
    ),
)
def own_loop(seal: Any, network: Any) -> str:
    """The head learned, and nothing in the backbone moved."""
    report = seal.check(network)
    # A network of the learner's own need not call its last part a head, and some parts hold no tensors.
    parts = [one.name for one in report.stages if any(found is not None for found in one.kinds.values())]
    head = "head" if "head" in parts else parts[-1]
    stages = [name for name in parts if name != head]
    drifted = [stage for stage in stages if _moved(report, stage, "statistics")]
    learned = [
        stage for stage in stages if _moved(report, stage, "weights") or _moved(report, stage, "affine")
    ]
    if learned:
        raise NotYet(
            f"Weights moved in {', '.join(learned)}. Which parameters did you give to the optimizer, and do they "
            "still require gradients?"
        )
    if drifted:
        raise NotYet(
            f"No weight of the backbone moved. But the running statistics of {', '.join(drifted)} drifted. What "
            "stops them, when it is not `requires_grad = False`?",
            belief="requires_grad = False freezes everything",
        )
    if not stages or not _has_head(network):
        raise NotYet("This network has no head. Take the seal from the whole network, before the loop.")
    if report.unchanged(head):
        raise NotYet(
            "Nothing moved, the head included. Did the loop run, and did you take the seal before it?"
        )
    right = _right_on_photographs(network)
    if right < _MORE_THAN_CHANCE:
        raise NotYet(
            f"The backbone stayed and the head moved. But it names only {100 * right:.0f} % of the photographs for "
            "training, and who guesses gets 10 %. Did the loss go down?"
        )
    return (
        f"The head learned: {100 * right:.0f} % of the photographs for training. {', '.join(stages)}: bit for bit "
        "what they were, statistics included."
    )


# A head of random numbers names 10 % of ten classes, and now and then one names up to 17 %.
_MORE_THAN_CHANCE = 0.2


def _has_head(network: Any) -> bool:
    """Say whether the network gives one number per class, and not yet the maps of a backbone."""
    import torch

    with torch.no_grad():
        answers = copy.deepcopy(network).eval()(torch.zeros(2, 1, 32, 32))
    return bool(answers.ndim == 2)


def _right_on_photographs(network: Any) -> float:
    """Return the share of photographs for training that a network names, in its better way of normalising."""
    import torch

    from tlkit import backbones, data

    photos = data.load("photos").train
    pictures = backbones.load("zoo:resnet-letters").transform(photos.images[::4])
    labels = torch.tensor(photos.labels[::4])
    shares = []
    for training in (False, True):
        # A head that was trained on batch statistics is at home there. The learner's network stays as it is.
        tried = copy.deepcopy(network).train(training)
        with torch.no_grad():
            shares.append(float((tried(pictures).argmax(dim=1) == labels).float().mean()))
    return max(shares)


def _moved(report: Any, stage: str, kind: str) -> bool:
    return kind in report.moved.get(stage, ())
