"""What of an order has left, as a document says it."""

from typing import NamedTuple


class Sent(NamedTuple):
    """A dispatch, by the shop's id of the shipment: empty for what is invoiced without one. `is_last`: all has left."""

    shipment: str
    is_last: bool
