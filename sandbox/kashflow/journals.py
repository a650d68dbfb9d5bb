"""Journals, in the one of three shapes that the switch `journal_shape` names (KF-119, KF-120)."""

from datetime import date

from sandbox.kashflow.arithmetic import ZERO, pennies
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import NO_CONTENT, Call, Reply
from sandbox.kashflow.listing import page, sorted_rows
from sandbox.kashflow.reading import Reader, Record, Shape, amount, day, flag, many, text, whole
from sandbox.kashflow.refusals import bad_request, not_found

_CATEGORIES = (
    "Standard", "YearEnd", "Prepayments and accruals", "Depreciation", "Wages", "VAT", "VATMoss", "FRS adjustments",
)  # fmt: skip


def _hand_lines() -> Reader:
    return many(Shape(NominalCode=whole, Description=text, Debit=amount, Credit=amount))


_SHAPES = {
    "template": Shape(
        Name=text, Note=text, JournalDate=day, Category=whole, ExcludedFromProfitAndLoss=flag, TradeBorderType=whole,
        LineItems=many(
            Shape(
                Id=whole, NominalCode=whole, Comment=text, Debit=amount, Credit=amount, ProjectNumber=whole,
                ProjectName=text, Disallowed=flag,
            )
        ),
    ),
    "hand_entry": Shape(Date=day, Description=text, Lines=_hand_lines()),
    "payroll": Shape(
        Date=day, Description=text, Reference=text,
        Lines=many(Shape(NominalCode=whole, Description=text, Amount=amount, Debit=flag)),
    ),
}  # fmt: skip


def list_journals(books: Books, call: Call) -> Reply:
    """GET /journals: rows without lines."""
    keys = {"Number": lambda row: row["Number"], "JournalDate": lambda row: row["Date"]}
    rows = sorted_rows(books, call, list(books.journals.values()), keys)
    return Reply(page(books, call, rows, 50, _row))


def post_journal(books: Books, call: Call) -> Reply:
    """POST /journals."""
    journal = _written(books, call, books.next_id("journal"))
    return Reply(_view(books, journal), 201, f"/journals/{journal['Number']}")


def get_journal(books: Books, call: Call) -> Reply:
    """GET /journals/{number}: with its lines."""
    return Reply(_view(books, _named(books, call)))


def put_journal(books: Books, call: Call) -> Reply:
    """PUT /journals/{number}: the body takes the place of the journal."""
    old = _named(books, call)
    _refuse_locked(books, old["Date"])
    return Reply(_view(books, _written(books, call, old["Number"])))


def delete_journal(books: Books, call: Call) -> Reply:
    """DELETE /journals/{number}."""
    journal = _named(books, call)
    _refuse_locked(books, journal["Date"])
    del books.journals[journal["Number"]]
    return NO_CONTENT


def _written(books: Books, call: Call, number: int) -> Record:
    shape = books.switches["journal_shape"]
    given = _SHAPES[shape].read(call.body, "the journal")
    lines = given.get("LineItems") if shape == "template" else given.get("Lines")
    if not lines:
        raise bad_request("a journal needs lines")
    on = given.get("JournalDate") or given.get("Date") or books.today()
    _refuse_locked(books, on)
    written = [_line(books, line, shape) for line in lines]
    debit, credit = (sum((line[side] for line in written), ZERO) for side in ("Debit", "Credit"))
    if debit != credit or not debit:
        raise bad_request(f"The journal does not balance: {debit} debit, {credit} credit")
    category = given.get("Category") or 0
    if category not in range(len(_CATEGORIES)):
        raise bad_request(f"Category has no value {category}")
    journal = {
        "Number": number, "Name": given.get("Name") or given.get("Description") or "", "Date": on,
        "Note": given.get("Note") or given.get("Reference") or "", "TotalAmount": debit, "Category": category,
        "TradeBorderType": given.get("TradeBorderType") or 0,
        "ExcludedFromProfitAndLoss": bool(given.get("ExcludedFromProfitAndLoss")), "LineItems": written,
    }  # fmt: skip
    books.journals[number] = journal
    return journal


def _line(books: Books, given: Record, shape: str) -> Record:
    nominal = given.get("NominalCode")
    if books.nominal(nominal) is None:
        books.unknown(f"Nominal {nominal}")
    if shape == "payroll":
        value = given.get("Amount") or ZERO
        sides = (value, ZERO) if given.get("Debit") else (ZERO, value)
    else:
        sides = (given.get("Debit") or ZERO, given.get("Credit") or ZERO)
    debit, credit = map(pennies, sides)
    if min(debit, credit) < 0 or (debit and credit):
        raise bad_request("a line is either a debit or a credit")
    return {
        "Id": books.next_id("journal_line"), "NominalCode": nominal, "Debit": debit, "Credit": credit,
        "Comment": given.get("Comment") or given.get("Description") or "",
        "ProjectNumber": given.get("ProjectNumber"), "ProjectName": given.get("ProjectName"),
        "Disallowed": bool(given.get("Disallowed")),
    }  # fmt: skip


def _row(journal: Record) -> Record:
    return {
        "Number": journal["Number"], "JournalName": journal["Name"],
        "JournalDate": f"{journal['Date'].isoformat()}T00:00:00", "Comment": journal["Note"],
        "TotalAmount": journal["TotalAmount"], "Category": journal["Category"],
        "CategoryDescription": _CATEGORIES[journal["Category"]], "TradeBorderType": journal["TradeBorderType"],
        "ExcludedFromProfitAndLoss": journal["ExcludedFromProfitAndLoss"], "VATReturnId": 0,
        "LockedBankLines": False, "IsTemplate": False, "TemplateName": None,
    }  # fmt: skip


def _view(books: Books, journal: Record) -> Record:
    """The journal as it is written, with its number and total."""
    common = {"Number": journal["Number"], "TotalAmount": journal["TotalAmount"]}
    shape, lines = books.switches["journal_shape"], journal["LineItems"]
    if shape == "template":
        return {**_row(journal), **common, "Name": journal["Name"], "Note": journal["Note"], "LineItems": lines}
    head = {**common, "Date": journal["Date"], "Description": journal["Name"]}
    if shape == "hand_entry":
        names = {"NominalCode": "NominalCode", "Description": "Comment", "Debit": "Debit", "Credit": "Credit"}
        return {**head, "Lines": [{name: line[kept] for name, kept in names.items()} for line in lines]}
    payroll = [
        {"NominalCode": line["NominalCode"], "Description": line["Comment"],
         "Amount": line["Debit"] or line["Credit"], "Debit": bool(line["Debit"])}
        for line in lines
    ]  # fmt: skip
    return {**head, "Reference": journal["Note"], "Lines": payroll}


def _named(books: Books, call: Call) -> Record:
    journal = books.journals.get(int(call.parts["number"]))
    if journal is None:
        raise not_found(f"Journal {call.parts['number']}")
    return journal


def _refuse_locked(books: Books, on: date) -> None:
    if books.is_locked(on):
        raise bad_request(f"The period before {books.lock_date} is locked")
