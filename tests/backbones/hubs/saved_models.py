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
    """Write one extractor of features, and one that would write a file; say what the worker finds in both."""
    import numpy as np
    import tensorflow as tf

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

    harmful: Any = tf.Module()

    @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3), tf.float32)])
    def writes(x: Any) -> Any:
        with tf.control_dependencies([tf.io.write_file(str(folder / "written"), "here")]):
            return tf.reduce_mean(x, [1, 2])

    tf.saved_model.save(harmful, str(folder / "harmful"), signatures=writes)
    own = runpy.run_path(worker)
    found = {
        name: own["unsafe_operations"]((folder / name / "saved_model.pb").read_bytes())
        for name in ("good", "harmful")
    }
    try:
        own["Model"](folder / "harmful", False)
        refused = ""
    except own["Refused"] as error:
        refused = str(error)
    (folder / "found.json").write_text(json.dumps({**found, "refused": refused}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
