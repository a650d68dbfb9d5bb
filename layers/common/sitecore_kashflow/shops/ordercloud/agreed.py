"""What shop and customer have agreed beside the price: when it is paid, and the customer's own number for it."""

from collections.abc import Sequence

from ...canonical.order import LONGEST_TERMS
from ...canonical.text import clean
from ...errors import PermanentError
from ...rules.model import OrderRules
from ...rules.payments import PaymentRules
from . import wire
from .extended import Places, first_text

_NUMBER_LENGTH = 100


def customers_number(order: wire.Order, rules: OrderRules) -> str:
    """The customer's own number for the order, as far as the shop keeps one."""
    return clean(first_text(rules.customer_order_number_paths, _places(order)), _NUMBER_LENGTH)


def terms_days(order: wire.Order, rules: OrderRules) -> int | None:
    """The days to pay in; None where the shop says nothing. Raises `PermanentError` for what is no number of days."""
    words = first_text(rules.terms_paths, _places(order)).strip()
    if not words:
        return None
    if words.isdecimal() and len(words) <= len(str(LONGEST_TERMS)) and int(words) <= LONGEST_TERMS:
        return int(words)
    raise PermanentError(
        "TERMS_UNREADABLE",
        f"`orders.terms_paths` leads to {words[:20]!r}, which is no number of days from 0 to {LONGEST_TERMS}. Correct "
        "it in Sitecore, or take the path out of the rules; then resume.",
    )


def is_on_account(payments: Sequence[wire.Payment], rules: PaymentRules) -> bool:
    """Whether some of the order is a promise to pay later."""
    types = set(rules.on_account_types) - set(rules.cards)
    return any(one.type in types and one.accepted is not False and not one.order_return_id for one in payments)


def _places(order: wire.Order) -> Places:
    return {"Order": order.xp, "FromUser": order.from_user.xp if order.from_user else {}}
