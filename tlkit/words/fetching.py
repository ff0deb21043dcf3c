"""fetch: networks and word vectors on this machine before they are needed, by one list of names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from tlkit.backbones import fetching
from tlkit.backbones.fetching import Fetched, Fetching
from tlkit.backbones.hubs import places
from tlkit.backbones.hubs.hub import say
from tlkit.errors import TlkitError, unknown_name
from tlkit.words.converted import is_converted
from tlkit.words.embedded import embedded_names
from tlkit.words.loading import is_of_words
from tlkit.words.remote import REMOTE, load_remote


def fetch(
    names: str | Iterable[str],
    *,
    to: str | os.PathLike[str] | None = None,
    trust: bool = False,
    tell: Callable[[str], None] = say,
) -> Fetching:
    """Fetch networks, as `backbones.fetching.fetch` does, and word vectors, as ``words.load`` takes them.

    Parameters
    ----------
    names, to, trust, tell
        As for networks.

    Raises
    ------
    UnknownNameError
        One of the names cannot be; nothing was fetched.

    Examples
    --------
    >>> print(fetch(["zoo:resnet-letters", "words:english"], tell=print))
    1 of 1 sets of word vectors is here already.
    1 of 1 is here already.
    2 of 2 are on this machine.
    name                state
    zoo:resnet-letters  was there
    words:english       was there
    """
    wanted = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    vectors = [name for name in wanted if is_of_words(name)]
    known = [*embedded_names(), *REMOTE]
    for name in vectors:
        if name not in known:
            raise unknown_name("set of word vectors", name, known)
    networks = [name for name in wanted if name not in vectors]
    outcomes: dict[str, Fetched] = {}
    if vectors:
        with places.gathered_in(to):
            _tell_sizes(vectors, tell)
    if networks or not vectors:
        done = fetching.fetch(networks, to=to, trust=trust, tell=tell)
        outcomes = {one.name: one for one in done.outcomes}
    with places.gathered_in(to):
        outcomes |= {name: _fetched(name, tell) for name in vectors}
        return Fetching(tuple(outcomes[name] for name in wanted), places.one_folder())


def _tell_sizes(vectors: list[str], tell: Callable[[str], None]) -> None:
    remote = [REMOTE[name] for name in vectors if name in REMOTE]
    missing = [one for one in remote if not is_converted(one.folder) and not one.file.exists()]
    # Several sets may come from one file.
    bytes_of = {one.file: one.bytes for one in missing}
    sizes: list[int | None] = [bytes_of.pop(one.file, 0) for one in missing]
    tell(fetching.here_already(len(vectors) - len(missing), len(vectors), sizes, "sets of word vectors"))


def _fetched(name: str, tell: Callable[[str], None]) -> Fetched:
    if name not in REMOTE or is_converted(REMOTE[name].folder):
        return Fetched(name, "was there")
    try:
        load_remote(name, download=True, tell=tell)
    except TlkitError as error:
        return Fetched(name, "failed", str(error))
    return Fetched(name, "fetched")
