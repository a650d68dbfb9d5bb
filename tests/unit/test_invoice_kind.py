"""Which invoice is taken for an order's, and whether it says what was meant."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from sitecore_kashflow.books.kashflow.invoices import InvoiceKind
from sitecore_kashflow.books.kashflow.wire import Invoice
from sitecore_kashflow.documents.entry import Standing
from sitecore_kashflow.documents.kinds import NOT_LOOKED_FOR
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.document import default_rules
from tests.unit.doubles import entry


def listed(number: int, reference: str, gross: str = "29.94") -> Invoice:
    return Invoice.model_validate({"Number": number, "CustomerReference": reference, "GrossAmount": gross})


def found(*invoices: Invoice) -> int | None:
    """The number that a look finds for the order SO-1001 among all of its customer's invoices."""
    client = SimpleNamespace(invoices_of_customer=lambda _: list(invoices))
    ground: Any = SimpleNamespace(client=client)
    return InvoiceKind(ground, default_rules()).look(entry(reference="SO-1001")).number


@pytest.mark.parametrize("reference", ["SO-10012", "SO-1001 ", "so-1001", "XSO-1001", ""])
def test_invoice_whose_reference_is_only_alike_is_anothers(reference: str) -> None:
    assert found(listed(7, reference)) is None
    assert found(listed(7, reference), listed(8, "SO-1001")) == 8


def test_credit_note_under_the_orders_reference_is_no_invoice_of_it() -> None:
    assert found(listed(9, "SO-1001", "-29.94")) is None
    assert found(listed(9, "SO-1001", "-29.94"), listed(8, "SO-1001")) == 8


def test_invoice_of_nothing_is_the_orders() -> None:
    assert found(listed(8, "SO-1001", "0")) == 8


def test_two_invoices_under_the_orders_reference_need_a_person() -> None:
    with pytest.raises(PermanentError) as refused:
        found(listed(8, "SO-1001"), listed(9, "SO-1001"))
    assert refused.value.code == "INVOICE_DOUBLED"


SHOWN = {
    "Number": 8,
    "CustomerReference": "SO-1001",
    "NetAmount": "24.95",
    "VATAmount": "4.99",
    "GrossAmount": "29.94",
    "PaymentLines": [{"Amount": "29.94"}],
}


def verify(**changes: Any) -> Standing:
    """Read back an invoice that was posted with its payment, and now shows these changes."""
    client = SimpleNamespace(invoice=lambda _: SHOWN | changes)
    ground: Any = SimpleNamespace(client=client)
    posted = entry(status=Standing(8), carried={"pay-1": Decimal("29.94")})
    return InvoiceKind(ground, default_rules()).verify(posted, NOT_LOOKED_FOR)


def test_invoice_that_says_what_was_meant_is_verified() -> None:
    assert verify().is_verified


@pytest.mark.parametrize(
    "changes",
    [
        {"NetAmount": "24.94"},
        {"VATAmount": "5.00"},
        {"GrossAmount": "29.95"},
        {"CustomerReference": "SO-1002"},
        {"PaymentLines": []},
        {"PaymentLines": [{"Amount": "29.93"}]},
    ],
)
def test_invoice_that_says_anything_else_needs_a_person(changes: dict[str, Any]) -> None:
    with pytest.raises(PermanentError) as refused:
        verify(**changes)
    assert refused.value.code == "INVOICE_DIFFERS"
