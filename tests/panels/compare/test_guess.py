"""The guess before the result: nothing runs and nothing is shown without it, and it stays."""

from __future__ import annotations

import re

import pytest

from tlkit import panels
from tlkit.course.guesses import GuessFirst
from tlkit.errors import PanelError


def test_before_the_guess_nothing_runs_and_nothing_is_shown(closed: panels.Compare) -> None:
    with pytest.raises(GuessFirst, match="Your guess comes first"):
        closed.run()
    with pytest.raises(GuessFirst):
        _ = closed.result
    closed._heard({"run": True})
    assert closed.status == "ready"
    assert "Your guess comes first" in closed._full_view()["problem"]["words"]
    view = closed._view()
    assert view["plot"] is None
    assert view["outcome"] is None
    assert view["gate"]["open"]
    for twin in (str(closed), closed._repr_mimebundle_()[0]["text/html"]):
        assert "By how many points will “frozen” beat “random-frozen”?" in twin
        assert "%" not in twin
        assert "<img" not in twin


@pytest.mark.parametrize(
    ("guess", "reason", "words"),
    [
        ("", "why not", "There is no guess yet"),
        (None, "why not", "There is no guess yet"),
        ("many", "why not", "'many'"),
        (101, "why not", "from -100 to 100"),
        (float("nan"), "why not", "from -100 to 100"),
        (True, "why not", "The guess is True"),
        (20, "  ", "no reason"),
        (20, ..., "no reason"),
    ],
)
def test_a_guess_needs_a_number_of_points_and_a_reason(
    closed: panels.Compare, guess: object, reason: object, words: str
) -> None:
    with pytest.raises(PanelError, match=words):
        closed.commit(guess, reason)
    closed._heard({"do": "commit", "with": {"guess": guess, "reason": reason}})
    assert re.search(words, closed._full_view()["problem"]["words"])
    assert closed._view()["gate"]["open"]


def test_a_guess_stays_until_it_is_about_other_labels(closed: panels.Compare) -> None:
    closed._heard({"do": "commit", "with": {"guess": "-5,5", "reason": "too few labels"}})
    gate = closed._view()["gate"]
    assert (gate["open"], gate["words"], gate["reason"]) == (
        False,
        "“frozen” loses by 5.5 points.",
        "too few labels",
    )
    with pytest.raises(PanelError, match="guessed already"):
        closed.commit(90, "now I know better")
    assert closed.set(seeds=3).state.guess == -5.5
    assert closed.set(labels_per_class=5).state.guess is None
    with pytest.raises(GuessFirst):
        closed.run()
    with pytest.raises(PanelError, match="Leave both among the arms"):
        closed.set(arms=["scratch", "frozen"])


def test_without_predict_a_guess_is_no_duty_and_none_comes_after_the_result(panel: panels.Compare) -> None:
    assert panel._view()["gate"] is None
    panel.run()
    with pytest.raises(PanelError, match="known already"):
        panel.commit(20, "because")
