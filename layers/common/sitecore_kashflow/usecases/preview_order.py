"""What the bridge would post for an order, without posting anything, and what other rules would make of it."""

from dataclasses import dataclass

from ..books.kashflow.account import KashflowAccount
from ..canonical.keys import customer_code
from ..errors import PermanentError
from ..rules.model import Rules
from ..runs.ledger import Ledger
from ..shops.ordercloud.client import OrdercloudClient
from ..shops.ordercloud.mapping import canonical_order
from .plan_invoice import InvoicePlan, plan_invoice


@dataclass(frozen=True)
class Preview:
    """The plan for an order, or the reason for which it would be parked."""

    order_id: str
    plan: InvoicePlan | None
    reason: str = ""


def preview_order(
    order_id: str, *, shop: OrdercloudClient, account: KashflowAccount, ledger: Ledger, rules: Rules
) -> Preview:
    """Read the order as a run would, and plan its invoice. Nothing is written anywhere."""
    try:
        worksheet = shop.worksheet(order_id)
        if worksheet is None:
            return Preview(order_id, None, f"Sitecore has no order {order_id}.")
        order = canonical_order(worksheet, shop.payments(order_id), rules)
        link = ledger.customer(order.customer.key)
        code = link.code if link else customer_code(rules.customers.code_prefix, order.customer.key)
        return Preview(order_id, plan_invoice(order, code, account=account, rules=rules))
    except PermanentError as error:
        return Preview(order_id, None, f"[{error.code}] {error.words}")
