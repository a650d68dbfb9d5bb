"""What the ledger's entries of one order say that the books hold."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ..canonical.kinds import ALLOCATION, CHARGES
from ..canonical.money import ZERO
from ..documents.entry import Entries, Entry, Posting
from .values import Expected, ExpectedReceipt, Split

_TREATMENT = {"taxable": "taxed", "zero": "without_vat", "exempt": "without_vat", "abroad": "without_vat"}


def documents_of(order: str, entries: Entries, home: str) -> list[Expected]:
    """The documents that stand, or are on their way, and charge the customer. `order` is the key of their subject."""
    due = _due(entries)
    return [_expected(order, one, home, due) for one in entries if one.kind in CHARGES and one.days]


def receipts_of(entries: Entries) -> list[ExpectedReceipt]:
    """All money that stands on documents."""
    return [
        ExpectedReceipt(one.on or one.standing.number, payment, one.days.received[payment], amount)
        for one in entries
        if one.standing and one.days
        for payment, amount in one.carried.items()
    ]


def split_of(postings: Iterable[Posting], net: Decimal) -> Split:
    """A net by treatment; all of it taxed if it is not known how."""
    sums = {"taxed": ZERO, "without_vat": ZERO, "outside": ZERO}
    rows = list(postings)
    for one in rows:
        sums[_TREATMENT.get(one.box, "outside")] += one.net
    return Split(**sums) if rows else Split(taxed=net)


def _expected(order: str, entry: Entry, home: str, due: dict[int, Decimal]) -> Expected:
    figures, days, standing = entry.figures, entry.days, entry.standing
    if days is None:
        raise ValueError("a document without days is in no period")
    return Expected(
        order=order,
        kind=entry.kind,
        reference=entry.reference,
        number=standing.number if standing else None,
        issued=days.issued,
        net=figures.net,
        vat=figures.vat,
        currency=figures.currency,
        split=split_of(entry.postings, figures.net),
        rate=figures.rate if figures.rate and figures.currency != home else Decimal(1),
        supplied=days.supplied,
        due=due.get(standing.number, ZERO) if standing else ZERO,
    )


def _due(entries: Entries) -> dict[int, Decimal]:
    """What is still owed on each document that stands, by number; negative on a credit note."""
    due: dict[int, Decimal] = {}
    for one in entries:
        if one.standing and one.kind in CHARGES:
            due[one.standing.number] = due.get(one.standing.number, ZERO) + one.figures.gross
    for number, moved in _settled(entries):
        if number in due:
            due[number] -= moved
    return due


def _settled(entries: Entries) -> Iterator[tuple[int, Decimal]]:
    for receipt in receipts_of(entries):
        yield receipt.number, receipt.amount
    for one in entries.of_kind(ALLOCATION):
        note, _, invoice = one.reference.partition("-")
        if one.standing:
            yield int(invoice), one.figures.gross
            yield int(note), -one.figures.gross
