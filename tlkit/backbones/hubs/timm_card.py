"""What timm says of a network besides its weights: its classes, its sources, and where our preprocessing differs."""

from __future__ import annotations

from typing import Any


def limits_of(data: dict[str, Any]) -> list[str]:
    """Say where our preprocessing is another than that of the training."""
    crop = float(data.get("crop_pct") or 1.0)
    told = []
    if crop < 1:
        told.append(f"the middle {100 * crop:.3g} % were cut out of each picture")
    if data.get("interpolation") not in (None, "bilinear"):
        told.append(f"it was resized by {data['interpolation']} interpolation")
    if not told:
        return []
    before = " and ".join(told)
    return [
        f"In its own evaluation {before}; tlkit resizes the whole picture bilinearly: its figures differ a little."
    ]


def sources_of(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what the settings say of where the weights come from, for the lineage."""
    papers = settings.get("paper_ids") or ()
    found = {
        "tag": settings.get("tag"),
        "origin": settings.get("origin_url"),
        "paper": settings.get("paper_name"),
        "papers": papers if isinstance(papers, str) else ", ".join(papers),
    }
    return {key: str(value) for key, value in found.items() if value}


def classes_of(net: Any, settings: dict[str, Any], timms_own: bool) -> tuple[str, ...]:
    """Return the names of a network's classes where its settings or timm know them."""
    named = settings.get("label_names")
    described = settings.get("label_descriptions")
    if isinstance(described, dict) and named:
        return tuple(str(described.get(one, one)) for one in named)
    if named:
        return tuple(str(one) for one in named)
    if not timms_own:
        # timm goes by how many they are: a thousand classes of somebody else's need not be ImageNet's.
        return ()
    from timm.data.imagenet_info import ImageNetInfo, infer_imagenet_subset

    subset = infer_imagenet_subset(net)
    if not subset:
        return ()
    if subset == "imagenet-1k":
        from torchvision.models._meta import _IMAGENET_CATEGORIES

        # Each name is there once, and those of the other networks are the same.
        return tuple(_IMAGENET_CATEGORIES)
    return tuple(str(one) for one in ImageNetInfo(subset).label_descriptions())
