"""Checks of the exercises of lesson 6: they average vectors anew, compare anew and try every analogy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tlkit.course import NotYet, exercise

_TEXTS = ("red apple", "Red Apple", "a blorptag with milk", "violin", "the dog the dog the cat")
_FEWEST_PAIRS = 5


def _vectors() -> Any:
    from tlkit import words

    return words.load("words:english")


@exercise(
    "06-own-features",
    takes=("the function",),
    hints=(
        'Which words of the text can be averaged at all? A table of vectors can be asked: `"cat" in vectors`.',
        "First keep the words that are in the table. Then average the vectors of these, and of nothing else.",
        (
            "This is one way:\n\n"
            "    def my_features(text):\n"
            "        known = [word for word in text.lower().split() if word in vectors]\n"
            "        return np.mean([vectors.vector(word) for word in known], axis=0)"
        ),
    ),
)
def own_features(features: Any) -> str:
    """The mean of the vectors of all words of a text that have one."""
    from tlkit.errors import UnknownNameError

    vectors = _vectors()
    for text in _TEXTS:
        every = text.lower().split()
        known = [word for word in every if word in vectors]
        expected = vectors.rows(known).mean(axis=0)
        try:
            given = np.asarray(features(text), dtype=np.float64)
        except UnknownNameError as unknown:
            raise NotYet(f"For {text!r}: {unknown.what} A word without a vector is passed over.") from None
        if given.shape != expected.shape:
            raise NotYet(
                f"For {text!r} your function returns an array of shape {given.shape}. One text has "
                f"{vectors.dimensions} numbers, however many words it has: shape {expected.shape}."
            )
        if np.allclose(given, expected, atol=1e-5):
            continue
        if np.allclose(given, expected * len(known) / len(every), atol=1e-5):
            raise NotYet(
                f"For {text!r} you divide by {len(every)}, the number of all words. Only {len(known)} of them have a "
                "vector. A word that is passed over does not pull the mean towards zero.",
                belief="a word without a vector counts as a word with a vector of zeros",
            )
        if np.allclose(given, expected * len(known), atol=1e-5):
            raise NotYet(
                f"For {text!r} you return the sum of the vectors. A longer text would be larger: take the mean."
            )
        if np.allclose(given, vectors.rows(sorted(set(known))).mean(axis=0), atol=1e-5):
            raise NotYet(f"In {text!r} a word stands twice. It counts twice in the mean.")
        raise NotYet(f"For {text!r} your numbers are not the mean of the vectors of {', '.join(known)}.")
    return "Right for every text that was tried: that is the whole of the stages `embedding` and `average`."


@exercise(
    "06-own-comparison",
    takes=("the comparison", "the verdict"),
    hints=(
        "Which line needs nothing from the others? Which one needs the comparison?",
        (
            "Vectors and arms first, then the network, then the comparison, at last the verdict. How many labels per "
            "class does the exercise ask for?"
        ),
        (
            "This is one way:\n\n"
            '    my_vectors = words.load("words:english")\n'
            "    my_net = words.text_backbone(my_vectors)\n"
            '    my_arms = ["tf-idf", "frozen"]\n'
            "    my_card = compare.run(names, my_net, my_arms, seeds=5, labels_per_class=10, n_jobs=1)\n"
            '    my_words = compare.verdict(my_card["tf-idf"].correct, my_card["frozen"].correct,\n'
            '                               names=("TF-IDF", "frozen"))'
        ),
    ),
)
def own_comparison(card: Any, told: Any) -> str:
    """A comparison of tf-idf and frozen on emoji:names, ten labels per class, at least five draws, and its verdict."""
    from tlkit import compare

    if card.dataset != "emoji:names":
        raise NotYet(f"This comparison is on {card.dataset}. The names are emoji:names.")
    missing = [arm for arm in ("tf-idf", "frozen") if arm not in card.arms]
    if missing:
        raise NotYet(
            f"The comparison has no arm `{missing[0]}`. Who is better needs both, on the same draws.",
        )
    if card.labels_per_class != 10:
        raise NotYet(
            f"This comparison has {card.labels_per_class} label(s) per class. The question is about ten: which line "
            "does not belong?"
        )
    if len(card.seeds) < 5:
        raise NotYet(f"{len(card.seeds)} draw(s) of labels: one can be lucky. Use five.")
    right = compare.verdict(card["tf-idf"].correct, card["frozen"].correct, names=("TF-IDF", "frozen"))
    if getattr(told, "word", None) is None:
        raise NotYet(
            "The second one is no verdict. `compare.verdict(one, other)` takes right or wrong of two arms."
        )
    if not math.isclose(told.interval.difference, right.interval.difference, abs_tol=1e-9):
        raise NotYet(
            f"Your verdict is about another difference, {100 * told.interval.difference:.1f} points. From "
            f"TF-IDF to frozen, these draws give {100 * right.interval.difference:.1f}, and "
            "the first arm given is the one to be beaten."
        )
    if right.word == "cannot tell":
        return f"{right} More draws would tell."
    return f"{right} That is what the company of words is worth at ten labels per class."


@exercise(
    "06-own-relation",
    takes=("the pairs",),
    hints=(
        "Which relations do newspapers write about in the same way for many pairs?",
        "Countries and capitals, one thing and many of it, men and women of one family: try one and look.",
        (
            "This is one way:\n\n"
            '    my_pairs = [("france", "paris"), ("japan", "tokyo"), ("italy", "rome"), ("egypt", "cairo"),\n'
            '                ("germany", "berlin"), ("spain", "madrid")]'
        ),
    ),
)
def own_relation(pairs: Any) -> str:
    """At least five pairs of words; each relation is tried on every other pair."""
    from tlkit.errors import UnknownNameError

    vectors = _vectors()
    found = [tuple(one) for one in pairs]
    if not all(len(one) == 2 and all(isinstance(word, str) for word in one) for one in found):
        raise NotYet('Every pair has two words: [("france", "paris"), ("japan", "tokyo")].')
    if len(set(found)) < _FEWEST_PAIRS:
        raise NotYet(
            f"{len(set(found))} different pairs are few to speak of a relation. Write at least five."
        )
    every = [word for one in found for word in one]
    try:
        vectors.rows(every)
    except UnknownNameError as unknown:
        raise NotYet(str(unknown)) from None
    if len(set(every)) < len(every):
        twice = next(word for word in every if every.count(word) > 1)
        raise NotYet(
            f"{twice!r} stands in more than one place. In a relation of pairs, each word has one partner."
        )
    tried = [(one, other) for one in found for other in found if one is not other]
    hits = {pair: _answer(vectors, *pair) == pair[1][1] for pair in tried}
    share = 100 * np.mean(list(hits.values()))
    wrong = next((pair for pair, right in hits.items() if not right), None)
    example = (
        ""
        if wrong is None
        else f" {wrong[0][0]} is to {wrong[0][1]} as {wrong[1][0]} is to ... "
        f"{_answer(vectors, *wrong)!r}, say the vectors."
    )
    if share < 50:
        raise NotYet(
            f"{share:.0f} % of the {len(tried)} questions are right.{example} Try another relation: one that sentences "
            "show, and not only the things themselves.",
            belief="a relation that holds for one pair of words holds for all",
        )
    return f"{share:.0f} % of the {len(tried)} questions are right, with the words of the question left out.{example}"


def _answer(vectors: Any, one: tuple[str, str], other: tuple[str, str]) -> str:
    return str(vectors.analogy(one[0], one[1], other[0], 1).words[0])
