"""What the bridge asks of its ledger table, as scenarios: the stand-in in memory has to answer each as DynamoDB does.

To add one, write a function that takes a table and yields one call after the other, and put it into `SCENARIOS`.
`tests/simulation/test_stand_ins.py` plays them against moto, `tests/e2e/test_ledger_stand_in.py` against the local AWS.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any

from sitecore_kashflow.books.kashflow.account_lists import AccountStore, VatSeen
from sitecore_kashflow.books.kashflow.customer_links import CustomerLink, CustomerLinks
from sitecore_kashflow.calls.access import Access, AccessStore, Budget, Turn, Wish
from sitecore_kashflow.documents.entry import Entry, Figures, InDoubt, Standing
from sitecore_kashflow.documents.numbers import InvoiceNumbers
from sitecore_kashflow.documents.store import DocumentStore
from sitecore_kashflow.errors import BridgeError
from sitecore_kashflow.plan.vat_amounts import VatAmounts
from sitecore_kashflow.runs.cursors import Cursor, CursorStore
from sitecore_kashflow.runs.decisions import DecisionStore
from sitecore_kashflow.runs.kept_events import Kept, KeptEvents
from sitecore_kashflow.runs.records import Job, Parking
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.runs.subject import Subject
from tests.deployed import template
from tests.simulation.aws import MemoryAws
from tests.simulation.dynamo import MemoryTable
from tests.simulation.scheduler import START

ORDER, OTHER = Subject("order", "ordercloud", "SO-1"), Subject("order", "ordercloud", "SO-10")
FIGURES = Figures("GBP", Decimal("24.95"), Decimal("4.99"), Decimal("29.94"))
INVOICE = Entry("invoice", "SO-1", "W1", FIGURES, "1")
PARKING = Parking(step="CreateInvoice", code="C", reason="why", token="t")
TABLE = "LedgerTable"
Calls = Iterator[Callable[[], Any]]


def job_of(run: int = 1, attempt: str = "1", subject: Subject = ORDER) -> Job:
    return Job(subject, run, "c", attempt=attempt)


def runs(table: Any) -> Calls:
    """Events, runs, steps and their ends; a run that is over writes nothing, nor does an attempt that was given up."""
    runs, first, second, unknown = Runs(table), job_of(), job_of(attempt="2"), job_of(run=9)
    yield lambda: runs.record(ORDER)
    yield lambda: runs.note_event(ORDER, START)
    yield lambda: runs.open_run(ORDER, START)
    yield lambda: runs.open_run(ORDER, START + timedelta(seconds=1))
    yield lambda: runs.note_started(ORDER, 1, "arn:1")
    yield lambda: runs.note_started(ORDER, 2, "arn:2")
    yield lambda: runs.begin_step(first)
    yield lambda: runs.begin_step(first)
    yield lambda: runs.note_event(ORDER, START)
    yield lambda: runs.commit_plan(first, "opened", served=1, now=START, snapshot=b"what it looks like")
    yield lambda: runs.end_run(first)
    yield lambda: runs.begin_step(second)
    yield lambda: runs.begin_step(first)
    yield lambda: runs.set_state(first, "paid", START)
    yield lambda: runs.end_run(first)
    yield lambda: runs.begin_step(unknown)
    yield lambda: runs.snapshot(runs.record(ORDER))
    yield lambda: runs.note_report(second, "ordercloud", "digest")
    yield lambda: runs.note_served(second, 2)
    yield lambda: runs.set_state(second, "invoiced", START)
    yield lambda: runs.end_run(second)
    yield lambda: runs.end_run(second)
    yield lambda: runs.end_run(unknown)
    yield lambda: runs.begin_step(second)
    yield lambda: runs.record(ORDER)


def ends_of_runs(table: Any) -> Calls:
    """A run lets go whatever came meanwhile, or is given up; one that holds nothing takes nothing from another."""
    runs = Runs(table)
    yield lambda: runs.note_event(ORDER, START)
    yield lambda: runs.open_run(ORDER, START)
    yield lambda: runs.note_started(ORDER, 1, "arn:1")
    yield lambda: runs.release(job_of(run=9))
    yield lambda: runs.record(ORDER)
    yield lambda: runs.release(job_of())
    yield lambda: runs.record(ORDER)
    yield lambda: runs.release(job_of())
    yield lambda: runs.open_run(ORDER, START)
    yield lambda: runs.give_up_run(ORDER, 1)
    yield lambda: runs.record(ORDER)
    yield lambda: runs.give_up_run(ORDER, 2)
    yield lambda: runs.record(ORDER)
    yield lambda: runs.open_run(ORDER, START)


def parking(table: Any) -> Calls:
    """A subject waits, is listed, and goes on with its token once."""
    runs, decisions, job = Runs(table), DecisionStore(table), job_of()
    yield lambda: runs.note_event(ORDER, START)
    yield lambda: runs.note_event(OTHER, START)
    yield lambda: runs.open_run(ORDER, START)
    yield lambda: runs.begin_step(job)
    yield lambda: runs.park(job, PARKING, START)
    yield lambda: runs.park(job, replace(PARKING, step="SettleInvoice"), START + timedelta(seconds=1))
    yield lambda: list(runs.in_state("parked"))
    yield lambda: list(runs.in_state("parked", kind="order"))
    yield lambda: list(runs.in_state("parked", kind="refund"))
    yield lambda: runs.next_in_state("order", "parked", "2026", 5)
    yield lambda: runs.next_in_state("order", "parked", "2027", 5)
    yield lambda: runs.next_in_state("order", "received", "2020", 1)
    yield lambda: runs.note_told(replace(runs.record(ORDER), state_since="before"), "ordercloud", "digest")
    yield lambda: runs.note_told(runs.record(ORDER), "ordercloud", "digest")
    yield lambda: decisions.resume(replace(runs.record(ORDER), parking=replace(PARKING, token="other")), START)
    yield lambda: decisions.resume(runs.record(ORDER), START)
    yield lambda: decisions.resume(runs.record(ORDER), START)
    yield lambda: runs.record(ORDER)


def abandonment(table: Any) -> Calls:
    """A subject is left alone, known or unknown; no run moves it on or begins to post; it may be reopened."""
    runs, decisions, job, later = Runs(table), DecisionStore(table), job_of(), job_of(run=2)
    store = DocumentStore(table, runs)
    yield lambda: runs.note_event(ORDER, START)
    yield lambda: runs.open_run(ORDER, START)
    yield lambda: runs.begin_step(job)
    yield lambda: runs.park(job, PARKING, START)
    yield lambda: decisions.abandon(ORDER, "by hand", "Ann", START)
    yield lambda: decisions.abandon(ORDER, "again", "Ann", START)
    yield lambda: decisions.forget_token(ORDER, "other")
    yield lambda: decisions.forget_token(ORDER, "t")
    yield lambda: runs.set_state(job, "paid", START)
    yield lambda: runs.open_run(ORDER, START)
    yield lambda: runs.begin_step(later)
    yield lambda: runs.set_state(later, "paid", START)
    yield lambda: runs.park(later, PARKING, START)
    yield lambda: store.write(later, replace(INVOICE, status=InDoubt(START)))
    yield lambda: store.write(later, replace(INVOICE, status=Standing(7)))
    yield lambda: decisions.abandon(OTHER, "by hand", "", START)
    yield lambda: list(runs.in_state("abandoned"))
    yield lambda: decisions.reopen(ORDER, START)
    yield lambda: decisions.reopen(ORDER, START)
    yield lambda: runs.record(ORDER)


def documents(table: Any) -> Calls:
    """Only the attempt that began last may write, and only in the run that holds the subject."""
    runs, first, second = Runs(table), job_of(), job_of(attempt="2")
    store = DocumentStore(table, runs)
    rate = replace(FIGURES, rate=Decimal("1.15"), rate_day=date(2026, 11, 20))
    receipt = replace(INVOICE, kind="receipt", reference="pay#2", carried={"pay#2": Decimal("1.50")}, on=1001)
    in_doubt, standing = InDoubt(START), Standing(1001, internal_id=7, is_adopted=True, is_verified=True)

    def of(subject: Subject) -> list[Any]:
        return [asdict(entry) for entry in store.of(subject)]

    yield lambda: store.write(first, INVOICE)
    yield lambda: runs.note_event(ORDER, START)
    yield lambda: runs.open_run(ORDER, START)
    yield lambda: store.write(first, INVOICE)
    yield lambda: runs.begin_step(first)
    yield lambda: of(ORDER)
    yield lambda: store.write(first, INVOICE)
    yield lambda: of(ORDER)
    yield lambda: store.write(first, replace(INVOICE, status=in_doubt, reserved=5000))
    yield lambda: of(ORDER)
    yield lambda: runs.begin_step(second)
    yield lambda: store.write(first, replace(INVOICE, status=Standing(1000)))
    yield lambda: store.withdraw(first, INVOICE)
    yield lambda: store.write(second, receipt)
    yield lambda: store.write(second, replace(INVOICE, status=standing, figures=rate, carried={"p": Decimal(3)}))
    yield lambda: runs.note_event(OTHER, START)
    yield lambda: runs.open_run(OTHER, START)
    yield lambda: runs.begin_step(job_of(subject=OTHER))
    yield lambda: store.write(job_of(subject=OTHER), INVOICE)
    yield lambda: of(ORDER)
    yield lambda: of(OTHER)
    yield lambda: store.withdraw(second, INVOICE)
    yield lambda: store.withdraw(second, INVOICE)
    yield lambda: of(ORDER)
    yield lambda: runs.end_run(second)


def writes_together(table: Any) -> Calls:
    """Several writes under one check: all of them, or none."""
    runs, job = Runs(table), job_of()
    kept, gone = {"pk": ORDER.pk, "sk": "A", "number": 1}, {"pk": ORDER.pk, "sk": "B"}
    yield lambda: runs.note_event(ORDER, START)
    yield lambda: runs.open_run(ORDER, START)
    yield lambda: runs.write_fenced(job, {"Put": {"Item": gone}})
    yield lambda: runs.begin_step(job)
    yield lambda: runs.write_fenced(job, {"Put": {"Item": gone}})
    yield lambda: runs.write_fenced(job, {"Put": {"Item": kept}}, {"Delete": {"Key": gone}})
    yield lambda: runs.write_fenced(job_of(attempt="0"), {"Delete": {"Key": kept}}, {"Put": {"Item": gone}})


def memory(table: Any) -> Calls:
    """The newest body of a subject, the code of a customer, a number once."""
    events, links, numbers = KeptEvents(table), CustomerLinks(table), InvoiceNumbers(table)
    yield lambda: events.newest(ORDER)
    yield lambda: events.keep(ORDER, Kept(b"first", 1), START)
    yield lambda: events.keep(ORDER, Kept(b"second", 2), START + timedelta(seconds=1))
    yield lambda: events.keep(ORDER, Kept(b"late", 1), START + timedelta(seconds=2))
    yield lambda: events.newest(ORDER)
    yield lambda: events.newest(OTHER)
    yield lambda: links.read("ordercloud:ada")
    yield lambda: links.save("ordercloud:ada", CustomerLink("W1", "digest-1"), START)
    yield lambda: links.save("ordercloud:ada", CustomerLink("W1", "digest-2"), START)
    yield lambda: links.read("ordercloud:ada")
    yield lambda: [numbers.reserve(7, 9) for _ in range(2)]
    yield lambda: numbers.reserve(20, 20)
    yield lambda: numbers.reserve(7, 20)


def sharing(table: Any) -> Calls:
    """One login at a time; the longer pause stays; a cursor moves once."""
    store, cursors = AccessStore(table, "KASHFLOW"), CursorStore(table)
    later = START + timedelta(seconds=30)
    yield store.read
    yield lambda: store.claim_login(0, "v0", START, 40)
    yield lambda: store.claim_login(0, "v0", later, 40)
    yield lambda: store.release_login(is_in_doubt=True)
    yield lambda: store.claim_login(0, "v0", later, 40)
    yield lambda: store.claim_login(0, "v0", START + timedelta(minutes=10), 40)
    yield lambda: store.save_session("token", 1, "v0", later)
    yield lambda: store.claim_login(0, "v0", later, 40)
    yield lambda: store.claim_login(1, "v0", later, 40)
    yield lambda: store.release_login(is_in_doubt=True)
    yield lambda: store.claim_login(1, "v0", later, 40)
    yield lambda: store.hold(later, is_asked_for=True)
    yield lambda: store.hold(START, is_asked_for=True)
    yield lambda: store.refuse("v1")
    yield lambda: store.lock(later)
    yield lambda: store.release_login(is_in_doubt=False)
    yield store.read
    yield lambda: cursors.read("LIVE")
    yield lambda: cursors.save(Cursor("LIVE", START))
    yield lambda: cursors.save(Cursor("LIVE", later))
    yield lambda: cursors.save(Cursor("LIVE", later, until=later, last_id="SO-9", began_at=START, revision=1))
    yield lambda: cursors.read("LIVE")


def turns(table: Any) -> Calls:
    """A lane and a beginning in one write; no turn during a pause, none of a backfill while somebody waits."""
    store, budget = AccessStore(table, "KASHFLOW"), Budget(4, 2)
    first, second, third = (START + timedelta(seconds=seconds) for seconds in (0, 0.25, 0.5))

    def take(lane: int, now: datetime, *, has_queue: bool, is_background: bool = False, calls: int = 1) -> Turn | None:
        return store.take_turn(Wish(lane, calls, is_background), budget, now, has_queue=has_queue)

    def turn(lane: int, now: datetime) -> Turn:
        return Turn(lane, now, now + timedelta(seconds=120), Access())

    yield lambda: take(0, first, has_queue=True)
    yield lambda: take(0, first, has_queue=False)
    yield lambda: take(0, first, has_queue=True)
    yield lambda: take(1, first, has_queue=False)
    yield lambda: take(1, first, has_queue=True)
    yield lambda: store.end_turn(turn(0, first), has_failed=True)
    yield lambda: store.end_turn(turn(0, first), has_failed=True)
    yield lambda: take(0, second, has_queue=True)
    yield lambda: store.end_turn(turn(0, second), has_failed=True)
    yield lambda: store.end_turn(turn(1, first), has_failed=False)
    yield lambda: take(1, first, has_queue=True, calls=2)
    yield lambda: store.end_turn(turn(1, first), has_failed=None)
    yield lambda: store.hold_background(third)
    yield lambda: take(0, second, has_queue=True, is_background=True)
    yield lambda: take(0, START + timedelta(seconds=9), has_queue=False, is_background=True)
    yield lambda: store.hold(START + timedelta(seconds=60), is_asked_for=True)
    yield lambda: take(1, START + timedelta(seconds=59), has_queue=False)
    yield lambda: take(1, START + timedelta(seconds=60), has_queue=False)
    yield lambda: take(1, START - timedelta(days=1), has_queue=True)
    yield lambda: take(1, START - timedelta(days=1), has_queue=False)
    yield store.read


def lists(table: Any) -> Calls:
    """One reading of the account's lists at a time, and none while those that are kept will do."""
    store = AccountStore(table)
    later = START + timedelta(minutes=16)
    yield store.read
    yield lambda: store.claim_reading(START, START, 60)
    yield lambda: store.claim_reading(START, START, 60)
    yield store.release_reading
    yield lambda: store.claim_reading(START, START, 60)
    yield lambda: store.save({"nominals": [{"Code": 4000, "Price": Decimal("0.10")}], "settings": None}, START)
    yield store.read
    yield lambda: store.claim_reading(START, START, 60)
    yield lambda: store.claim_reading(later - timedelta(minutes=15), later, 60)
    yield lambda: store.claim_reading(later, later + timedelta(seconds=61), 60)


def vat(table: Any) -> Calls:
    """What the account does with VAT is remembered, replaced, and forgotten even if nothing was known."""
    store = AccountStore(table)
    yield store.forget_vat
    yield store.vat_seen
    for amounts in (VatAmounts.KEPT, VatAmounts.COMPUTED):
        yield partial(store.note_vat, VatSeen(amounts, 1002, START))
        yield store.vat_seen
    yield store.forget_vat
    yield store.vat_seen


SCENARIOS: tuple[Callable[[Any], Calls], ...] = (
    runs, ends_of_runs, parking, abandonment, documents, writes_together, memory, sharing, turns, lists, vat,
)  # fmt: skip


def make_table(resource: Any, name: str = TABLE) -> Any:
    """The ledger table of the template, made by boto3's `resource`."""
    properties = template()["Resources"][TABLE]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return resource.create_table(TableName=name, **{name: properties[name] for name in wanted if name in properties})


def require_alike(real: Any, scenario: Callable[[Any], Calls]) -> None:
    """Play a scenario on a real, empty table and on the stand-in; every answer and all rows must be equal."""
    kept = MemoryTable(real.name, ("pk", "sk"))
    ground: Any = SimpleNamespace(tables={real.name: kept}, call=lambda _, effect, *__, **___: effect())
    memory = MemoryAws(ground).resource("dynamodb").Table(real.name)
    for step, (theirs, ours) in enumerate(zip(scenario(real), scenario(memory), strict=True)):
        assert outcome(ours) == outcome(theirs), step
    assert kept.items == {(row["pk"], row["sk"]): row for row in real.scan()["Items"]}


def outcome(call: Callable[[], Any]) -> Any:
    """The answer, or the error's name and words."""
    try:
        return call()
    except BridgeError as error:
        return type(error).__name__, str(error)
