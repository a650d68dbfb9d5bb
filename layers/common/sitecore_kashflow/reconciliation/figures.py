"""What a comparison came to: the figures of both sides, and what differs. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from ..canonical.money import ZERO, round_money
from .compare import compare
from .progress import Pass
from .values import Agreement, Difference, DifferenceKind, Expected, OpenOrder, Shown, ShownReceipt, Split, Sums

Dated = tuple[date | None, Decimal]


def agreement_of(done: Pass, now: datetime) -> Agreement:
    """Both sides of all that was gathered."""
    own, open_orders = own_documents(done), tuple(done.open_orders.values())
    receipts = list(_own_receipts(done, {one.number for one in own}))
    return Agreement(
        period=done.period,
        began_at=done.began_at,
        finished_at=now,
        currency=done.currency,
        by_ledger=_by_ledger(done),
        by_books=_by_books(done, own, receipts),
        differences=(
            *compare(done.sides()),
            *(_missing(one) for one in open_orders if not one.has_documents),
            *map(_late, done.late),
            *map(_unheard, done.unheard),
        ),
        open_orders=open_orders,
        late=tuple(done.late),
        balances=tuple(done.balances.values()),
        invoiced=_by_day((one.issued, _home(done, one.gross, one.number)) for one in own),
        received=_by_day((one.day, _home(done, one.amount, one.number)) for one in receipts),
    )


def own_documents(done: Pass) -> list[Shown]:
    """KashFlow's documents of these days, without those of other business."""
    return [one for one in done.shown.values() if done.period.has(one.issued) and one.number not in done.others]


def _own_receipts(done: Pass, own: set[int]) -> Iterator[ShownReceipt]:
    """The money of these days on the orders' documents, and on others of these days."""
    for number, some in done.received.items():
        if number in done.expected or number in own:
            yield from (one for one in some if done.period.has(one.day))


def _home(done: Pass, amount: Decimal, number: int) -> Decimal:
    document = done.expected.get(number)
    return round_money(amount / (document.rate if document else Decimal(1)), done.currency)


def _by_ledger(done: Pass) -> Sums:
    claims = list(done.claims.values())
    documents = [*done.expected.values(), *(one.document for one in claims)]
    documents = [one for one in documents if done.period.has(one.issued)]
    money = [one for some in (*done.wanted.values(), *(each.receipts for each in claims)) for one in some]
    return Sums(
        documents=len(documents),
        split=_total(done, ((one.number or 0, one.split) for one in documents)),
        vat=sum((_home(done, one.vat, one.number or 0) for one in documents), ZERO),
        receipts=sum((_home(done, one.amount, one.number) for one in money if done.period.has(one.day)), ZERO),
        due=sum((_home(done, one.due, one.number or 0) for one in documents), ZERO),
    )


def _by_books(done: Pass, own: list[Shown], receipts: list[ShownReceipt]) -> Sums:
    return Sums(
        documents=len(own),
        split=_total(done, ((one.number, _split_shown(done, one)) for one in own)),
        vat=sum((_home(done, one.vat, one.number) for one in own), ZERO),
        receipts=sum((_home(done, one.amount, one.number) for one in receipts), ZERO),
        due=sum((_home(done, one.due, one.number) for one in own), ZERO),
    )


def _split_shown(done: Pass, shown: Shown) -> Split:
    """A document that shows what was posted has the treatments of the ledger; any other those of its lines."""
    document = done.expected.get(shown.number)
    net = round_money(shown.net, "GBP")
    if document is not None and document.net == net and not shown.differs:
        return document.split
    return shown.split or Split(taxed=net)


def _total(done: Pass, splits: Iterable[tuple[int, Split]]) -> Split:
    total = Split()
    for number, one in splits:
        parts = (_home(done, part, number) for part in (one.taxed, one.without_vat, one.outside))
        total = total.plus(Split(*parts))
    return total


def _by_day(moved: Iterable[Dated]) -> dict[date, Decimal]:
    found: dict[date, Decimal] = {}
    for day, amount in moved:
        if day is not None:
            found[day] = found.get(day, ZERO) + amount
    return dict(sorted(found.items()))


def _late(one: Expected) -> Difference:
    words = f"{one.kind} {one.number} ({one.reference}) has its tax point on {one.supplied} and bears {one.issued}."
    why = f"late VAT: {one.vat} {one.currency} of these days stands in a later period"
    return Difference(DifferenceKind.DOCUMENT_LATE, words, one.order, one.number, one.gross, None, one.currency, why)


def _missing(one: OpenOrder) -> Difference:
    code = f" [{one.code}]" if one.code else ""
    words = f"Order {_id_of(one.order)} of {one.day} has no document: it is {one.state}{code}."
    kind = DifferenceKind.DOCUMENT_MISSING
    return Difference(kind, words, one.order, None, one.gross, None, one.currency, one.why)


def _unheard(order: str) -> Difference:
    words = (
        f"The shop has order {_id_of(order)}, and the bridge never heard of it. A sweep, or a backfill, brings it in."
    )
    return Difference(DifferenceKind.ORDER_NOT_HEARD_OF, words, order)


def _id_of(order: str) -> str:
    """An order's id in its shop, which has no colon."""
    return order.rpartition(":")[2]
