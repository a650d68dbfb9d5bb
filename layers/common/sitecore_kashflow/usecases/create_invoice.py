"""Step 3: the invoice exists in KashFlow, exactly once, and says what was meant."""

from dataclasses import replace
from decimal import Decimal

from ..canonical.clock import Clock
from ..canonical.invoice import InvoiceDraft
from ..canonical.money import round_money
from ..canonical.order import Order
from ..canonical.status import OrderState
from ..clients.kashflow.client import KashflowClient
from ..errors import OutcomeUnknownError, PermanentError, RetryableError
from ..mapping.canonical_to_kashflow import invoice_draft
from ..mapping.currency import ExchangeRate, converted
from ..mapping.rules import Rules
from ..observability import Metric, count, note
from ..stores.ledger import Ledger
from ..stores.records import InvoiceEntry, Job
from ..wire.kashflow import Invoice
from .in_doubt import InDoubt
from .kashflow_account import KashflowAccount
from .plan_invoice import plan_invoice


def create_invoice(
    job: Job,
    customer_code: str,
    *,
    ledger: Ledger,
    books: KashflowClient,
    account: KashflowAccount,
    rules: Rules,
    clock: Clock,
    in_doubt: InDoubt,
) -> tuple[InvoiceEntry, bool]:
    """Return the standing, verified invoice, and whether it shows every payment that is known.

    KashFlow has no idempotency key, so: intent before the write, result at once after it, and after an
    intent without result nothing is written before the customer's complete list was read, at a moment when
    that write can no longer land (`in_doubt`).
    """
    order = ledger.snapshot(job)
    draft = invoice_draft(order, rules)
    entry = ledger.invoice(job.order_key)
    if entry is None or entry.number is None:
        entry = _adopted_or_created(job, order, customer_code, entry, ledger, books, account, rules, clock, in_doubt)
    if not entry.verified:
        entry = _verified(job, entry, ledger, books, rules)
    require_same_amounts(draft, entry)
    ledger.set_state(job, OrderState.PAID if entry.paid >= entry.gross else OrderState.INVOICED, clock())
    return entry, {payment.payment_id for payment in order.payments} <= set(entry.payment_ids)


def require_same_amounts(draft: InvoiceDraft, entry: InvoiceEntry) -> None:
    """Raise `PermanentError` if the order has become another than the invoice that stands for it."""
    if draft.currency != entry.currency and entry.exchange_rate is not None:
        draft = converted(draft, ExchangeRate(entry.exchange_rate, entry.rate_day), entry.currency)
    if (draft.net, draft.vat, draft.currency) != (entry.net, entry.vat, entry.currency):
        raise PermanentError(
            "ORDER_CHANGED_AFTER_INVOICE",
            f"Invoice {entry.number} says {entry.net} + {entry.vat} VAT {entry.currency}, the order is now "
            f"{draft.net} + {draft.vat} {draft.currency}. Correct the books in KashFlow and abandon the order here, "
            "or restore the order in Sitecore, then resume.",
        )


def _adopted_or_created(
    job: Job,
    order: Order,
    customer_code: str,
    intent: InvoiceEntry | None,
    ledger: Ledger,
    books: KashflowClient,
    account: KashflowAccount,
    rules: Rules,
    clock: Clock,
    in_doubt: InDoubt,
) -> InvoiceEntry:
    if intent is not None:
        found = _find(books, intent)
        if found is not None:
            count(Metric.INVOICES_ADOPTED)
            note("INVOICE200", number=found.number)
            return ledger.write_invoice(job, replace(intent, number=found.number, adopted=True, lands_by=clock()))
        if clock() < intent.lands_by:
            raise OutcomeUnknownError("OUTCOME_UNKNOWN", "A post of this invoice may still land. Look again later.")
    plan = plan_invoice(order, customer_code, account=account, rules=rules)
    draft = plan.draft
    entry = InvoiceEntry(
        reference=draft.reference,
        customer_code=customer_code,
        lands_by=in_doubt.if_unheard(clock()),
        net=draft.net,
        vat=draft.vat,
        gross=draft.gross,
        currency=draft.currency,
        rules_version=draft.rules_version,
        payment_ids=tuple(payment.payment_id for payment in draft.payments),
        paid=sum((payment.amount for payment in draft.payments), Decimal(0)),
        revision=intent.revision if intent else 0,
        exchange_rate=plan.rate.rate,
        rate_day=plan.rate.day,
    )
    entry = ledger.write_invoice(job, entry)
    try:
        number = books.create_invoice(plan.payload)
    except OutcomeUnknownError:
        ledger.write_invoice(job, replace(entry, lands_by=in_doubt.if_lost(clock())))
        raise
    except (RetryableError, PermanentError):
        ledger.withdraw_invoice(job, entry)
        raise
    if number is None:
        found = _find(books, entry)
        if found is None:
            raise OutcomeUnknownError("OUTCOME_UNKNOWN", "KashFlow took the invoice but does not show it yet.")
        number = found.number
    count(Metric.INVOICES_CREATED)
    note("INVOICE100", number=number)
    return ledger.write_invoice(job, replace(entry, number=number, lands_by=clock()))


def _find(books: KashflowClient, intent: InvoiceEntry) -> Invoice | None:
    """The invoice with exactly our reference among all of the customer's; two of them need a person."""
    found = [
        one for one in books.invoices_of_customer(intent.customer_code) if one.customer_reference == intent.reference
    ]
    invoices = [one for one in found if one.gross_amount >= 0]
    if len(invoices) > 1:
        numbers = ", ".join(str(one.number) for one in invoices)
        raise PermanentError(
            "INVOICE_DOUBLED",
            f"KashFlow holds invoices {numbers} with the reference {intent.reference}. Delete all but "
            "one, then resume.",
        )
    return invoices[0] if invoices else None


def _verified(job: Job, entry: InvoiceEntry, ledger: Ledger, books: KashflowClient, rules: Rules) -> InvoiceEntry:
    """Read the invoice back; it must say what was meant, to the penny."""
    body = books.invoice(entry.number or 0)
    if body is None:
        raise PermanentError(
            "INVOICE_GONE",
            f"KashFlow has no invoice {entry.number}, which the ledger holds. Was it deleted? See the runbook.",
        )
    found = Invoice.model_validate(body)
    said = (found.net_amount, found.vat_amount, found.gross_amount, found.customer_reference, found.paid)
    meant = (entry.net, entry.vat, entry.gross, entry.reference, entry.paid)
    if said != meant:
        raise PermanentError(
            "INVOICE_DIFFERS",
            f"Invoice {entry.number} in KashFlow says {found.net_amount} + {found.vat_amount} VAT = "
            f"{found.gross_amount}, {found.paid} paid, reference {found.customer_reference}; meant were {entry.net} + "
            f"{entry.vat} = {entry.gross}, {entry.paid} paid, reference {entry.reference}. "
            "Correct it there, then resume.",
        )
    _check_home_amount(found, entry, rules)
    return ledger.write_invoice(job, replace(entry, invoice_id=found.id or None, verified=True))


def _check_home_amount(found: Invoice, entry: InvoiceEntry, rules: Rules) -> None:
    """What KashFlow makes of a foreign gross in home currency is the gross by our rate, to a penny a line (row 33)."""
    if entry.currency == rules.orders.home_currency or entry.exchange_rate is None:
        return
    meant = round_money(entry.gross / entry.exchange_rate, rules.orders.home_currency)
    shown = found.home_currency_gross_amount
    slack = Decimal("0.01") * (len(found.line_items or ()) + 1)
    if shown and abs(shown - meant) > slack:
        raise PermanentError(
            "HOME_AMOUNT_DIFFERS",
            f"Invoice {entry.number} over {entry.gross} {entry.currency} shows {shown} {rules.orders.home_currency}; "
            f"at {entry.exchange_rate} it should be {meant}. Correct the rate on the invoice, then resume.",
        )
