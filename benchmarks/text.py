"""Texts from pretrained word vectors against what texts give by themselves: the emoji's names, five labels a class.

Prints a comparison for each set of word vectors that comes with tlkit: their mean with a new head, the same with
random vectors, TF-IDF (the honest baseline) and character n-grams, all with the same convex head on standardised
features, with paired intervals. Below it the same features under scikit-learn's LogisticRegression as it comes, on the
same draws and test items: the head's part in the numbers. Last, what fine-tuning the vectors gives (``--fine-tune``).

    python benchmarks/text.py                   10 draws, about a minute
    python benchmarks/text.py --fine-tune       also with the word vectors learning (minutes)
    python benchmarks/text.py --quick           2 draws: does the script still run?
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from tlkit import compare, data, words
from tlkit.backbones import Backbone
from tlkit.compare.arms import arms_for
from tlkit.data import Dataset

ARMS = ("tf-idf", "character-ngrams", "random-frozen", "frozen")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10, help="draws")
    parser.add_argument("--labels", type=int, default=5, help="labels per class")
    parser.add_argument("--fine-tune", action="store_true", help="also let the word vectors learn")
    parser.add_argument("--quick", action="store_true", help="two draws")
    asked = parser.parse_args()
    seeds = 2 if asked.quick else asked.seeds
    dataset = data.load("emoji:names")
    arms = [*ARMS, "fine-tuned"] if asked.fine_tune else list(ARMS)
    for name in words.names():
        began = time.process_time()
        net = words.text_backbone(words.load(name))
        card = compare.run(
            dataset, net, arms, seeds, labels_per_class=asked.labels, n_jobs=1, store=False, progress=False
        )
        print(card)
        for arm in arms[1:]:
            print(card.between("tf-idf", arm))
        print(card.seals)
        _plain_heads(dataset, net, seeds, asked.labels)
        print(f"{time.process_time() - began:.0f} s of processor time\n")


def _plain_heads(dataset: Dataset, net: Backbone, seeds: int, labels: int) -> None:
    from sklearn.linear_model import LogisticRegression

    test = dataset.test.open("benchmark: the same features under a head of scikit-learn")
    told = []
    for name in ARMS:
        shares = []
        for seed in range(seeds):
            task = dataset.few_shot(labels, seed)
            start = arms_for("texts")[name].start(net, seed, task)
            head = LogisticRegression(max_iter=1000).fit(start.features(task.train.texts), task.train.labels)
            shares.append(head.score(start.features(test.texts), test.labels))
        told.append(f"{name} {100 * np.mean(shares):.1f} %")
    print(f"Under scikit-learn's LogisticRegression as it comes: {', '.join(told)}.")


if __name__ == "__main__":
    main()
