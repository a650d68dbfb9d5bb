"""A single-purpose gift card on the invoice that it pays (docs/vat.md): its VAT was paid when it was sold."""

from collections.abc import Sequence
from datetime import date

from ..canonical.invoice import InvoiceLine
from ..canonical.money import ZERO, round_money
from ..canonical.order import Order
from ..errors import PermanentError
from ..rules.model import Rules


def redeemed_card(order: Order, lines: Sequence[InvoiceLine], rules: Rules, on: date) -> InvoiceLine:
    """The negative line, at the rate of all that was bought, so that the VAT of what the card pays comes to nothing.

    Raises `PermanentError` for what is taxed otherwise than the card was at its sale: it cannot have been for that.
    """
    sold_as = rules.vat.classes[str(rules.gift_cards.tax_class)]
    bought = [line for line in lines if line.net and line.box != "none"]
    worth = sum((line.net + line.vat for line in bought), ZERO)
    others = [line for line in bought if (line.box, line.vat_level) != (sold_as.in_box, sold_as.rate_on(on))]
    if others or order.gift_card > worth:
        words = ", ".join(sorted({f"{line.vat_level} % ({line.box})" for line in others}))
        what = f"for things at {words}" if others else f"of an order with {worth} of goods"
        raise PermanentError(
            "GIFT_CARD_NOT_SINGLE_PURPOSE",
            f"A gift card pays {order.gift_card} {order.currency} {what}, and cards are sold as "
            f"{rules.gift_cards.tax_class} in the UK. A card that can buy anything else is multi-purpose: correct "
            "`gift_cards` in the rules, or book by hand and abandon the order.",
        )
    vat = round_money(sum((line.vat for line in bought), ZERO) * order.gift_card / worth, order.currency)
    net = order.gift_card - vat
    changes = {
        "description": "Gift card, VAT paid at its sale",
        "quantity": 1,
        "rate": -net,
        "net": -net,
        "vat": -vat,
        "nominal_code": rules.nominal_codes.gift_card,
        "why": "single-purpose gift card",
        "part": "gift card",
        "pieces": 1,
        "item": "Gift card, VAT paid at its sale",
    }
    return bought[0].model_copy(update=changes)
