"""Headline: which pair of arms a comparison is about, the same in a terminal, in a report and in a panel.

It is chosen by name, before any result is seen, and so is not the luck of the best of several.
"""

from __future__ import annotations

from collections.abc import Mapping


def transfer_pair(pretrained: Mapping[str, bool]) -> tuple[str, str] | None:
    """Return the start from nothing and the transfer that a guess or a headline is about.

    Parameters
    ----------
    pretrained
        Name of an arm to whether it starts from the pretrained network, in order.

    Returns
    -------
    tuple of str or None
        ``scratch`` and ``frozen`` where they are, else the first of their kind; None where one kind is missing.

    Examples
    --------
    >>> transfer_pair({"scratch": False, "fine-tuned": True, "frozen": True})
    ('scratch', 'frozen')
    >>> transfer_pair({"frozen": True, "fine-tuned": True}) is None
    True
    """
    random = [name for name, learned in pretrained.items() if not learned]
    transfer = [name for name, learned in pretrained.items() if learned]
    if not random or not transfer:
        return None
    return (
        "scratch" if "scratch" in random else random[0],
        "frozen" if "frozen" in transfer else transfer[0],
    )


def headline_pair(pretrained: Mapping[str, bool]) -> tuple[str, str]:
    """Return the two arms of the headline, in the order of the arms.

    Parameters
    ----------
    pretrained
        As in `transfer_pair`; at least two arms. Where one kind is missing, the first two are taken.

    Examples
    --------
    >>> headline_pair({"frozen": True, "scratch": False})
    ('frozen', 'scratch')
    >>> headline_pair({"frozen": True, "last-stage": True, "fine-tuned": True})
    ('frozen', 'last-stage')
    """
    names = list(pretrained)
    first, second = sorted(transfer_pair(pretrained) or names[:2], key=names.index)
    return first, second
