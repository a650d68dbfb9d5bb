"""Invoices in KashFlow, as a kind of document that is posted exactly once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

from ...canonical.invoice import InvoiceDraft
from ...canonical.kinds import CREDIT_NOTE
from ...canonical.money import ZERO, round_money
from ...documents.entry import Banked, Days, Entry, Figures, Standing, VatEvidence
from ...documents.kinds import Finding, Holder, Intent
from ...documents.sold_lines import pack_lines
from ...errors import OutcomeUnknownError, PermanentError
from ...observability import LogCode, Metric, note
from ...plan.currency import ExchangeRate, convert_to_home
from ...plan.duties import with_duties
from ...plan.periods import in_open_period, on_day_of_issue
from ...plan.postings import postings_of
from ...plan.vat_amounts import VatAmounts, fit_to_account, is_as_computed, tell
from ...rules.model import Rules
from .client import KashflowClient
from .ground import KashflowGround, whole_invoice
from .mapping import invoice_payload, names_payment, payment_marks, shows_marks
from .shown import difference, lines_of
from .wire import Invoice


@dataclass(frozen=True)
class InvoiceKind:
    """Identified by `CustomerReference`; found in the complete list of the customer's invoices."""

    ground: KashflowGround
    rules: Rules
    looks_before_first_post: ClassVar = False
    posted: ClassVar = Metric.INVOICES_CREATED
    adopted: ClassVar = Metric.INVOICES_ADOPTED

    def intend(self, draft: InvoiceDraft, customer_code: str) -> Intent:
        """The invoice as it would be posted: in an open period, in the books' currency, checked against the account."""
        account, rules, sale = self.ground.account, self.rules, draft
        issued = on_day_of_issue(draft, account.today())
        draft = account.retry_with_fresh_lists(lambda: in_open_period(issued, account.first_open_day(), rules.orders))
        rate = self._rate_of(draft)
        draft = _in_books_currency(draft, rate, rules)
        sold = pack_lines(draft.lines)
        if not is_as_computed(draft.lines):
            draft = fit_to_account(draft, account.vat_amounts(), rules.nominal_codes.rounding)
        account.check(draft)
        figures = Figures(
            currency=draft.currency,
            net=draft.net,
            vat=draft.vat,
            gross=draft.gross,
            rate=rate.rate,
            rate_day=rate.day,
            sold_in=sale.currency,
            sale=sale.sale,
        )
        ids = account.payment_ids(one.paid_into for one in draft.payments)
        marks = {one.payment_id: payment_marks(one, ids[one.paid_into]) for one in draft.payments}
        banked = {one.payment_id: Banked(ids[one.paid_into].bank_account_id, one.reference) for one in draft.payments}
        seen = VatEvidence(**dict(draft.vat_number), seen_on=account.today()) if draft.vat_number else None
        entry = _entry(draft, customer_code, figures)
        return Intent(replace(entry, marks=marks, banked=banked, vat_evidence=seen, sold=sold), draft)

    def _rate_of(self, draft: InvoiceDraft) -> ExchangeRate:
        """That of the document which this one follows; else of its tax point."""
        if draft.rate is not None:
            return ExchangeRate(draft.rate, draft.rate_day)
        on = draft.supplied_on or draft.issued_on
        return self.ground.account.exchange_rate(draft.currency, on, self.rules)

    def look(self, entry: Entry) -> Finding:
        """Read all of the customer's invoices, then the number that was asked for: it may not be listed yet."""
        return Finding(self._find(entry))

    def body(self, intent: Intent, finding: Finding) -> dict[str, Any]:
        """The body of `POST /invoices`, without its number."""
        del finding
        draft, figures = intent.draft, intent.entry.figures
        ids = self.ground.account.payment_ids(one.paid_into for one in draft.payments)
        is_home = draft.currency == self.rules.orders.home_currency
        rate = Decimal(1) if is_home or figures.rate is None else figures.rate
        return invoice_payload(draft, intent.entry.customer_code, rate, ids)

    def await_turn(self) -> None:
        self.ground.client.await_turn()

    def send(self, entry: Entry, body: Mapping[str, Any]) -> int | None:
        """Post it, under the number that was reserved for it if there is one."""
        return self.ground.client.create_invoice({"Number": entry.reserved} | dict(body) if entry.reserved else body)

    def number_of(self, entry: Entry, answer: int | None) -> int:
        """The number that KashFlow gave. If it is not the one asked for, all of the customer's invoices are read."""
        if answer is not None and entry.reserved in (None, answer):
            return answer
        number = self._find(entry, answer)
        if number is None:
            raise OutcomeUnknownError("OUTCOME_UNKNOWN", "KashFlow accepted the invoice but does not show it yet.")
        if entry.reserved not in (None, number):
            note(LogCode.NUMBER_CHANGED, asked=entry.reserved, number=number)
        return number

    def holder(self, entry: Entry) -> Holder | None:
        """The invoice that has the number that was asked for, whether it is ours or not."""
        body = None if entry.reserved is None else self.ground.client.invoice(entry.reserved)
        if body is None:
            return None
        invoice = Invoice.model_validate(body)
        return Holder(invoice.number, _is_meant(invoice, entry))

    def reserve_number(self) -> int | None:
        """A number from the range in the rules; None where KashFlow numbers invoices itself."""
        numbers = self.rules.invoices.number_range
        return None if numbers is None else self.ground.numbers.reserve(*numbers)

    def verify(self, entry: Entry, finding: Finding) -> Standing:
        """Read the invoice back; it must show what was meant, to the penny."""
        del finding
        invoice = read_invoice(self.ground.client, entry)
        self._learn(invoice, entry)
        shown = (invoice.net_amount, invoice.vat_amount, invoice.gross_amount, invoice.customer_reference, invoice.paid)
        figures, paid = entry.figures, sum(entry.carried.values(), ZERO)
        if shown != (figures.net, figures.vat, figures.gross, entry.reference, paid):
            raise PermanentError(
                "INVOICE_DIFFERS",
                f"Invoice {invoice.number} in KashFlow shows {invoice.net_amount} + {invoice.vat_amount} VAT = "
                f"{invoice.gross_amount}, {invoice.paid} paid, reference {invoice.customer_reference}; it should show "
                f"{figures.net} + {figures.vat} = {figures.gross}, {paid} paid, reference {entry.reference}. "
                "Correct it there, then resume.",
            )
        require_receipts(invoice, entry)
        differs = difference(invoice, entry)
        if differs:
            raise PermanentError(
                "INVOICE_DIFFERS",
                f"Invoice {invoice.number} in KashFlow shows {differs}. Correct it there, then resume.",
            )
        self._check_home_amount(invoice, figures)
        standing = entry.standing or Standing(invoice.number)
        return replace(standing, internal_id=invoice.id or None, is_verified=True)

    def _learn(self, invoice: Invoice, entry: Entry) -> None:
        """Remember what the account does with VAT, if the invoice has a trial, or has another VAT than was sent."""
        lines, figures = invoice.lines, entry.figures
        seen = tell(lines)
        if invoice.net_amount == figures.net and invoice.vat_amount != figures.vat and lines and is_as_computed(lines):
            seen = VatAmounts.COMPUTED
        if seen is not VatAmounts.UNKNOWN:
            self.ground.account.note_vat_amounts(seen, invoice.number)
            note(LogCode.VAT_AMOUNTS_SEEN, amounts=seen, number=invoice.number)

    def _check_home_amount(self, invoice: Invoice, figures: Figures) -> None:
        """The home amount of a foreign invoice must agree with our rate, to a penny for each line (KF-98)."""
        home = self.rules.orders.home_currency
        if figures.currency == home or figures.rate is None:
            return
        meant = round_money(figures.gross / figures.rate, home)
        shown = invoice.home_currency_gross_amount
        slack = Decimal("0.01") * (len(invoice.line_items or ()) + 1)
        if shown and abs(shown - meant) > slack:
            raise PermanentError(
                "HOME_AMOUNT_DIFFERS",
                f"Invoice {invoice.number} for {figures.gross} {figures.currency} shows {shown} {home}; "
                f"at {figures.rate} it should be {meant}. Correct the rate on the invoice, then resume.",
            )

    def _find(self, entry: Entry, given: int | None = None) -> int | None:
        """The number of the invoice with exactly our reference. Raises `PermanentError` if there are several.

        `given` is the number that KashFlow has just answered.
        """
        listed = self.ground.client.invoices_of_customer(entry.customer_code)
        found = {invoice.number for invoice in listed if _is_meant(invoice, entry)}
        if entry.reserved not in found:
            holder = self.holder(entry)
            found |= {holder.number} if holder and holder.is_ours else set()
        found |= {given} if given is not None else set()
        if len(found) > 1:
            raise PermanentError(
                "INVOICE_DOUBLED",
                f"KashFlow holds invoices {', '.join(map(str, sorted(found)))} with the reference {entry.reference}. "
                "Delete all but one, then resume.",
            )
        return next(iter(found), None)


def read_invoice(client: KashflowClient, entry: Entry) -> Invoice:
    """The invoice of a standing entry. Raises `PermanentError` if it no longer exists."""
    return Invoice.model_validate(whole_invoice(client, entry.standing.number if entry.standing else 0))


def require_receipts(invoice: Invoice, entry: Entry) -> None:
    """Raise `PermanentError` unless the invoice shows each receipt of an entry on its day, in its place."""
    for payment_id, marks in entry.marks.items():
        lines = [one for one in invoice.payment_lines or () if names_payment(one, payment_id, marks)]
        if not any(shows_marks(one, marks) for one in lines) and invoice.payment_lines is not None:
            raise PermanentError(
                "INVOICE_DIFFERS",
                f"Invoice {invoice.number} should show the receipt {payment_id} as {marks} (day, amount, ids of method "
                "and bank account, reference), and does not. Correct it in KashFlow, then resume.",
            )


def _in_books_currency(draft: InvoiceDraft, rate: ExchangeRate, rules: Rules) -> InvoiceDraft:
    """The draft in the currency of its invoice, with all that the law wants said."""
    home = rules.orders.home_currency
    if rules.currency.mode == "convert_to_home" and draft.currency != home:
        draft = convert_to_home(draft, rate, home)
    return with_duties(draft, rate.rate, home)


def _entry(draft: InvoiceDraft, customer_code: str, figures: Figures) -> Entry:
    return Entry(
        kind=draft.kind,
        reference=draft.reference,
        customer_code=customer_code,
        figures=figures,
        rules_version=draft.rules_version,
        carried={payment.payment_id: payment.amount for payment in draft.payments},
        postings=postings_of(draft.lines),
        days=Days(
            issued=draft.issued_on,
            received={payment.payment_id: payment.paid_on for payment in draft.payments},
            supplied=draft.supplied_on,
            due=draft.due_on,
        ),
        lines=lines_of(draft),
        rules_held=draft.rules_held,
        enriched_by=draft.enriched_by,
        sent=draft.sent,
    )


def _is_meant(invoice: Invoice, entry: Entry) -> bool:
    """By its reference and its sign: a person's credit note may have the reference of its invoice (KF-62)."""
    is_of_its_sign = invoice.gross_amount <= 0 if entry.kind == CREDIT_NOTE else invoice.gross_amount >= 0
    return invoice.customer_reference == entry.reference and is_of_its_sign
