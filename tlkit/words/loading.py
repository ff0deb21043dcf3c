"""load: word vectors by their name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tlkit.errors import UnknownNameError, unknown_name
from tlkit.words.converted import is_converted
from tlkit.words.embedded import embedded_file, embedded_names, read_embedded
from tlkit.words.remote import REMOTE, load_remote
from tlkit.words.word_vectors import WordVectors

if TYPE_CHECKING:
    from tlkit.backbones.hubs.hub import Present


def names() -> list[str]:
    """Return the names of all word vectors that are embedded.

    Examples
    --------
    >>> names()
    ['words:english', 'words:explosion']
    """
    return embedded_names()


def is_of_words(name: str) -> bool:
    """Say whether a name, by how it begins, is one of word vectors and not of a network.

    Examples
    --------
    >>> is_of_words("glove:6B.50d"), is_of_words("zoo:resnet-letters")
    (True, False)
    """
    return name.partition(":")[0] in {one.partition(":")[0] for one in (*REMOTE, *names())}


def present() -> tuple[Present, ...]:
    """Return the word vectors that are on this machine: the embedded ones, then official files once they are converted.

    Examples
    --------
    >>> [one.name for one in present()][:2]
    ['words:english', 'words:explosion']
    """
    # On demand: hubs load torch.
    from tlkit.backbones.hubs.hub import Present

    files = {name: embedded_file(name) for name in names()}
    folders = {name: one.folder for name, one in REMOTE.items() if is_converted(one.folder)}
    return (
        *(Present(name, path, path.stat().st_size) for name, path in files.items()),
        *(
            Present(name, folder, sum(file.stat().st_size for file in folder.iterdir()))
            for name, folder in folders.items()
        ),
    )


def load(name: str, *, limit: int | None = None, download: bool = False) -> WordVectors:
    """Load pretrained word vectors.

    Parameters
    ----------
    name
        One of ``names()``, which are embedded in tlkit, or the official files: ``"glove:6B.100d"`` (also ``50d``,
        ``200d``, ``300d``), ``"glove:42B.300d"``, ``"glove:840B.300d"``, ``"glove:twitter.27B.100d"`` (also ``25d``,
        ``50d``, ``200d``), ``"word2vec:google-news-300"``. These are stored once in the folder that ``TLKIT_MODELS``
        names, or in the cache folder, and then mapped into memory.
    limit
        Only so many words from the start, which are the most frequent ones.
    download
        Whether a file that is not on this machine may be fetched; its size is said first, its hash is checked.

    Raises
    ------
    UnknownNameError
        There are none of this name; the error names the nearest one.
    WeightsError
        The file is missing, was changed or cut short.
    NotFetchedError
        The official file is not on this machine, and ``download`` is False or there is no network.

    Examples
    --------
    >>> english = load("words:english")
    >>> english
    WordVectors('words:english', 22,144 words x 50)
    >>> english.vector("cat").shape
    (50,)
    """
    if name in names():
        found = read_embedded(name)
    elif name in REMOTE:
        found = load_remote(name, download=download)
    elif isinstance(name, str | os.PathLike) and os.path.isfile(name):
        raise UnknownNameError(
            f"{name} is a file of your own.", f"Read it with words.read({os.fspath(name)!r})."
        )
    else:
        raise unknown_name("set of word vectors", name, [*names(), *REMOTE])
    return found if limit is None else found.first(limit)
