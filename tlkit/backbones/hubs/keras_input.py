"""What a Keras application does to its pictures before the network sees them, as an InputTransform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.backbones.transform import InputTransform
from tlkit.errors import DataError

Preprocess = Callable[..., Any]
_ROUNDING = 1e-3


def input_of(preprocess: Preprocess, side: int, name: str) -> tuple[InputTransform, bool]:
    """Read off from ``preprocess_input`` what it does to bytes of red, green and blue.

    Parameters
    ----------
    preprocess
        Keras's own function for the network.
    side
        Of the pictures.
    name
        Of the network, for messages.

    Returns
    -------
    tuple of InputTransform and bool
        The transform, and whether the function also turns red, green and blue round (the weights of the first VGG and
        ResNet come from Caffe, which reads blue, green, red).

    Raises
    ------
    DataError
        The function does something else than to scale and shift each colour.

    Examples
    --------
    >>> input_of(lambda x, data_format: x / 127.5 - 1, 224, "own")[0].mean
    (0.5, 0.5, 0.5)
    """

    def run(pixels: NDArray[np.float32]) -> NDArray[np.float64]:
        # A copy: Keras's function writes to what it gets.
        return np.asarray(preprocess(pixels.copy(), data_format="channels_last"), dtype=np.float64)

    shift = run(np.zeros((1, 1, 1, 3), np.float32)).reshape(3)
    # Row: the colour that is on; column: where it comes out.
    grown = run(np.diag([255.0] * 3).astype(np.float32).reshape(3, 1, 1, 3)).reshape(3, 3) - shift
    order = [int(np.abs(grown[:, out]).argmax()) for out in range(3)]
    scale = np.array([grown[order[out], out] for out in range(3)])
    probe = np.random.default_rng(0).uniform(0, 255, (1, 4, 4, 3)).astype(np.float32)
    said = probe[..., order].astype(np.float64) / 255 * scale + shift
    if order not in ([0, 1, 2], [2, 1, 0]) or scale.min() <= 0 or np.abs(run(probe) - said).max() > _ROUNDING:
        raise DataError(
            f"What Keras does to the pictures of {name} before the network is more than to scale and shift colours.",
            "Build the network with Keras and give it to backbones.wrap with a transform of your own.",
        )
    back = np.argsort(order)
    mean, std = (-shift / scale)[back], (1 / scale)[back]
    return (
        InputTransform(
            channels=3,
            height=side,
            width=side,
            mean=tuple(_short(one) for one in mean),
            std=tuple(_short(one) for one in std),
        ),
        order != [0, 1, 2],
    )


def _short(value: float) -> float:
    # To single precision, in which Keras computed it: 0.485 and not 0.48500000381; and no -0.
    return float(f"{value:.7g}") + 0.0
