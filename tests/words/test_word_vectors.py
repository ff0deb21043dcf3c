"""Words and their vectors: what is looked up, and what is refused."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tlkit import words
from tlkit.errors import DataError, UnknownNameError

PETS = ("cat", "dog", "tree")
ROWS = [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]


@pytest.fixture
def pets() -> words.WordVectors:
    return words.WordVectors(PETS, ROWS, name="pets")


def test_each_word_has_its_row(pets: words.WordVectors) -> None:
    assert (len(pets), pets.dimensions, tuple(pets.words)) == (3, 2, PETS)
    for word, row in zip(PETS, ROWS, strict=True):
        assert pets.vector(word).tolist() == row
        assert pets.words[pets.position(word)] == word
    assert pets.rows(["tree", "cat", "tree"]).tolist() == [ROWS[2], ROWS[0], ROWS[2]]
    assert pets.rows([]).shape == (0, 2)
    assert "cat" in pets
    assert "cow" not in pets
    assert 1 not in pets
    assert pets.words[-1] == "tree"
    assert pets.words[1:] == ("dog", "tree")
    with pytest.raises(IndexError):
        _ = pets.words[3]


def test_vectors_cannot_be_changed_and_the_callers_array_stays_free() -> None:
    own = np.ones((1, 2), np.float32)
    made = words.WordVectors(["a"], own)
    with pytest.raises(ValueError, match="read-only"):
        made.vectors[0, 0] = 2
    own[0, 0] = 2  # still the caller's


@pytest.mark.parametrize(
    ("asked", "near"), [("tre", "'tree'"), ("CAT", "'cat'"), (5, "Ask with"), ("", "Ask with")]
)
def test_an_unknown_word_is_refused_with_the_nearest_ones(
    pets: words.WordVectors, asked: object, near: str
) -> None:
    with pytest.raises(UnknownNameError, match=near):
        pets.vector(asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("listed", "rows", "said"),
    [
        (["a", "b", "a"], [[1], [2], [3]], "'a' is there twice, at 0 and 2"),
        (["a", ""], [[1], [2]], "Word 1 is ''"),
        (["a", 7], [[1], [2]], "Word 1 is 7"),
        ("ab", [[1], [2]], "one text, 'ab'"),
        (["a", "b"], [[1], [np.nan]], "'b', row 1"),
        (["a", "b"], [[1], [1e300]], "'b', row 1"),
        (["a"], [[1], [2]], r"1 words, and their vectors have the shape \(2, 1\)"),
        (["a"], [1], "shape"),
        ([], np.zeros((0, 3)), "0 words"),
        (["a"], [["x"]], "no table of numbers"),
    ],
)
def test_what_does_not_fit_is_refused(listed: list[str], rows: list[list[float]], said: str) -> None:
    with pytest.raises(DataError, match=said):
        words.WordVectors(listed, rows)


def test_a_copy_in_another_process_is_the_same_and_stays_read_only(
    pets: words.WordVectors, tmp_path: Path
) -> None:
    for one in (pets, words.convert(pets, tmp_path / "made")):
        copy = pickle.loads(pickle.dumps(one))
        assert (copy.name, tuple(copy.words), copy.vectors.tolist()) == ("pets", PETS, ROWS)
        assert copy.position("tree") == 2
        assert not copy.vectors.flags.writeable


def test_the_first_words_only(pets: words.WordVectors) -> None:
    first = pets.first(2)
    assert tuple(first.words) == PETS[:2]
    assert first.vectors.tolist() == ROWS[:2]
    assert len(pets.first(9)) == 3
    with pytest.raises(DataError, match="at least 1"):
        pets.first(0)


def test_without_a_card_there_is_a_bare_one(pets: words.WordVectors) -> None:
    assert pets.card.name == "pets"
    assert (
        words.WordVectors(["a"], [[1]], card={"name": "x", "licence_weights": "MIT"}).card.licence_weights
        == "MIT"
    )


def test_importing_and_loading_load_neither_torch_nor_gensim() -> None:
    code = (
        "import sys; from tlkit import words; words.load('words:english');"
        " print([one for one in ('torch', 'gensim', 'scipy', 'matplotlib') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
