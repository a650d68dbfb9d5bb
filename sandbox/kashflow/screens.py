"""What people do in KashFlow's own screens: lock a period or a bank account, file a VAT return."""

from datetime import date
from typing import Any

from sandbox.kashflow.books import Books
from sandbox.kashflow.reading import day, whole
from sandbox.kashflow.refusals import RefusalError

_KNOWN = ("bank_account_lock", "transaction_lock_date", "vat_return", "vat_return_until")


def change_account(books: Books, document: Any) -> Any:
    """Do what the document of `PUT /_sandbox/account` says; raises ValueError.

    `{"transaction_lock_date": "2026-07-01" or null, "vat_return": [invoice numbers],
    "vat_return_until": "2026-09-30", "bank_account_lock": {"55166": "2026-07-01" or null}}`
    """
    if not isinstance(document, dict) or not document.keys() <= set(_KNOWN):
        raise ValueError(f"the account can be changed in: {', '.join(_KNOWN)}")
    try:
        if "transaction_lock_date" in document:
            books.lock_date = day(document["transaction_lock_date"] or "", "transaction_lock_date")
        for number in document.get("vat_return", []):
            _file(books, whole(number, "vat_return"))
        if until := day(document.get("vat_return_until", ""), "vat_return_until"):
            _file_until(books, until)
        for account_id, locked in document.get("bank_account_lock", {}).items():
            _lock_bank_account(books, whole(account_id, "bank_account_lock"), locked)
    except RefusalError as refusal:
        raise ValueError(refusal.message) from None
    return document


def _file(books: Books, number: int) -> None:
    invoice = books.invoices.get(number)
    if invoice is None:
        raise ValueError(f"there is no invoice {number}")
    books.invoices.put(number, {**invoice, "VATReturnId": 1})


def _file_until(books: Books, last: date) -> None:
    """A VAT return with all that is in none yet; what came too late for an earlier one goes by `late_items`."""
    begun_after = max(books.vat_return_ends, default=date.min)
    takes_late = books.switches["late_items"] == "in_next_return"
    books.vat_return_ends.append(last)
    for invoice in list(books.invoices):
        is_late = invoice["IssuedDate"] <= begun_after
        if invoice["IssuedDate"] <= last and not invoice["VATReturnId"] and (takes_late or not is_late):
            books.invoices.put(invoice["Number"], {**invoice, "VATReturnId": len(books.vat_return_ends)})


def _lock_bank_account(books: Books, account_id: int, until: Any) -> None:
    account = books.bank_account(account_id)
    if account is None:
        raise ValueError(f"there is no bank account {account_id}")
    lock = day(until or "", "bank_account_lock")
    account |= {"TransactionLockEnabled": lock is not None, "TransactionLockDate": lock}
