"""Findings by weight and kind, and the line of Python that is the next step after each."""

from __future__ import annotations

import ast
import keyword
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from tlkit.data.own import ALIKE, GIVEN

if TYPE_CHECKING:
    from tlkit.data import Dataset, Finding, Findings

#: Name of a kind to its label.
KINDS = {
    "labels": "Labels",
    "copies": "Copies",
    "classes": "Classes",
    "pictures": "Pictures",
    "files": "Files",
}
# The kind of each rule. A rule that is not here is among the files: it was told while something was read.
_KIND_OF = {
    "labels-look-shuffled": "labels",
    "copies-across-splits": "copies",
    "groups-across-splits": "copies",
    "copies-with-other-labels": "labels",
    "near-copies-across-splits": "copies",
    "unreadable-file": "files",
    "missing-file": "files",
    "unreadable-folder": "files",
    "outside-folder": "files",
    "no-class": "files",
    "no-item": "files",
    "empty-class": "classes",
    "class-names-alike": "classes",
    "mixed-labels": "labels",
    "imbalance": "classes",
    "tiny-class": "classes",
    "one-colour": "pictures",
    "copies-within-a-split": "copies",
    "near-copies-within-a-split": "copies",
    "small-picture": "pictures",
    "other-files": "files",
    "not-cached": "files",
}
_REGROUPED = {
    "copies-across-splits",
    "copies-within-a-split",
    "near-copies-across-splits",
}
_SIZES = (16, 24, 32, 48, 64, 96, 128, 160, 192, 224, 256, 384, 512)
_FEW = 5


def keyed(findings: Findings) -> list[tuple[str, Finding]]:
    """Return findings with a key for each, in their order.

    Examples
    --------
    >>> from tlkit.data import Finding, Findings
    >>> rules = ["imbalance", "copies-across-splits", "imbalance"]
    >>> [key for key, _ in keyed(Findings([Finding(rule, "", "", "") for rule in rules], "pets"))]
    ['copies-across-splits', 'imbalance', 'imbalance-2']
    """
    pairs = []
    seen: dict[str, int] = {}
    for one in findings:
        seen[one.rule] = seen.get(one.rule, 0) + 1
        pairs.append((one.rule if seen[one.rule] == 1 else f"{one.rule}-{seen[one.rule]}", one))
    return pairs


def kind_of(rule: str) -> str:
    """Return the kind of a rule, one of `KINDS`."""
    return _KIND_OF.get(rule, "files")


def code(finding: Finding, key: str, dataset: Dataset) -> str:
    """Return Python to run next: what mends it where one line can, else what lists the names; "" for nothing.

    Parameters
    ----------
    finding
        One of the dataset's findings.
    key
        As of `keyed`.
    dataset
        The dataset.
    """
    name = variable(dataset)
    rule = finding.rule
    if rule in _REGROUPED and (again := _regrouped(dataset)):
        return f"{name} = {again}"
    if rule == "labels-look-shuffled":
        return f"{name}.preview()"
    if rule == "imbalance":
        least = int(dataset.train.counts().min())
        return f"task = {name}.few_shot({min(_FEW, least)}, seed=0)" if least else ""
    if rule == "tiny-class" and (again := _without(dataset, [one for (one,) in finding.classes])):
        return f"{name} = {again}"
    if rule == "class-names-alike":
        return _renamed(dataset, finding.classes[0])
    if rule == "small-picture" and dataset.asked is not None:
        smaller = max((one for one in _SIZES if one < dataset.train.shape[-1]), default=0)
        return f"{name} = {dataset.asked.again(size=smaller)}" if smaller else ""
    if rule == "one-colour" and (moved := _aside(finding, key, dataset)):
        return moved
    if finding.where and finding.cure and not finding.classes:
        return f'print(*{listed(finding, key, dataset)}, sep="\\n")'
    return ""


def listed(finding: Finding, key: str, dataset: Dataset) -> str:
    """Return Python that gives all names of a finding."""
    at = key.removeprefix(finding.rule).removeprefix("-")
    return f'{variable(dataset)}.findings.of("{finding.rule}")[{int(at or 1) - 1}].where'


def variable(dataset: Dataset) -> str:
    """Return what a notebook calls a dataset; elsewhere a name made from its own.

    Examples
    --------
    >>> from tlkit import data
    >>> variable(data.load("printed-digits"))
    'printed_digits'
    """
    python = sys.modules.get("IPython")
    shell = python.get_ipython() if python is not None else None
    for name, value in dict(getattr(shell, "user_ns", {})).items():
        if value is dataset and not name.startswith("_"):
            return str(name)
    made = re.sub(r"\W", "_", dataset.name)
    return made if made.isidentifier() and not keyword.iskeyword(made) else "dataset"


def _regrouped(dataset: Dataset) -> str:
    """Return how to read again so that copies stay in one split; "" where that would change nothing."""
    asked = dataset.asked
    if asked is None or dataset.card.modality == "text" or GIVEN in dataset.card.limits:
        return ""
    return "" if asked.keeps_copies_together else asked.again(group=ALIKE)


def _without(dataset: Dataset, names: Sequence[str]) -> str:
    """Return how to read again without some classes; "" where fewer than two would be left."""
    asked = dataset.asked
    if asked is None or asked.call == "data.arrays" or len(dataset.classes) - len(names) < 2:
        return ""
    before: list[str] = []
    with suppress(ValueError, SyntaxError):
        given = ast.literal_eval(asked.named.get("leave_out", "[]"))
        before = [given] if isinstance(given, str) else list(given)
    return asked.again(leave_out=[*before, *names])


def _renamed(dataset: Dataset, names: Sequence[str]) -> str:
    """Return how to join class folders, under names that no file has yet; "" where classes are no folders."""
    files = dataset.item_names.get("train", ())
    root = _folder(dataset)
    if not root or not all(any(file.startswith(f"{name}/") for file in files) for name in names):
        return ""
    sizes = dict(zip(dataset.classes, dataset.train.counts().tolist(), strict=True))
    keep = max(names, key=lambda name: sizes[name])
    lines = ["from pathlib import Path"]
    for name in names:
        if name != keep:
            lines += [
                f"for file in list(Path({root}, {name!r}).iterdir()):",
                f"    to = Path({root}, {keep!r}, {f'{name}-'!r} + file.name)",
                "    while to.exists():",
                f"        to = to.with_name({f'{name}-'!r} + to.name)",
                "    file.rename(to)",
                f"Path({root}, {name!r}).rmdir()",
            ]
    return "\n".join(lines)


def _aside(finding: Finding, key: str, dataset: Dataset) -> str:
    """Return how to move files out of a folder into one beside it, over nothing that lies there already."""
    root = _folder(dataset)
    if not root:
        return ""
    return "\n".join(
        [
            "from pathlib import Path",
            f"aside = Path(str(Path({root})) + '-aside')",
            f"for name in {listed(finding, key, dataset)}:",
            "    to = aside / name",
            "    to.parent.mkdir(parents=True, exist_ok=True)",
            "    while to.exists():",
            "        to = to.with_name('again-' + to.name)",
            f"    Path({root}, name).rename(to)",
        ]
    )


def _folder(dataset: Dataset) -> str:
    """Return how the folder of a dataset is written, if its names are those of files in it; else ""."""
    asked = dataset.asked
    named = bool(dataset.item_names) and asked is not None and asked.call == "data.images"
    return asked.first[0] if asked is not None and named and "csv" not in asked.named else ""
