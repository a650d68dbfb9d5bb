"""What KashFlow shows, in the words of the comparison with the ledger."""

from collections.abc import Iterable
from decimal import Decimal

from ...canonical.money import ZERO, round_money
from ...documents.entry import Entry
from ...reconciliation.values import Shown, ShownReceipt, Split
from .mapping import names_payment, payment_note
from .shown import difference
from .wire import BankRow, Invoice, LineItem, PaymentLine, read_date

_OF_AN_INVOICE = "invoice"
_NAMED = payment_note("")


def shown_document(invoice: Invoice, entry: Entry | None = None) -> Shown:
    """A document of the list, or one that was read on its own, with what is not as its entry has it."""
    return Shown(
        number=invoice.number,
        reference=invoice.customer_reference,
        issued=read_date(invoice.issued_date),
        net=invoice.net_amount,
        vat=invoice.vat_amount,
        gross=invoice.gross_amount,
        due=invoice.due_amount,
        currency=invoice.currency.code if invoice.currency else "",
        customer=invoice.customer_code,
        split=_split(invoice.lines) if invoice.line_items is not None else None,
        differs=difference(invoice, entry) if entry else "",
    )


def receipts_on(invoice: Invoice, entries: Iterable[Entry]) -> list[ShownReceipt]:
    """The money on a document that was read on its own. What one document sets off against another is none."""
    owned = [(payment, one.marks.get(payment, "")) for one in entries for payment in one.carried]
    return [
        ShownReceipt(invoice.number, read_date(line.date), line.amount, _payment_of(line, owned), line.account_id)
        for line in invoice.payment_lines or ()
        if not line.is_payment_credit_note
    ]


def receipt_in_bank(row: BankRow, account: int) -> ShownReceipt | None:
    """The receipt that a row of a bank account's list is; None for any other row (KF-113)."""
    if row.entity_name.lower() != _OF_AN_INVOICE:
        return None
    named = row.comment.removeprefix(_NAMED) if row.comment.startswith(_NAMED) else ""
    return ShownReceipt(row.resource_number, read_date(row.date), row.amount, named, account)


def _payment_of(line: PaymentLine, owned: Iterable[tuple[str, str]]) -> str:
    """The shop's id of the payment that a line names; empty if it names none."""
    if line.note.startswith(_NAMED):
        return line.note.removeprefix(_NAMED)
    return next((payment for payment, marks in owned if names_payment(line, payment, marks)), "")


def _split(lines: Iterable[LineItem]) -> Split:
    sums: dict[str, Decimal] = {"taxed": ZERO, "without_vat": ZERO, "outside": ZERO}
    for line in lines:
        treatment = "outside" if line.vat_exempt else "taxed" if line.vat_level else "without_vat"
        sums[treatment] += round_money(line.net, "GBP")
    return Split(**sums)
