"""Our order as KashFlow's documents (`kashflow-api.md` 3, 4 and 6). Field by field: docs/mapping.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ..canonical.customer import Address, Customer
from ..canonical.invoice import InvoiceDraft, InvoiceLine, PaymentLine
from ..canonical.keys import invoice_reference
from ..canonical.money import ZERO, round_money, spread
from ..canonical.order import Order, Payment
from ..errors import PermanentError
from .rules import Rules
from .text import DESCRIPTION_LENGTH, clean
from .vat import TaxedItem, Treatment, allocate_vat, treatment_of_class, treatment_of_line

_BOOKS_ZONE = ZoneInfo("Europe/London")
_NO_LINES = {"Line1": "", "Line2": "", "Line3": "", "Line4": ""}


@dataclass(frozen=True)
class PaymentIds:
    """The account's own ids (`kashflow-api.md` 5.2): the bank account, and the method of each shop payment type."""

    bank_account_id: int
    methods: Mapping[str, int]


@dataclass(frozen=True)
class _Item:
    """An order line, charge or discount on its way to an invoice line."""

    description: str
    quantity: int
    net: Decimal
    treatment: Treatment
    nominal_code: int
    vat: Decimal | None = None


def books_date(moment: datetime) -> date:
    """The UK local date of a moment."""
    return moment.astimezone(_BOOKS_ZONE).date()


def kashflow_date(day: date) -> str:
    """`YYYY-MM-DD 12:00:00`: the noon keeps the day in every time zone near by (`kashflow-api.md` 2.1)."""
    return f"{day.isoformat()} 12:00:00"


def invoice_draft(order: Order, rules: Rules) -> InvoiceDraft:
    """The invoice that the books should hold for an order. Raises `PermanentError` where a person must decide."""
    items = list(_items(order, rules))
    taxed = [TaxedItem(net=item.net, treatment=item.treatment, vat=item.vat) for item in items]
    vat = allocate_vat(taxed, order.tax, order.currency)
    issued_on = books_date(order.placed_at)
    return InvoiceDraft(
        reference=invoice_reference(order.order_id),
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=rules.orders.payment_terms_days),
        currency=order.currency,
        gross=order.total,
        address=order.customer.address,
        delivery=order.delivery,
        lines=tuple(_invoice_line(item, amount) for item, amount in zip(items, vat, strict=True)),
        payments=tuple(_payment_lines(order)),
        rules_version=rules.version,
    )


def _items(order: Order, rules: Rules) -> Iterator[_Item]:
    nominals, vat = rules.nominal_codes, rules.vat
    goods = list(_goods(order, rules))
    yield from goods
    if order.order_discount:
        yield from _discounts(order, goods, rules)
    country = order.lines[0].destination if order.lines else order.customer.address.country
    for words, amount, tax_class, nominal in (
        ("Delivery", order.shipping, vat.shipping_class, nominals.shipping),
        ("Fees", order.fees, vat.fees_class, nominals.fees),
        ("Gratuity", order.gratuity, vat.gratuity_class, nominals.gratuity),
    ):
        if amount:
            yield _Item(words, 1, amount, treatment_of_class(tax_class, country, vat, words), nominal)


def _goods(order: Order, rules: Rules) -> Iterator[_Item]:
    for line, net in zip(order.lines, _whole_pennies(order), strict=True):
        what = f"Line {line.line_id}"
        treatment = treatment_of_line(line.tax_class, line.vat_rate, line.destination, rules.vat, what)
        nominals = rules.nominal_codes
        nominal = nominals.by_product.get(line.product_code) or nominals.by_tax_class.get(treatment.tax_class)
        description = f"{line.description} (SKU {line.product_code})"
        if line.discount:
            description += f", less discount {line.discount} {order.currency}"
        yield _Item(description, line.quantity, net, treatment, nominal or nominals.goods, line.vat_amount)


def _whole_pennies(order: Order) -> list[Decimal]:
    """The lines' nets in whole minor units. Unit prices may be finer; the lines together must not be."""
    nets = [line.net for line in order.lines]
    if any(net < ZERO for net in nets):
        raise PermanentError("NEGATIVE_LINE", "A line's discount is more than its price.")
    rounded = [round_money(net, order.currency) for net in nets]
    if rounded == nets:
        return rounded
    whole = sum(nets, ZERO)
    if whole != round_money(whole, order.currency):
        raise PermanentError(
            "FRACTION_OF_A_PENNY",
            f"The lines come to {whole} {order.currency}, which is no whole number of its smallest coins.",
        )
    return spread(whole, nets, order.currency)


def _discounts(order: Order, goods: list[_Item], rules: Rules) -> Iterator[_Item]:
    """The order's own discount as negative lines, one for each VAT treatment, in proportion to the goods."""
    groups: dict[Treatment, Decimal] = {}
    for item in goods:
        groups[item.treatment] = groups.get(item.treatment, ZERO) + item.net
    weights = {treatment: net for treatment, net in groups.items() if net}
    if order.order_discount > sum(weights.values(), ZERO):
        raise PermanentError(
            "DISCOUNT_NOT_EXPLAINED",
            f"The discount of {order.order_discount} {order.currency} is more than the goods it is for.",
        )
    parts = spread(order.order_discount, list(weights.values()), order.currency)
    for treatment, part in zip(weights, parts, strict=True):
        if part:
            words = f"Discount on goods at {treatment.rate} % VAT" if len(weights) > 1 else "Discount"
            yield _Item(words, 1, -part, treatment, rules.nominal_codes.discount)


def _invoice_line(item: _Item, vat: Decimal) -> InvoiceLine:
    """The line in KashFlow's arithmetic.

    Quantity and unit price stay only where a two-decimal rate gives the net, and the VAT is the same
    whether the account takes it from the line or from one unit; otherwise it is one piece at the whole
    net, with the real quantity in words (`kashflow-api.md` 15, rows 18 and 19).
    """
    if item.net != _two_places(item.net) or vat != _two_places(vat):
        raise PermanentError("FINER_THAN_KASHFLOW", f"KashFlow keeps two decimals, a line comes to {item.net}.")
    description, quantity, rate = item.description, item.quantity, item.net
    if quantity > 1:
        unit = item.net / quantity
        level = item.treatment.rate / 100
        if unit == _two_places(unit) and _two_places(unit * level) * quantity == vat:
            rate = unit
        else:
            description, quantity = f"{item.quantity} x {description}", 1
    return InvoiceLine(
        description=clean(description, DESCRIPTION_LENGTH),
        quantity=quantity,
        rate=_two_places(rate),
        net=_two_places(item.net),
        vat=_two_places(vat),
        vat_level=item.treatment.rate,
        vat_exempt=item.treatment.exempt,
        nominal_code=item.nominal_code,
        why=item.treatment.why,
    )


def _two_places(amount: Decimal) -> Decimal:
    """KashFlow keeps two places in every currency, like the pound."""
    return round_money(amount, "GBP")


def _payment_lines(order: Order) -> Iterator[PaymentLine]:
    if order.paid > order.total:
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

    No `Number`: KashFlow numbers. No `ProductCode`: a line of one piece would spoil its stock count.
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
