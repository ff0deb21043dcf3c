"""Which classes of a target a source has already, by their names: words, spelling, and word vectors if given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tlkit.data.class_names import ClassNames, words_of
from tlkit.errors import SimilarityError

# Of 22 pairs of spellings of one name ("doughnut", "donut") 16 are at least so alike, of 24 pairs of other things with
# like names ("castle", "cattle") 2 (the lists are in the tests): no proof, so it is told as "perhaps".
LEAST_SPELLING = 0.7
#: By default so alike are two names by word vectors; another kind of vectors may need another value.
LEAST_COSINE = 0.7
# Shorter names are alike by chance.
_LEAST_LETTERS = 2
_LONGEST_PART = 3
_ROWS = 512

Relation = Literal["same", "kinds", "kind of", "perhaps"]


@dataclass(frozen=True)
class NameMatch:
    """A class of the target and what the source has of its name.

    Parameters
    ----------
    target
        Name of the class.
    source
        Classes of the source.
    relation
        ``"same"``: the same words. ``"kinds"``: the source has names that end in all its words ("poodle": "toy
        poodle"). ``"kind of"``: it ends in a name of the source. ``"perhaps"``: the nearest by spelling or by vectors;
        to be judged by who reads it.
    by
        ``"words"``, ``"spelling"`` or ``"vectors"``.
    likeness
        Cosine for spelling and vectors, else 1.
    """

    target: str
    source: tuple[str, ...]
    relation: Relation
    by: Literal["words", "spelling", "vectors"] = "words"
    likeness: float = 1.0

    def record(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "source": list(self.source)}


def match_names(
    source: Sequence[str], target: Sequence[str], vectors: Any = None, least_cosine: float = LEAST_COSINE
) -> tuple[NameMatch, ...]:
    """Compare the class names of a target with those of a source.

    Parameters
    ----------
    source, target
        Names.
    vectors
        Name or word to vector: a mapping, or word vectors of gensim. A name of several words that is not in it
        gets the mean of its words' vectors. None: meaning is not compared.
    least_cosine
        Names whose vectors are less alike are not told.

    Raises
    ------
    SimilarityError
        Vectors that are not in a mapping, or not finite numbers of one length.

    Examples
    --------
    >>> found = match_names(["donut", "toy poodle", "Zebra"], ["zebras", "doughnut", "poodle", "truck"])
    >>> [(one.target, one.source, one.relation) for one in found]
    [('zebras', ('Zebra',), 'same'), ('doughnut', ('donut',), 'perhaps'), ('poodle', ('toy poodle',), 'kinds')]
    """
    known = ClassNames(source)
    found: dict[str, list[NameMatch]] = {name: _by_words(known, name) for name in target}
    rest = [name for name, matches in found.items() if not matches]
    for match in (*_by_spelling(source, rest), *_by_vectors(source, rest, vectors, least_cosine)):
        found[match.target].append(match)
    return tuple(match for matches in found.values() for match in matches)


def _by_words(known: ClassNames, name: str) -> list[NameMatch]:
    same = known.same(name)
    if same is not None:
        return [NameMatch(name, (same,), "same")]
    kinds, above = known.kinds_of(name), known.kind_of(name)
    if kinds:
        return [NameMatch(name, kinds, "kinds")]
    return [NameMatch(name, (above,), "kind of")] if above is not None else []


def _by_spelling(source: Sequence[str], names: Sequence[str]) -> Iterator[NameMatch]:
    """Yield the nearest name by counts of letters, pairs and triples of them, if it begins with the same letter.

    The counts are not weighted by how rare they are among all names: how alike two names are must not depend on
    which other names there are.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer, strip_accents_unicode

    def plain(name: str) -> str:
        text: str = strip_accents_unicode(" ".join(words_of(name)))
        return text

    ours, theirs = (_by_first_letter(names, plain), _by_first_letter(source, plain))
    spelling = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(1, _LONGEST_PART),
        use_idf=False,
        sublinear_tf=True,
        lowercase=False,
        dtype=np.float32,
    )
    for letter in ours.keys() & theirs.keys():
        mine, others = ours[letter], theirs[letter]
        weights = spelling.fit_transform([plain(name) for name in (*mine, *others)])
        near = weights[len(mine) :].T.tocsc()
        for start in range(0, len(mine), _ROWS):
            alike = (weights[start : min(start + _ROWS, len(mine))] @ near).toarray()
            best = alike.argmax(axis=1)
            for at, other in enumerate(best):
                if alike[at, other] >= LEAST_SPELLING:
                    likeness = min(1.0, float(alike[at, other]))
                    yield NameMatch(mine[start + at], (others[other],), "perhaps", "spelling", likeness)


def _by_first_letter(names: Sequence[str], plain: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        text = plain(name)
        if len(text) >= _LEAST_LETTERS and not text[0].isdigit():
            found[text[0]].append(name)
    return found


def _by_vectors(
    source: Sequence[str], names: Sequence[str], vectors: Any, least_cosine: float
) -> Iterator[NameMatch]:
    if vectors is None:
        return
    if not (hasattr(vectors, "__getitem__") and hasattr(vectors, "__contains__")) or isinstance(
        vectors, str | np.ndarray | list | tuple
    ):
        raise SimilarityError(
            f"vectors is of the kind {type(vectors).__name__}.", "Give a mapping from words to their vectors."
        )
    ours = {name: vector for name in names if (vector := _vector(name, vectors)) is not None}
    theirs = {
        name: vector for name in dict.fromkeys(source) if (vector := _vector(name, vectors)) is not None
    }
    if not ours or not theirs:
        return
    lengths = {len(vector) for vector in (*ours.values(), *theirs.values())}
    if len(lengths) > 1:
        raise SimilarityError(
            f"The vectors have different lengths: {', '.join(map(str, sorted(lengths)))}.",
            "Give vectors of one model.",
        )
    among, near = list(theirs), np.stack(list(theirs.values()))
    for name, vector in ours.items():
        alike = near @ vector
        best = int(alike.argmax())
        if alike[best] >= least_cosine:
            yield NameMatch(name, (among[best],), "perhaps", "vectors", min(1.0, float(alike[best])))


def _vector(name: str, vectors: Any) -> NDArray[np.float64] | None:
    words = words_of(name)
    for key in dict.fromkeys((name, " ".join(words), "_".join(words))):
        if key in vectors:
            return _unit(key, vectors)
    if not words or any(word not in vectors for word in words):
        return None
    try:
        mean = np.mean([_unit(word, vectors) for word in words], axis=0)
    except ValueError as error:
        if isinstance(error, SimilarityError):
            raise
        raise SimilarityError(
            f"The vectors of the words of {name!r} have different lengths.", "Give vectors of one model."
        ) from error
    length = np.linalg.norm(mean)
    return np.asarray(mean / length) if length else None


def _unit(key: str, vectors: Any) -> NDArray[np.float64]:
    try:
        vector = np.asarray(vectors[key], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SimilarityError(
            f"The vector of {key!r} is no array of numbers: {error}.", "Give one vector for each word."
        ) from error
    if vector.ndim != 1 or not np.isfinite(vector).all() or not vector.any():
        raise SimilarityError(
            f"The vector of {key!r} has shape {vector.shape}, or values that are not finite or all zero.",
            "Give one vector of finite numbers for each word.",
        )
    return np.asarray(vector / np.linalg.norm(vector))
