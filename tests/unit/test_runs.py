"""The records of subjects: one run at a time, events never lost, parking, and the subject as it was understood."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sitecore_kashflow.canonical.keys import attempt_key
from sitecore_kashflow.documents.entry import InDoubt, Standing
from sitecore_kashflow.documents.store import DocumentStore
from sitecore_kashflow.errors import PermanentError, RetryableError, SupersededError
from sitecore_kashflow.runs.records import ABANDONED, LAST_ATTEMPT, PARKED, RECEIVED, Job, Parking, Run
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.runs.subject import Subject
from tests.unit.doubles import Clock, a_run_that_holds, entry, order_subject

SUBJECT, OTHER = order_subject(), order_subject("SO-1002")
PARKING = Parking(step="CreateInvoice", code="VAT_NOT_EXPLAINED", reason="3.99 is not 4.99.", token="token-1")
Opened = Callable[[Subject], Job]


@pytest.fixture
def runs(table: Any) -> Runs:
    return Runs(table)


@pytest.fixture
def opened(table: Any, clock: Clock) -> Opened:
    """Opens a run that holds a subject, and serves its events."""
    return lambda subject: a_run_that_holds(table, subject, clock)


@pytest.fixture
def job(opened: Opened) -> Job:
    """The first run of the order, which holds it."""
    return opened(SUBJECT)


def superseded(runs: Runs, job: Job, opened: Opened) -> Job:
    """A newer run took the order, as after a stopped execution."""
    runs.give_up_run(job.subject, job.run)
    return opened(job.subject)


# --- events and runs --------------------------------------------------------------------------------------


def test_the_first_event_makes_the_record(runs: Runs, clock: Clock) -> None:
    runs.note_event(SUBJECT, clock())
    record = runs.record(SUBJECT)
    assert (record.subject, record.state, record.events, record.served) == (SUBJECT, RECEIVED, 1, 0)
    assert record.run == Run()


def test_a_subject_that_nobody_spoke_of_is_not_in_the_ledger(runs: Runs) -> None:
    with pytest.raises(PermanentError, match=r"NOT_IN_LEDGER.*order SO-1001"):
        runs.record(SUBJECT)


def test_a_later_event_leaves_the_state_as_it_is(runs: Runs, job: Job, clock: Clock) -> None:
    runs.set_state(job, "paid", clock())
    clock.sleep(1)
    since = runs.record(SUBJECT).state_since
    runs.note_event(SUBJECT, clock())
    record = runs.record(SUBJECT)
    assert (record.state, record.state_since, record.events) == ("paid", since, 2)


def test_one_run_holds_the_subject_until_it_lets_go(runs: Runs, job: Job, clock: Clock) -> None:
    held = runs.open_run(SUBJECT, clock()).run
    assert (held.number, held.is_open) == (1, True)
    assert runs.end_run(job)
    assert not runs.record(SUBJECT).run.is_open
    assert runs.open_run(SUBJECT, clock()).run.number == 2


def test_worker_that_is_its_own_run_knows_by_its_attempt_that_the_run_is_its_own(runs: Runs, clock: Clock) -> None:
    assert runs.open_run(SUBJECT, clock(), "worker-1").run.attempt == "worker-1"
    assert runs.open_run(SUBJECT, clock(), "worker-2").run.attempt == "worker-1"
    runs.set_state(Job(SUBJECT, 1, "corr-1", attempt="worker-1"), "done", clock())
    with pytest.raises(RetryableError, match="ATTEMPT_SUPERSEDED"):
        runs.set_state(Job(SUBJECT, 1, "corr-1", attempt="worker-2"), "done", clock())


def test_subjects_do_not_hold_each_other(job: Job, opened: Opened) -> None:
    refund = Subject("refund", "ordercloud", "SO-1001")
    assert [opened(subject).run for subject in (OTHER, refund)] == [1, 1] == [job.run] * 2


def test_the_arn_of_a_started_run_is_kept_until_the_run_is_over(runs: Runs, job: Job, clock: Clock) -> None:
    def arn() -> str:
        runs.note_started(SUBJECT, job.run, "arn:run-1")
        return runs.record(SUBJECT).run.execution_arn

    assert arn() == "arn:run-1"
    runs.end_run(job)
    assert runs.record(SUBJECT).run.execution_arn == ""
    assert arn() == ""
    runs.open_run(SUBJECT, clock())
    assert arn() == ""


def test_events_during_a_run_make_it_go_round_once_more_however_many_they_are(
    runs: Runs, job: Job, clock: Clock
) -> None:
    for _ in range(3):
        runs.note_event(SUBJECT, clock())
    assert not runs.end_run(job)
    assert runs.record(SUBJECT).run.is_open
    runs.note_served(job, runs.begin_step(job).events)
    assert runs.end_run(job)
    assert not runs.record(SUBJECT).run.is_open


def test_an_event_that_comes_while_the_subject_is_looked_at_is_not_lost(runs: Runs, job: Job, clock: Clock) -> None:
    runs.note_event(SUBJECT, clock())
    served = runs.begin_step(job).events
    runs.note_event(SUBJECT, clock())
    runs.note_served(job, served)
    assert not runs.end_run(job)


def test_an_end_that_is_told_twice_is_still_the_end(runs: Runs, job: Job) -> None:
    assert runs.end_run(job)
    assert runs.end_run(job)


def test_a_dead_run_that_no_longer_holds_the_subject_takes_it_from_nobody(runs: Runs, job: Job, opened: Opened) -> None:
    newer = superseded(runs, job, opened)
    runs.give_up_run(SUBJECT, job.run)
    runs.release(job)
    run = runs.record(SUBJECT).run
    assert (run.number, run.is_open) == (newer.run, True)


def test_a_dead_run_lets_the_subject_go_whatever_came_meanwhile_and_may_be_forgotten(
    runs: Runs, job: Job, clock: Clock
) -> None:
    runs.note_event(SUBJECT, clock())
    runs.give_up_run(SUBJECT, job.run)
    record = runs.record(SUBJECT)
    assert (record.run.is_open, record.ledger_may_be_behind) == (False, True)
    assert runs.open_run(SUBJECT, clock()).run.number == 2


def test_a_run_that_is_released_lets_the_subject_go_whatever_came_meanwhile_and_forgets_nothing(
    runs: Runs, job: Job, clock: Clock
) -> None:
    runs.note_event(SUBJECT, clock())
    runs.release(job)
    record = runs.record(SUBJECT)
    assert (record.run.is_open, record.ledger_may_be_behind) == (False, False)
    assert runs.open_run(SUBJECT, clock()).run.number == 2


# --- fencing ----------------------------------------------------------------------------------------------


def rows(table: Any) -> list[Any]:
    return sorted(table.scan()["Items"], key=lambda item: (item["pk"], item["sk"]))


@dataclass(frozen=True)
class Ledger:
    """All that a step writes through."""

    runs: Runs
    documents: DocumentStore
    clock: Clock
    table: Any


Write = Callable[[Ledger, Job], object]
WRITES: dict[str, Write] = {
    "end_run": lambda ledger, job: ledger.runs.end_run(job),
    "commit_plan": lambda ledger, job: ledger.runs.commit_plan(
        job, "opened", served=9, now=ledger.clock(), snapshot=b"it"
    ),
    "note_served": lambda ledger, job: ledger.runs.note_served(job, 9),
    "set_state": lambda ledger, job: ledger.runs.set_state(job, "paid", ledger.clock()),
    "park": lambda ledger, job: ledger.runs.park(job, PARKING, ledger.clock()),
    "note_report": lambda ledger, job: ledger.runs.note_report(job, "ordercloud", "digest"),
    "write_document": lambda ledger, job: ledger.documents.write(job, entry(status=Standing(7))),
    "withdraw_document": lambda ledger, job: ledger.documents.withdraw(job, entry()),
}
STEPS: dict[str, Write] = WRITES | {"begin_step": lambda ledger, job: ledger.runs.begin_step(job)}


@pytest.fixture
def ledger(table: Any, runs: Runs, clock: Clock) -> Ledger:
    return Ledger(runs, DocumentStore(table, runs), clock, table)


@pytest.mark.parametrize("name", STEPS)
def test_a_run_that_was_superseded_can_write_nothing_any_more(
    ledger: Ledger, job: Job, opened: Opened, name: str
) -> None:
    newer = superseded(ledger.runs, job, opened)
    ledger.runs.park(newer, PARKING, ledger.clock())
    ledger.documents.write(newer, entry(status=InDoubt(ledger.clock())))
    before = rows(ledger.table)
    with pytest.raises(SupersededError, match="Run 1 no longer holds order:ordercloud:SO-1001"):
        STEPS[name](ledger, job)
    assert rows(ledger.table) == before


@pytest.mark.parametrize("name", WRITES)
def test_an_attempt_that_was_given_up_can_write_nothing_once_a_later_one_has_begun(
    ledger: Ledger, job: Job, name: str
) -> None:
    ledger.documents.write(job, entry(status=InDoubt(ledger.clock())))
    ledger.runs.note_event(SUBJECT, ledger.clock())
    later = replace(job, attempt=attempt_key(ledger.clock(), 1))
    ledger.runs.begin_step(later)
    before = rows(ledger.table)
    with pytest.raises(RetryableError, match="ATTEMPT_SUPERSEDED"):
        WRITES[name](ledger, job)
    with pytest.raises(RetryableError, match="ATTEMPT_SUPERSEDED"):
        ledger.runs.begin_step(job)
    assert rows(ledger.table) == before
    WRITES[name](ledger, later)


@pytest.mark.parametrize("name", sorted(STEPS.keys() - {"end_run"}))
def test_a_run_that_let_the_subject_go_can_write_nothing_any_more(ledger: Ledger, job: Job, name: str) -> None:
    ledger.runs.end_run(job)
    with pytest.raises(SupersededError):
        STEPS[name](ledger, job)


def test_the_steps_of_the_next_run_begin_afresh(runs: Runs, job: Job, opened: Opened) -> None:
    runs.begin_step(replace(job, attempt=LAST_ATTEMPT))
    assert superseded(runs, job, opened).run == 2


def test_an_attempt_that_begins_twice_because_an_answer_was_lost_goes_on(runs: Runs, job: Job) -> None:
    assert runs.begin_step(job) == runs.begin_step(job) == runs.record(SUBJECT)


# --- states and parking -----------------------------------------------------------------------------------


def test_a_parked_subject_says_where_why_and_how_to_go_on(runs: Runs, job: Job, clock: Clock) -> None:
    runs.set_state(job, "opened", clock())
    runs.park(job, PARKING, clock())
    record = runs.record(SUBJECT)
    assert (record.state, record.parking) == (PARKED, replace(PARKING, previous_state="opened"))
    assert record.run.is_open


def test_parking_twice_keeps_what_the_subject_was_before_the_first(runs: Runs, job: Job, clock: Clock) -> None:
    runs.set_state(job, "invoiced", clock())
    runs.park(job, PARKING, clock())
    runs.park(job, replace(PARKING, token="token-2"), clock())
    parking = runs.record(SUBJECT).parking
    assert (parking.previous_state, parking.token) == ("invoiced", "token-2")


def test_the_next_state_takes_the_note_of_parking_off(runs: Runs, job: Job, clock: Clock) -> None:
    runs.park(job, PARKING, clock())
    runs.set_state(job, "invoiced", clock())
    record = runs.record(SUBJECT)
    assert (record.state, record.parking) == ("invoiced", Parking())


def test_a_new_plan_takes_the_note_of_parking_off(runs: Runs, job: Job, clock: Clock) -> None:
    runs.park(job, PARKING, clock())
    runs.commit_plan(job, "opened", served=1, now=clock())
    record = runs.record(SUBJECT)
    assert (record.state, record.parking) == ("opened", Parking())


def ids(records: Any) -> list[str]:
    return [record.subject.id for record in records]


def test_subjects_in_a_state_are_listed_longest_there_first(runs: Runs, clock: Clock, opened: Opened) -> None:
    for order_id in ("SO-3", "SO-1", "SO-2"):
        runs.park(opened(order_subject(order_id)), PARKING, clock())
        clock.sleep(1)
    opened(order_subject("SO-4"))
    assert ids(runs.in_state(PARKED)) == ["SO-3", "SO-1", "SO-2"]
    assert ids(runs.in_state(RECEIVED)) == ["SO-4"]
    assert ids(runs.in_state(ABANDONED)) == []
    assert next(runs.in_state(PARKED)) == runs.record(order_subject("SO-3"))


def test_subjects_of_another_kind_are_listed_apart(runs: Runs, clock: Clock) -> None:
    for subject in (SUBJECT, Subject("refund", "ordercloud", "RMA-1")):
        runs.note_event(subject, clock())
        clock.sleep(1)
    assert ids(runs.in_state(RECEIVED)) == ["SO-1001", "RMA-1"]
    assert ids(runs.in_state(RECEIVED, kind="order")) == ["SO-1001"]
    assert ids(runs.in_state(RECEIVED, kind="refund")) == ["RMA-1"]


def test_subjects_of_a_state_are_read_on_from_the_last_one(runs: Runs, clock: Clock) -> None:
    for number in range(5):
        runs.note_event(order_subject(f"SO-{number}"), clock())
        clock.sleep(1)
    first = runs.next_in_state("order", RECEIVED, "2020", 3)
    rest = runs.next_in_state("order", RECEIVED, first[-1].state_since, 3)
    assert ids(first + rest) == [f"SO-{number}" for number in range(5)]
    assert runs.next_in_state("order", RECEIVED, rest[-1].state_since, 3) == []


def test_subjects_of_a_state_are_found_behind_pages_of_another_kind(runs: Runs, clock: Clock) -> None:
    for number in range(7):
        runs.note_event(Subject("refund", "ordercloud", f"RMA-{number}"), clock())
        clock.sleep(1)
    runs.note_event(SUBJECT, clock())
    assert ids(runs.next_in_state("order", RECEIVED, "2020", 3)) == [SUBJECT.id]
    assert runs.next_in_state("return", RECEIVED, "2020", 3) == []


def test_a_list_of_subjects_longer_than_one_answer_of_the_table_is_complete(
    runs: Runs, clock: Clock, opened: Opened
) -> None:
    for number in range(12):
        runs.park(opened(order_subject(f"SO-{number:02}")), replace(PARKING, reason="x" * 100_000), clock())
        clock.sleep(1)
    assert ids(runs.in_state(PARKED)) == [f"SO-{number:02}" for number in range(12)]


def test_what_each_audience_was_told_is_remembered(runs: Runs, job: Job) -> None:
    assert runs.record(SUBJECT).reports == {}
    runs.note_report(job, "ordercloud", "digest-1")
    runs.note_report(job, "erp", "digest-2")
    runs.note_report(job, "ordercloud", "digest-3")
    assert runs.record(SUBJECT).reports == {"ordercloud": "digest-3", "erp": "digest-2"}


# --- snapshots --------------------------------------------------------------------------------------------


def planned(runs: Runs, job: Job, clock: Clock, snapshot: bytes | None) -> None:
    runs.commit_plan(job, "opened", served=1, now=clock(), snapshot=snapshot)


def parts_of(table: Any) -> list[Any]:
    return [item for item in rows(table) if str(item["sk"]).startswith("SNAPSHOT#")]


def test_a_snapshot_that_does_not_fit_into_one_item_spans_parts_and_comes_back_equal(
    runs: Runs, job: Job, clock: Clock, table: Any
) -> None:
    huge = random.Random(1).randbytes(800_000)
    planned(runs, job, clock, huge)
    assert runs.snapshot(runs.record(SUBJECT)) == huge
    parts = parts_of(table)
    assert len(parts) >= 2
    assert all(len(bytes(item["body"])) < 400_000 for item in parts)


def test_a_smaller_snapshot_after_a_huge_one_is_read_alone(runs: Runs, job: Job, clock: Clock) -> None:
    planned(runs, job, clock, random.Random(2).randbytes(800_000))
    planned(runs, job, clock, b"small")
    assert runs.snapshot(runs.record(SUBJECT)) == b"small"


def test_a_plan_without_a_snapshot_leaves_the_last_one(runs: Runs, job: Job, clock: Clock) -> None:
    planned(runs, job, clock, b"as it was")
    planned(runs, job, clock, None)
    assert runs.snapshot(runs.record(SUBJECT)) == b"as it was"


@pytest.mark.parametrize(
    ("keeps", "year"),
    [
        (Runs, 2034),
        (lambda table: Runs(table, 7).keeping(0), 2034),
        (lambda table: Runs(table, 7).keeping(10), 2037),
        (lambda table: Runs(table, 12).keeping(10), 2039),
    ],
)
def test_a_snapshot_is_kept_for_whole_years_and_the_record_for_good(
    job: Job, clock: Clock, table: Any, keeps: Callable[[Any], Runs], year: int
) -> None:
    assert clock().year == 2026
    planned(keeps(table), job, clock, b"as it was")
    expires_at = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    assert [item.get("expires_at") for item in rows(table)] == [expires_at, None]


def test_snapshots_are_found_after_the_record_is_gone_the_latest_last(
    runs: Runs, job: Job, clock: Clock, table: Any
) -> None:
    whole = bytes(range(256)) * 4000
    planned(runs, job, clock, whole)
    clock.sleep(366 * 86_400)
    planned(runs, job, clock, b"as it is now")
    table.delete_item(Key={"pk": SUBJECT.pk, "sk": "STATE"})
    assert [kept.value for kept in runs.snapshots(SUBJECT)] == [whole, b"as it is now"]


def test_snapshots_of_one_year_are_in_the_order_in_which_they_were_last_understood(
    runs: Runs, job: Job, clock: Clock, table: Any
) -> None:
    for value in (b"first", b"second", b"third", b"fourth", b"first"):
        planned(runs, job, clock, value)
        clock.sleep(1)
    assert [kept.value for kept in runs.snapshots(SUBJECT)] == [b"second", b"third", b"fourth", b"first"]


def test_a_snapshot_that_is_not_there_says_so(runs: Runs, job: Job, clock: Clock, table: Any) -> None:
    with pytest.raises(PermanentError, match="SNAPSHOT_GONE"):
        runs.snapshot(runs.record(SUBJECT))
    planned(runs, job, clock, random.Random(3).randbytes(800_000))
    part = parts_of(table)[-1]
    table.delete_item(Key={"pk": part["pk"], "sk": part["sk"]})
    with pytest.raises(PermanentError, match="SNAPSHOT_GONE"):
        runs.snapshot(runs.record(SUBJECT))
