"""Run a lesson from top to bottom and store its outputs: ``python -m tlkit.course.rehearse [LESSON …]``.

For authors. A stored lesson can be read on paper, and the tests run it again and compare. So that the stored
outputs stay the same from run to run, live widgets (which carry random ids), times and progress are left out;
what stays of a panel is its text twin.

A learner waits at most 20 seconds for a cell. What takes longer is named, and the command ends with status 1;
measure on a machine with two cores that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from typing import Any

from tlkit import files
from tlkit.course.catalogue import Lesson, find, lessons
from tlkit.errors import TlkitError

#: Surroundings in which sums are formed in one order on every x86-64 processor since 2013: without them a newer
#: processor uses wider instructions, and a stored accuracy can differ by one picture.
STEADY = {
    "OMP_NUM_THREADS": "1",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "AVX2",
}
#: Progress is for whoever waits: among a lesson's stored outputs it would change with every run.
SILENT = {"TLKIT_PROGRESS": "0"}
#: The longest that a learner waits for a cell, in seconds, on two cores that do nothing else.
CELL_SECONDS = 20.0
#: A busy machine is no fault of the lesson: only a cell that takes this many times as long is ended.
_PATIENCE = 6
_WIDGET = "application/vnd.jupyter.widget-view+json"


def rehearse(lesson: Lesson, *, cell_seconds: float = CELL_SECONDS) -> dict[str, float]:
    """Run a lesson's notebook in its own folder and store the outputs in it.

    Parameters
    ----------
    lesson
        Which lesson; its notebook is replaced, whole or not at all.
    cell_seconds
        How long a cell should take at most. A cell that takes six times as long is ended, and is an error.

    Returns
    -------
    dict
        Id of each code cell to the seconds that it took.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell raised an error; the notebook stays as it was.
    nbclient.exceptions.CellTimeoutError
        A cell was ended; the notebook stays as it was.
    """
    import nbformat
    from nbclient import NotebookClient

    took: dict[str, float] = {}

    class Client(NotebookClient):
        def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
            """Leave earlier outputs alone: what a cell showed first is what the tests see again."""

        async def async_execute_cell(
            self, cell: Any, cell_index: int, execution_count: int | None = None, store_history: bool = True
        ) -> Any:
            since = time.perf_counter()
            done = await super().async_execute_cell(cell, cell_index, execution_count, store_history)
            if cell.cell_type == "code":
                took[cell.id] = time.perf_counter() - since
            return done

    notebook = nbformat.read(lesson.notebook, as_version=4)  # type: ignore[no-untyped-call]  # ships no types
    Client(
        notebook,
        timeout=round(_PATIENCE * cell_seconds),
        kernel_name="python3",
        resources={"metadata": {"path": str(lesson.folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # else how a text is cut into pieces depends on the moment
    ).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [kept for output in cell.outputs if (kept := _stable(output)) is not None]
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    # Like Jupyter itself, but with every dictionary in a fixed order.
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    with files.atomic_write(lesson.notebook, "w") as file:
        file.write(text + "\n")
    return took


def too_slow(took: dict[str, float], cell_seconds: float = CELL_SECONDS) -> list[str]:
    """Name the cells that took too long, one sentence each.

    Examples
    --------
    >>> too_slow({"look": 1.2, "far-source": 31.0})
    ['The cell far-source took 31 s, longer than 20 s.']
    """
    return [
        f"The cell {name} took {seconds:.0f} s, longer than {cell_seconds:g} s."
        for name, seconds in took.items()
        if seconds > cell_seconds
    ]


def _stable(output: Any) -> Any | None:
    if output.get("output_type") == "stream" and output.get("name") == "stderr":
        return None
    if "data" in output:
        output["data"].pop(_WIDGET, None)
        if not output["data"]:
            return None
    return output


def main(arguments: list[str] | None = None) -> int:
    """Rehearse the named lessons, or all; say what their slowest cells took."""
    parser = argparse.ArgumentParser(
        prog="python -m tlkit.course.rehearse",
        description="Run lessons from top to bottom and store their outputs. For authors.",
    )
    parser.add_argument(
        "lessons",
        nargs="*",
        metavar="LESSON",
        help="a number or a name, as 'tlkit lessons' lists them; default: all",
    )
    try:
        chosen = [find(name) for name in parser.parse_args(arguments).lessons] or lessons()
    except TlkitError as error:
        print(f"rehearse: {error}", file=sys.stderr)
        return 2
    os.environ.update(STEADY, **SILENT)
    slow = 0
    # What was measured earlier would be taken from the store, and a learner's first time is what counts.
    with tempfile.TemporaryDirectory(prefix="tlkit-rehearse-") as empty:
        os.environ["TLKIT_CACHE"] = empty
        for one in chosen:
            took = rehearse(one)
            slowest = sorted(took.items(), key=lambda cell: -cell[1])[:3]
            print(
                f"{one.name}: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in slowest),
                flush=True,
            )
            for words in too_slow(took):
                print(words, file=sys.stderr, flush=True)
                slow += 1
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
