"""load: word vectors by their name."""

from __future__ import annotations

from tlkit.errors import unknown_name
from tlkit.words.embedded import embedded_names, read_embedded
from tlkit.words.word_vectors import WordVectors


def names() -> list[str]:
    """Return the names of all word vectors that are embedded.

    Examples
    --------
    >>> names()
    ['words:english', 'words:explosion']
    """
    return embedded_names()


def load(name: str) -> WordVectors:
    """Load pretrained word vectors.

    Parameters
    ----------
    name
        One of ``names()``.

    Raises
    ------
    UnknownNameError
        There are none of this name; the error names the nearest one.
    WeightsError
        The file is missing, was changed or cut short.

    Examples
    --------
    >>> english = load("words:english")
    >>> english
    WordVectors('words:english', 22,144 words x 50)
    >>> english.vector("cat").shape
    (50,)
    """
    if name not in names():
        raise unknown_name("set of word vectors", name, names())
    return read_embedded(name)
