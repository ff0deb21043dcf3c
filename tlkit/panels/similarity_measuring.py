"""The part of the Similarity panel that asks for a guess and measures the gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from tlkit.course.guesses import GuessFirst
from tlkit.errors import PanelError, TlkitError
from tlkit.panels import gate
from tlkit.panels import similarity_gain as gains
from tlkit.panels import similarity_gain_words as gain_words
from tlkit.panels.panel import Panel
from tlkit.panels.similarity_choices import Choices
from tlkit.panels.similarity_gain import Gain
from tlkit.panels.similarity_state import SimilarityState, check_amounts
from tlkit.panels.twin import Part
from tlkit.panels.worker import Job, NotFinished
from tlkit.similarity import Report
from tlkit.similarity.verdict import NOT_MEASURED

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset

# Without the data nobody knows how many labels there are.
_UNKNOWN = 10**9
_ANEW = "Change the labels per class, or what is compared, to guess again."


class Measuring(Panel[SimilarityState, Report]):
    """A panel with a report that can also measure what transfer gains; see :class:`tlkit.panels.Similarity`."""

    # A panel that was opened from a record has none.
    _choices: Choices | None = None
    _gain: Gain | None = None
    _measures_gain = False
    _most: Mapping[str, int] = {}
    _seconds: tuple[object, float] | None = None

    # For everybody

    def commit(self, guess: object, reason: object) -> Self:
        """Commit to a guess before the gain is measured: by how many points transfer beats random numbers.

        Parameters
        ----------
        guess
            Points, from -100 to 100.
        reason
            Why, in words.

        Raises
        ------
        PanelError
            The guess or the reason does not fit, one was committed before, or the gain is known already.
        """
        with self._lock:
            self._state = gate.committed(
                self._state,
                guess,
                reason,
                self._pair(),
                busy=self._busy(),
                known=self._fits(draws=False),
                anew=_ANEW,
            )
            self._problem = None
        self._show()
        return self

    def measure_gain(self) -> Gain:
        """Compare trained networks now: random numbers, frozen and fine-tuned, on the same draws of labels.

        The report stays; the kernel's interrupt stops it, and what is finished is kept for the next time.

        Raises
        ------
        PanelError
            There is no report of these settings yet, or a run is going on already.
        GuessFirst
            The guess comes before the result.
        """
        return self._perform_gain(self._begin_gain())

    @property
    def gain(self) -> Gain:
        """What was measured last; it survives in the record.

        Raises
        ------
        NotFinished
            The gain was not measured yet.
        """
        found = self._known_gain()
        if found is None:
            raise NotFinished("The gain was not measured yet.", "Call measure_gain() after run().")
        return found

    @property
    def result(self) -> Report:
        """The report of the last run.

        Raises
        ------
        GuessFirst
            The guess comes before the result.
        NotFinished
            Nothing was run yet, or the first run is going on.
        PanelError
            The panel was opened from a record, which does not hold the objects.
        """
        if self._waits() and self._result is None:
            raise gate.first()
        return super().result

    # Settings

    def _waits(self) -> bool:
        """Say whether the guess is still to come: not after the gain, and not in a reopened panel."""
        asked = bool(self._about.get("predict")) and self._state.guess is None
        return asked and not self._opened and not self._fits(draws=False)

    def _chosen(self) -> tuple[Dataset, Backbone]:
        assert self._choices is not None  # else it was opened from a record and does not begin
        return self._choices.dataset(self._state.target), self._choices.backbone(self._state.backbone)

    def _pair(self) -> tuple[str, str]:
        if self._choices is None:
            raise PanelError("This panel was opened from a record; a guess comes too late.", self._anew())
        return gains.pair(self._choices.backbone(self._state.backbone))

    def _most_labels(self, target: str) -> int:
        """Return how many labels of each class there are to draw; of a reopened panel nobody knows it."""
        if self._choices is None:
            return max(1, self._state.labels_per_class if hasattr(self, "_state") else 1)
        if target not in self._most:
            self._most = {
                **self._most,
                target: int(self._choices.dataset(target).train.counts().min()),
            }
        return self._most[target]

    def _possible(self, state: SimilarityState) -> int:
        """Return the labels per class of some settings, or fewer where the target has fewer."""
        return min(state.labels_per_class, self._most_labels(state.target))

    def _check_amounts(self, state: SimilarityState) -> None:
        most = self._most_labels(state.target) if self._choices is not None else _UNKNOWN
        check_amounts(state.labels_per_class, state.draws, most, state.target)

    # The run

    def _begin(self) -> Job:
        if self._waits():
            raise gate.first()
        return super()._begin()

    def _begin_gain(self) -> Job:
        if not self._opened and not self._reported():
            raise PanelError(
                "There is no report of these settings yet, and the gain is to stand beside it.",
                "Call run() first.",
            )
        with self._lock:
            before, self._measures_gain = self._measures_gain, True
            try:
                return self._begin()
            except (PanelError, GuessFirst):
                self._measures_gain = before
                raise

    def _perform_gain(self, job: Job) -> Gain:
        def work(job: Job) -> Gain:
            state = self._state
            target, network = self._chosen()
            try:
                found = gains.measure(target, network, state.labels_per_class, state.draws, state.seed, job)
                found = replace(found, guess=state.guess, reason=state.reason)
                with self._lock:
                    self._gain = found
                    self._outcome = {**(self._outcome or {}), "gain": found.record()}
                return found
            finally:
                self._measures_gain, self._seconds = False, None

        return self._carry_out(job, work)

    # What is shown

    def _gain_facts(self, *, timed: bool) -> gain_words.Facts:
        return gain_words.Facts(
            state=self._state,
            predict=bool(self._about.get("predict")),
            waits=self._waits(),
            pair=None if self._choices is None else self._pair(),
            most_labels=self._most_labels(self._state.target),
            report=self._outcome["report"] if self._outcome is not None else None,
            reported=self._reported(),
            gain=self._known_gain(),
            fits=self._fits(),
            known=self._fits(draws=False),
            measures=self._measures_gain,
            seconds=self._expected_seconds() if timed else None,
        )

    def _expected_seconds(self) -> float | None:
        """Return about how long measuring would take; None where it cannot begin."""
        if self._choices is None or not self._reported() or self._busy() or self._waits():
            return None
        state = self._state
        asked = state, state.labels_per_class, state.draws
        if self._seconds is None or self._seconds[0] != asked:
            target, network = self._chosen()
            try:
                seconds = gains.expected_seconds(
                    target, network, state.labels_per_class, state.draws, state.seed
                )
            except TlkitError:
                return None  # said when it is asked for
            self._seconds = asked, seconds
        return self._seconds[1]

    def _shown_outcome(self) -> dict[str, Any] | None:
        """Return the outcome; once the gain is measured, its report no longer says that none was."""
        found = self._outcome
        if found is None or self._known_gain() is None:
            return found
        why = [words for words in found["report"]["why"] if words != NOT_MEASURED]
        return {**found, "report": {**found["report"], "why": why}}

    def _gain_view(self) -> dict[str, Any]:
        facts = self._gain_facts(timed=True)
        return {"gate": gain_words.gate_view(facts), "gain": gain_words.view(facts)}

    def _gain_twin(self) -> list[Part]:
        return gain_words.twin(self._gain_facts(timed=False))

    def _actions(self) -> Mapping[str, Callable[..., object]]:
        return {"commit": self.commit, "measure": self._start_gain}

    def _start_gain(self) -> None:
        """Measure in a thread, as a click does; a second click is no error."""
        if not self._busy():
            self._in_thread(self._begin_gain(), self._perform_gain)

    def _reported(self) -> bool:
        return self._outcome is not None and self._ran == self._state

    def _known_gain(self) -> Gain | None:
        """Return the gain that belongs to the report that is there."""
        return self._gain if self._outcome is not None and self._outcome.get("gain") else None

    def _fits(self, *, draws: bool = True) -> bool:
        """Say whether a gain was measured with the present settings, perhaps on another number of draws."""
        found = self._known_gain()
        if found is None or not self._reported():
            return False
        same = found.comparison.labels_per_class == self._state.labels_per_class
        return same and (not draws or len(found.comparison.seeds) == self._state.draws)

    def _kept_gain(self) -> dict[str, Any] | None:
        """Return the gain's record if a new report is of the same source, target and network as the last one."""
        return self._outcome.get("gain") if self._outcome is not None and self._reported() else None

    def _result_of(self, outcome: dict[str, Any]) -> Report | None:
        if outcome.get("gain"):
            self._gain = Gain.from_record(outcome["gain"])
        return None
