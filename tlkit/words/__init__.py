"""Words: pretrained word vectors, embedded and from files, what is near what in them, and training your own."""

from tlkit.words.loading import load, names
from tlkit.words.word_vectors import WordVectors

__all__ = ["load", "names", "WordVectors"]
