"""What the books say of an order: what it is charged since when, and which of its money they show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from ..canonical.days import books_date, end_of_day
from ..canonical.invoice import InvoiceDraft
from ..canonical.kinds import BANK_TRANSACTION, DEPOSIT, INVOICE
from ..canonical.money import ZERO, minor_unit, round_money
from ..canonical.order import Order
from ..documents.entry import Entry
from .case import Case
from .changes import moment_of_change
from .division import Change, Statement, incoming, money_of, name_of
from .money import in_books


def statement_of(case: Case, planned: Sequence[InvoiceDraft] = ()) -> Statement:
    """The order's statement, once what is planned stands as well.

    What it came up or down by, and what left later, counts from the moment at which the order changed last, if that was
    on the document's day; else from the end of that day.
    """
    refunds, charges = {one.refund_id for one in case.order.refunds}, case.charges
    documents = [_of_entry(one, refunds, is_first=one is charges[0]) for one in charges]
    documents += (_of_draft(one, refunds) for one in planned)
    so_far = [one for one in documents if one.day is None]
    sale = level = _level(case, so_far)
    changes = []
    for day, some in groupby(sorted((one for one in documents if one.day), key=_day), _day):
        so_far += some
        before, level = level, _level(case, so_far)
        changes.append(Change(_moment(case.order, day), level - before))
    return Statement(sale, tuple(changes), dict(_on_documents(case, planned)), dict(_apart(case)))


@dataclass(frozen=True)
class _Document:
    """`gross` is what it comes to but for refunds, `day` that of the change that it is for; None for the sale."""

    gross: Decimal
    rate: Decimal | None
    day: date | None


def _of_entry(one: Entry, refunds: set[str], *, is_first: bool) -> _Document:
    refunded = sum((amount for name, amount in one.carried.items() if name in refunds), ZERO)
    is_sale = is_first or one.kind in (DEPOSIT, INVOICE)
    day = None if is_sale or one.days is None else one.days.supplied or one.days.issued
    return _Document(one.figures.gross - refunded, one.figures.rate, day)


def _of_draft(one: InvoiceDraft, refunds: set[str]) -> _Document:
    refunded = sum((line.amount for line in one.payments if line.payment_id in refunds), ZERO)
    return _Document(one.gross - refunded, one.rate, one.issued_on)


def _day(one: _Document) -> date:
    return one.day or date.min


def _moment(order: Order, day: date) -> datetime:
    changed_at = moment_of_change(order)
    return changed_at if books_date(changed_at) == day else end_of_day(day)


def _level(case: Case, documents: Sequence[_Document]) -> Decimal:
    """What documents come to, in the order's currency.

    What was converted is known to a few pennies only: it is what the order comes to, or what was held of it once, if it
    may be.
    """
    if not _is_converted(case):
        return sum((one.gross for one in documents), ZERO)
    order, slack = case.order, _slack(case) * (len(documents) + 1)
    rate = case.charges[0].figures.rate or Decimal(1)
    level = round_money(sum((one.gross * (one.rate or rate) for one in documents), ZERO), order.currency)
    return max((one for one in (order.owed, order.paid, *_held(order)) if abs(level - one) <= slack), default=level)


def _held(order: Order) -> Iterator[Decimal]:
    """What the shop held of the customer's money after each payment: as it was, and if nothing had been refunded."""
    held = but_for_refunds = ZERO
    for one in money_of(order):
        held += incoming(one)
        but_for_refunds += ZERO if one in order.refunds else incoming(one)
        yield held
        yield but_for_refunds


def _is_converted(case: Case) -> bool:
    first = case.charges[0].figures
    return first.currency != case.order.currency and first.rate is not None


def _slack(case: Case) -> Decimal:
    """The smallest coins of either currency, in the order's."""
    first = case.charges[0].figures
    return minor_unit(case.order.currency) + minor_unit(first.currency) * (first.rate or 1)


def _on_documents(case: Case, planned: Sequence[InvoiceDraft]) -> Iterator[tuple[str, Decimal]]:
    """What documents show of the order's money, or may: of what is converted, no more than is certain."""
    shown = case.entries.receipts(with_doubtful=True)
    for line in (line for draft in planned for line in draft.payments):
        shown[line.payment_id] = shown.get(line.payment_id, ZERO) + line.amount
    first = case.charges[0].figures
    for one in money_of(case.order):
        whole = abs(incoming(one))
        amount = abs(shown.get(name_of(one), ZERO))
        if _is_converted(case):
            is_whole = amount and abs(in_books(whole, case.order, [first]) - amount) <= minor_unit(first.currency)
            part = round_money(amount * (first.rate or 1), case.order.currency) - _slack(case)
            amount = whole if is_whole else max(ZERO, part)
        yield name_of(one), amount


def _apart(case: Case) -> Iterator[tuple[str, Decimal]]:
    """What of it is in the books as the customer's own, or may be; a card that is cleared went the other way."""
    for one in money_of(case.order):
        entry = case.entries.get(BANK_TRANSACTION, f"{case.order.order_id} {name_of(one)}")
        if entry is not None and entry in case.entries.posted():
            way = 1 if incoming(one) > ZERO else -1
            yield name_of(one), max(ZERO, way * entry.figures.gross)
