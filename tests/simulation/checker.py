"""Tells whether the books are right. Reads only the two systems and the ledger, never the bridge's own words."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sandbox.kashflow.books import Books
from sandbox.kashflow.invoice_views import invoice_view
from tests.simulation.checked_invoice import wrong_with
from tests.simulation.dynamo import Item

Further = Callable[[list[Item]], Mapping[str, tuple[str, Decimal]]]
"""Of all orders of OrderCloud: what else the books should hold, gross and the customer's name by reference."""

SETTLED = {"invoiced": "Invoiced", "paid": "Paid"}


def no_more(_: list[Item]) -> Mapping[str, tuple[str, Decimal]]:
    """Nothing but an invoice for each order."""
    return {}


def violations(
    books: Books,
    orders: list[Item],
    payments: dict[str, Decimal],
    ledger: dict[Any, Item],
    further: Further = no_more,
) -> list[str]:
    """What is wrong, in words. `orders` as OrderCloud holds them, `payments` what was captured for each order.

    Orders without any entry there are judged elsewhere.
    """
    invoices: dict[str, list[Any]] = defaultdict(list)
    for record in books.invoices:
        invoices[str(record["CustomerReference"])].append(record)
    wanted = further(orders)
    known = {order["ID"] for order in orders} | set(wanted)
    orders = [order for order in orders if order["ID"] in payments]
    wrong = [f"{reference}: an invoice of no order" for reference in invoices if reference not in known]
    for reference, (customer, gross) in wanted.items():
        found = [invoice_view(books, one) for one in invoices[reference]]
        shown = [(one["CustomerName"], one["GrossAmount"]) for one in found]
        if shown != [(customer, gross)]:
            wrong.append(f"{reference}: {len(shown)} documents {shown}, should be one of {gross} for {customer}")
    for order in orders:
        wrong += _of_order(order, invoices[order["ID"]], payments[order["ID"]], ledger, books)
    return wrong + _of_customers(books, orders, {customer for customer, _ in wanted.values()})


def _of_order(order: Item, invoices: list[Any], captured: Decimal, ledger: dict[Any, Item], books: Books) -> list[str]:
    name = order["ID"]
    state = ledger.get((f"ORDER#ordercloud:{name}", "STATE"), {})
    if len(invoices) != 1:
        return [f"{name}: {len(invoices)} invoices, ledger {state.get('state')} {state.get('reason_code', '')}"]
    invoice = invoice_view(books, invoices[0])
    lines = invoice["PaymentLines"] or []
    paid = sum((line["Amount"] for line in lines), Decimal(0))
    told = (order.get("xp") or {}).get("KashFlow") or {}
    found = {
        "gross": (invoice["GrossAmount"], order["Total"]),
        "VAT": (invoice["VATAmount"], order["TaxCost"]),
        "customer": (invoice["CustomerName"], f"{order['FromUser']['FirstName']} {order['FromUser']['LastName']}"),
        "paid": (paid, captured),
        "named state": (state.get("state") in SETTLED, True),
        "still held by a run": (state.get("is_open"), False),
        "state": (state.get("state"), "paid" if captured >= order["Total"] else "invoiced"),
        "told number": (told.get("InvoiceNumber"), invoice["Number"]),
        "told state": (told.get("SyncState"), SETTLED.get(str(state.get("state")))),
    }
    wrong = [f"{name}: {what} is {is_}, should be {ought}" for what, (is_, ought) in found.items() if is_ != ought]
    marks = Counter(str(line["Reference"]) for line in lines)
    wrong += [f"{name}: payment {mark} stands {times} times" for mark, times in marks.items() if times > 1]
    return wrong + [f"{name}: {words}" for words in wrong_with(invoice, order)]


def _of_customers(books: Books, orders: list[Item], others: set[str]) -> list[str]:
    wanted = {f"{order['FromUser']['FirstName']} {order['FromUser']['LastName']}" for order in orders} | others
    found = Counter(str(customer["Name"]) for customer in books.customers)
    wrong = [f"customer {name} stands {times} times" for name, times in found.items() if times > 1]
    if len(found) != len(wanted):
        wrong.append(f"{len(found)} customers, should be {len(wanted)}")
    return wrong + _of_addresses(books, orders)


def _of_addresses(books: Books, orders: list[Item]) -> list[str]:
    """A customer lives where his last order says."""
    codes = {str(invoice["CustomerReference"]): str(invoice["CustomerCode"]) for invoice in books.invoices}
    several: dict[str, set[str]] = defaultdict(set)
    for order in orders:
        several[order["FromUserID"]].add(codes.get(order["ID"], ""))
    last = {order["FromUserID"]: order for order in sorted(orders, key=lambda order: str(order["DateSubmitted"]))}
    wrong = [
        f"customer {user} has the codes {sorted(known - {''})}"
        for user, known in several.items()
        if len(known - {""}) > 1
    ]
    for user, order in last.items():
        customer = books.customer_by_code(codes.get(order["ID"], "")) or {"Addresses": []}
        street = order["BillingAddress"]["Street1"]
        if street not in [line for address in customer["Addresses"] for line in address.values()]:
            wrong.append(f"customer {user} does not live in the {street} of {order['ID']}")
    return wrong
