"""keras: the networks of Keras Applications, ``keras:ResNet50``, and Keras models of your own.

They compute on Keras's torch backend, with the weights in torch's own parameters and buffers, so that every freeze mode
means what it means for other networks. In Keras's own words: ``strict`` is ``trainable = False`` with
``training=False``; ``stored_stats`` is ``trainable = True`` with ``training=False``; ``trainable`` is both true;
``train_bn`` and ``weights_only`` are ``training=True`` with ``trainable`` set variable by variable; ``batch_stats`` has
no flag in Keras: there what a layer would write is dropped.

What may follow the name: ``@96``, the side of the pictures in pixels; ``?alpha=0.35`` for the MobileNets' width;
``?weights=FILE`` and ``classes=10`` for weights of your own, a ``.weights.h5`` or ``.h5`` file of the same network
(``classes=0`` for a file without the last layer). ``keras:PATH.keras`` reads a whole model, without running code in it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.hubs.hub import MOST_SIDE, Asked, Present
from tlkit.backbones.hubs.keras_card import card_of
from tlkit.backbones.hubs.keras_client import keras_folder, keras_on_torch, on_the_cpu
from tlkit.backbones.hubs.keras_files import WeightsFile, application_of, asked_for, whole
from tlkit.backbones.hubs.keras_input import input_of
from tlkit.backbones.hubs.keras_model import taken_apart
from tlkit.backbones.hubs.keras_own import load_own
from tlkit.errors import DataError, WeightsError, unknown_name

PREFIX = "keras:"

#: Every network of Keras Applications but NASNet, which Keras itself does not build on torch.
APPLICATIONS = (
    *(f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")),
    *("DenseNet121", "DenseNet169", "DenseNet201"),
    *(f"EfficientNetB{size}" for size in range(8)),
    *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")),
    *("InceptionResNetV2", "InceptionV3", "MobileNet", "MobileNetV2", "MobileNetV3Large", "MobileNetV3Small"),
    *("ResNet50", "ResNet50V2", "ResNet101", "ResNet101V2", "ResNet152"),
    *("ResNet152V2", "VGG16", "VGG19", "Xception"),
)
_OPTIONS = ("alpha", "weights", "classes")
_USUAL_SIDE = 224
# The last layers of these see every pixel by itself, and fit pictures of the usual side alone.
_ONE_SIDE = ("VGG16", "VGG19")


def names() -> list[str]:
    """Return the names of all applications.

    Examples
    --------
    >>> names()[-2:]
    ['keras:VGG19', 'keras:Xception']
    """
    return [PREFIX + one for one in APPLICATIONS]


def present() -> list[Present]:
    """Return which weights are in the folder where Keras keeps them, with or without the last layer."""
    found: dict[str, Present] = {}
    for path in sorted(keras_folder().glob("*.h5")):
        application = application_of(path.name, APPLICATIONS)
        if application is not None and application not in found:
            found[application] = Present(PREFIX + application, path, path.stat().st_size)
    return list(found.values())


def load(name: str, asked: Asked) -> Backbone:
    """Return an application with its weights, or a model of your own, in evaluation mode.

    Parameters
    ----------
    name
        Without the prefix, as the module's docstring says.
    asked
        Whether it may be fetched, and for which side of the pictures.

    Raises
    ------
    UnknownNameError
        There is no such application.
    DataError
        The side or an option makes no sense.
    NotFetchedError
        The weights are not here and may not or cannot be fetched.
    WeightsError
        The file was changed, cut short, does not fit, or would run code.
    MissingPartError
        Keras is not installed, or already runs on another backend.
    """
    if name.partition("@")[0].endswith((".keras", ".h5")) and "?" not in name:
        return load_own(name, asked)
    base, options, side = _understood(name, asked.side)
    build = getattr(keras_on_torch().applications, base)
    preprocess = import_module(build.__module__).preprocess_input
    full = PREFIX + name.partition("@")[0]
    with on_the_cpu():
        file, place, model = _model(build, options, side, full, asked)
        transform, reverses = input_of(preprocess, int(model.input_shape[1]), full)
    taken = taken_apart(model, reverses=reverses)
    shown = full if side is None else f"{full}@{side}"
    card = card_of(shown, base, file, place, taken.head)
    return Backbone(shown, taken.module, transform, card, taken.head, None, taken.learns_in)


def _model(
    build: Any, options: dict[str, Any], side: int | None, name: str, asked: Asked
) -> tuple[WeightsFile | None, Path, Any]:
    """Return the published file, if it is one, the file that was read, and the network with its weights."""
    settings: dict[str, Any] = {"alpha": options["alpha"]} if "alpha" in options else {}
    shape: dict[str, Any] = {} if side is None else {"input_shape": (side, side, 3)}
    if "weights" in options:
        file = None
        place, classes = _own_weights(options)
    else:
        file, place, classes = _published(build, settings, shape, name, asked)
    if not shape and not classes:
        # Without its last layer a network takes every side, and does not say which is its own.
        usual = _built(build, {}, settings, name).input_shape[1] or _USUAL_SIDE
        shape = {"input_shape": (usual, usual, 3)}
    return file, place, _filled(build, place, classes, {**settings, **shape}, name)


def _published(
    build: Any, settings: dict[str, Any], shape: dict[str, Any], name: str, asked: Asked
) -> tuple[WeightsFile, Path, int]:
    """Return the published file that is here, with the last layer if possible, and how many classes it has."""
    # Keras asks for the usual side where a file has a last layer; its weights fit other sides as well.
    own = asked_for(build, **settings, **shape)
    top = own or asked_for(build, **settings)
    if top is None:
        raise DataError(f"Keras has no published weights for {name}.", "Use alpha=1.0, or give weights=FILE.")
    shown = f"{name}@{shape['input_shape'][0]}" if shape else name
    bare = asked_for(build, include_top=False, **settings, **shape)
    if bare is None and shape:
        _built(build, {"include_top": False}, {**settings, **shape}, name)  # says why, before a fetch
    if bare is not None and own is None and build.__name__ in _ONE_SIDE:
        size = 0 if bare.place.is_file() else _bytes_of(build, {"include_top": False, **settings, **shape})
        return bare, whole(bare, shown, asked, size), 0
    if bare is not None and bare.place.is_file() and not top.place.is_file():
        return bare, whole(bare, shown, asked, 0), 0
    size = 0 if top.place.is_file() else _bytes_of(build, settings)
    return top, whole(top, shown, asked, size), 1000


def _bytes_of(build: Any, settings: dict[str, Any]) -> int:
    return 4 * int(build(weights=None, **settings).count_params())


def _built(build: Any, ending: dict[str, Any], settings: dict[str, Any], name: str) -> Any:
    try:
        return build(weights=None, **ending, **settings)
    except ValueError as error:
        said = " ".join(str(error).split())[:120]
        if "input_shape" in settings:
            side = settings["input_shape"][0]
            raise DataError(
                f"{name} does not take pictures of {side} x {side} pixels: {said}.",
                "Leave the side out: its usual one always fits.",
            ) from error
        given = {key: one for key, one in {**settings, **ending}.items() if key in _OPTIONS}
        options = " and ".join(f"{key}={one}" for key, one in given.items()) or "its usual options"
        raise DataError(
            f"Keras does not build {name} with {options}: {said}.", "Give other values, or leave them out."
        ) from error


def _own_weights(options: dict[str, Any]) -> tuple[Path, int]:
    path = Path(options["weights"]).expanduser()
    if not path.is_file():
        raise WeightsError(f"There is no file {path}.", "Give the path of a .weights.h5 or .h5 file.")
    return path, options.get("classes", 1000)


def _filled(build: Any, place: Path, classes: int, settings: dict[str, Any], name: str) -> Any:
    ending = {"classes": classes, "classifier_activation": None} if classes else {"include_top": False}
    model = _built(build, ending, settings, name)
    if model.input_shape[1] is None:  # one that takes every side is cut by its usual one
        model = build(weights=None, **ending, **settings, input_shape=(_USUAL_SIDE, _USUAL_SIDE, 3))
    try:
        model.load_weights(str(place))
    except Exception as error:  # h5py and Keras raise many kinds for a file that does not fit
        raise WeightsError(
            f"The weights {place.name} do not fit {name}: {' '.join(str(error).split())[:200]}.",
            "Give classes= as many as the file's last layer has, classes=0 if it has none; or get the file again.",
        ) from error
    return model


def _understood(name: str, side: int | None) -> tuple[str, dict[str, Any], int | None]:
    """Take a name apart: application, options, side of the pictures."""
    rest, _, after = name.rpartition("@") if name.rpartition("@")[2].isdecimal() else (name, "", "")
    base, _, query = rest.partition("?")
    if base.startswith("NASNet"):
        raise DataError(
            f"Keras does not build {base} on its torch backend.",
            f"Use another, for example {PREFIX}MobileNetV2.",
        )
    if base not in APPLICATIONS:
        raise unknown_name("network of Keras Applications", PREFIX + base, names())
    if after and side is not None and str(side) != after:
        raise DataError(
            f"{PREFIX}{name} names one side of the pictures and side={side!r} another.", "Give one of them."
        )
    asked = int(after) if after else side
    if asked is not None and (not isinstance(asked, int) or not 32 <= asked <= MOST_SIDE):
        raise DataError(
            f"The side of the pictures for {PREFIX}{base} is {asked!r}, expected a whole number from 32 to"
            f" {MOST_SIDE}.",
            "Pictures of every size are brought to it by the network's transform.",
        )
    options: dict[str, Any] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in _OPTIONS:
            raise unknown_name("option", key, _OPTIONS)
        options[key] = value if key == "weights" else _number(key, value)
    if "alpha" in options and not base.startswith("MobileNet"):
        raise DataError(f"{base} has no alpha.", "Only the MobileNets come in several widths.")
    return base, options, asked


def _number(key: str, value: str) -> float | int:
    try:
        number = int(value) if key == "classes" else float(value)
    except ValueError:
        number = -1
    if number < 0:
        raise DataError(f"{key} is {value!r}, expected a number.", "For example ?alpha=0.5 or ?classes=10.")
    return number
