"""Remote: the official files of GloVe and word2vec, fetched when that is asked for, checked, and converted once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlkit import files
from tlkit.errors import NotFetchedError, TakenError, WeightsError
from tlkit.words.converted import is_converted, open_converted
from tlkit.words.converting import convert
from tlkit.words.word_vectors import WordVectors


@dataclass(frozen=True)
class Remote:
    """Word vectors on somebody's server.

    Parameters
    ----------
    name
        As ``words.load`` takes it.
    url
        Of the file, which may hold other vectors too.
    bytes
        Its size.
    sha256, md5
        Its hash as it is published; one of them. MD5 finds damage, but not a forger.
    member
        Which file in it; empty if it is none that holds files.
    words, dimensions
        How many.
    data
        What the vectors were learned from.
    licence
        Of the vectors, as an SPDX identifier or in words.
    alone
        Whether the file holds these vectors only, so that it is not needed once they are converted.
    """

    name: str
    url: str
    bytes: int
    sha256: str
    md5: str
    member: str
    words: int
    dimensions: int
    data: str
    licence: str
    alone: bool

    @property
    def converted_bytes(self) -> int:
        """About how large the folder becomes."""
        return self.words * (4 * self.dimensions + 30)

    @property
    def file(self) -> Path:
        """Where the file lies once it is fetched."""
        return words_folder() / self.url.rpartition("/")[2]

    @property
    def folder(self) -> Path:
        """Where the converted vectors lie."""
        return words_folder() / self.name.replace(":", "-")

    def card(self) -> dict[str, Any]:
        """Return the card's entries."""
        authors = {
            "glove": "GloVe: J. Pennington, R. Socher and C. D. Manning, Stanford NLP Group, EMNLP 2014.",
            "word2vec": "word2vec: T. Mikolov, K. Chen, G. Corrado and J. Dean, Google, 2013; served by gensim-data.",
        }[self.name.partition(":")[0]]
        return {
            "name": self.name,
            "title": f"{self.words:,} words by the official file.",
            "architecture": f"word vectors, {self.words:,} words x {self.dimensions}",
            "origin": authors,
            "data": self.data,
            "licence_weights": self.licence,
            "lineage": {
                "source": self.url,
                "file_sha256": files.sha256(self.file),
                "checked_by": "the SHA-256 that others published"
                if self.sha256
                else "the MD5 that gensim-data publishes",
                "parents": "none: from random weights",
            },
            "intended_use": "Short English texts with few labels; what is near what; analogies.",
            "limits": ["They carry what people wrote, prejudice and insults included."],
        }


def _glove(
    corpus: str, sizes: tuple[int, ...], words: int, data: str, size: int, sha256: str
) -> dict[str, Remote]:
    archive = f"glove.{corpus}" + (".300d" if sizes == (300,) else "")
    return {
        f"glove:{corpus}.{width}d": Remote(
            f"glove:{corpus}.{width}d",
            f"https://nlp.stanford.edu/data/{archive}.zip",
            size,
            sha256,
            "",
            f"glove.{corpus}.{width}d.txt",
            words,
            width,
            data,
            "PDDL-1.0",
            len(sizes) == 1,
        )
        for width in sizes
    }


REMOTE: dict[str, Remote] = {
    **_glove(
        "6B",
        (50, 100, 200, 300),
        400_000,
        "Wikipedia of 2014 and Gigaword 5, 6 billion words in small letters.",
        862_182_613,
        "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
    ),
    **_glove(
        "42B",
        (300,),
        1_917_494,
        "Common Crawl, 42 billion words in small letters.",
        1_877_802_108,
        "03d5d7fa28e58762ace4b85fb71fe86a345ef0b5ff39f5390c14869da0fc1970",
    ),
    **_glove(
        "840B",
        (300,),
        2_196_017,
        "Common Crawl, 840 billion words.",
        2_176_768_927,
        "c06db255e65095393609f19a4cfca20bf3a71e20cc53e892aafa490347e3849f",
    ),
    **_glove(
        "twitter.27B",
        (25, 50, 100, 200),
        1_193_514,
        "2 billion tweets, 27 billion words in small letters.",
        1_520_408_563,
        "792af52f795d1a32c9842a3240f5f3fe5e941a8ff6df5eb0f9d668092ebc019c",
    ),
    "word2vec:google-news-300": Remote(
        "word2vec:google-news-300",
        "https://github.com/RaRe-Technologies/gensim-data/releases/download/word2vec-google-news-300/"
        "word2vec-google-news-300.gz",
        1_743_563_840,
        "",
        "a5e5354d40acb95f9ec66d5977d140ef",
        "",
        3_000_000,
        300,
        "Google News, about 100 billion words.",
        "unknown: its publishers state none",
        True,
    ),
}


def words_folder() -> Path:
    """Return where fetched word vectors lie: in ``$TLKIT_MODELS`` if that is set, else in the cache folder."""
    models = os.environ.get("TLKIT_MODELS")
    return (Path(models).expanduser().resolve() if models else files.cache_folder()) / "words"


def load_remote(
    name: str, *, download: bool = False, tell: Callable[[str], None] | None = None
) -> WordVectors:
    """Open vectors of ``REMOTE``; fetch and convert them before, if they are not here and that is allowed.

    Parameters
    ----------
    name
        One of ``REMOTE``.
    download
        Whether the file may be fetched.
    tell
        Called with what is about to be fetched and how large it is; None prints it.

    Raises
    ------
    NotFetchedError
        They are not here and ``download`` is False, or there is no network.
    WeightsError
        The file is not the official one: its hash is another.
    """
    remote = REMOTE[name]
    if is_converted(remote.folder):
        return open_converted(remote.folder)
    if not remote.file.exists():
        if not download:
            raise _not_here(remote)
        _fetch(remote, tell)
    _check(remote)
    try:
        convert(
            remote.file,
            remote.folder,
            member=remote.member or None,
            name=remote.name,
            card=remote.card(),
            encoding_errors="replace",
        )
    except TakenError:
        # Another process was faster, with the same file; or something else lies there, and the file is still needed.
        if not is_converted(remote.folder):
            raise
    if remote.alone:
        remote.file.unlink(missing_ok=True)
    return open_converted(remote.folder)


def _not_here(remote: Remote) -> NotFetchedError:
    from tlkit.backbones.hubs import size_in_words

    error = NotFetchedError(
        f"{remote.name} (a file of {size_in_words(remote.bytes)}, and about {size_in_words(remote.converted_bytes)}"
        f" more to store it) is not in {words_folder()}, and nothing is downloaded unasked.",
        f"Where there is a network, run `tlkit fetch {remote.name}`, or load with download=True; or copy"
        f" {remote.file.name} into that folder. words:english is here without.",
    )
    error.bytes = remote.bytes
    return error


def _fetch(remote: Remote, tell: Callable[[str], None] | None) -> None:
    # On demand: it lives beside the networks, which load torch.
    from tlkit.backbones.hubs.fetch import fetch
    from tlkit.backbones.hubs.hub import say
    from tlkit.backbones.hubs.wanted import Wanted

    fetch(Wanted(remote.name, remote.url, remote.file, remote.sha256, remote.bytes, remote.md5), tell or say)


def _check(remote: Remote) -> None:
    with open(remote.file, "rb") as file:
        kind = "sha256" if remote.sha256 else "md5"
        found = hashlib.file_digest(file, kind).hexdigest()
    expected = remote.sha256 or remote.md5
    if found != expected:
        raise WeightsError(
            f"{remote.file} is not the official file of {remote.name}: its {kind.upper()} is {found}, expected"
            f" {expected}.",
            "Delete it and fetch it again, or ask whoever runs the server or the proxy.",
        )
