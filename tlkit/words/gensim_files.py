"""gensim: its vectors in memory and its own files."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tlkit.errors import DataError, MissingPartError
from tlkit.words.word_vectors import WordVectors


def gensim_models() -> ModuleType:
    """Import gensim's models.

    Raises
    ------
    MissingPartError
        gensim is not installed.
    """
    try:
        import gensim.models
    except ImportError as error:
        raise MissingPartError("gensim is not installed.", "Run `pip install 'tlkit[text]'`.") from error
    models: ModuleType = gensim.models
    return models


def from_gensim(vectors: Any, name: str = "own") -> WordVectors:
    """Take over gensim's KeyedVectors, or those of a trained Word2Vec or FastText.

    Raises
    ------
    DataError
        It is something else.
    """
    found = getattr(vectors, "wv", vectors)
    if not hasattr(found, "index_to_key") or not hasattr(found, "vectors"):
        raise DataError(f"A {type(vectors).__name__} holds no word vectors.", "Give gensim's KeyedVectors.")
    return WordVectors([str(one) for one in found.index_to_key], np.array(found.vectors, np.float32), name)


def load_saved(place: Path, name: str) -> WordVectors:
    """Read what gensim's ``save`` wrote, which is a pickle: only after its origin was trusted."""
    gensim_models()
    from gensim.utils import SaveLoad

    try:
        saved = SaveLoad.load(str(place))
    except Exception as error:  # a pickle can fail in any way
        raise DataError(f"gensim cannot read {place.name}: {error}.", "Get it again.") from error
    return from_gensim(saved, name)
