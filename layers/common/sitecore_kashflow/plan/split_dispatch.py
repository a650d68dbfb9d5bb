"""Split dispatch: an order on account that leaves in parts is invoiced part by part, each as it leaves (docs/vat.md).

What is invoiced of an order is a function of how many pieces of each line have left, so each invoice is what that
comes to after its dispatch, less what it came to before. When all has left they come to the order, to the penny.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from ..canonical.days import books_date
from ..canonical.invoice import DispatchInvoiceDraft, InvoiceDraft, InvoiceLine
from ..canonical.keys import invoice_reference
from ..canonical.money import ZERO, books_coin, round_money
from ..canonical.order import Order
from ..canonical.sent import Sent
from ..documents.entry import Entries, Entry
from ..documents.sold_lines import unpack_lines
from ..rules.model import Rules
from .invoice import issue_until, sale_as_of
from .invoice_items import is_line
from .invoice_lines import FOREIGN_VAT, fit_to_kashflow
from .position import Sum
from .tax_point import day_paid, missing_evidence
from .terms import day_to_pay

_DISCOUNT, _ONE = "discount", Decimal(1)
_FOLLOWING = (_DISCOUNT, FOREIGN_VAT)
Pieces = Mapping[str, int]
"""How many pieces of each line, by its id."""


@dataclass(frozen=True)
class _Leaving:
    """Pieces that leave, or count as if they had, on a day; `shipment` is empty where no shipment says so."""

    day: date
    shipment: str
    pieces: Pieces


@dataclass(frozen=True)
class Split:
    """An order that is invoiced as it leaves, and its documents."""

    order: Order
    entries: Entries
    rules: Rules

    @property
    def is_begun(self) -> bool:
        return bool(self._standing)

    @property
    def is_finished(self) -> bool:
        """Whether all of the order is invoiced: what it comes to, or comes up by, is then a matter of the whole."""
        is_last = any(one.sent and one.sent.is_last for one in self._standing)
        return is_last or (self.is_begun and self._covers(self._invoiced(self._standing)))

    @property
    def leaves_at_once(self) -> bool:
        """Whether the first dispatch holds all of it."""
        first = next(self._not_invoiced(), None)
        return first is not None and self._covers(first.pieces)

    @property
    def awaits(self) -> str:
        """What it waits for, as a sentence; empty if nothing."""
        if self.is_finished or self.drafts:
            return ""
        if not self.is_begun:
            return missing_evidence(self.order)
        invoiced = self._invoiced(self._standing)
        left = [f"{many - invoiced[name]} of line {name}" for name, many in self._sold.items() if many > invoiced[name]]
        return (
            f"{', '.join(left)}: not sent yet. Record the shipment in Sitecore, or take off the order what will not be "
            "sent."
        )

    def so_far(self, sale: InvoiceDraft) -> InvoiceDraft:
        """So much of the sale of the whole order as is to be charged: what was invoiced of it has left."""
        if self.is_finished:
            return sale
        lines = tuple(_fitted(*one) for one in _as_far_as(sale, self._invoiced(self._standing), self._sold))
        return sale.changed(lines=lines, gross=sum((line.net + line.vat for line in lines), ZERO))

    @cached_property
    def drafts(self) -> tuple[DispatchInvoiceDraft, ...]:
        """The invoices that are missing, or were not verified yet: those keep what they are for."""
        before, found = list[Entry](), list[DispatchInvoiceDraft]()
        for entry in self._posted:
            if not entry.is_settled:
                leaving = _Leaving(self._day_of(entry), entry.sent.shipment if entry.sent else "", self._pieces(entry))
                found += self._draft(entry.reference, self._invoiced(before), leaving)
            before.append(entry)
        if any(one.sent and one.sent.is_last for one in before):
            return tuple(found)
        invoiced = self._invoiced(before)
        for number, leaving in enumerate(self._not_invoiced(), start=len(before) + 1):
            found += self._draft(invoice_reference(f"{self.order.order_id}-S{number}"), invoiced, leaving)
            invoiced = _added(invoiced, leaving.pieces)
        return tuple(found)

    # --- what has left, and what of it is invoiced -------------------------------------------------------------

    @property
    def _posted(self) -> list[Entry]:
        """Oldest first; one in doubt is the youngest."""
        found = [one for one in self.entries.posted() if one.kind == DispatchInvoiceDraft.kind]
        return sorted(found, key=lambda one: (one.standing is None, one.standing.number if one.standing else 0))

    @property
    def _standing(self) -> list[Entry]:
        return [one for one in self._posted if one.is_settled]

    @property
    def _sold(self) -> Pieces:
        """Of the lines that cost something: what is free leaves with the others, or without any document."""
        return {line.line_id: line.quantity for line in self.order.lines if line.net}

    def _pieces(self, entry: Entry) -> dict[str, int]:
        lines = unpack_lines(entry.sold)
        return {name: sum(one.pieces for one in lines if is_line(one.part, name)) for name in self._sold}

    def _invoiced(self, entries: Iterable[Entry]) -> Pieces:
        """How many of each line these invoices are for, and no more than are sold by now."""
        found: Pieces = dict.fromkeys(self._sold, 0)
        for entry in entries:
            found = _added(found, self._pieces(entry))
        return {name: min(many, self._sold[name]) for name, many in found.items()}

    def _covers(self, pieces: Pieces) -> bool:
        return all(pieces.get(name, 0) >= many for name, many in self._sold.items())

    def _not_invoiced(self) -> Iterator[_Leaving]:
        """What has left and is on no invoice, dispatch by dispatch.

        A shipment may grow after its invoice, and may be recorded anew under another id: so what counts is how many
        pieces of each line have left in all.
        """
        total, rest = self._invoiced(self._posted), dict[str, int]()
        leaving = list(self._leaving())
        for name, many in self._sold.items():
            rest[name] = min(many, sum(one.pieces.get(name, 0) for one in leaving)) - total[name]
        for one in leaving:
            own = [
                entry for entry in self._posted if one.shipment and entry.sent and entry.sent.shipment == one.shipment
            ]
            known = self._invoiced(own)
            new = {name: min(one.pieces.get(name, 0) - known[name], rest[name]) for name in rest}
            new = {name: many for name, many in new.items() if many > 0}
            rest = {name: many - new.get(name, 0) for name, many in rest.items()}
            if new:
                yield _Leaving(one.day, one.shipment, new)

    def _leaving(self) -> Iterator[_Leaving]:
        """The shipments in turn; then all, once the order is completed or paid in full."""
        sent = [
            _Leaving(books_date(one.at), one.shipment_id, one.pieces)
            for one in self.order.dispatches
            if one.at is not None
        ]
        yield from sorted(sent, key=lambda one: (one.day, one.shipment))
        completed, order = self.order.completed_at, self.order
        paid = day_paid(order) if order.paid - order.refunded - order.charged_back >= order.owed else None
        days = [day for day in (books_date(completed) if completed else None, paid) if day]
        if days:
            yield _Leaving(min(days), "", self._sold)

    # --- documents ---------------------------------------------------------------------------------------------

    def _day_of(self, entry: Entry) -> date:
        """The tax point of an invoice that may be in the books: that of its dispatch, else its own."""
        sent = entry.sent.shipment if entry.sent else ""
        day = next((one.day for one in self._leaving() if one.shipment == sent), None)
        days = entry.days
        return day or (days.supplied or days.issued if days else books_date(self.order.placed_at))

    @property
    def _as_of(self) -> date:
        """The tax point of the first invoice: all of them have the percentages of that day."""
        days = self._posted[0].days if self._posted else None
        return (days.supplied or days.issued) if days else next(self._not_invoiced()).day

    def _draft(self, reference: str, invoiced: Pieces, leaving: _Leaving) -> Iterator[DispatchInvoiceDraft]:
        """The invoice for what is leaving; none if nothing of it is sold any more."""
        order, rules, day = self.order, self.rules, leaving.day
        sale = sale_as_of(order, rules, self._as_of)
        after, is_first = _added(invoiced, leaving.pieces), not any(invoiced.values())
        pairs = zip(_as_far_as(sale, invoiced, self._sold), _as_far_as(sale, after, self._sold), strict=True)
        lines = [
            _fitted(like, now.less(before), now_pieces - pieces)
            for (like, before, pieces), (_, now, now_pieces) in pairs
            if now != before or (like.is_free and (is_first or not like.part))
        ]
        if all(line.is_free for line in lines):
            return
        yield DispatchInvoiceDraft.model_validate(
            dict(sale)
            | {
                "reference": reference,
                "issued_on": day,
                "due_on": day_to_pay(order, day, rules.orders),
                "issue_until": issue_until(order, day, rules.orders),
                "gross": sum((line.net + line.vat for line in lines), ZERO),
                "lines": tuple(lines),
                "vat_drift": sale.vat_drift if is_first else ZERO,
                "sent": Sent(leaving.shipment, self._covers(after)),
            }
        )


def split_of(order: Order, entries: Entries, rules: Rules) -> Split | None:
    """The order as one that is invoiced as it leaves. None if it has, or will have, an invoice for all of it.

    It has none once it began so. It begins so if it is on account, nothing was paid before its first dispatch, and that
    does not hold all of it.
    """
    if any(one.kind == DispatchInvoiceDraft.kind for one in entries.posted()):
        return Split(order, entries, rules)
    is_converted = rules.currency.mode == "convert_to_home" and order.currency != rules.orders.home_currency
    may_be = rules.orders.split_dispatch and order.is_on_account and order.owed > ZERO and not order.gift_card
    if entries.posted() or not may_be or is_converted or not any(line.net for line in order.lines):
        return None
    sent = min((one.at for one in order.dispatches if one.at), default=None)
    is_prepaid = any(sent is None or one.received_at < sent for one in order.payments)
    split = Split(order, entries, rules)
    return None if is_prepaid or split.leaves_at_once else split


def _added(one: Pieces, other: Pieces) -> Pieces:
    return {name: many + other.get(name, 0) for name, many in one.items()}


def _as_far_as(sale: InvoiceDraft, pieces: Pieces, sold: Pieces) -> list[tuple[InvoiceLine, Sum, int]]:
    """Each line of the sale, what it comes to for these pieces, and how many of it those are.

    Goods come to their share. What is taxed alike takes with it its share of the discount on goods and of the VAT of
    another country; delivery and all other charges go with the first dispatch.
    """
    coin, begun = books_coin(sale.currency), int(any(pieces.values()))
    found: list[tuple[InvoiceLine, Sum, int]] = []
    for line in sale.lines:
        name = next((one for one in sold if is_line(line.part, one)), None)
        many, of = (begun, 1) if name is None else (pieces[name], sold[name])
        found.append((line, _part(line, Decimal(many), Decimal(of), coin), many))
    return [one if one[0].part not in _FOLLOWING else _following(one[0], found, coin) for one in found]


def _following(
    line: InvoiceLine, others: Iterable[tuple[InvoiceLine, Sum, int]], coin: str
) -> tuple[InvoiceLine, Sum, int]:
    """In proportion to the net of the goods that are taxed alike; VAT of another country, to all that bears it."""
    is_base = is_line if line.part == _DISCOUNT else lambda part: part != FOREIGN_VAT
    base = [(one, so_far, many) for one, so_far, many in others if one.group == line.group and is_base(one.part)]
    whole = sum((one.net for one, *_ in base), ZERO)
    so_far = sum((one.net for _, one, _ in base), ZERO)
    has_begun = any(many for *_, many in base)
    return (
        line,
        _part(line, so_far, whole, coin) if whole else _part(line, Decimal(has_begun), _ONE, coin),
        int(has_begun),
    )


def _part(line: InvoiceLine, share: Decimal, of: Decimal, coin: str) -> Sum:
    return Sum(round_money(line.net * share / of, coin), round_money(line.vat * share / of, coin))


def _fitted(like: InvoiceLine, one: Sum, pieces: int) -> InvoiceLine:
    """A line like this one for so much of it."""
    many = max(pieces, 1)
    changes = {"description": like.item or like.description, "quantity": many, "rate": one.net / many}
    return fit_to_kashflow(like.model_copy(update=changes | {"net": one.net, "vat": one.vat, "pieces": pieces}))
