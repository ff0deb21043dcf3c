"""Words: pretrained word vectors, embedded and from files, what is near what in them, and training your own."""

from tlkit.words.word_vectors import WordVectors

__all__ = ["WordVectors"]
