"""Glossary: the words of a report, in plain English."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlkit.compare.comparison import Comparison


def words_of(comparison: Comparison) -> dict[str, str]:
    """Return what the words of a comparison mean, its own arms first.

    Examples
    --------
    >>> from tlkit import backbones, compare, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> card = compare.run(data.load("greek"), net, ["random-frozen", "frozen"], seeds=2, progress=False)
    >>> list(words_of(card))[:3]
    ['arm', 'random-frozen (arm)', 'frozen (arm)']
    """
    level = f"{100 * comparison.level:g}"
    things = str(comparison.origin.get("things", "pictures"))
    distorted = ", with which distortions of the pictures" if things == "pictures" else ""
    return {
        "arm": "One way to solve the task. All arms get the same labels and the same test.",
        **{f"{one.name} (arm)": f"{one.label[0].upper()}{one.label[1:]}." for one in comparison.results},
        "transfer": "To start from a network that has learned something else before, instead of from random numbers.",
        "backbone": "The network without its last layer: here the part that was learned before.",
        "head": "The new last layer. It turns what the backbone sees into the classes of this task.",
        "frozen": "Training may not change it. The seal says whether that was kept.",
        "seal": "Fingerprints of all frozen numbers, taken before training and checked after it.",
        "draw": "One random choice of the labels that all arms learn from. Other labels give other results, so "
        "there are several draws.",
        "test items": f"{things.capitalize()} that no arm learns from. Only they count.",
        "right": "The share of the test items whose class an arm names correctly, over all draws.",
        f"{level} % interval": "Where the true share, or the true difference, may well lie. With other draws and other "
        f"test items the numbers would differ; about {level} of 100 such intervals hold the true one.",
        "the chart": "A dot is the mean over all draws, the line through it the interval, each small tick below it one "
        "draw. A dot that is not filled started from random numbers.",
        "points": "The difference of two shares: from 28 % to 83 % it is 55 points.",
        "cannot tell": "The interval of the difference holds zero: it may be chance.",
        "corrected (Holm)": "Who looks at many pairs finds some difference by chance. The intervals of the differences "
        "are made wider for it.",
        "guessing": "What blind guessing gets right: one in as many as there are classes.",
        "trainable numbers": "How many numbers of the network training may change.",
        "steps": "How many times training changed them. A head that is solved for directly takes none.",
        "multiply-adds": "The work of training: how often two numbers were multiplied and added.",
        "recipe": f"How an arm is trained: how many steps, how large{distorted}.",
        "measured before": "Taken from the store of finished measurements on this computer; so are its seconds.",
    }
