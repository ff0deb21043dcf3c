"""Statistics: intervals hold what they promise under both sources of chance, and verdicts say what they show."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import stats as scipy_stats
from scipy.special import ndtr, ndtri

from tlkit.compare.chance import estimate
from tlkit.compare.stats import (
    interval,
    paired_interval,
    verdict,
)

# Standard deviations, in units of the noise of a single answer: of what draws have in common for both arms, of
# what they do to one arm, and the same two for items. Under "large draws" an arm of 80 % typically has between 72
# and 88 %, from draw to draw.
EFFECTS = {
    "no effects": (0.0, 0.0, 0.0, 0.0),
    "small draws": (0.1, 0.1, 0.0, 0.0),
    "large draws": (0.2, 0.2, 0.0, 0.0),
    "large items": (0.0, 0.0, 2.0, 1.0),
    "both small": (0.1, 0.1, 0.5, 0.3),
    "both large": (0.2, 0.2, 2.0, 1.0),
}
SIZES = list(product((3, 5, 10), (100, 500)))


def simulate(
    rng: np.random.Generator,
    worlds: int,
    size: tuple[int, int],
    accuracies: tuple[float, ...],
    effects: tuple[float, float, float, float],
) -> list[NDArray[np.int8]]:
    """Return right or wrong (worlds, seeds, items) of arms whose true accuracies are known.

    An answer is right if a normal variable exceeds a threshold: with the effects of draw, item and cell added up,
    the accuracy over all draws and items is the normal probability of that threshold.
    """
    seeds, items = size
    total = np.sqrt(1 + sum(one**2 for one in effects))
    common_draw, own_draw, common_item, own_item = effects

    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.standard_normal(shape, np.float32)

    common = common_draw * normal(worlds, seeds, 1) + common_item * normal(worlds, 1, items)
    found = []
    for accuracy in accuracies:
        own = own_draw * normal(worlds, seeds, 1) + own_item * normal(worlds, 1, items)
        chance = ndtr(np.float32(ndtri(accuracy) * total) + common + own)
        found.append((rng.random((worlds, seeds, items), np.float32) < chance).astype(np.int8))
    return found


def coverage(
    seed: int, size: tuple[int, int], accuracies: tuple[float, float], effects: str, worlds: int
) -> float:
    """Return how often the interval at 95 % holds the true difference."""
    rng = np.random.default_rng(seed)
    held = 0
    for _ in range(worlds // 250):
        first, second = simulate(rng, 250, size, accuracies, EFFECTS[effects])
        found = estimate(second - first)
        held += int((np.abs(found.mean - (accuracies[1] - accuracies[0])) <= found.reach(0.95)).sum())
    return held / (worlds // 250 * 250)


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("accuracies", [(0.5, 0.5), (0.6, 0.8), (0.95, 0.98)], ids=str)
def test_coverage(effects: str, accuracies: tuple[float, float]) -> None:
    for size in SIZES:
        found = coverage(sum(size), size, accuracies, effects, worlds=1000)
        assert 0.91 <= found <= 0.99, (size, found)


@pytest.mark.parametrize("effects", EFFECTS)
def test_near_one_an_interval_is_rather_too_long(effects: str) -> None:
    # One wrong answer in 100 tells little: an interval that has width then holds the truth nearly always.
    for size in SIZES:
        assert coverage(sum(size), size, (0.99, 0.99), effects, worlds=500) >= 0.91


def test_rare_items_that_one_arm_never_gets_right() -> None:
    # The hardest case for an interval around zero: all that differs are a few items, mostly none of them seen.
    rng = np.random.default_rng(0)
    for expected in (0.5, 1.0, 2.0, 4.0):
        wrong = rng.random((2000, 1, 100)) < expected / 100
        found = estimate(np.repeat(wrong, 3, axis=1).astype(np.int8))
        held = np.abs(found.mean - expected / 100) <= found.reach(0.95)
        assert held.mean() >= 0.85, expected


@pytest.mark.parametrize("effects", EFFECTS)
def test_no_difference_is_called_out_at_most_eight_times_in_100(effects: str) -> None:
    for size in SIZES:
        rng = np.random.default_rng(sum(size) + 1)
        first, second = simulate(rng, 1000, size, (0.8, 0.8), EFFECTS[effects])
        # `verdict` says "cannot tell" where this p-value is at least 5 %: tested below.
        assert np.mean(estimate(second - first).p_value() >= 0.05) >= 0.92, size
        for world in range(10):
            judged = verdict(first[world].astype(bool), second[world].astype(bool))
            expected = estimate((second - first)[world]).p_value() >= 0.05
            assert (judged.word == "cannot tell") == expected


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("accuracy", [0.5, 0.9, 0.97])
def test_coverage_of_one_arm(effects: str, accuracy: float) -> None:
    for size in SIZES:
        (right,) = simulate(np.random.default_rng(sum(size)), 1000, size, (accuracy,), EFFECTS[effects])
        found = [interval(one) for one in right.astype(bool)]
        held = np.mean([low <= accuracy <= high for _, low, high in found])
        assert 0.91 <= held <= 0.99, (size, held)


def test_a_rare_bad_draw_makes_the_interval_of_one_arm_too_short_by_as_much_as_is_said() -> None:
    held = []
    for size in SIZES:
        (right,) = simulate(np.random.default_rng(sum(size)), 400, size, (0.97,), (0.5, 0.0, 0.0, 0.0))
        held += [low <= 0.97 <= high for _, low, high in map(interval, right.astype(bool))]
    assert np.mean(held) == pytest.approx(0.9, abs=0.015)
    # Where 19 of 20 draws lie.
    ends = ndtr(np.array([-1.96, 1.96]) * 0.5 + ndtri(0.97) * np.sqrt(1.25))
    assert ends.round(3).tolist() == [0.869, 0.999]


@given(
    arrays(np.int8, st.tuples(st.integers(3, 6), st.integers(2, 8)), elements=st.integers(-1, 1)),
)
def test_variance_agrees_with_the_analysis_of_variance(values: NDArray[np.int8]) -> None:
    """A second derivation: sums of squares from the table of group means, as in a text on two-way layouts."""
    seeds, items = values.shape
    x = values.astype(float)
    correction = x.sum() ** 2 / x.size
    rows = (x.sum(1) ** 2).sum() / items - correction
    columns = (x.sum(0) ** 2).sum() / seeds - correction
    rest = (x**2).sum() - correction - rows - columns
    m_rows, m_columns = rows / (seeds - 1), columns / (items - 1)
    m_rest = rest / ((seeds - 1) * (items - 1))
    textbook = (m_rows + m_columns - m_rest) / x.size
    found = estimate(values)
    assert found.mean == pytest.approx(x.mean())
    # One imagined item more: never shorter than the textbook's, and by at most one item's worth longer.
    assert found.variance >= textbook - 1e-12
    assert found.variance <= max(textbook, m_rest / 2 / x.size) + (columns / seeds + 1) / items**2 + 1e-12
    assert 1 <= found.freedom <= (seeds - 1) + (items - 1) + (seeds - 1) * (items - 1) + 1e-9


def test_many_items_that_differ_make_the_imagined_one_negligible() -> None:
    values = np.random.default_rng(0).integers(-1, 2, (1, 4000)).astype(np.int8)
    found = estimate(values)
    assert found.variance == pytest.approx(values.var(ddof=1) / values.size, rel=0.01)
    assert found.freedom == 3999


def test_one_draw_is_the_paired_t_interval_over_items() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random((1, 2000)) < 0.5, rng.random((1, 2000)) < 0.7
    found = paired_interval(first, second)
    oracle = scipy_stats.ttest_rel(second[0].astype(float), first[0].astype(float)).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=5e-4)
    assert "one draw" in found.about
    assert "nothing about other draws" in found.about
    assert "one draw" in verdict(first, second).sentence


def test_draws_that_differ_more_than_items_are_the_t_interval_over_draws() -> None:
    rng = np.random.default_rng(2)
    shares = rng.uniform(0.3, 0.9, 6)
    second = np.arange(4000) < (4000 * shares)[:, None]
    second = rng.permuted(second, axis=1)
    found = paired_interval(np.zeros_like(second), second)
    oracle = scipy_stats.ttest_1samp(second.mean(1), 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=0.01)


@pytest.mark.parametrize("size", [(1, 2), (1, 100), (2, 50), (3, 100), (10, 500)])
@pytest.mark.parametrize(("first", "second"), list(product((True, False), repeat=2)))
def test_equal_answers_are_no_certainty(size: tuple[int, int], first: bool, second: bool) -> None:
    a, b = np.full(size, first), np.full(size, second)
    found = paired_interval(a, b)
    assert found.difference == int(second) - int(first)
    assert found.low <= found.difference <= found.high
    assert found.high - found.low > 1 / size[1]
    assert -1 <= found.low < found.high <= 1
    one = interval(a)
    assert one.low <= one.share <= one.high
    assert one.high - one.low > 1 / size[1]


def test_draws_that_repeat_one_another_are_no_certainty() -> None:
    # Every item differs in the same way in each draw, so that rounding must not pass for variance.
    for seeds in (3, 7):
        rows = np.zeros((seeds, 30), bool)
        rows[: seeds // 3] = True
        found = paired_interval(np.zeros_like(rows), rows)
        assert found.difference == pytest.approx(seeds // 3 / seeds)
        assert found.high - found.low > 1 / 30


@given(arrays(np.bool_, st.tuples(st.just(2), st.integers(1, 5), st.integers(2, 12))))
def test_what_does_not_change_a_comparison(both: NDArray[np.bool_]) -> None:
    a, b = both
    rng = np.random.default_rng(0)
    found = paired_interval(a, b)
    assert found.low <= found.difference <= found.high
    assert list(paired_interval(b, a)) == pytest.approx([-found.difference, -found.high, -found.low])
    # Who is right where others are wrong counts, not the order of draws and items, nor what right is called.
    rows, columns = rng.permutation(a.shape[0]), rng.permutation(a.shape[1])
    assert list(paired_interval(a[rows][:, columns], b[rows][:, columns])) == pytest.approx(list(found))
    assert list(paired_interval(~b, ~a)) == pytest.approx(list(found))
    wide = paired_interval(a, b, level=0.99)
    assert wide.low <= found.low <= found.high <= wide.high


@given(arrays(np.bool_, st.tuples(st.integers(1, 5), st.integers(2, 12))))
def test_right_and_wrong_mirror_each_other(right: NDArray[np.bool_]) -> None:
    found, mirrored = interval(right), interval(~right)
    assert list(mirrored) == pytest.approx([1 - found.share, 1 - found.high, 1 - found.low])
    assert 0 <= found.low <= found.share <= found.high <= 1


def test_one_arm_with_one_draw_is_about_wilsons_interval() -> None:
    right = np.arange(1000)[None, :] < 700
    low, high = scipy_stats.binomtest(700, 1000).proportion_ci(0.95, method="wilson")
    assert list(interval(right))[1:] == pytest.approx([low, high], abs=1e-3)


def test_statistics_load_no_torch() -> None:
    code = "import sys, tlkit.compare.stats; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
