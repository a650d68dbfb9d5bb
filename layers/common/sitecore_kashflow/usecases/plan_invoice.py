"""What would be posted for an order, to the byte. `create_invoice` posts it, a preview shows it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..books.kashflow.account import KashflowAccount
from ..books.kashflow.mapping import in_open_period, invoice_draft, invoice_payload
from ..canonical.invoice import InvoiceDraft
from ..canonical.order import Order
from ..plan.currency import ExchangeRate, converted
from ..rules.model import Rules


@dataclass(frozen=True)
class InvoicePlan:
    """The invoice, the rate it is booked at, and the body of `POST /invoices` but for its number."""

    draft: InvoiceDraft
    rate: ExchangeRate
    payload: dict[str, Any]

    def body(self, number: int | None) -> dict[str, Any]:
        """What is posted: the payload, under a number that was reserved for it, if any."""
        return self.payload if number is None else {"Number": number} | self.payload


def plan_invoice(order: Order, customer_code: str, *, account: KashflowAccount, rules: Rules) -> InvoicePlan:
    """Map, add up, convert by rule, and check against what the account has. Raises `PermanentError`."""
    draft = in_open_period(invoice_draft(order, rules), account.first_open_day(), rules.orders)
    rate = account.exchange_rate(draft.currency, draft.issued_on, rules)
    home = rules.orders.home_currency
    if rules.currency.mode == "convert_to_home" and draft.currency != home:
        draft = converted(draft, rate, home)
    account.check(draft)
    ids = account.payment_ids({payment.method for payment in draft.payments}, rules.payments)
    on_document = Decimal(1) if draft.currency == home else rate.rate
    return InvoicePlan(draft, rate, invoice_payload(draft, customer_code, on_document, ids))
