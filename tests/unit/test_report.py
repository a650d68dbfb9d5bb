"""What the order in OrderCloud is told: always the whole of it, so that nothing old stays beside it."""

from sitecore_kashflow.canonical.report import Report
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.shops.ordercloud.report import report_digest, sync_fields


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
