"""`tlkit fetch`: weights of networks and word vectors, before they are needed."""

from __future__ import annotations

import argparse
from pathlib import Path

from tlkit.cli.arguments import Commands, say


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Register the command."""
    fetch = commands.add_parser(
        "fetch",
        help="fetch the weights of networks and word vectors, for yourself or for a class",
        description="Fetch the weights of networks, and word vectors, and load each once. What is there is not fetched"
        " again, and what broke off goes on. With --to, everything lies in one folder: copy it to machines without a"
        " network, and set TLKIT_MODELS to it there.",
        allow_abbrev=False,
    )
    fetch.add_argument(
        "names", nargs="*", metavar="NAME", help="such as torchvision:resnet18 or glove:6B.100d"
    )
    fetch.add_argument(
        "--list",
        dest="listed",
        type=Path,
        metavar="FILE",
        help="names one network a line; # begins a comment",
    )
    fetch.add_argument("--to", type=Path, metavar="FOLDER", help="one folder for all hubs")
    fetch.add_argument(
        "--trust", action="store_true", help="run code that comes with the weights (torch-hub)"
    )
    fetch.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    from tlkit.backbones.fetching import read_names
    from tlkit.words.fetching import fetch

    names = [*given.names, *(read_names(given.listed) if given.listed is not None else [])]
    done = fetch(names, to=given.to, trust=given.trust, tell=say)
    print(done)
    return 0 if done.complete else 1
