"""How payouts stand, for whoever closes a month."""

from collections.abc import Iterator
from datetime import date

from ..canonical.payout import PAYOUT, payout_of
from ..documents.store import DocumentStore
from ..payouts.matching import unmatched
from ..payouts.standing import PayoutStanding
from ..rules.model import Rules
from ..runs.kept_events import KeptEvents
from ..runs.records import PARKED, RECEIVED
from ..runs.runs import Runs
from .book_payout import BOOKED, MATCHED, STATES, matches_of


def payouts_since(
    day: date, runs: Runs, kept_events: KeptEvents, documents: DocumentStore, rules: Rules
) -> Iterator[PayoutStanding]:
    """Those that arrived on a day or later. One that is booked agreed with the books before that."""
    for state in (PARKED, RECEIVED, *STATES):
        for record in runs.in_state(state, kind=PAYOUT):
            kept = kept_events.newest(record.subject)
            payout = None if kept is None else payout_of(kept.body)
            if payout is not None and payout.arrives_on >= day:
                is_agreed = state in (BOOKED, MATCHED)
                matches = [] if is_agreed else unmatched(matches_of(payout, documents, rules))
                yield PayoutStanding(payout, state, tuple(matches))
