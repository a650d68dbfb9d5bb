"""Writing an invoice into the books: the shelf, the indexes, stock and the audit trail change together."""

from bisect import insort
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.kashflow.arithmetic import totals
from sandbox.kashflow.books import Books
from sandbox.kashflow.reading import Record


@dataclass(frozen=True)
class _Change:
    """A change of an invoice or a payment, as the audit trail shows it."""

    kind: str
    entity_id: int
    verb: str
    day: date
    value: Decimal


def enter(books: Books, invoice: Record, old: Record | None = None) -> None:
    """Write a new invoice, or a changed one in the place of `old` (whose number may differ)."""
    if old is not None:
        _take_off(books, old)
    number = invoice["Number"]
    books.invoices.put(number, invoice)
    insort(books.invoice_numbers, number)
    books.numbers_by_customer[invoice["CustomerCode"].lower()].add(number)
    _move_stock(books, invoice, -1)
    _note_change(books, invoice, "edited" if old is not None else "created")
    known = {payment["Id"] for payment in old["PaymentLines"]} if old is not None else set()
    for payment in invoice["PaymentLines"]:
        if payment["Id"] not in known:
            _note_payment(books, invoice, payment)


def remove(books: Books, invoice: Record) -> None:
    """Take an invoice out of the books."""
    _take_off(books, invoice)
    _note_change(books, invoice, "deleted")


def with_payments(books: Books, invoice: Record, payments: list[Record]) -> Record:
    """The invoice with these payment lines and its sums recalculated."""
    sums = totals(invoice["LineItems"], payments)
    last = max((payment["Date"] for payment in payments), default=None)
    settled: date | None = last if not sums["DueAmount"] else None
    return {**invoice, **sums, "PaymentLines": payments, "LastPaymentDate": last, "PaidDate": settled}


def _take_off(books: Books, invoice: Record) -> None:
    number = invoice["Number"]
    books.invoices.remove(number)
    books.invoice_numbers.remove(number)
    books.numbers_by_customer[invoice["CustomerCode"].lower()].discard(number)
    _move_stock(books, invoice, 1)


def _move_stock(books: Books, invoice: Record, direction: int) -> None:
    for line in invoice["LineItems"]:
        key = (line["NominalCode"], (line["ProductCode"] or "").lower())
        product = books.products.get(key)
        if product is None or not product["ManageStockLevel"]:
            continue
        quantity = line["Quantity"] if line["Rate"] >= 0 else -line["Quantity"]
        if quantity < 0 and books.switches["credit_line_stock"] == "ignored":
            continue
        stock = product["QuantityInStock"] + direction * int(quantity)
        books.products.put(key, {**product, "QuantityInStock": stock})


def _note_change(books: Books, invoice: Record, verb: str) -> None:
    kind = "Sales Credit Note" if invoice["GrossAmount"] < 0 else "Sales Invoice"
    change = _Change(kind, invoice["Id"], verb, invoice["IssuedDate"], invoice["GrossAmount"])
    _note(books, invoice, change)


def _note_payment(books: Books, invoice: Record, payment: Record) -> None:
    change = _Change("Sales Invoice Payment", payment["Id"], "created", payment["Date"], payment["Amount"])
    _note(books, invoice, change)


def _note(books: Books, invoice: Record, change: _Change) -> None:
    earlier = books.latest_entries.get((change.kind, change.entity_id))
    if earlier is not None:
        earlier["Current"] = False
    entry = {
        "CreatedDate": books.clock().replace(tzinfo=None),
        "TransactionNumber": earlier["TransactionNumber"] if earlier else books.next_id("transaction"),
        "TransactionType": change.kind,
        "Date": change.day,
        "Reference": invoice["CustomerReference"],
        "Value": change.value,
        "Narrative": f"{change.kind} {invoice['Number']} {change.verb}",
        "Vat": {},
        "Nominal": {},
        "ChangeCount": earlier["ChangeCount"] + 1 if earlier else 0,
        "FullName": "Sandbox Bridge",
        "EntityNumber": invoice["Number"],
        "EntityReferance": invoice["CustomerReference"],
        "EntityId": change.entity_id,
        "BankAccountId": 0,
        "Current": True,
        "IsDeleted": change.verb == "deleted",
    }
    books.latest_entries[change.kind, change.entity_id] = entry
    books.audit.append(entry)
