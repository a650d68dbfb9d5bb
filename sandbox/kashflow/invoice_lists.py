"""Finding invoices: the list with its filters and orders, and what is due (`kashflow-api.md` 4.1 and 4.2)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sandbox.kashflow.arithmetic import ZERO, pennies
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import Call, Reply
from sandbox.kashflow.invoice_views import invoice_row, plain_status, status_of
from sandbox.kashflow.listing import page, sorted_rows
from sandbox.kashflow.reading import Record

_NEVER = date.min


def list_invoices(books: Books, call: Call) -> Reply:
    """GET /invoices."""
    rows = [invoice for invoice in _candidates(books, call) if _is_wanted(books, call, invoice)]
    ordered = sorted_rows(books, call, rows, _sort_keys(books))
    more = {
        "TotalAmount": sum((invoice["GrossAmount"] for invoice in rows), ZERO),
        "InvoiceLimitReached": books.switches["invoice_limit"] == "reached",
    }
    return Reply(page(books, call, ordered, 50, lambda invoice: invoice_row(books, invoice), more))


def top_due(books: Books, call: Call) -> Reply:
    """GET /invoices/topdue: open invoices of a customer."""
    rows = [invoice for invoice in _candidates(books, call) if _is_wanted(books, call, invoice)]
    return Reply(
        [
            {"Id": row["Id"], "Number": row["Number"], "DueAmount": row["DueAmount"]}
            for row in rows
            if row["DueAmount"]
        ]
    )


def count_for_cycle(books: Books, call: Call) -> Reply:
    """GET /invoicecountforsubscriptioncycle."""
    return Reply(len(books.invoices))


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


def _is_wanted(books: Books, call: Call, invoice: Record) -> bool:
    since, until = call.day("issuedatefrom"), call.day("issuedateto")
    project = call.number("projectnumber", 0)
    status = (call.query.get("statusfilter") or call.query.get("filterby") or "").lower()
    return (
        (since is None or invoice["IssuedDate"] >= since)
        and (until is None or invoice["IssuedDate"] <= until)
        and (not project or invoice["ProjectNumber"] == project)
        and _has_status(books, status, invoice)
        and _is_found(books, call, invoice)
        and invoice["IsArchived"] == call.flag("archived", False)
    )


def _has_status(books: Books, wanted: str, invoice: Record) -> bool:
    known = {"paid", "unpaid", "overdue"}
    return wanted not in known or plain_status(books, invoice).lower() == wanted


def _is_found(books: Books, call: Call, invoice: Record) -> bool:
    wanted = call.query.get("searchtext", "")
    if not wanted or matches(books, wanted, invoice["CustomerReference"]):
        return True
    return call.flag("dosearchwithdueamount", False) and wanted == f"{pennies(invoice['DueAmount']):f}"


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
        "Project": lambda row: row["ProjectNumber"] or 0,
    }
