"""A process of its own that runs a SavedModel: started by `tensorflow_process`, spoken to through its pipes.

It imports nothing of tlkit and no torch, which does not get on with TensorFlow in one process. A message is four
letters, the length, and that many bytes: JSON, or an array as numpy stores it.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

HEAD = struct.Struct(">4sQ")
_SIGNATURES = ("serving_default", "image_feature_vector", "default")
_MOST_NAMED = 5
_CHANGING = ("Assign", "RngReadAndSkip")
# Settings of a function that bring nobody to run it.
_INERT = frozenset(
    (
        "_XlaMustCompile",
        "_construction_context",
        "_disable_acd",
        "_input_shapes",
        "_noinline",
        "_original_func_name",
    )
)
_OUTPUTS = ("feature_vector", "features", "default", "output_0", "outputs")


class Refused(Exception):
    """What is said to whoever started this process."""


class Distrusted(Refused):
    """The graph holds what only somebody who is trusted may hold in it."""


def send(pipe: IO[bytes], kind: bytes, content: bytes) -> None:
    """Write one message."""
    pipe.write(HEAD.pack(kind, len(content)))
    pipe.write(content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """Read one message; None at the end."""
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, length = HEAD.unpack(head)
    content = pipe.read(length)
    return (kind, content) if len(content) == length else None


def packed(array: Any) -> bytes:
    """Return an array as numpy stores it, without pickle."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
    return file.getvalue()


def unpacked(content: bytes) -> Any:
    """Return the array of a message."""
    return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)


def refused_operations(content: bytes, allowed: Collection[str], saving: Collection[str]) -> list[str]:
    """Return the operations of a ``saved_model.pb`` that are not allowed, wherever in it they are.

    Parameters
    ----------
    content
        Of the file.
    allowed
        What may be anywhere.
    saving
        What may be in functions that nothing calls which is run: those of the file's own saver.
    """
    from tensorflow.core.protobuf import saved_model_pb2
    from tensorflow.python.framework import op_def_registry

    found: set[str] = set()
    graphs = saved_model_pb2.SavedModel.FromString(content).meta_graphs
    for graph in graphs:
        library = graph.graph_def.library
        functions: dict[str, list[Any]] = {}
        for one in library.function:
            functions.setdefault(one.signature.name, []).extend(one.node_def)
        called = {name: _called(nodes, functions) for name, nodes in functions.items()}
        # One graph with objects: nothing is run but the functions that they name. Other files TensorFlow reads as the
        # older ones that they look like, in which all may be.
        objects = graph.object_graph_def.SerializeToString() if len(graphs) == 1 else b""
        named = (one for one in functions if not objects or one.encode() in objects)
        run = _reached([*named, *_uncalled(library)], called)
        for name, nodes in [("", graph.graph_def.node), *functions.items()]:
            more = saving if name and name not in run else ()
            for node in nodes:
                own = node.op in functions and op_def_registry.get(node.op) is None
                if not (own or node.op in allowed or node.op in more):
                    found.add(node.op)
                found |= {f"a call of {one!r}" for one in _named(node) if one not in functions}
    return sorted(found)


def _uncalled(library: Any) -> set[str]:
    """Return the functions that may be run though no node calls them.

    TensorFlow swaps a function for another that implements the same interface, as the settings of both say, and takes
    gradients from their lists. A saver's functions have none of these settings.
    """
    found = {one.gradient_func for one in (*library.gradient, *library.registered_gradients)}
    for one in library.function:
        if not _INERT.issuperset(one.attr):
            found.add(one.signature.name)
        found |= {setting.s.decode(errors="replace") for setting in one.attr.values()}
    return found & {one.signature.name for one in library.function}


def _named(node: Any) -> set[str]:
    """Return the functions that a node names in its settings."""
    settings = node.attr.values()
    return {one.func.name for one in settings if one.HasField("func")} | {
        function.name for one in settings if one.HasField("list") for function in one.list.func
    }


def _called(nodes: Any, functions: Collection[str]) -> set[str]:
    return {one for node in nodes for one in (node.op, *_named(node)) if one in functions}


def _reached(start: Iterable[str], called: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = list(start)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += called.get(name, ())
    return found


class Model:
    """A SavedModel and the one function of it that is used.

    Parameters
    ----------
    folder
        With ``saved_model.pb``.
    allowed, saving
        As for `refused_operations`; None where the file is trusted.
    """

    def __init__(self, folder: Path, allowed: Collection[str] | None, saving: Collection[str] = ()) -> None:
        if allowed is not None:
            found = refused_operations((folder / "saved_model.pb").read_bytes(), allowed, saving)
            if found:
                more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
                raise Distrusted(f"{', '.join(found[:_MOST_NAMED])}{more}")
        # TensorFlow's own names for what tf.saved_model.load and tf.constant are, without the rest.
        from tensorflow.python.framework import constant_op
        from tensorflow.python.saved_model.load import load

        self.constant = constant_op.constant
        self.loaded = load(str(folder))
        signatures = dict(self.loaded.signatures)
        name = next((one for one in _SIGNATURES if one in signatures), None)
        if name is None and len(signatures) == 1:
            name = next(iter(signatures))
        if name is not None:
            self.call = signatures[name]
            specs = self.call.structured_input_signature[1]
            if len(specs) != 1:
                raise Refused(f"its signature {name} takes {len(specs)} inputs, expected one: pictures")
            self.key, spec = next(iter(specs.items()))
        else:
            functions = (
                getattr(self.loaded.__call__, "concrete_functions", []) if callable(self.loaded) else []
            )
            if not functions:
                raise Refused("it has no signature, and cannot be called")
            self.call, self.key = self.loaded, ""
            spec = functions[0].structured_input_signature[0][0]
        self._expect_still(self.call if name is not None else functions[0])
        self.dtype = spec.dtype.as_numpy_dtype
        shape = spec.shape.as_list() if spec.shape.rank is not None else []
        self.input = [-1 if one is None else int(one) for one in shape]

    def _expect_still(self, function: Any) -> None:
        graph = function.graph.as_graph_def()
        nodes = [*graph.node, *(node for one in graph.library.function for node in one.node_def)]
        found = sorted({node.op for node in nodes if node.op.startswith(_CHANGING)})
        if found:
            raise Refused(
                f"it changes its own variables ({', '.join(found)}) whenever it is called, so that no picture has"
                " features of its own: it was exported while it trained"
            )

    def about(self) -> dict[str, Any]:
        """Return what can be known without running it."""
        return {"input": self.input, "dtype": np.dtype(self.dtype).name}

    def features(self, pictures: Any) -> Any:
        """Return what it gives for pictures: (n, d) or (n, h, w, c)."""
        # Bytes come as floats, a little off where they were resized.
        whole = np.issubdtype(self.dtype, np.integer)
        x = self.constant((np.rint(pictures) if whole else pictures).astype(self.dtype))
        given = self.call(**{self.key: x}) if self.key else self.call(x)
        if isinstance(given, dict):
            fitting = {
                key: one for key, one in given.items() if one.shape.rank in (2, 4) and one.dtype.is_floating
            }
            key = next((one for one in _OUTPUTS if one in fitting), None) or next(iter(fitting), None)
            if key is None:
                raise Refused("none of its outputs is (n, features) or (n, height, width, channels)")
            given = fitting[key]
        return np.asarray(given, dtype=np.float32)


def serve(reading: IO[bytes], writing: IO[bytes]) -> None:
    """Answer until whoever started this process closes the pipe or is gone."""
    model: Model | None = None
    while (message := receive(reading)) is not None:
        kind, content = message
        try:
            if kind == b"open":
                asked = json.loads(content)
                model = Model(Path(asked["folder"]), asked["allowed"], asked["saving"])
                send(writing, b"info", json.dumps(model.about()).encode())
            elif model is not None:
                send(writing, b"rows", packed(model.features(unpacked(content))))
        except BrokenPipeError:
            return
        except Distrusted as error:
            send(writing, b"deny", str(error).encode())
        except Refused as error:
            send(writing, b"fail", str(error).encode())
        except Exception as error:  # whatever TensorFlow raises is told, and the next question answered
            send(writing, b"fail", f"TensorFlow says: {' '.join(str(error).split())[:300]}".encode())


def main() -> None:
    """Take over the pipes; what libraries print goes to the errors, not in between."""
    os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
    writing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, writing)


if __name__ == "__main__":
    # Beside this file lie modules named as libraries are: none of them is meant.
    sys.path.pop(0)
    main()
