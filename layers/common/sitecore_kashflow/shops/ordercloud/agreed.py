"""What shop and customer have agreed beside the price: when it is paid, and the customer's own number for it."""

from collections.abc import Iterator, Sequence

from ...canonical.order import LONGEST_TERMS, Unreadable
from ...canonical.text import clean
from ...rules.model import OrderRules
from ...rules.payments import PaymentRules
from . import wire
from .extended import Places, first_text

_NUMBER_LENGTH = 100


def customers_number(order: wire.Order, rules: OrderRules) -> str:
    """The customer's own number for the order, as far as the shop keeps one."""
    return clean(first_text(rules.customer_order_number_paths, _places(order)), _NUMBER_LENGTH)


def terms_days(order: wire.Order, rules: OrderRules) -> int | None:
    """The days to pay in; None where the shop says nothing, or what is no number of days."""
    words = _terms(order, rules)
    return int(words) if _are_days(words) else None


def unreadable_terms(order: wire.Order, rules: OrderRules) -> Iterator[Unreadable]:
    """What is no number of days. Its words are not told: people write more into such a field than days."""
    words = _terms(order, rules)
    if words and not _are_days(words):
        yield Unreadable(
            "TERMS_UNREADABLE",
            f"`orders.terms_paths` leads to a text that is no number of days from 0 to {LONGEST_TERMS}. Correct it in "
            "Sitecore, or take the path out of the rules; then resume.",
        )


def _terms(order: wire.Order, rules: OrderRules) -> str:
    return first_text(rules.terms_paths, _places(order)).strip()


def _are_days(words: str) -> bool:
    is_short = words.isdecimal() and len(words) <= len(str(LONGEST_TERMS))
    return is_short and int(words) <= LONGEST_TERMS


def is_on_account(payments: Sequence[wire.Payment], rules: PaymentRules) -> bool:
    """Whether some of the order is a promise to pay later."""
    types = set(rules.on_account_types) - set(rules.cards)
    return any(one.type in types and one.accepted is not False and not one.order_return_id for one in payments)


def _places(order: wire.Order) -> Places:
    return {"Order": order.xp, "FromUser": order.from_user.xp if order.from_user else {}}
