"""The money of an order whose documents stand: what is unpaid of them, and what went back and is on no credit note."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from ..canonical.invoice import InvoiceDraft, PaymentLine
from ..canonical.kinds import SALES
from ..canonical.money import ZERO, minor_unit
from ..canonical.order import Payment, Refund
from ..documents.entry import Figures
from ..errors import PermanentError
from .case import Case
from .division import Statement, divide
from .money import in_books, money_that_left
from .receipts import receipt_line
from .statement import statement_of


@dataclass(frozen=True)
class GivenBack:
    """The order's money, once what is planned stands as well. Amounts are in the currency of the documents."""

    case: Case
    planned: tuple[InvoiceDraft, ...]

    def _in_books(self, amount: Decimal) -> Decimal:
        """An amount of the order in the currency of the documents."""
        return in_books(amount, self.case.order, self._sales)

    @property
    def _sales(self) -> list[Figures]:
        return [one.figures for one in self.case.charges if one.kind in SALES]

    @cached_property
    def _statement(self) -> Statement:
        return statement_of(self.case, self.planned)

    @property
    def unbooked_refunds(self) -> Iterator[tuple[Refund, Decimal]]:
        """So much of each refund is for what was charged, and on no credit note, in the currency of the documents."""
        for one, amount in money_that_left(self.case.order, self._statement, self._sales):
            if isinstance(one, Refund):
                missing = amount + self.booked.get(one.refund_id, ZERO)
                if missing > ZERO:
                    yield one, missing
        self._require_same_refunds()

    def _require_same_refunds(self) -> None:
        """Raise `PermanentError` if a credit note shows more of a refund than the shop gave back by it."""
        coin = minor_unit(self.case.currency)
        for one in self.case.order.refunds:
            shown = -self.booked.get(one.refund_id, ZERO)
            if shown > self._in_books(one.amount) + coin:
                raise PermanentError(
                    "REFUND_CHANGED",
                    f"A credit note shows {shown} {self.case.currency} given back as {one.refund_id}, and Sitecore "
                    f"says {one.amount} {self.case.order.currency}. Correct the refund in Sitecore, then resume; or "
                    "correct the books in KashFlow and abandon the order here.",
                )

    @cached_property
    def booked(self) -> dict[str, Decimal]:
        """What documents show of each payment, refund and chargeback, and will once what is planned stands."""
        booked = self.case.entries.receipts()
        for line in (line for draft in self.planned for line in draft.payments):
            booked[line.payment_id] = booked.get(line.payment_id, ZERO) + line.amount
        return booked

    @property
    def unpaid(self) -> Decimal:
        """What is charged and neither paid nor, having been paid, given back: converted as it is booked."""
        charged = sum((one.figures.gross for one in self.case.charges), ZERO)
        charged += sum((draft.gross for draft in self.planned), ZERO)
        came_in = left = ZERO
        for one in divide(self.case.order, self._statement):
            if isinstance(one.of, Payment):
                came_in += one.on_documents
            else:
                left -= one.on_documents
        return charged - self._in_books(came_in) + self._in_books(left)

    def line_of(self, refund: Refund, amount: Decimal, day: date) -> PaymentLine:
        """It leaves from where the payment went that it gives back."""
        rules, sold_in = self.case.rules.payments, self.case.order.currency
        return PaymentLine(
            payment_id=refund.refund_id,
            paid_on=day,
            amount=-amount,
            reference=refund.reference,
            paid_into=rules.paid_into(refund.paid_by, sold_in),
        )

    def undone_on(self, day: date) -> tuple[PaymentLine, ...]:
        """The money that is booked, taken back, so that it can be booked anew on what is posted next."""
        order, rules, booked = self.case.order, self.case.rules.payments, self.case.entries.receipts()
        held, lines = sum(booked.values(), ZERO), []
        for one in order.payments:
            part = min(held, booked.get(one.payment_id, ZERO))
            if part > ZERO:
                held -= part
                line = receipt_line(one, order.currency, rules)
                lines.append(line.model_copy(update={"amount": -part, "paid_on": day}))
        return tuple(lines)
