"""How an invoice is shown: the list row and the full object (KF-32, KF-68)."""

from bisect import bisect_left
from datetime import date
from decimal import Decimal

from sandbox.kashflow.arithmetic import ZERO, at_home, pennies
from sandbox.kashflow.books import Books
from sandbox.kashflow.customers import currency_view
from sandbox.kashflow.reading import Record

_STATUS_WORDS = {
    "english": {"Paid": "Paid", "Unpaid": "Unpaid", "Overdue": "Overdue"},
    "other_words": {"Paid": "Settled", "Unpaid": "Sent", "Overdue": "Late"},
}


def invoice_row(books: Books, invoice: Record) -> Record:
    """The row of a list."""
    row = _common(books, invoice)
    if books.switches["list_row_details"] == "null":
        return {**row, "Currency": None, "LineItems": None}
    return {**row, **_details_of_row(books, invoice)}


def invoice_view(books: Books, invoice: Record) -> Record:
    """The full object."""
    customer = books.customer_by_code(invoice["CustomerCode"]) or {}
    contact: Record = next(iter(customer.get("Contacts", [])), {})
    symbol = currency_view(books, invoice["Currency"]["Code"], None)["Symbol"]
    position = bisect_left(books.invoice_numbers, invoice["Number"])
    numbers = books.invoice_numbers
    return {
        **_common(books, invoice),
        **_details_of_row(books, invoice),
        "UseCustomDeliveryAddress": invoice["UseCustomDeliveryAddress"],
        "DeliveryAddress": invoice["DeliveryAddress"],
        "CISRCNetAmount": ZERO,
        "VATNumber": customer.get("VATNumber"),
        "CustomerDiscount": customer.get("DiscountRate") or ZERO,
        "CustomerContactName": contact.get("Name"),
        "CustomerContactFirstName": contact.get("Firstname"),
        "CustomerContactLastName": contact.get("LastName"),
        "Permalink": invoice["Permalink"],
        "PackingSlipPermalink": invoice["PackingSlipPermalink"],
        "IsWhtDeductionToBeApplied": False,
        "FormattedDueAmount": f"{symbol}{pennies(invoice['DueAmount']):f}",
        "PreviousNumber": numbers[position - 1] if position > 0 else 0,
        "NextNumber": numbers[position + 1] if position + 1 < len(numbers) else 0,
        "LastPaymentDate": invoice["LastPaymentDate"],
        "CreatedDate": invoice["CreatedDate"],
        "PaymentLines": invoice["PaymentLines"],
        "ReminderLetters": [],
    }


def status_of(books: Books, invoice: Record) -> str | None:
    """The word for the state of payment, under the switch `status_words`."""
    words = _STATUS_WORDS.get(books.switches["status_words"])
    return None if words is None else words[plain_status(books, invoice)]


def plain_status(books: Books, invoice: Record) -> str:
    """Paid when nothing is due, Overdue past the due date, else Unpaid."""
    if not invoice["DueAmount"]:
        return "Paid"
    return "Overdue" if invoice["DueDate"] < books.today() else "Unpaid"


def overdue_days(books: Books, invoice: Record) -> int:
    """Days since the due date while something is due."""
    if not invoice["DueAmount"]:
        return 0
    due: date = invoice["DueDate"]
    return max((books.today() - due).days, 0)


def _common(books: Books, invoice: Record) -> Record:
    rate = invoice["Currency"]["ExchangeRate"]
    customer = books.customer_by_code(invoice["CustomerCode"]) or {}
    paid = invoice["Paid"]
    in_home = books.switches["total_paid_currency"] == "home"
    return {
        "Id": invoice["Id"],
        "Number": invoice["Number"],
        "IssuedDate": invoice["IssuedDate"],
        "DueDate": invoice["DueDate"],
        "PaidDate": invoice["PaidDate"],
        "NetAmount": invoice["NetAmount"],
        "VATAmount": invoice["VATAmount"],
        "GrossAmount": invoice["GrossAmount"],
        "TotalPaidAmount": at_home(paid, rate) if in_home else paid,
        "DueAmount": invoice["DueAmount"],
        "Status": status_of(books, invoice),
        "Type": "Credit Note" if invoice["GrossAmount"] < 0 else "Invoice",
        "HomeCurrencyGrossAmount": at_home(invoice["GrossAmount"], rate),
        "HomeCurrencyVATAmount": at_home(invoice["VATAmount"], rate),
        "ProjectGrossAmount": ZERO,
        "ProjectNumber": invoice["ProjectNumber"],
        "ProjectName": None,
        "CustomerCode": invoice["CustomerCode"],
        "CustomerId": customer.get("Id", 0),
        "CustomerName": customer.get("Name"),
        "CustomerReference": invoice["CustomerReference"],
        "CustomerKey": customer.get("CustomerKey"),
        "EmailCount": 0,
        "FileCount": 0,
        "OverdueDays": overdue_days(books, invoice),
        "VATReturnId": invoice["VATReturnId"],
        "TradeBorderType": customer.get("TradeBorderType"),
        "IsArchived": invoice["IsArchived"],
        "IsCISReverseCharge": invoice["IsCISReverseCharge"],
        "CISRCVatAmount": ZERO,
        "AutomaticCreditControlEnabled": invoice["AutomaticCreditControlEnabled"],
        "Address": invoice["Address"],
    }


def _details_of_row(books: Books, invoice: Record) -> Record:
    currency = invoice["Currency"]
    return {
        "Currency": currency_view(books, currency["Code"], currency["ExchangeRate"]),
        "LineItems": [_line_view(books, line, currency["ExchangeRate"]) for line in invoice["LineItems"]],
    }


def _line_view(books: Books, line: Record, exchange_rate: Decimal) -> Record:
    nominal = books.nominal(line["NominalCode"]) or {}
    product = books.products.get((line["NominalCode"], (line["ProductCode"] or "").lower())) or {}
    return {
        **line,
        "HomeCurrencyRate": line["Rate"] / exchange_rate,
        "HomeCurrencyVATAmount": at_home(line["VATAmount"], exchange_rate),
        "NominalId": nominal.get("Id"),
        "NominalName": nominal.get("Name"),
        "ProductName": product.get("Name"),
        "ProjectName": None,
        "DisableDisallowed": False,
        **{f"Tax{tax}Amount": ZERO for tax in range(1, 6)},
    }
