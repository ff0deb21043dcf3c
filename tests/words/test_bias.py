"""The bias probes: worked out by hand on small vectors, and what is known of real ones."""

from __future__ import annotations

from importlib import import_module
from itertools import combinations

import numpy as np
import pytest

from tlkit import words
from tlkit.errors import DataError, UnknownNameError


def _plane(angles: dict[str, float]) -> words.WordVectors:
    """Return words as directions on a plane, of different lengths, which must not matter."""
    rows = [
        [(1 + at) * np.cos(np.radians(angle)), (1 + at) * np.sin(np.radians(angle))]
        for at, angle in enumerate(angles.values())
    ]
    return words.WordVectors(list(angles), rows)


def test_weat_is_what_can_be_worked_out_by_hand() -> None:
    # The poles are at right angles, so a word at angle t leans by cos(t) - sin(t).
    found = _plane({"a": 0, "b": 90, "x1": 0, "x2": 30, "y1": 60, "y2": 90})
    result = words.association(found, ["x1", "x2"], ["y1", "y2"], ["a"], ["b"])
    half = (3**0.5 - 1) / 2
    assert result.leanings == pytest.approx([1, half, -half, -1], abs=1e-6)
    # Means ±(1 + half)/2; squared deviations 2 (1 + half²), divided by n - 1 = 3.
    assert result.effect == pytest.approx((1 + half) / (2 * (1 + half**2) / 3) ** 0.5, abs=1e-6)
    # Six divisions, and only the given one has a sum as large as 1 + half.
    assert (result.p_value, result.divisions, result.exact) == (pytest.approx(1 / 6), 6, True)
    assert words.association(found, ["y1", "y2"], ["x1", "x2"], ["a"], ["b"]).p_value == 1
    assert "p = 0.1667 over all 6 divisions" in str(result)
    assert "not people" in str(result)


def test_many_divisions_are_sampled_with_a_seed_and_near_the_exact_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = np.random.default_rng(0)
    listed = [f"w{at}" for at in range(14)]
    found = words.WordVectors([*listed, "a", "b"], generator.normal(size=(16, 6)))
    ask = (found, listed[:7], listed[7:], ["a"], ["b"])
    exact = words.association(*ask)
    assert exact.divisions == len(list(combinations(range(14), 7)))
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    monkeypatch.setattr(import_module("tlkit.words.association"), "_MOST_DIVISIONS", 2_000)
    sampled = words.association(*ask, seed=1)
    assert not sampled.exact
    assert sampled.p_value == pytest.approx(exact.p_value, abs=0.05)
    assert words.association(*ask, seed=1).p_value == sampled.p_value
    assert words.association(*ask, seed=2).p_value != sampled.p_value
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_under_no_association_p_values_are_spread_evenly() -> None:
    generator = np.random.default_rng(0)
    values = []
    for _ in range(200):
        found = words.WordVectors([f"w{at}" for at in range(12)], generator.normal(size=(12, 4)))
        listed = list(found.words)
        values.append(words.association(found, listed[:4], listed[4:8], listed[8:10], listed[10:]).p_value)
    assert np.mean(np.array(values) <= 0.1) == pytest.approx(0.1, abs=0.07)
    assert np.mean(values) == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ((["x1", "x2"], ["y1"], ["a"], ["b"]), "at least 2"),
        ((["x1", "x2", "b"], ["y1", "y2"], ["a"], ["b"]), "3 and 2 words"),
        ((["x1", "x2"], ["y1", "x1"], ["a"], ["b"]), "'x1' is in both"),
        ((["x1", "x2"], ["y1", "y2"], ["a"], ["a"]), "'a' is in both"),
        ((["x1", "x1"], ["y1", "y2"], ["a"], ["b"]), "twice"),
    ],
)
def test_groups_that_make_no_sense_are_refused(groups: tuple[list[str], ...], said: str) -> None:
    found = _plane({"a": 0, "b": 90, "x1": 0, "x2": 30, "y1": 60, "y2": 90})
    with pytest.raises(DataError, match=said):
        words.association(found, *groups)
    with pytest.raises(UnknownNameError):
        words.association(found, ["x1", "q"], ["y1", "y2"], ["a"], ["b"])


def test_the_axis_is_the_common_direction_of_the_pairs() -> None:
    # Both pairs differ along (1, -1) only, by hand: middle (0.5, 0.5) at length 1 lies at right angles to it.
    found = words.WordVectors(
        ["she", "he", "woman", "man", "leans", "between", "other"],
        [[1, 0, 0], [0, 1, 0], [0.8, 0.6, 0], [0.6, 0.8, 0], [3, 1, 0], [2, 2, 0], [0, 0, 1]],
    )
    result = words.projection(found, ["between", "leans", "other"], [("she", "he"), ("woman", "man")])
    place = dict(zip(result.words, result.values, strict=True))
    assert place["leans"] == pytest.approx(-2 / 2**0.5 / 10**0.5, abs=1e-6)
    assert place["between"] == pytest.approx(0, abs=1e-6)
    assert place["other"] == pytest.approx(0, abs=1e-6)
    assert result.words[0] == "leans"
    assert result.share == pytest.approx(1)
    assert np.allclose(result.low, result.high)  # either pair alone gives the same axis
    swapped = words.projection(found, ["leans"], [("he", "she"), ("man", "woman")])
    assert swapped.values[0] == pytest.approx(-place["leans"])


def test_real_vectors_carry_what_was_written_and_it_is_shown_with_care() -> None:
    english = words.load("words:english")
    result = words.projection(english)
    place = dict(zip(result.words, result.values, strict=True))
    for one, other in [("nurse", "captain"), ("dancer", "mechanic"), ("librarian", "engineer")]:
        assert place[one] < place[other]
    assert (result.low <= result.values).all()
    assert (result.values <= result.high).all()
    assert 0 < result.usual < 1
    assert "not people" in result.caption
    assert "not people" in result.figure().alt
    assert "nurse" in result._repr_html_()
    weat = words.association(
        english,
        ["executive", "management", "professional", "corporation", "salary", "office", "business", "career"],
        ["home", "parents", "children", "family", "cousins", "marriage", "wedding", "relatives"],
        ["male", "man", "boy", "brother", "he", "him", "his", "son"],
        ["female", "woman", "girl", "sister", "she", "her", "hers", "daughter"],
    )
    # Career against family: 1.81 with GloVe 840B in the paper, p below 0.01.
    assert weat.effect > 1.2
    assert weat.p_value < 0.01


@pytest.mark.parametrize("pairs", [[], [("she", "he")], [("she", "she"), ("a", "b")]])
def test_pairs_that_give_no_axis_are_refused(pairs: list[tuple[str, str]]) -> None:
    found = _plane({"she": 0, "he": 90, "a": 10, "b": 20})
    with pytest.raises(DataError, match="at least two"):
        words.projection(found, ["a"], pairs)
    with pytest.raises(DataError, match="no direction"):
        words.projection(found, ["a"], [("she", "he"), ("he", "she")])
