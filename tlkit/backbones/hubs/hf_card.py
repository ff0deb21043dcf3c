"""A model's own card (the front matter of its README) read into ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tlkit.backbones.card import ModelCard
from tlkit.backbones.hubs.hf_cache import Snapshot
from tlkit.backbones.hubs.hf_hashes import compared

_MOST = 12


def front_matter(folder: Path) -> tuple[dict[str, Any], str]:
    """Return what a folder's README says at its top, and what is wrong with it; empty texts where nothing is.

    Read as YAML without any kinds of its own: nothing in it is run.
    """
    from huggingface_hub import metadata_load

    path = folder / "README.md"
    if not path.is_file():
        return {}, "Its makers gave no card: licence, data and limits are not known."
    try:
        found = metadata_load(path)
    except Exception as error:  # of the YAML reader, of the text's encoding, of what is no table
        return {}, f"The top of its README cannot be read ({type(error).__name__}): look at it yourself."
    return {str(key): value for key, value in (found or {}).items()}, ""


def hub_card(
    name: str,
    snapshot: Snapshot,
    sha256: str,
    *,
    architecture: str,
    classes: Sequence[str] = (),
    licence_code: str,
    licence_weights: str = "",
    title: str = "",
    origin: str = "",
    intended_use: str = "",
    limits: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
    task: str = "",
) -> ModelCard:
    """Return the card of a network from the hub.

    Parameters
    ----------
    name
        As ``backbones.load`` takes it.
    snapshot
        Where its files are, and which commit they are of.
    sha256
        Of its weights.
    architecture, classes, licence_code, title, origin, intended_use
        As on a `ModelCard`.
    licence_weights
        Where the makers' card says none.
    limits
        What we add to what its makers say.
    more
        For the lineage.
    task
        What it does, where the makers' card does not say it.
    """
    said, wrong = front_matter(snapshot.folder)
    address = snapshot.address
    licence = _licence(said) or _spdx(licence_weights)
    data = _texts(said.get("datasets"))
    languages = _texts(said.get("language"))
    parents = _texts(said.get("base_model"))
    lineage: dict[str, Any] = {}
    if snapshot.commit:
        lineage["repository"] = address.repository
        if address.revision != snapshot.commit:
            lineage["revision"] = address.revision
        lineage["commit"] = snapshot.commit
    if len(data) == 1:
        lineage["data"] = data[0]
    if parents:
        lineage["parents"] = [f"hf:{parent}" for parent in parents]
        if isinstance(said.get("base_model_relation"), str):
            lineage["relation"] = said["base_model_relation"]
    lineage.update(more or {})
    metrics, unproved = _metrics(said.get("model-index"))
    return ModelCard(
        name=name,
        title=title or _title(said, address.repository),
        architecture=architecture,
        origin=(
            origin
            or (
                f"{address.repository} on the Hugging Face hub, commit {snapshot.commit}."
                if snapshot.commit
                else "A folder on this machine."
            )
        )
        + (f" Language: {', '.join(languages)}." if languages else ""),
        data=", ".join(data),
        classes=tuple(classes),
        licence_code=licence_code,
        licence_weights=licence,
        lineage=lineage,
        metrics=metrics,
        intended_use=intended_use,
        limits=tuple(
            one
            for one in (
                wrong,
                _unchecked(snapshot),
                "" if licence or wrong else "Its makers name no licence: without one nothing is allowed.",
                *unproved,
                *limits,
            )
            if one
        ),
        sha256=sha256,
        file_bytes=snapshot.bytes,
        task=tag if isinstance(tag := said.get("pipeline_tag"), str) else task,
    )


def _unchecked(snapshot: Snapshot) -> str:
    # A folder of one's own and a package come from no hub.
    if not snapshot.commit or compared(snapshot):
        return ""
    return (
        "Its weights could not be compared with the hub's hash, which the cache does not say here (a copy, or a file"
        " system without links): the SHA-256 is that of the file that was read."
    )


def _title(said: Mapping[str, Any], repository: str) -> str:
    task = said.get("pipeline_tag")
    return f"{repository}, made for {task}." if isinstance(task, str) else f"{repository}."


def _texts(value: Any) -> list[str]:
    """Return a text or a list of texts as a list; of very many only the first."""
    listed = value if isinstance(value, list) else [value]
    texts = [str(one) for one in listed if isinstance(one, str | int | float) and str(one)]
    return texts if len(texts) <= 2 * _MOST else [*texts[:_MOST], f"and {len(texts) - _MOST} more"]


# As the hub spells them, to SPDX's own spelling, where that is not a matter of capitals.
_SPDX = {
    "apache-2.0": "Apache-2.0",
    "mit": "MIT",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-2-clause": "BSD-2-Clause",
    "unlicense": "Unlicense",
    "isc": "ISC",
}


def _licence(said: Mapping[str, Any]) -> str:
    found = ", ".join(_texts(said.get("license")))
    if found == "other":
        named = said.get("license_name") or said.get("license_link")
        return f"other: {named}" if isinstance(named, str) else "other"
    return _spdx(found)


def _spdx(licence: str) -> str:
    if licence in ("", "unknown"):
        return ""
    upper = licence.startswith(("cc-", "cc0-", "gpl-", "agpl-", "lgpl-", "mpl-"))
    return _SPDX.get(licence) or (licence.upper() if upper else licence)


def _metrics(index: Any) -> tuple[dict[str, float], list[str]]:
    """Return the shares that the makers report, and in words that nobody checked them."""
    found: dict[str, float] = {}
    for model in index if isinstance(index, list) else ():
        for result in model.get("results", ()) if isinstance(model, dict) else ():
            if not isinstance(result, dict):
                continue
            data = result.get("dataset")
            where = data.get("name") if isinstance(data, dict) else None
            for metric in result.get("metrics") or ():
                value = metric.get("value") if isinstance(metric, dict) else None
                kind = str(metric.get("type", "")) if isinstance(metric, dict) else ""
                if isinstance(value, int | float) and not isinstance(value, bool) and "acc" in kind.lower():
                    # Some write percent.
                    share = float(value) / 100 if value > 1 else float(value)
                    if 0 <= share <= 1:
                        found[f"{where or 'reported'} {kind}"] = share
    return found, ["Its figures are its makers' own; tlkit did not measure them."] if found else []
