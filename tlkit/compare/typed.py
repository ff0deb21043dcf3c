"""Typed: what was asked of `tlkit try`, and how to type it again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

from tlkit.errors import TlkitError

#: Settings of `data.images`, and what they are called on the command line.
OPTIONS = {
    "group": "--group",
    "csv": "--csv",
    "file": "--file-column",
    "label": "--label-column",
    "split": "--split-column",
    "suffix": "--suffix",
    "leave_out": "--leave-out",
    "seed": "--split-seed",
    "strict": "--strict",
}
# Advice that is written for Python, and what a command line does instead.
_ADVICE = (
    ("Give a function of the file's name, or group='alike'.", "Leave it out, or give --group alike."),
    ("or read with group='alike'", "or add --group alike"),
    ("Read with group='alike'", "Add --group alike"),
    ("read it with strict=False", "leave --strict out"),
    ("name another with folder='…'", "name another folder with --target"),
    (", leave the class out, or make the shares smaller", ", or leave the class out"),
    ("leave the class out", "leave the class out (--leave-out)"),
    ("leave_out names", "--leave-out names"),
    ("Leave split out", "Leave --split-column out"),
    ("look at them with .preview()", "look at them in the report"),
)
_SETTING = re.compile(rf"\b({'|'.join(OPTIONS)})='([^']*)'")
_RULE = re.compile(r" \[[a-z]+(-[a-z]+)*\](?= \(\d|$)")
_SMALLER = re.compile(r" ?Give a smaller size than \d+ if most are\.")


@dataclass(frozen=True)
class Folder:
    """How a folder of one's own is to be read: settings of `data.images`.

    Parameters
    ----------
    group, csv, file, label, split, suffix, leave_out, seed, strict
        As for `data.images`; ``seed`` decides the split alone.

    Examples
    --------
    >>> Folder(group="alike", leave_out=("fox",)).words()
    ['--group', 'alike', '--leave-out', 'fox']
    """

    group: str | None = None
    csv: str | None = None
    file: str | None = None
    label: str | None = None
    split: str | None = None
    suffix: str = ""
    leave_out: tuple[str, ...] = ()
    seed: int = 0
    strict: bool = False

    def settings(self) -> dict[str, Any]:
        """Return what differs from the usual."""
        return {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if getattr(self, one.name) != one.default
        }

    def words(self) -> list[str]:
        """Return the settings as they are typed."""
        typed: list[str] = []
        for name, value in self.settings().items():
            option = OPTIONS[name]
            several = value if isinstance(value, tuple) else (value,)
            typed += [word for one in several for word in ([option] if one is True else [option, str(one)])]
        return typed


@dataclass(frozen=True)
class Typed:
    """What was asked of `tlkit try`.

    Parameters
    ----------
    source
        What the network learned before, or the whole name of a network: ``"zoo:…"``, ``"torchvision:…"``.
    target
        The data set to learn now: an embedded one, or a folder of pictures, or a CSV file in it; empty for an embedded
        one that suits the network.
    network
        ``"resnet"``, ``"vgg"`` or ``"inception"``; plays no part if ``source`` names the network.
    labels_per_class
        One number, or several for a curve; None for as many as suit the data.
    curve
        Whether several are wanted.
    seeds
        How many draws; 0 for the usual five, or fewer where a network is large.
    arms
        None for the usual ones.
    folder
        How a folder is to be read.
    """

    source: str = "letters"
    target: str = "greek"
    network: str = "resnet"
    labels_per_class: tuple[int, ...] | None = None
    curve: bool = False
    seeds: int = 5
    arms: tuple[str, ...] | None = None
    folder: Folder = Folder()

    def command(self) -> str:
        """Return what to type to get the same comparison again.

        Examples
        --------
        >>> Typed(labels_per_class=(1,)).command()
        'tlkit try --source letters --target greek --network resnet --labels 1 --seeds 5'
        """
        words = ["tlkit", "try", "--source", self.source, "--target", self.target]
        words += ["--network", self.network] if ":" not in self.source else []
        counts = self.labels_per_class or ()
        if counts:
            words += ["--curve" if len(counts) > 1 else "--labels", ",".join(map(str, counts))]
        words += ["--seeds", str(self.seeds), *self.folder.words()]
        return shlex.join([*words, *(["--arms", ",".join(self.arms)] if self.arms is not None else [])])


def in_options(text: str) -> str:
    """Return advice that was written for Python in the words of the command line.

    Examples
    --------
    >>> in_options("Keep one of each, or read with group='alike'.")
    'Keep one of each, or add --group alike.'
    >>> in_options("Say which one holds the label: label='…'.")
    'Say which one holds the label: --label-column NAME.'
    """
    for python, typed in _ADVICE:
        text = text.replace(python, typed)
    text = _RULE.sub("", _SMALLER.sub("", text))
    return _SETTING.sub(lambda found: f"{OPTIONS[found[1]]} {found[2].replace('…', 'NAME')}", text)


@contextmanager
def told_in_options() -> Iterator[None]:
    """Let errors about a folder advise what can be typed."""
    try:
        yield
    except TlkitError as error:
        raise type(error)(in_options(error.what), in_options(error.cure)) from None
