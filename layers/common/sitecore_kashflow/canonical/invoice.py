"""The documents that the books should hold. One that does not add up cannot be constructed."""

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal, NamedTuple, Self, TypeVar

from pydantic import BaseModel, model_validator

from ..errors import PermanentError
from .customer import FROZEN, Address
from .kinds import CREDIT_NOTE, DEPOSIT, DISPATCH_INVOICE, FURTHER_INVOICE, INVOICE, RECEIPT
from .money import ZERO, Amount
from .sent import Sent
from .text import DESCRIPTION_LENGTH, clean


class InvoiceLine(BaseModel):
    """One line as KashFlow takes it: `quantity` x `rate` is `net`, to the penny. `why` names the VAT rule.

    `box` says where it stands on the VAT return; `vat_exempt` is KashFlow's mark for what is in no box. `part` is what
    of the order it charges: `line:` and the line's id, `delivery`, `discount`, ...; empty for what the bridge adds
    itself. `pieces` is how many were sold, `item` their name, `group` what is taxed alike. `credits` says why a credit
    note takes it off: the order came down, goods came back, or money was given for no goods.
    """

    model_config = FROZEN

    description: str
    quantity: int
    rate: Amount
    net: Amount
    vat: Amount
    vat_level: Amount
    vat_exempt: bool = False
    box: Literal["taxable", "zero", "exempt", "abroad", "none"] = "taxable"
    nominal_code: int
    why: str
    part: str = ""
    pieces: int = 1
    item: str = ""
    group: str = ""
    credits: Literal["", "change", "return", "goodwill"] = ""

    @property
    def is_free(self) -> bool:
        return not (self.net or self.vat)

    def note(self, words: str, why: str) -> Self:
        """A line that says something and costs nothing, on the same code and with the same mark as this one."""
        nothing = {"quantity": 1, "rate": ZERO, "net": ZERO, "vat": ZERO, "part": "", "pieces": 1, "item": ""}
        return self.model_copy(update=nothing | {"description": clean(words, DESCRIPTION_LENGTH), "why": why})


class PaidInto(NamedTuple):
    """Where money goes in the books: a bank account by its code, and KashFlow's method by name or id. None: default."""

    bank_account: str | None = None
    method: str | int | None = None


class PaymentLine(BaseModel):
    """A receipt on the invoice, in the invoice's currency. `payment_id` is the shop's, `reference` the gateway's."""

    model_config = FROZEN

    payment_id: str
    paid_on: date
    amount: Amount
    reference: str = ""
    paid_into: PaidInto = PaidInto()


class ReceiptDraft(BaseModel):
    """A receipt that came after its invoice was posted. `line` has its amount in `currency`, the invoice's.

    `part` counts those of one payment, where it is for several invoices.
    """

    model_config = FROZEN
    kind: ClassVar[str] = RECEIPT

    invoice_number: int
    currency: str
    line: PaymentLine
    part: int = 1
    rules_version: str

    @property
    def reference(self) -> str:
        """The shop's id of the payment and its transaction."""
        return self.line.payment_id if self.part == 1 else f"{self.line.payment_id}-{self.part}"


class VatNumber(BaseModel):
    """A customer's VAT number on which a sale abroad may rest; `answer` is what the shop's own check of it came to.

    `country` is the one by whose form and check digits it is right, empty if there is none.
    """

    model_config = FROZEN

    number: str
    country: str
    answer: str


class InvoiceDraft(BaseModel):
    """An invoice that is not posted yet. Dates are UK local dates; `gross` is the order's total.

    `vat_method` says how the shop's VAT was allocated to the lines: by line, by percentage, on the total, by unit,
    spread or included; `vat_drift` is what the shop charged minus the nearest lawful rounding. `issue_until`: the shop
    has elected the day of issue as tax point, up to this day. `supplied_on` is the tax point of an invoice that bears a
    later day. `reverse_charged_to` is the VAT number of a customer who accounts for the VAT. `due_on` None leaves the
    day to the customer's terms in the books. `customers_number` is the customer's own number for the order,
    `vat_number` that of a customer to whom something is sold abroad. `text` is what it says beside its lines.
    `rules_held` names the conditional rules that it was made by. `sale` is a digest of the order that it charges.
    `rate` is that of an earlier document that this one follows, foreign units for one home unit as of `rate_day`: its
    lines are in the currency of the books already. `enriched_by` is the function of the shop's own that has set
    something in the order. `sent` is the dispatch that it is for, where each has an invoice of its own.
    """

    model_config = FROZEN
    kind: ClassVar[str] = INVOICE

    reference: str
    issued_on: date
    due_on: date | None
    currency: str
    gross: Amount
    address: Address
    delivery: Address | None = None
    lines: tuple[InvoiceLine, ...]
    payments: tuple[PaymentLine, ...] = ()
    vat_method: str = "by line"
    issue_until: date | None = None
    supplied_on: date | None = None
    reverse_charged_to: str = ""
    customers_number: str = ""
    vat_number: VatNumber | None = None
    text: str = ""
    vat_drift: Amount = ZERO
    rules_version: str
    rules_held: tuple[str, ...] = ()
    sale: str | None = None
    enriched_by: str = ""
    rate: Amount | None = None
    rate_day: date | None = None
    sent: Sent | None = None

    @model_validator(mode="after")
    def adds_up(self) -> Self:
        """Every line is quantity x rate, and all lines with their VAT come to the gross."""
        for position, line in enumerate(self.lines, start=1):
            if line.quantity * line.rate != line.net:
                raise PermanentError(
                    "LINE_DOES_NOT_ADD_UP",
                    f"Line {position}: {line.quantity} x {line.rate} is not {line.net}. Please report it as a defect.",
                )
        if self.net + self.vat != self.gross:
            raise PermanentError(
                "INVOICE_DOES_NOT_ADD_UP",
                f"The invoice would come to {self.net} + {self.vat} VAT, the order's total is {self.gross} "
                f"{self.currency}. Check the tax of the order in Sitecore, then resume.",
            )
        return self

    def changed(self, **fields: object) -> Self:
        """The same document with other fields. Raises `PermanentError` if it no longer adds up."""
        return type(self).model_validate(dict(self) | fields)

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), ZERO)

    @property
    def vat(self) -> Decimal:
        return sum((line.vat for line in self.lines), ZERO)


class DepositDraft(InvoiceDraft):
    """An invoice for money that came in before the rest of its order was due."""

    kind: ClassVar[str] = DEPOSIT


class DispatchInvoiceDraft(InvoiceDraft):
    """An invoice for what has left by one dispatch of an order that is sent in parts. `sent` says by which."""

    kind: ClassVar[str] = DISPATCH_INVOICE


class FurtherInvoiceDraft(InvoiceDraft):
    """An invoice for what an order came up by after its invoice was posted."""

    kind: ClassVar[str] = FURTHER_INVOICE


class CreditNoteDraft(InvoiceDraft):
    """What an order came down by, or what was given back of it: an invoice whose amounts are negative (KF-62).

    `payments` are the refunds that it books, with negative amounts.
    """

    kind: ClassVar[str] = CREDIT_NOTE


Invoice = TypeVar("Invoice", bound=InvoiceDraft)
"""An invoice of any kind: what is made of it is of the same kind."""
