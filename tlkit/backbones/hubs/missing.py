"""What is missing, in one sentence each: weights that are not on this machine, a library that is not installed."""

from __future__ import annotations

import os
import shlex

from tlkit.errors import MissingPartError, NotFetchedError


def size_in_words(count: int | None) -> str:
    """Return a size as people read it.

    Examples
    --------
    >>> size_in_words(46_830_571), size_in_words(900), size_in_words(None)
    ('46.8 MB', '900 bytes', 'of unknown size')
    """
    if count is None:
        return "of unknown size"
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


def fetch_command(name: str) -> str:
    """Return what is typed to fetch a network, as a shell takes it.

    Examples
    --------
    >>> print(fetch_command("keras:MobileNetV2?alpha=0.35"), fetch_command("torch-hub:owner/repo:v1:net"), sep=", ")
    `tlkit fetch 'keras:MobileNetV2?alpha=0.35'`, `tlkit fetch --trust torch-hub:owner/repo:v1:net`
    """
    # What comes from there is code, and is not even looked at otherwise.
    trust = "--trust " if name.startswith("torch-hub:") else ""
    return f"`tlkit fetch {trust}{shlex.quote(name)}`"


def not_here(name: str, folder: str | os.PathLike[str], count: int | None) -> NotFetchedError:
    """Build the error for weights that are not on this machine.

    Parameters
    ----------
    name
        As ``backbones.load`` takes it.
    folder
        Where they would lie.
    count
        Their size in bytes; None if it is not known.

    Examples
    --------
    >>> print(not_here("torchvision:resnet18", "/cache", 46_830_571))
    The weights of torchvision:resnet18 (46.8 MB) are not in /cache, and nothing is downloaded unasked. Where there is
    a network, run `tlkit fetch torchvision:resnet18`, or load with download=True.
    """
    error = NotFetchedError(
        f"The weights of {name} ({size_in_words(count)}) are not in {os.fspath(folder)}, and nothing is downloaded"
        " unasked.",
        f"Where there is a network, run {fetch_command(name)}, or load with download=True.",
    )
    error.bytes = count
    return error


def missing_part(what: str, extra: str) -> MissingPartError:
    """Build the error for a client library that is not installed.

    Examples
    --------
    >>> print(missing_part("Keras", "keras"))
    Keras is not installed. Run `pip install 'tlkit[keras]'`.
    """
    return MissingPartError(f"{what} is not installed.", f"Run `pip install 'tlkit[{extra}]'`.")
