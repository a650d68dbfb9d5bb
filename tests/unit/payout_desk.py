"""A gateway's payouts beside the payment lines of the books, for tests of what comes of both."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sitecore_kashflow.canonical.bank_transaction import BankTransactionDraft
from sitecore_kashflow.canonical.money import ZERO, round_money
from sitecore_kashflow.canonical.payout import ItemKind, Payout, PayoutItem
from sitecore_kashflow.payouts.booking import bookings
from sitecore_kashflow.payouts.ledger_lines import PaidLine
from sitecore_kashflow.payouts.matching import match
from sitecore_kashflow.rules.document import parse_rules
from sitecore_kashflow.rules.model import Rules

STRIPE_RULES = """
version: payouts
payments:
  reference_paths: [Transaction.xp.PspReference]
  gateway_paths: [Transaction.xp.Gateway]
  accounts:
    - {gateway: Stripe, currency: GBP, bank_account: "1210"}
    - {gateway: Stripe, currency: EUR, bank_account: "1211"}
payouts: {bank_account: "1200"}
kashflow: {bank_transactions: nominal_code}
"""
ARRIVAL = date(2026, 11, 25)


def rules(more: str = "") -> Rules:
    return parse_rules(STRIPE_RULES + more)


def item(kind: str, amount: str, fee: str = "0", **more: Any) -> PayoutItem:
    """An item of GBP unless `paid` says what the customer paid in euros; its id is its key too."""
    name = more.pop("id", f"{kind}-1")
    at = more.pop("at", datetime(2026, 11, 20, 10, 0, tzinfo=UTC))
    paid = more.pop("paid", None)
    return PayoutItem(
        id=name,
        kind=ItemKind(kind),
        at=at,
        amount=Decimal(amount if paid is None else paid),
        currency="GBP" if paid is None else "EUR",
        settled=Decimal(amount),
        fee=Decimal(fee),
        keys=more.pop("keys", (name,)),
        **more,
    )


def payout(*items: PayoutItem, **more: Any) -> Payout:
    net = sum((one.net for one in items), ZERO)
    given: dict[str, Any] = {"id": "po_1", "currency": "GBP", "amount": net} | more
    return Payout(gateway="stripe", arrives_on=ARRIVAL, items=items, **given)


def line(reference: str, amount: str, rate: str = "", **more: Any) -> PaidLine:
    """A line of GBP, or of euros at a rate."""
    return PaidLine(
        order=more.pop("order", "order:ordercloud:SO-1"),
        payment_id=more.pop("payment_id", f"pay/{reference}"),
        reference=reference,
        account=2 if rate else 1,
        day=date(2026, 11, 20),
        amount=Decimal(amount),
        currency="EUR" if rate else "GBP",
        home=round_money(Decimal(amount) / Decimal(rate), "GBP") if rate else Decimal(amount),
        sold_in="EUR" if rate else "GBP",
        rate=Decimal(rate or 1),
    )


def booked(one: Payout, lines: Sequence[PaidLine], by: Rules | None = None) -> list[BankTransactionDraft]:
    return bookings(one, match(one.items, lines), by or rules())


def told(drafts: Sequence[BankTransactionDraft]) -> list[tuple[str, str, str, int, str]]:
    """Reference, day, bank account, nominal of the other side, amount."""
    return [(one.reference, str(one.day), one.bank_account, one.nominal_code, str(one.amount)) for one in drafts]


def left(account: str, lines: Sequence[PaidLine], drafts: Sequence[BankTransactionDraft]) -> Decimal:
    """What is on a clearing account in the end, counted from the postings themselves."""
    place = {"1210": 1, "1211": 2}[account]
    came = sum((one.home for one in lines if one.account == place), ZERO)
    own = sum((one.amount for one in drafts if one.bank_account == account), ZERO)
    return came + own - sum((one.amount for one in drafts if str(one.nominal_code) == account), ZERO)
