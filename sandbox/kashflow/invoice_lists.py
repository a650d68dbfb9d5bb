"""Finding invoices: the list with its filters and orders, and what is due (KF-33 to KF-35)."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from sandbox.kashflow.arithmetic import ZERO, pennies
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import Call, Reply
from sandbox.kashflow.invoice_views import invoice_row, plain_status, status_of
from sandbox.kashflow.listing import page, sorted_rows, with_totals
from sandbox.kashflow.reading import Record

_NEVER = date.min


def list_invoices(books: Books, call: Call) -> Reply:
    """GET /invoices."""
    rows = list(filter(_is_wanted(books, call), _candidates(books, call)))
    ordered = sorted_rows(books, call, rows, _sort_keys(books))
    totals = {
        "TotalAmount": sum((invoice["GrossAmount"] for invoice in rows), ZERO),
        "InvoiceLimitReached": books.switches["invoice_limit"] == "reached",
    }
    return Reply(with_totals(page(books, call, ordered, 50, lambda invoice: invoice_row(books, invoice)), totals))


def matches(books: Books, wanted: str, found: str) -> bool:
    """Does a search text find this text, under the switch `search_text`?"""
    wanted, found = wanted.lower(), found.lower()
    match books.switches["search_text"]:
        case "exact":
            return wanted == found
        case "prefix":
            return found.startswith(wanted)
        case _:
            return wanted in found


def _candidates(books: Books, call: Call) -> Iterable[Record]:
    code = call.query.get("customercode")
    return books.invoices_of(code) if code else books.invoices


def _is_wanted(books: Books, call: Call) -> Callable[[Record], bool]:
    since, until = call.day("issuedatefrom") or date.min, call.day("issuedateto") or date.max
    if books.switches["issue_dates"] == "ignored":
        since, until = date.min, date.max
    archived = call.flag("archived", False)
    status = (call.query.get("statusfilter") or call.query.get("filterby") or "").lower()
    by_status = status in {"paid", "unpaid", "overdue"}
    text = call.query.get("searchtext", "")
    by_due = call.flag("dosearchwithdueamount", False)

    def is_found(invoice: Record) -> bool:
        has_due = by_due and text == f"{pennies(invoice['DueAmount']):f}"
        return not text or has_due or matches(books, text, invoice["CustomerReference"])

    def is_wanted(invoice: Record) -> bool:
        return (
            since <= invoice["IssuedDate"] <= until
            and archived == invoice["IsArchived"]
            and (not by_status or plain_status(books, invoice).lower() == status)
            and is_found(invoice)
        )

    return is_wanted


def _sort_keys(books: Books) -> dict[str, Any]:
    def customer_name(invoice: Record) -> str:
        customer = books.customer_by_code(invoice["CustomerCode"]) or {}
        return str(customer.get("Name", "")).lower()

    return {
        "Number": lambda row: row["Number"],
        "CustomerRef": lambda row: row["CustomerReference"].lower(),
        "CustomerName": customer_name,
        "InvoiceDate": lambda row: row["IssuedDate"],
        "PaymentDueDate": lambda row: row["DueDate"],
        "GrossAmount": lambda row: row["GrossAmount"],
        "NetAmount": lambda row: row["NetAmount"],
        "Status": lambda row: status_of(books, row) or "",
        "PaymentPaidDate": lambda row: row["PaidDate"] or _NEVER,
        "DueAmount": lambda row: row["DueAmount"],
        "Type": lambda row: row["GrossAmount"] < 0,
        "VATAmount": lambda row: row["VATAmount"],
    }
