"""What follows an invoice: further invoices for what an order came up by, credit notes for what it came down by.

The documents that stand are set against what the order comes to now, which is nothing once it is called off. What it
came down by is credited at once as far as it is unpaid, and the rest when the money goes back (regulations 24A to 24C
of SI 1995/2518). A refund first pays back what the order came down by, then the goods of its return, then is goodwill.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from ..canonical.days import books_date
from ..canonical.invoice import CreditNoteDraft, FurtherInvoiceDraft, InvoiceDraft, InvoiceLine, PaymentLine
from ..canonical.keys import invoice_reference
from ..canonical.kinds import CREDIT_NOTE, FURTHER_INVOICE, INVOICE
from ..canonical.money import ZERO, books_coin, minor_unit, round_money
from ..canonical.text import DESCRIPTION_LENGTH, clean
from ..documents.entry import Entry
from ..documents.sold_lines import unpack_lines
from ..errors import PermanentError
from .case import Case
from .changes import Change, Target, day_of_change, target_of
from .credits import credit_lines, goodwill_lines, scaled
from .given_back import GivenBack
from .invoice_lines import FOREIGN_VAT, fit_to_kashflow
from .position import Part, Position, Sum, part_of, position_of, sum_of, total
from .refunds import refund_lines

_FEW_PENNIES = Decimal("0.02")
"""What conversion and shared pennies may leave at a percentage of which nothing is charged any more."""
NOTHING_SOLD = "nothing"
"""Stands for the digest of an order that was called off."""
_MOST_BESIDE_REFUNDS = 10
"""Documents in one plan: a change makes two of them, each refund one more."""


def documents_after(case: Case) -> Iterator[InvoiceDraft]:
    """The documents that are missing after those which stand, in the order in which they are to be posted."""
    if not case.is_charged_in_full:
        return
    books = _Books(case, target_of(case), position_of(_sold(case)))
    while draft := books.next_document():
        books.require_an_end()
        after = books.after(draft)
        _require_rates_above_nothing(books.position, after.position)
        yield draft
        books = after


@dataclass(frozen=True)
class _Books:
    """What stands in the books, and what is planned already. Amounts are in the currency of the documents."""

    case: Case
    target: Target | None
    position: Position
    planned: tuple[InvoiceDraft, ...] = ()

    def after(self, draft: InvoiceDraft) -> "_Books":
        """The same once this document stands as well."""
        sold = [*_sold(self.case), *(one.lines for one in (*self.planned, draft))]
        return replace(self, position=position_of(sold), planned=(*self.planned, draft))

    def require_an_end(self) -> None:
        """Raise `PermanentError` if the plan is longer than what happened to the order can explain."""
        if len(self.planned) > _MOST_BESIDE_REFUNDS + len(self.case.order.refunds):
            raise PermanentError(
                "PLAN_WITHOUT_END",
                f"What follows the invoice comes to more than {len(self.planned)} documents, which is a fault of the "
                "bridge. Nothing of it is posted. Tell its developers; book the change in KashFlow by hand and abandon "
                "the order here.",
            )

    @cached_property
    def _change(self) -> Change:
        return Change(self.case, self.target, self.position)

    @cached_property
    def _money(self) -> GivenBack:
        return GivenBack(self.case, self.planned)

    def next_document(self) -> InvoiceDraft | None:
        ups, downs = self._change.ups_and_downs
        if ups:
            return self._further_invoice(ups)
        for refund, amount in self._money.unbooked_refunds:
            lines = refund_lines(self.case, self._change.position_to_credit, downs, refund, amount)
            day = books_date(refund.refunded_at)
            return self._credit_note(lines, day, (self._money.line_of(refund, amount, day),))
        came_down = total(downs.values()).gross
        is_undone = self.case.order.undone_at is not None
        coin = books_coin(self.case.currency)
        at_once = came_down if is_undone else min(came_down, self._money.unpaid)
        at_once -= at_once % minor_unit(coin)
        is_closed_by_nothing = self.case.is_called_off and bool(downs) and not came_down and not self._is_closed
        if at_once > ZERO or is_closed_by_nothing:
            lines = credit_lines(scaled(downs, at_once, coin), self._change.position_to_credit, "change")
            money = self._money.undone_on(day_of_change(self.case.order)) if is_undone else ()
            return self._credit_note(lines, day_of_change(self.case.order) if is_undone else self._day_unpaid, money)
        return self._prompt_payment()

    @property
    def _is_closed(self) -> bool:
        """Whether the last document is a credit note of nothing: another such one would change as little, for ever."""
        standing = [(one.kind, one.figures.gross) for one in self.case.charges]
        kind, gross = [*standing, *((one.kind, one.gross) for one in self.planned)][-1]
        return kind == CREDIT_NOTE and not gross

    def _prompt_payment(self) -> CreditNoteDraft | None:
        """A discount that was agreed for paying soon, once exactly the rest was paid in time (W22)."""
        rules, order, days = self.case.rules, self.case.order, self.case.first.days
        left = self._money.unpaid
        discount = round_money(
            self.case.first.figures.gross * rules.payments.prompt_payment_percent / 100, self.case.currency
        )
        is_as_invoiced = len(self.case.charges) == 1 and not self.planned and not order.chargebacks
        if not (ZERO < left == discount and is_as_invoiced and days and order.payments) or self.case.is_called_off:
            return None
        paid_on = books_date(max(one.received_at for one in order.payments))
        if (paid_on - days.issued).days > rules.payments.prompt_payment_days:
            return None
        lines = goodwill_lines(self.position, left, self.case.currency)
        named = {"nominal_code": rules.nominal_codes.discount, "description": "Discount for prompt payment"}
        ours = [line if line.part == FOREIGN_VAT else line.model_copy(update=named) for line in lines]
        return self._credit_note(ours, paid_on)

    @property
    def _day_unpaid(self) -> date:
        """The day since which what the order came down by is unpaid: that of the change, or a bank took money later."""
        taken = [books_date(one.taken_at) for one in self.case.order.chargebacks]
        return max(day_of_change(self.case.order), *taken) if taken else day_of_change(self.case.order)

    def _reference(self, kind: str, letter: str) -> str:
        standing = len(self.case.entries.of_kind(kind)) - len(self._unposted(kind))
        number = standing + sum(draft.kind == kind for draft in self.planned) + 1
        return invoice_reference(f"{self._first_reference}-{letter}{number}")

    def _unposted(self, kind: str) -> list[Entry]:
        return [one for one in self.case.entries.of_kind(kind) if not one.standing]

    @property
    def _first_reference(self) -> str:
        return invoice_reference(self.case.order.order_id)

    def _further_invoice(self, ups: Mapping[Part, Sum]) -> FurtherInvoiceDraft:
        target = self._change.wanted
        lines = [self._further_line(target.get(part), part, one) for part, one in ups.items()]
        fields = self._fields(self._reference(FURTHER_INVOICE, "A"), lines, day_of_change(self.case.order))
        return FurtherInvoiceDraft.model_validate(fields | {"sale": self._sale_after(lines)})

    def _further_line(self, wanted: InvoiceLine | None, part: Part, one: Sum) -> InvoiceLine:
        like = wanted or self.position.like[part]
        more = (like.pieces if wanted else 0) - self.position.pieces.get(part, 0)
        pieces = max(more, 1)
        line = like.model_copy(
            update={
                "description": like.item or like.description,
                "quantity": pieces,
                "rate": one.net / pieces,
                "net": one.net,
                "vat": one.vat,
                "pieces": more,
            }
        )
        return fit_to_kashflow(line)

    def _credit_note(self, lines: list[InvoiceLine], day: date, money: tuple[PaymentLine, ...] = ()) -> CreditNoteDraft:
        reference, lines = self._reference(CREDIT_NOTE, "R"), self._counted(lines)
        fields = self._fields(reference, [self._credits_which(lines), *lines], day)
        return CreditNoteDraft.model_validate(fields | {"payments": money, "sale": self._sale_after(lines)})

    def _counted(self, lines: list[InvoiceLine]) -> list[InvoiceLine]:
        """The lines with how many pieces less are charged, once nothing more is to be credited for the change."""
        target, after = self._change.wanted, position_of([self._lines_so_far, lines])
        gaps = self._change.gaps_of(after)
        counted = []
        for line in lines:
            part = part_of(line)
            if line.credits == "change" and part not in gaps:
                wanted = target[part].pieces if part in target else 0
                line = line.model_copy(update={"pieces": self.position.pieces.get(part, 0) - wanted})  # noqa: PLW2901
            counted.append(line)
        return counted

    @property
    def _lines_so_far(self) -> list[InvoiceLine]:
        return [line for lines in (*_sold(self.case), *(one.lines for one in self.planned)) for line in lines]

    def _credits_which(self, lines: list[InvoiceLine]) -> InvoiceLine:
        """Regulation 15C: the number and the date of each invoice that charged what is credited."""
        charging = [one for one in _not_credited(self.case.charges) if _has_any(one, lines)]
        named = list(map(_number_and_day, charging or [self.case.first]))
        words = f"Credit to invoice{'s' if len(named) > 1 else ''} {' and '.join(named)}"
        return lines[0].note(clean(words, DESCRIPTION_LENGTH), "the law wants it said")

    def _sale_after(self, lines: list[InvoiceLine]) -> str | None:
        """The digest of the order, if nothing is left to charge or to credit once these lines stand."""
        if self.target is None:
            return self.case.order.sale
        after = position_of([self._lines_so_far, lines])
        if self._change.gaps_of(after):
            return None
        return NOTHING_SOLD if self.case.is_called_off else self.case.order.sale

    def _fields(self, reference: str, lines: list[InvoiceLine], day: date) -> dict[str, object]:
        """What a document after the sale takes from the order, and from the invoice that it follows."""
        order, figures = self.case.order, self.case.first.figures
        return {
            "reference": reference,
            "issued_on": day,
            "due_on": day,
            "currency": self.case.currency,
            "gross": total(sum_of(line) for line in lines).gross,
            "address": order.customer.address,
            "delivery": order.delivery,
            "lines": tuple(lines),
            "customers_number": order.customers_number,
            "rules_version": self.case.rules.version,
            "rate": figures.rate,
            "rate_day": figures.rate_day,
        }


def _require_rates_above_nothing(before: Position, after: Position) -> None:
    """Raise `PermanentError` if more is credited at a percentage than was charged at it, which no law allows."""
    were = before.by_rate
    for rate, now in after.by_rate.items():
        was = were.get(rate, Sum())
        if min(now) < -_FEW_PENNIES and min(now) < min(was):
            raise PermanentError(
                "CREDIT_ABOVE_RATE",
                f"What follows the invoice would bring what is charged at {rate.normalize():f} % VAT to {now.net} net "
                f"and {now.vat} VAT, less than nothing. Book the change in KashFlow by hand, and abandon the order "
                "here.",
            )


def _not_credited(charges: list[Entry]) -> list[Entry]:
    """The invoices since the order last came to nothing."""
    charged, invoices = ZERO, list[Entry]()
    for one in charges:
        charged += one.figures.gross
        invoices = [*invoices, one] if one.kind in (INVOICE, FURTHER_INVOICE) else invoices if charged else []
    return invoices


def _has_any(invoice: Entry, lines: list[InvoiceLine]) -> bool:
    """Whether the invoice charges one of the parts of these lines, or goods that are taxed as the goodwill is."""
    parts = {part_of(line) for line in lines}
    groups = {line.group for line in lines if line.credits == "goodwill"}
    sold = [line for line in unpack_lines(invoice.sold) if line.net or line.vat]
    return any(part_of(line) in parts or line.group in groups for line in sold)


def _number_and_day(invoice: Entry) -> str:
    day = f" of {invoice.days.issued.day} {invoice.days.issued:%B %Y}" if invoice.days else ""
    number = invoice.standing.number if invoice.standing and invoice.standing.number else "(number to come)"
    return f"{number}{day}"


def _sold(case: Case) -> list[tuple[InvoiceLine, ...]]:
    """The lines of each document that stands."""
    return [unpack_lines(one.sold) for one in case.charges]
