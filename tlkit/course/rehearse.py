"""Run a lesson from top to bottom and store its outputs: ``python -m tlkit.course.rehearse [LESSON …]``.

For authors. A stored lesson can be read on paper, and the tests run it again and compare. So that the stored
outputs stay the same from run to run, live widgets (which carry random ids), times and progress are left out;
what stays of a panel is its text twin.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from tlkit import files
from tlkit.course.catalogue import Lesson, find, lessons

#: Surroundings in which sums are formed in one order on every x86-64 processor since 2013: without them a newer
#: processor uses wider instructions, and a stored accuracy can differ by one picture.
STEADY = {
    "OMP_NUM_THREADS": "1",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "AVX2",
}
_WIDGET = "application/vnd.jupyter.widget-view+json"


def rehearse(lesson: Lesson, *, cell_seconds: int = 120) -> None:
    """Run a lesson's notebook in its own folder and store the outputs in it.

    Parameters
    ----------
    lesson
        Which lesson; its notebook is replaced, whole or not at all.
    cell_seconds
        A cell that takes longer than this many seconds is an error.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell raised an error; the notebook stays as it was.
    """
    import nbformat
    from nbclient import NotebookClient

    class Client(NotebookClient):
        def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
            """Leave earlier outputs alone: what a cell showed first is what the tests see again."""

    notebook = nbformat.read(lesson.notebook, as_version=4)  # type: ignore[no-untyped-call]  # ships no types
    Client(
        notebook,
        timeout=cell_seconds,
        kernel_name="python3",
        resources={"metadata": {"path": str(lesson.folder)}},
        record_timing=False,
        store_widget_state=False,
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


def _stable(output: Any) -> Any | None:
    if output.get("output_type") == "stream" and output.get("name") == "stderr":
        return None
    if "data" in output:
        output["data"].pop(_WIDGET, None)
        if not output["data"]:
            return None
    return output


if __name__ == "__main__":
    os.environ.update(STEADY)
    for one in [find(name) for name in sys.argv[1:]] or lessons():
        print(one.name, flush=True)
        rehearse(one)
