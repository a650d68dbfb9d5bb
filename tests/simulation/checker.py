"""Tells whether the books are right. Reads only the two systems and the ledger, never the bridge's own words."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from sandbox.kashflow.books import Books
from sandbox.kashflow.invoice_views import invoice_view
from tests.simulation.checked_invoice import wrong_with
from tests.simulation.dynamo import Item
from tests.simulation.expected import Expected, order_of, refunds_of

Further = Callable[[list[Item]], Mapping[str, tuple[str, Decimal]]]
"""Of all orders of OrderCloud: what else the books should hold, gross and the customer's name by reference."""

SETTLED = {"invoiced": "Invoiced", "paid": "Paid", "credited": "Credited"}


def no_more(_: list[Item]) -> Mapping[str, tuple[str, Decimal]]:
    """Nothing but an invoice for each order."""
    return {}


def violations(
    books: Books,
    orders: list[Item],
    expected: Expected,
    ledger: dict[Any, Item],
    further: Further = no_more,
) -> list[str]:
    """What is wrong, in words. `orders` as OrderCloud holds them.

    Orders of which nothing is expected are judged elsewhere.
    """
    wanted = further(orders)
    known = {order["ID"] for order in orders} | set(wanted)
    documents: dict[str, list[Any]] = defaultdict(list)
    for record in books.invoices:
        documents[order_of(str(record["CustomerReference"]), known)].append(record)
    orders = [order for order in orders if order["ID"] in expected.received]
    wrong = [f"{reference}: an invoice of no order" for reference in documents if reference not in known]
    for reference, (customer, gross) in wanted.items():
        found = [invoice_view(books, one) for one in documents[reference]]
        shown = [(one["CustomerName"], one["GrossAmount"]) for one in found]
        if shown != [(customer, gross)]:
            wrong.append(f"{reference}: {len(shown)} documents {shown}, should be one of {gross} for {customer}")
    for order in orders:
        views = [invoice_view(books, one) for one in documents[order["ID"]]]
        state = ledger.get((f"ORDER#ordercloud:{order['ID']}", "STATE"), {})
        wrong += [f"{order['ID']}: {words}" for words in _of_order(order, views, expected, state)]
    return wrong + _of_customers(books, orders, {customer for customer, _ in wanted.values()})


def _of_order(order: Item, documents: list[Item], expected: Expected, state: Item) -> Iterator[str]:
    name, owed, received = order["ID"], expected.owed_of(order), expected.received[order["ID"]]
    if not (documents or owed or received) and state.get("state") == "cancelled":
        return
    invoices = [one for one in documents if one["CustomerReference"] == name]
    if len(invoices) != 1:
        yield f"{len(invoices)} invoices, ledger {state.get('state')} {state.get('reason_code', '')}"
        return
    yield from _in_turn(name, documents)
    paid = [line["Amount"] for one in documents for line in one["PaymentLines"] or []]
    told = (order.get("xp") or {}).get("KashFlow") or {}
    is_credited = owed == 0 and len(documents) > 1
    customer = f"{order['FromUser']['FirstName']} {order['FromUser']['LastName']}"
    found = {
        "gross": (sum(one["GrossAmount"] for one in documents), owed),
        "customer": ({one["CustomerName"] for one in documents}, {customer}),
        "paid": (sum(paid), received),
        "named state": (state.get("state") in SETTLED, True),
        "still held by a run": (state.get("is_open"), False),
        "state": (state.get("state"), "credited" if is_credited else "paid" if received >= owed else "invoiced"),
        "told number": (told.get("InvoiceNumber"), invoices[0]["Number"]),
        "told state": (told.get("SyncState"), SETTLED.get(str(state.get("state")))),
    }
    if owed in (order["Total"], 0):
        found["VAT"] = (sum(one["VATAmount"] for one in documents), order["TaxCost"] if owed == order["Total"] else 0)
    yield from (f"{what} is {is_}, should be {ought}" for what, (is_, ought) in found.items() if is_ != ought)
    yield from _of_payments(order, documents, expected)
    yield from wrong_with([invoices[0], *(one for one in documents if one not in invoices)], order, owed)


def _in_turn(name: str, documents: list[Item]) -> Iterator[str]:
    """An invoice, further invoices A1, A2 and so on, and credit notes R1, R2, each once."""
    found = Counter(str(one["CustomerReference"]) for one in documents)
    less = sum(one["GrossAmount"] < 0 for one in documents)
    wanted = [name, *(f"{name}-A{at + 1}" for at in range(len(documents) - less - 1))]
    wanted += [f"{name}-R{at + 1}" for at in range(less)]
    if found != Counter(wanted):
        yield f"documents {dict(found)}, should be one each of {wanted}"


def _of_payments(order: Item, documents: list[Item], expected: Expected) -> Iterator[str]:
    """Each payment stands once on a document, and each refund on one credit note and nowhere else."""
    for one in documents:
        marks = Counter(str(line["Reference"]) for line in one["PaymentLines"] or [])
        yield from (f"payment {mark} stands {times} times" for mark, times in marks.items() if times > 1)
    shown = Counter(
        (str(line["Reference"]), one["GrossAmount"] < 0) for one in documents for line in one["PaymentLines"] or []
    )
    for refund in refunds_of(order):
        times = 0 if refund in expected.surplus else 1
        if (shown[refund, True], shown[refund, False]) != (times, 0):
            yield f"refund {refund} stands on {shown[refund, True]} credit notes and {shown[refund, False]} invoices"


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
