"""A card gateway beside the sandbox's OrderCloud: it pays out what the shop's payments say, less its fees.

Its file has the columns of a reconciliation report as Stripe makes it, and is written from the payments alone. It knows
nothing of how the bridge reads it.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_PENNY = Decimal("0.01")
_PER_CENT, _EACH = Decimal("0.015"), Decimal("0.20")
_DISPUTE_FEE = Decimal("15.00")
_COLUMNS = (
    "balance_transaction_id", "automatic_payout_id", "automatic_payout_effective_at_utc", "created_utc", "currency",
    "gross", "fee", "net", "reporting_category", "source_id", "charge_id", "customer_facing_amount",
    "customer_facing_currency", "description", "payment_metadata[order_id]",
)  # fmt: skip
_CATEGORIES = {"CreditCardCapture": "charge", "CreditCardRefund": "refund", "Chargeback": "dispute"}

Call = Callable[[str, str, Any], Any]
"""Calls OrderCloud: method, path, fields."""


@dataclass(frozen=True)
class Movement:
    """Money that the gateway moved for an order. `amount` is the customer's, positive if it came in."""

    order_id: str
    reference: str
    charge: str
    category: str
    amount: Decimal
    currency: str
    at: datetime


@dataclass
class Gateway:
    """`rates`: foreign units for one pound, at which it converts. `paid_out` has what earlier files told of."""

    call: Call
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    paid_out: set[str] = field(default_factory=set)

    def movements(self, order_ids: Iterable[str]) -> list[Movement]:
        """All money of these orders that no payout has told of yet."""
        found = [one for order_id in order_ids for one in self._of_order(order_id)]
        return [one for one in found if one.reference not in self.paid_out]

    def pay_out(self, payout_id: str, arrives: date, movements: Sequence[Movement]) -> tuple[str, Decimal]:
        """A file of one payout, and what it comes to."""
        text, total = io.StringIO(), Decimal(0)
        writer = csv.DictWriter(text, _COLUMNS)
        writer.writeheader()
        about = {"automatic_payout_id": payout_id, "automatic_payout_effective_at_utc": f"{arrives} 00:00:00"}
        for number, one in enumerate(movements):
            gross, fee = self._in_pounds(one), self._fee(one)
            total += gross - fee
            self.paid_out.add(one.reference)
            writer.writerow(about | _row(one, f"txn_{payout_id}_{number}", gross, fee))
        own = {"balance_transaction_id": f"txn_{payout_id}", "created_utc": f"{arrives} 00:00:00", "currency": "gbp"}
        sums = {"gross": -total, "fee": "0.00", "net": -total, "reporting_category": "payout", "source_id": payout_id}
        writer.writerow(about | own | sums)
        return text.getvalue(), total

    def _of_order(self, order_id: str) -> Iterable[Movement]:
        payments = self.call("GET", f"/v1/orders/Incoming/{order_id}/payments?pageSize=100", None)["Items"]
        for payment in payments:
            charge = ""
            for one in payment.get("Transactions") or []:
                category = _CATEGORIES.get(one["Type"], "")
                reference = (one.get("xp") or {}).get("PspReference", "")
                if not (category and reference and one["Succeeded"]):
                    continue
                charge = reference if category == "charge" else charge
                amount = abs(Decimal(str(one["Amount"]))) * (1 if category == "charge" else -1)
                at = datetime.fromisoformat(one["DateExecuted"]).astimezone(UTC)
                yield Movement(order_id, reference, charge, category, amount, one["Currency"], at)

    def _in_pounds(self, one: Movement) -> Decimal:
        return (one.amount / self.rates.get(one.currency, Decimal(1))).quantize(_PENNY, ROUND_HALF_UP)

    def _fee(self, one: Movement) -> Decimal:
        if one.category == "charge":
            return (self._in_pounds(one) * _PER_CENT + _EACH).quantize(_PENNY, ROUND_HALF_UP)
        return _DISPUTE_FEE if one.category == "dispute" else Decimal("0.00")


def _row(one: Movement, name: str, gross: Decimal, fee: Decimal) -> dict[str, object]:
    return {
        "balance_transaction_id": name,
        "created_utc": f"{one.at:%Y-%m-%d %H:%M:%S}",
        "currency": "gbp",
        "gross": gross,
        "fee": fee,
        "net": gross - fee,
        "reporting_category": one.category,
        "source_id": one.reference,
        "charge_id": one.charge,
        "customer_facing_amount": abs(one.amount),
        "customer_facing_currency": one.currency.lower(),
        "description": f'Order "{one.order_id}", by card',
        "payment_metadata[order_id]": one.order_id,
    }
