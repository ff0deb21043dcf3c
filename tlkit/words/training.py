"""Training: vectors of your own from sentences, by GloVe or by word2vec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from tlkit.errors import DataError, StoppedError, TrainingError, expect_whole
from tlkit.words.corpus import Corpus, corpus
from tlkit.words.word_vectors import WordVectors

# gensim reads so many words of a sentence, passes over the rest and does not say so.
_LONGEST = 10_000
# Small batches learn more in a pass, large ones take less time for each entry.
_STEPS_IN_A_PASS, _LEAST_BATCH, _MOST_BATCH = 64, 16, 4_096


@dataclass(frozen=True)
class Passed:
    """A pass over the sentences that is done.

    Parameters
    ----------
    number, of
        Which, from 1, and how many there will be.
    objective
        GloVe's mean weighted squared error in this pass; None for word2vec.
    """

    number: int
    of: int
    objective: float | None = None


def train_glove(
    sentences: Iterable[str | Sequence[str]],
    *,
    dimensions: int = 50,
    window: int = 10,
    min_count: int = 2,
    epochs: int = 50,
    learning_rate: float = 0.05,
    x_max: float = 100.0,
    alpha: float = 0.75,
    seed: int = 0,
    name: str = "own:glove",
    progress: Callable[[Passed], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> WordVectors:
    r"""Learn GloVe vectors: the weighted least squares of the paper, by AdaGrad, from counts within sentences.

    .. math:: J = \sum_{ij} f(X_{ij}) (w_i \cdot \tilde w_j + b_i + \tilde b_j - \log X_{ij})^2,
              \quad f(x) = \min(1, x / x_{max})^\alpha

    :math:`X_{ij}` counts how often word j stands within ``window`` words of word i, each meeting weighted with one
    over the distance. What is returned is :math:`w + \tilde w`.

    Parameters
    ----------
    sentences
        Texts, which are cut into words in small letters, or lists of words. Small corpora give poor vectors: the
        embedded ones were learned from thousands of times more.
    dimensions
        How many numbers stand for a word.
    window
        How far apart words may stand.
    min_count
        Words that come less often are left out.
    epochs
        Passes over all counts.
    learning_rate, x_max, alpha
        As in the paper.
    seed
        The same sentences and seed give the same vectors.
    name
        What to call them.
    progress
        Called after each pass.
    should_stop
        Asked after every few entries.

    Raises
    ------
    DataError
        Too few sentences, or settings that make no sense.
    TrainingError
        The objective is no longer finite.
    StoppedError
        ``should_stop`` returned True.

    Examples
    --------
    >>> vectors = train_glove(["the cat sat on the mat", "the dog sat on the rug"], dimensions=5, epochs=5)
    >>> vectors
    WordVectors('own:glove', 3 words x 5)

    References
    ----------
    J. Pennington, R. Socher and C. D. Manning, *GloVe: Global Vectors for Word Representation*, EMNLP 2014.
    """
    # On demand: scipy's sparse matrices take a moment to load.
    from tlkit.words import glove

    read = corpus(sentences, min_count)
    settings = _checked_settings(dimensions, window, epochs, seed)
    for what, value in (("learning_rate", learning_rate), ("x_max", x_max), ("alpha", alpha)):
        if not 0 < value < float("inf"):
            raise DataError(f"{what} is {value}, expected a number above 0.", "Leave it out for the paper's.")
    counts = glove.count(read, window)
    if not len(counts.values):
        raise DataError("No two words stand together in a sentence.", "Give longer sentences.")
    size = max(_LEAST_BATCH, min(_MOST_BATCH, len(counts.values) // _STEPS_IN_A_PASS))
    generator = np.random.default_rng(seed)
    parameters = glove.initial(counts.size, dimensions, generator)
    optimizer = glove.AdaGrad(parameters, learning_rate)
    for number in range(1, epochs + 1):
        total = 0.0
        order = generator.permutation(len(counts.values))
        for start in range(0, len(order), size):
            _stop_if_asked(should_stop, number, epochs)
            part = order[start : start + size]
            batch = glove.Counts(counts.rows[part], counts.columns[part], counts.values[part], counts.size)
            total += glove.objective(parameters, batch, x_max, alpha)
            optimizer.step(glove.gradient(parameters, batch, x_max, alpha))
        if not np.isfinite(total):
            raise TrainingError(f"The objective is {total} after pass {number}.", "Lower learning_rate.")
        if progress is not None:
            progress(Passed(number, epochs, total / len(order)))
    settings |= {"learning_rate": learning_rate, "x_max": x_max, "alpha": alpha, "min_count": min_count}
    return WordVectors(
        read.words, parameters.word + parameters.near, name, _card(name, "GloVe", read, settings)
    )


def train_word2vec(
    sentences: Iterable[str | Sequence[str]],
    *,
    dimensions: int = 50,
    window: int = 5,
    min_count: int = 2,
    epochs: int = 20,
    negative: int = 5,
    seed: int = 0,
    name: str = "own:word2vec",
    progress: Callable[[Passed], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> WordVectors:
    """Learn word2vec vectors by gensim: skip-gram with negative samples, in one thread, the same each time.

    Parameters
    ----------
    sentences, dimensions, window, min_count, epochs, seed, name, progress
        As for `train_glove`.
    negative
        How many words are drawn to be told from each one that really stands near.
    should_stop
        Asked after each pass.

    Raises
    ------
    DataError
        Too few sentences, or settings that make no sense.
    StoppedError
        ``should_stop`` returned True.
    MissingPartError
        gensim is not installed.

    References
    ----------
    T. Mikolov, I. Sutskever, K. Chen, G. Corrado and J. Dean, *Distributed representations of words and phrases and
    their compositionality*, NeurIPS 2013.
    """
    from tlkit.words.gensim_files import gensim_models

    models = gensim_models()
    read = corpus(sentences, min_count)
    settings = _checked_settings(dimensions, window, epochs, seed)
    settings |= {"negative": expect_whole("negative", negative, 1, DataError), "min_count": min_count}

    class Watch(models.callbacks.CallbackAny2Vec):  # type: ignore[name-defined,misc]  # gensim has no types
        done = 0

        def on_epoch_end(self, model: Any) -> None:
            self.done += 1
            if progress is not None:
                progress(Passed(self.done, epochs))
            if self.done < epochs:
                _stop_if_asked(should_stop, self.done + 1, epochs)

    _stop_if_asked(should_stop, 1, epochs)
    model = models.Word2Vec(
        vector_size=dimensions,
        window=window,
        min_count=1,
        sg=1,
        negative=negative,
        seed=seed,
        workers=1,
        hashfxn=_hash,
    )
    texts = [one[at : at + _LONGEST] for one in read.texts() for at in range(0, len(one), _LONGEST)]
    model.build_vocab(texts)
    model.train(texts, total_examples=len(texts), epochs=epochs, callbacks=[Watch()])
    vectors = model.wv.vectors[[model.wv.key_to_index[word] for word in read.words]]
    settings["gensim"] = metadata.version("gensim")
    return WordVectors(read.words, vectors, name, _card(name, "word2vec", read, settings))


def _hash(text: str) -> int:
    """Give every word the same number in every process: Python's own hash differs between them."""
    return int.from_bytes(text.encode("utf-8", "surrogatepass")[:8].ljust(8, b"\0"), "little")


def _stop_if_asked(should_stop: Callable[[], bool] | None, number: int, epochs: int) -> None:
    if should_stop is not None and should_stop():
        raise StoppedError(f"Stopped in pass {number} of {epochs}; nothing was kept.")


def _checked_settings(dimensions: int, window: int, epochs: int, seed: int) -> dict[str, Any]:
    wanted = {"dimensions": dimensions, "window": window, "epochs": epochs}
    found: dict[str, Any] = {name: expect_whole(name, value, 1, DataError) for name, value in wanted.items()}
    # gensim takes no larger one.
    return found | {"seed": expect_whole("seed", seed, 0, DataError, 2**32 - 1)}


def _card(name: str, kind: str, read: Corpus, settings: dict[str, Any]) -> dict[str, Any]:
    count = sum(len(one) for one in read.sentences)
    return {
        "name": name,
        "title": f"{kind} vectors of your own.",
        "architecture": f"word vectors, {len(read.words):,} words x {settings['dimensions']}",
        "data": f"{len(read.sentences):,} sentences with {count:,} words that were kept.",
        "lineage": {
            "script": f"words.train_{kind.lower()}",
            "data_fingerprint": read.fingerprint,
            **settings,
            "parents": "none: from random weights",
        },
    }
