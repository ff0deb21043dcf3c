"""The command line. It only translates: every command is one call into a package.

Nothing heavy is imported until a command needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tlkit import __version__
from tlkit.errors import TlkitError

INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, instead of printing the whole usage first."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. Try `{self.prog} --help`.\n")


def _whole_numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(int(one) for one in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers like 1,2,5") from None
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} holds a number below 1")
    return numbers


def _positive(text: str) -> int:
    numbers = _whole_numbers(text)
    if len(numbers) != 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not one whole number")
    return numbers[0]


def _from_zero(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(one.strip() for one in text.split(",") if one.strip())
    if not names:
        raise argparse.ArgumentTypeError("no name is given")
    return names


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line.

    Examples
    --------
    >>> parser().parse_args(["try", "--labels", "5"]).labels
    5
    """
    top = _Parser(prog="tlkit", description="A teaching kit for transfer learning.", allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"tlkit {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    attempt = commands.add_parser(
        "try",
        help="train with and without transfer and compare, in the terminal",
        description="Compare learning from scratch with transfer on the same few labels, over several draws.",
        allow_abbrev=False,
    )
    attempt.add_argument(
        "--source",
        default="letters",
        metavar="NAME",
        help="what the network learned before: letters, printed-digits, photos or shapes; or a whole name, "
        "such as zoo:efficientnet-lite0, which learned from ImageNet, for photographs of your own",
    )
    attempt.add_argument(
        "--target",
        default="greek",
        metavar="NAME",
        help="the data set to learn now; or the path of a folder of pictures, with one folder per class or a CSV "
        "file that names the classes",
    )
    attempt.add_argument(
        "--network",
        default="resnet",
        metavar="NAME",
        help="resnet, vgg or inception; not needed with a whole name as --source",
    )
    attempt.add_argument(
        "--labels",
        "--labels-per-class",
        dest="labels",
        type=_positive,
        metavar="K",
        help="labels per class (1; of a folder 5, or as many as the smallest class has)",
    )
    attempt.add_argument("--seeds", type=_positive, default=5, metavar="N", help="how many random draws (5)")
    attempt.add_argument(
        "--arms",
        type=_names,
        metavar="A,B,…",
        help="which ways to solve the task: scratch, scratch-long, random-frozen, frozen, last-stage, "
        "fine-tuned, fine-tuned-gradually",
    )
    attempt.add_argument(
        "--curve",
        type=_whole_numbers,
        nargs="?",
        const=(),
        metavar="1,2,5,20",
        help="repeat for several labels per class (as many of 1,2,5,20 as there are)",
    )
    attempt.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    attempt.add_argument(
        "--report",
        type=Path,
        metavar="PATH",
        help="where the report goes (tlkit-report.html, or with a number if there is one)",
    )
    attempt.add_argument(
        "--overwrite", action="store_true", help="write the report over a file that is there"
    )
    _add_folder_options(attempt.add_argument_group("for a folder of your own"))

    start = commands.add_parser(
        "start",
        help="copy the lessons into your own folder and open them",
        description="Copy the lessons into a folder of your own, where your work is never overwritten, "
        "and open JupyterLab there.",
        allow_abbrev=False,
    )
    start.add_argument("folder", nargs="?", type=Path, default=Path("tlkit-lessons"), metavar="DIR")
    start.add_argument("--no-browser", action="store_true", help="print the address, open no window")
    start.add_argument("--port", type=_positive, help="serve on this port (the first free one from 8888)")
    start.add_argument("--copy-only", action="store_true", help="copy the lessons and stop")

    cache = commands.add_parser(
        "cache",
        help="what is kept on disk to save time: list, limit, clear",
        description="What tlkit keeps on disk to save time. All of it can be made again.",
        allow_abbrev=False,
    )
    actions = cache.add_subparsers(dest="action", metavar="ACTION", parser_class=_Parser)
    actions.add_parser("list", help="how much there is (also without an action)", allow_abbrev=False)
    limit = actions.add_parser("limit", help="how much there may be", allow_abbrev=False)
    limit.add_argument("name", metavar="NAME", help="as `tlkit cache list` names it")
    limit.add_argument(
        "size", metavar="SIZE", help="such as 500MB or 2GB; the oldest files make room at once"
    )
    clear = actions.add_parser("clear", help="delete the files of one cache, or of all", allow_abbrev=False)
    clear.add_argument("name", metavar="NAME", nargs="?", help="as `tlkit cache list` names it")

    commands.add_parser("lessons", help="list the lessons", allow_abbrev=False)
    commands.add_parser("info", help="what is installed, embedded and missing here", allow_abbrev=False)
    return top


def _add_folder_options(folder: argparse._ArgumentGroup) -> None:
    folder.add_argument(
        "--group",
        metavar="WHAT",
        help="keep what belongs together out of training and test at once: alike for pictures that look the same, or "
        "a column of the CSV file",
    )
    folder.add_argument(
        "--csv", metavar="FILE", help="names pictures and classes (the only one in the folder)"
    )
    folder.add_argument("--file-column", metavar="NAME", help="its column of file names")
    folder.add_argument("--label-column", metavar="NAME", help="its column of classes")
    folder.add_argument(
        "--split-column", metavar="NAME", help="its column that says train, validation or test"
    )
    folder.add_argument("--suffix", default="", metavar=".JPG", help="added to the file names in it")
    folder.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="CLASS",
        help="a class that is not wanted; repeat for more",
    )
    folder.add_argument(
        "--split-seed",
        type=_from_zero,
        default=0,
        metavar="N",
        help="decides what is for training and test (0)",
    )
    folder.add_argument("--strict", action="store_true", help="stop where problems are found in the pictures")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 (it failed), 2 (a wrong call) or 130 (Ctrl-C).

    Examples
    --------
    >>> main(["lessons"])
    01  ...
    """
    top = parser()
    given = top.parse_args(arguments)
    if given.command is None:
        top.print_help()
        return 0
    try:
        commands = {"try": _try, "start": _start, "cache": _cache, "lessons": _lessons, "info": _info}
        status = commands[given.command](given)
        sys.stdout.flush()
        return status
    except TlkitError as error:
        _say(f"tlkit: {error}")
        return 1
    except KeyboardInterrupt:
        _say("\ntlkit: stopped. Nothing half-written is left.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`tlkit lessons | head -1`): leave nothing for Python to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _try(given: argparse.Namespace) -> int:
    from tlkit.compare.attempt import attempt
    from tlkit.compare.typed import Folder, Typed

    labels = given.curve if given.curve is not None else (given.labels,) if given.labels else ()
    typed = Typed(
        source=given.source,
        target=given.target,
        network=given.network,
        labels_per_class=tuple(labels) or None,
        curve=given.curve is not None,
        seeds=given.seeds,
        arms=given.arms,
        folder=Folder(
            group=given.group,
            csv=given.csv,
            file=given.file_column,
            label=given.label_column,
            split=given.split_column,
            suffix=given.suffix,
            leave_out=tuple(given.leave_out),
            seed=given.split_seed,
            strict=given.strict,
        ),
    )
    done = attempt(typed, given.report, _say, overwrite=given.overwrite)
    print(done.json() if given.json else done)
    return 0


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


def _cache(given: argparse.Namespace) -> int:
    from tlkit import caches

    if given.action == "clear":
        print(caches.clear(given.name))
        return 0
    if given.action == "limit":
        deleted = caches.set_limit(given.name, caches.parse_size(given.size))
        if deleted:
            print(f"{len(deleted):,} of the oldest files deleted")
    print(caches.listed())
    return 0


def _lessons(given: argparse.Namespace) -> int:
    from tlkit.course import lessons

    for lesson in lessons():
        print(f"{lesson.number}  {lesson.title} ({lesson.minutes} minutes)")
        for aim in lesson.aims:
            print(f"      {aim}")
    return 0


def _info(given: argparse.Namespace) -> int:
    from tlkit import doctor

    print(doctor.installation())
    return 0


if __name__ == "__main__":
    sys.exit(main())
