"""Vectors of one's own: GloVe held to the paper's formula, both to a world whose structure is known."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gensim.models import KeyedVectors

from tlkit import words
from tlkit.errors import DataError, StoppedError, TrainingError
from tlkit.words import glove
from tlkit.words.corpus import corpus

SENTENCES = [["a", "b", "c", "a"], ["b", "a"], ["c"], []]


def by_hand(window: int) -> dict[tuple[str, str], float]:
    """Count as the paper says, one pair of places at a time."""
    found: dict[tuple[str, str], float] = {}
    for sentence in SENTENCES:
        for i, one in enumerate(sentence):
            for j, other in enumerate(sentence):
                if 0 < abs(i - j) <= window:
                    found[one, other] = found.get((one, other), 0) + 1 / abs(i - j)
    return found


@pytest.mark.parametrize("window", [1, 2, 3, 10])
def test_counts_are_those_of_every_pair_of_places(window: int) -> None:
    read = corpus(SENTENCES, 1)
    counts = glove.count(read, window)
    entries = zip(counts.rows.tolist(), counts.columns.tolist(), counts.values.tolist(), strict=True)
    assert {(read.words[i], read.words[j]): value for i, j, value in entries} == pytest.approx(
        by_hand(window)
    )


@pytest.fixture
def counts() -> glove.Counts:
    generator = np.random.default_rng(0)
    dense = generator.integers(0, 5, (6, 6)) * generator.random((6, 6)) * 60
    rows, columns = np.nonzero(dense)
    return glove.Counts(rows, columns, dense[rows, columns], 6)


@pytest.fixture
def parameters() -> glove.Parameters:
    return glove.initial(6, 3, np.random.default_rng(1))


def test_the_objective_is_the_papers(counts: glove.Counts, parameters: glove.Parameters) -> None:
    total = 0.0
    for i, j, x in zip(counts.rows, counts.columns, counts.values, strict=True):
        f = (x / 100) ** 0.75 if x < 100 else 1.0
        product = sum(a * b for a, b in zip(parameters.word[i], parameters.near[j], strict=True))
        total += f * (product + parameters.word_bias[i] + parameters.near_bias[j] - math.log(x)) ** 2
    assert counts.values.max() > 100  # both branches of f were met
    assert counts.values.min() < 100
    assert glove.objective(parameters, counts) == pytest.approx(total)


def test_the_gradient_is_that_of_autograd(counts: glove.Counts, parameters: glove.Parameters) -> None:
    w, near, b, near_b = (torch.tensor(part, requires_grad=True) for part in parameters.parts())
    i, j = torch.tensor(counts.rows), torch.tensor(counts.columns)
    x = torch.tensor(counts.values)
    f = torch.clamp(x / 100, max=1) ** 0.75
    (f * ((w[i] * near[j]).sum(1) + b[i] + near_b[j] - x.log()) ** 2).sum().backward()
    for theirs, (rows, slope) in zip((w, near, b, near_b), glove.gradient(parameters, counts), strict=True):
        ours = np.zeros(theirs.shape)
        ours[rows] = slope
        assert theirs.grad is not None
        assert ours == pytest.approx(theirs.grad.numpy())


def test_adagrad_divides_by_the_root_of_all_squared_slopes(parameters: glove.Parameters) -> None:
    before = parameters.word.copy()
    optimizer = glove.AdaGrad(parameters, 0.1)
    nothing = (np.zeros(0, np.int64), np.zeros((0, 3)))
    empty = (np.zeros(0, np.int64), np.zeros(0))
    for slope in (3.0, 4.0):
        optimizer.step(((np.array([2]), np.full((1, 3), slope)), nothing, empty, empty))
    moved = 0.1 * (3 / math.sqrt(1 + 9) + 4 / math.sqrt(1 + 9 + 16))
    assert before[2] - parameters.word[2] == pytest.approx(np.full(3, moved))
    assert np.array_equal(np.delete(before, 2, 0), np.delete(parameters.word, 2, 0))


ROLES, SIDES = ("court", "farm", "school", "ship"), ("left", "right")


def world(count: int = 1_500) -> list[list[str]]:
    """Sentences about people who have a role and a side, each told by words of their own."""
    generator = np.random.default_rng(0)
    made = []
    for _ in range(count):
        role, side = ROLES[generator.integers(4)], SIDES[generator.integers(2)]
        about = [f"{role}-{generator.integers(6)}" for _ in range(2)]
        about += [f"{side}-{generator.integers(6)}" for _ in range(2)]
        about.insert(int(generator.integers(5)), f"{role}.{side}")
        made.append(about)
    return made


def right_analogies(found: words.WordVectors) -> float:
    """Return how many of the analogies 'left is to right, in one role as in another' come out first."""
    asked = [(a, b, *sides) for a, b in permutations(ROLES, 2) for sides in (SIDES, SIDES[::-1])]
    hits = [
        found.analogy(f"{a}.{one}", f"{a}.{other}", f"{b}.{one}", 1).words[0] == f"{b}.{other}"
        for a, b, one, other in asked
    ]
    return float(np.mean(hits))


def test_glove_finds_the_structure_of_a_small_world_and_gensim_reads_it(tmp_path: Path) -> None:
    passes: list[words.Passed] = []
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    made = words.train_glove(world(), dimensions=10, epochs=30, x_max=20, seed=3, progress=passes.append)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    assert right_analogies(made) > 0.8  # by chance, one in 41
    assert [one.number for one in passes] == list(range(1, 31))
    objectives = [one.objective for one in passes]
    assert objectives[-1] < objectives[0] / 3  # type: ignore[operator]
    assert made.card.lineage["seed"] == 3
    words.write(tmp_path / "own.txt", made)
    theirs = KeyedVectors.load_word2vec_format(str(tmp_path / "own.txt"))
    assert (
        theirs.most_similar(positive=["farm.right", "ship.left"], negative=["farm.left"])[0][0]
        == "ship.right"
    )


def test_word2vec_finds_it_too() -> None:
    passes: list[words.Passed] = []
    made = words.train_word2vec(world(), dimensions=10, epochs=40, window=4, progress=passes.append)
    assert right_analogies(made) > 0.8
    assert len(passes) == 40
    assert list(made.words) == list(corpus(world(), 2).words)
    assert "gensim" in made.card.lineage


def test_word2vec_reads_a_long_text_to_its_end() -> None:
    sentence = [f"w{at % 2_000}" for at in range(10_100)] + ["late", "ones"] * 5
    once, twice = (
        words.train_word2vec([sentence], dimensions=2, epochs=epochs, seed=0).vector("late")
        for epochs in (1, 2)
    )
    assert not np.array_equal(once, twice)


TRAINED = """
import hashlib
from tlkit import words
texts = ["the cat sat on the mat", "the dog sat on the rug", "a cat and a dog"] * 3
for train in (words.train_glove, words.train_word2vec):
    print(hashlib.sha256(train(texts, dimensions=4, epochs=3, seed=5).vectors.tobytes()).hexdigest())
"""


def test_every_process_learns_the_same() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", TRAINED],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert len(set(told[0].split())) == 2


@pytest.mark.parametrize("train", [words.train_glove, words.train_word2vec])
def test_seeds_differ_and_training_stops_on_request(train: Any) -> None:
    texts = ["the cat sat on the mat", "the dog sat on the rug"]
    one, other = (train(texts, dimensions=4, epochs=2, seed=seed) for seed in (0, 1))
    assert not np.array_equal(one.vectors, other.vectors)
    assert tuple(one.words) == ("the", "sat", "on")
    answers = iter([False, True, True, True])
    with pytest.raises(StoppedError, match="Stopped in pass 2 of 5"):
        train(texts, epochs=5, should_stop=lambda: next(answers))


@pytest.mark.parametrize("train", [words.train_glove, words.train_word2vec])
@pytest.mark.parametrize(
    ("sentences", "settings", "said"),
    [
        ("one text", {}, "one text"),
        ([], {}, "0 of the 0 words"),
        (["a b c"], {}, "0 of the 3 words come at least 2 times"),
        ([["a", 3]], {}, "Sentence 0 holds 3"),
        (["a a b b"], {"dimensions": 0}, "dimensions is 0"),
        (["a a b b"], {"window": 1.5}, "window is 1.5"),
        (["a a b b"], {"epochs": 0}, "epochs is 0"),
        (["a a b b"], {"seed": -1}, "seed is -1"),
        (["a a b b"], {"min_count": 0}, "min_count is 0"),
    ],
)
def test_what_makes_no_sense_is_refused(
    train: Any, sentences: Any, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        train(sentences, **settings)


def test_glove_refuses_rates_without_sense_and_says_when_it_runs_away() -> None:
    with pytest.raises(DataError, match="learning_rate is 0"):
        words.train_glove(["a a b b"], learning_rate=0)
    with pytest.raises(DataError, match="No two words stand together"):
        words.train_glove([["a"], ["a"], ["b"], ["b"]])
    with pytest.raises(TrainingError, match="Lower learning_rate"):
        words.train_glove(["a a b b"], learning_rate=1e200, epochs=50)
