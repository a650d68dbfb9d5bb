"""A receipt is known again on its invoice, and writing it leaves all else of the invoice as it was."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from sitecore_kashflow.books.kashflow.mapping import PaymentIds, payment_payload
from sitecore_kashflow.books.kashflow.receipts import ReceiptKind
from sitecore_kashflow.canonical.invoice import PaidInto, PaymentLine, ReceiptDraft
from sitecore_kashflow.documents.entry import Figures, Standing
from sitecore_kashflow.documents.kinds import Finding
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.document import default_rules, parse_rules
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


def kind(shown: dict[str, Any], *, first_open_day: date | None = None, document: str = "") -> ReceiptKind:
    ids = {PaidInto(): PaymentIds(1, 2)}
    account = SimpleNamespace(
        payment_ids=lambda *_: ids, first_open_day=lambda: first_open_day, retry_with_fresh_lists=lambda check: check()
    )
    ground: Any = SimpleNamespace(client=SimpleNamespace(invoice=lambda _: shown), account=account)
    return ReceiptKind(ground, parse_rules(document) if document else default_rules())


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
    money = PaymentLine(payment_id="pay-2", paid_on=date(2026, 11, 21), amount=Decimal("19.94"))
    draft = ReceiptDraft(invoice_number=8, currency="GBP", line=money, rules_version="1")
    desk = kind(whole)
    body = desk.body(desk.intend(draft, "W1"), Finding(None, whole))
    assert {field: value for field, value in body.items() if field != "PaymentLines"} == WRITABLE
    first, second = body["PaymentLines"]
    assert first == earlier
    assert (second["Amount"], second["Reference"]) == (Decimal("19.94"), "pay-2")


@pytest.mark.parametrize(
    ("document", "paid_on"), [("", None), ("orders: {locked_period: first_open_day}", "2026-11-20 12:00:00")]
)
def test_receipt_of_a_locked_day_parks_or_is_of_the_first_open_day_by_the_rules(
    document: str, paid_on: str | None
) -> None:
    whole = WRITABLE | {"DueAmount": Decimal("29.94")}
    money = PaymentLine(payment_id="pay-1", paid_on=date(2026, 11, 18), amount=Decimal("29.94"))
    desk = kind(whole, first_open_day=date(2026, 11, 20), document=document)
    intent = desk.intend(ReceiptDraft(invoice_number=8, currency="GBP", line=money, rules_version="1"), "W1")
    if paid_on is None:
        with pytest.raises(PermanentError, match=r"PERIOD_LOCKED.*The money for invoice 8 is of 2026-11-18"):
            desk.body(intent, Finding(None, whole))
        return
    (line,) = desk.body(intent, Finding(None, whole))["PaymentLines"]
    assert line["Date"] == paid_on
    assert intent.entry.days is not None
    assert intent.entry.days.received == {"pay-1": date(2026, 11, 20)}


BY_ITSELF = "payments: {when_invoice_is_locked: bulk_payment}"


def test_receipt_for_an_invoice_of_a_locked_period_is_a_payment_by_itself_where_the_rules_say_so() -> None:
    whole = WRITABLE | {"DueAmount": Decimal("29.94")}
    money = PaymentLine(payment_id="pay-1", paid_on=date(2026, 12, 3), amount=Decimal("29.94"), reference="ch_1")
    draft = ReceiptDraft(invoice_number=8, currency="GBP", line=money, rules_version="1")
    locked = kind(whole, first_open_day=date(2026, 12, 1), document=BY_ITSELF)
    assert locked.body(locked.intend(draft, "W1"), Finding(None, whole)) == {
        "Date": "2026-12-03 12:00:00",
        "Method": 2,
        "AccountId": 1,
        "Comment": "Sitecore payment pay-1",
        "PaymentItems": [{"ObjectNumber": 8, "Amount": Decimal("29.94"), "PaidDate": "2026-12-03 12:00:00"}],
    }
    still_open = kind(whole, first_open_day=date(2026, 11, 1), document=BY_ITSELF)
    assert "PaymentLines" in still_open.body(still_open.intend(draft, "W1"), Finding(None, whole))
    parks = kind(whole, first_open_day=date(2026, 12, 1))
    with pytest.raises(PermanentError, match=r"PERIOD_LOCKED.*changes no invoice before 2026-12-01"):
        parks.body(parks.intend(draft, "W1"), Finding(None, whole))


@pytest.mark.parametrize("amount", ["30.00", "29.94"])
def test_more_than_is_due_is_paid_in_no_form(amount: str) -> None:
    whole = WRITABLE | {"DueAmount": Decimal("29.93")}
    money = PaymentLine(payment_id="pay-1", paid_on=date(2026, 12, 3), amount=Decimal(amount))
    locked = kind(whole, first_open_day=date(2026, 12, 1), document=BY_ITSELF)
    intent = locked.intend(ReceiptDraft(invoice_number=8, currency="GBP", line=money, rules_version="1"), "W1")
    with pytest.raises(PermanentError, match="PAYMENT_ABOVE_DUE"):
        locked.body(intent, Finding(None, whole))


def test_a_bulk_payment_that_does_not_say_whose_it_is_is_neither_taken_nor_passed_over() -> None:
    gross = Figures("GBP", Decimal("19.94"), Decimal(0), Decimal("19.94"))
    sought = entry("receipt", "pay-2", on=8, carried={"pay-2": Decimal("19.94")}, figures=gross)
    nameless = {"Amount": "19.94", "BulkPaymentNumber": 7, "Note": None, "Reference": None}
    with pytest.raises(PermanentError, match=r"RECEIPT_WITHOUT_NOTE.*19\.94.*`Sitecore payment pay-2`"):
        kind(shown_with(nameless)).look(sought)
    for other in ({"Amount": "19.93"}, {"Note": "a cheque"}, {"BulkPaymentNumber": 0}):
        assert kind(shown_with(nameless | other)).look(sought).number is None
    assert kind(shown_with(nameless | {"Note": "Sitecore payment pay-2"})).look(sought).number == 8


MARKS = "2026-11-21 | 19.94 | 2 | 1 | ch_1"
RIGHT = {
    "Date": "2026-11-21 12:00:00",
    "Amount": "19.94",
    "Method": 2,
    "AccountId": 1,
    "Note": "Sitecore payment pay-2/tx-1",
    "Reference": "ch_1",
}


def shown_with(line: dict[str, Any]) -> dict[str, Any]:
    return {"Number": 8, "NetAmount": "24.95", "VATAmount": "4.99", "PaymentLines": [line]}


def read_back(line: dict[str, Any], *, was_there: bool = False) -> Standing:
    """Read back a receipt of 19.94 that was just written, or found there before anything was written."""
    shown = shown_with(line)
    posted = entry(
        "receipt",
        "pay-2/tx-1",
        on=8,
        carried={"pay-2/tx-1": Decimal("19.94")},
        marks={"pay-2/tx-1": MARKS},
        figures=Figures("GBP", Decimal("19.94"), Decimal(0), Decimal("19.94")),
    )
    before = Finding(8, shown) if was_there else Finding(None, shown | {"PaymentLines": []})
    return kind(shown).verify(posted, before)


def test_receipt_that_shows_what_was_meant_is_verified() -> None:
    assert read_back(RIGHT).is_verified
    assert read_back(RIGHT | {"Method": None, "AccountId": None, "Date": ""}).is_verified


@pytest.mark.parametrize(
    "changed",
    [
        {"Date": "2026-11-20 12:00:00"},
        {"Method": 3},
        {"AccountId": 7},
        {"Reference": "ch_2"},
        {"Note": "somebody's", "Reference": "x"},
    ],
)
def test_receipt_of_the_right_amount_in_the_wrong_place_needs_a_person(changed: dict[str, Any]) -> None:
    with pytest.raises(PermanentError, match=r"INVOICE_DIFFERS.*pay-2/tx-1 as 2026-11-21 . 19\.94"):
        read_back(RIGHT | changed)


def test_receipt_that_a_person_has_entered_may_have_a_place_of_its_own_but_not_another_amount() -> None:
    assert read_back(RIGHT | {"Date": "2026-11-19 12:00:00", "AccountId": 7}, was_there=True).is_verified
    with pytest.raises(PermanentError, match=r"INVOICE_DIFFERS.*shows 19\.00"):
        read_back(RIGHT | {"Amount": "19.00"}, was_there=True)


def test_receipt_without_its_note_is_known_by_the_gateways_reference() -> None:
    sought = entry("receipt", "pay-2/tx-1", on=8, carried={"pay-2/tx-1": Decimal(1)}, marks={"pay-2/tx-1": MARKS})
    for note, number in ((None, 8), ("", 8), ("Sitecore payment pay-2/tx-2", None)):
        assert kind(shown_with(RIGHT | {"Note": note})).look(sought).number == number


def test_gateways_id_is_the_reference_that_a_bookkeeper_sees() -> None:
    money = PaymentLine(payment_id="pay-2/tx-1", paid_on=date(2026, 11, 21), amount=Decimal(1), reference="ch_1")
    body = payment_payload(money, PaymentIds(1, 2))
    assert (body["Note"], body["Reference"]) == ("Sitecore payment pay-2/tx-1", "ch_1")


def test_receipt_that_was_posted_before_is_not_there_on_an_invoice_that_shows_no_payments_at_all() -> None:
    shown = shown_with({}) | {"PaymentLines": None, "PaymentAmount": Decimal(0)}
    posted = entry("receipt", "pay-2/tx-1", on=8, carried={"pay-2/tx-1": Decimal("19.94")}, marks={"pay-2/tx-1": MARKS})
    with pytest.raises(PermanentError, match="INVOICE_DIFFERS"):
        kind(shown).verify(posted, Finding(None, None))
