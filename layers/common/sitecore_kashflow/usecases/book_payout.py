"""A payout is matched with the books and booked, by the worker that took its envelope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..books.kashflow.account import KashflowAccount
from ..canonical.payout import PAYMENTS, PAYOUT, Payout, PayoutItem, payout_of
from ..canonical.posting_mode import PostingMode
from ..documents.store import DocumentStore
from ..errors import PermanentError
from ..observability import LogCode, note
from ..payouts.booking import bookings, clearing_account, differs, in_words, require_matched
from ..payouts.ledger_lines import PaidLine, paid_lines
from ..payouts.matching import Match, MatchState, match, unmatched
from ..payouts.standing import is_booked
from ..rules.model import Rules
from ..runs.envelope import Envelope
from ..runs.kept_events import KeptEvents
from ..runs.queue import Queues
from ..runs.records import Job, SubjectRecord
from ..runs.runs import Runs
from ..runs.subject import Subject
from .act_on_subject import SubjectWorker
from .posting import PostingDesk

BOOKED, MATCHED, WAITING, SHADOWED = "booked", "matched", "waiting", "shadowed"
STATES = (BOOKED, MATCHED, WAITING, SHADOWED)
_SOONEST, _LATEST = timedelta(seconds=30), timedelta(minutes=15)
"""When a payout that waits is looked at again: after as long as it has waited, but no later than a queue can delay."""


@dataclass(frozen=True)
class PayoutBooks:
    """The ledger and the books, for payouts."""

    runs: Runs
    kept_events: KeptEvents
    desk: PostingDesk
    account: KashflowAccount
    queues: Queues
    mode: PostingMode

    def book(self, job: Job, rules: Rules) -> str:
        """Do what is left to do of a payout; returns its state. Raises `PermanentError` if it needs a person."""
        payout = self._payout(job.subject)
        if self.mode.is_shadow:
            return SHADOWED
        if is_booked(payout, self.desk.entries(job.subject)):
            return BOOKED
        record, matches = self.runs.record(job.subject), matches_of(payout, self.desk.documents, rules)
        if unmatched(matches):
            return self._wait(job, record, (payout, matches), rules)
        if record.awaits.since:
            self.runs.note_awaits(job, "", self.desk.clock())
        if payout.amount is None:
            return MATCHED
        self._post(job, record, payout, matches, rules)
        return BOOKED

    def _payout(self, subject: Subject) -> Payout:
        kept = self.kept_events.newest(subject)
        if kept is None:
            raise PermanentError(
                "PAYOUT_FILE_GONE",
                f"The ledger no longer holds what payout {subject.id} was made of. Put its file into the bucket again.",
            )
        return payout_of(kept.body)

    def _post(self, job: Job, record: SubjectRecord, payout: Payout, matches: list[Match], rules: Rules) -> None:
        self._require_accounts(payout, matches, rules)
        entries, poster = self.desk.entries(job.subject), self.desk.poster(job, "")
        drafts = bookings(payout, matches, rules)
        for draft in drafts:
            entry = entries.get(draft.kind, draft.reference)
            kind = self.desk.kind_of(draft, rules)
            poster.post_once(kind, draft, entry, ledger_may_be_behind=record.ledger_may_be_behind)
        note(LogCode.PAYOUT_BOOKED, documents=len(drafts))

    def _require_accounts(self, payout: Payout, matches: list[Match], rules: Rules) -> None:
        """Raise `PermanentError` if money was received elsewhere than on the clearing account that it would leave."""
        wrong = list[str]()
        for one in matches:
            if one.item and one.line:
                code = clearing_account(rules, payout.gateway, one.item.currency)
                if self.account.bank_account_id(code) != one.line.account:
                    wrong.append(f"Payment {one.line.reference} ({one.line.order}) is not on account {code}")
        if wrong:
            raise differs(payout, wrong)

    def _wait(self, job: Job, record: SubjectRecord, found: tuple[Payout, list[Match]], rules: Rules) -> str:
        """Let orders run that only the payout knows of, and look again; after too long it needs a person."""
        (payout, matches), now = found, self.desk.clock()
        since = datetime.fromisoformat(record.awaits.since) if record.awaits.since else now
        if not record.awaits.since or record.is_resumed:
            for order in sorted(self._orders_of(matches, rules), key=lambda one: one.key):
                self.queues(order.kind).put(_hint(order, f"payout {payout.id} {now.isoformat()}", now))
        self.runs.note_awaits(job, "; ".join(in_words(one) for one in unmatched(matches)[:3]), now)
        if now - since >= timedelta(hours=rules.payouts.wait_hours):
            require_matched(payout, matches)
        again = _hint(job.subject, f"look again {int(now.timestamp() / _SOONEST.total_seconds())}", now)
        self.queues(PAYOUT).put(again, int(min(max(now - since, _SOONEST), _LATEST).total_seconds()))
        return WAITING

    def _orders_of(self, matches: Iterable[Match], rules: Rules) -> set[Subject]:
        """The orders of the items that do not agree: by the file, else by the payment that an item belongs to."""
        found = set[Subject]()
        for one in unmatched(matches):
            item = one.item
            if item is None:
                continue
            of_payment = self.desk.documents.with_payment(item.belongs_to) if item.belongs_to else set[Subject]()
            found |= of_payment or _named_by(item, rules.payouts.source)
        return found


def book_payout(envelope: Envelope, *, subject_worker: SubjectWorker, payout_books: PayoutBooks, rules: Rules) -> None:
    """Serve an envelope of a payout."""
    subject_worker.act_on(envelope, lambda job: payout_books.book(job, rules))


def matches_of(payout: Payout, documents: DocumentStore, rules: Rules) -> list[Match]:
    """Every payment of a payout beside what the ledger knows of it."""
    home, lines = rules.orders.home_currency, dict[Subject, list[PaidLine]]()
    keys = {key for item in payout.items if item.kind in PAYMENTS for key in item.keys}
    for key in sorted(keys):
        for subject in documents.with_payment(key) - set(lines):
            lines[subject] = paid_lines(subject.key, documents.of(subject), home)
    wanted = [line for some in lines.values() for line in some if line.reference in keys]
    found = match(payout.items, wanted)
    return [one for one in found if one.state is not MatchState.MISSING_IN_PAYOUT]


def _named_by(item: PayoutItem, source: str) -> set[Subject]:
    try:
        return {Subject("order", source, item.order_id)}
    except ValueError:
        return set()


def _hint(subject: Subject, words: str, now: datetime) -> Envelope:
    return Envelope(
        subject=subject,
        hint="payout",
        hint_id=f"{subject.key} {words}",
        received_at=now,
        correlation_id=f"payout-{subject.id}",
    )
