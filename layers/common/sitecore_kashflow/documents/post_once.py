"""The exactly-once protocol, for every kind of document: intent, post, look, adopt, verify.

The books have no idempotency key. So the ledger holds the intent before a write and the result at once after it. A
write whose outcome is unknown is looked for at a moment when it can no longer land, and only then made again. A number
that was reserved is asked for in every post, so that a write which lands even later finds it taken (decision 0031).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..canonical.clock import Clock
from ..errors import OutcomeUnknownError, PermanentError, RefusedError, RetryableError
from ..observability import LogCode, count, note
from ..runs.records import Job
from .entry import Draft, Entry, InDoubt, Standing, Status, Unposted
from .kinds import NOT_LOOKED, Kind, Sight
from .store import DocumentStore
from .write_window import WriteWindow

_MOST_TAKEN = 10


@dataclass(frozen=True)
class _Post:
    """What is about to be sent. `was_sent`: an earlier post of the same document was found nowhere."""

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

    def post_once(self, kind: Kind, draft: Draft, entry: Entry | None, *, may_be_forgotten: bool = False) -> Entry:
        """The document as it stands, verified. `entry` is what the ledger knows of it.

        `may_be_forgotten`: the ledger may not know of an earlier post, so that one is looked for. Raises
        `OutcomeUnknownError` while a post may still land, and what the kind raises.
        """
        sight = NOT_LOOKED
        match entry:
            case Entry(status=Standing()):
                standing = entry
            case Entry(status=InDoubt(until)):
                sight = self._look_for_lost(kind, entry, until)
                if sight.number is None:
                    intent = kind.intend(draft, self.customer_code)
                    post = _Post(intent.entry, kind.body(intent, sight), was_sent=True)
                    standing = self._send(kind, post, entry.reserved)
                else:
                    standing = self._adopt(kind, entry, sight.number)
            case _:
                intent = kind.intend(draft, self.customer_code)
                is_suspect = may_be_forgotten and entry is None
                if kind.looks_first or is_suspect:
                    sight = kind.look(intent.entry)
                if sight.number is None:
                    post = _Post(intent.entry, kind.body(intent, sight), was_sent=is_suspect)
                    standing = self._send(kind, post, entry.reserved if entry else kind.reserve_number())
                else:
                    standing = self._adopt(kind, intent.entry, sight.number)
        return self._verify(kind, standing, sight)

    def find_out(self, kind: Kind, entry: Entry) -> Entry | None:
        """What became of a document in doubt that is wanted no more: it stands, or it is forgotten (None)."""
        if not isinstance(entry.status, InDoubt):
            return entry
        sight = self._look_for_lost(kind, entry, entry.status.until)
        if sight.number is None:
            self.store.withdraw(self.job, entry)
            return None
        return self._verify(kind, self._adopt(kind, entry, sight.number), sight)

    def _look_for_lost(self, kind: Kind, entry: Entry, until: datetime) -> Sight:
        """Absence is proved only by a look that began when nothing could land any more."""
        began_at = self.clock()
        sight = kind.look(entry)
        if sight.number is None and began_at < until:
            raise OutcomeUnknownError("OUTCOME_UNKNOWN", "A post of this document may still land. Look again later.")
        return sight

    def _send(self, kind: Kind, post: _Post, reserved: int | None) -> Entry:
        """Post under an intent. A number that is somebody else's is left to them, and the next one is taken."""
        for _ in range(_MOST_TAKEN):
            entry = replace(post.entry, reserved=reserved)
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
            "INVOICE_NUMBERS_TAKEN", f"{_MOST_TAKEN} reserved numbers in a row were others' in KashFlow."
        )
        self._take_back(replace(post.entry, reserved=reserved), taken, was_sent=post.was_sent)
        raise taken

    def _take_back(self, entry: Entry, error: Exception, *, was_sent: bool) -> None:
        """This post has certainly not happened. An earlier one stays in doubt; a number that was not refused stays."""
        if was_sent:
            self._write(entry, InDoubt(self.clock()))
        elif entry.reserved is None or isinstance(error, RefusedError):
            self.store.withdraw(self.job, entry)
        else:
            self._write(entry, Unposted())

    def _adopt(self, kind: Kind, entry: Entry, number: int) -> Entry:
        """An earlier post, or a person, has made it already."""
        count(kind.adopted)
        note(LogCode.DOCUMENT_ADOPTED, kind=entry.kind, number=number)
        return self._write(entry, Standing(number, is_adopted=True))

    def _verify(self, kind: Kind, entry: Entry, sight: Sight) -> Entry:
        return entry if entry.is_settled else self._write(entry, kind.verify(entry, sight))

    def _write(self, entry: Entry, status: Status) -> Entry:
        return self.store.write(self.job, replace(entry, status=status))
