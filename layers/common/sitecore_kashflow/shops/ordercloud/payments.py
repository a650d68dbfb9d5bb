"""What OrderCloud's payments say of money: what came in, what was given back, and what a bank took, one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from ...canonical.money import ZERO
from ...canonical.order import Chargeback, MoneyHeld, Payment, Refund
from ...errors import PermanentError
from ...rules.payments import PaymentRules
from . import wire
from .extended import first_text


@dataclass(frozen=True)
class Paperwork:
    """What was read about an order's money: its payments, and returns that they may have settled."""

    payments: Sequence[wire.Payment] = ()
    returns: Sequence[wire.OrderReturn] = ()


@dataclass(frozen=True)
class Money:
    """All that came in, all that was given back, and all that a bank took back."""

    received: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    chargebacks: tuple[Chargeback, ...]

    def held(self, cards: Sequence[str]) -> MoneyHeld:
        """The captures, and what was given back or taken. Cards, by type, are no money, spent or given back."""
        captured = sum((one.amount for one in self.received if one.transaction), ZERO)
        of_money = (one for one in self.refunds if one.paid_by.transaction or one.paid_by.method not in cards)
        taken = sum((one.amount for one in self.chargebacks), ZERO)
        return MoneyHeld(captured, taken + sum((one.amount for one in of_money), ZERO))


def money_of(order: wire.Order, placed_at: datetime, currency: str, paperwork: Paperwork, rules: PaymentRules) -> Money:
    """The money of an order. Raises `PermanentError` for a transaction that no rule covers on a payment that counts.

    The same for money in another currency than that of the order.

    The order's status speaks only for payments that say nothing themselves, or where there are none at all.
    """
    paid_at = (order.date_completed or placed_at) if order.status in rules.paid_statuses else None
    payments, returns = paperwork.payments, {one.id: one for one in paperwork.returns}
    for_sale = [one for one in payments if not one.order_return_id]
    rest = order.total - sum((one.amount for one in for_sale if one.amount is not None), ZERO)
    readings = [_Reading(one, rules, rest, placed_at, currency, returns.get(one.order_return_id)) for one in payments]
    came_in = [tuple(one.received(paid_at)) for one in readings]
    received = [money for each in came_in for money in each]
    if paid_at is not None and not for_sale and order.total > ZERO:
        received.append(Payment(payment_id=f"{order.id}-completed", method="", amount=order.total, received_at=paid_at))
    pairs = list(zip(readings, came_in, strict=True))
    return Money(
        received=tuple(received),
        refunds=tuple(refund for reading, own in pairs for refund in reading.refunds(own, received)),
        chargebacks=tuple(taken for reading, own in pairs for taken in reading.chargebacks(own)),
    )


@dataclass(frozen=True)
class _Reading:
    """One payment, with the return that it settles. `rest` is its amount if it names none: what the others leave."""

    payment: wire.Payment
    rules: PaymentRules
    rest: Decimal
    placed_at: datetime
    currency: str
    order_return: wire.OrderReturn | None

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
                yield self._money(self._moment(one), one)
        elif whole_at is not None and self._stands and self._whole > ZERO:
            self._require_known()
            yield self._money(whole_at, None)

    def refunds(self, own: Sequence[Payment], received: Sequence[Payment]) -> Iterator[Refund]:
        """What was given back; with the payment of a return, all that it settled.

        `own` is what came in by this payment, `received` all that came in for the order. The first refund of a return's
        payment bears the payment's id: it may have been seen before its transaction was recorded.
        """
        given_back = [one for one in self._done if self._is_refund(one) and self._amount(one)]
        self._require_currency(given_back)
        moved = [self._money(self._moment(one), one) for one in given_back]
        if self._is_paid_out:
            moved = [self._money(self.payment.date_created or self.placed_at, None)]
        for number, one in enumerate(moved):
            yield Refund(
                refund_id=one.payment_id if number or not self.payment.order_return_id else self.payment.id,
                paid_by=self._paid_by(one, own, received),
                reference=one.reference,
                amount=abs(one.amount),
                refunded_at=one.received_at,
                return_id=self.order_return.id if self.order_return else "",
                spent_at=self._spent_at(given_back[number] if given_back else None),
            )

    def _spent_at(self, one: wire.Transaction | None) -> datetime | None:
        """When store credit that was given had been spent. Raises `PermanentError` for what is no day."""
        if self.payment.type not in self.rules.store_credit_types:
            return None
        places = {"Payment": self.payment.xp, "Transaction": one.xp if one else None}
        words = first_text(self.rules.store_credit_spent_paths, places).strip()
        moment = _moment(words)
        if words and moment is None:
            raise PermanentError(
                "SPENT_DAY_UNREADABLE",
                f"Payment {self.payment.id} is store credit, and `payments.store_credit_spent_paths` leads to a text "
                "that is no day such as 2027-01-20. Correct it in Sitecore, then resume.",
            )
        return moment

    def chargebacks(self, own: Sequence[Payment]) -> Iterator[Chargeback]:
        """What the customer's bank took, and what was won again, whatever sign the amounts have."""
        disputed = [one for one in self._done if self._is_chargeback(one) and self._amount(one)]
        self._require_currency(disputed)
        for one in disputed:
            taken, is_won = self._money(self._moment(one), one), one.type in self.rules.chargeback_won_types
            yield Chargeback(
                chargeback_id=taken.payment_id,
                paid_by=own[-1] if own else taken,
                reference=taken.reference,
                amount=-abs(taken.amount) if is_won else abs(taken.amount),
                taken_at=taken.received_at,
            )

    def _paid_by(self, moved: Payment, own: Sequence[Payment], received: Sequence[Payment]) -> Payment:
        """The receipt that goes back: the last of this payment, or of the same type and gateway where it is a return's.

        A return's payment may name no gateway; then it is the one of its type, if there is only one.
        """
        if own or not self.payment.order_return_id:
            return own[-1] if own else moved
        of_type = [one for one in received if one.method == moved.method]
        gateways = {one.gateway.casefold() for one in of_type}
        if moved.gateway:
            gateways = {moved.gateway.casefold()}
        same = [one for one in of_type if one.gateway.casefold() in gateways]
        return same[-1] if same and len(gateways) == 1 else moved

    @property
    def _whole(self) -> Decimal:
        return self.rest if self.payment.amount is None else self.payment.amount

    @property
    def _done(self) -> list[wire.Transaction]:
        return [one for one in self.payment.transactions or () if one.succeeded]

    @property
    def _stands(self) -> bool:
        """Whether it may be money without a capture: nothing was declined or voided, or only failed.

        What is given back of it came in before.
        """
        is_undone = any(self._is_void(one) for one in self._done)
        has_only_failed = bool(self.payment.transactions) and not self._done
        return self.payment.accepted is not False and not is_undone and not has_only_failed

    @property
    def _is_paid_out(self) -> bool:
        """Whether a return's payment is money that was given back, though no transaction says so (OC-88).

        Accepted means no more than that it may be made; the customer has it once the return is completed.
        """
        payment, rules = self.payment, self.rules
        is_promise = payment.type in rules.on_account_types and payment.type not in rules.cards
        is_made = payment.accepted is True and not payment.transactions and not is_promise
        return is_made and self._whole < ZERO and self.order_return is not None and self.order_return.is_completed

    def _moment(self, one: wire.Transaction) -> datetime:
        return one.date_executed or self.payment.date_created or self.placed_at

    def _amount(self, one: wire.Transaction) -> Decimal:
        return self._whole if one.amount is None else one.amount

    def _is_settled(self, one: wire.Transaction) -> bool:
        return one.type in self.rules.settled_transaction_types

    def _is_authorised(self, one: wire.Transaction) -> bool:
        return one.type in self.rules.authorised_transaction_types

    def _is_void(self, one: wire.Transaction) -> bool:
        return one.type in self.rules.void_transaction_types

    def _is_chargeback(self, one: wire.Transaction) -> bool:
        return one.type in self.rules.chargeback_types + self.rules.chargeback_won_types

    def _is_refund(self, one: wire.Transaction) -> bool:
        """By its type or its sign; a void takes nothing back, because an authorisation brought nothing."""
        if self._is_void(one) or self._is_authorised(one) or self._is_chargeback(one):
            return False
        is_back = one.type in self.rules.refund_types or self._amount(one) < ZERO
        return is_back or bool(self.payment.order_return_id)

    def _require_known(self) -> None:
        for one in self._done:
            kinds = (self._is_settled, self._is_authorised, self._is_void, self._is_refund, self._is_chargeback)
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


def _moment(words: str) -> datetime | None:
    """A day, or a moment with its time zone; a day is meant as one in the UK. None for anything else."""
    try:
        if len(words) == len("2027-01-20"):
            return datetime.combine(date.fromisoformat(words), time(12), UTC)
        moment = datetime.fromisoformat(words)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
