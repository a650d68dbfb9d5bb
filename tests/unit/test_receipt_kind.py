"""A receipt is known again on its invoice, and writing it leaves all else of the invoice as it was."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from sitecore_kashflow.books.kashflow.mapping import PaymentIds
from sitecore_kashflow.books.kashflow.receipts import ReceiptKind
from sitecore_kashflow.canonical.invoice import PaymentLine, ReceiptDraft
from sitecore_kashflow.documents.kinds import Finding
from sitecore_kashflow.rules.document import default_rules
from tests.unit.doubles import entry

LONG_ID = "pay-" + "x" * 90
WRITABLE = {
    "Number": 8,
    "IssuedDate": "2026-11-20 12:00:00",
    "DueDate": "2026-12-20 12:00:00",
    "ProjectNumber": 3,
    "CustomerCode": "W1",
    "CustomerReference": "SO-1001",
    "UseCustomDeliveryAddress": True,
    "Currency": {"Code": "GBP", "ExchangeRate": Decimal(1)},
    "Address": {"Line1": "1 High Street"},
    "DeliveryAddress": {"Line1": "2 Low Road"},
    "LineItems": [{"Number": 1, "Rate": Decimal("24.95")}],
}


def kind(shown: dict[str, Any]) -> ReceiptKind:
    ids = PaymentIds(1, {"CreditCard": 2})
    ground: Any = SimpleNamespace(
        client=SimpleNamespace(invoice=lambda _: shown), account=SimpleNamespace(payment_ids=lambda *_: ids)
    )
    return ReceiptKind(ground, default_rules())


@pytest.mark.parametrize(
    ("line", "is_known"),
    [
        ({"Note": f"Sitecore payment {LONG_ID}", "Reference": LONG_ID[:50]}, True),
        ({"Note": "typed by hand", "Reference": LONG_ID}, True),
        ({"Note": f"Sitecore payment {LONG_ID}y", "Reference": LONG_ID[:50]}, False),
        ({"Note": "", "Reference": ""}, False),
    ],
)
def test_receipt_is_known_by_its_note_or_its_whole_id(line: dict[str, str], is_known: bool) -> None:
    shown = {"Number": 8, "PaymentLines": [line | {"Amount": "29.94"}]}
    finding = kind(shown).look(entry("receipt", LONG_ID, on=8, carried={LONG_ID: Decimal("29.94")}))
    assert finding.number == (8 if is_known else None)


def test_receipt_is_added_to_all_that_may_be_written_of_the_invoice_and_was_there() -> None:
    earlier = {"Date": "2026-11-20 12:00:00", "Amount": Decimal("10.00"), "Note": "cash"}
    whole = WRITABLE | {"DueAmount": Decimal("19.94"), "Permalink": "https://", "PaymentLines": [earlier]}
    money = PaymentLine(payment_id="pay-2", paid_on=date(2026, 11, 21), amount=Decimal("19.94"), method="CreditCard")
    draft = ReceiptDraft(invoice_number=8, currency="GBP", line=money, rules_version="1")
    desk = kind(whole)
    body = desk.body(desk.intend(draft, "W1"), Finding(None, whole))
    assert {field: value for field, value in body.items() if field != "PaymentLines"} == WRITABLE
    first, second = body["PaymentLines"]
    assert first == earlier
    assert (second["Amount"], second["Reference"]) == (Decimal("19.94"), "pay-2")
