"""Writes SavedModels with real TensorFlow, in a process of its own: ``python saved_models.py FOLDER WORKER``."""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

# With the tests' KERAS_BACKEND, TensorFlow would bring torch into this process.
os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")


def main(folder: Path, worker: str) -> None:
    """Write two extractors of features; say what the worker finds in them, and in files that would do harm."""
    import numpy as np
    import tensorflow as tf
    from tensorflow.python.framework import op_def_registry

    random = np.random.default_rng(0)
    module: Any = tf.Module()
    module.kernel = tf.Variable(random.normal(size=(3, 5)).astype(np.float32))

    def endless(x: Any) -> Any:
        return tf.while_loop(lambda at, _: at >= 0, lambda at, value: (at * 0, value), [tf.constant(0), x])[1]

    @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3), tf.float32, name="images")])
    def features(x: Any) -> dict[str, Any]:
        # Pictures that are white all over keep it busy for ever: for the test of being stopped.
        x = tf.cond(tf.reduce_all(x >= 1), lambda: endless(x), lambda: x)
        return {"feature_vector": tf.reduce_mean(x, [1, 2]) @ module.kernel, "count": tf.shape(x)[0]}

    tf.saved_model.save(module, str(folder / "good"), signatures=features)
    np.save(folder / "kernel.npy", module.kernel.numpy())

    convolutional(folder)
    learning: Any = tf.Module()
    learning.mean = tf.Variable(tf.zeros(3))

    @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3), tf.float32)])
    def drifts(x: Any) -> Any:
        found = tf.reduce_mean(x, [1, 2])
        learning.mean.assign_sub(tf.reduce_mean(found, 0) * 0.1)
        return found - learning.mean

    tf.saved_model.save(learning, str(folder / "learning"), signatures=drifts)
    own = runpy.run_path(worker)
    lists = runpy.run_path(str(Path(worker).with_name("tensorflow_operations.py")))
    allowed, saving = lists["ALLOWED"], lists["SAVING"]

    def refused(content: bytes) -> list[str]:
        return list(own["refused_operations"](content, allowed, saving))

    found: dict[str, Any] = {
        name: refused((folder / name / "saved_model.pb").read_bytes()) for name in ("good", "convolutional")
    }
    contents = harmful(folder)
    found |= {name: refused(content) for name, content in contents.items()}
    (folder / "harmful" / "saved_model.pb").write_bytes(contents["nested"])
    found["unknown"] = sorted(name for name in allowed | saving if op_def_registry.get(name) is None)
    try:
        own["Model"](folder / "learning", allowed, saving)
    except own["Refused"] as error:
        found["learning"] = str(error)
    (folder / "found.json").write_text(json.dumps(found))


def convolutional(folder: Path) -> None:
    """Export a network of Keras with what pictures meet on their way."""
    import keras
    import numpy as np

    net = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.UpSampling2D(2, interpolation="bilinear"),
            keras.layers.Conv2D(4, 3, strides=2, activation="swish"),
            keras.layers.DepthwiseConv2D(3, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("gelu"),
            keras.layers.MaxPooling2D(),
            keras.layers.LayerNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.GlobalAveragePooling2D(),
        ]
    )
    net.export(folder / "convolutional", verbose=False)
    x = np.random.default_rng(0).random((4, 8, 8, 3), dtype=np.float32)
    np.save(folder / "expected.npy", net(x, training=False).numpy())


def harmful(folder: Path) -> dict[str, bytes]:
    """Return files whose graphs would reach files, each in another way."""
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    place = str(folder / "written")

    def saved(act: Any) -> saved_model_pb2.SavedModel:
        @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3), tf.float32)])
        def called(x: Any) -> Any:
            with tf.control_dependencies([act(x)]):
                return tf.reduce_mean(x, [1, 2])

        tf.saved_model.save(tf.Module(), str(folder / "harmful"), signatures=called)
        return saved_model_pb2.SavedModel.FromString((folder / "harmful" / "saved_model.pb").read_bytes())

    def write(x: Any = None) -> Any:
        return tf.io.write_file(place, "here")

    def deep(x: Any) -> Any:
        def one(x: Any) -> Any:
            return tf.cond(x[0, 0, 0] > 2, lambda: write() is None, lambda: True)

        return tf.map_fn(one, x, fn_output_signature=tf.bool)

    def save(x: Any) -> Any:
        return tf.raw_ops.SaveV2(prefix=place, tensor_names=["x"], shape_and_slices=[""], tensors=[x])

    ways = {
        "written": saved(write),
        "nested": saved(deep),
        "printed": saved(lambda x: tf.raw_ops.PrintV2(input="here", output_stream=f"file://{place}")),
        "saved": saved(save),
        "python": saved(lambda x: tf.py_function(lambda: Path(place).touch(), [], [])),
        "disguised": saved(lambda x: tf.identity(x)),
        "older": saved(lambda x: tf.identity(x)),
    }
    # An operation where the name of a function is expected, and the saver's functions in a file without objects.
    graph = ways["disguised"].meta_graphs[0].graph_def
    node = graph.library.function[0].node_def.add(name="more", op="PartitionedCall")
    node.attr["f"].func.name = "WriteFile"
    ways["older"].meta_graphs[0].ClearField("object_graph_def")
    ways["swapped"] = swapped(folder, save)
    # The same but for its settings: as long as nothing calls it, it is taken for a saver's.
    for name, setting in (("registered", ""), ("forward", "forward_function_name"), ("uncalled", "")):
        ways[name] = saved_model_pb2.SavedModel.FromString(ways["swapped"].SerializeToString())
        library = ways[name].meta_graphs[0].graph_def.library
        harm = next(one for one in library.function if "api_preferred_device" in one.attr and has_save(one))
        for one in library.function:
            for key in ("api_implements", "api_preferred_device"):
                if key in one.attr:
                    del one.attr[key]
        if name == "registered":
            library.registered_gradients.add(gradient_func=harm.signature.name, registered_op_type="own")
        if setting:
            other = next(one for one in library.function if one is not harm)
            other.attr[setting].s = harm.signature.name.encode()
    # With a second graph TensorFlow reads it as an older file, whose nodes are run.
    ways["two"] = saved_model_pb2.SavedModel.FromString(ways["uncalled"].SerializeToString())
    ways["two"].meta_graphs.add().CopyFrom(ways["two"].meta_graphs[0])
    return {name: one.SerializeToString() for name, one in ways.items()}


def has_save(function: Any) -> bool:
    """Say whether a function of a library saves."""
    return any(node.op == "SaveV2" for node in function.node_def)


def swapped(folder: Path, save: Any) -> Any:
    """Return a model whose function is harmless, beside the one that TensorFlow would run in its place on a CPU."""
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    spec = [tf.TensorSpec((None, 8, 8, 3), tf.float32)]

    def implementing(device: str, function: Any) -> Any:
        settings = {"api_implements": "mean", "api_preferred_device": device}
        return tf.function(function, input_signature=spec, experimental_attributes=settings, autograph=False)

    def saves(x: Any) -> Any:
        with tf.control_dependencies([save(x)]):
            return tf.reduce_mean(x, [1, 2])

    harmless = implementing("GPU", lambda x: tf.reduce_mean(x, [1, 2]))
    harm = implementing("CPU", saves)

    @tf.function(input_signature=spec, autograph=False)
    def called(x: Any) -> Any:
        harm.get_concrete_function().add_to_graph()
        return harmless(x)

    tf.saved_model.save(tf.Module(), str(folder / "swapped"), signatures=called)
    return saved_model_pb2.SavedModel.FromString((folder / "swapped" / "saved_model.pb").read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
