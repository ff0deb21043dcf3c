"""What the target shares with the source, looked for in the run of a Similarity panel, and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlkit import similarity
from tlkit.errors import SimilarityError
from tlkit.panels.things import things
from tlkit.panels.twin import Paragraph, Part
from tlkit.similarity.overlap_names import match_names
from tlkit.similarity.overlap_shown import WHY

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset

#: Of larger sets, looking would keep somebody waiting.
MOST_PICTURES = 40_000
_TITLE = "Overlap"
# So many class names are listed.
_NAMED = 8
# So many pairs of positions are kept; the counts are of all.
_KEPT = 20
# Of the last pairs of sets: another network or another panel looks at the same pictures.
_REMEMBERED = 16
_known: dict[tuple[str, ...], dict[str, Any]] = {}


def shared(
    source: Dataset,
    target: Dataset,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str, float], None] = lambda words, share: None,
) -> dict[str, Any]:
    """Look for pictures and class names of the target that the source has already; remembered while Python runs.

    Parameters
    ----------
    source, target
        Datasets; test sets stay sealed.
    should_stop, progress
        As in :func:`tlkit.similarity.overlap`.

    Returns
    -------
    dict
        Plain JSON: ``found``, the record of an overlap or None; ``why_not``, in words, where pictures could not be
        compared, and then ``names``, the classes of one name.

    Examples
    --------
    >>> from tlkit import data
    >>> shared(data.load("photos"), data.load("emoji:noto"))["why_not"][:36]
    "The pictures of 'photos' have 1 chan"
    """
    sets = (source.name, source.fingerprint, target.name, target.fingerprint)
    if source.fingerprint == target.fingerprint:
        return _made(same=True)
    if sets not in _known:
        many = sum(_count(one) for one in (source, target))
        what = "texts" if target.train.kind == "texts" else "pictures"
        if many > MOST_PICTURES:
            words = f"{many:,} {what} are more than a panel looks through; similarity.overlap does."
            return _made(words, names=_same_names(source, target))
        try:
            found = similarity.overlap(source, target, should_stop=should_stop, progress=progress).record()
        except SimilarityError as error:
            return _made(str(error), names=_same_names(source, target))
        for kind in ("exact", "near", "alike_features"):
            found[kind]["pairs"] = found[kind]["pairs"][:_KEPT]
        for oldest in list(_known)[: -(_REMEMBERED - 1)]:
            _known.pop(oldest, None)
        _known[sets] = found
    return _made(found=_known[sets])


def known_names(network: Backbone, source: Dataset, target: Dataset) -> dict[str, Any] | None:
    """Compare the target's class names with those that a network learned elsewhere than from the source.

    Returns
    -------
    dict or None
        The record of an overlap; None where the network's card names no classes, or those of the source.
    """
    learned = tuple(network.card.classes)
    if not learned or learned == tuple(source.classes):
        return None
    return similarity.overlap(network, target).record()


def view(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Describe the overlap for the browser: what to be warned of, or one quiet line; None for an older result."""
    made = found.get("overlap")
    if not made:
        return None
    warned, quiet = _said(found)
    return {"title": _TITLE, "warnings": warned, "why": WHY if warned else "", "quiet": quiet}


def twin(found: Mapping[str, Any]) -> list[Part]:
    """Describe the overlap for the twin."""
    made = view(found)
    if not made:
        return []
    warned = [Paragraph(f"{made['title']}: {words}", strong=True) for words in made["warnings"]]
    return [*warned, Paragraph(" ".join([*([made["why"]] if warned else []), made["quiet"]]))]


def _said(found: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return what to be warned of, a sentence each, and what else is to be known."""
    report, made = found["report"], found["overlap"]
    source, target = report["source"], report["target"]
    if made["same"]:
        return [f"Source and target are one set: {target} was compared with itself."], ""
    records = [one for one in (made["found"], made.get("network")) if one]
    warned = [words for one in records for words in one["warnings"]]
    if made.get("names"):
        listed = ", ".join(made["names"][:_NAMED]) + (" …" if len(made["names"]) > _NAMED else "")
        warned.append(f"Classes of {target} that are classes of {source} by name: {listed}.")
    notes = [words for one in records for words in one["notes"]]
    if made["why_not"]:
        first = f"Not checked for overlap: whether {things(report)} of {target} are in {source}. {made['why_not']}"
    else:
        first = _looked_at(made["found"], warned=bool(warned))
    return warned, " ".join([first, *notes])


def _looked_at(record: Mapping[str, Any], *, warned: bool) -> str:
    """Say in one line what was looked for."""
    theirs, ours = (sum(record[f"{side}_counts"].values()) for side in ("source", "target"))
    what = f"{record['item']}s"
    copies = record["exact"]["count"] + record["near"]["count"]
    where = (
        f"of {ours:,} {what} of {record['target']} {'are' if copies > 1 else 'is'} among {theirs:,} of "
        f"{record['source']}, equal or nearly equal"
    )
    if copies:
        said = f"{copies:,} {where}."
    elif warned:
        said = f"None {where}."
    else:
        said = f"No overlap was found: none {where}, and no class has the same name."
    missed = "Mirrored or redrawn copies" if what == "pictures" else "Texts that say the same in other words"
    sealed = f"Test sets stayed sealed: their {what} were compared, never shown."
    return f"{said} {missed} would not have been found. {sealed}"


def _made(
    why_not: str = "",
    *,
    found: dict[str, Any] | None = None,
    same: bool = False,
    names: Sequence[str] = (),
) -> dict[str, Any]:
    return {"found": found, "why_not": why_not, "same": same, "names": list(names)}


def _same_names(source: Dataset, target: Dataset) -> list[str]:
    """Compare class names alone, where pictures cannot be compared."""
    matches = match_names([*map(str, source.classes)], [*map(str, target.classes)])
    return [one.target for one in matches if one.relation == "same"]


def _count(dataset: Dataset) -> int:
    return len(dataset.train) + len(dataset.validation) + len(dataset.test)
