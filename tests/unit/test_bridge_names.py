"""How a person names what waits: an order by its id, anything else by its key."""

import pytest

from sitecore_kashflow.bridge.names import name_of, subject_named
from sitecore_kashflow.runs.subject import Subject

NAMES = {
    "SO-1001": Subject("order", "ordercloud", "SO-1001"),
    "order:till:17": Subject("order", "till", "17"),
    "stock:till:MUG": Subject("stock", "till", "MUG"),
}


@pytest.mark.parametrize("name", NAMES)
def test_subject_is_named_by_a_person_as_it_is_listed(name: str) -> None:
    assert subject_named(name) == NAMES[name]
    assert name_of(NAMES[name]) == name


@pytest.mark.parametrize("name", ["", "a b", "till:17", "a:b:c:d", "A#1", "Order:till:1"])
def test_what_cannot_be_a_subject_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"key has three parts|has 1 to 100 characters"):
        subject_named(name)
