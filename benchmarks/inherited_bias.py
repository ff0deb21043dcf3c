"""What a skewed source does to groups of the target. Run: ``python benchmarks/inherited_bias.py``.

Three sources of the same size, number of classes and recipe: 26 capital Latin letters, 26 small ones, or 13 of each.
A small ResNet learns each from random weights; then it is frozen, and a new head learns Greek from one label per class.
The test set is the same for all. Its groups are the 9 capital and the 22 small Greek letters: a source without small
letters is skewed against one of them, and nothing in the target's own data is.

Every draw has a source network of its own and labels of its own; the source with both kinds is what each skewed one
is compared with, so that a group that is harder for everybody is not taken for bias.

Measured, against a source with both kinds: without capitals the capital Greek letters lose 10.4
points (5.5 to 15.2), the small ones nothing that shows, a difference of
12.0 points (6.1 to 17.8). Without small letters the small ones lose 4.4 points (2.1 to 6.6), but whether they lose
more than the capitals cannot be told: 1.6 points (-5.1 to 8.3).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlkit import backbones, data, freeze, governance, train
from tlkit.backbones import Backbone, ModelCard
from tlkit.train.pretrain import RECIPE

CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SOURCES = {
    "capitals only": CAPITALS,
    "small only": CAPITALS.lower(),
    # Every second letter of the alphabet as a capital, the others small.
    "both": CAPITALS[::2] + CAPITALS[1::2].lower(),
}


def source_network(classes: str, seed: int, steps: int) -> Backbone:
    """Train a network from random weights on some of the letters."""
    letters = data.load("letters")
    kept = np.isin(letters.train.labels, [letters.classes.index(one) for one in classes])
    named = np.array(letters.classes)[letters.train.labels[kept]]
    source = data.arrays(letters.train.images[kept], named, name="some letters", channels="first", seed=seed)
    blank = backbones.load("zoo:resnet-letters").reinitialised(seed)
    recipe = RECIPE.change(steps=steps)
    everything = dict.fromkeys(blank.stages, "trainable")
    run = train.fit(
        blank, source.task(), freeze.plan(blank, everything), recipe=recipe, seed=seed, test=False
    )
    return Backbone("skewed", run.model.backbone, blank.transform, ModelCard("skewed", architecture="resnet"))


def right(classes: str, seed: int, steps: int) -> NDArray[np.bool_]:
    """Return which test items of Greek are right after one draw."""
    net = source_network(classes, seed, steps)
    return train.fit(net, data.load("greek").few_shot(1, seed=seed), seed=seed).correct


def main() -> int:
    """Measure, print, and keep a record if asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--record", type=Path)
    given = parser.parse_args()
    began = time.process_time()
    correct = {}
    for name, classes in SOURCES.items():
        correct[name] = np.stack([right(classes, seed, given.steps) for seed in range(given.seeds)])
        print(f"{name}: {100 * correct[name].mean():.1f} % of all", file=sys.stderr, flush=True)
    greek = data.load("greek")
    first = train.fit(backbones.load("zoo:resnet-letters"), greek.few_shot(1, seed=0))
    of = ["capital" if greek.classes[label].isupper() else "small" for label in first.test_labels]
    records = {}
    for name in SOURCES:
        against = None if name == "both" else correct["both"]
        found = governance.groups(correct[name], of, against=against)
        print(f"\nSource: {name}\n{found}")
        records[name] = found.record()
    skew = governance.groups(correct["capitals only"], of, against=correct["small only"])
    print(f"\nSource: capitals only, against small only\n{skew}")
    if given.record is not None:
        given.record.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\n{time.process_time() - began:.0f} processor seconds", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
