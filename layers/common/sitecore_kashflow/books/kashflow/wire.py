"""KashFlow's messages (docs/facts/kashflow.md), as far as the bridge reads them.

Everything but the key may be missing, `null` or `""`; dates come in several forms.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from ...calls.answers import Answer, Part

ZERO = Decimal(0)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}:\d{2}:\d{2})(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?")
_NO_DATE_BEFORE = date(1971, 1, 1)  # KF-20


def read_date(text: str | None) -> date | None:
    """The day a KashFlow date means, or None for its "no date" values (KF-18 to KF-20).

    The day is taken as written, except that 23:00:00 in UTC or without a zone, during British Summer Time, is
    midnight at the start of the next day.
    """
    match = _DATE.match(text or "")
    if match is None:
        return None
    day = date(int(match[1]), int(match[2]), int(match[3]))
    if day < _NO_DATE_BEFORE:
        return None
    if match[4] == "23:00:00" and (match[5] or "Z").replace(":", "") in ("Z", "+0000") and _is_summer(day):
        return day + timedelta(days=1)
    return day


def _is_summer(day: date) -> bool:
    return bool(datetime(day.year, day.month, day.day, 23, tzinfo=ZoneInfo("Europe/London")).dst())


def _or_default(default: object) -> BeforeValidator:
    return BeforeValidator(lambda value: default if value is None or value == "" else value)


Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
Money = Annotated[Decimal, _or_default(ZERO)]
Number = Annotated[int, _or_default(0)]
Flag = Annotated[bool, _or_default(False)]


class TokenStart(Answer):
    """Answer to either step of the login. Positions in the memorable word are counted from 1."""

    temporary_token: Text = ""
    session_token: Text = ""
    memorable_word_list: tuple[dict[str, Any], ...] = ()


class PaymentLine(Part):
    date: Text = ""
    amount: Money = ZERO
    method: Number = 0
    account_id: Number = 0
    bulk_payment_number: Number = 0
    is_payment_credit_note: Flag = False
    note: Text = ""
    reference: Text = ""


class BankRow(Part):
    """A row of a bank account's list. `Balance` moves with each request and is never read (KF-115)."""

    id: Number = 0
    date: Text = ""
    comment: Text = ""
    entity_name: Text = ""
    resource_number: Number = 0
    money_type: Number = 0
    paid_in: Money = ZERO
    paid_out: Money = ZERO

    @property
    def amount(self) -> Decimal:
        """Positive for money that came in."""
        return self.paid_in - self.paid_out


class BankBalances(Part):
    """What `MetaData` of a bank account's list says of the days asked for; None where it does not."""

    opening_balance: Annotated[Decimal | None, _or_default(None)] = None
    closing_balance: Annotated[Decimal | None, _or_default(None)] = None


class LineItem(Part):
    description: Text = ""
    quantity: Money = ZERO
    rate: Money = ZERO
    vat: Money = Field(ZERO, alias="VATAmount")
    vat_level: Money = Field(ZERO, alias="VATLevel")
    vat_exempt: Annotated[bool | None, _or_default(None)] = Field(None, alias="VATExempt")
    nominal_code: Number = 0

    @property
    def net(self) -> Decimal:
        return self.quantity * self.rate


class Currency(Part):
    code: Text = ""


class Invoice(Answer):
    """An invoice as read back: the fields that the bridge compares. A change sends the whole answer again (KF-71)."""

    id: Number = 0
    number: int
    customer_code: Text = ""
    customer_reference: Text = ""
    issued_date: Text = ""
    due_date: Text = ""
    net_amount: Money = ZERO
    vat_amount: Money = Field(ZERO, alias="VATAmount")
    gross_amount: Money = ZERO
    due_amount: Money = ZERO
    home_currency_gross_amount: Money = ZERO
    currency: Currency | None = None
    line_items: tuple[dict[str, Any], ...] | None = None
    payment_lines: tuple[PaymentLine, ...] | None = None

    @property
    def paid(self) -> Decimal:
        """The sum of the payment lines; if they are not shown, the part that is no longer due."""
        if self.payment_lines is None:
            return self.gross_amount - self.due_amount
        return sum((line.amount for line in self.payment_lines), ZERO)

    @property
    def lines(self) -> list[LineItem]:
        """The lines, as far as the bridge reads them."""
        return [LineItem.model_validate(line) for line in self.line_items or ()]


class Named(Answer):
    """A row of a look-up list, whatever its key is called (KF-78)."""

    id: int
    name: Text = ""


def named_row(row: Mapping[str, Any]) -> Named | None:
    """Read `Id|MethodID|Number` and `Name|MethodName`; None when there is no number."""
    words = {str(key).lower(): value for key, value in row.items()}
    number = next((words[key] for key in ("id", "methodid", "number") if words.get(key) is not None), None)
    if number is None:
        return None
    return Named(id=int(number), name=words.get("name") or words.get("methodname") or "")


class BankAccount(Answer):
    id: int
    code: Text = ""
    account_name: Text = ""
    is_default_account: Flag = False
    is_archived: Flag = False
    default_invoice_payment_type: dict[str, Any] | None = None


WRITABLE_INVOICE_FIELDS = (
    "Number", "IssuedDate", "DueDate", "ProjectNumber", "IsCISReverseCharge", "CustomerCode", "CustomerReference",
    "AutomaticCreditControlEnabled", "UseCustomDeliveryAddress", "Currency", "Address", "DeliveryAddress",
    "LineItems", "PaymentLines",
)  # fmt: skip
"""What a PUT of an invoice may carry (KF-59)."""

WRITABLE_CUSTOMER_FIELDS = (
    "Code", "Name", "Source", "Note", "DiscountRate", "ShowDiscount", "VATNumber", "AutoIncludeVATNumber",
    "TradeBorderType", "ReceivesWholesalePricing", "DefaultCustomerReference", "DefaultNominalCode",
    "EmailTemplateNumber", "PDFThemeId", "OverrideInvoiceFileFormat", "InvoiceFileFormat", "UniqueEntityNumber",
    "AutomaticCreditControlEnabled", "UseCustomDeliveryAddress", "ApplyWithholdingTax", "WithholdingTaxRate",
    "WithholdingTaxReferences", "IsCISReverseCharge", "EnableCreditLimit", "CreditLimit", "IsArchived", "Currency",
    "PaymentTerms", "Addresses", "DeliveryAddresses", "Contacts", "CustomTextBoxes", "CustomCheckBoxes",
)  # fmt: skip
"""What a PUT of a customer may carry (KF-44)."""
