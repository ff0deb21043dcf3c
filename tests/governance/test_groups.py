"""groups: a known gap is found and held by its interval; no gap is not called out; wrong input is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tlkit import compare, governance
from tlkit.errors import DataError

OF = np.repeat(["a", "b", "c"], 100)


def drawn(rng: np.random.Generator, shares: tuple[float, ...], draws: int = 5) -> NDArray[np.bool_]:
    """Right or wrong for items of differing difficulty, in draws of differing luck."""
    middle = np.repeat(shares, 100) + rng.normal(0, 0.1, 300)
    luck = rng.normal(0, 0.05, (draws, 1))
    return np.asarray(rng.random((draws, 300)) < np.clip(middle + luck, 0, 1))


def test_each_group_has_the_interval_that_a_comparison_would_give_it() -> None:
    right = drawn(np.random.default_rng(0), (0.9, 0.7, 0.6))
    found = governance.groups(right, OF)
    for name, one in zip(found.names, found.accuracy, strict=True):
        assert one == compare.stats.interval(right[:, name == OF])
    assert found.apart == ("a", "c")
    assert found.gap.difference == pytest.approx(right[:, :100].mean() - right[:, 200:].mean())
    assert found.word == "differ"
    assert "The groups differ: a is right more often than c, by" in found.sentence


def test_the_interval_of_the_gap_holds_the_truth_and_equal_groups_are_rarely_called_different() -> None:
    rng = np.random.default_rng(1)
    held = called = 0
    for _ in range(200):
        held += (found := governance.groups(drawn(rng, (0.8, 0.5, 0.65)), OF)).gap.low < 0.3 < found.gap.high
        called += governance.groups(drawn(rng, (0.6, 0.6, 0.6)), OF).word == "differ"
    assert held >= 190
    assert called <= 10


def test_against_another_network_the_change_is_judged_not_the_difficulty() -> None:
    rng = np.random.default_rng(2)
    fair, hard = drawn(rng, (0.9, 0.6, 0.6)), drawn(rng, (0.9, 0.6, 0.6))
    assert governance.groups(fair, OF).word == "differ"
    assert governance.groups(fair, OF, against=hard).word == "cannot tell"
    skewed = fair & ~((OF == "b") & (rng.random((5, 300)) < 0.5))
    found = governance.groups(skewed, OF, against=fair)
    assert "b" in found.apart
    assert found.word == "differ"
    assert found.lost[1] == compare.paired_interval(fair[:, OF == "b"], skewed[:, OF == "b"])
    assert "comes off worse" in found.sentence
    for face in (str(found), found._repr_html_()):
        assert "against the other network" in face
    assert found.record()["apart"] == list(found.apart)


@pytest.mark.parametrize(
    ("right", "of", "words"),
    [
        (np.ones((2, 4), bool), ["a", "b"], "2 groups for 4 items"),
        (np.ones((2, 4), bool), ["a"] * 4, "all items are of one group"),
        (np.ones((2, 4), bool), ["a", "b", "b", "b"], "has one item only"),
        (np.ones((2, 4)), list("aabb"), "expected right or wrong"),
        (np.ones(4, bool), list("aabb"), "expected"),
    ],
)
def test_what_cannot_be_judged_is_refused(right: Any, of: Any, words: str) -> None:
    with pytest.raises(DataError, match=f"(?i){words}"):
        governance.groups(right, of)
    with pytest.raises(DataError):
        governance.groups(np.ones((2, 4), bool), list("aabb"), against=np.ones((3, 4), bool))


def test_no_gap_between_shares_is_larger_than_all() -> None:
    right = np.zeros((2, 10), bool)
    right[:, :5] = True
    of = ["a"] * 5 + ["b"] * 5
    assert governance.groups(right, of).gap.high == 1
    assert governance.groups(right, of, against=~right).gap.high == 2


def test_one_draw_says_that_it_is_one() -> None:
    rng = np.random.default_rng(3)
    assert "one draw only" in governance.groups(drawn(rng, (0.95, 0.3, 0.5), draws=1), OF).sentence
    same = governance.groups(np.ones((3, 300), bool), OF)
    assert same.word == "cannot tell"
    assert same.gap.low < 0 < same.gap.high
