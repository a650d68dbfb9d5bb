"""The states of an order on the bridge, and the words in which the shop reads them."""

from enum import StrEnum


class OrderState(StrEnum):
    """An order is always in exactly one of these."""

    RECEIVED = "received"
    """An event has arrived; nothing has been read yet."""
    WAITING = "waiting"
    """Not due for the books: not submitted, waiting for approval, or neither paid nor dispatched where that decides."""
    OPENED = "opened"
    """Read, mapped and adding up; documents are being made."""
    INVOICED = "invoiced"
    """The invoice stands in KashFlow, money is owed."""
    PAID = "paid"
    """The invoice stands in KashFlow and is settled."""
    CREDITED = "credited"
    """The invoice stands in KashFlow, and credit notes have brought all that was charged to nothing."""
    CANCELLED = "cancelled"
    """Cancelled or declined before there was an invoice; the books hold nothing."""
    UNKNOWN = "unknown"
    """Sitecore has no such order for us, and it was never seen submitted: a supplier's order, or a cart renamed."""
    SHADOWED = "shadowed"
    """Worked out, but not posted: the bridge is not live for this order. The books may hold it by other means."""
    PARKED = "parked"
    """A person is needed; the reason is beside the state."""
    ABANDONED = "abandoned"
    """A person decided that the bridge leaves this order alone; the reason is kept."""


SYNC_STATE = {
    OrderState.RECEIVED: "Received",
    OrderState.WAITING: "Waiting",
    OrderState.OPENED: "Opened",
    OrderState.INVOICED: "Invoiced",
    OrderState.PAID: "Paid",
    OrderState.CREDITED: "Credited",
    OrderState.CANCELLED: "Cancelled",
    OrderState.UNKNOWN: "Unknown",
    OrderState.SHADOWED: "Shadowed",
    OrderState.PARKED: "Parked",
    OrderState.ABANDONED: "Abandoned",
}
"""`xp.KashFlow.SyncState` of the order in Sitecore."""
