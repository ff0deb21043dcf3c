"""Checks of the exercises of lesson 1. They read what a run and a comparison did, not how they were asked for."""

from __future__ import annotations

from typing import Any

from tlkit.course import NotYet, exercise


@exercise(
    "01-own-task",
    takes=("the finished run",),
    hints=(
        "The example above has four parts: a network, a draw of labels, a plan, and the training. Which ones change?",
        "Change three words: the network's name, `data.load(...)`, and the number given to `few_shot`.",
        "This is one way:\n\n"
        '    printed = backbones.load("zoo:resnet-printed-digits")\n'
        '    two_each = data.load("greek").few_shot(2, seed=0)\n'
        '    my_run = train.fit(printed, two_each, freeze.plan(printed, until="head"), seed=0)',
    ),
)
def own_task(run: Any) -> str:
    """A head on the printed-digits network, trained on Greek letters from two labels per class."""
    raise NotYet("This is still being written.")


@exercise(
    "01-no-help",
    takes=("the finished comparison",),
    hints=(
        "Transfer pays where labels are few and the source is close. Change one of the two.",
        'Give `compare.run` the arms "scratch" and "frozen", seeds=3, and either many labels or a far source.',
        "This is one way:\n\n"
        '    shapes = backbones.load("zoo:resnet-shapes")\n'
        '    my_comparison = compare.run(data.load("greek"), shapes, arms=["scratch", "frozen"], seeds=3,\n'
        "                                labels_per_class=1)",
    ),
)
def no_help(comparison: Any) -> str:
    """A comparison over at least three draws in which `frozen` is not better than `scratch`."""
    raise NotYet("This is still being written.")
