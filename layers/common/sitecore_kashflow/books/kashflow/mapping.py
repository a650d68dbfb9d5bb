"""Our order as KashFlow's documents (docs/facts/kashflow.md). Field by field: docs/mapping.md."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ...canonical.allocation import AllocationDraft
from ...canonical.bank_transaction import BankTransactionDraft
from ...canonical.countries import postal_country
from ...canonical.customer import Address, Customer
from ...canonical.invoice import InvoiceDraft, PaidInto, PaymentLine
from ...canonical.keys import REFERENCE_LENGTH
from ...canonical.text import clean
from . import wire

_GAP = " | "
_NO_LINES = {"Line1": "", "Line2": "", "Line3": "", "Line4": ""}


@dataclass(frozen=True)
class PaymentIds:
    """The account's own ids of a bank account and a payment method (KF-76)."""

    bank_account_id: int
    method_id: int


def kashflow_date(day: date) -> str:
    """`YYYY-MM-DD 12:00:00`: noon is the same day in every nearby time zone (KF-17)."""
    return f"{day.isoformat()} 12:00:00"


def invoice_payload(
    draft: InvoiceDraft, customer_code: str, exchange_rate: Decimal, ids: Mapping[PaidInto, PaymentIds]
) -> dict[str, Any]:
    """The body of `POST /invoices` (KF-59, KF-60). `exchange_rate` is foreign units per home unit.

    No `Number`: KashFlow assigns one, or one is reserved just before the post. No `ProductCode`: the quantities of
    lines in one piece would make its stock count wrong. No `DueDate` where the customer's terms there count (KF-61).
    """
    payload: dict[str, Any] = {
        "CustomerCode": customer_code,
        "CustomerReference": draft.reference,
        "IssuedDate": kashflow_date(draft.issued_on),
        **({"DueDate": kashflow_date(draft.due_on)} if draft.due_on else {}),
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
        payload["PaymentLines"] = [payment_payload(one, ids[one.paid_into]) for one in draft.payments]
    return payload


def payment_payload(payment: PaymentLine, ids: PaymentIds) -> dict[str, Any]:
    """One payment line; the shop's id in the note protects it from being booked twice (KF-77)."""
    return {
        "Date": kashflow_date(payment.paid_on),
        "Amount": payment.amount,
        "Method": ids.method_id,
        "AccountId": ids.bank_account_id,
        "Note": payment_note(payment.payment_id),
        "Reference": (payment.reference or payment.payment_id)[:REFERENCE_LENGTH],
    }


def payment_by_itself(payment: PaymentLine, ids: PaymentIds, invoice_number: int) -> dict[str, Any]:
    """The body of a bulk payment over one invoice (KF-84), with the note by which its line is known again."""
    day = kashflow_date(payment.paid_on)
    return {
        "Date": day,
        "Method": ids.method_id,
        "AccountId": ids.bank_account_id,
        "Comment": payment_note(payment.payment_id),
        "PaymentItems": [{"ObjectNumber": invoice_number, "Amount": payment.amount, "PaidDate": day}],
    }


def bank_transaction_payload(draft: BankTransactionDraft, day: date, comment: str, money_type: int) -> dict[str, Any]:
    """The body of a bank transaction without VAT (KF-111). `money_type` stands for the other side (KF-112)."""
    payload: dict[str, Any] = {
        "Date": kashflow_date(day),
        "MoneyType": money_type,
        "Comment": comment,
        "PaidIn": max(draft.amount, Decimal(0)),
        "PaidOut": max(-draft.amount, Decimal(0)),
        "VATAble": False,
        "VATAmount": Decimal(0),
    }
    return payload | ({"CustomerCode": draft.customer_code} if draft.customer_code else {})


def allocation_payload(draft: AllocationDraft, day: date, credit_note_id: int) -> list[dict[str, Any]]:
    """The list of credits that are set against an invoice (KF-83): one."""
    return [
        {
            "Id": credit_note_id,
            "Amount": draft.amount,
            "Date": kashflow_date(day),
            "Type": "CreditNote",
            "Comment": allocation_note(draft.reference),
        }
    ]


def allocation_note(reference: str) -> str:
    """The note on what the bridge has allocated, by which the bridge recognises it later."""
    return f"Sitecore credit {reference}"


def payment_note(payment_id: str) -> str:
    """The note on a receipt made by the bridge, by which the bridge recognises it later."""
    return f"Sitecore payment {payment_id}"


def payment_marks(payment: PaymentLine, ids: PaymentIds) -> str:
    """What KashFlow should show of a receipt: day, amount, method, account and reference."""
    return _marks(wire.PaymentLine.model_validate(payment_payload(payment, ids)))


def shows_marks(line: wire.PaymentLine, marks: str) -> bool:
    """Whether a line shows what it should; what KashFlow does not show is not compared."""
    pairs = zip(_marks(line).split(_GAP, 4), marks.split(_GAP, 4), strict=True)
    return all(shown in ("", meant) for shown, meant in pairs)


def names_payment(line: wire.PaymentLine, payment_id: str, marks: str = "") -> bool:
    """Whether a payment line is the receipt of a payment. Only the note always has the whole id.

    A line without a note is known by the gateway's reference, which several captures may share.
    """
    if line.note == payment_note(payment_id) or line.reference == payment_id:
        return True
    return not line.note and bool(marks) and line.reference == marks.split(_GAP, 4)[-1]


def _marks(line: wire.PaymentLine) -> str:
    day = wire.read_date(line.date)
    parts = (day or "", f"{line.amount:.2f}", line.method or "", line.account_id or "", line.reference)
    return _GAP.join(map(str, parts))


def customer_payload(customer: Customer, code: str, currency: str) -> dict[str, Any]:
    """The body of `POST /customers` (KF-44 to KF-48), with a note by which the bridge recognises its own."""
    return {
        "Code": code,
        "Name": customer.name,
        "Note": customer_note(customer),
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

    The shop decides the name, the VAT number, the first address as a whole, and those fields of the primary contact
    that it sends. Everything else is KashFlow's, including other addresses and contacts. Somebody who orders for a
    company changes nothing of it but its VAT number.
    """
    wanted = customer_payload(customer, str(found.get("Code", "")), "")
    changes: dict[str, Any] = {
        field: wanted[field]
        for field in (("VATNumber",) if customer.is_colleague else ("Name", "VATNumber"))
        if wanted[field] and wanted[field] != (found.get(field) or "")
    }
    if customer.is_colleague:
        return changes
    address = _NO_LINES | wanted["Addresses"][0] if customer.address.lines else {}
    contact = {field: value for field, value in wanted["Contacts"][0].items() if value}
    for field, from_shop in (("Addresses", address), ("Contacts", contact)):
        rows = list(found.get(field) or [{}])
        ours = next((row for row in rows if row.get("IsPrimary")), rows[0])
        if any(value != (ours.get(key) or "") for key, value in from_shop.items()):
            changes[field] = [row | from_shop if row is ours else row for row in rows]
    return changes


def names_customer(note: str, customer: Customer) -> bool:
    """Whether a note in KashFlow names the shop's customer, and not one whose key begins in the same way."""
    return re.search(re.escape(customer_note(customer)) + r"(?!\S)", note) is not None


def customer_note(customer: Customer) -> str:
    """The note on a customer made by the bridge."""
    return f"Sitecore customer {customer.key}"


def _address_payload(address: Address) -> dict[str, Any]:
    """Up to four lines; what does not fit is joined into the last."""
    lines = list(address.lines)
    if len(lines) > 4:
        lines[3:] = [clean(", ".join(lines[3:]))]
    named = {f"Line{number}": line for number, line in enumerate(lines, start=1)}
    return named | {"PostCode": address.postcode, "CountryCode": postal_country(address.country)}
