"""Pictures that look the same: copies that were scaled, compressed or lightened, by a perceptual hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.data.steps import Step, silent

if TYPE_CHECKING:
    from tlkit.data.split import Split

THUMB = 16
_BITS = THUMB * (THUMB - 1)
# By benchmarks/near_copies.py, on 1,932 embedded pictures that were altered in nine ways: all that were scaled,
# compressed or darkened are found, of those brightened by 15 % 21 to 98 of 100 (white becomes whiter than white), of
# those cropped by 3 % 3 to 44; 1 of 474,738 pairs of different pictures is taken for the same. A correlation of 0.99
# finds 79 instead of 73 of 100 and takes 5 pairs for the same, 0.98 finds 87 and takes 15; 12 bits or 36 change little.
MOST_BITS = 24
LEAST_CORRELATION = 0.994
# Candidates agree in all 15 bits of at least one band: with 24 differing bits 98 of 100 pairs do.
_BANDS = 16
# Differences of brightness below this are none; spread below the other is no pattern.
_MARGIN = 0.02
_FLAT = 0.02
_WINDOW = 64
_AT_ONCE = 1024
_READ = 256


def thumbnails(split: Split, step: Step = silent) -> NDArray[np.float32]:
    """Return every picture as 16 x 16 means, (n, channels, 16, 16).

    Parameters
    ----------
    split
        The pictures.
    step
        Called with the share that is done.
    """
    images = split.images
    found = np.empty((len(images), images.shape[1], THUMB, THUMB), dtype=np.float32)
    down, across = (_means(side) for side in images.shape[2:])
    for start in range(0, len(images), _READ):
        step(start / len(images))
        block = np.asarray(images[start : start + _READ])
        found[start : start + _READ] = down @ block @ across.T
    return found


def _means(side: int) -> NDArray[np.float32]:
    """Return the (16, side) matrix that takes the mean over each sixteenth, shares of pixels included."""
    edges = np.linspace(0, side, THUMB + 1)
    low, high = edges[:-1, None], edges[1:, None]
    at = np.arange(side)
    covered = np.clip(np.minimum(high, at + 1) - np.maximum(low, at), 0, 1)
    matrix: NDArray[np.float32] = (covered / covered.sum(axis=1, keepdims=True)).astype(np.float32)
    return matrix


def alike_pairs(
    thumbs: NDArray[np.float32],
    step: Step = silent,
    *,
    most_bits: int = MOST_BITS,
    least_correlation: float = LEAST_CORRELATION,
) -> NDArray[np.int64]:
    """Return pairs of pictures that look the same.

    A difference hash of 240 bits (Krawetz 2013, "Kind of Like That", with more bits and a margin that keeps
    flat areas from flipping) finds candidates; they count if their small pictures correlate as well. Pictures
    of one colour have no pattern to compare and are in no pair. Where very many have nearly the same hash,
    each is compared with its nearest ones alone.

    Parameters
    ----------
    thumbs
        (n, channels, 16, 16), as of `thumbnails`.
    step
        Called with the share that is done.
    most_bits
        So many of the 240 bits may differ.
    least_correlation
        Of the small pictures.

    Returns
    -------
    ndarray
        (pairs, 2) positions, the smaller first. Of pictures that are equal only the first is compared with
        others; it is in a pair with each of its equals.
    """
    patterned, equal = _to_compare(thumbs)
    if len(patterned) < 2:
        return equal
    bits, words, vectors = _prints(thumbs[patterned])
    found = [np.empty((0, 2), dtype=np.int64)]
    for at, band in enumerate(np.array_split(np.arange(_BITS), _BANDS)):
        step(at / _BANDS)
        for pairs in _near(words, bits[:, band], most_bits):
            # Few enough at once that the products of their vectors stay small.
            for some in np.array_split(pairs, -(-len(pairs) // _AT_ONCE)):
                same = np.einsum("ij,ij->i", vectors[some[:, 0]], vectors[some[:, 1]]) >= least_correlation
                found.append(some[same])
    pairs = patterned[np.unique(np.sort(np.concatenate(found), axis=1), axis=0)]
    return np.concatenate([equal, pairs])


def alike_across(
    known: NDArray[np.float32],
    asked: NDArray[np.float32],
    step: Step = silent,
    *,
    most_bits: int = MOST_BITS,
    least_correlation: float = LEAST_CORRELATION,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return for each picture asked about the known one that looks the same, by the rules of `alike_pairs`.

    Nothing of the size of all pairs is held: each picture is compared with those known ones that agree with it in
    a part of the hash.

    Parameters
    ----------
    known
        (n, channels, 16, 16), as of `thumbnails`.
    asked
        (m, channels, 16, 16).
    step
        Called with the share that is done.
    most_bits, least_correlation
        As in `alike_pairs`.

    Returns
    -------
    nearest : ndarray
        (m,) positions among the known ones, those that correlate most; -1 where none looks the same.
    correlation : ndarray
        (m,) of the small pictures; 0 where none looks the same.

    Examples
    --------
    >>> known = np.random.default_rng(0).uniform(size=(3, 1, 16, 16)).astype(np.float32)
    >>> alike_across(known, 0.9 * known[[2, 2]])[0], alike_across(known, 1 - known[:2])[0]
    (array([2, 2]), array([-1, -1]))
    """
    nearest = np.full(len(asked), -1, dtype=np.int64)
    correlation = np.zeros(len(asked), dtype=np.float32)
    ours, theirs = _to_compare(known)[0], _to_compare(asked)
    if not len(ours) or not len(theirs[0]):
        return nearest, correlation
    known_bits, known_words, known_vectors = _prints(known[ours])
    bits, words, vectors = _prints(asked[theirs[0]])
    best, found = np.zeros(len(words), dtype=np.float32), np.full(len(words), -1, dtype=np.int64)
    for at, band in enumerate(np.array_split(np.arange(_BITS), _BANDS)):
        step(at / _BANDS)
        for pairs in _near_across(known_words, words, known_bits[:, band], bits[:, band], most_bits):
            for some in np.array_split(pairs, -(-len(pairs) // _AT_ONCE)):
                one, other = some.T
                alike = np.einsum("ij,ij->i", known_vectors[one], vectors[other])
                better = (alike >= least_correlation) & (alike > best[other])
                # A picture asked about is in a block of pairs once at most.
                best[other[better]], found[other[better]] = alike[better], one[better]
    nearest[theirs[0]] = np.where(found < 0, -1, ours[found])
    correlation[theirs[0]] = np.minimum(best, 1)
    first, equal = theirs[1].T
    nearest[equal], correlation[equal] = nearest[first], correlation[first]
    return nearest, correlation


def groups_alike(split: Split) -> NDArray[np.int64]:
    """Return for each picture the number of its group: those that look the same share one.

    Examples
    --------
    >>> from tlkit.data import Split
    >>> one, other = np.random.default_rng(0).uniform(size=(2, 1, 32, 32))
    >>> groups_alike(Split(np.stack([one, other, 0.9 * one]), [0, 0, 0], ("noise",)))
    array([0, 1, 0])
    """
    thumbs = thumbnails(split)
    return components(alike_pairs(thumbs), len(thumbs))


def components(pairs: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return for each of ``count`` items the number of its group, if both of each pair are in one group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    groups: NDArray[np.int64] = connected_components(links, directed=False)[1].astype(np.int64)
    return groups


def _to_compare(thumbs: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which pictures to compare, without those of one colour and repeated ones, and pairs of equal ones."""
    first, equal = _first_of_equal(thumbs)
    patterned = first[thumbs[first].std(axis=(1, 2, 3)) > _FLAT]
    return patterned, equal[np.isin(equal[:, 0], patterned)]


def _prints(
    thumbs: NDArray[np.float32],
) -> tuple[NDArray[np.bool_], NDArray[np.uint64], NDArray[np.float32]]:
    """Return the bits of each hash, the same packed into words, and the small pictures as unit vectors."""
    grey = thumbs.mean(axis=1)
    bits = (np.diff(grey, axis=2) > _MARGIN).reshape(len(grey), _BITS)
    # Bits in any order, but always the same: neighbours tell the same, and bands shall tell different things.
    bits = bits[:, np.random.default_rng(0).permutation(_BITS)]
    vectors = thumbs.reshape(len(thumbs), -1)
    vectors = vectors - vectors.mean(axis=1, keepdims=True)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return bits, _words(bits), vectors


def _first_of_equal(thumbs: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first of each set of equal rows, and pairs of it and the others: many copies cost nothing."""
    known: dict[bytes, int] = {}
    equal = []
    for at, row in enumerate(np.ascontiguousarray(thumbs)):
        before = known.setdefault(hashlib.blake2b(row.data, digest_size=16).digest(), at)
        if before != at:
            equal.append((before, at))
    return np.array(list(known.values()), dtype=np.int64), np.array(equal, dtype=np.int64).reshape(-1, 2)


def _words(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Pack bits into 64-bit words, (n, words)."""
    padded = np.pad(bits, ((0, 0), (0, -bits.shape[1] % 64)))
    return np.ascontiguousarray(np.packbits(padded, axis=1)).view(np.uint64)


def _near(words: NDArray[np.uint64], band: NDArray[np.bool_], most_bits: int) -> Iterator[NDArray[np.int64]]:
    """Yield pairs whose hashes are near enough, among those that agree in a band."""
    key = _words(band)[:, 0]
    order = np.lexsort((*words.T, key))
    key, sorted_words = key[order], words[order]
    for step in range(1, min(_WINDOW, len(order))):
        at = np.flatnonzero(key[step:] == key[:-step])
        if not len(at):
            return
        differing = np.bitwise_count(sorted_words[at] ^ sorted_words[at + step]).sum(axis=1)
        at = at[differing <= most_bits]
        if len(at):
            yield np.stack([order[at], order[at + step]], axis=1)


def _near_across(
    known: NDArray[np.uint64],
    asked: NDArray[np.uint64],
    known_band: NDArray[np.bool_],
    band: NDArray[np.bool_],
    most_bits: int,
) -> Iterator[NDArray[np.int64]]:
    """Yield pairs of a known and an asked one whose hashes are near enough, among those that agree in a band."""
    count = len(known)
    words = np.concatenate([known, asked])
    key = _words(np.concatenate([known_band, band]))[:, 0]
    order = np.lexsort((*words.T, key))
    is_known = order < count
    ours, theirs = order[is_known], order[~is_known]
    # How many known ones come before each of the others, in the same order.
    before = np.cumsum(is_known)[~is_known]
    for way, start in ((-1, before - 1), (1, before)):
        going, place = theirs, start
        for _ in range(_WINDOW // 2):
            inside = (place >= 0) & (place < count)
            going, place = going[inside], place[inside]
            same = key[going] == key[ours[place]]
            going, place = going[same], place[same]
            if not len(going):
                break
            differing = np.bitwise_count(words[going] ^ words[ours[place]]).sum(axis=1)
            near = differing <= most_bits
            if near.any():
                yield np.stack([ours[place[near]], going[near] - count], axis=1)
            place = place + way
