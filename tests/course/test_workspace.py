"""A learner's work is never overwritten, and never lost."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit import course
from tlkit.course.workspace import MANIFEST, Copied, learner_copy
from tlkit.errors import StoreError


def make_lesson(folder: Path, text: str, name: str = "01-first") -> None:
    about = {"title": "First", "minutes": 5, "aims": ["to begin"], "misconceptions": []}
    cells = [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}]
    notebook = {"cells": cells, "metadata": {"tlkit": about}, "nbformat": 4, "nbformat_minor": 5}
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "lesson.ipynb").write_text(json.dumps(notebook))
    (folder / name / "checks.py").write_text("secret = 1")


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    make_lesson(tmp_path / "shipped", "version 1")
    return tmp_path / "shipped"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def copy(home: Path, shipped: Path, version: str = "1.0") -> list[Copied]:
    return course.copy_lessons(home, source=shipped, version=version)


def text_of(path: Path) -> str:
    return str(json.loads(path.read_text())["cells"][0]["source"])


def test_lessons_arrive_without_their_answers(home: Path, shipped: Path) -> None:
    (done,) = copy(home, shipped)
    assert done.state == "new"
    assert sorted(os.listdir(home / "01-first")) == ["lesson.ipynb"]
    assert text_of(done.path) == "version 1"


def test_an_untouched_lesson_is_updated(home: Path, shipped: Path) -> None:
    copy(home, shipped)
    make_lesson(shipped, "version 2")
    (done,) = copy(home, shipped, "2.0")
    assert done.state == "updated"
    assert text_of(done.path) == "version 2"
    assert os.listdir(home / "01-first") == ["lesson.ipynb"]


def test_a_changed_lesson_stays_and_the_newer_one_lands_beside_it_and_says_so(
    home: Path, shipped: Path
) -> None:
    (first,) = copy(home, shipped)
    first.path.write_text("my own work")
    (kept,) = copy(home, shipped)
    assert kept.state == "kept"
    make_lesson(shipped, "version 2")
    (done,) = copy(home, shipped, "2.0")
    assert first.path.read_text() == "my own work"
    assert done.beside == home / "01-first" / "lesson.new-2.0.ipynb"
    assert text_of(done.beside) == "version 2"
    assert "lesson.new-2.0.ipynb" in str(done)


def test_what_was_offered_beside_is_not_offered_again_nor_overwritten(home: Path, shipped: Path) -> None:
    (first,) = copy(home, shipped)
    first.path.write_text("my own work")
    make_lesson(shipped, "version 2")
    (done,) = copy(home, shipped, "2.0")
    assert done.beside is not None
    done.beside.write_text("work in the new one, too")
    (again,) = copy(home, shipped, "2.0")
    assert again.state == "kept"
    make_lesson(shipped, "version 2, mended")
    (third,) = copy(home, shipped, "2.0")
    assert third.beside == home / "01-first" / "lesson.new-2.0-2.ipynb"
    assert done.beside.read_text() == "work in the new one, too"
    third.beside.unlink()
    (fourth,) = copy(home, shipped, "2.0")
    assert fourth.state == "kept"


def test_files_that_were_there_before_the_first_copy_are_the_learners(home: Path, shipped: Path) -> None:
    (home / "01-first").mkdir(parents=True)
    (home / "01-first" / "lesson.ipynb").write_text("older than all lists")
    (done,) = copy(home, shipped)
    assert done.state == "beside"
    assert done.path.read_text() == "older than all lists"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"files": 3}', '{"files": {"01-first/lesson.ipynb": 1}}'])
def test_a_damaged_list_loses_no_work(home: Path, shipped: Path, damage: str) -> None:
    (first,) = copy(home, shipped)
    first.path.write_text("my own work")
    (home / MANIFEST).write_text(damage)
    make_lesson(shipped, "version 2")
    copy(home, shipped, "2.0")
    assert first.path.read_text() == "my own work"


def test_a_deleted_lesson_comes_back(home: Path, shipped: Path) -> None:
    (first,) = copy(home, shipped)
    first.path.unlink()
    (again,) = copy(home, shipped)
    assert again.state == "new"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["edit", "release", "copy", "delete", "lose the list"]), max_size=8))
def test_no_sequence_of_events_overwrites_work(
    tmp_path_factory: pytest.TempPathFactory, events: list[str]
) -> None:
    base = tmp_path_factory.mktemp("story")
    shipped, home = base / "shipped", base / "home"
    make_lesson(shipped, "version 0")
    copy(home, shipped)
    lesson, work, releases = home / "01-first" / "lesson.ipynb", None, 0
    for event in events:
        if event == "edit":
            work = f"work {len(events)}"
            lesson.write_text(work)
        elif event == "release":
            releases += 1
            make_lesson(shipped, f"version {releases}")
        elif event == "delete":
            lesson.unlink(missing_ok=True)
            work = None
        elif event == "lose the list":
            (home / MANIFEST).unlink(missing_ok=True)
        else:
            copy(home, shipped, str(releases))
        if work is not None:
            assert lesson.read_text() == work
    assert not [name for name in os.listdir(home / "01-first") if name.endswith(".part")]


def test_a_file_in_the_way_is_refused_in_words(tmp_path: Path, shipped: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match=r"taken is a file"):
        copy(tmp_path / "taken", shipped)
    (tmp_path / "home" / "01-first" / "lesson.ipynb").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"in the way"):
        copy(tmp_path / "home", shipped)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="/proc takes no new folders, for root neither"
)
def test_a_folder_that_cannot_be_written_to_is_refused_in_words(shipped: Path) -> None:
    with pytest.raises(StoreError, match=r"Could not write .* Choose a folder"):
        copy(Path("/proc/tlkit-lessons"), shipped)


def test_a_learners_copy_shows_no_results_and_a_blank_guess() -> None:
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "source": "predict(guess=40)",
                "metadata": {"tlkit": {"learner": "predict(guess=...)"}},
                "outputs": [{"output_type": "stream"}],
                "execution_count": 7,
            },
            {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [{}], "execution_count": 8},
        ],
        "metadata": {"widgets": {"state": 1}},
    }
    copied = learner_copy(notebook)
    assert [cell["source"] for cell in copied["cells"]] == ["predict(guess=...)", "1"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in copied["cells"])
    assert "widgets" not in copied["metadata"]
    assert notebook["cells"][0]["outputs"], "the shipped notebook itself is not touched"
