"""What a month end asks of payouts: what of each is open."""

from datetime import date
from decimal import Decimal
from typing import Any

from sitecore_kashflow.documents.entry import Banked, Days, Entries, Entry, Figures, Posting, Standing
from sitecore_kashflow.payouts.standing import PayoutStanding, is_booked
from tests.unit.payout_desk import item, payout

CLEARING, CURRENT = 7, 1
CODES = {CLEARING: 1210, CURRENT: 1200}
NOV, DEC = date(2026, 11, 30), date(2026, 12, 2)


def entry(kind: str, reference: str, gross: str, day: date = NOV, **more: Any) -> Entry:
    sums = Figures("GBP", Decimal(gross), Decimal(0), Decimal(gross))
    given: dict[str, Any] = {"status": Standing(1, is_verified=True), "days": Days(day)} | more
    return Entry(kind, reference, "", sums, "1", **given)


def moved(reference: str, amount: str, nominal: int, day: date = NOV) -> Entry:
    posting = (Posting(nominal, "none", Decimal(amount), Decimal(0)),)
    return entry("bank_transaction", reference, amount, day, banked={reference: Banked(CLEARING)}, postings=posting)


def test_payout_is_booked_once_its_transfer_stands() -> None:
    one = payout(item("charge", "10.00", id="ch_1"))
    fees, transfer = moved("po_1-fees-2026-11-1210", "-1", 7905), moved("po_1-payout", "-10.00", 1200)
    assert not is_booked(one, Entries([fees]))
    assert is_booked(one, Entries([fees, transfer]))


def test_nothing_is_left_to_do_of_a_payout_that_is_booked_or_whose_file_is_of_payments_alone() -> None:
    one = payout(item("charge", "10.00", id="ch_1"))
    states = ("booked", "matched", "waiting", "parked", "received", "shadowed")
    assert [state for state in states if PayoutStanding(one, state).is_booked] == ["booked", "matched"]
