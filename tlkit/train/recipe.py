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
CHOSEN_ON = ("printed-digits", "digits", "shapes", "letters")
#: The same for the rate of stages that learn with stored statistics.
CHOSEN_ON_STORED = ("photos", "shapes", "digits")
SOLVERS = ("convex", "steps")
# So many labelled items are learned in a recipe's own number of steps: one of each of ten classes.
_FEW_ITEMS = 10
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

    The values of `head`, `fine_tune` and `scratch` were chosen on the validation splits of four data sets,
    `CHOSEN_ON`, with 1 and 5 labels per class (``benchmarks/recipes.py`` tries values around them and prints the
    tables). `gradually` takes over the values of `fine_tune`; `head_by_steps` was set by hand and not compared with
    anything.

    What a start from nothing needs: batches of 16 rather than 32 (Greek letters, 1 label each, 800 steps: 40 against
    37 %), a weight decay of 0.3 rather than 0.05 (81 against 79 % with 5 labels per class, 2,100 steps, mean of the
    three sets with ten classes), and steps that grow with the labelled items. Three times as many steps gained 2
    points on 52 letters (38.8 against 37.1 %) and 4 on Greek ones (53.4 against 49.5 %), with 1 label each, on the
    validation split. The arm ``scratch-long`` of `tlkit.compare` shows what they gain on a task at hand. For
    `fine_tune` no other batch, rate, decay or number of steps that was tried was worth a point on average. With
    stored statistics its rate is an eighth: at the higher one the ImageNet network forgot what it knew
    (``benchmarks/recipes.py --arm fine-tune-stored`` prints both, on `CHOSEN_ON_STORED`).

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
        With n labelled items the stages learn for ``steps * (n / 10) ** steps_growth`` steps, at least ``steps``
        and at most ``most_steps``.
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
    >>> Recipe.head().steps_for(50)
    0
    >>> Recipe.scratch().change(steps=10, steps_growth=0.5).steps_for(40)
    20
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
            if name not in _WHOLE:
                object.__setattr__(self, name, float(value))
            elif isinstance(value, numbers.Integral):
                object.__setattr__(self, name, int(value))
            else:
                raise TrainingError(
                    f"The recipe's {name} is {value!r}, expected a whole number.", "Round it."
                )
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
        ['fine-tune', 'fine-tune', 'head-by-steps', 'head-by-steps', 'head-by-steps', 'head']
        """
        from tlkit.freeze import LEARNING

        named = plan if isinstance(plan, Mapping) else getattr(plan, "modes", {})
        if not named:
            raise TrainingError(
                f"The plan is of the kind {type(plan).__name__}, without stages and their modes.",
                "Make one with freeze.plan(backbone, ...).",
            )
        modes = {mode for name, mode in named.items() if name != "head"}
        if modes == {"strict"}:
            return cls.head()
        if not modes & set(LEARNING):
            return cls.head_by_steps()
        stored = "stored_stats" in modes
        return cls.gradually(stored_stats=stored) if gradual else cls.fine_tune(stored_stats=stored)

    @classmethod
    def fine_tune(cls, *, stored_stats: bool = False) -> Recipe:
        """Return the recipe for going on from a pretrained network: head first, then the chosen stages.

        Parameters
        ----------
        stored_stats
            Whether stages learn in that mode. BatchNorm then no longer evens out what a step does to the scale of
            activations, and a rate that is right with a batch's own statistics takes a network apart.
        """
        rate = 1e-3 if stored_stats else 8e-3
        return cls("fine-tune", head_strength=0.1, steps=200, learning_rate=rate, stage_decay=0.3)

    @classmethod
    def gradually(cls, *, stored_stats: bool = False) -> Recipe:
        """Return fine-tuning that opens one stage after the other, from the last to the first.

        Parameters
        ----------
        stored_stats
            As in `fine_tune`.
        """
        return cls.fine_tune(stored_stats=stored_stats).change(name="fine-tune-gradually", gradual=True)

    @classmethod
    def scratch(cls) -> Recipe:
        """Return the recipe for a network with random weights: more steps and smaller batches, all at one rate."""
        return cls(
            "scratch",
            head_solver="steps",
            steps=800,
            steps_growth=0.6,
            most_steps=4000,
            learning_rate=1e-2,
            stage_decay=1.0,
            weight_decay=0.3,
            batch_size=16,
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

    def for_items(self, kind: str) -> Recipe:
        """Return what this recipe is for items of a kind: texts are not augmented.

        Parameters
        ----------
        kind
            ``"images"`` or ``"texts"``, as `tlkit.data.Split.kind` says.

        Examples
        --------
        >>> head = Recipe.head().for_items("texts")
        >>> head.augmentation, head.augmented_views, Recipe.head().for_items("images") == Recipe.head()
        (0.0, 0, True)
        """
        return self if kind == "images" else self.change(augmentation=0.0, augmented_views=0)

    def steps_for(self, items: int) -> int:
        """Return how many steps the stages learn for.

        Parameters
        ----------
        items
            Labelled items that are trained on, of all classes together.
        """
        wanted = self.steps * math.pow(max(1.0, items / _FEW_ITEMS), self.steps_growth)
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
