"""Invoices in KashFlow, as a kind of document that is posted exactly once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

from ...canonical.invoice import InvoiceDraft
from ...canonical.money import ZERO, round_money
from ...documents.entry import Entry, Figures, Standing
from ...documents.kinds import Holder, Intent, Sight
from ...errors import OutcomeUnknownError, PermanentError
from ...observability import LogCode, Metric, note
from ...plan.currency import ExchangeRate, convert_to_home
from ...plan.invoice import in_open_period
from ...rules.model import Rules
from .client import KashflowClient
from .ground import KashflowGround
from .mapping import invoice_payload
from .wire import Invoice


@dataclass(frozen=True)
class InvoiceKind:
    """Known by `CustomerReference`; found in the complete list of the customer's invoices."""

    ground: KashflowGround
    rules: Rules
    looks_first: ClassVar = False
    posted: ClassVar = Metric.INVOICES_CREATED
    adopted: ClassVar = Metric.INVOICES_ADOPTED

    def intend(self, draft: InvoiceDraft, customer_code: str) -> Intent:
        """The invoice in an open period and in the books' currency, which the account has all that it needs for."""
        account, rules = self.ground.account, self.rules
        draft = in_open_period(draft, account.first_open_day(), rules.orders)
        rate = account.exchange_rate(draft.currency, draft.issued_on, rules)
        home = rules.orders.home_currency
        if rules.currency.mode == "convert_to_home" and draft.currency != home:
            draft = convert_to_home(draft, rate, home)
        account.check(draft)
        return Intent(_entry(draft, customer_code, rate), draft)

    def look(self, entry: Entry) -> Sight:
        """All of the customer's invoices, then the number that was asked for: it may not be listed yet."""
        return Sight(self._find(entry))

    def body(self, intent: Intent, sight: Sight) -> dict[str, Any]:
        """The body of `POST /invoices`, but for its number."""
        del sight
        draft, figures = intent.draft, intent.entry.figures
        ids = self.ground.account.payment_ids({payment.method for payment in draft.payments}, self.rules.payments)
        is_home = draft.currency == self.rules.orders.home_currency
        rate = Decimal(1) if is_home or figures.rate is None else figures.rate
        return invoice_payload(draft, intent.entry.customer_code, rate, ids)

    def send(self, entry: Entry, body: Mapping[str, Any]) -> int | None:
        """Post it, under the number that was reserved for it, if any."""
        return self.ground.client.create_invoice({"Number": entry.reserved} | dict(body) if entry.reserved else body)

    def number_of(self, entry: Entry, answer: int | None) -> int:
        """The number that KashFlow gave. If it is not the one asked for, all of the customer's invoices are read."""
        if answer is not None and entry.reserved in (None, answer):
            return answer
        number = self._find(entry, answer)
        if number is None:
            raise OutcomeUnknownError("OUTCOME_UNKNOWN", "KashFlow took the invoice but does not show it yet.")
        if entry.reserved not in (None, number):
            note(LogCode.NUMBER_CHANGED, asked=entry.reserved, number=number)
        return number

    def holder(self, entry: Entry) -> Holder | None:
        """The invoice under the number that was asked for, whoever's it is."""
        body = None if entry.reserved is None else self.ground.client.invoice(entry.reserved)
        if body is None:
            return None
        invoice = Invoice.model_validate(body)
        return Holder(invoice.number, _is_meant(invoice, entry))

    def reserve_number(self) -> int | None:
        """A number of the range in the rules; None where KashFlow numbers."""
        numbers = self.rules.invoices.number_range
        return None if numbers is None else self.ground.numbers.reserve(*numbers)

    def verify(self, entry: Entry, sight: Sight) -> Standing:
        """Read the invoice back; it must say what was meant, to the penny."""
        del sight
        invoice = read_invoice(self.ground.client, entry)
        shown = (invoice.net_amount, invoice.vat_amount, invoice.gross_amount, invoice.customer_reference, invoice.paid)
        figures, paid = entry.figures, sum(entry.carried.values(), ZERO)
        if shown != (figures.net, figures.vat, figures.gross, entry.reference, paid):
            raise PermanentError(
                "INVOICE_DIFFERS",
                f"Invoice {invoice.number} in KashFlow says {invoice.net_amount} + {invoice.vat_amount} VAT = "
                f"{invoice.gross_amount}, {invoice.paid} paid, reference {invoice.customer_reference}; meant were "
                f"{figures.net} + {figures.vat} = {figures.gross}, {paid} paid, reference {entry.reference}. "
                "Correct it there, then resume.",
            )
        self._check_home_amount(invoice, figures)
        standing = entry.standing or Standing(invoice.number)
        return replace(standing, internal_id=invoice.id or None, is_verified=True)

    def _check_home_amount(self, invoice: Invoice, figures: Figures) -> None:
        """A foreign gross in home currency is what our rate makes of it, to a penny a line (KF-98)."""
        home = self.rules.orders.home_currency
        if figures.currency == home or figures.rate is None:
            return
        meant = round_money(figures.gross / figures.rate, home)
        shown = invoice.home_currency_gross_amount
        slack = Decimal("0.01") * (len(invoice.line_items or ()) + 1)
        if shown and abs(shown - meant) > slack:
            raise PermanentError(
                "HOME_AMOUNT_DIFFERS",
                f"Invoice {invoice.number} over {figures.gross} {figures.currency} shows {shown} {home}; "
                f"at {figures.rate} it should be {meant}. Correct the rate on the invoice, then resume.",
            )

    def _find(self, entry: Entry, given: int | None = None) -> int | None:
        """The number of the invoice with exactly our reference; two of them need a person.

        `given` is what KashFlow has just answered.
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
    """The invoice that stands for an entry. Raises `PermanentError` if it is there no more."""
    number = entry.standing.number if entry.standing else 0
    body = client.invoice(number)
    if body is None:
        raise PermanentError(
            "INVOICE_GONE",
            f"KashFlow has no invoice {number}, which the ledger holds. Was it deleted? See the runbook.",
        )
    return Invoice.model_validate(body)


def _entry(draft: InvoiceDraft, customer_code: str, rate: ExchangeRate) -> Entry:
    return Entry(
        kind=draft.kind,
        reference=draft.reference,
        customer_code=customer_code,
        figures=Figures(draft.currency, draft.net, draft.vat, draft.gross, rate.rate, rate.day),
        rules_version=draft.rules_version,
        carried={payment.payment_id: payment.amount for payment in draft.payments},
    )


def _is_meant(invoice: Invoice, entry: Entry) -> bool:
    return invoice.customer_reference == entry.reference and invoice.gross_amount >= 0
