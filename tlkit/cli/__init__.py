"""The command line. It only translates: every command is one call into a package.

Each file registers a group of commands with ``add(commands)``. Nothing heavy is imported until a command needs it,
so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from tlkit import __version__
from tlkit.cli import attempt, cache, course, governance, info, models, shelf
from tlkit.cli.arguments import Parser, say
from tlkit.errors import TlkitError

INTERRUPTED = 130
#: The groups of commands, in the order in which ``--help`` lists them.
GROUPS = (attempt, course, models, cache, shelf, governance, info)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line.

    Examples
    --------
    >>> parser().parse_args(["try", "--labels", "5"]).labels
    5
    """
    top = Parser(prog="tlkit", description="A teaching kit for transfer learning.", allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"tlkit {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for group in GROUPS:
        group.add(commands)
    return top


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
        status: int = given.run(given)
        sys.stdout.flush()
        return status
    except TlkitError as error:
        say(f"tlkit: {error}")
        return 1
    except KeyboardInterrupt:
        say("\ntlkit: stopped. Nothing half-written is left.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`tlkit lessons | head -1`): leave nothing for Python to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
