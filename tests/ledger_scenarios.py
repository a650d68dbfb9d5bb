"""What the bridge asks of its ledger table, as scenarios: the stand-in in memory has to answer each as DynamoDB does.

To add one, write a function that takes a table and yields one call after the other, and put it into `SCENARIOS`.
`tests/simulation/test_stand_ins.py` plays them against moto, `tests/e2e/test_ledger_stand_in.py` against the local AWS.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sitecore_kashflow.books.kashflow.account_lists import AccountStore
from sitecore_kashflow.calls.access import Access, AccessStore, Budget, Turn
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.errors import BridgeError
from sitecore_kashflow.runs.cursors import Cursor, CursorStore
from sitecore_kashflow.runs.ledger import Ledger
from sitecore_kashflow.runs.records import InvoiceEntry, Job
from tests.builders import order
from tests.deployed import template
from tests.simulation.aws import MemoryAws
from tests.simulation.dynamo import MemoryTable
from tests.simulation.scheduler import START

KEY = "ordercloud:SO-1"
TABLE = "LedgerTable"
Calls = Iterator[Callable[[], Any]]


def entry(**more: Any) -> InvoiceEntry:
    amounts = {"net": Decimal("24.95"), "vat": Decimal("4.99"), "gross": Decimal("29.94")}
    told = {"reference": "SO-1", "customer_code": "W1", "currency": "GBP", "rules_version": "1", "lands_by": START}
    return InvoiceEntry(**{**amounts, **told, **more})


def runs(table: Any) -> Calls:
    """Events, runs, steps and their ends; a run that is over writes nothing, nor does an attempt that was given up."""
    ledger, first, job = Ledger(table), Job(KEY, "SO-1", 1, "c", attempt="1"), Job(KEY, "SO-1", 1, "c", attempt="2")
    old = replace(job, run=9)
    yield lambda: ledger.order(KEY)
    yield lambda: ledger.note_event(KEY, "SO-1", START)
    yield lambda: ledger.open_run(KEY, START)
    yield lambda: ledger.open_run(KEY, START + timedelta(seconds=1))
    yield lambda: ledger.note_started(KEY, 1, "arn:1")
    yield lambda: ledger.note_started(KEY, 2, "arn:2")
    yield lambda: ledger.begin_step(first)
    yield lambda: ledger.begin_step(first)
    yield lambda: ledger.note_event(KEY, "SO-1", START)
    yield lambda: ledger.commit_plan(first, OrderState.OPENED, seen=1, now=START, order=order())
    yield lambda: ledger.end_run(first)
    yield lambda: ledger.begin_step(job)
    yield lambda: ledger.begin_step(first)
    yield lambda: ledger.set_state(first, OrderState.PAID, START)
    yield lambda: ledger.end_run(first)
    yield lambda: ledger.begin_step(old)
    yield lambda: ledger.snapshot(ledger.order(KEY))
    yield lambda: ledger.note_seen(job, 2)
    yield lambda: ledger.set_state(job, OrderState.INVOICED, START)
    yield lambda: ledger.park(job, step="CreateInvoice", code="C", reason="why", task_token="t", now=START)
    yield lambda: ledger.orders_in(OrderState.PARKED)
    yield lambda: ledger.orders_after(OrderState.PARKED, "2026", 5)
    yield lambda: ledger.orders_after(OrderState.PARKED, "2027", 5)
    yield lambda: ledger.note_resumed(KEY, "other")
    yield lambda: ledger.note_resumed(KEY, "t")
    yield lambda: ledger.order(KEY)
    yield lambda: ledger.abandon(old, "no", START)
    yield lambda: ledger.abandon(job, "by hand", START)
    yield lambda: ledger.end_run(job)
    yield lambda: ledger.end_run(job)
    yield lambda: ledger.end_run(old)
    yield lambda: ledger.begin_step(job)
    yield lambda: ledger.order(KEY)
    yield lambda: ledger.open_run(KEY, START)
    yield lambda: ledger.abandon_run(KEY, 1)
    yield lambda: ledger.abandon_run(KEY, 2)


def invoices(table: Any) -> Calls:
    """Only the attempt that began last may write, and only in the run that holds the order."""
    ledger, job, later = Ledger(table), Job(KEY, "SO-1", 1, "c", attempt="1"), Job(KEY, "SO-1", 1, "c", attempt="2")
    yield lambda: ledger.write_invoice(job, entry())
    yield lambda: ledger.note_event(KEY, "SO-1", START)
    yield lambda: ledger.open_run(KEY, START)
    yield lambda: ledger.write_invoice(job, entry())
    yield lambda: ledger.begin_step(job)
    yield lambda: ledger.write_invoice(job, entry())
    yield lambda: ledger.begin_step(later)
    yield lambda: ledger.write_invoice(job, entry(number=1000))
    yield lambda: ledger.withdraw_invoice(job)
    yield lambda: ledger.write_invoice(later, entry(number=1001, payment_ids=("p",), paid=Decimal("1.5")))
    yield lambda: ledger.invoice(KEY)
    yield lambda: ledger.withdraw_invoice(later)
    yield lambda: ledger.invoice(KEY)


def sharing(table: Any) -> Calls:
    """One login at a time; the longer pause stays; a cursor moves once."""
    store, cursors = AccessStore(table, "KASHFLOW"), CursorStore(table)
    later = START + timedelta(seconds=30)
    yield store.read
    yield lambda: store.take_login(0, "v0", START, 40)
    yield lambda: store.take_login(0, "v0", later, 40)
    yield lambda: store.give_up_login(is_in_doubt=True)
    yield lambda: store.take_login(0, "v0", later, 40)
    yield lambda: store.take_login(0, "v0", START + timedelta(minutes=10), 40)
    yield lambda: store.save_session("token", 1, "v0", later)
    yield lambda: store.take_login(0, "v0", later, 40)
    yield lambda: store.take_login(1, "v0", later, 40)
    yield lambda: store.give_up_login(is_in_doubt=True)
    yield lambda: store.take_login(1, "v0", later, 40)
    yield lambda: store.hold(later)
    yield lambda: store.hold(START)
    yield lambda: store.refuse("v1")
    yield lambda: store.lock(later)
    yield lambda: store.give_up_login(is_in_doubt=False)
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

    def take(lane: int, now: datetime, *, is_queue: bool, gives_way: bool = False) -> Turn | None:
        return store.take_turn(lane, budget, now, is_queue=is_queue, gives_way=gives_way)

    def turn(lane: int, now: datetime) -> Turn:
        return Turn(lane, now, now + timedelta(seconds=120), Access())

    yield lambda: take(0, first, is_queue=True)
    yield lambda: take(0, first, is_queue=False)
    yield lambda: take(0, first, is_queue=True)
    yield lambda: take(1, first, is_queue=False)
    yield lambda: take(1, first, is_queue=True)
    yield lambda: store.end_turn(turn(0, first), has_failed=True)
    yield lambda: store.end_turn(turn(0, first), has_failed=True)
    yield lambda: take(0, second, is_queue=True)
    yield lambda: store.end_turn(turn(0, second), has_failed=True)
    yield lambda: store.end_turn(turn(1, first), has_failed=False)
    yield lambda: store.want(third)
    yield lambda: take(0, second, is_queue=True, gives_way=True)
    yield lambda: take(0, START + timedelta(seconds=9), is_queue=False, gives_way=True)
    yield lambda: store.hold(START + timedelta(seconds=60))
    yield lambda: take(1, START + timedelta(seconds=59), is_queue=False)
    yield lambda: take(1, START + timedelta(seconds=60), is_queue=False)
    yield lambda: take(1, START - timedelta(days=1), is_queue=True)
    yield lambda: take(1, START - timedelta(days=1), is_queue=False)
    yield store.read


def lists(table: Any) -> Calls:
    """One reading of the account's lists at a time, and none while those that are kept will do."""
    store = AccountStore(table)
    later = START + timedelta(minutes=16)
    yield store.read
    yield lambda: store.take_reading(START, START, 60)
    yield lambda: store.take_reading(START, START, 60)
    yield store.give_up_reading
    yield lambda: store.take_reading(START, START, 60)
    yield lambda: store.save({"nominals": [{"Code": 4000, "Price": Decimal("0.10")}], "settings": None}, START)
    yield store.read
    yield lambda: store.take_reading(START, START, 60)
    yield lambda: store.take_reading(later - timedelta(minutes=15), later, 60)
    yield lambda: store.take_reading(later, later + timedelta(seconds=61), 60)


SCENARIOS: tuple[Callable[[Any], Calls], ...] = (runs, invoices, sharing, turns, lists)


def make_table(resource: Any, name: str = TABLE) -> Any:
    """The ledger table of the template, made by boto3's `resource`."""
    properties = template()["Resources"][TABLE]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return resource.create_table(TableName=name, **{name: properties[name] for name in wanted if name in properties})


def require_alike(real: Any, scenario: Callable[[Any], Calls]) -> None:
    """Play a scenario on a real, empty table and on the stand-in; every answer and all rows must be equal."""
    kept = MemoryTable(real.name, ("pk", "sk"))
    ground: Any = SimpleNamespace(tables={real.name: kept}, call=lambda _, effect: effect())
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
