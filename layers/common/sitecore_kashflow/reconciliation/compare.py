"""What differs between the two sides: pure, and the same for a whole month as for one document that is read again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from ..canonical.money import ZERO, round_money
from .values import Difference, DifferenceKind, Expected, ExpectedReceipt, Period, Shown, ShownReceipt

One = TypeVar("One", ExpectedReceipt, ShownReceipt)

_CENTS = "GBP"
"""KashFlow keeps two places of every currency (KF-86), and shows up to four."""


@dataclass(frozen=True)
class Sides:
    """Both sides of some days. `expected` and `shown` are documents by their numbers.

    `claims` are documents under a number that another of `expected` has. `why` explains documents that no order knows,
    by their numbers. `brought` are the bank accounts whose receipts KashFlow brings by itself, by its ids.
    """

    period: Period
    expected: Mapping[int, Expected]
    shown: Mapping[int, Shown]
    wanted: Iterable[ExpectedReceipt] = ()
    received: Iterable[ShownReceipt] = ()
    claims: Iterable[Expected] = ()
    why: Mapping[int, str] = field(default_factory=dict)
    brought: frozenset[int] = frozenset()


def compare(sides: Sides) -> list[Difference]:
    """Everything in which they differ, documents first, by number."""
    numbers = sorted({*sides.expected, *sides.shown})
    found = [one for number in numbers for one in _of_document(number, sides)]
    found += [_superseded(one, sides) for one in sides.claims if sides.period.has(one.issued)]
    wanted, received = _by_number(sides.wanted), _by_number(sides.received)
    for number in sorted(wanted.keys() | received.keys()):
        document = sides.expected.get(number)
        if document is not None and (number in sides.shown or not sides.period.has(document.issued)):
            found += _of_receipts(document, wanted.get(number, []), received.get(number, []), sides)
    return found


def _of_document(number: int, sides: Sides) -> Iterator[Difference]:
    expected, shown = sides.expected.get(number), sides.shown.get(number)
    if expected is None:
        if shown is not None and sides.period.has(shown.issued):
            yield _unknown(shown, sides)
    elif shown is None:
        if sides.period.has(expected.issued):
            words = f"{expected.kind} {expected.reference} was posted as {number}, and KashFlow has no such document."
            yield _about(DifferenceKind.DOCUMENT_DELETED, words, expected, expected.gross, None)
    elif sides.period.has(expected.issued) or sides.period.has(shown.issued):
        yield from _of_figures(expected, shown)


def _superseded(claim: Expected, sides: Sides) -> Difference:
    """KashFlow gave its number again after it was deleted."""
    other = sides.expected.get(claim.number or 0)
    words = (
        f"{claim.kind} {claim.reference} was posted as {claim.number}, and KashFlow has "
        f"{other.reference if other else 'another document'} under that number now."
    )
    return _about(DifferenceKind.DOCUMENT_DELETED, words, claim, claim.gross, None)


def _unknown(shown: Shown, sides: Sides) -> Difference:
    twins = [
        one
        for one in sides.expected.values()
        if is_named_alike(one.reference, shown.reference) and (one.gross < 0) == (shown.gross < 0)
    ]
    gross = _cents(shown.gross)
    if twins and shown.reference:
        words = f"Document {shown.number} has the reference {shown.reference} of {twins[0].kind} {twins[0].number}."
        return Difference(
            DifferenceKind.DOCUMENT_TWICE, words, twins[0].order, shown.number, None, gross, twins[0].currency
        )
    named = f"the reference {shown.reference}" if shown.reference else "no reference"
    words = f"Document {shown.number} of {shown.issued} has {named}, and no order knows it."
    why = sides.why.get(shown.number, "")
    return Difference(DifferenceKind.UNKNOWN_DOCUMENT, words, "", shown.number, None, gross, shown.currency, why)


def _of_figures(expected: Expected, shown: Shown) -> Iterator[Difference]:
    """Net and VAT; only if both are right, whatever else is not."""
    name, is_right = f"{expected.kind} {shown.number}", True
    if not is_named_alike(expected.reference, shown.reference):
        words = (
            f"{name} was posted as {expected.reference}; KashFlow shows the reference {shown.reference or 'none'}: "
            "it was renamed, or deleted and its number given again."
        )
        yield _about(DifferenceKind.DOCUMENT_DIFFERS, words, expected, expected.gross, _cents(shown.gross))
        return
    for kind, what, ought, is_ in (
        (DifferenceKind.NET_DIFFERS, "net", expected.net, shown.net),
        (DifferenceKind.VAT_DIFFERS, "VAT", expected.vat, shown.vat),
    ):
        if _cents(is_) != _cents(ought):
            is_right = False
            words = f"The {what} of {name} ({expected.reference}) was posted as {ought}; KashFlow shows {_cents(is_)}."
            yield _about(kind, words, expected, ought, _cents(is_))
    moved = shown.issued is not None and shown.issued != expected.issued
    differs = shown.differs or (f"date {shown.issued}, which should be {expected.issued}" if moved else "")
    if is_right and differs:
        words = f"{name} ({expected.reference}) shows the {differs}."
        yield _about(DifferenceKind.DOCUMENT_DIFFERS, words, expected, expected.gross, _cents(shown.gross))


def _of_receipts(
    document: Expected, wanted: list[ExpectedReceipt], received: list[ShownReceipt], sides: Sides
) -> Iterator[Difference]:
    """Lines that name a payment belong to it; the others go by day and amount, then by amount."""
    left, nameless = defaultdict[str, list[ShownReceipt]](list), [one for one in received if not one.payment]
    for one in received:
        if one.payment:
            left[one.payment].append(one)
    settled: set[Decimal] = set()
    for payment, parts in sorted(_by_payment(wanted).items()):
        lines = left.pop(payment, None) or _nameless(parts, nameless)
        difference = _of_payment(document, payment, parts, lines, sides.period)
        if difference is not None:
            yield difference
        settled |= {one.amount for one in lines}
    for line in (*(one for lines in left.values() for one in lines), *nameless):
        if sides.period.has(line.day):
            why = "KashFlow brings the receipts of this account" if line.account in sides.brought else ""
            yield _by_hand(document, line, why, is_twice=not why and not line.payment and line.amount in settled)


def _of_payment(
    document: Expected, payment: str, parts: list[ExpectedReceipt], lines: list[ShownReceipt], period: Period
) -> Difference | None:
    ought, is_ = sum((one.amount for one in parts), ZERO), sum((one.amount for one in lines), ZERO)
    days = [*(one.day for one in parts), *(one.day for one in lines)]
    if not any(map(period.has, days)):
        return None
    what = f"receipt {payment} on {document.kind} {document.number}"
    if not lines:
        words = f"The {what} of {parts[0].day} is not in KashFlow."
        return _about(DifferenceKind.RECEIPT_MISSING, words, document, ought, None)
    if _cents(is_) != ought:
        is_twice = len(lines) > len(parts) and {_cents(one.amount) for one in lines} == {one.amount for one in parts}
        kind = DifferenceKind.RECEIPT_TWICE if is_twice else DifferenceKind.RECEIPT_DIFFERS
        times = f"{len(lines)} times" if is_twice else "with another amount"
        return _about(kind, f"The {what} is in KashFlow {times}.", document, ought, _cents(is_))
    moved = [one for one, part in zip(lines, parts, strict=False) if period.has(one.day) != period.has(part.day)]
    if not moved:
        return None
    words = f"The {what} is of {parts[0].day}; KashFlow shows {moved[0].day}."
    why = "the amount is right, and it bears another day"
    return replace(_about(DifferenceKind.RECEIPT_DIFFERS, words, document, ought, _cents(is_)), why=why)


def _nameless(parts: list[ExpectedReceipt], lines: list[ShownReceipt]) -> list[ShownReceipt]:
    """The lines without a name that may be these, taken from the others."""
    taken = []
    for part in parts:
        alike = [one for one in lines if _cents(one.amount) == part.amount]
        best = next((one for one in alike if one.day == part.day), alike[0] if alike else None)
        if best is not None:
            lines.remove(best)
            taken.append(best)
    return taken


def _by_hand(document: Expected, line: ShownReceipt, why: str, *, is_twice: bool) -> Difference:
    kind = DifferenceKind.RECEIPT_TWICE if is_twice else DifferenceKind.RECEIPT_BY_HAND
    named = f"names the payment {line.payment}, which the shop does not have" if line.payment else "names no payment"
    words = f"Money of {line.day} on {document.kind} {document.number} ({document.reference}) {named}."
    return replace(_about(kind, words, document, None, _cents(line.amount)), why=why)


def _about(
    kind: DifferenceKind, words: str, document: Expected, ought: Decimal | None, is_: Decimal | None
) -> Difference:
    return Difference(kind, words, document.order, document.number, ought, is_, document.currency)


def _by_payment(wanted: Iterable[ExpectedReceipt]) -> dict[str, list[ExpectedReceipt]]:
    found = defaultdict[str, list[ExpectedReceipt]](list)
    for one in wanted:
        found[one.payment].append(one)
    return found


def _by_number(some: Iterable[One]) -> dict[int, list[One]]:
    found = defaultdict[int, list[One]](list)
    for one in some:
        found[one.number].append(one)
    return found


def is_named_alike(reference: str, other: str) -> bool:
    """Whether two references are the same, as people type them (`reference_digest`)."""
    return " ".join(reference.split()).casefold() == " ".join(other.split()).casefold()


def _cents(amount: Decimal) -> Decimal:
    return round_money(amount, _CENTS)
