"""Whole networks in a file: programs of torch.export, and ONNX."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tlkit.backbones.hubs.missing import missing_part
from tlkit.backbones.hubs.onnx_parts import hash_of
from tlkit.backbones.limits import limit
from tlkit.errors import WeightsError, unknown_name

_ALWAYS_TRAINING = {
    "aten.batch_norm.default": 5,
    "aten.dropout.default": 2,
    "aten.feature_dropout.default": 2,
}


class ExportedStage(nn.Module):
    """A program of torch.export as a stage: its weights can learn, its behaviour is that of evaluation for good.

    Parameters
    ----------
    content
        Of the ``.pt2`` file.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content
        self.program = self._read()
        limit(
            self,
            ("strict", "stored_stats"),
            "An exported program computes as in evaluation, whatever trains: dropout is off and statistics are stored",
        )

    def _read(self) -> nn.Module:
        exported = torch.export.load(io.BytesIO(self.content))
        for node in exported.graph.nodes:
            at = _ALWAYS_TRAINING.get(str(node.target))
            if at is not None and len(node.args) > at and node.args[at] is True:
                raise WeightsError(
                    "The program was exported while it trained: its dropout and statistics never stand still.",
                    "Call net.eval() before torch.export.export, and save it again.",
                )
        made: nn.Module = exported.module()
        return made

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input that it was exported with."""
        given = torch.export.load(io.BytesIO(self.content)).example_inputs
        if given is None or len(given[0]) != 1 or not isinstance(given[0][0], Tensor):
            raise WeightsError(
                "The program takes more than one tensor.", "Export one that takes pictures alone."
            )
        return tuple(given[0][0].shape)

    def forward(self, x: Tensor) -> Tensor:
        """Run the program."""
        given: Tensor = self.program(x)
        return given

    def train(self, mode: bool = True) -> ExportedStage:
        """Note the mode; the program has only one."""
        self.training = mode
        return self

    def __getstate__(self) -> dict[str, Any]:
        # Programs cannot be pickled; the file can, and what has been learned since.
        learned = {key: value.detach() for key, value in self.program.state_dict().items()}
        flags = {key: one.requires_grad for key, one in self.program.named_parameters()}
        kept = {key: value for key, value in self.__dict__.items() if key != "_modules"}
        return {**kept, "_modules": {}, "_learned": (learned, flags)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        learned, flags = state.pop("_learned")
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self.program = self._read()
        self.program.load_state_dict(learned)
        for key, one in self.program.named_parameters():
            one.requires_grad_(flags[key])

    def extra_repr(self) -> str:
        """Return which program it is."""
        return f"sha256={hashlib.sha256(self.content).hexdigest()}"


class OnnxExtractor:
    """An ONNX file that onnxruntime runs; copies share it, pickles name the file.

    Parameters
    ----------
    path, sha256
        The file, and the hash of all that belongs to it; a changed one is refused.
    output
        Which output holds the features; empty takes the first that is (n, d) or (n, c, h, w).
    """

    def __init__(self, path: Path, sha256: str, output: str) -> None:
        self.path, self.sha256, self.output = path, sha256, output
        self._opened: Any = None

    def session(self) -> Any:
        """Return onnxruntime's session, opened once.

        Raises
        ------
        MissingPartError
            onnxruntime is not installed.
        WeightsError
            The file was changed, is no ONNX, or takes something else than pictures.
        """
        if self._opened is None:
            try:
                import onnxruntime
            except ImportError as error:
                raise missing_part("onnxruntime", "onnx") from error
            if hash_of(self.path) != self.sha256:
                raise WeightsError(f"{self.path.name} is not the file that was loaded.", "Load it again.")
            settings = onnxruntime.SessionOptions()
            settings.log_severity_level = 4
            settings.intra_op_num_threads = torch.get_num_threads()
            try:
                self._opened = onnxruntime.InferenceSession(
                    str(self.path), settings, providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # onnxruntime raises kinds of its own
                raise WeightsError(
                    f"{self.path.name} is not a whole ONNX file: {' '.join(str(error).split())[:160]}.",
                    "Export it again.",
                ) from error
        return self._opened

    def picture(self) -> list[int]:
        """Return the shape of its input, with -1 for any size."""
        inputs = self.session().get_inputs()
        shape = inputs[0].shape if len(inputs) == 1 else []
        if len(shape) != 4 or inputs[0].type != "tensor(float)":
            raise WeightsError(
                f"{self.path.name} takes {', '.join(f'{one.type} {one.shape}' for one in inputs)}, expected pictures"
                " (n, channels, height, width) as floats.",
                "Export a network that takes pictures alone.",
            )
        return [one if isinstance(one, int) and one > 0 else -1 for one in shape]

    def chosen(self) -> str:
        """Return the output that holds the features."""
        outputs = {one.name: one for one in self.session().get_outputs()}
        if self.output:
            if self.output not in outputs:
                raise unknown_name(f"output of {self.path.name}", self.output, outputs)
            return self.output
        found = [
            name for name, one in outputs.items() if one.type == "tensor(float)" and len(one.shape) in (2, 4)
        ]
        if not found:
            raise WeightsError(
                f"None of the outputs of {self.path.name} is (n, features) or (n, channels, height, width).",
                'Export one, and name it in the .json beside it: {"output": "features"}.',
            )
        return str(found[0])

    def features(self, pictures: NDArray[Any]) -> NDArray[Any]:
        """Return what it gives for pictures."""
        session, name = self.session(), self.chosen()
        key, at_once = session.get_inputs()[0].name, self.picture()[0]
        if at_once not in (-1, 1):
            raise WeightsError(
                f"{self.path.name} takes {at_once} pictures at a time, no more and no less.",
                "Export it for any number: dynamic_axes={'input': {0: 'n'}}.",
            )
        parts = np.array_split(pictures, len(pictures)) if at_once == 1 else [pictures]
        return np.concatenate([session.run([name], {key: part})[0] for part in parts])

    def __deepcopy__(self, memo: object) -> OnnxExtractor:
        return self

    def __reduce__(self) -> tuple[Any, tuple[Path, str, str]]:
        return OnnxExtractor, (self.path, self.sha256, self.output)
