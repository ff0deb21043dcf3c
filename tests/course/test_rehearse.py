"""Rehearsing stores the outputs of one run, and says which cells keep a learner waiting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tlkit import course
from tlkit.course.rehearse import CELL_SECONDS, main, rehearse, too_slow


def lesson(folder: Path, *cells: str) -> course.Lesson:
    made = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{at}",
            "metadata": {},
            "outputs": [],
            "source": one,
        }
        for at, one in enumerate(cells)
    ]
    about = {"title": "First", "minutes": 20, "aims": ["to begin"], "misconceptions": []}
    (folder / "01-first").mkdir()
    (folder / "01-first" / "lesson.ipynb").write_text(
        json.dumps({"cells": made, "metadata": {"tlkit": about}, "nbformat": 4, "nbformat_minor": 5})
    )
    (found,) = course.lessons(folder)
    return found


def cells(one: course.Lesson) -> list[dict[str, Any]]:
    return list(json.loads(one.notebook.read_text(encoding="utf-8"))["cells"])


def test_outputs_are_stored_and_a_slow_cell_is_named(tmp_path: Path) -> None:
    made = lesson(
        tmp_path, "import sys, time\nprint('heard')\nprint('not', file=sys.stderr)", "time.sleep(1)\n6 * 7"
    )
    took = rehearse(made)
    first, second = cells(made)
    assert [output["text"] for output in first["outputs"]] == ["heard\n"]
    assert second["outputs"][0]["data"] == {"text/plain": "42"}
    assert 1 <= took["cell-1"] < CELL_SECONDS
    assert too_slow(took) == []
    (words,) = too_slow(took, cell_seconds=took["cell-1"] - 0.01)
    assert "cell-1" in words


def test_an_error_leaves_the_notebook_as_it_was(tmp_path: Path) -> None:
    from nbclient.exceptions import CellExecutionError

    made = lesson(tmp_path, "1 / 0")
    before = made.notebook.read_bytes()
    with pytest.raises(CellExecutionError):
        rehearse(made)
    assert made.notebook.read_bytes() == before


def test_help_is_help_and_an_unknown_lesson_is_told_before_anything_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "store their outputs" in capsys.readouterr().out
    assert main(["01", "99"]) == 2
    assert "There is no lesson named '99'" in capsys.readouterr().err
