"""What it takes to match payouts with the books, and to book them."""

from ...usecases.book_payout import PayoutBooks
from ..wiring import Wiring


def payout_books(wiring: Wiring) -> PayoutBooks:
    return PayoutBooks(wiring.runs, wiring.kept_events, wiring.desk, wiring.account, wiring.queues, wiring.mode)
