"""A small ONNX file, written as the format's description says: pooling over all places, then a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, content: bytes | str | int) -> bytes:
    if isinstance(content, int):
        return _number(number << 3) + _number(content)
    raw = content.encode() if isinstance(content, str) else content
    return _number(number << 3 | 2) + _number(len(raw)) + raw


def _node(kind: str, takes: list[str], gives: str) -> bytes:
    return _field(1, b"".join([*(_field(1, one) for one in takes), _field(2, gives), _field(4, kind)]))


def _value(number: int, name: str, sizes: list[int | str]) -> bytes:
    dims = b"".join(_field(1, _field(1 if isinstance(one, int) else 2, one)) for one in sizes)
    return _field(number, _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, dims))))


def pooling_and_matrix(matrix: Any, sizes: list[int | str], location: str = "") -> bytes:
    """Return a file that gives ``places``, (n, c, 1, 1), and ``features``, the means times the matrix.

    With a location, the matrix is not in it, but in the file of that name.
    """
    stored = np.ascontiguousarray(matrix, dtype="<f4")
    numbers = _field(9, stored.tobytes())
    if location:
        numbers = _field(13, _field(1, "location") + _field(2, location)) + _field(14, 1)
    kernel = b"".join(_field(1, one) for one in stored.shape) + _field(2, 1) + _field(8, "kernel") + numbers
    graph = b"".join(
        [
            _node("GlobalAveragePool", ["pictures"], "places"),
            _node("Flatten", ["places"], "means"),
            _node("MatMul", ["means", "kernel"], "features"),
            _field(2, "small"),
            _field(5, kernel),
            _value(11, "pictures", sizes),
            _value(12, "features", [sizes[0], stored.shape[1]]),
            _value(12, "places", [sizes[0], sizes[1], 1, 1]),
        ]
    )
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13))
