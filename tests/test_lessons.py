"""How a lesson is built: what every notebook in lessons/ keeps to, and that it is checked without a network."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tlkit import course
from tlkit.course.checks import exercises
from tlkit.course.workspace import learner_copy

PARTS = ("A question", "Your guess first", "Name it", "Break it", "Do it", "Remember")
BANNED = re.compile(r"\b(simply|just|obviously|clearly|of course|trivial(ly)?|easy to see)\b", re.IGNORECASE)
PUBLIC = {
    "backbones",
    "compare",
    "course",
    "data",
    "doctor",
    "freeze",
    "governance",
    "panels",
    "similarity",
    "train",
    "words",
}
LONGEST_CELL_LINES = 20
LONGEST_PARAGRAPH_CHARACTERS = 480  # four lines of 120 characters, the width of a notebook's column

LESSONS = [pytest.param(one, id=one.name) for one in course.lessons()]


def notebook(lesson: course.Lesson) -> dict[str, Any]:
    return dict(json.loads(lesson.notebook.read_text(encoding="utf-8")))


def cells(lesson: course.Lesson, kind: str) -> list[dict[str, Any]]:
    return [cell for cell in notebook(lesson)["cells"] if cell["cell_type"] == kind]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def prose(lesson: course.Lesson) -> list[str]:
    """Return the paragraphs of a lesson's text, without code, tables and headings."""
    blocks = []
    for cell in cells(lesson, "markdown"):
        text = re.sub(r"```.*?```", "", source(cell), flags=re.DOTALL)
        for block in re.split(r"\n\s*\n|\n(?=[-*\d] |\d\. )", text):
            if block.strip() and not block.lstrip().startswith(("|", "#")):
                blocks.append(block.strip())
    return blocks


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_arc_is_complete_and_in_order(lesson: course.Lesson) -> None:
    headings = re.findall(r"^## (.+)$", "\n".join(map(source, cells(lesson, "markdown"))), re.MULTILINE)
    places = [headings.index(part) for part in PARTS]
    assert places == sorted(places)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_first_screen_says_what_for_how_long_and_how_to_get_unstuck(lesson: course.Lesson) -> None:
    first = notebook(lesson)["cells"][0]
    assert first["cell_type"] == "markdown"
    text = source(first)
    assert text.startswith(f"# {lesson.title}\n")
    assert f"{lesson.minutes} minutes" in text
    for aim in lesson.aims:
        assert aim in text
    assert "stuck" in text
    assert "You need" in text


@pytest.mark.parametrize("lesson", LESSONS)
def test_its_metadata_name_misconceptions_with_experiment_and_opener(lesson: course.Lesson) -> None:
    about = notebook(lesson)["metadata"]["tlkit"]
    ids = {cell["id"] for cell in notebook(lesson)["cells"]}
    names = {one.name for one in exercises(lesson)}
    assert 20 <= about["minutes"] <= 40
    assert len(about["misconceptions"]) >= 2
    assert about["needs"]
    assert about["words"]
    for one in about["misconceptions"]:
        assert one["experiment"] in ids, one
        assert one["opened_by"] in ids | names, one


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_text_is_short_plain_and_calm(lesson: course.Lesson) -> None:
    for block in prose(lesson):
        assert "!" not in block.replace("!=", ""), block
        assert not BANNED.search(block), block
        assert len(block) <= LONGEST_PARAGRAPH_CHARACTERS, block
        for sentence in re.split(r"(?<=[.?:])\s+", block):
            assert len(sentence.split()) <= 32, f"a long sentence: {sentence}"


@pytest.mark.parametrize("lesson", LESSONS)
def test_cells_are_short_and_use_public_names_only(lesson: course.Lesson) -> None:
    for cell in cells(lesson, "code"):
        code = source(cell)
        assert len(code.splitlines()) <= LONGEST_CELL_LINES, code
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.module == "tlkit":
                assert {name.name for name in node.names} <= PUBLIC
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tlkit."):
                assert node.module == "tlkit.course"
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_"), code


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_guess_comes_before_every_result(lesson: course.Lesson) -> None:
    gates = [cell for cell in cells(lesson, "code") if "tlkit" in cell["metadata"]]
    assert len(gates) >= 3
    order = [cell["id"] for cell in notebook(lesson)["cells"]]
    first_result = min(
        order.index(cell["id"])
        for cell in cells(lesson, "code")
        if re.search(r"\.open\(|train\.fit\(|compare\.run\(", source(cell))
    )
    assert order.index(gates[0]["id"]) < first_result
    for cell in cells(lesson, "code"):
        if re.search(r"\.beside\(", source(cell)):
            name = re.search(r"(\w+)\.beside\(", source(cell))
            assert name
            made = [one for one in gates if re.search(rf"^{name[1]} = predict\(", source(one), re.MULTILINE)]
            assert made, f"{name[1]} is no guess that a gate asked for"
            assert order.index(made[0]["id"]) < order.index(cell["id"])


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_guess_meets_its_result_later_in_both_copies(lesson: course.Lesson) -> None:
    for one in (notebook(lesson), learner_copy(notebook(lesson))):
        code = [source(cell) for cell in one["cells"] if cell["cell_type"] == "code"]
        gates = [
            (at, name)
            for at, text in enumerate(code)
            for name in re.findall(r"^(\w+) = predict\(", text, re.M)
        ]
        assert gates
        for at, name in gates:
            assert any(f"{name}.beside(" in text for text in code[at + 1 :]), f"{name} never meets its result"


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_check_names_only_beliefs_that_the_lesson_contradicts(lesson: course.Lesson) -> None:
    checks = ast.parse((lesson.folder / "checks.py").read_text(encoding="utf-8"))
    named = [
        node.value for node in ast.walk(checks) if isinstance(node, ast.keyword) and node.arg == "belief"
    ]
    assert named
    for belief in named:
        assert ast.literal_eval(belief) in lesson.misconceptions


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_learners_copy_has_blank_guesses_and_no_results(lesson: course.Lesson) -> None:
    copied = [cell for cell in learner_copy(notebook(lesson))["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] for cell in copied)
    for cell, original in zip(copied, cells(lesson, "code"), strict=True):
        ast.parse(source(cell))
        if "predict(" in source(cell) and "import" not in source(cell):
            assert "guess=..." in source(cell)
            assert "because=..." in source(cell)
            assert "tlkit" in original["metadata"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_is_met_and_its_answer_is_not_in_the_notebook(lesson: course.Lesson) -> None:
    code = "\n".join(map(source, cells(lesson, "code")))
    for one in exercises(lesson):
        assert f'check("{one.name}"' in code
    met = set(re.findall(r'check\("([^"]+)"', code))
    assert met == {one.name for one in exercises(lesson)}
    for cell in cells(lesson, "code"):
        if re.search(r"(?<![.\w])check\(", source(cell)):  # not `seal.check(`
            assert "..." in source(cell)
            shown = json.dumps(cell["outputs"], ensure_ascii=False)
            assert "Your turn." in shown


@pytest.mark.parametrize("lesson", LESSONS)
def test_outputs_are_stored_and_hold_nothing_that_changes_from_run_to_run(lesson: course.Lesson) -> None:
    counts = [cell["execution_count"] for cell in cells(lesson, "code")]
    assert counts == list(range(1, len(counts) + 1)), "run `make lessons`: outputs are not those of one run"
    for cell in cells(lesson, "code"):
        shown = json.dumps(cell["outputs"], ensure_ascii=False)
        assert "application/vnd.jupyter.widget-view+json" not in shown
        assert not re.search(r"/(home|root|tmp|Users|work)/|0x[0-9a-f]{6,}|https?://127|Traceback", shown), (
            cell["id"]
        )
        assert not any(output.get("name") == "stderr" for output in cell["outputs"]), cell["id"]
        text = "".join("".join(output.get("text", "")) for output in cell["outputs"])
        assert not re.search(r"\d (s|ms|seconds)\b", text), f"a time in {cell['id']}: {text}"


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_picture_says_in_words_what_it_shows(lesson: course.Lesson) -> None:
    for cell in cells(lesson, "markdown"):
        for alt in re.findall(r"!\[([^\]]*)\]\(", source(cell)):
            assert len(alt.split()) >= 6
    for cell in cells(lesson, "code"):
        for output in cell["outputs"]:
            shown = output.get("data", {})
            markup = "".join(shown.get("text/html", ""))
            for tag in re.findall(r"<img\b[^>]*>", markup):
                alt = re.search(r'alt="([^"]+)"', tag)
                assert alt, f"a picture without words in {cell['id']}"
                assert len(alt[1].split()) >= 3
            assert "<svg" not in markup, "JupyterLab strips <svg> from untrusted notebooks"
            if "image/png" in shown:
                assert markup, f"a bare picture without a text twin in {cell['id']}"


OUTSIDE = """
import os, socket
from joblib import Parallel, delayed

def outside(_):
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    except OSError as error:
        return os.getpid(), str(error)
    return os.getpid(), "reached"

tried = [outside(0), *Parallel(n_jobs=2)(delayed(outside)(one) for one in range(4))]
print(len({pid for pid, _ in tried}) > 1, {said for _, said in tried})
"""


@pytest.mark.slow
def test_the_kernels_in_which_lessons_are_checked_have_no_network() -> None:
    probe = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(OUTSIDE)])
    NotebookClient(probe).execute()
    assert probe.cells[0].outputs[0]["text"] == "True {'the network is cut: 192.0.2.1'}\n"
