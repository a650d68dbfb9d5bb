"""How an operator names what waits: an order by its id, anything else by its key."""

from argparse import Namespace

import pytest

from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.operate import _name, _subject

NAMES = {
    "SO-1001": Subject("order", "ordercloud", "SO-1001"),
    "order:till:17": Subject("order", "till", "17"),
    "stock:till:MUG": Subject("stock", "till", "MUG"),
}


@pytest.mark.parametrize("name", NAMES)
def test_subject_is_named_by_the_operator_as_it_is_listed(name: str) -> None:
    assert _subject(Namespace(order=name)) == NAMES[name]
    assert _name(NAMES[name]) == name
