"""What is reported to a shop about an order."""

from dataclasses import dataclass
from decimal import Decimal

from .states import OrderState


@dataclass(frozen=True)
class Balance:
    """What the books hold for an order, in `currency`: what was charged less what was credited, and what is paid."""

    currency: str
    charged: Decimal
    paid: Decimal

    @property
    def due(self) -> Decimal:
        return self.charged - self.paid


@dataclass(frozen=True)
class Report:
    """What became of an order: its state, and its documents and customer in the books where they exist.

    `order_id` is the shop's own id of the order. `credit_notes` and `further_invoices` are how many there are, and
    `balance` is None while there is nothing to pay. `error` is the reason code of an order that waits for a person,
    `reason` the same in words.
    """

    order_id: str
    state: OrderState
    invoice_number: int | None = None
    invoice_id: int | None = None
    customer_code: str | None = None
    credit_notes: int = 0
    latest_credit_note: int | None = None
    further_invoices: int = 0
    balance: Balance | None = None
    error: str | None = None
    reason: str | None = None
