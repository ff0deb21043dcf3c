"""Recipe: every choice of a training run in one place, so that all of it stands on the record."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from tlkit.errors import RecordError, TrainingError, unknown_name

if TYPE_CHECKING:
    from tlkit.freeze import Plan

#: The data sets on whose validation splits the presets were chosen (``benchmarks/recipes.py``).
CHOSEN_ON = ("printed-digits", "digits", "shapes")
SOLVERS = ("convex", "steps")
CACHES = ("auto", "always", "never")
_RANGES = (
    ("head_strength", 1e-9, 1e9),
    ("augmented_views", 0, 1000),
    ("most_rows", 0, 100_000_000),
    ("steps", 0, 1_000_000),
    ("steps_growth", 0, 2),
    ("most_steps", 0, 10_000_000),
    ("learning_rate", 1e-9, 1e3),
    ("stage_decay", 0, 10),
    ("head_factor", 0, 1000),
    ("weight_decay", 0, 10),
    ("label_smoothing", 0, 0.99),
    ("batch_size", 2, 1_000_000),
    ("augmentation", 0, 10),
    ("warmup", 0, 0.9),
)
_WHOLE = ("augmented_views", "most_rows", "steps", "most_steps", "batch_size")


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    The values of `head`, `fine_tune` and `scratch` were chosen with equally many tries each on the validation
    splits of three data sets, `CHOSEN_ON`, at 1 and 5 labels per class (``benchmarks/recipes.py`` makes the
    choice and prints it). `gradually` takes over those of `fine_tune`; `head_by_steps` was set by hand and not
    compared with anything.

    One value beyond the present ones gains less than a point (of a hundred): for `fine_tune` no other of nine tries
    is better (73.9 %, mean over the three sets at both numbers of labels), for `head` the best has 0.6 points more
    (67.2 against 66.6 %, with twice as many views and a tenth of the strength).

    What was measured of the steps: for `fine_tune`, 400 instead of 200 gained nothing (73.7 % both). For `scratch`
    with 1 label per class, 2400 instead of 800 gained nothing (35.9 against 36.0 %). With 5 labels per class three
    times as many still help where the task is hard: 5367 steps against 1789 gave 47.9 against 37.7 % on shapes,
    96.3 against 95.2 % on digits and 96.7 against 97.0 % on printed digits. More
    labels were not measured. So with more than one label per class `scratch` may be a few points short of what
    patience would give it; the arm ``scratch-long`` of `tlkit.compare` shows how many.

    Parameters
    ----------
    name
        For tables and records.
    head_solver
        ``"convex"``: the head is first solved for exactly on the features of the network as it is.
        ``"steps"``: it starts at random and learns by steps, with everything else.
    head_strength
        Strength of the convex head's regularisation: 0.5 * head_strength * |W|² is added to the summed loss.
        None chooses it by cross-validation inside the labels, where there are at least two per class.
    augmented_views
        So many augmented copies of each image, besides the image itself, stand in for random augmentation
        where activations are cached. 0 caches the images as they are.
    most_rows
        So many cached rows at most: with many labels there are fewer views of each.
    steps, steps_growth, most_steps
        With k labels per class the stages learn for ``steps * k ** steps_growth`` steps, at most
        ``most_steps``.
    learning_rate
        Highest rate of the one-cycle schedule, for the last trained stage.
    stage_decay
        Each earlier stage learns with this times the rate of the one after it.
    head_factor
        The head learns with this times ``learning_rate``.
    weight_decay
        AdamW's decay of weight matrices and filters.
    label_smoothing
        Share of the probability that goes to the other classes, 0 to below 1.
    batch_size
        Items a step, at most.
    augmentation
        Strength of the random rotation, scale and shift of each image at each step; 0 for none.
    gradual
        Whether stages open one after the other, from the last to the first.
    warmup
        Share of the steps in which the rate rises.
    cache
        ``"auto"`` starts from cached activations when the frozen prefix is strict and nothing is random in
        it; ``"always"`` insists on it; ``"never"`` runs the whole network every time.

    Raises
    ------
    TrainingError
        A value that makes no sense.

    Examples
    --------
    >>> Recipe.head().steps_for(5)
    0
    >>> Recipe.fine_tune().change(steps=10, steps_growth=0.0).steps_for(5)
    10
    """

    name: str
    head_solver: str = "convex"
    head_strength: float | None = 1.0
    augmented_views: int = 0
    most_rows: int = 2000
    steps: int = 0
    steps_growth: float = 0.5
    most_steps: int = 2000
    learning_rate: float = 2e-3
    stage_decay: float = 0.6
    head_factor: float = 1.0
    weight_decay: float = 0.05
    label_smoothing: float = 0.05
    batch_size: int = 32
    augmentation: float = 1.0
    gradual: bool = False
    warmup: float = 0.25
    cache: str = "auto"

    def __post_init__(self) -> None:
        if self.head_solver not in SOLVERS:
            raise unknown_name("head solver", self.head_solver, SOLVERS)
        if self.cache not in CACHES:
            raise unknown_name("way to cache", self.cache, CACHES)
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if value is None and name == "head_strength":
                continue
            number = isinstance(value, numbers.Real) and not isinstance(value, bool)
            if not number or not low <= value <= high:
                raise TrainingError(
                    f"The recipe's {name} is {value!r}, expected a number from {low:g} to {high:g}.",
                    "Take one from that range, or leave it out.",
                )
            # numpy's numbers become Python's, so that the record is plain JSON.
            if isinstance(value, numbers.Integral):
                object.__setattr__(self, name, int(value))
            elif name in _WHOLE:
                raise TrainingError(
                    f"The recipe's {name} is {value!r}, expected a whole number.", "Round it."
                )
            else:
                object.__setattr__(self, name, float(value))
        if self.head_solver == "steps" and self.steps == 0:
            raise TrainingError(
                "The head is to learn by steps, but the recipe has none.",
                "Set steps, or head_solver='convex'.",
            )
        if self.cache == "always" and self.steps and self.augmentation and not self.augmented_views:
            raise TrainingError(
                "Activations cannot be cached under random augmentation: each step sees other pictures, and a"
                " cache would show it the same ones again.",
                "Set augmentation=0, or augmented_views to cache a fixed number of augmented pictures.",
            )

    @classmethod
    def head(cls) -> Recipe:
        """Return the recipe for a frozen network: only a new head, solved for exactly."""
        return cls("head", head_strength=0.1, augmented_views=8, augmentation=1.0)

    @classmethod
    def head_by_steps(cls) -> Recipe:
        """Return the recipe for a head on stages that hold their weights, but behave otherwise in training.

        Set by hand: it was not chosen among others.

        Under ``weights_only``, ``train_bn`` and ``batch_stats`` the features that a head is trained on are not
        those of the network before training: what was solved for there would have moved on.
        """
        return cls("head-by-steps", head_solver="steps", steps=200, learning_rate=1e-2, stage_decay=0.3)

    @classmethod
    def for_plan(cls, plan: Plan | Mapping[str, str], *, gradual: bool = False) -> Recipe:
        """Return the recipe that suits what a plan leaves open.

        Parameters
        ----------
        plan
            The plan, or its stages and modes. All strict: the head alone, solved for exactly. Some stage
            trainable: fine-tuning. Otherwise the head by steps.
        gradual
            Whether fine-tuning opens one stage after the other.

        Raises
        ------
        TrainingError
            It is no plan.

        Examples
        --------
        >>> from tlkit import backbones, freeze
        >>> net = backbones.load("zoo:resnet-letters")
        >>> [Recipe.for_plan(freeze.plan(net, until="head", mode=mode)).name for mode in freeze.MODES]
        ['fine-tune', 'head-by-steps', 'head-by-steps', 'head-by-steps', 'head']
        """
        named = plan if isinstance(plan, Mapping) else getattr(plan, "modes", {})
        if not named:
            raise TrainingError(
                f"The plan is of the kind {type(plan).__name__}, without stages and their modes.",
                "Make one with freeze.plan(backbone, ...).",
            )
        modes = {mode for name, mode in named.items() if name != "head"}
        if modes == {"strict"}:
            return cls.head()
        if "trainable" not in modes:
            return cls.head_by_steps()
        return cls.gradually() if gradual else cls.fine_tune()

    @classmethod
    def fine_tune(cls) -> Recipe:
        """Return the recipe for going on from a pretrained network: head first, then the chosen stages."""
        return cls("fine-tune", head_strength=0.1, steps=200, learning_rate=8e-3, stage_decay=0.3)

    @classmethod
    def gradually(cls) -> Recipe:
        """Return fine-tuning that opens one stage after the other, from the last to the first."""
        return cls.fine_tune().change(name="fine-tune-gradually", gradual=True)

    @classmethod
    def scratch(cls) -> Recipe:
        """Return the recipe for a network with random weights: four times the steps of fine-tuning, all at one rate."""
        return cls(
            "scratch", head_solver="steps", steps=800, learning_rate=1e-2, stage_decay=1.0, most_steps=2000
        )

    def change(self, **values: Any) -> Recipe:
        """Return a copy with other values.

        Raises
        ------
        UnknownNameError
            A recipe has no such field.
        """
        known = [field.name for field in fields(self)]
        for name in values:
            if name not in known:
                raise unknown_name("recipe field", name, known)
        return replace(self, **values)

    def steps_for(self, labels_per_class: float) -> int:
        """Return how many steps the stages learn for.

        Parameters
        ----------
        labels_per_class
            At least 1; the mean where classes differ.
        """
        wanted = self.steps * math.pow(max(1.0, labels_per_class), self.steps_growth)
        return min(round(wanted), self.most_steps)

    def views_for(self, items: int) -> int:
        """Return how many augmented copies of each of so many items are cached."""
        return min(self.augmented_views, max(0, self.most_rows // max(1, items) - 1))

    def record(self) -> dict[str, Any]:
        """Return every field as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Recipe:
        """Return the recipe that a record holds.

        Raises
        ------
        RecordError
            It is no record, lacks a field, or has one that this version does not know.
        """
        if not isinstance(record, Mapping):
            raise RecordError(
                f"The record of a recipe is a {type(record).__name__}, expected its fields and their values.",
                "Give what recipe.record() returned.",
            )
        known = {field.name for field in fields(cls)}
        if set(record) != known:
            odd = ", ".join(sorted(set(record) ^ known))
            raise RecordError(
                f"This is not a recipe of this version of tlkit; it differs in: {odd}.",
                "Open it with the version that wrote it.",
            )
        return cls(**record)
