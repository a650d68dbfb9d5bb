"""What people decide: in force with one write, whatever a run is about to do; kept with its reason; and repeatable."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sitecore_kashflow.documents.entry import InDoubt, Standing
from sitecore_kashflow.documents.ledger import Ledger
from sitecore_kashflow.documents.store import DocumentStore
from sitecore_kashflow.errors import PermanentError, RetryableError, SupersededError
from sitecore_kashflow.runs.decisions import DecisionStore
from sitecore_kashflow.runs.envelope import Envelope
from sitecore_kashflow.runs.records import ABANDONED, PARKED, RECEIVED, Approval, Job, Parking, SubjectRecord
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.runs.slots import Limit, Slots
from sitecore_kashflow.tables.items import moment_text
from sitecore_kashflow.usecases.decide import Decisions
from tests.unit.doubles import Clock, a_run_that_holds, entry, order_subject

SUBJECT = order_subject()
PARKING = Parking(step="CreateInvoice", code="BUNDLE", reason="Line 3 belongs to a bundle.", token="token-1")
WHY = "booked by hand"


@dataclass
class Person:
    """Somebody at a terminal, the ledger, the runs that wait with a token, and what was put on the queue."""

    ledger: Ledger
    decisions: Decisions
    clock: Clock
    waiting: list[str]
    heard: list[str]
    sent: list[Envelope]

    def abandon(self, reason: str = WHY, by: str = "") -> str:
        return self.decisions.abandon(SUBJECT, reason, self.clock(), by=by)

    def reopen(self) -> str:
        return self.decisions.reopen(SUBJECT, self.clock())

    def resume(self) -> str:
        return self.decisions.resume(SUBJECT, self.clock())

    @property
    def record(self) -> SubjectRecord:
        return self.ledger.runs.record(SUBJECT)


@dataclass
class Waiting:
    """Runs that wait with a token."""

    tokens: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    is_away: bool = False

    def answer(self, token: str, decision: str) -> bool:
        if self.is_away:
            raise RetryableError("AWS", "no answer")
        if token not in self.tokens:
            return False
        self.tokens.remove(token)
        self.heard.append(decision)
        return True


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def person(memory_table: Any, clock: Clock, waiting: Waiting) -> Person:
    runs, sent = Runs(memory_table), list[Envelope]()
    ledger = Ledger(runs, DocumentStore(memory_table, runs))
    queue: Any = type("Queue", (), {"put": lambda _, envelope: sent.append(envelope)})()
    workflow: Any = waiting
    decisions = Decisions(
        ledger, DecisionStore(memory_table), workflow, lambda _: queue, Slots(memory_table, Limit(2, 1))
    )
    return Person(ledger, decisions, clock, waiting.tokens, waiting.heard, sent)


@pytest.fixture
def job(memory_table: Any, clock: Clock) -> Job:
    """The run that holds the order."""
    return a_run_that_holds(memory_table, SUBJECT, clock)


@pytest.fixture
def parked(person: Person, job: Job) -> Job:
    """The run that waits with the order."""
    person.ledger.runs.set_state(job, "opened", person.clock())
    person.ledger.runs.park(job, PARKING, person.clock())
    person.waiting.append("token-1")
    return job


# --- resume ---------------------------------------------------------------------------------------------------


def test_resumed_order_is_parked_no_more_as_soon_as_its_run_has_heard(person: Person, parked: Job) -> None:
    assert person.resume() == "SO-1001 carries on at CreateInvoice."
    assert (person.record.state, person.record.parking) == ("opened", Parking())
    with pytest.raises(PermanentError, match="NOT_PARKED"):
        person.resume()
    assert (person.heard, person.sent) == (["resume"], [])


def test_resumed_order_that_its_run_has_moved_on_already_stays_where_it_is(
    person: Person, parked: Job, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quick(token: str, decision: str) -> bool:
        person.ledger.runs.set_state(parked, "paid", person.clock())
        return True

    monkeypatch.setattr(waiting, "answer", quick)
    person.resume()
    assert person.record.state == "paid"


def test_order_that_is_abandoned_is_not_resumed_but_reopened(person: Person, parked: Job) -> None:
    person.abandon()
    with pytest.raises(PermanentError, match="Reopen"):
        person.resume()


HELD = Parking(step="PrepareOrder", code="HELD_BY_RULE", reason="Rule 'large' holds it.", token="token-1")


def hold(person: Person, job: Job, asks: dict[str, str]) -> None:
    person.ledger.runs.note_asks(job, asks)
    person.ledger.runs.park(job, HELD, person.clock())
    person.waiting.append("token-1")


def test_to_resume_a_held_order_is_to_approve_it_and_the_ledger_keeps_by_whom(person: Person, job: Job) -> None:
    hold(person, job, {"key-1": "large"})
    person.decisions.resume(SUBJECT, person.clock(), by="ann")
    at = moment_text(person.clock())
    assert person.record.approvals == {"key-1": Approval("large", "ann", at)}
    hold(person, job, {"key-2": "new customer"})
    person.decisions.resume(SUBJECT, person.clock(), by="bob")
    assert set(person.record.approvals) == {"key-1", "key-2"}


def test_an_approval_stands_before_the_run_hears_of_it(person: Person, job: Job, waiting: Waiting) -> None:
    hold(person, job, {"key-1": "large"})
    waiting.is_away = True
    with pytest.raises(RetryableError):
        person.resume()
    assert (person.record.state, set(person.record.approvals)) == (PARKED, {"key-1"})


def test_what_is_asked_anew_is_not_approved_with_what_was_asked_before(person: Person, job: Job) -> None:
    hold(person, job, {"key-1": "large"})
    seen = person.record
    person.ledger.runs.note_asks(job, {"key-2": "larger"})
    person.decisions.store.approve(seen, "ann", person.clock())
    assert person.record.approvals == {}


def test_to_resume_an_order_that_is_parked_for_something_else_approves_nothing(person: Person, job: Job) -> None:
    person.ledger.runs.note_asks(job, {"key-1": "large"})
    person.ledger.runs.park(job, PARKING, person.clock())
    person.waiting.append("token-1")
    person.resume()
    assert person.record.approvals == {}


# --- abandon --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["opened", "invoiced", "waiting", PARKED])
def test_abandoned_order_keeps_the_reason_and_who_gave_it_whatever_it_was(person: Person, job: Job, state: str) -> None:
    runs, now = person.ledger.runs, person.clock()
    if state == PARKED:
        runs.park(job, PARKING, now)
    else:
        runs.set_state(job, state, now)
    assert person.abandon(by="ann") == "SO-1001 is abandoned: booked by hand."
    record = person.record
    assert (record.state, record.run.is_open) == (ABANDONED, False)
    assert (record.parking.reason, record.parking.by) == (WHY, "ann")
    assert [envelope.subject for envelope in person.sent] == [SUBJECT]


def test_abandoned_order_is_out_of_reach_of_the_run_that_held_it(person: Person, job: Job) -> None:
    writes: list[Callable[[], object]] = [
        lambda: person.ledger.runs.begin_step(job),
        lambda: person.ledger.runs.set_state(job, "paid", person.clock()),
        lambda: person.ledger.runs.park(job, PARKING, person.clock()),
        lambda: person.ledger.documents.write(job, entry(status=InDoubt(person.clock()))),
        lambda: person.ledger.documents.write(job, entry(status=Standing(7))),
    ]
    person.abandon()
    for write in writes:
        with pytest.raises(SupersededError):
            write()
    assert person.record.state == ABANDONED


def test_abandoned_order_is_not_posted_or_moved_by_its_last_run_which_may_say_what_stands(
    person: Person, job: Job, memory_table: Any
) -> None:
    person.abandon()
    last = a_run_that_holds(memory_table, SUBJECT, person.clock)
    refused: list[Callable[[], object]] = [
        lambda: person.ledger.documents.write(last, entry(status=InDoubt(person.clock()))),
        lambda: person.ledger.runs.park(last, PARKING, person.clock()),
        lambda: person.ledger.runs.set_state(last, "paid", person.clock()),
        lambda: person.ledger.runs.commit_plan(last, "opened", served=1, now=person.clock()),
    ]
    for write in refused:
        with pytest.raises(SupersededError):
            write()
    person.ledger.documents.write(last, entry(status=Standing(7)))
    assert (person.record.state, person.record.parking.reason) == (ABANDONED, WHY)


def test_order_that_was_never_heard_of_can_be_abandoned_and_the_answer_says_so(person: Person) -> None:
    assert "had not heard of it" in person.abandon()
    assert (person.record.state, person.record.events) == (ABANDONED, 0)


def test_abandoning_says_what_may_be_and_what_is_in_the_books(person: Person, job: Job) -> None:
    person.ledger.documents.write(job, entry(status=InDoubt(person.clock())))
    assert "may be in KashFlow by now" in person.abandon()
    person.reopen()


def test_abandoning_says_which_invoice_stands(person: Person, job: Job) -> None:
    person.ledger.documents.write(job, entry(status=Standing(1871)))
    assert "KashFlow holds invoice 1871 for it." in person.abandon()


def test_abandoning_twice_keeps_the_first_reason_and_reaches_the_run_that_did_not_hear(
    person: Person, parked: Job, waiting: Waiting
) -> None:
    waiting.is_away = True
    with pytest.raises(RetryableError):
        person.abandon()
    assert (person.record.state, person.sent) == (ABANDONED, [])
    waiting.is_away = False
    person.abandon("another reason")
    assert (person.record.parking, person.heard) == (Parking(reason=WHY), ["abandon"])
    assert len(person.sent) == 1


@pytest.mark.parametrize(("reason", "code"), [(" \x07", "REASON_MISSING"), ("word " * 101, "REASON_TOO_LONG")])
def test_abandoning_without_a_usable_reason_does_nothing(person: Person, parked: Job, reason: str, code: str) -> None:
    with pytest.raises(PermanentError, match=code):
        person.abandon(reason)
    assert person.record.state == PARKED


def test_reason_is_kept_on_one_line_without_control_characters(person: Person, parked: Job) -> None:
    person.abandon("booked\nby \x1b[31mhand")
    assert person.record.parking.reason == "booked by [31mhand"


def test_abandoning_again_says_that_the_first_reason_stays(person: Person, parked: Job) -> None:
    assert "is abandoned: " in person.abandon("the first")
    assert "was abandoned already, and keeps its first reason: the first." in person.abandon("another")


# --- reopen ---------------------------------------------------------------------------------------------------


def test_reopened_order_goes_on_from_the_beginning(person: Person, parked: Job, memory_table: Any) -> None:
    person.abandon()
    last = a_run_that_holds(memory_table, SUBJECT, person.clock)
    assert person.reopen() == "SO-1001 starts again from the beginning."
    record = person.record
    assert (record.state, record.parking, record.run.is_open) == (RECEIVED, Parking(), False)
    assert len(person.sent) == 2
    with pytest.raises(SupersededError):
        person.ledger.runs.begin_step(last)


def test_order_that_is_not_abandoned_is_not_reopened(person: Person, parked: Job) -> None:
    with pytest.raises(PermanentError, match="NOT_ABANDONED"):
        person.reopen()
    assert (person.record.state, person.sent) == (PARKED, [])


def test_order_whose_reopening_did_not_reach_the_queue_is_reopened_again(person: Person, parked: Job) -> None:
    person.abandon()
    person.reopen()
    person.reopen()
    assert len(person.sent) == 3


def test_what_a_shop_has_heard_counts_for_the_state_that_it_heard_of(person: Person, parked: Job) -> None:
    runs, record = person.ledger.runs, person.record
    assert not record.is_told
    assert runs.note_told(record, "ordercloud", "digest")
    assert (person.record.is_told, person.record.reports) == (True, {"ordercloud": "digest"})
    person.clock.sleep(1)
    runs.set_state(parked, "invoiced", person.clock())
    assert not person.record.is_told
    assert not runs.note_told(replace(record), "ordercloud", "late")
    assert person.record.reports == {"ordercloud": "digest"}
