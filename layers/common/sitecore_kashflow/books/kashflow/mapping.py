"""Our order as KashFlow's documents (`kashflow-api.md` 3, 4 and 6). Field by field: docs/mapping.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ...canonical.customer import Address, Customer
from ...canonical.invoice import InvoiceDraft, PaymentLine
from ...canonical.keys import invoice_reference
from ...canonical.money import ZERO
from ...canonical.order import Order, Payment
from ...canonical.text import clean
from ...errors import PermanentError
from ...plan.invoice_lines import invoice_lines
from ...rules.model import OrderRules, Rules

_BOOKS_ZONE = ZoneInfo("Europe/London")
_NO_LINES = {"Line1": "", "Line2": "", "Line3": "", "Line4": ""}


@dataclass(frozen=True)
class PaymentIds:
    """The account's own ids (`kashflow-api.md` 5.2): the bank account, and the method of each shop payment type."""

    bank_account_id: int
    methods: Mapping[str, int]


def books_date(moment: datetime) -> date:
    """The UK local date of a moment."""
    return moment.astimezone(_BOOKS_ZONE).date()


def kashflow_date(day: date) -> str:
    """`YYYY-MM-DD 12:00:00`: the noon keeps the day in every time zone near by (`kashflow-api.md` 2.1)."""
    return f"{day.isoformat()} 12:00:00"


def invoice_draft(order: Order, rules: Rules) -> InvoiceDraft:
    """The invoice that the books should hold for an order. Raises `PermanentError` where a person must decide."""
    if order.total < ZERO:
        raise PermanentError(
            "NEGATIVE_TOTAL",
            f"The order comes to {order.total} {order.currency}, and an invoice is never less than nothing. "
            "Correct the order in Sitecore, then resume.",
        )
    method, lines = invoice_lines(order, rules)
    issued_on = books_date(order.placed_at)
    return InvoiceDraft(
        reference=invoice_reference(order.order_id),
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=rules.orders.payment_terms_days),
        currency=order.currency,
        gross=order.total - order.gift_card,
        address=order.customer.address,
        delivery=order.delivery,
        lines=lines,
        payments=tuple(_payment_lines(order)),
        vat_method=method,
        rules_version=rules.version,
    )


def in_open_period(draft: InvoiceDraft, first_open_day: date | None, rules: OrderRules) -> InvoiceDraft:
    """The draft outside the period that is locked in KashFlow. Raises `PermanentError` where the rule parks it."""
    if first_open_day is None or min((draft.issued_on, *(one.paid_on for one in draft.payments))) >= first_open_day:
        return draft
    if rules.locked_period == "park":
        raise PermanentError(
            "PERIOD_LOCKED",
            f"The order is of {draft.issued_on}, and KashFlow is locked before {first_open_day}. Open the period, or "
            "set `orders.locked_period` to first_open_day in the rules, then resume.",
        )
    payments = tuple(one.model_copy(update={"paid_on": max(one.paid_on, first_open_day)}) for one in draft.payments)
    days = {"issued_on": max(draft.issued_on, first_open_day), "due_on": max(draft.due_on, first_open_day)}
    return draft.model_copy(update=days | {"payments": payments})


def _payment_lines(order: Order) -> Iterator[PaymentLine]:
    if order.paid > order.total - order.gift_card:
        raise PermanentError(
            "OVERPAID",
            f"The shop received {order.paid} {order.currency} for an order of {order.total}. "
            "Refund or correct the payments in Sitecore, then resume.",
        )
    for payment in order.payments:
        yield payment_line(payment)


def payment_line(payment: Payment) -> PaymentLine:
    """A receipt of the shop as a line on the invoice."""
    return PaymentLine(
        payment_id=payment.payment_id,
        paid_on=books_date(payment.received_at),
        amount=payment.amount,
        method=payment.method,
    )


def invoice_payload(draft: InvoiceDraft, customer_code: str, exchange_rate: Decimal, ids: PaymentIds) -> dict[str, Any]:
    """The body of `POST /invoices` (`kashflow-api.md` 4.5). `exchange_rate` is foreign units per home unit.

    No `Number`: KashFlow numbers, or one is reserved just before the post. No `ProductCode`: a line of one piece
    would spoil its stock count.
    """
    payload: dict[str, Any] = {
        "CustomerCode": customer_code,
        "CustomerReference": draft.reference,
        "IssuedDate": kashflow_date(draft.issued_on),
        "DueDate": kashflow_date(draft.due_on),
        "Currency": {"Code": draft.currency, "ExchangeRate": exchange_rate},
        "Address": _address_payload(draft.address),
        "LineItems": [
            {
                "Number": position,
                "Description": line.description,
                "Quantity": line.quantity,
                "Rate": line.rate,
                "NominalCode": line.nominal_code,
                "VATLevel": line.vat_level,
                "VATAmount": line.vat,
                "VATExempt": line.vat_exempt,
            }
            for position, line in enumerate(draft.lines, start=1)
        ],
    }
    if draft.delivery is not None:
        payload["UseCustomDeliveryAddress"] = True
        payload["DeliveryAddress"] = {"Name": draft.delivery.name} | _address_payload(draft.delivery)
    if draft.payments:
        payload["PaymentLines"] = [payment_payload(payment, ids) for payment in draft.payments]
    return payload


def payment_payload(payment: PaymentLine, ids: PaymentIds) -> dict[str, Any]:
    """One payment line; the shop's payment id is its mark against doubles (`kashflow-api.md` 15, row 6)."""
    return {
        "Date": kashflow_date(payment.paid_on),
        "Amount": payment.amount,
        "Method": ids.methods[payment.method],
        "AccountId": ids.bank_account_id,
        "Note": f"Sitecore payment {payment.payment_id}",
        "Reference": payment.payment_id[:50],
    }


def customer_payload(customer: Customer, code: str, currency: str) -> dict[str, Any]:
    """The body of `POST /customers` (`kashflow-api.md` 3.3), with our mark in the note."""
    return {
        "Code": code,
        "Name": customer.name,
        "Note": customer_mark(customer),
        "Currency": {"Code": currency},
        "VATNumber": customer.vat_number,
        "DiscountRate": 0,
        "ShowDiscount": False,
        "AutoIncludeVATNumber": False,
        "Addresses": [_address_payload(customer.address)],
        "Contacts": [
            {
                "IsPrimary": True,
                "Name": customer.name,
                "Firstname": customer.first_name,
                "LastName": customer.last_name,
                "Email": customer.email,
                "Telephone": customer.phone,
            }
        ],
    }


def customer_changes(customer: Customer, found: Mapping[str, Any]) -> dict[str, Any]:
    """What differs between the shop's customer and KashFlow's full object, as fields to write; empty if nothing.

    The shop is the master of name, VAT number, the first address as a whole, and what it says of the
    primary contact. All else is KashFlow's, other addresses and contacts included.
    """
    wanted = customer_payload(customer, str(found.get("Code", "")), "")
    changes: dict[str, Any] = {
        field: wanted[field]
        for field in ("Name", "VATNumber")
        if wanted[field] and wanted[field] != (found.get(field) or "")
    }
    address = _NO_LINES | wanted["Addresses"][0] if customer.address.lines else {}
    contact = {field: value for field, value in wanted["Contacts"][0].items() if value}
    for field, said in (("Addresses", address), ("Contacts", contact)):
        rows = list(found.get(field) or [{}])
        ours = next((row for row in rows if row.get("IsPrimary")), rows[0])
        if any(value != (ours.get(key) or "") for key, value in said.items()):
            changes[field] = [row | said if row is ours else row for row in rows]
    return changes


def customer_mark(customer: Customer) -> str:
    """What the note of a customer made by the bridge says."""
    return f"Sitecore customer {customer.key}"


def _address_payload(address: Address) -> dict[str, Any]:
    """Up to four lines; what does not fit is joined into the last."""
    lines = list(address.lines)
    if len(lines) > 4:
        lines[3:] = [clean(", ".join(lines[3:]))]
    named = {f"Line{number}": line for number, line in enumerate(lines, start=1)}
    return named | {"PostCode": address.postcode, "CountryCode": address.country}
