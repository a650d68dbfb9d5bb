"""What OrderCloud's payments say of money: what came in, transaction by transaction, and what was given back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ...canonical.money import ZERO
from ...canonical.order import Payment, Refund
from ...errors import PermanentError
from ...rules.payments import PaymentRules
from . import wire
from .extended import first_text


@dataclass(frozen=True)
class Money:
    """All that came in, and all that was given back."""

    received: tuple[Payment, ...]
    refunds: tuple[Refund, ...]


def money_of(
    order: wire.Order, placed_at: datetime, currency: str, payments: Sequence[wire.Payment], rules: PaymentRules
) -> Money:
    """The money of an order. Raises `PermanentError` for a transaction that no rule covers on a payment that counts.

    The same for money in another currency than that of the order.

    The order's status speaks only for payments that say nothing themselves, or where there are none at all.
    """
    paid_at = (order.date_completed or placed_at) if order.status in rules.paid_statuses else None
    for_sale = [one for one in payments if not one.order_return_id]
    rest = order.total - sum((one.amount for one in for_sale if one.amount is not None), ZERO)
    readings = [_Reading(one, rules, rest, placed_at, currency) for one in payments]
    received = [money for reading in readings for money in reading.received(paid_at)]
    if paid_at is not None and not payments and order.total > ZERO:
        received.append(Payment(payment_id=f"{order.id}-completed", method="", amount=order.total, received_at=paid_at))
    return Money(tuple(received), tuple(refund for reading in readings for refund in reading.refunds()))


@dataclass(frozen=True)
class _Reading:
    """One payment. `rest` is its amount if it names none: what the others leave of the total."""

    payment: wire.Payment
    rules: PaymentRules
    rest: Decimal
    placed_at: datetime
    currency: str

    def received(self, paid_at: datetime | None) -> Iterator[Payment]:
        """Each capture by itself; else the whole of a card, or of a payment whose order counts as paid."""
        payment, rules = self.payment, self.rules
        is_card = payment.type in rules.cards
        if payment.order_return_id or (payment.type in rules.on_account_types and not is_card):
            return
        captures = [one for one in self._done if self._is_settled(one) and self._amount(one) > ZERO]
        whole_at = self.placed_at if is_card else paid_at
        if captures:
            self._require_known()
            self._require_currency(captures)
            for one in captures:
                yield self._money(one.date_executed or payment.date_created or self.placed_at, one)
        elif whole_at is not None and self._stands and self._whole > ZERO:
            self._require_known()
            yield self._money(whole_at, None)

    def refunds(self) -> Iterator[Refund]:
        """What was given back; with the payment of a return, all that it settled."""
        given_back = [one for one in self._done if self._is_refund(one) and self._amount(one)]
        self._require_currency(given_back)
        captures = [one for one in self._done if self._is_settled(one) and self._amount(one) > ZERO]
        for one in given_back:
            moment = one.date_executed or self.payment.date_created or self.placed_at
            refund = self._money(moment, one)
            yield Refund(
                refund_id=refund.payment_id,
                paid_by=self._money(moment, captures[-1]) if captures else refund,
                reference=refund.reference,
                amount=abs(refund.amount),
                refunded_at=moment,
                return_id=self.payment.order_return_id,
            )

    @property
    def _whole(self) -> Decimal:
        return self.rest if self.payment.amount is None else self.payment.amount

    @property
    def _done(self) -> list[wire.Transaction]:
        return [one for one in self.payment.transactions or () if one.succeeded]

    @property
    def _stands(self) -> bool:
        """Whether it may be money without a capture: nothing was declined, voided or given back, or only failed."""
        is_undone = any(self._is_void(one) or self._is_refund(one) for one in self._done)
        has_only_failed = bool(self.payment.transactions) and not self._done
        return self.payment.accepted is not False and not is_undone and not has_only_failed

    def _amount(self, one: wire.Transaction) -> Decimal:
        return self._whole if one.amount is None else one.amount

    def _is_settled(self, one: wire.Transaction) -> bool:
        return one.type in self.rules.settled_transaction_types

    def _is_authorised(self, one: wire.Transaction) -> bool:
        return one.type in self.rules.authorised_transaction_types

    def _is_void(self, one: wire.Transaction) -> bool:
        return one.type in self.rules.void_transaction_types

    def _is_refund(self, one: wire.Transaction) -> bool:
        """By its type or its sign; a void takes nothing back, because an authorisation brought nothing."""
        if self._is_void(one) or self._is_authorised(one):
            return False
        is_back = one.type in self.rules.refund_types or self._amount(one) < ZERO
        return is_back or bool(self.payment.order_return_id)

    def _require_known(self) -> None:
        for one in self._done:
            kinds = (self._is_settled, self._is_authorised, self._is_void, self._is_refund)
            if not any(is_kind(one) for is_kind in kinds):
                raise PermanentError(
                    "TRANSACTION_UNKNOWN",
                    f"Payment {self.payment.id} has a transaction of {self._amount(one)} of the type {one.type!r}, "
                    "which no rule covers. Add it to the types under `payments` in the rules, then resume.",
                )

    def _require_currency(self, money: Sequence[wire.Transaction]) -> None:
        for one in money:
            if one.currency.upper() not in ("", self.currency):
                raise PermanentError(
                    "PAYMENT_CURRENCY_DIFFERS",
                    f"Payment {self.payment.id} has a transaction of {self._amount(one)} {one.currency}, and the order "
                    f"is in {self.currency}. Correct the payment in Sitecore, then resume; or book the order by hand "
                    "and abandon it here.",
                )

    def _money(self, moment: datetime, one: wire.Transaction | None) -> Payment:
        payment = self.payment
        places = {"Payment": payment.xp, "Transaction": one.xp if one else None}
        return Payment(
            payment_id=f"{payment.id}/{one.id}" if one else payment.id,
            method=payment.type,
            gateway=first_text(self.rules.gateway_paths, places),
            transaction=one.type if one else "",
            reference=first_text(self.rules.reference_paths, places),
            amount=self._amount(one) if one else self._whole,
            received_at=moment,
        )
