"""`tlkit start` and `tlkit lessons`: the lessons, in a folder of one's own."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from tlkit.cli.arguments import Commands, positive


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Register the commands."""
    start = commands.add_parser(
        "start",
        help="copy the lessons into your own folder and open them",
        description="Copy the lessons into a folder of your own, where your work is never overwritten, "
        "and open JupyterLab there.",
        allow_abbrev=False,
    )
    start.add_argument("folder", nargs="?", type=Path, default=Path("tlkit-lessons"), metavar="DIR")
    start.add_argument("--no-browser", action="store_true", help="print the address, open no window")
    start.add_argument("--port", type=positive, help="serve on this port (the first free one from 8888)")
    start.add_argument("--copy-only", action="store_true", help="copy the lessons and stop")
    start.set_defaults(run=_start)
    lessons = commands.add_parser("lessons", help="list the lessons", allow_abbrev=False)
    lessons.set_defaults(run=_lessons)


def _start(given: argparse.Namespace) -> int:
    from tlkit.course import jupyter, lessons
    from tlkit.course.workspace import copy_lessons

    folder = given.folder.expanduser().absolute()
    for one in copy_lessons(folder):
        print(one)
    if given.copy_only:
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    browser = not given.no_browser and jupyter.has_display()
    first = lessons()[0]
    return jupyter.serve(folder, folder / first.name / first.notebook.name, browser=browser, port=given.port)


def _lessons(given: argparse.Namespace) -> int:
    from tlkit.course import lessons

    for lesson in lessons():
        print(f"{lesson.number}  {lesson.title} ({lesson.minutes} minutes)")
        for aim in lesson.aims:
            print(f"      {aim}")
    return 0
