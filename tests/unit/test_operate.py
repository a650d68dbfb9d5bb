"""How an operator names what waits, an order by its id and anything else by its key; and what a command says."""

from argparse import Namespace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from sitecore_kashflow.books.kashflow.account_lists import AccountStore, VatSeen
from sitecore_kashflow.plan.vat_amounts import VatAmounts
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.operate import _name, _subject, _vat_amounts

NAMES = {
    "SO-1001": Subject("order", "ordercloud", "SO-1001"),
    "order:till:17": Subject("order", "till", "17"),
    "stock:till:MUG": Subject("stock", "till", "MUG"),
}


@pytest.mark.parametrize("name", NAMES)
def test_subject_is_named_by_the_operator_as_it_is_listed(name: str) -> None:
    assert _subject(Namespace(order=name)) == NAMES[name]
    assert _name(NAMES[name]) == name


def test_what_kashflow_does_with_vat_is_told_with_the_invoice_that_showed_it_until_it_is_forgotten(
    memory_table: Any,
) -> None:
    wiring: Any = SimpleNamespace(table=memory_table)

    def told(*, forget: bool = False) -> str:
        return " ".join(_vat_amounts(Namespace(forget=forget), wiring))

    assert told().startswith("Not known yet.")
    seen_at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    for amounts, words in ((VatAmounts.KEPT, "keeps the VAT"), (VatAmounts.COMPUTED, "works out the VAT")):
        AccountStore(memory_table).note_vat(VatSeen(amounts, 1002, seen_at))
        assert words in told()
        assert told().endswith("Invoice 1002 showed it on 2026-11-20 12:00Z.")
    assert told(forget=True).startswith("Not known yet.")
