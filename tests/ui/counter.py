"""The smallest panel: it counts. For the tests of what all panels share."""

CELL = """
import time
from dataclasses import dataclass
from tlkit.errors import PanelError, StoppedError
from tlkit.panels.panel import Panel
from tlkit.panels.twin import Paragraph

@dataclass(frozen=True)
class Count:
    steps: int = 3

class Counter(Panel[Count, int]):
    kind = "freeze"  # any built file will do, with nothing in its body: its frame is what is tested
    State = Count
    def _title(self): return "Counter"
    def _view(self):
        head = dict(name="head", count="", sign="", word="", spoken="head", label="", sentence="")
        counts = dict(learns="0", of="of 0", share=0, remembered="", seconds="", seconds_source="")
        sample = dict(alt="", size="", name="", classes="")
        words = dict(preset="", preset_words="none", code="", stale_words="")
        return dict(sample=sample, presets=[], modes=[], stages=[], head=head, counts=counts,
                    bound=dict(stages=0, words="", rest=""), warnings=[], outcome=None, **words)
    def _twin(self):
        counted = [Paragraph(f"Counted to {self._outcome['steps']}.")] if self._outcome else []
        return [Paragraph(f"{self._state.steps} steps."), *counted]
    def _work(self, job):
        for step in range(self._state.steps):
            if job.should_stop():
                raise StoppedError("stopped")
            time.sleep(0.1)
            job.say(f"step {step}", step / self._state.steps)
        if self._state.steps == 1:
            raise PanelError("One step is no walk.", "Take more.")
        return self._state.steps
    def _outcome_of(self, result): return {"steps": result}
"""
