"""The exactly-once protocol, for every kind of document: intent, post, look, adopt, verify.

The books have no idempotency key. So the ledger records the intent before a write, and the result right after it. A
write with an unknown outcome is looked for once it can no longer land, and only then sent again. Every post asks for
the same reserved number, if there is one, so that a write which lands even later finds it taken (decision 0031).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..canonical.clock import Clock
from ..errors import OutcomeUnknownError, PermanentError, RefusedError, RetryableError
from ..observability import LogCode, count, note
from ..runs.records import Job
from .entry import Draft, Entry, InDoubt, Standing, Status, Unposted
from .kinds import NOT_LOOKED_FOR, Finding, Kind
from .store import DocumentStore
from .write_window import WriteWindow

_MAX_TAKEN_NUMBERS = 10


@dataclass(frozen=True)
class _Post:
    """What is about to be sent. `was_sent`: the same document may have been posted before, but was not found."""

    entry: Entry
    body: Any
    was_sent: bool


@dataclass(frozen=True)
class Poster:
    """Posts documents of the job's subject, for one customer of the books."""

    job: Job
    customer_code: str
    store: DocumentStore
    window: WriteWindow
    clock: Clock

    def post_once(self, kind: Kind, draft: Draft, entry: Entry | None, *, ledger_may_be_behind: bool = False) -> Entry:
        """Post the document unless it is in the books already; verify it. `entry` is what the ledger knows of it.

        `ledger_may_be_behind`: the ledger may not know of an earlier post, so look for one first. Raises
        `OutcomeUnknownError` while an earlier post may still land, and whatever the kind raises.
        """
        finding = NOT_LOOKED_FOR
        match entry:
            case Entry(status=Standing()):
                standing = entry
            case Entry(status=InDoubt(until)):
                finding = self._look_for_lost(kind, entry, until)
                if finding.number is None:
                    intent = kind.intend(draft, self.customer_code)
                    post = _Post(intent.entry, kind.body(intent, finding), was_sent=True)
                    standing = self._send(kind, post, entry.reserved)
                else:
                    standing = self._adopt(kind, entry, finding.number)
            case _:
                intent = kind.intend(draft, self.customer_code)
                is_suspect = ledger_may_be_behind and entry is None
                if kind.looks_before_first_post or is_suspect:
                    finding = kind.look(intent.entry)
                if finding.number is None:
                    post = _Post(intent.entry, kind.body(intent, finding), was_sent=is_suspect)
                    standing = self._send(kind, post, entry.reserved if entry else kind.reserve_number())
                else:
                    standing = self._adopt(kind, intent.entry, finding.number)
        return self._verify(kind, standing, finding)

    def find_out(self, kind: Kind, entry: Entry) -> Entry | None:
        """What became of a document that may stand: it does and is verified, or it is forgotten (None).

        What does not stand keeps the number that it asked for, so that a post which lands even later finds it taken.
        """
        if not isinstance(entry.status, InDoubt):
            return self._verify(kind, entry, NOT_LOOKED_FOR)
        finding = self._look_for_lost(kind, entry, entry.status.until)
        if finding.number is not None:
            return self._verify(kind, self._adopt(kind, entry, finding.number), finding)
        if entry.reserved is not None:
            return self._write(entry, Unposted())
        self.store.withdraw(self.job, entry)
        return None

    def _look_for_lost(self, kind: Kind, entry: Entry, until: datetime) -> Finding:
        """Absence is proved only if we began to look when nothing could land any more."""
        began_at = self.clock()
        finding = kind.look(entry)
        if finding.number is None and began_at < until:
            raise OutcomeUnknownError("OUTCOME_UNKNOWN", "A post of this document may still land. Look again later.")
        return finding

    def _send(self, kind: Kind, post: _Post, reserved: int | None) -> Entry:
        """Record the intent, then post. If another document has the reserved number, try the next one."""
        for _ in range(_MAX_TAKEN_NUMBERS):
            entry = replace(post.entry, reserved=reserved)
            kind.await_turn()
            self._write(entry, InDoubt(self.window.closes_if_worker_dies(self.clock())))
            try:
                answer = kind.send(entry, post.body)
            except OutcomeUnknownError:
                self._write(entry, InDoubt(self.window.closes_after_lost_answer(self.clock())))
                raise
            except (RetryableError, PermanentError) as error:
                holder = kind.holder(entry) if isinstance(error, RefusedError) else None
                if holder is None:
                    self._take_back(entry, error, was_sent=post.was_sent)
                    raise
                if holder.is_ours:
                    return self._adopt(kind, entry, holder.number)
            else:
                number = kind.number_of(entry, answer)
                count(kind.posted)
                note(LogCode.DOCUMENT_POSTED, kind=entry.kind, number=number)
                return self._write(entry, Standing(number))
            note(LogCode.NUMBER_TAKEN, number=reserved)
            reserved = kind.reserve_number()
        taken = RetryableError(
            "INVOICE_NUMBERS_TAKEN",
            f"{_MAX_TAKEN_NUMBERS} reserved numbers in a row belong to other documents in KashFlow.",
        )
        self._take_back(replace(post.entry, reserved=reserved), taken, was_sent=post.was_sent)
        raise taken

    def _take_back(self, entry: Entry, error: Exception, *, was_sent: bool) -> None:
        """This post has not happened. An earlier one stays in doubt; a number stays reserved unless refused."""
        if was_sent:
            self._write(entry, InDoubt(self.clock()))
        elif entry.reserved is None or isinstance(error, RefusedError):
            self.store.withdraw(self.job, entry)
        else:
            self._write(entry, Unposted())

    def _adopt(self, kind: Kind, entry: Entry, number: int) -> Entry:
        """Accept the document that an earlier post, or a person, has made."""
        count(kind.adopted)
        note(LogCode.DOCUMENT_ADOPTED, kind=entry.kind, number=number)
        return self._write(entry, Standing(number, is_adopted=True))

    def _verify(self, kind: Kind, entry: Entry, finding: Finding) -> Entry:
        return entry if entry.is_settled else self._write(entry, kind.verify(entry, finding))

    def _write(self, entry: Entry, status: Status) -> Entry:
        return self.store.write(self.job, replace(entry, status=status))
