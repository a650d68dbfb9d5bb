"""Payment lines, bulk payments and the credits path (KF-75 to KF-84, KF-110)."""

from datetime import date

from sandbox.kashflow.arithmetic import ZERO, pennies
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import NO_CONTENT, Call, Reply
from sandbox.kashflow.ledger import enter, with_payments
from sandbox.kashflow.reading import Record, Shape, amount, day, flag, many, text, whole
from sandbox.kashflow.refusals import bad_request, not_found

PAYMENT = Shape(
    Id=whole, Date=day, Amount=amount, Method=whole, AccountId=whole, Note=text, Reference=text, BulkId=whole,
    BFSTransactionId=whole, PaymentProcessor=whole, IsExternalRefund=flag,
)  # fmt: skip
_BULK = Shape(
    Date=day, AccountId=whole, Method=whole, Comment=text, Reconciled=flag,
    PaymentItems=many(Shape(ObjectNumber=whole, Amount=amount, PaidDate=day)),
)  # fmt: skip
_CREDIT = Shape(Id=whole, Amount=amount, Date=day, Type=text, Comment=text)


def payment_lines(books: Books, given: list[Record], old: list[Record]) -> list[Record]:
    """The payment lines of a written invoice: known ones by Id, new ones numbered."""
    known = {payment["Id"]: payment for payment in old}
    lines = [_payment_line(books, line, known.get(line.get("Id"))) for line in given]
    kept = {line["Id"] for line in lines}
    for payment in old:
        if payment["Id"] not in kept:
            refuse_locked_account(books, payment)
    return lines


def refuse_unwanted(books: Books, invoice: Record, old: list[Record]) -> None:
    """Object to an overpayment or a negative payment, where the switches say so."""
    known = {payment["Id"]: payment["Amount"] for payment in old}
    changed = [line for line in invoice["PaymentLines"] if known.get(line["Id"]) != line["Amount"]]
    if changed and invoice["Overpaid"] and books.switches["overpayment"] == "refused_400":
        raise bad_request("The payment is above the amount due")
    refuses_refunds = books.switches["negative_payment_on_invoice"] == "refused_400"
    if refuses_refunds and invoice["GrossAmount"] > 0 and any(line["Amount"] < 0 for line in changed):
        raise bad_request("A payment of an invoice cannot be negative")


def refuse_locked_account(books: Books, payment: Record) -> None:
    """Object to a payment of a day that is locked on its own bank account."""
    account = books.bank_account(payment["AccountId"]) or {}
    locked_before = account.get("TransactionLockDate")
    if account.get("TransactionLockEnabled") and locked_before and payment["Date"] < locked_before:
        raise bad_request(f"The bank account is locked before {locked_before}")


def post_bulk_payment(books: Books, call: Call) -> Reply:
    """POST /invoices/bulk/payments: one payment over one or more invoices."""
    payment = _record_bulk(books, books.next_id("bulk_payment"), call)
    return Reply(payment, 201, f"/invoices/bulk/payments/{payment['Number']}")


def get_bulk_payment(books: Books, call: Call) -> Reply:
    """GET /invoices/bulk/payments/{number}."""
    return Reply(_named_bulk(books, call))


def put_bulk_payment(books: Books, call: Call) -> Reply:
    """PUT /invoices/bulk/payments/{number}: the items given take the place of the old ones."""
    old = _named_bulk(books, call)
    _checked_bulk(books, call)
    _undo_bulk(books, old["Number"])
    return Reply(_record_bulk(books, old["Number"], call))


def delete_bulk_payment(books: Books, call: Call) -> Reply:
    """DELETE /invoices/bulk/payments/{number}."""
    _undo_bulk(books, _named_bulk(books, call)["Number"])
    return NO_CONTENT


def get_credits(books: Books, call: Call) -> Reply:
    """GET /internal/invoices/{id}/credits: what can be set against this invoice."""
    invoice = _invoice_for_credits(books, call)
    return Reply([{**credit, "Comment": ""} for credit in _credits(books, invoice)])


def post_credits(books: Books, call: Call) -> Reply:
    """POST /internal/invoices/{id}/credits: apply credit notes or overpayments."""
    invoice = _invoice_for_credits(books, call)
    wanted = [_CREDIT.read(item, f"credit {place}") for place, item in enumerate(call.codes(), start=1)]
    _refuse_unknown_credits(_credits(books, invoice), wanted, invoice)
    for credit in wanted:
        _refuse_locked_bulk(books, credit.get("Date") or books.today(), [invoice])
    for credit in wanted:
        _apply(books, invoice["Id"], credit)
    return Reply({})


def _payment_line(books: Books, given: Record, known: Record | None) -> Record:
    if known is not None and all(known.get(name) == value for name, value in given.items() if name in known):
        return known
    line = {**(known or {}), **given}
    if line.get("Amount") is None:
        raise bad_request("a payment line needs an Amount")
    account = _account_or_default(books, line.get("AccountId"))
    method = line.get("Method") or account.get("DefaultInvoicePaymentType", {}).get("Id", 0)
    if method not in books.payment_methods:
        books.unknown(f"Payment method {method}")
    payment = {
        "Id": known["Id"] if known else books.next_id("payment"),
        "Date": line.get("Date") or books.today(),
        "Amount": pennies(line["Amount"]),
        "Method": method,
        "AccountId": account["Id"],
        "Note": line.get("Note"),
        "Reference": line.get("Reference"),
        "BulkId": line.get("BulkId") or 0,
        "BFSTransactionId": line.get("BFSTransactionId") or 0,
        "PaymentProcessor": line.get("PaymentProcessor") or 0,
        "BulkPaymentNumber": line.get("BulkPaymentNumber") or 0,
        "BankTransactionId": line.get("BankTransactionId") or books.next_id("transaction"),
        "PaymentProcessorEnumValue": None,
        "VATReturnId": line.get("VATReturnId") or 0,
        "IsPaymentCreditNote": line.get("IsPaymentCreditNote", False),
        "Permalink": line.get("Permalink") or f"/v2/documents/invoice/payment/{books.guid()}",
    }
    refuse_locked_account(books, payment)
    return payment


def _account_or_default(books: Books, account_id: int | None) -> Record:
    if not account_id:
        return next(account for account in books.bank_accounts if account["IsDefaultAccount"])
    account = books.bank_account(account_id)
    if account is None:
        books.unknown(f"Bank account {account_id}")
    return account or {"Id": account_id}


def _checked_bulk(books: Books, call: Call) -> Record:
    given = _BULK.read(call.body, "the bulk payment")
    items = given.get("PaymentItems") or []
    if not items:
        raise bad_request("a bulk payment needs PaymentItems")
    given["Date"] = given.get("Date") or books.today()
    _refuse_locked_bulk(books, given["Date"], [_invoice(books, item.get("ObjectNumber")) for item in items])
    return given


def _refuse_locked_bulk(books: Books, on: date, invoices: list[Record]) -> None:
    takes_locked = books.switches["bulk_payment_on_locked_invoice"] == "accepted"
    if books.is_locked(on) or (not takes_locked and any(books.is_locked(one["IssuedDate"]) for one in invoices)):
        raise bad_request(f"The period before {books.lock_date} is locked")


def _record_bulk(books: Books, number: int, call: Call) -> Record:
    given = _checked_bulk(books, call)
    common = {name: given.get(name) for name in ("Method", "AccountId")}
    written = []
    for item in given["PaymentItems"]:
        invoice = _invoice(books, item["ObjectNumber"])
        line = {**common, "Date": item.get("PaidDate") or given["Date"], "Amount": item.get("Amount")}
        note = given.get("Comment") if books.switches["bulk_payment_note"] == "comment" else None
        payment = _payment_line(books, {**line, "Note": note}, None)
        payment |= {"BulkId": number, "BulkPaymentNumber": number}
        changed = with_payments(books, invoice, [*invoice["PaymentLines"], payment])
        refuse_unwanted(books, changed, invoice["PaymentLines"])
        written.append((changed, invoice))
    for changed, invoice in written:
        enter(books, changed, invoice)
    items = [
        {"ObjectNumber": item["ObjectNumber"], "Amount": pennies(item["Amount"]),
         "PaidDate": item.get("PaidDate") or given["Date"]}
        for item in given["PaymentItems"]
    ]  # fmt: skip
    bulk = {
        "Number": number, "Date": given["Date"], "AccountId": given.get("AccountId"),
        "Method": given.get("Method"), "Comment": given.get("Comment"),
        "Reconciled": bool(given.get("Reconciled")),
        "Amount": sum((item["Amount"] for item in items), ZERO), "PaymentItems": items,
    }  # fmt: skip
    books.bulk_payments[number] = bulk
    return bulk


def _undo_bulk(books: Books, number: int) -> None:
    for item in books.bulk_payments.pop(number)["PaymentItems"]:
        invoice = books.invoices.get(item["ObjectNumber"])
        if invoice is not None:
            rest = [line for line in invoice["PaymentLines"] if line["BulkPaymentNumber"] != number]
            enter(books, with_payments(books, invoice, rest), invoice)


def _named_bulk(books: Books, call: Call) -> Record:
    payment = books.bulk_payments.get(int(call.parts["number"]))
    if payment is None:
        raise not_found(f"Bulk payment {call.parts['number']}")
    return payment


def _invoice(books: Books, number: int) -> Record:
    invoice = books.invoices.get(number)
    if invoice is None:
        raise bad_request(f"Invoice {number} does not exist")
    return invoice


def _invoice_for_credits(books: Books, call: Call) -> Record:
    invoice = books.invoice_by_id(int(call.parts["id"]))
    if invoice is None or books.switches["credits_path"] == "missing_404":
        raise not_found(f"Invoice with Id {call.parts['id']}")
    return invoice


def _credits(books: Books, invoice: Record) -> list[Record]:
    found: list[Record] = []
    for other in books.invoices_of(invoice["CustomerCode"]):
        if other["Currency"]["Code"] != invoice["Currency"]["Code"] or other["Id"] == invoice["Id"]:
            continue
        if other["DueAmount"] < 0:
            found.append(_credit(other["Id"], -other["DueAmount"], other["IssuedDate"], "CreditNote"))
        if other["Overpaid"] > 0:
            last = other["PaymentLines"][-1]
            found.append(_credit(last["Id"], other["Overpaid"], last["Date"], "OverPayment"))
    return found


def _credit(credit_id: int, value: object, at: object, kind: str) -> Record:
    return {"Id": credit_id, "Amount": value, "Date": at, "Type": kind}


def _refuse_unknown_credits(available: list[Record], wanted: list[Record], invoice: Record) -> None:
    by_key = {(credit["Type"], credit["Id"]): credit["Amount"] for credit in available}
    applied = ZERO
    for credit in wanted:
        left = by_key.get((credit.get("Type"), credit.get("Id")), ZERO)
        asked = credit.get("Amount") or ZERO
        if not ZERO < asked <= left:
            raise bad_request(f"{credit.get('Type')} {credit.get('Id')} has no {asked} to apply")
        by_key[credit["Type"], credit["Id"]] = left - asked
        applied += asked
    if applied > invoice["DueAmount"]:
        raise bad_request("The credits are above the amount due")


def _apply(books: Books, invoice_id: int, credit: Record) -> None:
    number = books.next_id("bulk_payment")
    source = next(invoice for invoice in books.invoices if _holds(invoice, credit))
    _add_tied_payment(books, source, credit, -credit["Amount"], number)
    target = books.invoice_by_id(invoice_id)
    if target is not None:
        _add_tied_payment(books, target, credit, credit["Amount"], number)


def _holds(invoice: Record, credit: Record) -> bool:
    if credit["Type"] == "CreditNote":
        return bool(invoice["Id"] == credit["Id"])
    return any(line["Id"] == credit["Id"] for line in invoice["PaymentLines"])


def _add_tied_payment(books: Books, invoice: Record, credit: Record, value: object, number: int) -> None:
    note = credit.get("Comment") if books.switches["credit_comment"] == "note" else None
    given = {"Date": credit.get("Date"), "Amount": value, "Note": note}
    payment = _payment_line(books, given, None)
    tied = {
        "BulkId": number,
        "BulkPaymentNumber": number,
        "IsPaymentCreditNote": credit["Type"] == "CreditNote",
    }
    payments = [*invoice["PaymentLines"], {**payment, **tied}]
    enter(books, with_payments(books, invoice, payments), invoice)
