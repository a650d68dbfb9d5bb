"""Customers: codes, duplicates, the full object and the list row (KF-38 to KF-49)."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.kashflow import seed
from sandbox.kashflow.arithmetic import ZERO, at_home, pennies
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import NO_CONTENT, Call, Reply
from sandbox.kashflow.ledger import remove
from sandbox.kashflow.listing import page, sorted_rows
from sandbox.kashflow.merging import changed
from sandbox.kashflow.reading import Record, Shape, amount, flag, many, one, text, whole
from sandbox.kashflow.refusals import RefusalError, bad_request, not_found

ADDRESS = Shape(Line1=text, Line2=text, Line3=text, Line4=text, PostCode=text, CountryCode=text)
DELIVERY_ADDRESS = Shape(Name=text, Line1=text, Line2=text, Line3=text, Line4=text, PostCode=text, CountryCode=text)
_CONTACT = Shape(
    Id=whole, IsPrimary=flag, ReceiveEmails=flag, Name=text, Title=text, Firstname=text, LastName=text,
    Telephone=text, Fax=text, Mobile=text, Website=text, Email=text,
)  # fmt: skip
CUSTOMER = Shape(
    Code=text, Name=text, Source=whole, Note=text, DiscountRate=amount, ShowDiscount=flag, VATNumber=text,
    AutoIncludeVATNumber=flag, TradeBorderType=text, ReceivesWholesalePricing=flag,
    DefaultCustomerReference=text, DefaultNominalCode=whole, EmailTemplateNumber=whole,
    PDFThemeId=whole, OverrideInvoiceFileFormat=flag,
    InvoiceFileFormat=text, UniqueEntityNumber=text, AutomaticCreditControlEnabled=flag,
    UseCustomDeliveryAddress=flag, ApplyWithholdingTax=flag, WithholdingTaxRate=amount,
    WithholdingTaxReferences=many(Shape(Name=text, Value=text)), IsCISReverseCharge=flag,
    EnableCreditLimit=flag, CreditLimit=amount, IsArchived=flag, Currency=one(Shape(Code=text)),
    PaymentTerms=one(Shape(Type=text, Days=whole)), Addresses=many(ADDRESS),
    DeliveryAddresses=many(DELIVERY_ADDRESS), Contacts=many(_CONTACT),
    CustomTextBoxes=many(Shape(Name=text, Value=text)), CustomCheckBoxes=many(Shape(Name=text, Value=flag)),
    CreateCustomerCodeIfDuplicate=flag, CreateCustomerNameIfEmptyOrNull=flag,
)  # fmt: skip
_LISTS = (
    "Addresses", "DeliveryAddresses", "Contacts", "CustomTextBoxes", "CustomCheckBoxes",
    "WithholdingTaxReferences",
)  # fmt: skip
_FLAGS = (
    "ShowDiscount", "AutoIncludeVATNumber", "ReceivesWholesalePricing", "OverrideInvoiceFileFormat",
    "AutomaticCreditControlEnabled", "UseCustomDeliveryAddress", "ApplyWithholdingTax", "IsCISReverseCharge",
    "EnableCreditLimit", "IsArchived",
)  # fmt: skip
_LONGEST_TERMS = 999
_WRITE_ONLY = ("CreateCustomerCodeIfDuplicate", "CreateCustomerNameIfEmptyOrNull")
_BLANK: Record = {
    **{name: None for name in CUSTOMER.names if name not in _WRITE_ONLY},
    **dict.fromkeys(_FLAGS, False),
    **{name: [] for name in _LISTS},
    "DiscountRate": ZERO,
    "CreditLimit": ZERO,
    "Note": "",
}
_ROW = (
    "Id", "Code", "Name", "TotalPaidAmount", "OutstandingBalance", "IsSchedule", "SourceName",
    "DefaultNominalCode", "IsArchived", "VATNumber", "TradeBorderType", "IsCISReverseCharge",
    "ApplyWithholdingTax", "CustomerKey", "Contacts", "Addresses", "Currency",
)  # fmt: skip
_SORT_KEYS: dict[str, Any] = {
    "Name": lambda row: row["Name"].lower(),
    "Code": lambda row: row["Code"].lower(),
    "-": None,
    "TotalPaidAmount": lambda row: row["TotalPaidAmount"],
    "OutstandingBalance": lambda row: row["OutstandingBalance"],
}


def list_customers(books: Books, call: Call) -> Reply:
    """GET /customers."""
    rows = list(filter(_is_wanted(books, call), books.customers))
    if call.query.get("sortby", "0").lower() in {"3", "4", "totalpaidamount", "outstandingbalance"}:
        rows = [customer_view(books, customer) for customer in rows]
    ordered = sorted_rows(books, call, rows, _SORT_KEYS)
    if call.flag("skipperpagevalidation", False):
        call = Call(call.path, call.parts, {**call.query, "perpage": "100"}, call.body, call.root, "")
    return Reply(page(books, call, ordered, 10, lambda customer: _row(books, customer)))


def get_customer(books: Books, call: Call) -> Reply:
    """GET /customers/{code}."""
    return Reply(customer_view(books, named_customer(books, call)))


def post_customer(books: Books, call: Call) -> Reply:
    """POST /customers."""
    given = CUSTOMER.read(call.body, "the customer")
    name = _name(given)
    code = given.get("Code") or suggested_code(books, name)
    _check_code(books, code)
    if books.customer_by_code(code) is not None:
        code = _other_code(books, name, given)
    stamps = {"Id": books.next_id("customer"), "CreatedDate": books.today(), "CustomerKey": books.guid()}
    customer = _complete(books, {**_BLANK, **_present(given), "Code": code, "Name": name, **stamps})
    books.customers.put(code.lower(), customer)
    return Reply(customer_view(books, customer), 201, f"/customers/{code}")


def put_customer(books: Books, call: Call) -> Reply:
    """PUT /customers/{code}: 200, or 201 when the code changes."""
    old = named_customer(books, call)
    given = CUSTOMER.read(call.body, "the customer")
    new = changed(old, _writable(given), _BLANK, {"Contacts": "Id"}, books.switches)
    new["Code"] = new["Code"] or old["Code"]
    new["Name"] = _name({**given, "Name": new["Name"], "Code": new["Code"]})
    renamed = new["Code"].lower() != old["Code"].lower()
    if renamed:
        _check_code(books, new["Code"])
        if books.customer_by_code(new["Code"]) is not None:
            raise _duplicate(books)
        books.customers.remove(old["Code"].lower())
    customer = _complete(books, new)
    books.customers.put(customer["Code"].lower(), customer)
    _carry_invoices(books, old, customer, call.flag("updateinvoicesaddress", False))
    return Reply(customer_view(books, customer), 201 if renamed else 200, f"/customers/{customer['Code']}")


def delete_customer(books: Books, call: Call) -> Reply:
    """DELETE /customers/{code}: the invoices go with it."""
    _delete(books, named_customer(books, call))
    return NO_CONTENT


def delete_customer_list(books: Books, call: Call) -> Reply:
    """DELETE /customerlist with a list of codes: 204, or 200 with those that could not be deleted."""
    failures = []
    for code in call.codes():
        customer = books.customer_by_code(str(code))
        if customer is None:
            failures.append({"Code": code, "Message": "Customer was not found"})
        else:
            _delete(books, customer)
    return Reply(failures) if failures else NO_CONTENT


def archive_customers(books: Books, call: Call) -> Reply:
    """PUT /internal/customers/archive with a list of codes."""
    for code in call.codes():
        customer = books.customer_by_code(str(code))
        if customer is not None:
            books.customers.put(customer["Code"].lower(), {**customer, "IsArchived": True})
    return NO_CONTENT


def search_customers(books: Books, call: Call) -> Reply:
    """GET /customers/search: internal Ids with display texts."""
    field = call.query.get("searchby", "name").lower()
    wanted = call.query.get("searchtext", "").lower()
    found = [customer for customer in books.customers if wanted in _search_field(customer, field).lower()]
    return Reply([{"key": customer["Id"], "value": _display_name(customer)} for customer in found])


def suggest_code(books: Books, call: Call) -> Reply:
    """POST /customers/suggestedcode."""
    return Reply(suggested_code(books, Shape(Name=text).read(call.body, "the body").get("Name") or ""))


def list_transactions(books: Books, call: Call) -> Reply:
    """GET /customers/{code}/transactions: invoices, credit notes and payments."""
    rows: list[Record] = []
    for invoice in books.invoices_of(named_customer(books, call)["Code"]):
        kind = "CreditNote" if invoice["GrossAmount"] < 0 else "Invoice"
        rows.append(_transaction(kind, invoice["Number"], invoice["IssuedDate"], invoice["GrossAmount"]))
        rows += [
            _transaction("Payment", invoice["Number"], payment["Date"], payment["Amount"])
            for payment in invoice["PaymentLines"]
        ]
    return Reply(rows)


def named_customer(books: Books, call: Call) -> Record:
    """The customer whose code is in the path, or 404."""
    customer = books.customer_by_code(call.parts["code"])
    if customer is None:
        raise not_found(f"Customer {call.parts['code']}")
    return customer


def suggested_code(books: Books, name: str) -> str:
    """A free code in KashFlow's own style: four letters of the name and a counter."""
    stem = re.sub(r"[^A-Za-z0-9]", "", name).upper()[:4] or "CUST"
    counter = 1
    while books.customer_by_code(f"{stem}{counter:02}") is not None:
        counter += 1
    return f"{stem}{counter:02}"


def customer_view(books: Books, customer: Record) -> Record:
    """The full object."""
    source = next((source for source in books.sources if source["Id"] == customer["Source"]), None)
    return {
        **{name: value for name, value in customer.items() if name != "Currency"},
        "DisplayName": _display_name(customer),
        "SourceName": source["Name"] if source else None,
        "Currency": currency_view(books, customer["Currency"]["Code"], None),
        "LastUpdatedDate": customer["LastUpdatedDate"],
        **_statistics(books, customer["Code"]),
        "IsSchedule": False,
        "IsGoCardlessMandateSet": False,
        "EnvelopeUrl": "",
        "UsesDefaultTheme": True,
        "MarkedAsStale": False,
    }


def currency_view(books: Books, code: str, rate: Decimal | None) -> Record:
    """A currency as documents and customers show it; `rate` in place of the account's own."""
    known = books.currency(code) or {"Symbol": code, "Name": code, "DisplaySymbolOnRight": False}
    return {
        "Code": code,
        "Symbol": known["Symbol"],
        "Name": known["Name"],
        "ExchangeRate": rate if rate is not None else known.get("ExchangeRate", Decimal(1)),
        "DisplaySymbolOnRight": known["DisplaySymbolOnRight"],
        "AutoUpdate": False,
    }


def with_country(books: Books, address: Record) -> Record:
    """An address with every line and the name of its country."""
    countries = {code: name for code, name, _ in seed.COUNTRIES}
    lines = {name: address.get(name) or "" for name in ADDRESS.names}
    named = {"Name": address.get("Name") or ""} if "Name" in address else {}
    return {**named, **lines, "CountryName": countries.get(lines["CountryCode"].upper(), "")}


def _row(books: Books, customer: Record) -> Record:
    view = customer_view(books, customer)
    return {name: view[name] for name in _ROW}


def _is_wanted(books: Books, call: Call) -> Callable[[Record], bool]:
    since, until = call.day("startcreationdate") or date.min, call.day("endcreationdate") or date.max
    starts = call.query.get("namestartswith", "").lower()
    searched = call.query.get("searchtext", "").lower()
    asked = call.flag("filterarchived", False)
    shows_archived = asked == (books.switches["filterarchived"] == "includes_archived")

    def is_wanted(customer: Record) -> bool:
        return (
            customer["Name"].lower().startswith(starts)
            and any(searched in _search_field(customer, field).lower() for field in ("name", "code", "email"))
            and since <= customer["CreatedDate"] <= until
            and (shows_archived or not customer["IsArchived"])
        )

    return is_wanted


def _search_field(customer: Record, field: str) -> str:
    if field == "email":
        return " ".join(contact.get("Email") or "" for contact in customer["Contacts"])
    return str(customer["Code"] if field == "code" else customer["Name"])


def _display_name(customer: Record) -> str:
    postcode = next((address["PostCode"] for address in customer["Addresses"]), "")
    return f"{customer['Name']} {postcode}".strip()


def _name(given: Record) -> str:
    name = (given.get("Name") or "").strip()
    if not name and given.get("CreateCustomerNameIfEmptyOrNull"):
        name = f"Customer {given.get('Code') or ''}".strip()
    if len(name) < 2:
        raise bad_request("Customer Name must have two characters or more")
    return name


def _check_code(books: Books, code: str) -> None:
    strict = books.switches["customer_code_check"] == "two_to_twelve_alphanumeric"
    if strict and not re.fullmatch(r"[A-Za-z0-9]{2,12}", code):
        raise bad_request("Customer Code must be 2 to 12 letters or digits")


def _other_code(books: Books, name: str, given: Record) -> str:
    honoured = books.switches["create_code_if_duplicate"] == "honoured"
    if not (given.get("CreateCustomerCodeIfDuplicate") and honoured):
        raise _duplicate(books)
    return suggested_code(books, name)


def _duplicate(books: Books) -> RefusalError:
    status = int(books.switches["duplicate_customer_code"].removeprefix("refused_"))
    return RefusalError(status, "Customer Code is not unique")


def _present(given: Record) -> Record:
    return {name: value for name, value in _writable(given).items() if value is not None}


def _writable(given: Record) -> Record:
    return {name: value for name, value in given.items() if name not in _WRITE_ONLY}


def _complete(books: Books, customer: Record) -> Record:
    code = (customer["Currency"] or {}).get("Code") or seed.HOME_CURRENCY
    if books.currency(code) is None:
        books.unknown(f"Currency {code}")
    if not 0 <= customer["DiscountRate"] <= 100:
        raise bad_request("DiscountRate must be from 0 to 100")
    if not 0 <= ((customer["PaymentTerms"] or {}).get("Days") or 0) <= _LONGEST_TERMS:
        raise bad_request(f"PaymentTerms.Days must be from 0 to {_LONGEST_TERMS}")
    nominal = customer["DefaultNominalCode"]
    if nominal and books.nominal(nominal) is None:
        books.unknown(f"Nominal {nominal}")
    contacts = [
        {**dict.fromkeys(_CONTACT.names), "IsPrimary": False, "ReceiveEmails": True, **contact,
         "Id": contact.get("Id") or books.next_id("contact")}
        for contact in customer["Contacts"]
    ]  # fmt: skip
    return {
        **customer,
        "Currency": {"Code": code.upper()},
        "Addresses": [with_country(books, address) for address in customer["Addresses"]],
        "DeliveryAddresses": [
            with_country(books, {"Name": "", **address}) for address in customer["DeliveryAddresses"]
        ],
        "Contacts": contacts,
        "LastUpdatedDate": books.today(),
    }


def _carry_invoices(books: Books, old: Record, customer: Record, update_address: bool) -> None:
    invoices = books.invoices_of(old["Code"])
    address = next(iter(customer["Addresses"]), None)
    if customer["Code"] != old["Code"]:
        numbers = books.numbers_by_customer.pop(old["Code"].lower(), set())
        books.numbers_by_customer[customer["Code"].lower()] |= numbers
    for invoice in invoices:
        moved = {**invoice, "CustomerCode": customer["Code"]}
        if update_address and address is not None:
            moved["Address"] = address
        books.invoices.put(invoice["Number"], moved)


def _delete(books: Books, customer: Record) -> None:
    for invoice in books.invoices_of(customer["Code"]):
        remove(books, invoice)
    books.customers.remove(customer["Code"].lower())


def _statistics(books: Books, code: str) -> Record:
    invoices = books.invoices_of(code)
    issued = [invoice["IssuedDate"] for invoice in invoices]
    today = books.today()

    def total(name: str, among: list[Record]) -> Decimal:
        amounts = (at_home(invoice[name], invoice["Currency"]["ExchangeRate"]) for invoice in among)
        return pennies(sum(amounts, ZERO))

    overdue = [invoice for invoice in invoices if invoice["DueDate"] < today]
    return {
        "InvoiceCount": len(invoices),
        "InvoicedNetAmount": total("NetAmount", invoices),
        "InvoicedVATAmount": total("VATAmount", invoices),
        "TotalPaidAmount": total("Paid", invoices),
        "OutstandingBalance": total("DueAmount", invoices),
        "OverdueAmount": total("DueAmount", overdue),
        "AverageDaysToPay": 0,
        "FirstInvoiceDate": min(issued, default=None),
        "LastInvoiceDate": max(issued, default=None),
    }


def _transaction(kind: str, number: int, day: Any, value: Decimal) -> Record:
    return {"Type": kind, "Number": number, "Date": day, "Amount": value}
