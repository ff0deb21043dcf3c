"""places: where each client keeps what it fetched, and one folder for all of them, to hand on to a class."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Names the one folder for the weights of all hubs. Where it is not set, each client uses its own.
MODELS = "TLKIT_MODELS"

# Each client's own setting, and the folder that it gets below the one for all. Not HF_HOME: there a login lies, which
# must not get into a folder that is handed on.
_SETTINGS = {
    "TORCH_HOME": "torch",
    "HF_HUB_CACHE": "huggingface/hub",
    "KERAS_HOME": "keras",
    "KAGGLEHUB_CACHE": "kagglehub",
    "TFHUB_CACHE_DIR": "tfhub",
}


def one_folder() -> Path | None:
    """Return the folder for all hubs, ``$TLKIT_MODELS``; None if each client uses its own."""
    named = os.environ.get(MODELS)
    return Path(named).expanduser().resolve() if named else None


def torch_folder() -> Path:
    """Return where torch's own hub keeps code and weights; the latter in ``checkpoints``.

    Examples
    --------
    >>> torch_folder().is_absolute()
    True
    """
    models = one_folder()
    if models is not None:
        return models / "torch" / "hub"
    import torch

    return Path(torch.hub.get_dir()).expanduser().absolute()


def settle() -> None:
    """Point every client to ``$TLKIT_MODELS`` by its own setting, if that is set."""
    models = one_folder()
    if models is None:
        return
    for setting, below in _SETTINGS.items():
        os.environ[setting] = str(models / below)


@contextmanager
def gathered_in(folder: str | os.PathLike[str] | None) -> Iterator[None]:
    """Let all clients use one folder for a while; None changes nothing.

    Parameters
    ----------
    folder
        As ``$TLKIT_MODELS`` would name it; it is made when the first weights come.

    Examples
    --------
    >>> with gathered_in("/somewhere"):
    ...     print(torch_folder())
    /somewhere/torch/hub
    """
    if folder is None:
        settle()
        yield
        return
    before = {name: os.environ.get(name) for name in (MODELS, *_SETTINGS)}
    os.environ[MODELS] = str(Path(folder).expanduser().absolute())
    try:
        settle()
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
