"""Blocks: words and vectors as they come off a stream, some thousand at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError

#: Words, and (m, d) in single precision.
Block = tuple[list[str], NDArray[np.float32]]

_ROWS = 4_096
#: No word with its numbers is longer, not even one of 10,000 numbers.
LONGEST_LINE = 1 << 20
LONGEST_WORD = 4_096
# From half a step above the largest number in single precision on, numbers become infinite.
_TOO_LARGE = 2.0**128 * (1 - 2.0**-25)
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Asked:
    """What is read of a file.

    Parameters
    ----------
    name
        Of the file, for messages.
    dimensions
        How many numbers stand for a word.
    limit
        At most so many words; None reads all.
    encoding_errors
        What is done about a word that is not UTF-8: ``"strict"`` refuses it.
    """

    name: str
    dimensions: int
    limit: int | None = None
    encoding_errors: str = "strict"

    def word(self, raw: bytes, where: str) -> str:
        """Return a word as text."""
        try:
            return raw.decode("utf-8", self.encoding_errors)
        except UnicodeDecodeError:
            raise DataError(
                f"{self.name}, {where}: the word {raw[:40]!r} is not UTF-8.",
                "Give encoding_errors='replace', or write the file anew as UTF-8.",
            ) from None


def text_blocks(stream: io.BufferedReader, asked: Asked, lines_before: int = 0) -> Iterator[Block]:
    """Read lines of a word and its numbers.

    A word may have spaces in it: the numbers are counted from the end of the line.

    Raises
    ------
    DataError
        A line that does not fit, with its number.
    """
    left = asked.limit
    number = lines_before
    while left is None or left > 0:
        most = _ROWS if left is None else min(_ROWS, left)
        lines, number = _next_lines(stream, most, number, asked)
        if not lines:
            return
        cut = [cut_line(line, asked, at) for at, line in lines]
        words = [asked.word(word, f"line {at}") for (at, _), (word, _) in zip(lines, cut, strict=True)]
        yield words, _numbers([(at, rest) for (at, _), (_, rest) in zip(lines, cut, strict=True)], asked)
        if left is not None:
            left -= len(lines)


def _next_lines(
    stream: io.BufferedReader, most: int, number: int, asked: Asked
) -> tuple[list[tuple[int, bytes]], int]:
    """Return the next lines with their numbers; empty ones are passed over, but only at the end."""
    lines: list[tuple[int, bytes]] = []
    blank = 0
    while len(lines) < most:
        line = stream.readline(LONGEST_LINE + 1)
        if not line:
            break
        number += 1
        if len(line) > LONGEST_LINE:
            raise DataError(
                f"{asked.name}, line {number}, is longer than {LONGEST_LINE:,} bytes.",
                "Is it a text file of word vectors?",
            )
        line = line.rstrip(b" \t\r\n")
        if line and blank:
            raise DataError(f"{asked.name}, line {blank}, is empty.", "Take the line out.")
        if line:
            lines.append((number, line))
        else:
            blank = number
    return lines, number


def cut_line(line: bytes, asked: Asked, number: int) -> tuple[bytes, bytes]:
    """Cut a line into the word and its numbers."""
    word, _, rest = line.partition(b" ")
    if word and len(rest.split()) == asked.dimensions:
        return word, rest
    fields = line.rsplit(b" ", asked.dimensions)
    word, rest = fields[0], b" ".join(fields[1:])
    if len(rest.split()) == len(fields) - 1 == asked.dimensions:
        if not word.strip():
            raise DataError(
                f"{asked.name}, line {number}, has no word before its numbers.", "Take the line out."
            )
        # Such as "at name@domain.com"; one that ends in a number is no word but a number too many.
        if b" " not in word or not is_number(word.split()[-1]):
            return word, rest
    found = len(line.split()) - 1
    if found == asked.dimensions:
        raise DataError(
            f"{asked.name}, line {number}, begins with {line[:40]!r}: its numbers do not stand apart by single spaces.",
            "Put single spaces in place of tabs.",
        )
    raise DataError(
        f"{asked.name}, line {number}, has {found} {'number' if found == 1 else 'numbers'} after its first"
        f" word, expected {asked.dimensions}.",
        "Mend the line or take it out; it may also be that the file was cut short.",
    )


def _numbers(rests: list[tuple[int, bytes]], asked: Asked) -> NDArray[np.float32]:
    """Read the numbers of many lines at once; where that fails, find the line."""
    shape = (len(rests), asked.dimensions)
    try:
        found = np.fromstring(b" ".join(rest for _, rest in rests), np.float32, sep=" ")
        if found.size == shape[0] * shape[1] and np.isfinite(found).all():
            return found.reshape(shape)
    except ValueError:
        pass
    for number, rest in rests:
        for one in rest.split():
            if not is_number(one):
                raise DataError(
                    f"{asked.name}, line {number}: {one[:40].decode('utf-8', 'replace')!r} is no number in single"
                    " precision.",
                    "Mend the line or take it out.",
                )
    return np.array([[float(one) for one in rest.split()] for _, rest in rests], np.float32)


def is_number(text: bytes) -> bool:
    """Say whether a field is a finite number in single precision.

    Examples
    --------
    >>> [is_number(one) for one in (b"-1.5e3", b"nan", b"1_0", b"1e99", b"york")]
    [True, False, False, False, False]
    """
    try:
        return b"_" not in text and abs(float(text)) < _TOO_LARGE
    except ValueError:
        return False


def binary_blocks(stream: io.BufferedReader, asked: Asked, count: int) -> Iterator[Block]:
    """Read words, each followed by a space and its numbers in single precision, little-endian.

    Raises
    ------
    DataError
        The file ends too early, or a word is longer than any real one.
    """
    width = 4 * asked.dimensions
    total = count if asked.limit is None else min(count, asked.limit)
    ahead, at, done = b"", 0, 0
    while done < total:
        words: list[str] = []
        numbers: list[bytes] = []
        while len(words) < _ROWS and done < total:
            end = ahead.find(b" ", at, at + LONGEST_WORD)
            if end < 0 or len(ahead) < end + 1 + width:
                more = b"" if end < 0 and len(ahead) - at >= LONGEST_WORD else stream.read(_CHUNK + width)
                if not more:
                    raise _ended(asked, done, count, too_long=end < 0 and len(ahead) - at >= LONGEST_WORD)
                ahead, at = ahead[at:] + more, 0
                continue
            # Some writers end each word's numbers with a line break, others do not.
            words.append(asked.word(ahead[at:end].lstrip(b"\n"), f"word {done + 1}"))
            numbers.append(ahead[end + 1 : end + 1 + width])
            at, done = end + 1 + width, done + 1
        found = np.frombuffer(b"".join(numbers), "<f4").reshape(len(words), -1).astype(np.float32)
        whole = np.isfinite(found).all(axis=1)
        if not whole.all():
            raise DataError(
                f"{asked.name}: the vector of {words[int(np.argmin(whole))]!r} has a number that is not finite.",
                "The file is damaged, or in another format: get it again.",
            )
        yield words, found
    if asked.limit is None and (ahead[at:] + stream.read(16)).strip(b"\r\n"):
        raise DataError(
            f"{asked.name} says that it holds {count:,} words, and goes on after them.", "Get it again."
        )


def _ended(asked: Asked, done: int, count: int, *, too_long: bool) -> DataError:
    if too_long:
        return DataError(
            f"{asked.name}: word {done + 1} is longer than {LONGEST_WORD:,} bytes.",
            "The file is damaged, or in another format.",
        )
    return DataError(
        f"{asked.name} ends after {done:,} of the {count:,} words that it says it holds.", "Get it again."
    )
