"""Checks of the exercises of lesson 1: they read what a run and a comparison did."""

from __future__ import annotations

from typing import Any

import numpy as np

from tlkit.course import NotYet, exercise


@exercise(
    "01-own-task",
    takes=("the finished run",),
    hints=(
        "The example has four parts: a network, a draw of labels, a plan, the training. Which of them change?",
        "Three words change: the network's name, the name of the data, and the number given to `few_shot`.",
        (
            "This is one way:\n\n"
            '    printed = backbones.load("zoo:resnet-printed-digits")\n'
            '    two_each = data.load("greek").few_shot(2, seed=0)\n'
            '    plan = freeze.plan(printed, until="head")\n'
            "    my_run = train.fit(printed, two_each, plan, seed=0)"
        ),
    ),
)
def own_task(run: Any) -> str:
    """A head on the printed-digits network, trained on Greek letters from two labels per class."""
    learned, source = run.task.dataset.name, run.backbone.name
    if learned != "greek":
        raise NotYet(
            f"This run learned {learned}. The task is Greek: the classes are what you want to tell apart."
        )
    if not source.endswith("resnet-printed-digits"):
        raise NotYet(
            f"This run starts from {source}. Start from the network that learned printed digits. It knows ten "
            "classes, none of them Greek, and that is no obstacle.",
            belief="a network can only recognise the classes it was trained on",
        )
    counts = np.unique(run.task.train.labels, return_counts=True)[1]
    if set(counts.tolist()) != {2}:
        raise NotYet(
            f"This run learned from {_labels(counts)} per class. Use two of each: with so few labels, each one counts."
        )
    moved = {stage: set(run.seal.moved.get(stage, ())) for stage in run.backbone.stages}
    learned = [stage for stage, kinds in moved.items() if kinds & {"weights", "affine"}]
    if learned:
        raise NotYet(
            f"The seal says that weights moved in {', '.join(learned)}. Only the head was to learn. What does your "
            "plan say about the other stages?",
            belief="the more is trained, the better",
        )
    drifted = [stage for stage, kinds in moved.items() if kinds]
    if drifted:
        raise NotYet(
            f"No weight of the backbone moved. Yet the seal says that statistics drifted in {', '.join(drifted)}: your "
            "plan freezes the weights only. Leave out `mode=`, and nothing moves. Lesson 3 is about the difference."
        )
    if run.seal.unchanged("head"):
        raise NotYet("Nothing moved in this run, not even the head. It has learned nothing.")
    return (
        f"{100 * run.accuracy:.0f} % of the Greek letters from two labels each, by a network that had only ever "
        "read digits. Put the same run of the letters network beside it."
    )


@exercise(
    "01-no-help",
    takes=("the finished comparison",),
    hints=(
        "Transfer pays where labels are few and the source is close. Change one of the two.",
        "Compare `scratch` and `frozen` with three seeds: from a source that is far away, or with many labels.",
        (
            "This is one way:\n\n"
            '    far = backbones.load("zoo:resnet-shapes")\n'
            '    my_comparison = compare.run(data.load("digits"), far, arms=["scratch", "frozen"], seeds=3,\n'
            "                                labels_per_class=5)"
        ),
    ),
)
def no_help(comparison: Any) -> str:
    """A comparison over at least three draws in which `frozen` is not better than `scratch`."""
    missing = [arm for arm in ("scratch", "frozen") if arm not in comparison.arms]
    if missing:
        raise NotYet(
            f"This comparison has no arm `{missing[0]}`. Whether transfer helped is a difference between two arms.",
            belief="a high accuracy alone shows that transfer worked",
        )
    draws = len(comparison.seeds)
    if draws < 3:
        raise NotYet(
            f"This comparison has {draws} draw{'' if draws == 1 else 's'}. One draw can be lucky: use three or more.",
            belief="one draw is enough",
        )
    if (comparison.backbone, comparison.dataset) == ("zoo:resnet-photos", "greek"):
        raise NotYet("That is the case from the lesson. Find another target or another source.")
    verdict = comparison.between("scratch", "frozen")
    if verdict.word == "better":
        raise NotYet(
            f"Here transfer did help: {verdict} What would a source have to be like to be of no use for this target?",
            belief="transfer always helps",
        )
    ending = (
        "Frozen does worse: negative transfer."
        if verdict.word == "worse"
        else "Cannot tell is an honest answer, and no proof that transfer helps."
    )
    return f"{verdict} {ending}"


def _labels(counts: Any) -> str:
    fewest, most = int(counts.min()), int(counts.max())
    if fewest != most:
        return f"{fewest} to {most} labels"
    return "1 label" if most == 1 else f"{most} labels"
