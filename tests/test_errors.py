"""Errors carry their cure, and survive a worker process."""

import pickle
import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from tlkit import errors


def test_unknown_name_gives_the_nearest_and_all_known() -> None:
    error = errors.unknown_name("dataset", "greeks", ["digits", "greek", "letters"])
    assert isinstance(error, LookupError)
    assert "'greeks'" in error.what
    assert error.cure.startswith("The nearest is 'greek'")
    assert "'digits'" in error.cure


def test_unknown_name_without_a_near_one_still_lists_what_exists() -> None:
    assert errors.unknown_name("dataset", "zzz", ["digits"]).cure == "Known: 'digits'."


def test_dots_that_a_learner_left_are_told_apart_from_a_wrong_name() -> None:
    error = errors.unknown_name("stage", ..., ["stem", "block1"])
    assert str(error) == "The stage is still to be named. Put one in place of the dots: 'stem', 'block1'."


@pytest.mark.parametrize(
    "kind",
    [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.TlkitError)],
)
def test_every_kind_prints_what_and_cure_and_can_be_pickled(kind: type[errors.TlkitError]) -> None:
    error = kind("It is wrong.", "Mend it.")
    assert str(error) == "It is wrong. Mend it."
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.what, again.cure) == (kind, error.what, error.cure)


def run_cells(*cells: str) -> list[str]:
    """Return the error that each cell showed, without colours, in a real kernel that ran one after the other."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(
        notebook, timeout=600, startup_timeout=300, kernel_name="python3", allow_errors=True
    ).execute()
    shown = []
    for cell in notebook.cells:
        (error,) = cell.outputs
        assert error.output_type == "error"
        # For programs nothing is different.
        assert error.evalue in "\n".join(error.traceback).replace("\n", " ")
        shown.append(re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.traceback)))
    return shown


def test_a_notebook_shows_the_words_and_the_learners_own_lines() -> None:
    program = (
        "from tlkit.errors import DataError, unknown_name\n\ndef look(name, known=()):\n"
        "    raise unknown_name(\n        'set', name,\n        known\n    )\n\nlook('b', ['a'])"
    )
    first, second, long = run_cells(program, "x = 1\nlook('c')", "raise DataError(\n" + "    ''\n" * 20 + ")")
    assert first == (
        "UnknownNameError: There is no set named 'b'.\nKnown: 'a'.\n"
        "\nCell In[1], line 9:\n    look('b', ['a'])\n"
        "\nCell In[1], line 4:\n    raise unknown_name(\n        'set', name,\n        known\n    )\n"
        "\nFor the whole traceback, run %tb in a new cell."
    )
    assert "\nCell In[2], line 2:\n    look('c')\n" in second
    assert long.splitlines()[-3:-1] == ["    ...", ""]
    assert len(long.splitlines()) < 15


def test_a_notebook_shows_the_whole_traceback_when_asked_or_set_to_and_of_all_other_errors() -> None:
    program = "from tlkit.errors import DataError\nraise DataError('Wrong.', 'Mend it.')"
    short, *whole = run_cells(
        program,
        "%tb",
        "%tb Verbose",
        "get_ipython().InteractiveTB.set_mode('Plain')\nraise DataError('Wrong.')",
        "get_ipython().InteractiveTB.set_mode('Context')\n1 / 0",
    )
    assert "Traceback" not in short
    for one in whole:
        assert "Traceback (most recent call last)" in one


def test_outside_a_notebook_nothing_is_left_out() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tlkit import errors; raise errors.DataError('Wrong.', 'Mend it.')"],
        capture_output=True,
        text=True,
    )
    assert done.stderr.startswith("Traceback (most recent call last)")
    assert done.stderr.endswith("tlkit.errors.DataError: Wrong. Mend it.\n")
