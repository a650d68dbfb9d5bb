"""What is reported to a shop about an order."""

from dataclasses import dataclass

from .states import OrderState


@dataclass(frozen=True)
class Report:
    """What became of an order: its state, and its invoice and customer in the books where they exist.

    `order_id` is the shop's own id of the order. `error` is the reason code of an order that waits for a person.
    """

    order_id: str
    state: OrderState
    invoice_number: int | None = None
    invoice_id: int | None = None
    customer_code: str | None = None
    error: str | None = None
