"""fetch: have weights on this machine before they are needed, for oneself or for a whole class."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tlkit.backbones.hubs import places
from tlkit.backbones.hubs.hub import Asked, adapter, say, split_name
from tlkit.backbones.hubs.missing import size_in_words
from tlkit.backbones.loading import load
from tlkit.errors import DataError, NotFetchedError, StoreError, TlkitError, UnknownNameError, WeightsError
from tlkit.table import Table

# timm's own word for a folder that it saved.
_LOCAL = "local-dir:"


@dataclass(frozen=True)
class Fetched:
    """What came of one name.

    Parameters
    ----------
    name
        As it was given.
    state
        ``"was there"``, ``"fetched"`` or ``"failed"``.
    reason
        Why it failed, or why it is not in the one folder; empty otherwise.
    """

    name: str
    state: str
    reason: str = ""


@dataclass(frozen=True, repr=False)
class Fetching:
    """What `fetch` did.

    Parameters
    ----------
    outcomes
        One for each name, in the order they were given.
    folder
        The one folder for all of them; None where each client used its own.
    """

    outcomes: tuple[Fetched, ...]
    folder: Path | None = None

    @property
    def complete(self) -> bool:
        """Whether all of them are on this machine now."""
        return all(one.state != "failed" for one in self.outcomes)

    def table(self) -> Table:
        """Return the outcomes as rows."""
        here = sum(one.state != "failed" for one in self.outcomes)
        return Table(
            f"{here} of {len(self.outcomes)} are on this machine.",
            ("name", "state"),
            tuple(
                (one.name, f"{one.state}: {one.reason}" if one.reason else one.state) for one in self.outcomes
            ),
        )

    def __str__(self) -> str:
        if (
            self.folder is None
            or not self.complete
            or not (self.folder.is_dir() and any(self.folder.iterdir()))
        ):
            return str(self.table())
        return f"{self.table()}\nTo use them without a network, set {places.MODELS}={self.folder}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def fetch(
    names: str | Iterable[str],
    *,
    to: str | os.PathLike[str] | None = None,
    trust: bool = False,
    tell: Callable[[str], None] = say,
) -> Fetching:
    """Fetch the weights of networks, and load each once to see that it works.

    What is there already is not fetched again. One that fails does not keep the others from being fetched.

    Parameters
    ----------
    names
        One or several, as ``load`` takes them.
    to
        One folder for all hubs, to copy to other machines, which use it without a network where ``TLKIT_MODELS`` names
        it. None is what that names here, or else each client's own folder.
    trust
        Whether code that comes with the weights may be run, as for ``load``.
    tell
        Takes each line of progress: first what there is, and how large the rest is.

    Raises
    ------
    UnknownNameError
        One of the names cannot be; nothing was fetched.

    Examples
    --------
    >>> print(fetch("zoo:resnet-letters", tell=print))
    1 of 1 is here already.
    1 of 1 are on this machine.
    name                state
    zoo:resnet-letters  was there
    """
    wanted = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    if not wanted:
        raise DataError("No name is given.", "Name what is to be fetched: fetch('torchvision:resnet18').")
    with places.gathered_in(to):
        states = {name: _state(name, trust) for name in wanted}
        missing = {name: error for name, error in states.items() if isinstance(error, NotFetchedError)}
        ready = sum(error is None for error in states.values())
        tell(here_already(ready, len(wanted), [one.bytes for one in missing.values()]))
        outcomes = []
        for name, error in states.items():
            if name in missing:
                outcomes.append(_fetched(name, trust, tell))
            elif error is not None:
                outcomes.append(Fetched(name, "failed", str(error)))
            else:
                outcomes.append(Fetched(name, "was there", _elsewhere(name)))
        return Fetching(tuple(outcomes), places.one_folder())


def read_names(path: str | os.PathLike[str]) -> list[str]:
    """Read names from a file: one a line; what follows a # is a comment.

    Raises
    ------
    StoreError
        The file cannot be read.
    DataError
        It names nothing.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"Could not read {os.fspath(path)}: {error}.", "Check the path.") from error
    found = [line.partition("#")[0].strip() for line in lines]
    names = [one for one in found if one]
    if not names:
        raise DataError(
            f"{os.fspath(path)} names nothing.", "Write one name a line, such as torchvision:resnet18."
        )
    return names


def _state(name: str, trust: bool) -> TlkitError | None:
    """Return why a network cannot be loaded as things are; None if it can."""
    try:
        _load(name, trust, None)
    except UnknownNameError:
        raise
    except TlkitError as error:
        return error
    except Exception as error:  # a library's own, of which no adapter knew
        return _unforeseen(name, error)
    return None


def _fetched(name: str, trust: bool, tell: Callable[[str], None]) -> Fetched:
    try:
        _load(name, trust, tell)
    except TlkitError as error:
        return Fetched(name, "failed", str(error))
    except Exception as error:  # a library's own, of which no adapter knew
        return Fetched(name, "failed", str(_unforeseen(name, error)))
    return Fetched(name, "fetched", _elsewhere(name))


def _unforeseen(name: str, error: Exception) -> TlkitError:
    # Its words may name addresses that are signed: they are for whoever asks, not for a list.
    return WeightsError(
        f"{name} cannot be loaded: a library gave up with {type(error).__name__}.",
        f"What it says, backbones.load({name!r}) shows.",
    )


def _elsewhere(name: str) -> str:
    """Say of weights that are not in the one folder where they are: packages and what is your own are not copied."""
    folder, found = places.one_folder(), split_name(name)
    if folder is None or found is None:
        return ""
    prefix, rest = found
    present = adapter(prefix).present()
    cure = "install it on the other machines as well"
    place = next((one.place for one in present if one.name == name), None)
    if prefix == "shelf":
        # All of a shelf lies in one place; a name without a version is none of those listed.
        place, cure = next((one.place for one in present), None), "name it with TLKIT_SHELF there as well"
        if place is None:
            return f"it lies on your shelf, which this folder does not hold; {cure}"
    elif place is None and _is_path(prefix, rest):
        place, cure = Path(rest.removeprefix(_LOCAL)).expanduser(), "copy it to the other machines as well"
    # Of relative paths and links, what they lead to.
    if place is None or place.resolve().is_relative_to(folder.resolve()):
        return ""
    where = "on your shelf" if prefix == "shelf" else f"in {place}"
    return f"it lies {where}, which this folder does not hold; {cure}"


def _is_path(prefix: str, rest: str) -> bool:
    return prefix == "file" or rest.startswith((_LOCAL, os.sep, "~", "."))


def _load(name: str, trust: bool, tell: Callable[[str], None] | None) -> None:
    found = split_name(name)
    if found is None:
        load(name)
        return
    prefix, rest = found
    asked = Asked(trust=trust) if tell is None else Asked(download=True, trust=trust, tell=tell)
    adapter(prefix).load(rest, asked)


def here_already(here: int, many: int, sizes: list[int | None], what: str = "") -> str:
    """Say how many of several things need no fetching, and how large the others are.

    Parameters
    ----------
    here, many
        How many are on this machine, and how many there are.
    sizes
        Bytes to fetch for each that is missing; None where nobody knows, 0 where another one's file holds it too.
    what
        The things, in the plural; empty where that is clear.

    Examples
    --------
    >>> here_already(1, 2, [5_000_000])
    '1 of 2 is here already; 1 missing, 5.0 MB to fetch.'
    >>> here_already(0, 2, [None, None], "networks")
    '0 of 2 networks are here already; 2 missing, of unknown size.'
    """
    words = f"{here} of {many}{f' {what}' if what else ''} {'is' if here == 1 else 'are'} here already"
    if sizes:
        known = [size for size in sizes if size is not None]
        total = f"{size_in_words(sum(known))} to fetch" if known else "of unknown size"
        if known and len(known) < len(sizes):
            total += f", and {len(sizes) - len(known)} of unknown size"
        words += f"; {len(sizes)} missing, {total}"
    return f"{words}."
