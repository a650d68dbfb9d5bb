"""A month of a real shop in the sandbox's books, whatever KashFlow does with the VAT of a line."""

import functools
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from sandbox.kashflow.memory import in_memory
from sandbox.retail import iter_retail_orders
from sitecore_kashflow.books.kashflow.account import KashflowAccount
from sitecore_kashflow.books.kashflow.account_lists import AccountStore
from sitecore_kashflow.books.kashflow.ground import KashflowGround
from sitecore_kashflow.books.kashflow.invoices import InvoiceKind
from sitecore_kashflow.canonical.invoice import InvoiceDraft
from sitecore_kashflow.documents.entry import Standing
from sitecore_kashflow.documents.kinds import NOT_LOOKED_FOR
from sitecore_kashflow.documents.numbers import InvoiceNumbers
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.vat_amounts import VatAmounts, is_as_computed
from sitecore_kashflow.rules.document import default_rules
from tests.builders import draft
from tests.unit.doubles import Clock, kashflow_client, table_in_memory
from tests.unit.test_retail_totals import FILE, HALVES, as_ordercloud_sends, needs_file

POSITIONS = {
    "kept": VatAmounts.KEPT,
    "recomputed_per_line": VatAmounts.COMPUTED,
    "recomputed_per_unit": VatAmounts.COMPUTED,
}


class Desk:
    """Posts invoices in the sandbox's books and reads them back, as a worker does."""

    def __init__(self, position: str) -> None:
        table, clock = table_in_memory(), Clock()
        self.kashflow = in_memory(clock, clock.sleep, switches={"vat_amount_given": position})
        self.client = kashflow_client(table, self.kashflow.transport, clock.timing)
        self.client.create_customer({"Code": "W1", "Name": "Ada Field"})
        self.account = KashflowAccount(self.client, AccountStore(table), clock.timing)
        self._kind = InvoiceKind(KashflowGround(self.client, self.account, InvoiceNumbers(table)), default_rules())

    def post(self, made: InvoiceDraft) -> dict[str, Any]:
        """The invoice as the books show it. Raises `PermanentError` if that is not what was meant."""
        intent = self._kind.intend(made, "W1")
        number = self.client.create_invoice(self._kind.body(intent, NOT_LOOKED_FOR)) or 0
        self._kind.verify(replace(intent.entry, status=Standing(number)), NOT_LOOKED_FOR)
        return self.client.invoice(number) or {}


@functools.cache
def invoices_with_odd_pennies() -> list[InvoiceDraft]:
    """Of a shop that rounds VAT once, on the total: those that an account which works out VAT would change.

    All others are the same in every account. It is half of what `test_retail_totals` leaves out.
    """
    made = []
    for order in islice(iter_retail_orders(FILE, "total"), HALVES["line"], None, 4):
        with suppress(PermanentError):
            made.append(draft(as_ordercloud_sends(order)))
    return [one for one in made if not is_as_computed(one.lines)]


@needs_file
@pytest.mark.parametrize("position", POSITIONS)
def test_every_order_with_odd_pennies_stands_in_the_books_to_the_penny(position: str) -> None:
    desk = Desk(position)
    month = invoices_with_odd_pennies()
    for made in month:
        shown = desk.post(made)
        figures = [Decimal(shown[name]) for name in ("NetAmount", "VATAmount", "GrossAmount")]
        assert figures == [made.net, made.vat, made.gross], made.reference
    assert len(month) > 60
    assert desk.account.vat_amounts() is POSITIONS[position]
