"""Errors carry their cure, and survive a worker process."""

import pickle

import pytest

from tlkit import errors


def test_unknown_name_gives_the_nearest_and_all_known() -> None:
    error = errors.unknown_name("dataset", "greeks", ["digits", "greek", "letters"])
    assert isinstance(error, LookupError)
    assert "'greeks'" in error.what
    assert error.cure.startswith("The nearest is 'greek'")
    assert "'digits'" in error.cure


def test_unknown_name_without_a_near_one_still_lists_what_exists() -> None:
    assert errors.unknown_name("dataset", "zzz", ["digits"]).cure == "Known: 'digits'."


@pytest.mark.parametrize(
    "kind",
    [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.TlkitError)],
)
def test_every_kind_prints_what_and_cure_and_can_be_pickled(kind: type[errors.TlkitError]) -> None:
    error = kind("It is wrong.", "Mend it.")
    assert str(error) == "It is wrong. Mend it."
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.what, again.cure) == (kind, error.what, error.cure)
