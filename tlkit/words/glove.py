"""GloVe: vectors whose products come near the logarithm of how often words stand together.

After J. Pennington, R. Socher and C. D. Manning, *GloVe: Global Vectors for Word Representation*, EMNLP 2014.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tlkit.words.corpus import Corpus

#: As in the paper.
X_MAX, ALPHA = 100.0, 0.75

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Counts:
    """How often words stand together: the entries that are not zero.

    Parameters
    ----------
    rows, columns
        (m,): a word, and one near it.
    values
        (m,): their count, each meeting weighted with one over the distance.
    size
        How many words there are.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Floats
    size: int


@dataclass(frozen=True, eq=False)
class Parameters:
    """What is learned: for every word a vector and a bias, and the same again for words that stand near.

    Parameters
    ----------
    word, near
        (n, d).
    word_bias, near_bias
        (n,).
    """

    word: Floats
    near: Floats
    word_bias: Floats
    near_bias: Floats

    def parts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return all four."""
        return self.word, self.near, self.word_bias, self.near_bias


def count(corpus: Corpus, window: int) -> Counts:
    """Count which words stand at most so many words apart in a sentence, both ways round.

    Examples
    --------
    >>> from tlkit.words.corpus import corpus
    >>> counts = count(corpus([["a", "b", "c"]], 1), window=2)
    >>> dict(zip(zip(counts.rows.tolist(), counts.columns.tolist()), counts.values.tolist()))[0, 2]
    0.5
    """
    size = len(corpus.words)
    lengths = [len(one) for one in corpus.sentences]
    words = np.fromiter((at for one in corpus.sentences for at in one), np.int64, sum(lengths))
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    total = sparse.csr_array((size, size), dtype=np.float64)
    for distance in range(1, window + 1):
        together = sentence[:-distance] == sentence[distance:]
        left, right = words[:-distance][together], words[distance:][together]
        weights = np.full(len(left), 1 / distance)
        total = total + sparse.csr_array((weights, (left, right)), shape=(size, size))
    both = sparse.coo_array(total + total.T)
    return Counts(both.row.astype(np.int64), both.col.astype(np.int64), both.data.astype(np.float64), size)


def weights(values: Floats, x_max: float = X_MAX, alpha: float = ALPHA) -> Floats:
    """Return the paper's f: how much an entry counts.

    Examples
    --------
    >>> weights(np.array([1.0, 100.0, 1e6])).round(4).tolist()
    [0.0316, 1.0, 1.0]
    """
    return np.minimum(values / x_max, 1.0) ** alpha


def objective(parameters: Parameters, counts: Counts, x_max: float = X_MAX, alpha: float = ALPHA) -> float:
    r"""Return the paper's J.

    .. math:: J = \sum_{ij} f(X_{ij}) (w_i \cdot \tilde w_j + b_i + \tilde b_j - \log X_{ij})^2
    """
    errors = _errors(parameters, counts)
    return float((weights(counts.values, x_max, alpha) * errors**2).sum())


def gradient(
    parameters: Parameters, counts: Counts, x_max: float = X_MAX, alpha: float = ALPHA
) -> tuple[tuple[NDArray[np.int64], Floats], ...]:
    """Return for each of ``Parameters.parts()`` the rows that J's gradient touches, and the gradient there."""
    pull = 2 * weights(counts.values, x_max, alpha) * _errors(parameters, counts)
    rows, by_row = np.unique(counts.rows, return_inverse=True)
    columns, by_column = np.unique(counts.columns, return_inverse=True)
    entries = np.arange(len(pull))
    # Sums over the entries of each word, as a product with a sparse matrix: np.add.at is many times slower.
    to_rows = sparse.csr_array((pull, (by_row, entries)), shape=(len(rows), len(pull)))
    to_columns = sparse.csr_array((pull, (by_column, entries)), shape=(len(columns), len(pull)))
    ones = np.ones(len(pull))
    return (
        (rows, np.asarray(to_rows @ parameters.near[counts.columns])),
        (columns, np.asarray(to_columns @ parameters.word[counts.rows])),
        (rows, np.asarray(to_rows @ ones)),
        (columns, np.asarray(to_columns @ ones)),
    )


def _errors(parameters: Parameters, counts: Counts) -> Floats:
    products = np.einsum("md,md->m", parameters.word[counts.rows], parameters.near[counts.columns])
    biases = parameters.word_bias[counts.rows] + parameters.near_bias[counts.columns]
    errors: Floats = products + biases - np.log(counts.values)
    return errors


class AdaGrad:
    """Steps that become smaller where much has moved already (J. Duchi, E. Hazan and Y. Singer, JMLR 2011).

    Parameters
    ----------
    parameters
        Changed in place.
    learning_rate
        Of the first step.
    """

    def __init__(self, parameters: Parameters, learning_rate: float) -> None:
        self.parameters, self.learning_rate = parameters, learning_rate
        # From 1, as in the authors' program: the first steps are not of full length whatever the gradient.
        self._moved = tuple(np.ones_like(part) for part in parameters.parts())

    def step(self, gradients: tuple[tuple[NDArray[np.int64], Floats], ...]) -> None:
        """Move the rows that a gradient touches."""
        for part, moved, (rows, slope) in zip(self.parameters.parts(), self._moved, gradients, strict=True):
            moved[rows] += slope**2
            part[rows] -= self.learning_rate * slope / np.sqrt(moved[rows])


def initial(size: int, dimensions: int, generator: np.random.Generator) -> Parameters:
    """Return small random numbers, as in the authors' program: even between -0.5 and 0.5, divided by d."""

    def some(*shape: int) -> Floats:
        return (generator.random(shape) - 0.5) / dimensions

    return Parameters(some(size, dimensions), some(size, dimensions), some(size), some(size))
