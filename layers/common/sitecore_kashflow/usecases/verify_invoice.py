"""What stands in KashFlow says what was meant: read back after the post, and held against the order at each look."""

from dataclasses import replace
from decimal import Decimal

from ..books.kashflow.client import KashflowClient
from ..books.kashflow.wire import Invoice
from ..canonical.invoice import InvoiceDraft
from ..canonical.money import round_money
from ..errors import PermanentError
from ..plan.currency import ExchangeRate, converted
from ..rules.model import Rules
from ..runs.ledger import Ledger
from ..runs.records import InvoiceEntry, Job


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


def verified(job: Job, entry: InvoiceEntry, ledger: Ledger, books: KashflowClient, rules: Rules) -> InvoiceEntry:
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
