"""Outlook: how long a comparison will take on this computer, and signs of life while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np

from tlkit.compare.wording import about

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.compare.arms import Arm
    from tlkit.compare.measure import Order
    from tlkit.compare.setup import Setup

# In seconds of `Order.expected_seconds`, for the fewest labels: about a quarter of an hour for a large network.
_LONG = 300.0
_BATCH = 8
# Until processes of their own have loaded torch.
_START_SECONDS = 10.0
_SILENT_SECONDS = 20.0
# Pictures of this side are enough for a first answer of a network that usually takes larger ones.
_SMALL_SIDE = 64
_WORTH_IT = 1.5


def affordable(setup: Setup) -> tuple[Arm, ...]:
    """Return the arms that give a first answer in minutes; all of them unless the network is large.

    What decides is counted, not timed: the same call compares the same arms on every computer.

    Parameters
    ----------
    setup
        With all arms.
    """
    if _work(setup, setup.arms, len(setup.seeds)) <= _LONG:
        return setup.arms
    return tuple(arm for arm in setup.arms if arm.plan_for(setup.backbone).boundary == "head")


def affordable_draws(setup: Setup) -> int:
    """Return how many draws give a first answer in minutes: all, or fewer, but two at least, which form an interval.

    Parameters
    ----------
    setup
        With the arms that are compared.
    """
    draws = len(setup.seeds)
    while draws > 2 and _work(setup, setup.arms, draws) > _LONG:
        draws -= 1
    return draws


def _work(setup: Setup, arms: Sequence[Arm], draws: int) -> float:
    """Return the work of the fewest labels with so many draws, in seconds of `Order.expected_seconds`."""
    fewest, seeds = setup.labels_per_class[0], setup.seeds[:draws]
    return sum(
        order.expected_seconds
        for order in setup.orders
        if order.task.labels_per_class == fewest and order.task.seed in seeds and order.arm in arms
    )


def expected(setup: Setup) -> float:
    """Return about how many seconds a comparison will take here, after one look at how fast the network is.

    Parameters
    ----------
    setup
        What is to be measured; what is in the store already takes no time.
    """
    from tlkit.compare.measure import PER_SECOND

    missing = [order for order in setup.orders if not _is_kept(setup, order)]
    work = sum(order.expected_seconds for order in missing) * PER_SECOND
    if not work:
        return 0.0
    processes = min(len(missing), joblib.cpu_count()) if setup.n_jobs is None else max(1, setup.n_jobs)
    return work / _rate(setup.backbone) / processes + (_START_SECONDS if processes > 1 else 0)


def _is_kept(setup: Setup, order: Order) -> bool:
    return setup.store is not None and setup.store.get(order.key, len(order.task.test)) is not None


def _rate(backbone: Backbone) -> float:
    """Return how many multiply-adds a second one thread manages with this network."""
    from tlkit.compare.measure import PER_SECOND
    from tlkit.train.threads import threads

    work = backbone.summary().multiply_adds
    if not work:  # it only looks up words
        return float(PER_SECOND)
    transform = backbone.transform
    texts = transform.takes == "texts"
    items: Any = (
        list(transform.probe(())) * (_BATCH // 2)
        if texts
        else np.zeros((_BATCH, *transform.shape), dtype=np.float32)
    )
    with threads(1):
        backbone.features(items[:1])
        began = time.perf_counter()
        backbone.features(items)
        seconds = time.perf_counter() - began
    return _BATCH * work / max(seconds, 1e-6)


def names(arms: Sequence[Arm]) -> str:
    """Return the names of arms as they are typed."""
    return ",".join(arm.name for arm in arms)


class Pulse:
    """Says that work goes on where nothing was finished for a while; it stops nothing.

    Parameters
    ----------
    say
        Takes a line.
    began
        Where the clock started.
    """

    def __init__(self, say: Callable[[str], None], began: float) -> None:
        self._say, self._began = say, began
        self._last = time.perf_counter()

    def __call__(self) -> bool:
        if time.perf_counter() - self._last > _SILENT_SECONDS:
            self.beat()
            self._say(f"     {time.perf_counter() - self._began:5.0f} s  still training …")
        return False

    def beat(self) -> None:
        """Note that something was said."""
        self._last = time.perf_counter()


def so_long(seconds: float) -> str:
    """Return how long something takes, in words.

    Examples
    --------
    >>> so_long(0), so_long(50), so_long(4000)
    ('at once', 'about 50 s', 'about 67 min')
    """
    return about(seconds) if seconds else "at once"


def left_out(setup: Setup, picked: Sequence[Arm]) -> str:
    """Say which arms are left out because they would take long, how long, and how to have them."""
    left = [arm for arm in setup.arms if arm not in picked]
    return (
        f"Left out, since {setup.backbone.name} is large: {' and '.join(arm.name for arm in left)}. With them it may"
        f" take {so_long(expected(setup))} on this computer, were it always as busy as now: --arms {names(setup.arms)}."
        f"{_smaller(setup.backbone)}"
    )


def _smaller(backbone: Backbone) -> str:
    """Advise smaller pictures, where a name can say them and the network takes them."""
    shape, sides = backbone.transform.shape, backbone.card.sides
    name, _, asked = backbone.name.partition("@")
    can_say = name.startswith(("torchvision:", "zoo:efficientnet")) and (not asked or asked.isdigit())
    if not can_say or not sides or len(shape) != 3:
        return ""
    side = max(_SMALL_SIDE, min(sides))
    times = (shape[1] / side) ** 2
    if times < _WORTH_IT:
        return ""
    return f" With --source {name}@{side}, pictures of {side} pixels, it is about {times:.0f} times faster."


def fewer_draws(setup: Setup, count: int) -> str:
    """Say that there are fewer draws than usual, and how to have the others."""
    return (
        f"{count} draws instead of {len(setup.seeds)}, since {setup.backbone.name} is large. With all of them it may"
        f" take {so_long(expected(setup))}: --seeds {len(setup.seeds)}."
    )
