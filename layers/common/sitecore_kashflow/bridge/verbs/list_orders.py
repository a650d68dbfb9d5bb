"""`list`: orders that wait for a person, by cause, and those that are being worked on."""

from argparse import Namespace
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from ...canonical.kinds import OWN_INVOICE
from ...canonical.states import OrderState
from ...documents.entry import Entries
from ...runs.records import PARKED, SubjectRecord
from ...usecases.list_unfinished import list_unfinished
from ..desk import Desk
from ..names import name_of
from ..values import Cause, ListedOrder, Money, OrderList, Posts
from ..words import moment

STATES = tuple(state.value for state in OrderState)
_WITH_CAUSE = (PARKED, OrderState.SHADOWED)


def list_orders(asked: Namespace, desk: Desk) -> OrderList:
    """Those of one cause, or in one state, if that was asked for; those that have waited longest come first."""
    now = desk.wiring.clock()
    state, runs = PARKED if asked.cause else asked.state, desk.wiring.runs
    records = runs.in_state(state) if state else list_unfinished(runs=runs)
    wanted = [record for record in records if asked.cause in ("", record.parking.code)]
    orders = tuple(listed(record, desk, now) for record in desk.person.watch("Reading", wanted))
    postable = [one for one in orders if one.state == OrderState.SHADOWED and not one.code]
    would_post = Posts(len(postable), _totals(postable)) if postable else None
    return OrderList(now, asked.cause or asked.state or "", causes_of(orders), orders, would_post)


def listed(record: SubjectRecord, desk: Desk, now: datetime) -> ListedOrder:
    """A record in the words of the list, with what the ledger knows of its invoice."""
    entries = desk.wiring.documents.of(record.subject)
    invoice = entries.first_of(OWN_INVOICE)
    since = datetime.fromisoformat(record.state_since)
    return ListedOrder(
        order=name_of(record.subject),
        state=record.state,
        since=since,
        age_seconds=int((now - since).total_seconds()),
        amount=_amount(entries, record, desk),
        invoice=invoice.standing.number if invoice and invoice.standing else None,
        step=record.parking.step,
        code=record.parking.code or record.wait.code,
        reason=record.parking.reason or record.wait.words or _awaits(record),
        decided_by=record.parking.by,
    )


def _awaits(record: SubjectRecord) -> str:
    """What a waiting order lacks, and since when."""
    return (
        f"Since {moment(datetime.fromisoformat(record.awaits.since))}: {record.awaits.words}"
        if record.awaits.words
        else ""
    )


def causes_of(orders: tuple[ListedOrder, ...]) -> tuple[Cause, ...]:
    """The orders that cannot be posted as they are, by reason code, most orders first."""
    by_code = defaultdict[str, list[ListedOrder]](list)
    for one in orders:
        if one.state in _WITH_CAUSE and one.code:
            by_code[one.code].append(one)
    causes = [
        Cause(code, len(some), _totals(some), min(one.since for one in some)) for code, some in sorted(by_code.items())
    ]
    return tuple(sorted(causes, key=lambda cause: -cause.orders))


def _totals(orders: list[ListedOrder]) -> tuple[Money, ...]:
    sums = defaultdict[str, Decimal](Decimal)
    for one in orders:
        if one.amount:
            sums[one.amount.currency] += one.amount.amount
    return tuple(Money(amount, currency) for currency, amount in sorted(sums.items()))


def _amount(entries: Entries, record: SubjectRecord, desk: Desk) -> Money | None:
    """What the order's invoice comes to, or else the order as it was last understood."""
    invoice = entries.first_of(OWN_INVOICE)
    if invoice:
        return Money(invoice.figures.gross, invoice.figures.currency)
    if record.snapshot is None or record.subject.kind != "order":
        return None
    from ...usecases.posting import order_as_planned  # noqa: PLC0415 -- pydantic's models, if there is one to read

    order = order_as_planned(record, desk.wiring.runs)
    return Money(order.total, order.currency)
