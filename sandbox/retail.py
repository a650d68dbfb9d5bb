"""Orders for the sandbox shop, from the Online Retail file or invented, and the shop that places them."""

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from sandbox.retail_demo import demo_orders
from sandbox.retail_order import ZERO, Address, Customer, OrderLine, PaymentKind, RetailOrder
from sandbox.retail_shop import WEBHOOK_ROUTES, RetailShop
from sandbox.service_desk import Returned, ServiceDesk, ShopError

__all__ = [
    "WEBHOOK_ROUTES",
    "LeftOut",
    "PaymentKind",
    "RetailOrder",
    "RetailShop",
    "Returned",
    "ServiceDesk",
    "ShopError",
    "demo_orders",
    "iter_retail_orders",
    "left_out",
]

CARRIAGE_CODES = ("POST", "DOT", "C2")
UNKNOWN_COUNTRY = ("ZZ", "Nowhere")
COUNTRIES = {
    "United Kingdom": ("GB", "Leeds"),
    "Australia": ("AU", "Sydney"),
    "Austria": ("AT", "Wien"),
    "Bahrain": ("BH", "Manama"),
    "Belgium": ("BE", "Liège"),
    "Brazil": ("BR", "São Paulo"),
    "Canada": ("CA", "Toronto"),
    "Channel Islands": ("JE", "St Helier"),
    "Cyprus": ("CY", "Limassol"),
    "Czech Republic": ("CZ", "Plzeň"),
    "Denmark": ("DK", "København"),
    "EIRE": ("IE", "Cork"),
    "European Community": ("EU", "Bruxelles"),
    "Finland": ("FI", "Helsinki"),
    "France": ("FR", "Orléans"),
    "Germany": ("DE", "Köln"),
    "Greece": ("GR", "Patras"),
    "Hong Kong": ("HK", "Kowloon"),
    "Iceland": ("IS", "Reykjavík"),
    "Israel": ("IL", "Haifa"),
    "Italy": ("IT", "Forlì"),
    "Japan": ("JP", "Osaka"),
    "Lebanon": ("LB", "Beirut"),
    "Lithuania": ("LT", "Šiauliai"),
    "Malta": ("MT", "Valletta"),
    "Netherlands": ("NL", "Utrecht"),
    "Norway": ("NO", "Tromsø"),
    "Poland": ("PL", "Łódź"),
    "Portugal": ("PT", "Évora"),
    "RSA": ("ZA", "Durban"),
    "Saudi Arabia": ("SA", "Jeddah"),
    "Singapore": ("SG", "Singapore"),
    "Spain": ("ES", "Málaga"),
    "Sweden": ("SE", "Malmö"),
    "Switzerland": ("CH", "Zürich"),
    "USA": ("US", "Portland"),
    "United Arab Emirates": ("AE", "Sharjah"),
    "Unspecified": UNKNOWN_COUNTRY,
}
STATES = {"US": "OR", "CA": "ON"}
FIRST_NAMES = (
    "Ada", "Zoë", "Grace", "André", "Beryl", "Carlos", "Siân", "Dora", "Edwin", "Françoise", "Hugh", "Inés",
    "Jürgen", "Kate", "Leo", "Małgorzata", "Niamh", "Oscar", "Priya", "Rhodri", "Søren", "Tess", "Una",
)  # fmt: skip
LAST_NAMES = (
    "Ashworth", "O'Brien", "Castañeda", "Dawson", "Évrard", "Fielding", "Grønning", "Hughes", "Iqbal",
    "Jones", "Kowalczyk", "Llewellyn", "Müller", "Nakamura", "Oakes", "Peters", "Quinn", "Rössler",
    "Smith-Hall",
)  # fmt: skip
STREETS = (
    "High Street",
    "Mill Lane",
    "Station Road",
    "Chapel Row",
    "The Green",
    "Harbour View",
    "Canal Wharf",
)

Row = dict[str, str]


@dataclass(frozen=True)
class LeftOut:
    """An invoice of the file that is no order, and why."""

    invoice_no: str
    reason: Literal["return or cancellation", "no positive quantity", "negative amount"]


def iter_retail_orders(path: str | Path, tax_rounding: Literal["line", "total"] = "line") -> Iterator[RetailOrder]:
    """The orders of an Online Retail file (csv.gz), in its order, with ids `R-<InvoiceNo>`."""
    for invoice_no, rows in file_invoices(path):
        if why_left_out(invoice_no, rows) is None:
            yield retail_order(invoice_no, rows, tax_rounding)


def left_out(path: str | Path) -> list[LeftOut]:
    """The invoices of the file that are no orders."""
    judged = ((invoice_no, why_left_out(invoice_no, rows)) for invoice_no, rows in file_invoices(path))
    return [LeftOut(invoice_no, reason) for invoice_no, reason in judged if reason]


def retail_order(invoice_no: str, rows: Sequence[Row], tax_rounding: Literal["line", "total"] = "line") -> RetailOrder:
    """One order from the rows of one invoice.

    Carriage rows (POST, DOT, C2) become the shipping cost, unless there is nothing else; all others, also
    manual rows, fees, vouchers and free goods, become lines under their own code. Payments take turns by
    invoice number, every fifth order is completed. An order for nothing is not paid.
    """
    goods = [row for row in rows if row["StockCode"].upper() not in CARRIAGE_CODES]
    carriage = [row for row in rows if row not in goods] if goods else []
    lines = tuple(order_line(row) for row in goods or rows)
    number = int("".join(digit for digit in invoice_no if digit.isdigit()))
    kinds = (PaymentKind.CAPTURED, PaymentKind.AUTHORISED, PaymentKind.PURCHASE_ORDER)
    shipping = sum((_amount(row) for row in carriage), ZERO)
    is_free = not shipping and not any(line.net for line in lines)
    return RetailOrder(
        order_id=f"R-{invoice_no}",
        customer=_customer(invoice_no, rows[0]),
        lines=lines,
        shipping=shipping,
        payment=PaymentKind.NONE if is_free else kinds[number % 3],
        completed=number % 5 == 0,
        tax_rounding=tax_rounding,
        xp={"OriginalDate": rows[0]["InvoiceDate"]},
    )


def file_invoices(path: str | Path) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each invoice and cancellation, by its number."""
    invoices: dict[str, list[Row]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            invoices.setdefault(row["InvoiceNo"], []).append(row)
    yield from invoices.items()


def is_cancellation(invoice_no: str) -> bool:
    return invoice_no.upper().startswith("C")


def why_left_out(
    invoice_no: str, rows: Sequence[Row]
) -> Literal["return or cancellation", "no positive quantity", "negative amount"] | None:
    """Why an invoice of the file is no order, if it is none."""
    if is_cancellation(invoice_no):
        return "return or cancellation"
    if not any(int(row["Quantity"]) > 0 for row in rows):
        return "no positive quantity"
    if any(int(row["Quantity"]) <= 0 or Decimal(row["UnitPrice"]) < 0 for row in rows):
        return "negative amount"
    return None


def order_line(row: Row) -> OrderLine:
    code = row["StockCode"].upper().replace(" ", "-")
    name = row["Description"].strip() or code
    return OrderLine(code, name, int(row["Quantity"]), Decimal(row["UnitPrice"]))


def _amount(row: Row) -> Decimal:
    return int(row["Quantity"]) * Decimal(row["UnitPrice"])


def _customer(invoice_no: str, row: Row) -> Customer:
    """The customer by number, with an invented name and address; without a number, the anonymous guest."""
    customer_id = row["CustomerID"]
    number = int(customer_id or "".join(digit for digit in invoice_no if digit.isdigit()))
    country, city = COUNTRIES.get(row["Country"], UNKNOWN_COUNTRY)
    address = Address(
        address_id=f"{customer_id}-{country}" if customer_id else None,
        street=f"{number % 97 + 1} {STREETS[number % len(STREETS)]}",
        city=city,
        postcode=f"LS{number % 28 + 1} {number % 9 + 1}AB" if country == "GB" else f"{number % 90000 + 10000}",
        country=country,
        state=STATES.get(country),
    )
    return Customer(
        buyer_id="retail",
        buyer_name="Retail customers",
        user_id=customer_id or "guest",
        first_name=FIRST_NAMES[number % len(FIRST_NAMES)],
        last_name=LAST_NAMES[number // 3 % len(LAST_NAMES)],
        email=f"customer-{customer_id}@customers.example" if customer_id else "guest@shop.example",
        address=address,
    )
