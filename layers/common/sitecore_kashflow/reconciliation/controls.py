"""The twelve controls of a month's end, each with both figures (docs/month-end.md). Pure."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ..canonical.days import months_later
from ..canonical.money import ZERO
from ..documents.entry import Posting
from .month import Control, Figure, MonthFacts, PaidOut, Row
from .values import Balance, DifferenceKind

_NONE = "none"
OWED_ABROAD = "VAT owed abroad"
_OF_DOCUMENTS = frozenset(DifferenceKind) - {
    DifferenceKind.RECEIPT_MISSING,
    DifferenceKind.RECEIPT_TWICE,
    DifferenceKind.RECEIPT_DIFFERS,
    DifferenceKind.RECEIPT_BY_HAND,
}


def controls_of(facts: MonthFacts) -> tuple[Control, ...]:
    """All of them, in the order in which a month is closed."""
    return (
        _documents(facts),
        _parked(facts),
        _receipts(facts),
        _gateways(facts),
        _passing(facts),
        _debtors(facts),
        _deferred(facts),
        _foreign(facts),
        _stock(facts),
        _vat(facts),
        _rounding(facts),
        _lock(facts),
    )


def keys_of(facts: MonthFacts) -> frozenset[str]:
    """The names of the figures that a person may enter for this month."""
    shown = {row.key for one in controls_of(facts) for row in one.rows if row.key}
    named = {f"gateway:{one.name.casefold()}" for one in facts.agreement.balances if one.account in facts.clearing}
    codes = {f"gateway:{one.account}" for one in facts.agreement.balances if one.account in facts.clearing}
    return frozenset(shown | named | codes | {"stock"})


def _documents(facts: MonthFacts) -> Control:
    ledger, books = facts.agreement.by_ledger, facts.agreement.by_books
    rows = (
        Row("documents", ledger.documents, books.documents),
        Row("net, taxed", ledger.split.taxed, books.split.taxed),
        Row("net, in the return without VAT", ledger.split.without_vat, books.split.without_vat),
        Row("net, in no box", ledger.split.outside, books.split.outside),
        Row("VAT", ledger.vat, books.vat),
    )
    return Control(
        1, "Orders and documents", rows, "The shop's orders against KashFlow.", _unexplained(facts, documents=True)
    )


def _parked(facts: MonthFacts) -> Control:
    """An order that is parked is missing output VAT."""
    known = [one for one in facts.parked if one.gross is not None and not one.has_documents]
    rows = (
        Row("orders", len(facts.parked), 0),
        Row("gross", sum((one.gross or ZERO for one in known), ZERO), ZERO),
        Row("VAT", sum((one.vat or ZERO for one in known), ZERO), ZERO),
    )
    unknown = sum(one.gross is None for one in facts.parked)
    words = f"The amounts of {unknown} are not known." if unknown else ""
    return Control(2, "Parked orders", rows, words)


def _receipts(facts: MonthFacts) -> Control:
    ledger, books = facts.agreement.by_ledger.receipts, facts.agreement.by_books.receipts
    rows = (
        Row("receipts, shop and KashFlow", ledger, books),
        _row(facts, "receipts, KashFlow and gateways", books, "gateway-receipts"),
        *_paid_out(facts.paid_out),
    )
    words = "The gateways' own statements are not here: enter what they come to, or import their payouts."
    if facts.paid_out:
        left, amount = facts.paid_out.left, facts.paid_out.left_amount
        words = f"Receipts in no payout yet: {left}, of {amount} {facts.home}." if left else ""
    return Control(3, "Gateway transactions and payment lines", rows, words, _unexplained(facts, documents=False))


def _paid_out(paid_out: PaidOut | None) -> Iterator[Row]:
    """What gateways have paid out in the month, beside the books; nothing where no payout is known."""
    if paid_out and paid_out.payouts:
        yield Row("payments in payouts, and in KashFlow", paid_out.payments, paid_out.agreed)
        yield Row("payouts that arrived, and are booked", paid_out.payouts, paid_out.booked)


def _gateways(facts: MonthFacts) -> Control:
    """Clearing accounts; with a gateway's figure, available and pending at UK midnight."""
    rows = tuple(_of_account(facts, one) for one in facts.agreement.balances if one.account in facts.clearing)
    return Control(
        4, "Clearing accounts and gateway balances", rows, "" if rows else "The rules name no clearing account."
    )


def _of_account(facts: MonthFacts, balance: Balance) -> Row:
    keys = (f"gateway:{balance.account}", f"gateway:{balance.name.casefold()}")
    key = next((one for one in keys if one in facts.entered), keys[0])
    return _row(facts, f"{balance.account} {balance.name}".strip(), balance.closing, key)


def _passing(facts: MonthFacts) -> Control:
    nil = tuple(
        Row(f"{one.account} {one.name}, comes to nothing", one.closing, ZERO)
        for one in facts.agreement.balances
        if one.account in facts.passing
    )
    moved = tuple(
        _row(facts, f"{code} {name}, moved this month", _net(facts.accounts, code), f"nominal:{code}")
        for name, code in sorted(facts.liabilities.items())
        if any(one.account == code for one in facts.accounts)
    )
    words = "Gift cards, store credit and deposits: what documents moved, against KashFlow's nominal."
    return Control(
        5, "Gift cards, store credit and deposits", nil + moved or (Row("nothing moved", ZERO, ZERO),), words
    )


def _debtors(facts: MonthFacts) -> Control:
    rows = (Row("owed on this month's documents", facts.agreement.by_ledger.due, facts.agreement.by_books.due),)
    return Control(6, "Debtors and open invoices", rows)


def _deferred(facts: MonthFacts) -> Control:
    """What is paid and not sent is income of a later month; its VAT is not deferred (W2)."""
    name, amount = "to be deferred, and deferred", facts.deferral.amount if facts.deferral else None
    row = Row(name, ZERO, ZERO) if amount == ZERO else _row(facts, name, amount, "deferred")
    words = "By the shop's shipments." if facts.deferral else "No order shows a shipment, so nothing is known of this."
    return Control(7, "Deferred income", (row,), words)


def _foreign(facts: MonthFacts) -> Control:
    rows = tuple(
        _row(
            facts, f"open in {one.currency}: {one.due}, carried at", one.carried, f"revalued:{one.currency.casefold()}"
        )
        for one in facts.foreign
    )
    return Control(8, "Currency revaluation", rows or (Row("nothing is open in another currency", ZERO, ZERO),))


def _stock(facts: MonthFacts) -> Control:
    words = "The bridge knows no costs: count, value, and book the difference, debit 5000 and credit 1001."
    return Control(
        9, "Stock", (_row(facts, "stock journal, counted and booked", _said(facts, "stock"), "stock-booked"),), words
    )


def _vat(facts: MonthFacts) -> Control:
    documents = [one for one in facts.accounts if one.box != _NONE]
    box_1 = sum((one.vat for one in facts.accounts), ZERO)
    rows = [
        _row(facts, "box 1", box_1, "vat:box1"),
        _row(facts, "box 6", sum((one.net for one in documents), ZERO), "vat:box6"),
    ]
    owed = facts.liabilities.get(OWED_ABROAD)
    if owed and any(one.account == owed for one in facts.accounts):
        rows.append(_row(facts, f"{owed}, VAT owed abroad", _net(facts.accounts, owed), f"nominal:{owed}"))
    return Control(10, "VAT return", tuple(rows), "KashFlow's report is not read: enter boxes 1 and 6 of this month.")


def _rounding(facts: MonthFacts) -> Control:
    """A sum that chance explains is lawful: the figures need not be equal."""
    row = Row("signed sum of roundings", facts.rounding, facts.rounding)
    is_downward = facts.rounding < -facts.rounding_bound
    wrong = "The shop rounds VAT down more often than chance explains." if is_downward else ""
    return Control(11, "Rounding", (row,), f"Chance explains {facts.rounding_bound:.2f} either way.", wrong)


def _lock(facts: MonthFacts) -> Control:
    day_after = months_later(facts.month.first, 1)
    locked = facts.first_open_day
    is_locked = locked is not None and locked >= day_after
    row = Row("first open day", day_after, day_after if is_locked else locked)
    return Control(12, "Lock", (row,), "KashFlow's transaction lock, set by a person.")


def _row(facts: MonthFacts, name: str, ours: Figure, key: str) -> Row:
    """A row whose second figure a person may enter."""
    found = facts.entered.get(key)
    return Row(name, ours, found.amount if found else None, key, found.by if found else "")


def _said(facts: MonthFacts, key: str) -> Decimal | None:
    found = facts.entered.get(key)
    return found.amount if found else None


def _net(accounts: Iterable[Posting], code: int) -> Decimal:
    return sum((one.net for one in accounts if one.account == code), ZERO)


def _unexplained(facts: MonthFacts, *, documents: bool) -> str:
    found = [one for one in facts.agreement.unexplained if (one.kind in _OF_DOCUMENTS) == documents]
    return f"{len(found)} differences that nothing explains." if found else ""
