"""Step 3: the invoice exists in KashFlow, exactly once, and says what was meant."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ..books.kashflow.account import KashflowAccount
from ..books.kashflow.client import KashflowClient
from ..books.kashflow.mapping import invoice_draft
from ..books.kashflow.wire import Invoice
from ..canonical.clock import Clock
from ..canonical.states import OrderState
from ..documents.numbers import InvoiceNumbers
from ..errors import OutcomeUnknownError, PermanentError, RefusedError, RetryableError
from ..observability import Metric, count, note
from ..rules.model import Rules
from ..runs.ledger import Ledger
from ..runs.records import InvoiceEntry, Job
from .in_doubt import InDoubt
from .plan_invoice import InvoicePlan, plan_invoice
from .verify_invoice import require_same_amounts, verified

_MOST_TAKEN = 10


def create_invoice(
    job: Job,
    customer_code: str,
    *,
    ledger: Ledger,
    books: KashflowClient,
    account: KashflowAccount,
    numbers: InvoiceNumbers,
    rules: Rules,
    clock: Clock,
    in_doubt: InDoubt,
) -> tuple[InvoiceEntry, bool]:
    """Return the standing, verified invoice, and whether it shows every payment that is known.

    KashFlow has no idempotency key, so: intent before the write, result at once after it, and after an
    intent without result nothing is written before the customer's complete list was read, at a moment when
    that write can no longer land (`in_doubt`). A number that was reserved is asked for in every post of the
    order, so that a write which lands even later finds it taken (decision 0031).
    """
    record = ledger.begin_step(job)
    order = ledger.snapshot(record)
    draft = invoice_draft(order, rules)
    entry = ledger.invoice(job.order_key)
    if entry is None or entry.number is None:
        before = entry
        entry = _made_before(job, before, ledger, books, clock)
        if entry is None:
            plan = plan_invoice(order, customer_code, account=account, rules=rules)
            number = before.reserved if before else _next_number(numbers, rules)
            intent = _intent(plan, customer_code, before, number, in_doubt.if_unheard(clock()))
            was_sent = record.looks_first if before is None else not before.unsent
            standing = _find(books, intent) if before is None and was_sent else None
            if standing is not None:
                entry = _adopted(job, intent, standing, ledger, clock)
            else:
                entry = _made(job, plan, intent, was_sent, ledger, books, numbers, rules, clock, in_doubt)
    if not entry.verified:
        entry = verified(job, entry, ledger, books, rules)
    require_same_amounts(draft, entry)
    ledger.set_state(job, OrderState.PAID if entry.paid >= entry.gross else OrderState.INVOICED, clock())
    return entry, {payment.payment_id for payment in order.payments} <= set(entry.payment_ids)


def _made_before(
    job: Job, intent: InvoiceEntry | None, ledger: Ledger, books: KashflowClient, clock: Clock
) -> InvoiceEntry | None:
    """The entry of the invoice that an earlier post made after all; None if none did and none can any more."""
    if intent is None or intent.unsent:
        return None
    looked_at = clock()
    number = _find(books, intent)
    if number is not None:
        return _adopted(job, intent, number, ledger, clock)
    if looked_at < intent.lands_by:
        raise OutcomeUnknownError("OUTCOME_UNKNOWN", "A post of this invoice may still land. Look again later.")
    return None


def _made(
    job: Job,
    plan: InvoicePlan,
    intent: InvoiceEntry,
    was_sent: bool,
    ledger: Ledger,
    books: KashflowClient,
    numbers: InvoiceNumbers,
    rules: Rules,
    clock: Clock,
    in_doubt: InDoubt,
) -> InvoiceEntry:
    """Post under an intent. A number that turns out to be somebody else's is left to them, and the next one taken.

    `was_sent`: an earlier post of this intent was found nowhere.
    """
    for _ in range(_MOST_TAKEN):
        intent = ledger.write_invoice(job, intent)
        try:
            given = books.create_invoice(plan.body(intent.reserved))
        except OutcomeUnknownError:
            ledger.write_invoice(job, replace(intent, lands_by=in_doubt.if_lost(clock())))
            raise
        except (RetryableError, PermanentError) as error:
            holder = _holder(books, intent) if isinstance(error, RefusedError) else None
            if holder is None:
                _take_back(job, intent, error, was_sent, ledger, clock)
                raise
            if _is_ours(holder, intent):
                return _adopted(job, intent, holder.number, ledger, clock)
        else:
            number = _told(books, intent, given)
            count(Metric.INVOICES_CREATED)
            note("INVOICE100", number=number)
            return ledger.write_invoice(job, replace(intent, number=number, lands_by=clock()))
        note("INVOICE310", taken=intent.reserved)
        intent = replace(intent, reserved=_next_number(numbers, rules), lands_by=in_doubt.if_unheard(clock()))
    taken = RetryableError(
        "INVOICE_NUMBERS_TAKEN", f"{_MOST_TAKEN} reserved numbers in a row were others' in KashFlow."
    )
    _take_back(job, intent, taken, was_sent, ledger, clock)
    raise taken


def _take_back(job: Job, intent: InvoiceEntry, error: Exception, was_sent: bool, ledger: Ledger, clock: Clock) -> None:
    """The post has certainly not happened. What an earlier one did stays open; a number that was not refused stays."""
    if was_sent:
        ledger.write_invoice(job, replace(intent, lands_by=clock()))
    elif intent.reserved is None or isinstance(error, RefusedError):
        ledger.withdraw_invoice(job)
    else:
        ledger.write_invoice(job, replace(intent, unsent=True))


def _adopted(job: Job, intent: InvoiceEntry, number: int, ledger: Ledger, clock: Clock) -> InvoiceEntry:
    count(Metric.INVOICES_ADOPTED)
    note("INVOICE200", number=number)
    return ledger.write_invoice(job, replace(intent, number=number, adopted=True, lands_by=clock()))


def _intent(
    plan: InvoicePlan, customer_code: str, before: InvoiceEntry | None, number: int | None, lands_by: datetime
) -> InvoiceEntry:
    """What is about to be sent. Once an order has a number it keeps it, whatever the rules say later."""
    draft = plan.draft
    return InvoiceEntry(
        reference=draft.reference,
        customer_code=customer_code,
        lands_by=lands_by,
        net=draft.net,
        vat=draft.vat,
        gross=draft.gross,
        currency=draft.currency,
        rules_version=draft.rules_version,
        payment_ids=tuple(payment.payment_id for payment in draft.payments),
        paid=sum((payment.amount for payment in draft.payments), Decimal(0)),
        exchange_rate=plan.rate.rate,
        rate_day=plan.rate.day,
        reserved=number,
    )


def _next_number(numbers: InvoiceNumbers, rules: Rules) -> int | None:
    """A number of the range in the rules; None where KashFlow numbers."""
    return None if rules.invoices.number_range is None else numbers.reserve(*rules.invoices.number_range)


def _told(books: KashflowClient, intent: InvoiceEntry, given: int | None) -> int:
    """The number of the invoice that was just made. If it is not the one asked for, all of the customer's are read."""
    if given is not None and intent.reserved in (None, given):
        return given
    number = _find(books, intent, given)
    if number is None:
        raise OutcomeUnknownError("OUTCOME_UNKNOWN", "KashFlow took the invoice but does not show it yet.")
    if intent.reserved not in (None, number):
        note("INVOICE300", asked=intent.reserved, number=number)
    return number


def _find(books: KashflowClient, intent: InvoiceEntry, given: int | None = None) -> int | None:
    """The number of the invoice with exactly our reference; two of them need a person.

    Looks at all of the customer's invoices, then at the number that was asked for: it may not be listed yet.
    `given` is what KashFlow has just answered.
    """
    found = {one.number for one in books.invoices_of_customer(intent.customer_code) if _is_ours(one, intent)}
    if intent.reserved not in found:
        holder = _holder(books, intent)
        found |= {holder.number} if holder and _is_ours(holder, intent) else set()
    found |= {given} if given is not None else set()
    if len(found) > 1:
        raise PermanentError(
            "INVOICE_DOUBLED",
            f"KashFlow holds invoices {', '.join(map(str, sorted(found)))} with the reference {intent.reference}. "
            "Delete all but one, then resume.",
        )
    return next(iter(found), None)


def _holder(books: KashflowClient, intent: InvoiceEntry) -> Invoice | None:
    """The invoice that stands under the number we asked for, whoever's it is."""
    body = None if intent.reserved is None else books.invoice(intent.reserved)
    return None if body is None else Invoice.model_validate(body)


def _is_ours(invoice: Invoice, intent: InvoiceEntry) -> bool:
    return invoice.customer_reference == intent.reference and invoice.gross_amount >= 0
