"""A single-purpose gift card on the invoice that it pays (docs/vat.md): its VAT was paid when it was sold."""

from collections.abc import Sequence

from ..canonical.invoice import InvoiceLine
from ..canonical.money import round_money
from ..canonical.order import Order
from ..errors import PermanentError


def redeemed_card(order: Order, lines: Sequence[InvoiceLine], nominal_code: int) -> InvoiceLine:
    """The negative line, at the rate of all that was bought, so that the VAT of what the card pays comes to nothing.

    Raises `PermanentError` for goods at several rates: such a card is not single-purpose.
    """
    bought = [line for line in lines if line.net]
    if not bought or len({line.vat_level for line in bought}) > 1:
        levels = ", ".join(f"{line.vat_level} %" for line in bought)
        raise PermanentError(
            "GIFT_CARD_NOT_SINGLE_PURPOSE",
            f"A gift card pays {order.gift_card} {order.currency} for goods at {levels}. A card that can buy at "
            "several rates is multi-purpose: correct `gift_cards.kind`, or book by hand and abandon the order.",
        )
    charged = sum(line.vat for line in lines)
    vat = round_money(charged * order.gift_card / order.total, order.currency)
    net = order.gift_card - vat
    changes = {
        "description": "Gift card, VAT paid at its sale",
        "quantity": 1,
        "rate": -net,
        "net": -net,
        "vat": -vat,
        "nominal_code": nominal_code,
        "why": "single-purpose gift card",
    }
    return bought[0].model_copy(update=changes)
