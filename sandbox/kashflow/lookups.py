"""Settings and small lists: nominals, currencies, VAT, methods, sources."""

from sandbox.kashflow import seed
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import NO_CONTENT, Call, Reply
from sandbox.kashflow.reading import Shape, amount, flag, text, whole
from sandbox.kashflow.refusals import bad_request, not_found

_NOMINAL = Shape(Code=whole, Name=text, Type=text, DigitalService=flag, CreateWhenNotPresent=flag)


def list_nominals(books: Books, call: Call) -> Reply:
    """GET /nominals: a bare array."""
    wanted, kind = call.query.get("searchtext", "").lower(), call.query.get("type", "").lower()
    rows = [
        {**nominal, "DefaultProduct": None}
        for nominal in books.nominals.values()
        if wanted in f"{nominal['Code']} {nominal['Name']}".lower() and kind in ("", nominal["Type"].lower())
    ]
    return Reply(rows)


def get_nominal(books: Books, call: Call) -> Reply:
    """GET /nominals/{code}."""
    nominal = books.nominal(int(call.parts["nominal"]))
    if nominal is None:
        raise not_found(f"Nominal {call.parts['nominal']}")
    return Reply(nominal)


def get_nominal_by_id(books: Books, call: Call) -> Reply:
    """GET /nominals/Id/{id}."""
    wanted = int(call.parts["id"])
    nominal = next((nominal for nominal in books.nominals.values() if nominal["Id"] == wanted), None)
    if nominal is None:
        raise not_found(f"Nominal with Id {wanted}")
    return Reply(nominal)


def post_nominal(books: Books, call: Call) -> Reply:
    """POST /nominals; with `CreateWhenNotPresent` an existing one is given back."""
    given = _NOMINAL.read(call.body, "the nominal")
    code = given.get("Code")
    if code is None or not given.get("Name"):
        raise bad_request("a nominal needs a Code and a Name")
    known = books.nominal(code)
    if known is not None:
        if given.get("CreateWhenNotPresent"):
            return Reply(known)
        raise bad_request("Nominal Code is not unique")
    kind = given.get("Type") or "Turnover"
    books.nominals[code] = books.new_nominal(code, given["Name"], kind, bool(given.get("DigitalService")))
    return Reply(books.nominals[code], 201, f"/nominals/{code}")


def list_currencies(books: Books, call: Call) -> Reply:
    """GET /currencies and GET /currencies/list: a bare array of the enabled ones."""
    names = ("Id", "Code", "Name", "Symbol", "DisplaySymbolOnRight", "ExchangeRate")
    return Reply([{name: currency[name] for name in names} for currency in books.currencies])


def list_countries(books: Books, call: Call) -> Reply:
    """GET /countries."""
    countries = enumerate(seed.COUNTRIES, start=1)
    return Reply([{"Id": key, "Code": code, "Name": name, "IsEU": eu} for key, (code, name, eu) in countries])


def country_vat_rates(books: Books, call: Call) -> Reply:
    """GET /countries/vatrates, which answers an empty object on the live system."""
    return Reply({})


def list_payment_methods(books: Books, call: Call) -> Reply:
    """GET /paymentmethods/invoice and /purchase."""
    names = ("Id", "Name")
    if books.switches["payment_method_names"] == "method_id_method_name":
        names = ("MethodID", "MethodName")
    return Reply([dict(zip(names, method, strict=True)) for method in books.payment_methods.items()])


def list_payment_statuses(books: Books, call: Call) -> Reply:
    """GET /paymentstatuses."""
    return Reply([{"Id": key, "Name": name} for key, name in enumerate(("Unpaid", "Paid", "Overdue"))])


def vat_settings(books: Books, call: Call) -> Reply:
    """GET /vat/settings."""
    return Reply(
        {
            "VATRegistered": True,
            "VATNumber": "GB123456789",
            "CalculateTaxOnIndividualUnitPrice": books.vat_mode() == "per_unit",
            "VATRates": books.vat_rates,
        }
    )


def list_vat_rates(books: Books, call: Call) -> Reply:
    """GET /vat/settings/vatrates: a bare array."""
    return Reply(books.vat_rates)


def post_vat_rate(books: Books, call: Call) -> Reply:
    """POST /vat/settings/vatrates/{rate}."""
    rate = amount(call.parts["rate"], "rate")
    books.vat_rates = [
        *books.vat_rates,
        {"VATId": books.next_id("vat_rate"), "VATRate": rate, "VATText": f"{rate}%"},
    ]
    return Reply({}, 201)


def delete_vat_rate(books: Books, call: Call) -> Reply:
    """DELETE /vat/settings/vatrates/{id}."""
    rest = [rate for rate in books.vat_rates if str(rate["VATId"]) != call.parts["rate"]]
    if len(rest) == len(books.vat_rates):
        raise not_found(f"VAT rate {call.parts['rate']}")
    books.vat_rates = rest
    return NO_CONTENT


def advanced_settings(books: Books, call: Call) -> Reply:
    """GET /settings/advanced."""
    return Reply(
        {
            "DefaultNominalCode": seed.DEFAULT_NOMINAL,
            "DefaultVATRate": seed.DEFAULT_VAT_RATE,
            "AutoCalculateVAT": 1 if books.vat_mode() == "per_unit" else 0,
            "ApplyManualDiscount": False,
            "VATRegistered": True,
            "TransactionLock": books.lock_date is not None,
            "TransactionLockDate": books.lock_date.isoformat() if books.lock_date else None,
            "ProjectsEnabled": False,
            "DateFormat": "dd/MM/yyyy",
        }
    )


def company_details(books: Books, call: Call) -> Reply:
    """GET /settings/companydetails."""
    home = next(currency for currency in books.currencies if currency["Code"] == seed.HOME_CURRENCY)
    return Reply(
        {
            "CompanyName": seed.COMPANY,
            "CountryCode": "GB",
            "HomeCurrency": {name: home[name] for name in ("Code", "Name", "Symbol", "DisplaySymbolOnRight")},
            "VATRegistered": True,
            "AccountingType": "Accrual",
        }
    )


def invoice_settings(books: Books, call: Call) -> Reply:
    """GET /settings/invoice: label texts."""
    return Reply(
        {
            "InvoiceName": "Invoice",
            "CreditNoteName": "Credit Note",
            "CustomerReferenceName": "Your reference",
            "IsQuantityFieldRemoved": False,
        }
    )


def stock_options(books: Books, call: Call) -> Reply:
    """GET /stockoptions."""
    return Reply({"EnableStockManagement": True, "EnableWholesalePricing": False, "ECSalesProducts": False})


def list_taxes(books: Books, call: Call) -> Reply:
    """GET /taxes: no tax codes in a UK account."""
    return Reply({"Tax": []})


def list_sources(books: Books, call: Call) -> Reply:
    """GET /sources: a bare array."""
    return Reply(books.sources)
