"""Numbers as a person reads them."""

from __future__ import annotations


def percent(share: float) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.8264), percent(1.0), percent(0.0)
    ('82.6 %', '100 %', '0 %')
    """
    return f"{100 * share:.0f} %" if share in (0, 1) else f"{100 * share:.1f} %"


def duration(seconds: float) -> str:
    """Write an estimate with as many digits as it deserves.

    Examples
    --------
    >>> duration(0.04), duration(0.42), duration(7.4), duration(74), duration(400)
    ('under 0.1 s', '0.4 s', '7 s', '75 s', '7 min')
    """
    if seconds < 0.1:
        return "under 0.1 s"
    if seconds < 3:
        return f"{seconds:.1f} s"
    if seconds < 20:
        return f"{seconds:.0f} s"
    if seconds < 120:
        return f"{5 * round(seconds / 5)} s"
    return f"{seconds / 60:.0f} min"


def signed(points: float) -> str:
    """Write points with a sign, as text has it.

    Examples
    --------
    >>> signed(-4.62), signed(0.4), signed(0.01)
    ('−4.6', '0.4', '0.0')
    """
    text = f"{points:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "\N{MINUS SIGN}")


def rough(count: float) -> str:
    """Write a large count with three digits.

    Examples
    --------
    >>> rough(950), rough(31_200_000), rough(4.56e9), rough(2.5e13)
    ('950', '31.2 million', '4.56 billion', '25 trillion')
    """
    for size, name in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if count >= size:
            return f"{float(f'{count / size:.3g}'):g}{name}"
    return f"{count:.0f}"


def times(ratio: float) -> str:
    """Write a ratio with as many digits as it deserves.

    Examples
    --------
    >>> times(1.62), times(31.4), times(1234.0)
    ('1.6', '31', '1,234')
    """
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"


def took(seconds: float) -> str:
    """Write the seconds of one cell.

    Examples
    --------
    >>> took(0.034), took(4.21), took(73.2)
    ('0.03', '4.2', '73')
    """
    return f"{seconds:.2f}" if seconds < 1 else f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"
