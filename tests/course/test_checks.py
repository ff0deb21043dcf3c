"""Checks say yes, not yet or your turn; hints come in three steps; nothing they meet stops a notebook."""

from __future__ import annotations

import html

import pytest

from tlkit import course
from tlkit.course import checks
from tlkit.course.checks import exercises
from tlkit.errors import TlkitError, UnknownNameError


@pytest.mark.parametrize("lesson", course.lessons(), ids=lambda lesson: lesson.name)
def test_every_lesson_has_two_exercises_with_three_different_hints(lesson: course.Lesson) -> None:
    found = exercises(lesson)
    assert len(found) >= 2
    for one in found:
        assert len(set(one.hints)) == 3
        assert [course.hint(one.name, step).text for step in (1, 2, 3)] == list(one.hints)
        assert course.check(one.name, *[...] * len(one.takes)).right is None


@pytest.mark.parametrize("made", [None, "text", 3, object(), [], {}, float("nan"), print])
@pytest.mark.parametrize("name", [one.name for lesson in course.lessons() for one in exercises(lesson)])
def test_something_else_altogether_is_not_yet_right_and_raises_nothing(name: str, made: object) -> None:
    found = course.check(name, made)
    assert found.right is False or "takes" in found.text
    assert found.right is not True


def test_an_unknown_exercise_names_the_nearest() -> None:
    name = exercises(course.lessons()[0])[0].name
    with pytest.raises(UnknownNameError, match=name):
        course.check(name + "x", 1)


def test_hints_grow_and_stay_at_the_last() -> None:
    name = exercises(course.lessons()[0])[1].name
    checks._asked.pop(name, None)
    assert [course.hint(name).step for _ in range(5)] == [1, 2, 3, 3, 3]
    with pytest.raises(TlkitError, match="no hint 4"):
        course.hint(name, step=4)


def test_an_answer_shows_as_text_and_as_html_with_the_same_words() -> None:
    name = exercises(course.lessons()[0])[0].name
    found = course.check(name, ...)
    assert html.escape(found.text, quote=False).split("`")[0] in found._repr_html_()
    assert "Your turn." in repr(found)
