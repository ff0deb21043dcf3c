"""Findings: what is wrong or doubtful about data, said before anything is trained on it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, overload

from tlkit.data.duplicates import Place
from tlkit.errors import DataError

_SHOWN = 5
_NAMED = 3


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    rule
        Short name of the rule, such as ``"copies-across-splits"``.
    what
        What was found, with its numbers.
    why
        Why it matters.
    cure
        What to do.
    where
        The files or items it was found in; may be empty.
    level
        ``"problem"``, which ``strict=True`` refuses, or ``"note"``.
    items
        Groups of the items it is about, each item as (split, position): one group for each of ``where``. Empty
        where it is not about items of the dataset.
    classes
        Groups of the classes it is about; empty where it is not about classes.

    Examples
    --------
    >>> print(Finding("imbalance", "9 of 10 are cats.", "Answering 'cat' is right 90 % of the time.", "Compare."))
    9 of 10 are cats. Answering 'cat' is right 90 % of the time. Compare. [imbalance]
    """

    rule: str
    what: str
    why: str
    cure: str
    where: tuple[str, ...] = ()
    level: Literal["problem", "note"] = "problem"
    items: tuple[tuple[Place, ...], ...] = ()
    classes: tuple[tuple[str, ...], ...] = ()

    @property
    def words(self) -> str:
        """All of it in plain words, without the name of the rule."""
        return " ".join(part for part in (self.what, self.why, self.cure) if part) + self.places

    def __str__(self) -> str:
        return f"{self.words} [{self.rule}]"

    @property
    def places(self) -> str:
        """Where it was found, as a sentence that follows another; empty if that is not known."""
        if not self.where:
            return ""
        more = len(self.where) - _SHOWN
        shown = "; ".join(self.where[:_SHOWN])
        return f" Found in: {shown}{f'; and {more:,} more' if more > 0 else ''}."


def group_name(names: Sequence[str]) -> str:
    """Name some items that belong together; of many the first three.

    Examples
    --------
    >>> group_name(["a.png", "b.png"]), group_name(list("abcde"))
    ('a.png ~ b.png', 'a ~ b ~ c ~ 2 more')
    """
    more = len(names) - _NAMED
    return " ~ ".join([*names[:_NAMED], f"{more} more"] if more > 0 else names)


# What makes a measured accuracy wrong comes before what makes learning hard; a rule that is not here comes last.
_GRAVEST_FIRST = (
    "labels-look-shuffled",
    "copies-across-splits",
    "groups-across-splits",
    "copies-with-other-labels",
    "near-copies-across-splits",
    "unreadable-file",
    "missing-file",
    "unreadable-folder",
    "outside-folder",
    "no-class",
    "no-item",
    "empty-class",
    "class-names-alike",
    "mixed-labels",
    "imbalance",
    "tiny-class",
    "one-colour",
    "copies-within-a-split",
    "near-copies-within-a-split",
    "small-picture",
    "other-files",
    "not-cached",
)
_WEIGHTS = {rule: weight for weight, rule in enumerate(_GRAVEST_FIRST)}


class Findings:
    """All findings about one dataset; false if there are none.

    Parameters
    ----------
    findings
        In any order: they are told problems first, and of these the gravest.
    name
        Of the dataset.
    checked
        What was looked for, and what could not be judged, in words.

    Examples
    --------
    >>> print(Findings([], "pets"))
    Nothing was found that is wrong with 'pets'.
    """

    def __init__(self, findings: Iterable[Finding], name: str, checked: tuple[str, ...] = ()) -> None:
        self._all = tuple(
            sorted(findings, key=lambda one: (one.level != "problem", _WEIGHTS.get(one.rule, len(_WEIGHTS))))
        )
        self.name = name
        self.checked = checked

    @property
    def problems(self) -> tuple[Finding, ...]:
        """Those that ``strict=True`` refuses."""
        return tuple(one for one in self._all if one.level == "problem")

    def of(self, rule: str) -> tuple[Finding, ...]:
        """Return the findings of one rule."""
        return tuple(one for one in self._all if one.rule == rule)

    def refuse(self) -> None:
        """Raise the problems as an error, if there are any.

        Raises
        ------
        DataError
            Naming all of them.
        """
        if self.problems:
            count = len(self.problems)
            told = " ".join(f"({at}) {one}" for at, one in enumerate(self.problems, start=1))
            raise DataError(
                f"{count} problem{'' if count == 1 else 's'} found in {self.name!r}: {told}",
                "Mend the data, or read it with strict=False.",
            )

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._all)

    @overload
    def __getitem__(self, at: int) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, at: int | slice) -> Finding | tuple[Finding, ...]:
        return self._all[at]

    def _lead(self) -> str:
        problems, notes = len(self.problems), len(self) - len(self.problems)
        if not self._all:
            return f"Nothing was found that is wrong with {self.name!r}."
        parts = [
            f"{count} {noun}{'' if count == 1 else 's'}"
            for count, noun in ((problems, "problem"), (notes, "note"))
            if count
        ]
        return f"{' and '.join(parts)} about {self.name!r}:"

    def __str__(self) -> str:
        return "\n".join([self._lead(), *(f"- {one}" for one in self._all)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        lead = f"<p>{html.escape(self._lead())}</p>"
        if not self._all:
            return lead
        head = "".join(
            f'<th scope="col" style="text-align:left">{one}</th>'
            for one in ("what was found", "why it matters", "what to do", "where", "rule")
        )
        rows = "".join(
            "<tr>"
            f'<th scope="row" style="text-align:left;vertical-align:top">{html.escape(one.what)}</th>'
            + "".join(
                f'<td style="text-align:left;vertical-align:top">{html.escape(part)}</td>'
                for part in (one.why, one.cure, one.places.removeprefix(" Found in: "), one.rule)
            )
            + "</tr>"
            for one in self._all
        )
        return f"{lead}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
