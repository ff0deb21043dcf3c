"""The course: lessons, the learner's own copies, guesses before results, and checks of exercises."""

from tlkit.course.catalogue import Lesson, find, lessons
from tlkit.course.checks import NotYet, check, exercise, hint
from tlkit.course.guesses import GuessFirst, predict
from tlkit.course.workspace import copy_lessons

__all__ = [
    "GuessFirst",
    "Lesson",
    "NotYet",
    "check",
    "copy_lessons",
    "exercise",
    "find",
    "hint",
    "lessons",
    "predict",
]
