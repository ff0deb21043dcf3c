"""What this installation holds: versions, threads, device, what is embedded, what is missing."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from importlib import metadata

import tlkit
from tlkit import caches, files

_SHOWN = (
    *("torch", "torchvision", "timm", "numpy", "scipy", "scikit-learn", "matplotlib"),
    *("jupyterlab", "ipywidgets", "anywidget"),
)

# What a learner can do without.
_NEEDED_TO = {"build": "rebuild the embedded sets", "test": "test a change of tlkit"}


@dataclass(frozen=True)
class Installation:
    """What :func:`installation` found.

    Attributes
    ----------
    versions
        Version per library; None where it is missing.
    threads
        How many threads torch uses by default.
    processors
        How many processors this process may use.
    device
        The fastest device that torch finds; the default of every tlkit function is still ``"cpu"``.
    embedded
        Names of the embedded data sets, backbones, word vectors and lessons, per kind.
    embedded_bytes
        Bytes on disk of the embedded data sets, weights and word vectors.
    missing
        Per optional part (an extra of the package), the libraries that are not installed.
    caches
        What is kept on disk to save time, how much, and where, in words.
    """

    versions: dict[str, str | None]
    threads: int
    processors: int
    device: str
    embedded: dict[str, tuple[str, ...]]
    embedded_bytes: int
    missing: dict[str, tuple[str, ...]]
    caches: str

    def __str__(self) -> str:
        lines = [
            f"tlkit {tlkit.__version__} on Python {platform.python_version()}, {platform.platform()}",
            "",
        ]
        lines += [f"  {name:<13} {version or 'missing'}" for name, version in self.versions.items()]
        lines += [
            "",
            f"threads    {self.threads} of {self.processors} processors",
            f"device     {self.device}",
        ]
        for kind, names in self.embedded.items():
            lines += [f"{kind:<10} {len(names)}: {', '.join(names)}"]
        lines += [f"           {self.embedded_bytes / 1e6:.1f} MB on disk, all usable without a network"]
        lines += [f"caches     {self.caches}"]
        for part, names in self.missing.items():
            why = f"only needed to {_NEEDED_TO[part]}" if part in _NEEDED_TO else "optional"
            lines += [f"missing    {', '.join(names)}: {why}; to add: pip install 'tlkit[{part}]'"]
        if not self.missing:
            lines += ["missing    nothing: every optional part is installed"]
        return "\n".join(lines)


def installation() -> Installation:
    """Look at this installation. Imports torch, so it takes a second or two.

    Examples
    --------
    >>> installation().versions["numpy"] is not None
    True
    """
    import joblib
    import torch

    from tlkit import backbones, course, data, words

    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    device = f"cuda ({torch.cuda.get_device_name(0)})" if cuda else "mps" if mps else "cpu"
    places = (("data", "sets"), ("backbones", "weights"), ("words", "vectors"))
    folders = [files.packaged(*place) for place in places]
    return Installation(
        versions={name: _version(name) for name in _SHOWN},
        threads=torch.get_num_threads(),
        processors=joblib.cpu_count(),
        device=device,
        embedded={
            "data": tuple(data.names()),
            "backbones": tuple(backbones.names()),
            "words": tuple(words.names()),
            "lessons": tuple(lesson.name for lesson in course.lessons()),
        },
        embedded_bytes=sum(
            one.stat().st_size for place in folders for one in place.glob("*") if one.is_file()
        ),
        missing=_missing(),
        caches=caches.summary(),
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _missing() -> dict[str, tuple[str, ...]]:
    """Return, per optional part of tlkit, what it needs and is not there."""
    try:
        listed = metadata.requires("tlkit") or []
    except metadata.PackageNotFoundError:
        return {}
    missing: dict[str, list[str]] = {}
    for line in listed:
        found = re.match(r"([A-Za-z0-9._-]+).*;.*extra\s*==\s*['\"]([\w-]+)['\"]", line)
        # `dev` is another name of `test`.
        if found and found[1] != "tlkit" and found[2] != "dev" and _version(found[1]) is None:
            missing.setdefault(found[2], []).append(found[1])
    return {part: tuple(names) for part, names in missing.items()}
