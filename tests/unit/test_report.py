"""What the order in OrderCloud is told: always the whole of it, so that nothing old stays beside it."""

from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
import simplejson

from sitecore_kashflow.canonical.kinds import CREDIT_NOTE, DEPOSIT, DISPATCH_INVOICE, FURTHER_INVOICE, INVOICE, RECEIPT
from sitecore_kashflow.canonical.report import Balance, Report
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.documents.entry import Entries, Entry, Figures, InDoubt, Standing, Unposted
from sitecore_kashflow.runs.records import Parking, SubjectRecord
from sitecore_kashflow.shops.ordercloud.report import order_patch, report_digest, sync_fields
from sitecore_kashflow.usecases.report_status import Reporter
from tests.unit.doubles import Clock, entry, order_subject

NOW = Clock()()


def test_report_says_everything_even_where_there_is_nothing_to_say() -> None:
    assert sync_fields(Report("SO-1001", OrderState.RECEIVED)) == {
        "OrderId": "SO-1001",
        "SyncState": "Received",
        "InvoiceNumber": None,
        "InvoiceId": None,
        "CustomerCode": None,
        "CreditNotes": 0,
        "LatestCreditNote": None,
        "FurtherInvoices": 0,
        "Charged": None,
        "Paid": None,
        "Due": None,
        "Currency": None,
        "Error": None,
        "Reason": None,
    }


def test_reports_that_differ_in_anything_have_different_digests() -> None:
    parked = sync_fields(Report("SO-1001", OrderState.PARKED, error="BUNDLE"))
    others = [parked | {field: "other"} for field in parked]
    assert len({report_digest(fields) for fields in (parked, *others)}) == 1 + len(parked)
    assert report_digest(parked | {"SyncedAt": "2026-11-20T12:00:00Z", "Note": "ours"}) == report_digest(parked)


# --- what the ledger knows, as it is reported ------------------------------------------------------------------


class Heard:
    """A shop that takes every report."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    def digest(self, _report: Report) -> str:
        return "new"

    def report(self, _order_id: str, report: Report, _now: datetime) -> bool:
        self.reports.append(report)
        return True


def told(*entries: Entry, state: str = "invoiced", parking: Parking | None = None) -> Report:
    """The report that the shop takes for these documents."""
    shop: Any = Heard()
    ledger: Any = SimpleNamespace(documents=SimpleNamespace(of=lambda _: Entries(entries)))
    record = SubjectRecord(order_subject(), state, parking=parking or Parking())
    Reporter(ledger, lambda _: shop).tell(record, NOW)
    (report,) = shop.reports
    return cast("Report", report)


def document(kind: str, gross: str, number: int | None, **changes: Any) -> Entry:
    """A document that stands under its number, or does not stand yet."""
    figures = Figures("GBP", net=Decimal(gross), vat=Decimal(0), gross=Decimal(gross))
    status = Unposted() if number is None else Standing(number, internal_id=number + 5000)
    return entry(kind, f"SO-1001-{number}", figures=figures, status=status, **changes)


SOLD = document(INVOICE, "29.94", 7001, carried={"pay-1/tx-1": Decimal("29.94")})
BACK = document(CREDIT_NOTE, "-12.00", 7003, carried={"pay-1/tx-2": Decimal("-12.00")})


def test_an_order_tells_what_was_charged_paid_and_is_due_over_all_its_documents() -> None:
    more = document(FURTHER_INVOICE, "10.00", 7002)
    late = document(RECEIPT, "4.00", 7001, carried={"pay-2/tx-1": Decimal("4.00")})
    report = told(document(DEPOSIT, "5.00", 7000), SOLD, more, BACK, late)
    assert report.balance == Balance("GBP", charged=Decimal("32.94"), paid=Decimal("21.94"))
    assert report.balance.due == Decimal("11.00")
    assert (report.invoice_number, report.credit_notes, report.latest_credit_note) == (7001, 1, 7003)
    assert report.further_invoices == 1


def test_of_an_order_that_is_invoiced_as_it_is_sent_the_first_invoice_is_named_and_the_others_are_further_ones() -> (
    None
):
    sent = [document(DISPATCH_INVOICE, "10.00", number) for number in (7005, 7004)]
    report = told(*sent, state="waiting")
    assert (report.invoice_number, report.further_invoices) == (7004, 1)


def test_only_documents_that_stand_are_told() -> None:
    doubtful = document(CREDIT_NOTE, "-5.00", None)
    report = told(SOLD, BACK, doubtful, document(FURTHER_INVOICE, "3.00", None))
    assert (report.credit_notes, report.latest_credit_note, report.further_invoices) == (1, 7003, 0)
    assert report.balance == Balance("GBP", charged=Decimal("17.94"), paid=Decimal("17.94"))


def test_the_latest_of_several_credit_notes_is_told() -> None:
    report = told(SOLD, document(CREDIT_NOTE, "-1.00", 7010), BACK)
    assert (report.credit_notes, report.latest_credit_note) == (2, 7010)


def test_an_order_without_documents_has_no_figures() -> None:
    in_doubt = entry(INVOICE, status=InDoubt(NOW))
    assert told(in_doubt).balance is None
    assert told(document(INVOICE, "29.94", None)).balance is None


def test_a_parked_order_tells_its_reason_in_words_and_no_other_order_does() -> None:
    parking = Parking(code="OVERPAID", reason="The shop received 59.88 GBP for an order of 29.94.")
    parked = told(SOLD, state="parked", parking=parking)
    assert (parked.error, parked.reason) == (parking.code, parking.reason)
    left = told(SOLD, state="abandoned", parking=Parking(reason="Jane Doe rang and asked us to", by="sam"))
    assert (left.error, left.reason) == (None, None)


# --- how it is written -----------------------------------------------------------------------------------------


def written(charged: str, paid: str = "0", currency: str = "GBP") -> str:
    report = Report("SO-1001", OrderState.INVOICED, balance=Balance(currency, Decimal(charged), Decimal(paid)))
    return str(simplejson.dumps(order_patch(report, NOW), use_decimal=True))


def test_amounts_are_numbers_with_decimals_even_where_they_are_whole() -> None:
    assert '"Charged": 30.00, "Paid": 10.50, "Due": 19.50, "Currency": "GBP"' in written("30", "10.5")
    assert '"Charged": 3000.00' in written("3000", currency="JPY")
    assert '"Charged": 1.125' in written("1.125", currency="KWD")
    assert '"Due": 0.00' in written("29.94", "29.94")


def test_a_long_reason_is_cut_and_all_of_it_stays_far_below_what_an_order_may_hold() -> None:
    balance = Balance("GBP", Decimal(10**9), Decimal(0))
    report = Report("S" * 100, OrderState.PARKED, 10**9, 10**9, "W" * 20, 99, 10**9, 99, balance, "E" * 50, "ü" * 5000)
    assert len(sync_fields(report)["Reason"]) == 300
    assert len(simplejson.dumps(order_patch(report, NOW), use_decimal=True, ensure_ascii=False).encode()) < 2000


@pytest.mark.parametrize("shown", ["30", "30.0", "30.00", "30.000"])
def test_a_number_is_the_same_however_it_is_printed(shown: str) -> None:
    report = Report("SO-1001", OrderState.PAID, 7000, balance=Balance("GBP", Decimal(30), Decimal(30)))
    body = simplejson.dumps(sync_fields(report), use_decimal=True).replace("30.00", shown)
    assert report_digest(simplejson.loads(body, use_decimal=True)) == report_digest(sync_fields(report))
    other = Report("SO-1001", OrderState.PAID, 7000, balance=Balance("GBP", Decimal(30), Decimal(3)))
    assert report_digest(sync_fields(other)) != report_digest(sync_fields(report))


def test_a_field_has_the_same_type_in_every_report_or_is_null() -> None:
    """OrderCloud's index may refuse an order whose field has another type than before (OC-15)."""
    full = Report("SO-1", OrderState.PARKED, 1, 2, "W1", 3, 4, 5, Balance("GBP", Decimal(1), Decimal(1)), "E", "words")
    types = {name: kind_of(value) for name, value in sync_fields(full).items()}
    bare = {name: kind_of(value) for name, value in sync_fields(Report("SO-1", OrderState.RECEIVED)).items()}
    assert {name for name, kind in bare.items() if kind not in ("null", types[name])} == set()
    assert {name for name, kind in types.items() if kind == "null"} == set()
    numbers = {"InvoiceNumber", "InvoiceId", "CreditNotes", "LatestCreditNote", "FurtherInvoices"}
    assert {name for name, kind in types.items() if kind == "number"} == numbers | {"Charged", "Paid", "Due"}


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    return "number" if isinstance(value, int | Decimal) else "text"
