"""Progress: an estimate that comes true, and one line that leaves nothing behind in a stored lesson."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tlkit.compare import Progress
from tlkit.compare.cell import Cell
from tlkit.compare.left import Left
from tlkit.compare.progress import drained

ONE = Progress("frozen", 0, 1, 0.8, 1, 2, 0.5)
SHORT, LONG = 1.0, 20.0


def orders(count: int, expected: dict[str, float]) -> list[Any]:
    task = SimpleNamespace(labels_per_class=1)
    return [
        SimpleNamespace(arm=SimpleNamespace(name=name), task=task, expected_seconds=seconds)
        for _ in range(count)
        for name, seconds in expected.items()
    ]


def cell(arm: str, seconds: float) -> Cell:
    empty: dict[str, Any] = dict.fromkeys(Cell.__dataclass_fields__)
    return replace(Cell(**empty), arm=arm, labels_per_class=1, seconds=seconds, from_store=False)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("off", [0.5, 1.0, 2.0])
def test_the_time_that_is_left_comes_true(processes: int, off: float) -> None:
    """Cells take other times than expected, several at a time, after a start that measured nothing."""
    now = 0.0
    took = {"short": SHORT, "long": LONG}
    left = Left(orders(4, {name: seconds / off for name, seconds in took.items()}), lambda: now)
    whole = 4 * (SHORT + LONG) / processes
    now, done, guesses = 30.0, 0.0, []
    for name in ["short", "long", "long", "short", "short", "short", "long", "long"]:
        now += took[name] / processes
        done += took[name] / processes
        guesses.append((left.after(cell(name, took[name])), whole - done))
    for guess, truth in guesses[1:]:
        assert guess == pytest.approx(truth, rel=0.5, abs=1)
    # The first cell cannot tell how far the expectation is off, nor how many are measured at a time.
    assert guesses[0][0] < 4 * guesses[0][1]
    assert guesses[-1][0] == pytest.approx(0, abs=1e-9)


def test_progress_says_what_is_left_until_nothing_is() -> None:
    assert ONE.left == ""
    assert replace(ONE, seconds_left=13.4).left == "about 13 s left"
    assert replace(ONE, seconds_left=0.0, done=2).left == ""


def going() -> Generator[Progress, None, str]:
    yield replace(ONE, seconds_left=13.4)
    yield replace(ONE, done=2, seconds_left=0.0)
    return "the result"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "progress", "wanted", "seen"),
    [
        (Terminal(), True, "1", True),
        (Terminal(), False, "1", False),
        (Terminal(), True, "0", False),
        (io.StringIO(), True, "1", False),
    ],
)
def test_a_bar_is_seen_in_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, progress: bool, wanted: str, seen: bool
) -> None:
    monkeypatch.setenv("TLKIT_PROGRESS", wanted)
    monkeypatch.setattr(sys, "stderr", stream)
    assert drained(going(), progress) == "the result"
    assert ("about 13 s left" in stream.getvalue()) == seen
    assert ("The first run has begun" in stream.getvalue()) == seen
    assert bool(stream.getvalue()) == seen


@pytest.mark.slow
def test_a_notebook_shows_one_line_and_a_rehearsed_lesson_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TLKIT_PROGRESS", "1")
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path))
    cells = (
        (
            "from tlkit import backbones, compare, data\n"
            "net, greek = backbones.load('zoo:resnet-letters'), data.load('greek')\n"
            "card = compare.run(greek, net, ['random-frozen', 'frozen'], seeds=1, n_jobs=1)"
        ),
        (
            "import os\n"
            "os.environ['TLKIT_PROGRESS'] = '0'\n"
            "card = compare.run(greek, net, ['random-frozen', 'frozen'], seeds=[1], n_jobs=1)"
        ),
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=600, startup_timeout=300, kernel_name="python3").execute()
    shown, rehearsed = (
        [one for one in cell.outputs if one.get("name") != "stderr"] for cell in notebook.cells
    )
    (line,) = shown
    assert line["data"]["text/plain"].startswith("2 of 2 runs, ")
    assert rehearsed == []
