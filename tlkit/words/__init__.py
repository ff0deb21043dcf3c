"""Words: pretrained word vectors, embedded and from files, what is near what in them, and training your own."""

from tlkit.words.association import association
from tlkit.words.converted import verify
from tlkit.words.converting import convert
from tlkit.words.gensim_files import from_gensim
from tlkit.words.loading import load, names
from tlkit.words.projection import projection
from tlkit.words.reading import read
from tlkit.words.text_backbone import text_backbone
from tlkit.words.training import Passed, train_glove, train_word2vec
from tlkit.words.word_vectors import WordVectors
from tlkit.words.writing import write

__all__ = [
    "load",
    "names",
    "read",
    "write",
    "convert",
    "verify",
    "from_gensim",
    "WordVectors",
    "projection",
    "association",
    "train_glove",
    "train_word2vec",
    "Passed",
    "text_backbone",
]
