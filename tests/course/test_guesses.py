"""The gate: no result before a guess and a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from tlkit import course
from tlkit.course import GuessFirst, predict


@pytest.mark.parametrize("guess", [..., None, "forty", "", -1, 101, float("nan"), float("inf"), [40]])
def test_what_is_no_guess_does_not_pass(guess: object) -> None:
    with pytest.raises(GuessFirst, match=r"0 to 100"):
        predict("How many?", guess=guess, because="I think so")


@pytest.mark.parametrize("because", [..., None, "", "   ", 3])
def test_a_guess_without_a_reason_does_not_pass(because: object) -> None:
    with pytest.raises(GuessFirst, match="reason"):
        predict("How many?", guess=40, because=because)


@pytest.mark.parametrize("guess", [40, 40.0, "40", "40 %", "40%", " 40 "])
def test_a_number_passes_however_it_is_written(guess: object) -> None:
    assert predict("How many?", guess=guess, because="it looks hard").value == 40


def test_one_of_several_answers() -> None:
    made = predict("Then?", guess="worse", because="x", options=("better", "worse"))
    assert "as you guessed" in str(made.beside("worse"))
    assert "as you guessed" not in str(made.beside("better"))
    with pytest.raises(GuessFirst, match="'better', 'worse'"):
        predict("Then?", guess="wurse", because="x", options=("better", "worse"))


@given(st.floats(0, 100), st.floats(0, 100))
def test_the_gap_between_guess_and_result_is_right(guess: float, result: float) -> None:
    said = str(predict("How many?", guess=guess, because="x").beside(result))
    if "exactly" in said:
        assert abs(round(result, 1) - guess) < 0.05
    else:
        assert ("more" in said) == (round(result, 1) > guess)


def test_in_a_notebook_the_gate_is_one_sentence_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shell = InteractiveShell.instance()
    shell.run_cell("from tlkit.course import predict\npredict('How many?', guess=..., because=...)")
    out = capsys.readouterr().out
    assert "Your guess comes first." in out
    assert "Traceback" not in out


def test_html_escapes_what_a_learner_wrote() -> None:
    made = predict("How many?", guess=1, because="<script>alert(1)</script>")
    assert "<script>" not in made._repr_html_()
    assert course.GuessFirst is GuessFirst
