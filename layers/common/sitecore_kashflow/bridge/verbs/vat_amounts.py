"""`vat-amounts`: what KashFlow does with the VAT that is sent with a line, and how that is known."""

from argparse import Namespace

from ...books.kashflow.account_lists import AccountStore
from ..desk import Desk
from ..outcome_values import VatAmountsSeen


def vat_amounts(asked: Namespace, desk: Desk) -> VatAmountsSeen:
    """What an invoice has shown; with `--forget`, the next one that needs it finds out again."""
    store = AccountStore(desk.wiring.table)
    if asked.forget:
        store.forget_vat()
    seen = store.vat_seen()
    return VatAmountsSeen(seen.amounts.value, seen.invoice_number, seen.seen_at) if seen else VatAmountsSeen()
