"""One write for a subject without a workflow: one worker at a time, no event lost, parked where a person is needed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest

from sitecore_kashflow.documents.ledger import Ledger
from sitecore_kashflow.documents.store import DocumentStore
from sitecore_kashflow.errors import OutcomeUnknownError, PermanentError, RetryableError
from sitecore_kashflow.runs.decisions import DecisionStore
from sitecore_kashflow.runs.envelope import Envelope
from sitecore_kashflow.runs.queue import EnvelopeQueue
from sitecore_kashflow.runs.records import ABANDONED, PARKED, Job, SubjectRecord
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.usecases.act_on_subject import SubjectWorker
from sitecore_kashflow.usecases.decide import Decisions
from tests.unit.doubles import WINDOW, Clock

STOCK = Subject("stock", "till", "MUG")
BAD_LEVEL = PermanentError("LEVEL_BELOW_NOTHING", "There are -1 of MUG.")
LOST = OutcomeUnknownError("OUTCOME_UNKNOWN", "no sound answer")
AWAY = RetryableError("NOT_REACHABLE", "not reached")


class WorkerDiedError(BaseException):
    """Nobody catches it."""


@dataclass
class Desk:
    """Workers that write what they are told to; `during` happens while the next ones are at work."""

    runs: Runs
    clock: Clock
    during: list[Callable[[], object]] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    random: Random = field(default_factory=lambda: Random(1))

    def serve(self, hint_id: str = "hint-1", subject: Subject = STOCK) -> None:
        envelope = Envelope(subject, "level", hint_id, self.clock(), "corr-1")
        SubjectWorker(self.runs, WINDOW, self.clock, self.random).act_on(envelope, self._write)

    def _write(self, job: Job) -> str:
        self.jobs.append(job)
        if self.during:
            self.during.pop(0)()
        return "known"

    def fail(self, error: BaseException) -> None:
        """The next worker ends so."""

        def happen() -> None:
            raise error

        self.during.append(happen)

    @property
    def record(self) -> SubjectRecord:
        return self.runs.record(STOCK)


@pytest.fixture
def desk(table: Any, clock: Clock) -> Desk:
    return Desk(Runs(table), clock)


def test_event_becomes_one_write_and_the_subject_is_let_go(desk: Desk) -> None:
    desk.serve()
    record = desk.record
    assert (record.state, record.events, record.served, record.run.is_open) == ("known", 1, 1, False)
    assert [(job.subject, job.run, job.correlation_id) for job in desk.jobs] == [(STOCK, 1, "corr-1")]


def test_subjects_do_not_wait_for_each_other(desk: Desk) -> None:
    other = replace(STOCK, id="PEN")
    desk.during.append(lambda: desk.serve("hint-2", other))
    desk.serve()
    assert [job.subject for job in desk.jobs] == [STOCK, other]


def test_events_that_come_while_a_worker_has_the_subject_are_served_by_it_in_one_more_round(desk: Desk) -> None:
    def burst() -> None:
        for number in range(2, 6):
            desk.serve(f"hint-{number}")

    desk.during.append(burst)
    desk.serve()
    assert [job.run for job in desk.jobs] == [1, 1]
    assert (desk.record.events, desk.record.served, desk.record.run.is_open) == (5, 5, False)


def test_events_without_end_send_the_envelope_back_and_hold_nothing(desk: Desk) -> None:
    desk.during += [partial(desk.serve, f"more-{number}") for number in range(50)]
    with pytest.raises(RetryableError, match="EVENTS_KEEP_COMING"):
        desk.serve()
    assert not desk.record.run.is_open
    desk.during.clear()
    desk.serve()
    assert desk.record.events == desk.record.served


def test_failure_of_which_nothing_came_sends_the_envelope_back_and_lets_the_subject_go(desk: Desk) -> None:
    desk.fail(AWAY)
    with pytest.raises(RetryableError, match="NOT_REACHABLE"):
        desk.serve()
    assert (desk.record.run.is_open, desk.record.state) == (False, "received")
    desk.serve()
    assert (desk.record.state, desk.record.served) == ("known", 2)


@pytest.mark.parametrize("end", [LOST, WorkerDiedError()], ids=["lost answer", "dead worker"])
def test_subject_whose_write_may_still_land_is_taken_over_only_when_it_cannot(desk: Desk, end: BaseException) -> None:
    desk.fail(end)
    with pytest.raises(type(end)):
        desk.serve()
    desk.clock.sleep((WINDOW.worker_life + WINDOW.slowest_commit - timedelta(seconds=1)).total_seconds())
    with pytest.raises(RetryableError, match="SUBJECT_HELD"):
        desk.serve()
    assert len(desk.jobs) == 1
    desk.clock.sleep(1)
    desk.serve()
    assert [job.run for job in desk.jobs] == [1, 2]
    assert (desk.record.state, desk.record.run.is_open, desk.record.events == desk.record.served) == (
        "known",
        False,
        True,
    )


def test_other_event_is_left_to_the_envelope_of_a_dead_worker_which_comes_back(desk: Desk) -> None:
    desk.fail(WorkerDiedError())
    with pytest.raises(WorkerDiedError):
        desk.serve()
    desk.serve("hint-2")
    assert len(desk.jobs) == 1
    desk.clock.sleep(600)
    desk.serve()
    assert (len(desk.jobs), desk.record.events, desk.record.served) == (2, 3, 3)


def test_worker_that_wakes_after_another_has_taken_over_writes_nothing_down(desk: Desk) -> None:
    def sleep_too_long() -> None:
        desk.clock.sleep(600)
        desk.serve("hint-2")
        desk.fail(BAD_LEVEL)
        desk.during.pop(0)()

    desk.during.append(sleep_too_long)
    desk.serve()
    assert [job.run for job in desk.jobs] == [1, 2]
    assert (desk.record.state, desk.record.run.number, desk.record.run.is_open) == ("known", 2, False)


def test_worker_whose_answer_to_the_taking_was_lost_knows_that_the_subject_is_its_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_run = Runs.open_run

    def twice(self: Runs, *given: Any) -> SubjectRecord:
        open_run(self, *given)
        return open_run(self, *given)

    monkeypatch.setattr(Runs, "open_run", twice)
    desk.serve()
    assert (desk.record.state, desk.record.run.is_open) == ("known", False)


def test_parked_subject_is_held_by_nobody_and_goes_on_by_a_new_event(desk: Desk) -> None:
    desk.fail(BAD_LEVEL)
    desk.serve()
    record = desk.record
    assert (record.state, record.run.is_open, record.events, record.served) == (PARKED, False, 1, 1)
    assert (record.parking.code, record.parking.reason, record.parking.token) == (BAD_LEVEL.code, BAD_LEVEL.words, "")
    desk.serve("hint-2")
    assert (desk.record.state, desk.record.parking.code) == ("known", "")


def test_event_that_comes_while_a_subject_is_parked_is_looked_at_at_once(desk: Desk) -> None:
    def bad_then_good() -> None:
        desk.serve("hint-2")
        raise BAD_LEVEL

    desk.during.append(bad_then_good)
    desk.serve()
    assert (len(desk.jobs), desk.record.state, desk.record.served) == (2, "known", 2)


@dataclass
class Sent:
    """A queue of each kind."""

    envelopes: dict[str, list[Envelope]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> EnvelopeQueue:
        sent = self.envelopes.setdefault(kind, [])
        return type("Queue", (), {"put": lambda _, envelope: sent.append(envelope)})()  # type: ignore[no-any-return]


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def decisions(desk: Desk, table: Any, sent: Sent) -> Decisions:
    ledger = Ledger(desk.runs, DocumentStore(table, desk.runs))
    return Decisions(ledger, DecisionStore(table), None, sent.of_kind, None)  # type: ignore[arg-type]


def test_resumed_subject_is_looked_at_again_by_an_envelope_on_its_own_queue(
    desk: Desk, decisions: Decisions, sent: Sent
) -> None:
    desk.fail(BAD_LEVEL)
    desk.serve()
    assert decisions.resume(STOCK, desk.clock()) == "MUG starts again from the beginning."
    ((kind, (envelope,)),) = sent.envelopes.items()
    assert (kind, envelope.subject) == ("stock", STOCK)
    desk.serve(envelope.hint_id)
    assert desk.record.state == "known"


def test_abandoned_subject_is_left_alone_whatever_comes(desk: Desk, decisions: Decisions) -> None:
    desk.fail(BAD_LEVEL)
    desk.serve()
    decisions.abandon(STOCK, "counted by hand", desk.clock())
    desk.serve("hint-2")
    assert (len(desk.jobs), desk.record.state, desk.record.run.is_open) == (1, ABANDONED, False)
    assert desk.record.events == desk.record.served
