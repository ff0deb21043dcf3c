"""The Similarity panel: how close is a source to a target, as a network sees them?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tlkit import similarity
from tlkit.errors import PanelError, StoppedError, unknown_name
from tlkit.panels import similarity_map_words as maps
from tlkit.panels import similarity_words as words
from tlkit.panels.sheet import listed, sheet
from tlkit.panels.similarity_choices import Choices, follows, some
from tlkit.panels.similarity_coupling import coupled
from tlkit.panels.similarity_map import feature_map
from tlkit.panels.similarity_measuring import Measuring
from tlkit.panels.similarity_overlap import known_names, shared
from tlkit.panels.similarity_seen import seen
from tlkit.panels.similarity_state import LABELS_PER_CLASS, SimilarityState, asked_anew
from tlkit.panels.twin import Paragraph, Part
from tlkit.panels.worker import Job
from tlkit.pictures import looks_like_ink
from tlkit.train.threads import threads

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset

_SAMPLES = 8
# How much of the time is over when each phase ends, as seen on one core.
_REPORT, _SHARED = 0.9, 0.95


class Similarity(Measuring):
    """Choose a source, a target and a network, see how close they are, and measure whether transfer pays.

    Parameters
    ----------
    source, target
        Datasets; every embedded one can be chosen too.
    net
        A backbone; every embedded one can be chosen too.
    seed
        Of samples, shuffles, the ceiling's weights and the first draw of labels.
    predict
        Whether a guess of the gain, with a reason, must come before any result; without it a guess is free.
    others
        More datasets and backbones to choose from.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> panel = Similarity(data.load("letters"), data.load("greek"), net)
    >>> panel.set(target="digits").state.target
    'digits'
    >>> print(panel.set(source="printed-digits"))
    How close are they?: printed-digits → digits, seen by zoo:resnet-printed-digits
    <BLANKLINE>
    Not measured yet.
    """

    kind = "similarity"
    version = 2
    State = SimilarityState
    # A panel that was opened from a record has none.
    _seen: Mapping[str, Any] = {}
    _notes: Sequence[str] = ()

    def __init__(
        self,
        source: Dataset,
        target: Dataset,
        net: Backbone,
        seed: int = 0,
        *,
        predict: bool = False,
        others: Iterable[Dataset | Backbone] = (),
    ) -> None:
        self._choices = Choices(source, target, net, others)
        self._samples: dict[str, tuple[dict[str, Any], list[str]]] = {}
        about = {
            "datasets": self._choices.datasets,
            "backbones": self._choices.backbones,
            "predict": bool(predict),
        }
        amount = min(LABELS_PER_CLASS, self._most_labels(target.name))
        super().__init__(
            SimilarityState(source.name, target.name, net.name, seed, labels_per_class=amount), about
        )

    # Settings

    def _changed(self, changes: dict[str, Any]) -> SimilarityState:
        before = self._state
        if isinstance(changes.get("picture"), str):
            changes["picture"] = self._picture_named(changes["picture"])
        if changes.get("pair") is not None and self._outcome is None:
            raise PanelError("There are no classes to choose yet.", "Call run() first.")
        state = replace(before, **changes)
        if "source" in changes and "backbone" not in changes:
            # What a network sees belongs to what it learned: the panel moves on to the new source's network.
            network = follows(before.backbone, before.source, str(state.source), self._about["backbones"])
            state = replace(state, backbone=network)
        if (
            "target" in changes
            and "labels_per_class" not in changes
            and state.target in self._about["datasets"]
        ):
            state = replace(state, labels_per_class=self._possible(state))
        return asked_anew(before, state)

    def _settable(self) -> tuple[str, ...]:
        return tuple(name for name in super()._settable() if name not in ("guess", "reason"))

    def _check(self, state: SimilarityState) -> SimilarityState:
        for name in (state.source, state.target):
            if name not in self._about["datasets"]:
                raise unknown_name("dataset in this panel", name, self._about["datasets"])
        if state.backbone not in self._about["backbones"]:
            raise unknown_name("backbone in this panel", state.backbone, self._about["backbones"])
        for what, value in (("seed", state.seed), ("picture", state.picture)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise PanelError(f"The {what} is {value!r}.", "Give a whole number of at least 0.")
        self._check_amounts(state)
        words.check_shown(getattr(self, "_outcome", None), state)
        return state

    def _picture_named(self, name: str) -> int:
        if self._outcome is None:
            raise PanelError("There is nothing to choose yet.", "Call run() first.")
        picture = maps.picture_named(self._outcome, name)
        if picture is None:
            known = [one["label"] for one in maps.choices(self._outcome)]
            raise unknown_name("class of the target", name, known)
        return picture

    # The run

    def _anew(self) -> str:
        return "Make it anew with panels.Similarity(source, target, net)."

    def _work(self, job: Job) -> similarity.Report:
        assert self._choices is not None  # else it was opened from a record and does not begin
        state = self._state
        source, target = self._choices.dataset(state.source), self._choices.dataset(state.target)
        network = self._choices.backbone(state.backbone)

        def check() -> None:
            if job.should_stop():
                raise StoppedError("The run was stopped on request.", "Nothing was changed.")

        with threads(1):
            found = similarity.report(
                source,
                target,
                network,
                state.seed,
                measures=words.shown(head=network.source_head is not None),
                unrelated=self._choices.unrelated(state.source, state.target),
                should_stop=job.should_stop,
                progress=lambda said, share: job.say(said, share * _REPORT),
            )
            job.say("Drawing the map", _REPORT)
            sides = seen(source, target, network, state.seed, check)
            self._seen = {
                "map": feature_map(*sides, state.seed),
                "coupling": coupled(*sides),
                "overlap": {
                    **shared(
                        source,
                        target,
                        job.should_stop,
                        lambda said, share: job.say(said, _SHARED + share * (1 - _SHARED)),
                    ),
                    "network": known_names(network, source, target),
                },
            }
        splits = {one.name: one.train for one in (source, target)}
        self._notes = [
            f"{name}: {said}" for name, split in splits.items() for said in network.transform.notes_of(split)
        ]
        return found

    def _outcome_of(self, result: similarity.Report) -> dict[str, Any]:
        record = {name: one for name, one in result.record().items() if name not in ("kind", "schema")}
        return {
            "report": record,
            **self._seen,
            "notes": self._notes,
            "gain": self._kept_gain(),
        }

    def _perform(self, job: Job) -> similarity.Report:
        if self._ran is not None and self._ran != self._state:
            # The picture and the classes that were chosen belong to other sets.
            self._state = replace(self._state, picture=0, pair=None)
        return super()._perform(job)

    # What is shown

    def _title(self) -> str:
        return "How close are they?"

    def _subtitle(self) -> str:
        return f"{self._state.source} → {self._state.target}, seen by {self._state.backbone}"

    def _labels(self) -> dict[str, str]:
        return {"run": "Measure", "again": "Measure again", "stop": "Stop", "stopping": "Stopping"}

    def _sample(self, name: str) -> tuple[dict[str, Any], list[str]]:
        """Return a sheet of a few items of a dataset and their classes; empty without the dataset."""
        if self._choices is None:
            return {}, []
        if name not in self._samples:
            items, names = some(self._choices.dataset(name), _SAMPLES)
            made = listed(items) if self._choices.texts else sheet([(items, looks_like_ink(items))])
            self._samples[name] = made, names
        return self._samples[name]

    def _shown_sample(self, name: str) -> dict[str, Any]:
        made, names = self._sample(name)
        return {
            "count": len(names),
            "alt": f"{name}: {', '.join(names)}",
            **({"texts": made["texts"]} if "texts" in made else {}),
        }

    def _pictures(self) -> dict[str, str]:
        pictures = {
            what: self._sample(getattr(self._state, what))[0].get("uri", "") for what in ("source", "target")
        }
        if self._outcome is not None:
            pictures["sheet"] = self._outcome["map"]["sheet"].get("uri", "")
            # Hundreds of points: sent once, not with every step of progress.
            pictures |= {
                name: json.dumps(one, ensure_ascii=False)
                for name, one in words.drawings(self._outcome, self._state)
            }
        return pictures

    def _view(self) -> dict[str, Any]:
        state, about, found = self._state, self._about, self._shown_outcome()
        return {
            "choose": [
                {
                    "field": name,
                    "label": label,
                    "chosen": getattr(state, name),
                    "options": about["backbones" if name == "backbone" else "datasets"],
                }
                for name, label in (("source", "Source"), ("target", "Target"), ("backbone", "Seen by"))
            ],
            "samples": {what: self._shown_sample(getattr(state, what)) for what in ("source", "target")},
            "invite": "Does the network see something in the target that helps to sort it? Guess before you measure.",
            "outcome": words.view(found, state) if found is not None else None,
            "stale_words": "These results belong to an earlier choice. Measure again to see this one.",
            **self._gain_view(),
        }

    def _twin(self) -> Sequence[Part]:
        found = self._shown_outcome()
        if found is not None and self._ran == self._state:
            return [*words.twin(found, self._state), *self._gain_twin()]
        return [*self._gain_twin(), Paragraph("Not measured yet.")]
