"""Networks of transformers: what a folder's settings name, and the weights read into it, without code of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from tlkit.backbones.hubs.hf_cache import Snapshot
from tlkit.backbones.hubs.hub import Asked
from tlkit.errors import WeightsError


def settings_in(folder: Path, name: str) -> dict[str, Any]:
    """Return what a folder's ``config.json`` says.

    Raises
    ------
    WeightsError
        It is no JSON object.
    """
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"The settings of {name} (config.json) cannot be read: {type(error).__name__}.",
            "Get them again, or use another model.",
        ) from error
    if not isinstance(found, dict):
        raise WeightsError(f"The settings of {name} (config.json) are no object.", "Use another model.")
    return found


def config_of(name: str, snapshot: Snapshot, settings: dict[str, Any], asked: Asked) -> Any:
    """Return a network's settings as transformers reads them.

    Raises
    ------
    WeightsError
        They name code of the repository, which is not trusted, or nothing that transformers knows.
    """
    from transformers import AutoConfig

    programs = [one for one in _implementations(settings) if "/" in one]
    if programs and not asked.trust:
        raise WeightsError(
            f"{name} is to be computed by programs of {programs[0]} on a hub, which would be run on this machine.",
            "If you trust who made them, load with trust=True.",
        )
    if "auto_map" in settings and not asked.trust:
        from transformers import CONFIG_MAPPING

        if settings.get("model_type") not in CONFIG_MAPPING:
            raise WeightsError(
                f"{name} brings code of its own, which would be run on this machine.",
                "Read it; if you trust it, load with trust=True.",
            )
    try:
        return AutoConfig.from_pretrained(
            snapshot.folder, local_files_only=True, trust_remote_code=asked.trust
        )
    except Exception as error:  # of its many kinds
        raise WeightsError(
            f"transformers does not know what {name} is: {type(error).__name__}.",
            "Update transformers, or use another model.",
        ) from error


def _implementations(settings: Any) -> Iterator[str]:
    """Yield who is to compute parts of a network: words of the library, or a repository with programs."""
    ahead = [settings]
    while ahead:
        one = ahead.pop()
        if isinstance(one, dict):
            for key, value in one.items():
                if str(key).endswith("_implementation"):
                    yield from (str(value),) if not isinstance(value, dict) else map(str, value.values())
                ahead.append(value)
        elif isinstance(one, list):
            ahead += one


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the library's bars and notes on what it reads off the screen, and its draws off the learner's generator."""
    import transformers

    logging: Any = transformers.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def network_of(name: str, kind: Any, snapshot: Snapshot, config: Any, asked: Asked) -> Any:
    """Return the network with its weights, in evaluation mode.

    Raises
    ------
    WeightsError
        They do not fit.
    """
    try:
        net, told = kind.from_pretrained(
            snapshot.folder,
            config=config,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=asked.trust,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:  # of its many kinds
        raise WeightsError(
            f"The weights of {name} do not fit its network: {type(error).__name__}.",
            "Get them again, or use another model.",
        ) from error
    # A text encoder's pooler is for another task, and is left out.
    lacking = sorted(one for one in told["missing_keys"] if not one.startswith("pooler."))
    if lacking or told.get("mismatched_keys"):
        raise WeightsError(
            f"The weights of {name} do not fit its network: {lacking[0] if lacking else 'a shape'} is missing.",
            "Use another model: the rest would be random.",
        )
    return net.eval()
