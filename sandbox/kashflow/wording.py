"""How values leave: dates at noon, four decimals, absent values; each under its switch."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.shared.switches import Switches

_FOUR_PLACES = Decimal("0.0001")
_DATES = frozenset(
    {
        "IssuedDate", "DueDate", "PaidDate", "LastPaymentDate", "CreatedDate", "LastUpdatedDate",
        "FirstInvoiceDate", "LastInvoiceDate", "SentDate", "StartDate", "EndDate", "Date",
        "LastTransactionImportDate", "ReconcileDate",
    }
)  # fmt: skip
_NUMBERS = frozenset(
    {
        "ProjectNumber", "VATReturnId", "BulkId", "BulkPaymentNumber", "BankTransactionId",
        "BFSTransactionId", "PaymentProcessor", "Source", "DefaultNominalCode", "EmailTemplateNumber",
        "PDFThemeId", "NominalId",
        "PurchaseNominalId", "PurchaseSubNominalId", "CreditLimit", "WithholdingTaxRate",
    }
)  # fmt: skip
_ALWAYS_NULL = frozenset(
    {
        "LineItems", "Currency", "Address", "DeliveryAddress", "PaymentTerms", "PreviousPageUrl",
        "NextPageUrl",
    }
)  # fmt: skip
_SENTINELS = {
    "year_1900": "1900-01-01 00:00:00",
    "year_0001": "0001-01-01T00:00:00",
    "year_1970": "1970-01-01 12:00:00",
}


def worded(value: Any, switches: Switches) -> Any:
    """The value as JSON types and Decimals, worded as the switches say."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _worded_record(value, switches)
    if isinstance(value, (list, tuple)):
        return [worded(item, switches) for item in value]
    if isinstance(value, Decimal):
        return _worded_number(value, switches)
    if isinstance(value, date):
        return _worded_date(value, switches)
    return value


def is_summer_time(day: date) -> bool:
    """Does this day begin in British Summer Time?"""
    return _last_sunday(day.year, 3) < day <= _last_sunday(day.year, 10)


def _worded_record(record: dict[str, Any], switches: Switches) -> dict[str, Any]:
    out = {}
    for name, value in record.items():
        if value is not None:
            out[name] = worded(value, switches)
        elif name in _ALWAYS_NULL:
            out[name] = None
        elif name in _DATES and switches["absent_date"] != "as_absent_value":
            out[name] = _SENTINELS[switches["absent_date"]]
        elif switches["absent_value"] != "missing":
            out[name] = _absent(name, switches["absent_value"])
    return out


def _absent(name: str, position: str) -> Any:
    if position == "empty_text" and name not in _DATES | _NUMBERS:
        return ""
    if position == "zero" and name in _NUMBERS:
        return 0
    return None


def _worded_number(number: Decimal, switches: Switches) -> Any:
    if switches["numbers_out"] == "integers_where_whole" and number == number.to_integral_value():
        return int(number)
    return number.quantize(_FOUR_PLACES)


def _worded_date(value: date, switches: Switches) -> str:
    """A moment to the second, or a day as the switch says."""
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else _worded_day(value, switches)


def _worded_day(day: date, switches: Switches) -> str:
    match switches["date_out"]:
        case "noon_with_offset":
            return f"{day.isoformat()} 12:00:00 {'+01:00' if is_summer_time(day) else '+00:00'}"
        case "noon_with_t":
            return f"{day.isoformat()}T12:00:00"
        case "eve_at_23" if is_summer_time(day):
            return f"{(day - timedelta(days=1)).isoformat()} 23:00:00"
        case "eve_at_23":
            return f"{day.isoformat()} 00:00:00"
        case _:
            return f"{day.isoformat()} 12:00:00"


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)
