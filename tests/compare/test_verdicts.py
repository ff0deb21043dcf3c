"""Verdicts: words, intervals and sentences agree; several pairs are corrected; wrong input is refused in words."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tlkit.compare.stats import (
    Interval,
    ShareInterval,
    Verdict,
    Verdicts,
    holm,
    interval,
    paired_interval,
    verdict,
    verdicts,
)
from tlkit.errors import DataError, RecordError, TlkitError, UnknownNameError

# Sentences


def found(difference: float, low: float, high: float, seeds: int = 10) -> Interval:
    return Interval(difference, low, high, 0.95, seeds, 1240)


@pytest.mark.parametrize(
    ("word", "interval", "sentence"),
    [
        ("better", found(0.54, 0.49, 0.59), "Transfer is better than scratch, by 54 points (49 to 59)."),
        (
            "worse",
            found(-0.121, -0.16, -0.08),
            "Transfer is worse than scratch, by 12.1 points (8.0 to 16.0).",
        ),
        (
            "cannot tell",
            found(-0.021, -0.046, 0.004),
            "Cannot tell whether transfer is better than scratch: the difference is −2.1 points (−4.6 to 0.4).",
        ),
        (
            "better",
            found(0.003, 0.0002, 0.0058),
            "Transfer is better than scratch, by 0.30 points (0.02 to 0.58).",
        ),
        (
            "cannot tell",
            found(-0.0001, -0.02, 0.02),
            "Cannot tell whether transfer is better than scratch: the difference is 0.0 points (−2.0 to 2.0).",
        ),
    ],
)
def test_sentence(word: str, interval: Interval, sentence: str) -> None:
    judged = Verdict(word, interval, ("scratch", "transfer"), 0.5)
    assert str(judged) == repr(judged) == judged.sentence == sentence


@given(arrays(np.bool_, st.tuples(st.just(2), st.integers(1, 4), st.integers(2, 40))))
def test_word_interval_and_sentence_agree(both: NDArray[np.bool_]) -> None:
    judged = verdict(*both, names=("this", "that"))
    low, high = judged.interval.low, judged.interval.high
    assert judged.word == ("better" if low > 0 else "worse" if high < 0 else "cannot tell")
    assert (judged.word == "cannot tell") == (judged.p_value >= 0.05)
    start = {"better": "That is better", "worse": "That is worse", "cannot tell": "Cannot tell"}
    assert judged.sentence.startswith(start[judged.word])
    # An end that is not zero must not be printed as zero.
    assert judged.word == "cannot tell" or "(0.0 " not in judged.sentence


# Several pairs


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_decides_as_the_procedure_does(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    for level in (0.01, 0.05, 0.2, 0.5):
        # Holm's own words: go up from the smallest; stop at the first that is too large for its step.
        rejected: set[int] = set()
        for step, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
            if p_values[at] * (len(p_values) - step) > level:
                break
            rejected.add(at)
        assert {at for at, value in enumerate(adjusted) if value <= level} == rejected


def test_holm_on_the_example_of_its_users() -> None:
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), method = "holm")
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])


def arms_of(
    seed: int, shares: tuple[float, ...], size: tuple[int, int] = (5, 150)
) -> dict[str, NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    return {f"arm {number}": rng.random(size) < share for number, share in enumerate(shares)}


def test_verdicts_decide_as_holm_and_never_contradict_their_intervals() -> None:
    seen = set()
    for seed in range(40):
        judged = verdicts(arms_of(seed, (0.5, 0.56, 0.6, 0.66)))
        alone = {
            pair: verdict(*(arms_of(seed, (0.5, 0.56, 0.6, 0.66))[name] for name in pair)) for pair in judged
        }
        adjusted = holm([one.p_value for one in alone.values()])
        for (pair, one), p_value in zip(judged.items(), adjusted, strict=True):
            assert one.p_value == pytest.approx(p_value)
            assert (one.word != "cannot tell") == (p_value < 0.05)
            assert one.interval.excludes_zero == (one.word != "cannot tell")
            # Never shorter than without the correction.
            assert one.interval.low <= alone[pair].interval.low
            assert one.interval.high >= alone[pair].interval.high
            seen.add((one.word, alone[pair].word))
    assert ("cannot tell", "better") in seen


def test_arms_that_are_all_equal_are_told_apart_in_at_most_eight_tables_of_100() -> None:
    wrong = sum(
        any(one.word != "cannot tell" for one in verdicts(arms_of(seed, (0.7,) * 4)).values())
        for seed in range(200)
    )
    assert wrong <= 16


def test_verdicts_say_what_they_did() -> None:
    arms = arms_of(0, (0.2, 0.8, 0.8))
    judged = verdicts(arms)
    assert list(judged) == [("arm 0", "arm 1"), ("arm 0", "arm 2"), ("arm 1", "arm 2")]
    assert "Corrected for 3 comparisons (Holm)" in judged.note
    assert "Corrected for 3 comparisons (Holm)" in judged["arm 0", "arm 1"].sentence
    lines = str(judged).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("Arm 1 is better than arm 0, by ")
    assert lines[-1] == judged.note
    fewer = verdicts(arms, pairs=[("arm 0", "arm 2")])
    assert list(fewer) == [("arm 0", "arm 2")]
    assert fewer.note == ""
    assert str(fewer["arm 0", "arm 2"]) == str(
        verdict(arms["arm 0"], arms["arm 2"], names=("arm 0", "arm 2"))
    )


def test_records_come_back() -> None:
    judged = verdicts(arms_of(0, (0.2, 0.8, 0.8)))
    again = Verdicts.from_record(json.loads(json.dumps(judged.record(), allow_nan=False)))
    assert dict(again) == dict(judged)
    assert str(again) == str(judged)
    one = verdict(*arms_of(0, (0.2, 0.8)).values())
    assert Verdict.from_record(json.loads(json.dumps(one.record(), allow_nan=False))) == one


@pytest.mark.parametrize(
    "change",
    [
        {"word": "worse"},
        {"word": "perhaps"},
        {"names": ["one"]},
        {"interval": {"low": 0}},
        {"interval": None},
        {"interval": {"difference": "a", "low": "b", "high": "c", "level": 0, "seeds": 0, "items": 0}},
    ],
)
def test_damaged_records_are_refused(change: dict[str, object]) -> None:
    record = verdict(*arms_of(0, (0.2, 0.8)).values()).record()
    with pytest.raises(RecordError, match="damaged"):
        Verdict.from_record({**record, **change})
    with pytest.raises(RecordError, match="damaged"):
        Verdicts.from_record({"level": 0.95, "pairs": [{**record, **change}]})
    with pytest.raises(RecordError, match="damaged"):
        Verdicts.from_record({})


# Input

RIGHT = np.ones((3, 10), bool)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (RIGHT[0], r"has shape \(10,\).*\[None, :\]"),
        (RIGHT[None], "expected"),
        (RIGHT.astype(int), "holds int64.*predicted == labels"),
        (RIGHT.astype(float), "holds float64"),
        (RIGHT[:, :0], "is empty"),
        (RIGHT[:0], "is empty"),
        (RIGHT[:, :1], "one test item only"),
        (None, "expected"),
        ([[True, False], [True]], "no array|expected"),
        ([["yes", "no"]], "expected"),
    ],
)
def test_wrong_answers_are_refused_in_words(wrong: object, words: str) -> None:
    for call in (
        lambda: interval(wrong),
        lambda: paired_interval(wrong, wrong),
        lambda: verdict(wrong, wrong),
        lambda: verdicts({"this": wrong, "that": wrong}),
    ):
        with pytest.raises(DataError, match=words):
            call()


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(DataError, match=r"\(3, 10\).*\(2, 10\).*same draws"):
        paired_interval(RIGHT, RIGHT[:2])
    with pytest.raises(DataError, match="that has"):
        verdicts({"this": RIGHT, "that": RIGHT[:, :5]})


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, float("nan"), "high", None, True])
def test_impossible_levels_are_refused(level: float) -> None:
    for call in (
        lambda: interval(RIGHT, level),
        lambda: paired_interval(RIGHT, RIGHT, level),
        lambda: verdicts({"this": RIGHT, "that": RIGHT}, level=level),
    ):
        with pytest.raises(DataError, match=r"0\.95 for 95 %"):
            call()


def test_impossible_names_and_pairs_are_refused() -> None:
    arms = {"this": RIGHT, "that": RIGHT}
    with pytest.raises(DataError, match="two different"):
        verdict(RIGHT, RIGHT, names=("same", "same"))
    with pytest.raises(DataError, match="at least two"):
        verdicts({"this": RIGHT})
    with pytest.raises(DataError, match="only once"):
        verdicts(arms, pairs=[("this", "that"), ("that", "this")])
    with pytest.raises(DataError, match="at least one"):
        verdicts(arms, pairs=[])
    with pytest.raises(UnknownNameError, match="nearest are 'that'"):
        verdicts(arms, pairs=[("this", "thad")])
    with pytest.raises(UnknownNameError, match="this"):
        verdicts(arms)["that", "this"]
    for wrong in ([], [float("nan")], [-0.1], [1.5]):
        with pytest.raises(DataError, match="p-values"):
            holm(wrong)


@given(
    st.one_of(st.none(), st.lists(st.lists(st.booleans(), max_size=3), max_size=3), st.text(), st.integers())
)
def test_every_error_is_typed(anything: object) -> None:
    with contextlib.suppress(TlkitError):
        assert isinstance(interval(anything), ShareInterval)
