"""`tlkit try`: train with and without transfer and compare."""

from __future__ import annotations

import argparse
from pathlib import Path

from tlkit.cli.arguments import Commands, from_zero, names, positive, say, whole_numbers


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Register the command."""
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
        "such as zoo:efficientnet-lite0, which learned from ImageNet, for photographs of your own, or "
        "torchvision:resnet18 once it is fetched, or words:english for texts",
    )
    attempt.add_argument(
        "--target",
        default="",
        metavar="NAME",
        help="the data set to learn now (greek; emoji:twemoji for a colour network of a hub, emoji:names for one of "
        "texts); or the path of a folder of pictures, with one folder per class or a CSV "
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
        type=positive,
        metavar="K",
        help="labels per class (1; of a folder 5, or as many as the smallest class has)",
    )
    attempt.add_argument(
        "--seeds",
        type=positive,
        default=0,
        metavar="N",
        help="how many random draws (5; fewer for a large network)",
    )
    attempt.add_argument(
        "--arms",
        type=names,
        metavar="A,B,…",
        help="which ways to solve the task: scratch, scratch-long, random-frozen, frozen, last-stage, "
        "fine-tuned, fine-tuned-gradually, pixels; for texts tf-idf, character-ngrams",
    )
    attempt.add_argument(
        "--curve",
        type=whole_numbers,
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
    attempt.set_defaults(run=_run)


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
        type=from_zero,
        default=0,
        metavar="N",
        help="decides what is for training and test (0)",
    )
    folder.add_argument("--strict", action="store_true", help="stop where problems are found in the pictures")


def _run(given: argparse.Namespace) -> int:
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
    done = attempt(typed, given.report, say, overwrite=given.overwrite)
    print(done.json() if given.json else done)
    return 0
