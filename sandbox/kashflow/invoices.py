"""Writing invoices: numbering, checking, pricing, editing, deleting (KF-50 to KF-74)."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

from sandbox.kashflow import seed
from sandbox.kashflow.arithmetic import ZERO, line_net, line_vat, pennies, stored_rate
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import NO_CONTENT, Call, Reply
from sandbox.kashflow.customers import ADDRESS, DELIVERY_ADDRESS, with_country
from sandbox.kashflow.invoice_views import invoice_view
from sandbox.kashflow.ledger import enter, remove, with_payments
from sandbox.kashflow.merging import changed, merged_items
from sandbox.kashflow.payments import PAYMENT, payment_lines, refuse_unwanted
from sandbox.kashflow.reading import Record, Shape, amount, day, flag, many, one, text, whole
from sandbox.kashflow.refusals import bad_request, not_found

_LINE = Shape(
    Number=whole, Description=text, Quantity=amount, Rate=amount, VATLevel=amount, VATAmount=amount,
    VATExempt=flag, NominalCode=whole, ProductCode=text, ProjectNumber=whole, TaxCode=text, Disallowed=flag,
    ApplyTax1=flag, ApplyTax2=flag, ApplyTax3=flag, ApplyTax4=flag, ApplyTax5=flag,
)  # fmt: skip
_INVOICE = Shape(
    Number=whole, IssuedDate=day, DueDate=day, ProjectNumber=whole, IsCISReverseCharge=flag,
    CustomerCode=text, CustomerReference=text, AutomaticCreditControlEnabled=flag,
    UseCustomDeliveryAddress=flag,
    UpdateCustomerAddress=flag, UpdateCustomerDeliveryAddress=flag,
    Currency=one(Shape(Code=text, ExchangeRate=amount)), Address=one(ADDRESS),
    DeliveryAddress=one(DELIVERY_ADDRESS), LineItems=many(_LINE), PaymentLines=many(PAYMENT),
)  # fmt: skip
_WRITE_ONLY = ("Number", "UpdateCustomerAddress", "UpdateCustomerDeliveryAddress")
_BLANK: Record = {
    **{name: None for name in _INVOICE.names if name not in _WRITE_ONLY},
    **dict.fromkeys(("IsCISReverseCharge", "AutomaticCreditControlEnabled", "UseCustomDeliveryAddress"), False),
    "LineItems": [],
    "PaymentLines": [],
}
_LOWEST_RATE = Decimal("0.000001")
_IN_RETURN = ("CustomerCode", "IssuedDate", "Currency", "NetAmount", "VATAmount", "LineItems")


def post_invoice(books: Books, call: Call) -> Reply:
    """POST /invoices."""
    given = _INVOICE.read(call.body, "the invoice")
    if books.switches["invoice_limit"] == "reached":
        raise bad_request("The invoice limit of the package is reached")
    present = {name: value for name, value in given.items() if value is not None}
    stamps = {
        "Id": 0,
        "Number": _new_number(books, given.get("Number")),
        "CreatedDate": books.today(),
        "VATReturnId": 0,
        "IsArchived": False,
        "Permalink": f"/v2/documents/invoice/{books.guid()}",
        "PackingSlipPermalink": f"v2/documents/packingslip/{books.guid()}",
    }
    invoice = _written(books, {**_BLANK, **_lasting(present), **stamps}, None)
    invoice["Id"] = books.next_id("invoice")
    enter(books, invoice)
    _update_customer(books, given, invoice)
    return _post_reply(books, invoice)


def get_invoice(books: Books, call: Call) -> Reply:
    """GET /invoices/{number}."""
    return Reply(invoice_view(books, named_invoice(books, call)))


def put_invoice(books: Books, call: Call) -> Reply:
    """PUT /invoices/{number}: 200, or 201 when the number changes."""
    old = named_invoice(books, call)
    _refuse_locked(books, old)
    given = _INVOICE.read(call.body, "the invoice")
    new = changed(old, _lasting(given), _BLANK, {"LineItems": "Number", "PaymentLines": "Id"}, books.switches)
    new["PaymentLines"] = _payments_after_put(books, old, given)
    number = given.get("Number")
    new["Number"] = old["Number"] if number in (None, 0, old["Number"]) else _new_number(books, number)
    invoice = _written(books, new, old)
    if old["VATReturnId"] and any(invoice[name] != old[name] for name in _IN_RETURN):
        raise bad_request("The invoice is part of a VAT return")
    enter(books, invoice, old)
    _update_customer(books, given, invoice)
    status = 200 if invoice["Number"] == old["Number"] else 201
    return Reply(invoice_view(books, invoice), status, f"/invoices/{invoice['Number']}")


def delete_invoice(books: Books, call: Call) -> Reply:
    """DELETE /invoices/{number}."""
    _delete(books, named_invoice(books, call))
    return NO_CONTENT


def delete_invoice_list(books: Books, call: Call) -> Reply:
    """DELETE /invoicelist with a list of numbers."""
    invoices = [_numbered(books, number) for number in call.codes()]
    for invoice in invoices:
        _refuse_deletion(books, invoice)
    for invoice in invoices:
        remove(books, invoice)
    return NO_CONTENT


def archive_invoices(books: Books, call: Call) -> Reply:
    """PUT /invoices/archive-status/{true|false} with a list of numbers."""
    archived = flag(call.parts["archived"], "archive status")
    for invoice in [_numbered(books, number) for number in call.codes()]:
        books.invoices.put(invoice["Number"], {**invoice, "IsArchived": archived})
    return NO_CONTENT


def next_available_number(books: Books, call: Call) -> Reply:
    """GET /nextavailableinvoicenumber: a hint, nothing is reserved."""
    return Reply(_next_number(books))


def named_invoice(books: Books, call: Call) -> Record:
    """The invoice whose number is in the path, or 404."""
    invoice = books.invoices.get(int(call.parts["number"]))
    if invoice is None:
        raise not_found(f"Invoice {call.parts['number']}")
    return invoice


def _written(books: Books, given: Record, old: Record | None) -> Record:
    customer = books.customer_by_code(given["CustomerCode"])
    if not given["CustomerCode"]:
        raise bad_request("CustomerCode is required")
    if customer is None:
        books.unknown(f"Customer {given['CustomerCode']}")
    issued = given["IssuedDate"] or books.today()
    _check_project(books, given["ProjectNumber"])
    lines = [_priced(books, customer, line, place) for place, line in enumerate(given["LineItems"], start=1)]
    if old is None and customer is not None:
        lines += _added_lines(books, customer, lines)
    old_payments = old["PaymentLines"] if old is not None else []
    invoice = {
        **given,
        "CustomerCode": customer["Code"] if customer else given["CustomerCode"],
        "CustomerReference": given["CustomerReference"] or "",
        "IssuedDate": issued,
        "DueDate": given["DueDate"] or _due_date(books, customer, issued),
        "Currency": _currency(books, given["Currency"]),
        "Address": _address(books, given["Address"], customer),
        "DeliveryAddress": with_country(books, {"Name": "", **(given["DeliveryAddress"] or {})}),
        "LineItems": lines,
    }
    _refuse_locked(books, invoice)
    payments = payment_lines(books, given["PaymentLines"], old_payments)
    invoice = with_payments(books, invoice, payments)
    refuse_unwanted(books, invoice, old_payments)
    return invoice


def _lasting(given: Record) -> Record:
    return {name: value for name, value in given.items() if name not in _WRITE_ONLY}


def _payments_after_put(books: Books, old: Record, given: Record) -> list[Record]:
    payments: list[Record] | None = given.get("PaymentLines")
    if payments is None:
        return [] if books.switches["put_payment_lines_missing"] == "deleted" else old["PaymentLines"]
    if books.switches["put_list_given"] == "merges":
        return merged_items(old["PaymentLines"], payments, "Id")
    return payments


def _new_number(books: Books, wanted: int | None) -> int:
    if wanted is None or wanted == 0:
        number = _next_number(books)
        if books.switches["invoice_number_omitted"] == "gap":
            number += books.random.randint(1, 5)
        return number
    if wanted < 0:
        raise bad_request("Number must be positive")
    if wanted in books.invoices:
        if books.switches["invoice_number_taken"] == "refused_400":
            raise bad_request(f"Invoice number {wanted} is taken")
        while wanted in books.invoices:
            wanted += 1
    return wanted


def _next_number(books: Books) -> int:
    return books.invoice_numbers[-1] + 1 if books.invoice_numbers else seed.FIRST_INVOICE_NUMBER


def _post_reply(books: Books, invoice: Record) -> Reply:
    location = f"/invoices/{invoice['Number']}"
    match books.switches["invoice_post_answer"]:
        case "empty":
            return Reply({}, 200)
        case "no_location":
            return Reply(invoice_view(books, invoice), 201)
        case "timeout_after_commit":
            return Reply("Gateway Timeout", 504, delay_seconds=90)
        case _:
            return Reply(invoice_view(books, invoice), 201, location)


def _priced(books: Books, customer: Record | None, given: Record, place: int) -> Record:
    quantity = given["Quantity"] if given.get("Quantity") is not None else Decimal(1)
    rate = stored_rate(given.get("Rate") or ZERO, books.switches["rate_beyond_pennies"])
    exempt = bool(given.get("VATExempt"))
    level = _vat_level(books, given.get("VATLevel"), exempt)
    vat = given.get("VATAmount")
    if vat is None or books.switches["vat_amount_given"] != "kept":
        vat = ZERO if exempt else line_vat(quantity, rate, level, books.vat_mode())
    nominal = given.get("NominalCode") or (customer or {}).get("DefaultNominalCode") or seed.DEFAULT_NOMINAL
    if books.nominal(nominal) is None:
        books.unknown(f"Nominal {nominal}")
    product = given.get("ProductCode")
    if product and books.products.get((nominal, product.lower())) is None:
        books.unknown(f"Product {product} under nominal {nominal}")
    _check_project(books, given.get("ProjectNumber"))
    taxes = {f"ApplyTax{tax}": bool(given.get(f"ApplyTax{tax}")) for tax in range(1, 6)}
    return {
        "Number": given.get("Number") or place,
        "Description": given.get("Description") or "",
        "Quantity": quantity,
        "Rate": rate,
        "VATLevel": level,
        "VATAmount": pennies(vat),
        "VATExempt": exempt,
        "NominalCode": nominal,
        "ProductCode": product,
        "ProjectNumber": given.get("ProjectNumber"),
        "TaxCode": given.get("TaxCode"),
        "Disallowed": bool(given.get("Disallowed")),
        **taxes,
    }


def _vat_level(books: Books, level: Decimal | None, exempt: bool) -> Decimal:
    if level is None:
        is_zero = exempt or books.switches["vat_level_missing"] == "zero"
        return ZERO if is_zero else seed.DEFAULT_VAT_RATE
    if not 0 <= level <= 100:
        raise bad_request("VATLevel must be from 0 to 100")
    if not any(rate["VATRate"] == level for rate in books.vat_rates):
        books.unknown(f"VAT level {level}")
    return level


def _added_lines(books: Books, customer: Record, lines: list[Record]) -> list[Record]:
    added: list[Record] = []
    place = len(lines) + 1
    share = (customer["DiscountRate"] or ZERO) / 100
    if share and lines and books.switches["customer_discount"] == "extra_line":
        off = pennies(sum((line_net(line) for line in lines), ZERO) * share)
        text_line = f"Discount {customer['DiscountRate']:f}%"
        like = {name: lines[0][name] for name in ("VATLevel", "VATExempt", "NominalCode")}
        added.append(_priced(books, customer, {**like, "Description": text_line, "Rate": -off}, place))
    if customer["AutoIncludeVATNumber"] and books.switches["customer_vat_number_flag"] == "comment_line":
        comment = {
            "Description": f"VAT number: {customer['VATNumber'] or ''}",
            "Quantity": ZERO,
            "VATLevel": ZERO,
        }
        added.append(_priced(books, customer, comment, place + len(added)))
    return added


def _currency(books: Books, given: Record | None) -> Record:
    code = ((given or {}).get("Code") or seed.HOME_CURRENCY).upper()
    rate = (given or {}).get("ExchangeRate")
    known = books.currency(code)
    if known is None:
        books.unknown(f"Currency {code}")
    if rate is not None and not _LOWEST_RATE <= rate <= 1 / _LOWEST_RATE:
        raise bad_request(f"ExchangeRate must be {_LOWEST_RATE:f} or more")
    if code == seed.HOME_CURRENCY:
        rate = Decimal(1)
    elif rate is None and known is not None and books.switches["exchange_rate_missing"] == "account_rate":
        rate = known["ExchangeRate"]
    return {"Code": code, "ExchangeRate": rate or Decimal(1)}


def _address(books: Books, given: Record | None, customer: Record | None) -> Record:
    first: Record = next(iter((customer or {}).get("Addresses", [])), {})
    return with_country(books, given if given is not None else first)


def _due_date(books: Books, customer: Record | None, issued: date) -> date:
    terms = (customer or {}).get("PaymentTerms") or {}
    days = timedelta(days=terms.get("Days") or 0)
    if books.switches["due_date_missing"] == "issue_date" or not terms:
        return issued
    if terms.get("Type") == "Days":
        return issued + days
    return issued.replace(day=monthrange(issued.year, issued.month)[1]) + days


def _check_project(books: Books, number: int | None) -> None:
    """This company has no projects."""
    if number:
        books.unknown(f"Project {number}")


def _refuse_locked(books: Books, invoice: Record) -> None:
    if books.is_locked(invoice["IssuedDate"]):
        raise bad_request(f"The period before {books.lock_date} is locked")


def _refuse_deletion(books: Books, invoice: Record) -> None:
    _refuse_locked(books, invoice)
    if invoice["VATReturnId"] and books.switches["delete_in_vat_return"] == "refused_400":
        raise bad_request("The invoice is part of a VAT return")


def _delete(books: Books, invoice: Record) -> None:
    _refuse_deletion(books, invoice)
    remove(books, invoice)


def _numbered(books: Books, number: object) -> Record:
    invoice = books.invoices.get(whole(number, "Number"))
    if invoice is None:
        raise not_found(f"Invoice {number}")
    return invoice


def _update_customer(books: Books, given: Record, invoice: Record) -> None:
    customer = books.customer_by_code(invoice["CustomerCode"])
    if customer is None:
        return
    if given.get("UpdateCustomerAddress"):
        customer = {**customer, "Addresses": [invoice["Address"], *customer["Addresses"][1:]]}
    if given.get("UpdateCustomerDeliveryAddress"):
        customer = {
            **customer,
            "DeliveryAddresses": [invoice["DeliveryAddress"], *customer["DeliveryAddresses"][1:]],
        }
    books.customers.put(customer["Code"].lower(), customer)
