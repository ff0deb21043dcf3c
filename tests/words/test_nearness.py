"""What is near what: by hand on small vectors, by gensim as a second opinion, and by facts about the world."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from tlkit import words
from tlkit.errors import DataError, UnknownNameError


@pytest.fixture(scope="module")
def english() -> words.WordVectors:
    return words.load("words:english")


@pytest.fixture(scope="module")
def gensims(english: words.WordVectors) -> KeyedVectors:
    theirs = KeyedVectors(english.dimensions)
    theirs.add_vectors(list(english.words), english.vectors)
    return theirs


@pytest.mark.parametrize("word", ["cat", "paris", "the", "violin"])
def test_neighbours_are_those_of_gensim(word: str, english: words.WordVectors, gensims: KeyedVectors) -> None:
    ours = english.neighbours(word, 8)
    theirs = gensims.most_similar(word, topn=8)
    assert list(ours.words) == [one for one, _ in theirs]
    assert ours.cosines == pytest.approx([cosine for _, cosine in theirs], abs=1e-5)


CAPITALS = [
    ("paris", "france"),
    ("rome", "italy"),
    ("berlin", "germany"),
    ("madrid", "spain"),
    ("tokyo", "japan"),
]
PAIRS = [(one, other) for one in CAPITALS for other in CAPITALS if one != other]


def test_capitals_are_found_by_analogy(english: words.WordVectors, gensims: KeyedVectors) -> None:
    right = 0
    for (city, country), (wanted, land) in PAIRS:
        found = english.analogy(country, city, land, 3)
        theirs = gensims.most_similar(positive=[city, land], negative=[country], topn=3)
        assert list(found.words) == [one for one, _ in theirs]
        assert set(found.words).isdisjoint(found.left_out)
        right += found.words[0] == wanted
    assert right > len(PAIRS) / 2  # by chance, one in 22,144


def test_an_analogy_says_what_leaving_out_the_question_did() -> None:
    found = words.WordVectors(["a", "b", "c", "d", "e"], [[1, 0], [1, 0.1], [0, 1], [0.1, 1], [-1, 0]])
    asked = found.analogy("a", "b", "c", 2)
    # By hand: at length 1, b - a + c is (-0.005, 1.0995), and the nearest to it is c itself.
    assert asked.words == ("d", "e")
    assert asked.cosines == pytest.approx([0.9945, 0.0045], abs=5e-4)
    assert asked.left_out == ("a", "b", "c")
    assert "Left out: a, b, c. With them, 'c' would come first." in str(asked)
    with_itself = found.analogy("b", "b", "c", 1)
    assert (with_itself.words, with_itself.first_of_all) == (("d",), "c")
    assert "With them, 'c' would come first." in str(with_itself)


def test_neighbours_are_found_across_blocks_and_in_a_mapped_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = words.WordVectors([f"w{at}" for at in range(500)], np.random.default_rng(0).normal(size=(500, 5)))
    whole = found.neighbours("w7", 20)
    monkeypatch.setattr("tlkit.words.nearness._ROWS", 37)
    assert found.neighbours("w7", 20).words == whole.words
    assert words.convert(found, tmp_path / "made").neighbours("w7", 20).words == whole.words
    unit = found.vectors / np.linalg.norm(found.vectors, axis=1, keepdims=True)
    order = np.argsort(-(unit @ unit[7]))
    assert list(whole.words) == [f"w{at}" for at in order[1:21]]


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1.0, 1e30])
def test_cosines_do_not_depend_on_the_length_of_vectors(scale: float) -> None:
    found = words.WordVectors(["a", "b", "c"], np.array([[1, 0], [0.8, 0.6], [0, 1]]) * scale).neighbours("a")
    assert found.words == ("b", "c")
    assert found.cosines == pytest.approx((0.8, 0.0), abs=1e-6)


def test_all_words_may_be_asked_for_and_zeros_are_no_neighbours() -> None:
    found = words.WordVectors(["a", "b", "zero"], [[1, 0], [0, 1], [0, 0]])
    assert found.neighbours("a", 10).words == ("b",)
    with pytest.raises(DataError, match="'zero' is all zeros"):
        found.neighbours("zero")
    with pytest.raises(DataError, match="at least 1"):
        found.neighbours("a", 0)
    with pytest.raises(UnknownNameError):
        found.analogy("a", "b", "q")
    opposite = words.WordVectors(["a", "b", "c"], [[2, 0], [1, 0], [0, 1]])
    assert opposite.analogy("a", "b", "c").first_of_all == "c"


@pytest.mark.parametrize(
    ("listed", "odd"),
    [
        (["breakfast", "cereal", "dinner", "lunch"], "cereal"),
        (["monday", "tuesday", "piano", "friday"], "piano"),
        (["france", "italy", "spain", "banana"], "banana"),
    ],
)
def test_the_odd_one_out(listed: list[str], odd: str, english: words.WordVectors) -> None:
    found = english.odd_one_out(listed)
    assert found.word == odd == found.words[0]
    assert sorted(found.words) == sorted(listed)
    assert odd in str(found)
    table = english.cosines(listed)
    at = listed.index(odd)
    assert found.cosines[0] == pytest.approx((table.values[at].sum() - 1) / 3)


def test_cosines_are_symmetric_with_ones_along_the_diagonal(english: words.WordVectors) -> None:
    found = english.cosines(["cat", "dog", "piano"])
    assert np.array_equal(found.values, found.values.T)
    assert np.diagonal(found.values).tolist() == [1, 1, 1]
    assert "<th" in found._repr_html_()
    by_hand = words.WordVectors(["a", "b"], [[3, 4], [4, 3]]).cosines(["a", "b"])
    assert by_hand.values[0, 1] == pytest.approx(24 / 25)


@pytest.mark.parametrize(
    ("listed", "said"), [(["a", "b"], "at least 3"), (["a", "a", "b"], "twice"), ("abc", "one text")]
)
def test_lists_that_make_no_sense_are_refused(listed: list[str], said: str) -> None:
    found = words.WordVectors(["a", "b"], [[1, 0], [0, 1]])
    for ask in (found.odd_one_out, found.map):
        with pytest.raises(DataError, match=said):
            ask(listed)


def test_a_map_keeps_distances_where_two_directions_suffice() -> None:
    generator = np.random.default_rng(0)
    flat = generator.normal(size=(6, 2)) @ np.linalg.qr(generator.normal(size=(5, 2)))[0].T
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    found = words.WordVectors(list("abcdef"), flat)
    made = found.map(["a", "b", "c", "d", "e", "f"])
    apart = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    assert np.linalg.norm(made.positions[:, None] - made.positions[None], axis=-1) == pytest.approx(
        apart, abs=1e-5
    )
    assert sum(made.shares) == pytest.approx(1)
    # Turned or mirrored vectors of the same words are the same map up to signs; the same vectors the very same map.
    assert np.array_equal(found.map(["a", "b", "c", "d", "e", "f"]).positions, made.positions)


def test_a_map_has_a_figure_with_words_for_who_cannot_see_it(english: words.WordVectors) -> None:
    made = english.map(["cat", "dog", "horse", "paris", "rome", "berlin"])
    left_to_right = [row[0] for row in made.table.rows]
    halves = ({"cat", "dog", "horse"}, {"paris", "rome", "berlin"})
    assert {frozenset(left_to_right[:3]), frozenset(left_to_right[3:])} == {frozenset(one) for one in halves}
    figure = made.figure()
    assert f"From left to right: {', '.join(left_to_right)}." in figure.alt
    assert {text.get_text() for text in figure.axes[0].texts} == set(made.words)
    html = made._repr_html_()
    assert 'alt="6 words by words:english' in html
    assert "<table>" in html
    money = words.WordVectors(["$a$", "<b>", "c"], [[1, 0], [0, 1], [1, 1]]).map(["$a$", "<b>", "c"])
    assert "<b>" not in money._repr_html_()


def test_a_map_of_equal_words_is_a_point() -> None:
    made = words.WordVectors(["a", "b", "c"], [[1], [2], [3]]).map(["a", "b", "c"])
    assert made.positions == pytest.approx(np.zeros((3, 2)))
    assert made.shares == (0, 0)
