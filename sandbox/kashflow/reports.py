"""Reports and the global search, which may be missing, refused or late (switch `reports`)."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.kashflow.arithmetic import ZERO
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import Call, Reply
from sandbox.kashflow.invoice_lists import matches
from sandbox.kashflow.invoice_views import overdue_days
from sandbox.kashflow.listing import page, sorted_rows
from sandbox.kashflow.reading import Record
from sandbox.kashflow.refusals import RefusalError, bad_request, not_found

_LATE = timedelta(seconds=60)
_AUDIT_KEYS: dict[str, Any] = {
    "CreatedDate": lambda row: row["CreatedDate"],
    "Date": lambda row: row["Date"],
    "TransactionNumber": lambda row: row["TransactionNumber"],
    "Type": lambda row: row["TransactionType"],
}
_ENTITY_TYPES = {1: "Invoice", 5: "InvoicePayment", 7: "Customer"}


def unpaid_invoices(books: Books, call: Call) -> Reply:
    """GET /reports/sales/unpaid-invoices: every open invoice."""
    rows = [invoice for invoice in books.invoices.as_of(_seen_until(books)) if invoice["DueAmount"]]
    owed = sum((invoice["DueAmount"] for invoice in rows), ZERO)
    without_tax = sum((_without_tax(invoice) for invoice in rows), ZERO)
    return Reply(
        {
            "Metadata": {"TotalOwed": owed, "TotalOwedExcludingTax": without_tax},
            "Invoices": [_unpaid_row(books, invoice) for invoice in rows],
        }
    )


def stock_overview(books: Books, call: Call) -> Reply:
    """GET /reports/business/stockoverview: every product whose stock is managed."""
    managed = [product for product in books.products.as_of(_seen_until(books)) if product["ManageStockLevel"]]
    if call.flag("alertsonly", False):
        managed = [item for item in managed if item["QuantityInStock"] <= item["StockWarningQuantity"]]
    stocks = [_stock_row(books, product) for product in managed]
    return Reply({"TotalValue": sum((stock["StockValue"] for stock in stocks), ZERO), "Stocks": stocks})


def audit_report(books: Books, call: Call) -> Reply:
    """GET /reports/business/audit; with `transactionbasedon=2` by time of change, else by document date."""
    since, until = call.day("startdate"), call.day("enddate")
    if since is None or until is None:
        raise bad_request("startdate and enddate are required")
    by_change = call.number("transactionbasedon", 0) == 2
    payments, invoices = (
        call.flag("includesalesinvoicepayments", True),
        call.flag("includesalesinvoices", True),
    )
    deleted = call.flag("includedeleteditems", True)
    rows = [
        entry
        for entry in _visible_audit(books)
        if since <= (entry["CreatedDate"].date() if by_change else entry["Date"]) <= until
        and (payments if entry["TransactionType"].endswith("Payment") else invoices)
        and (deleted or not entry["IsDeleted"])
    ]
    return Reply(page(books, call, sorted_rows(books, call, rows, _AUDIT_KEYS), 50, dict))


def audit_history(books: Books, call: Call) -> Reply:
    """GET /reports/business/audit/{transactionNumber}."""
    number = int(call.parts["number"])
    return Reply([entry for entry in _visible_audit(books) if entry["TransactionNumber"] == number])


def global_search(books: Books, call: Call) -> Reply:
    """GET /search over references, payment notes and customers."""
    seen = _seen_until(books)
    wanted = call.query.get("searchtext", "")
    exact = call.flag("exactmatch", False)
    only = call.number("searchentitytype", 0)
    found: dict[int, list[Record]] = {kind: [] for kind in _ENTITY_TYPES}

    def is_hit(text: str | None) -> bool:
        return bool(wanted) and bool(text) and _is_hit(books, wanted, text or "", exact)

    for invoice in books.invoices.as_of(seen):
        if is_hit(invoice["CustomerReference"]) or wanted == str(invoice["Number"]):
            found[1].append(_entity(invoice["Id"], invoice, f"/invoices/{invoice['Number']}"))
        found[5] += [
            _entity(payment["Id"], invoice, f"/invoices/{invoice['Number']}")
            for payment in invoice["PaymentLines"]
            if is_hit(payment["Note"]) or is_hit(payment["Reference"])
        ]
    for customer in books.customers.as_of(seen):
        if is_hit(customer["Code"]) or is_hit(customer["Name"]):
            found[7].append(_customer_entity(customer))
    groups = [
        {
            "EntityType": kind,
            "EntityTypeText": _ENTITY_TYPES[kind],
            "TotalEntityCount": len(rows),
            "EntityDetails": rows,
        }
        for kind, rows in found.items()
        if rows and only in (0, kind)
    ]
    total = sum(len(rows) for kind, rows in found.items() if only in (0, kind))
    return Reply({"TotalRecords": total, "GlobalSearchResponse": groups})


def _seen_until(books: Books) -> datetime:
    match books.switches["reports"]:
        case "missing_404":
            raise not_found("The report")
        case "refused_401":
            raise RefusalError(401, "You do not have permission.", "Unauthorized")
        case "late_60_seconds":
            return books.clock() - _LATE
        case _:
            return books.clock()


def _visible_audit(books: Books) -> list[Record]:
    seen = _seen_until(books).replace(tzinfo=None)
    return [entry for entry in books.audit if entry["CreatedDate"] <= seen]


def _is_hit(books: Books, wanted: str, text: str, exact: bool) -> bool:
    return wanted.lower() == text.lower() if exact else matches(books, wanted, text)


def _without_tax(invoice: Record) -> Any:
    gross = invoice["GrossAmount"]
    return (invoice["DueAmount"] * invoice["NetAmount"] / gross).quantize(gross) if gross else ZERO


def _unpaid_row(books: Books, invoice: Record) -> Record:
    customer = books.customer_by_code(invoice["CustomerCode"]) or {}
    return {
        "InvoiceNumber": invoice["Number"],
        "CustomerName": customer.get("Name"),
        "CustomerCode": invoice["CustomerCode"],
        "InvoiceAmount": invoice["GrossAmount"],
        "InvoiceAmountOwed": invoice["DueAmount"],
        "DueDate": invoice["DueDate"],
        "OverdueBy": overdue_days(books, invoice),
        "PartPayments": [
            {"Date": payment["Date"], "PaymentAmount": payment["Amount"]} for payment in invoice["PaymentLines"]
        ],
    }


def _stock_row(books: Books, product: Record) -> Record:
    nominal = books.nominal(product["NominalCode"]) or {}
    return {
        "NominalCode": product["NominalCode"],
        "NominalName": nominal.get("Name"),
        "ProductCode": product["Code"],
        "ProductName": product["Name"],
        "ProductDescription": product["Description"],
        "ProductPrice": product["Price"],
        "QuantityInStock": product["QuantityInStock"],
        "StockValue": product["Price"] * product["QuantityInStock"],
        "PendingDelivery": 0,
        "AlertLevel": product["StockWarningQuantity"],
    }


def _entity(entity_id: int, invoice: Record, uri: str) -> Record:
    return {
        "EntityId": entity_id,
        "Date": invoice["IssuedDate"],
        "Reference": invoice["CustomerReference"],
        "EntityUrl": uri,
        "EntityUri": uri,
        "ResourceId": invoice["Number"],
        "ResourceName": invoice["CustomerCode"],
    }


def _customer_entity(customer: Record) -> Record:
    uri = f"/customers/{customer['Code']}"
    return {
        "EntityId": customer["Id"],
        "Date": customer["CreatedDate"],
        "Reference": customer["Code"],
        "EntityUrl": uri,
        "EntityUri": uri,
        "ResourceId": customer["Id"],
        "ResourceName": customer["Name"],
    }
