"""What opening large word vectors costs, beside gensim's reader: ``python benchmarks/words.py [WORDS] [DIMENSIONS]``.

A word2vec binary file of so many words (2,000,000 x 300) with random vectors is made in a temporary folder, converted
once with `words.convert`, and opened in a new process by `words.read` and by gensim's `load_word2vec_format`. Printed
are seconds on the clock, processor seconds, and the most memory that was used; importing the libraries is not
counted. The files take twice 4 bytes for each number on disk, and are deleted at the end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

WORDS, DIMENSIONS = 2_000_000, 300
ROWS = 20_000

# Each part is measured in a process of its own: what one has read would be in the other's memory.
PARTS = {
    "words.convert, once": "found = words.convert({file!r}, {folder!r})",
    "words.read of what was converted": "found = words.read({folder!r})",
    "... and 1,000 words looked up": (
        "found = words.read({folder!r})\n"
        "for at in range(0, len(found), max(1, len(found) // 1000)):\n"
        "    assert found.vector(f'word-{{at}}').shape[0]"
    ),
    "... and the 10 neighbours of one word": "words.read({folder!r}).neighbours('word-7')",
    "gensim load_word2vec_format": "found = KeyedVectors.load_word2vec_format({file!r}, binary=True)",
    "words.read of the same file": "found = words.read({file!r})",
}
IMPORTED = {True: "from gensim.models import KeyedVectors", False: "from tlkit import words"}
MEASURED = """
import json, resource, sys, time
exec(sys.argv[2])
began, before = time.perf_counter(), time.process_time()
exec(sys.argv[1])
seconds, processor = time.perf_counter() - began, time.process_time() - before
print(json.dumps([seconds, processor, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6]))
"""


def make(path: Path, count: int, dimensions: int) -> None:
    """Write a word2vec binary file."""
    generator = np.random.default_rng(0)
    with open(path, "wb") as file:
        file.write(f"{count} {dimensions}\n".encode())
        for start in range(0, count, ROWS):
            vectors = generator.standard_normal((min(ROWS, count - start), dimensions), np.float32)
            file.write(b"".join(b"word-%d " % (start + at) + row.tobytes() for at, row in enumerate(vectors)))


def main(count: int = WORDS, dimensions: int = DIMENSIONS) -> None:
    """Make, convert, open, and say what each took."""
    print(f"{count:,} words x {dimensions}: {4 * count * dimensions / 1e9:.2f} GB")
    with tempfile.TemporaryDirectory() as place:
        file, folder = Path(place) / "made.bin", Path(place) / "converted"
        make(file, count, dimensions)
        for name, code in PARTS.items():
            asked = code.format(file=str(file), folder=str(folder))
            done = subprocess.run(
                [sys.executable, "-c", MEASURED, asked, IMPORTED[name.startswith("gensim")]],
                capture_output=True,
                text=True,
                check=True,
            )
            seconds, processor, memory = json.loads(done.stdout.splitlines()[-1])
            print(f"{name:<40}{seconds:>9.2f} s{processor:>9.2f} s processor{memory:>8.2f} GB", flush=True)


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:3]))
