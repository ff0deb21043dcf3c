"""The process in which a SavedModel runs: started on demand, ended with whoever needs it, killed when asked to stop."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tlkit import files
from tlkit.backbones.hubs.missing import missing_part
from tlkit.backbones.hubs.tensorflow_operations import ALLOWED, SAVING
from tlkit.backbones.hubs.tensorflow_worker import packed, receive, send, unpacked
from tlkit.errors import TlkitError, WeightsError

_SCRIPT = ("backbones", "hubs", "tensorflow_worker.py")


def fingerprint(folder: Path) -> str:
    """Return the SHA-256 of a SavedModel's files, with their names."""
    digest = hashlib.sha256()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()} {files.sha256(path)}\n".encode())
    return digest.hexdigest()


class SavedModelProcess:
    """A SavedModel behind a pipe. Copies of whatever holds it share it.

    Parameters
    ----------
    folder
        With ``saved_model.pb``.
    sha256
        The `fingerprint` of its files; if they change, nothing is computed any more.
    trust
        Whether a graph that reaches files or runs code may be run.
    """

    def __init__(self, folder: Path, sha256: str, trust: bool) -> None:
        self.folder, self.sha256, self.trust = folder, sha256, trust
        self._alone = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._about: dict[str, Any] = {}

    @property
    def about(self) -> dict[str, Any]:
        """What the model says of itself: ``input``, a shape with -1 for any size, and ``dtype``."""
        with self._alone:
            self._started()
            return self._about

    def features(self, pictures: NDArray[Any]) -> NDArray[Any]:
        """Return what the model gives for pictures in its own layout.

        Raises
        ------
        WeightsError
            The model refuses them, or its process ended.
        """
        with self._alone:
            found: NDArray[Any] = unpacked(self._ask(self._started(), b"feat", packed(pictures)))
            return found

    @property
    def pid(self) -> int | None:
        """The process's number; None while none runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def end(self) -> None:
        """End the process; the next question starts another."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        if fingerprint(self.folder) != self.sha256:
            raise WeightsError(
                f"The files in {self.folder} are not those that were loaded.", "Load the model again."
            )
        process = subprocess.Popen(
            [sys.executable, str(files.packaged(*_SCRIPT))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Where TensorFlow imports Keras, that must not bring torch into its process.
            env={
                **os.environ,
                "CUDA_VISIBLE_DEVICES": "",
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "KERAS_BACKEND": "tensorflow",
            },
            # Ctrl-C is for this process, which ends that one.
            start_new_session=True,
        )
        self._process = process
        weakref.finalize(self, _end, process)
        asked = json.dumps(
            {
                "folder": str(self.folder),
                "allowed": None if self.trust else sorted(ALLOWED),
                "saving": sorted(SAVING),
            }
        ).encode()
        try:
            self._about = json.loads(self._ask(process, b"open", asked))
        except TlkitError:
            self.end()
            raise
        return process

    def _ask(self, process: subprocess.Popen[bytes], kind: bytes, content: bytes) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            send(process.stdin, kind, content)
            answer = receive(process.stdout)
        except BrokenPipeError:
            answer = None
        except BaseException:
            # Stopped in the middle of an answer: the rest of it would be taken for the next one.
            self.end()
            raise
        if answer is None:
            self.end()
            raise WeightsError(
                f"The process that runs {self.folder.name} ended with code {process.returncode}.",
                "It may have run out of memory: use smaller batches, or another model.",
            )
        said = answer[1].decode(errors="replace") if answer[0] in (b"fail", b"deny") else ""
        if answer[0] == b"deny":
            raise WeightsError(
                f"The SavedModel {self.folder} was not run: its graph holds {said}, which turning pictures into"
                " features does not need, and which might reach files or run code.",
                "If you know who made it, load it with trust=True (`tlkit fetch --trust`); else use another model.",
            )
        if answer[0] == b"fail":
            if "No module named 'tensorflow" in said:
                raise missing_part("TensorFlow", "tensorflow")
            raise WeightsError(
                f"The SavedModel {self.folder} cannot be used: {said}.",
                "Use a model that turns pictures into features.",
            )
        return answer[1]

    def __deepcopy__(self, memo: object) -> SavedModelProcess:
        return self

    def __reduce__(self) -> tuple[Any, tuple[Path, str, bool]]:
        return SavedModelProcess, (self.folder, self.sha256, self.trust)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
