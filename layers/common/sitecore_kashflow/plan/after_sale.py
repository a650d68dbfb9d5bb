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
from itertools import takewhile

from ..canonical.days import books_date
from ..canonical.invoice import CreditNoteDraft, FurtherInvoiceDraft, InvoiceDraft, InvoiceLine, PaymentLine
from ..canonical.keys import invoice_reference
from ..canonical.kinds import CREDIT_NOTE, FURTHER_INVOICE, SALES
from ..canonical.money import ZERO, books_coin, minor_unit, round_money
from ..canonical.order import Refund
from ..canonical.text import DESCRIPTION_LENGTH, clean
from ..documents.entry import Entry
from ..documents.sold_lines import unpack_lines
from ..errors import PermanentError
from .case import Case
from .credits import credit_lines, goodwill_lines, scaled
from .currency import ExchangeRate, convert_to_home
from .invoice import sale_as_of
from .invoice_lines import FOREIGN_VAT, fit_to_kashflow
from .money import Charged, charged_before_refunds, in_books, money_that_left
from .position import Part, Position, Sum, difference, part_of, position_of, sum_of, total, without_pennies
from .receipts import receipt_line
from .refunds import refund_lines

NOTHING_SOLD = "nothing"
"""Stands for the digest of an order that was called off."""
_DISCOUNTS = ("discount", "delivery discount", "gift card")


def documents_after(case: Case) -> Iterator[InvoiceDraft]:
    """The documents that are missing after those which stand, in the order in which they are to be posted."""
    if not case.is_charged_in_full:
        return
    books = _Books(case, position_of(_sold(case)))
    while draft := books.next_document():
        yield draft
        books = books.after(draft)


@dataclass(frozen=True)
class _Books:
    """What stands in the books, and what is planned already. Amounts are in the currency of the documents."""

    case: Case
    position: Position
    planned: tuple[InvoiceDraft, ...] = ()

    def after(self, draft: InvoiceDraft) -> "_Books":
        """The same once this document stands as well."""
        sold = [*_sold(self.case), *(one.lines for one in (*self.planned, draft))]
        return replace(self, position=position_of(sold), planned=(*self.planned, draft))

    def next_document(self) -> InvoiceDraft | None:
        ups, downs = self._ups_and_downs
        if ups:
            return self._further_invoice(ups)
        for refund, amount in self._unbooked_refunds:
            lines = refund_lines(self.case, self._position_to_credit, downs, refund, amount)
            day = books_date(refund.refunded_at)
            return self._credit_note(lines, day, (self._money_back(refund, amount, day),))
        came_down = total(downs.values()).gross
        is_undone = self.case.order.undone_at is not None
        coin = books_coin(self._currency)
        at_once = came_down if is_undone else min(came_down, self._unpaid)
        at_once -= at_once % minor_unit(coin)
        is_closed_by_nothing = self.case.is_called_off and bool(downs) and not came_down and not self._is_closed
        if at_once > ZERO or is_closed_by_nothing:
            lines = credit_lines(scaled(downs, at_once, coin), self._position_to_credit, "change")
            money = self._receipts_undone if is_undone else ()
            return self._credit_note(lines, self._day_of_change if is_undone else self._day_unpaid, money)
        return self._prompt_payment()

    @property
    def _is_closed(self) -> bool:
        """Whether the last document is a credit note of nothing: another such one would change as little, for ever."""
        standing = [(one.kind, one.figures.gross) for one in self.case.charges]
        kind, gross = [*standing, *((one.kind, one.gross) for one in self.planned)][-1]
        return kind == CREDIT_NOTE and not gross

    def _prompt_payment(self) -> CreditNoteDraft | None:
        """A discount that was agreed for paying soon, once exactly the rest was paid in time (W22)."""
        rules, order, days = self.case.rules, self.case.order, self._first.days
        left = self._unpaid
        discount = round_money(self._first.figures.gross * rules.payments.prompt_payment_percent / 100, self._currency)
        is_as_invoiced = len(self.case.charges) == 1 and not self.planned and not order.chargebacks
        if not (ZERO < left == discount and is_as_invoiced and days and order.payments) or self.case.is_called_off:
            return None
        paid_on = books_date(max(one.received_at for one in order.payments))
        if (paid_on - days.issued).days > rules.payments.prompt_payment_days:
            return None
        lines = goodwill_lines(self.position, left, self._currency)
        named = {"nominal_code": rules.nominal_codes.discount, "description": "Discount for prompt payment"}
        ours = [line if line.part == FOREIGN_VAT else line.model_copy(update=named) for line in lines]
        return self._credit_note(ours, paid_on)

    @property
    def _position_to_credit(self) -> Position:
        """With a line of each part, also of one that is new and goes with what comes off."""
        return replace(self.position, like={**(self._target or {}), **self.position.like})

    # --- what the order came up and down by ---------------------------------------------------------------

    @cached_property
    def _target(self) -> Mapping[Part, InvoiceLine] | None:
        """A line of each part that should be charged. None if what stands was made for the order as it is."""
        case = self.case
        if case.is_called_off:
            return {}
        made_for = list(takewhile(lambda one: one.figures.sale == case.order.sale, reversed(case.charges)))
        if made_for and made_for[-1].rules_version != case.rules.version:
            return None  # it was charged by earlier rules, whatever was given back since
        self._require_same_currency()
        draft = sale_as_of(case.order, case.rules, self._tax_point)
        if draft.currency != self._currency:
            rate = self._first.figures.rate or Decimal(1)
            draft = convert_to_home(draft, ExchangeRate(rate, self._first.figures.rate_day), self._currency)
        lines: dict[Part, InvoiceLine] = {}
        for line in draft.lines:
            if line.net or line.vat:
                one = lines.get(part_of(line))
                lines[part_of(line)] = line if one is None else _together(one, line)
        return lines

    @cached_property
    def _ups_and_downs(self) -> tuple[dict[Part, Sum], dict[Part, Sum]]:
        """What is to be charged more, and what less (as amounts more than nothing, discounts apart)."""
        target = self._target
        if target is None:
            return {}, {}
        if not target:
            return {}, self.position.still_open
        gaps = self._gaps(target, self.position)
        ups = {part: gap for part, gap in gaps.items() if gap.gross > ZERO and part.name not in _DISCOUNTS}
        downs = {part: gap.negated for part, gap in gaps.items() if gap.gross < ZERO and part.name not in _DISCOUNTS}
        for part, gap in gaps.items():
            if part in ups or part in downs:
                continue
            is_less_discount = gap.gross > ZERO
            if downs and (is_less_discount or not ups):
                downs[part] = gap.negated
            elif ups or is_less_discount:
                ups[part] = gap
            else:
                downs[part] = gap.negated
        limited = self._limited(downs)
        is_given = total(limited.values()).gross < ZERO <= total(downs.values()).gross
        return _either_way(ups, {} if is_given else limited)

    def _gaps(self, target: Mapping[Part, InvoiceLine], position: Position) -> dict[Part, Sum]:
        charged = _with_returns_where_they_belong(position, target)
        gaps = difference({part: sum_of(line) for part, line in target.items()}, charged)
        is_converted = self.case.order.currency != self._currency
        return without_pennies(gaps, minor_unit(self._currency)) if is_converted and target else gaps

    def _limited(self, downs: dict[Part, Sum]) -> dict[Part, Sum]:
        """No more than what is still open: what came back, or was given, is not credited once more."""
        rest, target = self.position.still_open, self._target or {}
        limited = {}
        for part, one in downs.items():
            limited[part] = _no_more_than(rest.get(part, Sum()), one, part)
            if part in self.position.returned:  # a shop may also take off the line what came back of it
                wanted = sum_of(target[part]) if part in target else Sum()
                left = self.position.open(part).less(wanted)
                limited[part] = _no_more_than(left, limited[part], part) if left.gross > ZERO else Sum()
        return {part: one for part, one in limited.items() if one != Sum()}

    def _require_same_currency(self) -> None:
        figures, now = self._first.figures, self.case.order.currency
        if now != (figures.sold_in or figures.currency):
            raise PermanentError(
                "ORDER_CHANGED_AFTER_INVOICE",
                f"Invoice {self._first.standing.number if self._first.standing else ''} is for a sale in "
                f"{figures.sold_in or figures.currency}, and the order is now in {now}. Correct the books in KashFlow "
                "and abandon the order here, or restore the order in Sitecore, then resume.",
            )

    @property
    def _tax_point(self) -> date:
        """That of the invoice: what is charged more, or less, has the percentages of that day."""
        days = self._first.days
        return (days.supplied or days.issued) if days else self._day_of_change

    # --- money -------------------------------------------------------------------------------------------

    @property
    def _first(self) -> Entry:
        return self.case.invoice or self.case.charges[0]

    @property
    def _currency(self) -> str:
        return self._first.figures.currency

    def _in_books(self, amount: Decimal) -> Decimal:
        """An amount of the order in the currency of the documents."""
        return in_books(amount, self.case.order, [one.figures for one in self.case.charges if one.kind in SALES])

    @property
    def _unbooked_refunds(self) -> Iterator[tuple[Refund, Decimal]]:
        """So much of each refund is for what was charged, and on no credit note, in the currency of the documents."""
        documents: list[Charged] = [*(one.figures for one in self.case.charges), *self.planned]
        charged = charged_before_refunds(self.case.order, documents, self._booked)
        sales = [one.figures for one in self.case.charges if one.kind in SALES]
        for one, amount in money_that_left(self.case.order, charged, sales):
            if isinstance(one, Refund):
                missing = amount + self._booked.get(one.refund_id, ZERO)
                if missing > ZERO:
                    yield one, missing
        self._require_same_refunds()

    def _require_same_refunds(self) -> None:
        """Raise `PermanentError` if a credit note shows more of a refund than the shop gave back by it."""
        coin = minor_unit(self._currency)
        for one in self.case.order.refunds:
            shown = -self._booked.get(one.refund_id, ZERO)
            if shown > self._in_books(one.amount) + coin:
                raise PermanentError(
                    "REFUND_CHANGED",
                    f"A credit note shows {shown} {self._currency} given back as {one.refund_id}, and Sitecore says "
                    f"{one.amount} {self.case.order.currency}. Correct the refund in Sitecore, then resume; or correct "
                    "the books in KashFlow and abandon the order here.",
                )

    @cached_property
    def _booked(self) -> dict[str, Decimal]:
        """What documents show of each payment, refund and chargeback, and will once what is planned stands."""
        booked = self.case.entries.receipts()
        for line in (line for draft in self.planned for line in draft.payments):
            booked[line.payment_id] = booked.get(line.payment_id, ZERO) + line.amount
        return booked

    @property
    def _unpaid(self) -> Decimal:
        """What is charged and neither paid nor, having been paid, given back: converted as it is booked."""
        charged = sum((one.figures.gross for one in self.case.charges), ZERO)
        charged += sum((draft.gross for draft in self.planned), ZERO)
        order = self.case.order
        return charged - self._in_books(order.paid) + self._in_books(order.refunded + order.charged_back)

    # --- documents ---------------------------------------------------------------------------------------

    @property
    def _day_of_change(self) -> date:
        order = self.case.order
        moments = (order.undone_at, order.cancelled_at, order.changed_at, order.placed_at)
        return books_date(next(one for one in moments if one))

    @property
    def _day_unpaid(self) -> date:
        """The day since which what the order came down by is unpaid: that of the change, or a bank took money later."""
        taken = [books_date(one.taken_at) for one in self.case.order.chargebacks]
        return max(self._day_of_change, *taken) if taken else self._day_of_change

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
        target = self._target or {}
        lines = [self._further_line(target.get(part), part, one) for part, one in ups.items()]
        fields = self._fields(self._reference(FURTHER_INVOICE, "A"), lines, self._day_of_change)
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
        fields = self._fields(reference, [self._credits_which(lines[0]), *lines], day)
        return CreditNoteDraft.model_validate(fields | {"payments": money, "sale": self._sale_after(lines)})

    def _counted(self, lines: list[InvoiceLine]) -> list[InvoiceLine]:
        """The lines with how many pieces less are charged, once nothing more is to be credited for the change."""
        target, after = self._target or {}, position_of([self._lines_so_far, lines])
        gaps = self._gaps(target, after)
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

    def _money_back(self, refund: Refund, amount: Decimal, day: date) -> PaymentLine:
        """It leaves from where the payment went that it gives back."""
        rules, sold_in = self.case.rules.payments, self.case.order.currency
        return PaymentLine(
            payment_id=refund.refund_id,
            paid_on=day,
            amount=-amount,
            reference=refund.reference,
            paid_into=rules.paid_into(refund.paid_by, sold_in),
        )

    @property
    def _receipts_undone(self) -> tuple[PaymentLine, ...]:
        """The money that is booked, taken back, so that it can be booked anew on what is posted next."""
        order, rules, booked = self.case.order, self.case.rules.payments, self.case.entries.receipts()
        held, lines = sum(booked.values(), ZERO), []
        for one in order.payments:
            part = min(held, booked.get(one.payment_id, ZERO))
            if part > ZERO:
                held -= part
                line = receipt_line(one, order.currency, rules)
                lines.append(line.model_copy(update={"amount": -part, "paid_on": self._day_of_change}))
        return tuple(lines)

    def _credits_which(self, like: InvoiceLine) -> InvoiceLine:
        """Regulation 15C: the number and the date of the invoice that is credited."""
        first = self._first
        day = f" of {first.days.issued.day} {first.days.issued:%B %Y}" if first.days else ""
        number = first.standing.number if first.standing and first.standing.number else "(number to come)"
        words = f"Credit to invoice {number}{day}"
        return like.note(clean(words, DESCRIPTION_LENGTH), "the law wants it said")

    def _sale_after(self, lines: list[InvoiceLine]) -> str | None:
        """The digest of the order, if nothing is left to charge or to credit once these lines stand."""
        target = self._target
        if target is None:
            return self.case.order.sale
        after = position_of([self._lines_so_far, lines])
        if self._gaps(target, after):
            return None
        return NOTHING_SOLD if self.case.is_called_off else self.case.order.sale

    def _fields(self, reference: str, lines: list[InvoiceLine], day: date) -> dict[str, object]:
        """What a document after the sale takes from the order, and from the invoice that it follows."""
        order, figures = self.case.order, self._first.figures
        return {
            "reference": reference,
            "issued_on": day,
            "due_on": day,
            "currency": self._currency,
            "gross": total(sum_of(line) for line in lines).gross,
            "address": order.customer.address,
            "delivery": order.delivery,
            "lines": tuple(lines),
            "customers_number": order.customers_number,
            "rules_version": self.case.rules.version,
            "rate": figures.rate,
            "rate_day": figures.rate_day,
        }


def _sold(case: Case) -> list[tuple[InvoiceLine, ...]]:
    """The lines of each document that stands."""
    return [unpack_lines(one.sold) for one in case.charges]


def _no_more_than(left: Sum, one: Sum, part: Part) -> Sum:
    """As much of it as is left: nothing of what was given already. A discount may grow whatever is left of it."""
    if left.gross * one.gross <= ZERO:
        return one if part.name in _DISCOUNTS and one.gross >= ZERO else Sum()
    return one if abs(one.gross) <= abs(left.gross) else left


def _with_returns_where_they_belong(position: Position, target: Mapping[Part, InvoiceLine]) -> dict[Part, Sum]:
    """What is charged by part. Of a part that has other codes now, what came back counts for it with the new ones."""
    charged = dict(position.charged)
    for part, one in position.charged.items():
        twin = next((other for other in target if other.name == part.name and part not in target), None)
        if twin and one != Sum() and one == position.returned.get(part):
            charged[twin] = charged.get(twin, Sum()).plus(one)
            charged[part] = Sum()
    return charged


def _together(one: InvoiceLine, other: InvoiceLine) -> InvoiceLine:
    """Two lines of the same part as one."""
    both = {"net": one.net + other.net, "vat": one.vat + other.vat, "pieces": one.pieces + other.pieces}
    return one.model_copy(update=both)


def _either_way(ups: dict[Part, Sum], downs: dict[Part, Sum]) -> tuple[dict[Part, Sum], dict[Part, Sum]]:
    """No document goes the wrong way: what would is taken into the other one."""
    if ups and total(ups.values()).gross <= ZERO:
        downs, ups = {**downs, **{part: one.negated for part, one in ups.items()}}, {}
    if downs and total(downs.values()).gross <= ZERO:
        ups, downs = {**ups, **{part: one.negated for part, one in downs.items()}}, {}
    if ups and total(ups.values()).gross <= ZERO:
        ups = {}
    return ups, downs
