"""When an invoice should be paid."""

from datetime import date, timedelta

from ..canonical.order import Order
from ..rules.model import OrderRules


def day_to_pay(order: Order, issued_on: date, rules: OrderRules) -> date | None:
    """What the shop says of the order, else the rule for orders on account, else that for all.

    None leaves it to the customer's own terms in KashFlow.
    """
    if order.terms_days is not None:
        return issued_on + timedelta(days=order.terms_days)
    if rules.terms == "kashflow":
        return None
    days = rules.on_account_terms_days if order.is_on_account else rules.payment_terms_days
    return issued_on + timedelta(days=days)
