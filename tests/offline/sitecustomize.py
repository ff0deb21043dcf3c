"""The network is cut: Python reads a file of this name when it starts, so the guard is in every process of the tests.

`conftest.py` puts this folder on PYTHONPATH: the kernels of the lessons and the workers in which a comparison trains
inherit it.
"""

import socket
from typing import Any

_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def _refuse_outside(one: socket.socket, address: Any) -> None:
    outside = one.family in (socket.AF_INET, socket.AF_INET6)
    if outside and not str(address[0]).startswith(("127.", "::1", "localhost")):
        raise OSError(f"the network is cut: {address}")


def _connect_here(self: socket.socket, address: Any) -> None:
    _refuse_outside(self, address)
    _connect(self, address)


def _connect_here_ex(self: socket.socket, address: Any) -> int:
    _refuse_outside(self, address)
    return _connect_ex(self, address)


def _names_here(host: Any, *rest: Any, **more: Any) -> Any:
    if host not in (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", b"localhost", socket.gethostname()):
        raise OSError(f"the network is cut: {host}")
    return _getaddrinfo(host, *rest, **more)


socket.socket.connect = _connect_here  # type: ignore[method-assign]
socket.socket.connect_ex = _connect_here_ex  # type: ignore[method-assign]
socket.getaddrinfo = _names_here
