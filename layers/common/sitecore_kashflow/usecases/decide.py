"""A person decides about a subject: it carries on, is left alone for good, or begins anew after that."""

from dataclasses import dataclass
from datetime import datetime

from ..canonical.states import OrderState
from ..canonical.text import clean
from ..documents.entry import Entries
from ..documents.ledger import Ledger
from ..errors import PermanentError
from ..runs.decisions import DecisionStore
from ..runs.envelope import Envelope
from ..runs.queue import Queues
from ..runs.records import ABANDONED, PARKED, RECEIVED, SubjectRecord
from ..runs.slots import Slots
from ..runs.subject import Subject
from ..runs.workflow import Workflow

_LONGEST_REASON = 500
_HELD_BY_RULE = "HELD_BY_RULE"
_UNDOABLE = (OrderState.INVOICED, OrderState.PAID, OrderState.CREDITED)


@dataclass(frozen=True)
class Decisions:
    """What a person may decide about a subject. Each method returns a sentence on what was done.

    Repeating a decision does no harm: what did not reach the run or the queue the first time reaches it then.
    """

    ledger: Ledger
    store: DecisionStore
    workflow: Workflow
    queues: Queues
    slots: Slots

    def resume(self, subject: Subject, now: datetime, *, afresh: bool = False, by: str = "") -> str:
        """Let a parked subject carry on at the step where it stopped; one that is held for approval is approved.

        It starts again from the beginning, and so is read again, if that is asked for (`afresh`), if an event came
        since it was last read (it may have been corrected in its source), or if no run is waiting for it any more.
        """
        record = self._parked(subject)
        if record.parking.code == _HELD_BY_RULE:
            self.store.approve(record, by, now)
        self.store.note_resumed(record)
        is_read_again = afresh or record.events != record.served
        if not self._is_heard(record, "restart" if is_read_again else "resume"):
            self._enqueue(subject, now)
            return f"{subject.id} starts again from the beginning."
        self.store.resume(record, now)
        self.slots.take_anyway(subject, now)
        return f"{subject.id} carries on at {'PrepareOrder' if is_read_again else record.parking.step}."

    def abandon(self, subject: Subject, reason: str, now: datetime, *, by: str = "") -> str:
        """Leave a subject alone for good, whatever its state; the reason is kept, and who gave it.

        From the first write on nothing is posted for it. What was sent before may still land: the sentence says so,
        and a last run finds out what became of it.
        """
        words = _reason(reason, f"Say why {subject.id} is abandoned: the ledger keeps the reason.")
        is_first = self.store.abandon(subject, words, by, now)
        record = self.ledger.runs.record(subject)
        if self._is_heard(record, "abandon"):
            self.store.forget_token(subject, record.parking.token)
        self._enqueue(subject, now)
        was = "is abandoned" if is_first else "was abandoned already, and keeps its first reason"
        said = f"{subject.id} {was}: {record.parking.reason}."
        return " ".join([said, *_what_stands(record, self.ledger.documents.of(subject))])

    def reopen(self, subject: Subject, now: datetime) -> str:
        """Let an abandoned subject go on from the beginning."""
        self.store.reopen(subject, now)
        record = self.ledger.runs.record(subject)
        if record.state != RECEIVED:
            raise PermanentError("NOT_ABANDONED", f"{subject.id} is {record.state}, not abandoned.")
        self._enqueue(subject, now)
        return f"{subject.id} starts again from the beginning."

    def undo(self, subject: Subject, why: str, now: datetime, *, by: str = "") -> str:
        """Bring the documents of a subject to nothing by credit notes, whatever was paid of it.

        It stays so until `redo`. Repeating it does no harm: what did not reach the queue the first time does then.
        """
        words = _reason(why, f"Say why {subject.id} is undone: the ledger keeps the reason.")
        self.store.undo(subject, words, by, now, _UNDOABLE)
        record = self.ledger.runs.record(subject)
        if not record.undone.at:
            raise PermanentError(
                "NOT_UNDONE", f"{subject.id} is {record.state}: there is nothing in the books to undo."
            )
        self._enqueue(subject, now)
        return f"{subject.id} is undone: {record.undone.why}. Its credit note follows."

    def redo(self, subject: Subject, now: datetime) -> str:
        """Post what was undone once more, by the rules in force."""
        if not self.ledger.runs.record(subject).undone.at:
            raise PermanentError("NOT_UNDONE", f"{subject.id} is not undone, so there is nothing to post again.")
        self.store.redo(subject, now)
        self._enqueue(subject, now)
        return f"{subject.id} is posted again by the rules in force."

    def forget(self, subject: Subject) -> str:
        """Take an abandoned subject off the ledger that never was one, such as a mistyped id."""
        self.store.forget(subject)
        return f"{subject.id} is forgotten: there is no such order, and nothing was made for it."

    def _is_heard(self, record: SubjectRecord, decision: str) -> bool:
        """Pass the decision to the waiting run. False if there is none."""
        token = record.parking.token
        return bool(token) and self.workflow.answer(token, decision)

    def _enqueue(self, subject: Subject, now: datetime) -> None:
        """Put the subject on its queue for a new run."""
        self.queues(subject.kind).put(
            Envelope(
                subject=subject,
                hint="decided by a person",
                hint_id=f"decided-{subject.key}-{now.isoformat()}",
                received_at=now,
                correlation_id=f"decided-{subject.key}",
            )
        )

    def _parked(self, subject: Subject) -> SubjectRecord:
        record = self.ledger.runs.record(subject)
        if record.state == ABANDONED:
            raise PermanentError("NOT_PARKED", f"{subject.id} is abandoned, not parked. Reopen it to let it go on.")
        if record.state != PARKED:
            raise PermanentError("NOT_PARKED", f"{subject.id} is {record.state}, not parked.")
        return record


def _reason(text: str, if_none: str) -> str:
    """A person's reason, fit to be kept."""
    words = clean(text, 2 * _LONGEST_REASON)
    if not words:
        raise PermanentError("REASON_MISSING", if_none)
    if len(words) > _LONGEST_REASON:
        raise PermanentError("REASON_TOO_LONG", f"Say it in at most {_LONGEST_REASON} characters.")
    return words


def _what_stands(record: SubjectRecord, entries: Entries) -> list[str]:
    """What a person must know who leaves a subject alone."""
    words = [] if record.events else ["The bridge had not heard of it: make sure that the id is right."]
    words += [f"KashFlow holds {one.kind} {one.standing.number} for it." for one in entries if one.standing]
    words += [
        f"A post of its {one.kind} {one.reference} was under way and may be in KashFlow by now: the bridge will find "
        "out. Until then do not book it by hand."
        for one in entries.in_doubt()
    ]
    return words
