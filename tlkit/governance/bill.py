"""Bill: a network's lineage as a CycloneDX bill of materials for machine learning (ML-BOM), written by its library."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from tlkit import __version__
from tlkit.backbones import licences
from tlkit.backbones.card import ModelCard
from tlkit.backbones.card_metric import Metric
from tlkit.backbones.hubs.missing import missing_part
from tlkit.backbones.shelf import Lineage
from tlkit.errors import DataError

_NAMESPACE = uuid.UUID("8f2cf5b0-5f0a-5f49-9d0e-5a1a6a4cf3d6")
_HASH = re.compile(r"[0-9a-f]{64}")


def bill_of_materials(lineage: Lineage, *, of_data: bool = False) -> str:
    """Return a lineage as CycloneDX 1.6 in JSON: models with their cards, data, and who was made from whom.

    Parameters
    ----------
    lineage
        The network and what it was made from.
    of_data
        Whether it is no network but a data set, with a licence of the data alone.

    Raises
    ------
    MissingPartError
        The library is not installed.
    DataError
        What was written is not what the schema of CycloneDX asks for.
    """
    try:
        from cyclonedx.model.bom import Bom
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output.json import JsonV1Dot6
    except ImportError as error:
        raise missing_part("cyclonedx-python-lib, which writes bills of materials,", "governance") from error

    components: dict[str, Component] = {}
    below: dict[str, set[str]] = {}
    cards: dict[str, dict[str, Any]] = {}
    for one in lineage.ancestors:
        if one.name in components and one.card is None:
            continue
        card = one.card or ModelCard(one.name)
        if of_data:
            components[one.name] = Component(
                name=one.name,
                type=ComponentType.DATA,
                bom_ref=one.name,
                description=card.title or None,
                licenses=_licences(card.licence_data),
                hashes=_hashes(card.sha256),
            )
            continue
        learned = _data(card)
        below.setdefault(one.name, set()).update(card.parents)
        if learned:
            below[one.name].add(f"data:{learned}")
            components[f"data:{learned}"] = Component(
                name=learned,
                type=ComponentType.DATA,
                bom_ref=f"data:{learned}",
                description=card.data or None,
                licenses=_licences(card.licence_data),
            )
        components[one.name] = Component(
            name=one.name.partition("@")[0],
            version=one.name.partition("@")[2] or None,
            type=ComponentType.MACHINE_LEARNING_MODEL,
            bom_ref=one.name,
            description=card.title or None,
            licenses=_licences(card.licence_weights),
            hashes=_hashes(card.sha256),
            properties=_properties(card),
        )
        cards[one.name] = _model_card(card, learned)
    own = lineage.ancestors[0].name
    bom = Bom(serial_number=uuid.uuid5(_NAMESPACE, str(lineage)))
    bom.metadata.component = components[own]
    bom.metadata.tools.components.add(
        Component(name="tlkit", version=__version__, type=ComponentType.APPLICATION)
    )
    for name, component in components.items():
        if name != own:
            bom.components.add(component)
        bom.register_dependency(
            component, [components[one] for one in below.get(name, ()) if one in components]
        )
    written: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    # The library has no model cards yet; the format has: they are put into what it wrote, and all is checked again.
    for one in [written["metadata"]["component"], *written.get("components", [])]:
        if one["bom-ref"] in cards:
            one["modelCard"] = cards[one["bom-ref"]]
    text = json.dumps(written, indent=1, ensure_ascii=False) + "\n"
    _expect_valid(text)
    return text


def _expect_valid(text: str) -> None:
    from cyclonedx.exception import MissingOptionalDependencyException
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    try:
        wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    except MissingOptionalDependencyException:
        return  # the library's own extra: without it the bill is written unchecked
    if wrong is not None:
        raise DataError(
            f"The bill of materials does not keep to CycloneDX: {str(wrong).splitlines()[0]}",
            "Mend the card that says so.",
        )


def _data(card: ModelCard) -> str:
    return str(card.lineage.get("data", "")) or card.data.partition(":")[0].partition(".")[0][:80]


def _licences(text: str) -> list[Any]:
    from cyclonedx.contrib.license.factories import LicenseFactory

    factory = LicenseFactory()
    ways = licences.named(text)
    if ways == ((licences.UNKNOWN,),):
        return [factory.make_with_name(" ".join(text.split())[:200])] if text.strip() else []
    if len(ways) > 1:
        return [factory.make_with_expression(" OR ".join(f"({' AND '.join(way)})" for way in ways))]
    return [factory.make_from_string(one) for one in ways[0]]


def _hashes(sha256: str) -> list[Any]:
    from cyclonedx.model import HashAlgorithm, HashType

    return [HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if _HASH.fullmatch(sha256) else []


def _properties(card: ModelCard) -> list[Any]:
    from cyclonedx.model import Property

    told = {
        "tlkit:licence of the code": card.licence_code,
        "tlkit:licence of the data": card.licence_data,
        "tlkit:origin": card.origin,
        "tlkit:missing": "; ".join(card.missing()),
    }
    return [Property(name=name, value=value) for name, value in told.items() if value]


def _model_card(card: ModelCard, learned: str) -> dict[str, Any]:
    """Return a card as CycloneDX writes it."""
    metrics = [Metric.of(name, value) for name, value in card.metrics.items()]
    told: dict[str, Any] = {"modelParameters": {"task": card.hub_task}}
    if card.architecture:
        told["modelParameters"]["modelArchitecture"] = card.architecture
    if learned:
        told["modelParameters"]["datasets"] = [{"ref": f"data:{learned}"}]
    if metrics:
        told["quantitativeAnalysis"] = {"performanceMetrics": [_metric(one) for one in metrics]}
    considered = {
        "useCases": [card.intended_use] if card.intended_use else [],
        "technicalLimitations": list(card.limits),
        "fairnessAssessments": [{"groupAtRisk": one} for one in card.groups],
    }
    if any(considered.values()):
        told["considerations"] = {key: value for key, value in considered.items() if value}
    return told


def _metric(one: Metric) -> dict[str, Any]:
    told: dict[str, Any] = {"type": one.heading, "value": f"{one.value:.6g}"}
    if one.low is not None and one.high is not None:
        told["confidenceInterval"] = {"lowerBound": f"{one.low:.6g}", "upperBound": f"{one.high:.6g}"}
    return told
