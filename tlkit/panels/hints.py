"""What to try next in the Freeze panel, after a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlkit.freeze import LEARNING
from tlkit.panels.presets import offered


def hint(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a next experiment: words, the settings it needs, and the words of its button.

    A hint says only what the network at hand can show: without BatchNorm nothing drifts.
    """
    modes = {
        stage["name"]: stage["mode"] for stage in found["run"]["seal"]["stages"] if stage["name"] != "head"
    }
    normed = [stage for stage in modes if stage in found["batchnorm"]]
    old = found["run"]["old_head"]
    drifting = [stage for stage in normed if modes[stage] in ("weights_only", "train_bn")]
    if drifting:
        return {
            "words": f"Now “strict” on {drifting[0]}, the same weights and stored statistics. "
            "Guess first: what happens to the old task?",
            "set": {"modes": dict.fromkeys(drifting, "strict")},
            "action": "Set it",
        }
    if normed and all(mode == "strict" for mode in modes.values()) and old is not None:
        stage = normed[min(1, len(normed) - 1)]
        return {
            "words": f"Try “weights only” on {stage}. Its weights will stay put and the old task will still "
            "change. Guess how before you run it.",
            "set": {"stage": stage, "mode": "weights_only"},
            "action": "Set it",
        }
    if all(mode in LEARNING for mode in modes.values()):
        return {
            "words": "Try “Feature extraction”: it learns far fewer numbers. Guess how many points that costs, "
            "or gains.",
            "set": {"preset": "feature extraction"},
            "action": "Set it",
        }
    if all(mode == "strict" for mode in modes.values()) and "last stage" in offered(_numbers(found)):
        return {
            "words": "Try “Last stage”: one more stage may learn. Guess whether these few labels are enough for it.",
            "set": {"preset": "last stage"},
            "action": "Set it",
        }
    words = (
        "Try “Everything”, and look at the old task afterwards. Guess how much of it is forgotten."
        if old is not None
        else "Try “Everything”: all stages may learn. Guess whether these few labels are enough for that."
    )
    return {
        "words": words,
        "set": {"preset": "everything"},
        "action": "Set it",
    }


def _numbers(found: Mapping[str, Any]) -> list[int]:
    """Return how many weights each stage has, without the head."""
    kinds = [stage["kinds"]["weights"] for stage in found["run"]["seal"]["stages"] if stage["name"] != "head"]
    return [0 if one is None else int(one["numbers"]) for one in kinds]
