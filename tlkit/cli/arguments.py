"""How the command line reads what was typed: its parser, and kinds of arguments."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

#: What a group of commands registers itself with.
Commands = argparse._SubParsersAction


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, instead of printing the whole usage first.

    The command that was given more than it takes says so itself, so that its own help is named.
    """

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        found, strange = super().parse_known_args(args, namespace)
        if strange:
            self.error(f"unrecognized arguments: {' '.join(strange)}")
        return found, strange

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. Try `{self.prog} --help`.\n")


def whole_numbers(text: str) -> tuple[int, ...]:
    """Read whole numbers that are separated by commas, each at least 1.

    Examples
    --------
    >>> whole_numbers("1,2,5")
    (1, 2, 5)
    """
    try:
        numbers = tuple(int(one) for one in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers like 1,2,5") from None
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} holds a number below 1")
    return numbers


def positive(text: str) -> int:
    """Read one whole number of at least 1."""
    numbers = whole_numbers(text)
    if len(numbers) != 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not one whole number")
    return numbers[0]


def from_zero(text: str) -> int:
    """Read one whole number of at least 0."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def names(text: str) -> tuple[str, ...]:
    """Read names that are separated by commas.

    Examples
    --------
    >>> names("scratch, frozen")
    ('scratch', 'frozen')
    """
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    if not found:
        raise argparse.ArgumentTypeError("no name is given")
    return found


def say(text: str) -> None:
    """Print to standard error: what is going on, not what was asked for."""
    print(text, file=sys.stderr, flush=True)
