"""Bank accounts, what is entered on them by itself, and the list in which all money of one shows (KF-111 to KF-118)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from sandbox.kashflow.arithmetic import ZERO, pennies
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import Call, Reply
from sandbox.kashflow.listing import page, sorted_rows, with_totals
from sandbox.kashflow.payments import refuse_locked_account
from sandbox.kashflow.reading import Record, Shape, amount, day, flag, text, whole
from sandbox.kashflow.refusals import bad_request, not_found

_TRANSACTION = Shape(
    Date=day, MoneyType=whole, Comment=text, VATAble=flag, VATAmount=amount, VATRate=amount, PaidIn=amount,
    PaidOut=amount, VATPaid=flag, ProjectNumber=whole, CustomerCode=text, SupplierCode=text, TransactionType=whole,
    BFSTransactionId=whole, PaymentId=whole, Disallowed=flag,
)  # fmt: skip
_KINDS_OF_MONEY = range(1, 6)
_FILTERS = {
    "invoicebatchpayment": "includebulk",
    "journal": "includejournals",
    "banktransaction": "includenominalcodebanktransactions",
}
_SHORT = 50


def list_bank_accounts(books: Books, call: Call) -> Reply:
    """GET /bankaccounts: a bare array."""
    return Reply([_shown(books, account) for account in books.bank_accounts])


def page_bank_accounts(books: Books, call: Call) -> Reply:
    """GET /bankaccounts/list: paged."""
    return Reply(page(books, call, books.bank_accounts, 100, lambda account: _shown(books, account)))


def get_bank_account(books: Books, call: Call) -> Reply:
    """GET /bankaccounts/{id}; its `Order` is always 0."""
    account = _named_account(books, call)
    more = {
        "Order": 0, "StartingDate": None, "StartingAmount": ZERO, "ShowPaidInFirst": False,
        "IncludeOnDashBoard": True, "Note": "", "OverrideTransactionLock": False,
    }  # fmt: skip
    return Reply({**_shown(books, account), **more})


def post_bank_transaction(books: Books, call: Call) -> Reply:
    """POST /bankaccounts/{id}/transactions: money that is on no document."""
    account = _named_account(books, call)
    given = _TRANSACTION.read(call.body, "the transaction")
    if given.get("Date") is None or given.get("MoneyType") is None:
        raise bad_request("a bank transaction needs a Date and a MoneyType")
    paid_in, paid_out = (pennies(given.get(name) or ZERO) for name in ("PaidIn", "PaidOut"))
    if min(paid_in, paid_out) < 0 or bool(paid_in) == bool(paid_out):
        raise bad_request("a bank transaction needs either PaidIn or PaidOut")
    if given.get("CustomerCode") and books.customer_by_code(given["CustomerCode"]) is None:
        books.unknown(f"Customer {given['CustomerCode']}")
    if books.is_locked(given["Date"]):
        raise bad_request(f"The period before {books.lock_date} is locked")
    refuse_locked_account(books, {"AccountId": account["Id"], "Date": given["Date"]})
    comment = given.get("Comment") or ""
    transaction = {
        **given,
        "Id": books.next_id("transaction"),
        "AccountId": account["Id"],
        "NominalCode": _nominal_meant(books, given["MoneyType"]),
        "Comment": comment[:_SHORT] if books.switches["bank_comment"] == "cut_at_50" else comment,
        "PaidIn": paid_in,
        "PaidOut": paid_out,
    }
    books.bank_transactions.append(transaction)
    location = f"/bankaccounts/{account['Id']}/transactions/{transaction['Id']}"
    match books.switches["bank_transaction_answer"]:
        case "empty":
            return Reply({}, 201)
        case "location":
            return Reply({}, 201, location)
        case _:
            return Reply(_row(books, transaction), 201, location)


def list_bank_transactions(books: Books, call: Call) -> Reply:
    """GET /bankaccounts/{id}/transactions: everything that went into the account or out of it."""
    account = _named_account(books, call)
    since, until = call.day("startdate") or date.min, call.day("enddate") or date.max
    rows = list(_rows_of(books, account))
    before = sum((_moved(row) for row in rows if row["Date"] < since), ZERO)
    within = [row for row in rows if since <= row["Date"] <= until]
    closing = before + sum(map(_moved, within), ZERO)
    wanted = call.query.get("searchtext", "").lower()
    shown = [row for row in within if _is_asked_for(books, call, row) and wanted in (row["Comment"] or "").lower()]
    keys = {"Id": lambda row: row["Id"], "Date": lambda row: row["Date"]}
    if not call.query.get("sortby"):
        keys = {"Date": keys["Date"]}
    balanced = list(_with_balance(sorted_rows(books, call, shown, keys), before))
    return Reply(
        with_totals(page(books, call, balanced, 10, dict), {"OpeningBalance": before, "ClosingBalance": closing})
    )


def balance_of(books: Books, account: Record) -> Record:
    """What is on an account, and whether anything ever was."""
    rows = list(_rows_of(books, account))
    return {"BankBalance": sum(map(_moved, rows), ZERO), "IsBankEmpty": not rows}


def _nominal_meant(books: Books, money_type: int) -> int | None:
    """The other side of a transaction, if `MoneyType` says which it is."""
    position = books.switches["money_type"]
    if position == "kind":
        if money_type not in _KINDS_OF_MONEY:
            raise bad_request(f"MoneyType has no value {money_type}")
        return None
    by_id = position == "nominal_id"
    found = (code for code, one in books.nominals.items() if (one["Id"] if by_id else code) == money_type)
    code = next(found, None)
    if code is None:
        books.unknown(f"Nominal {money_type}")
    return code


def _rows_of(books: Books, account: Record) -> Iterator[Record]:
    yield from _payments(books, account)
    for transaction in books.bank_transactions:
        if transaction["AccountId"] == account["Id"]:
            yield _row(books, transaction)
        elif transaction["NominalCode"] == account["Code"]:
            yield _row(books, transaction) | {"PaidIn": transaction["PaidOut"], "PaidOut": transaction["PaidIn"]}
    for journal in books.journals.values():
        for line in journal["LineItems"]:
            if line["NominalCode"] == account["Code"]:
                yield _line(line["Id"], journal["Date"], line["Debit"] - line["Credit"], journal["Name"]) | {
                    "AccountId": account["Id"], "EntityName": "journal", "ResourceNumber": journal["Number"],
                }  # fmt: skip


def _payments(books: Books, account: Record) -> Iterator[Record]:
    """Payment lines one by one; those of one bulk payment as one line."""
    bulks: defaultdict[int, list[Record]] = defaultdict(list)
    for invoice in books.invoices:
        for payment in invoice["PaymentLines"]:
            if payment["AccountId"] != account["Id"]:
                continue
            if payment["BulkPaymentNumber"]:
                bulks[payment["BulkPaymentNumber"]].append(payment)
                continue
            at_home = payment["Amount"] / invoice["Currency"]["ExchangeRate"]
            yield _line(payment["BankTransactionId"], payment["Date"], at_home, payment["Note"]) | {
                "AccountId": account["Id"], "EntityName": "invoice", "ResourceNumber": invoice["Number"],
            }  # fmt: skip
    for number, payments in bulks.items():
        first, comment = payments[0], books.bulk_payments.get(number, {}).get("Comment")
        total = sum((payment["Amount"] for payment in payments), ZERO)
        yield _line(first["BankTransactionId"], first["Date"], total, comment) | {
            "AccountId": account["Id"], "EntityName": "invoicebatchpayment", "ResourceNumber": number,
        }  # fmt: skip


def _line(key: int, at: date, moved: Decimal, comment: str | None) -> Record:
    value = pennies(moved)
    return {
        "Id": key, "Date": at, "Comment": comment, "PaidIn": max(value, ZERO), "PaidOut": max(-value, ZERO),
        "Reconciled": False,
    }  # fmt: skip


def _row(books: Books, transaction: Record) -> Record:
    row = _line(transaction["Id"], transaction["Date"], _moved(transaction), transaction["Comment"]) | {
        "AccountId": transaction["AccountId"], "EntityName": "banktransaction", "ResourceNumber": None,
        "CustomerCode": transaction.get("CustomerCode"), "VATAble": bool(transaction.get("VATAble")),
    }  # fmt: skip
    if books.switches["bank_row_money_type"] == "shown":
        row["MoneyType"] = transaction["MoneyType"]
    return row


def _moved(row: Record) -> Decimal:
    moved: Decimal = row["PaidIn"] - row["PaidOut"]
    return moved


def _is_asked_for(books: Books, call: Call, row: Record) -> bool:
    name = _FILTERS.get(row["EntityName"])
    return name is None or call.flag(name, books.switches["bank_list_filters"] == "shown_if_left_out")


def _with_balance(rows: Iterable[Record], balance: Decimal) -> Iterator[Record]:
    """The balance after each row, in the order in which the rows happen to be shown."""
    for row in rows:
        balance += _moved(row)
        yield row | {"Balance": balance}


def _shown(books: Books, account: Record) -> Record:
    locked = account["TransactionLockDate"]
    lock = {"TransactionLockDate": locked.isoformat() if locked else None}
    return {**account, **balance_of(books, account), **lock}


def _named_account(books: Books, call: Call) -> Record:
    account = books.bank_account(int(call.parts["id"]))
    if account is None:
        raise not_found(f"Bank account {call.parts['id']}")
    return account
