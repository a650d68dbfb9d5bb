"""The ledger: one run at a time, events never lost, intents and results, and the order as it was understood."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.keys import attempt_key
from sitecore_kashflow.canonical.order import Order, OrderLine
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.errors import PermanentError, RetryableError, SupersededError
from sitecore_kashflow.runs.ledger import Ledger
from sitecore_kashflow.runs.records import LAST_ATTEMPT, CustomerLink, InvoiceEntry, Job
from tests.builders import order
from tests.unit.doubles import Clock

KEY = "ordercloud:SO-1001"


@pytest.fixture
def ledger(table: Any) -> Ledger:
    return Ledger(table)


@pytest.fixture
def job(ledger: Ledger, clock: Clock) -> Job:
    """The first run of the order, which holds it."""
    return opened(ledger, clock)


def opened(ledger: Ledger, clock: Clock, order_id: str = "SO-1001") -> Job:
    key = f"ordercloud:{order_id}"
    ledger.note_event(key, order_id, clock())
    run = ledger.open_run(key, clock()).run
    job = Job(key, order_id, run, "corr-1", attempt="2026-11-20T09:00:00.000000+00:00/00000")
    record = ledger.begin_step(job)
    ledger.note_seen(job, record.wanted)
    return job


def superseded(ledger: Ledger, job: Job, clock: Clock) -> Job:
    """A newer run took the order, as after a stopped execution."""
    ledger.abandon_run(job.order_key, job.run)
    return opened(ledger, clock, job.order_id)


def intent(clock: Clock, **changes: Any) -> InvoiceEntry:
    entry = InvoiceEntry(
        reference="SO-1001",
        customer_code="W1",
        lands_by=clock(),
        net=Decimal("24.95"),
        vat=Decimal("4.99"),
        gross=Decimal("29.94"),
        currency="GBP",
        rules_version="default-1",
    )
    return replace(entry, **changes)


def test_the_first_event_makes_the_record(ledger: Ledger, clock: Clock) -> None:
    record = ledger.note_event(KEY, "SO-1001", clock())
    assert (record.order_key, record.order_id, record.state) == (KEY, "SO-1001", OrderState.RECEIVED)
    assert (record.wanted, record.run, record.running) == (1, 0, False)
    assert ledger.order(KEY) == record


def test_an_order_that_nobody_spoke_of_is_not_in_the_ledger(ledger: Ledger) -> None:
    with pytest.raises(PermanentError, match=r"ORDER_NOT_IN_LEDGER.*ordercloud:SO-1"):
        ledger.order("ordercloud:SO-1")


def test_a_later_event_leaves_the_state_as_it_is(ledger: Ledger, job: Job, clock: Clock) -> None:
    ledger.set_state(job, OrderState.PAID, clock())
    record = ledger.note_event(KEY, "SO-1001", clock())
    assert (record.state, record.wanted) == (OrderState.PAID, 2)


def test_one_run_holds_the_order_until_it_lets_go(ledger: Ledger, job: Job, clock: Clock) -> None:
    assert (ledger.open_run(KEY, clock()).run, ledger.order(KEY).running) == (1, True)
    assert ledger.end_run(job)
    assert not ledger.order(KEY).running
    assert ledger.open_run(KEY, clock()).run == 2


def test_orders_do_not_hold_each_other(ledger: Ledger, job: Job, clock: Clock) -> None:
    assert opened(ledger, clock, "SO-1002").run == 1
    assert job.run == 1


def test_the_arn_of_a_started_run_is_kept_until_the_run_is_over(ledger: Ledger, job: Job, clock: Clock) -> None:
    ledger.note_started(KEY, job.run, "arn:run-1")
    assert ledger.order(KEY).execution_arn == "arn:run-1"
    ledger.end_run(job)
    assert ledger.order(KEY).execution_arn == ""
    ledger.note_started(KEY, job.run, "arn:run-1")
    assert ledger.order(KEY).execution_arn == ""
    ledger.open_run(KEY, clock())
    ledger.note_started(KEY, job.run, "arn:run-1")
    assert ledger.order(KEY).execution_arn == ""


def test_events_during_a_run_make_it_go_round_once_more_however_many_they_are(
    ledger: Ledger, job: Job, clock: Clock
) -> None:
    for _ in range(3):
        ledger.note_event(KEY, "SO-1001", clock())
    assert not ledger.end_run(job)
    assert ledger.order(KEY).running
    ledger.note_seen(job, ledger.begin_step(job).wanted)
    assert ledger.end_run(job)
    assert not ledger.order(KEY).running


def test_an_event_that_comes_while_the_order_is_looked_at_is_not_lost(ledger: Ledger, job: Job, clock: Clock) -> None:
    ledger.note_event(KEY, "SO-1001", clock())
    seen = ledger.begin_step(job).wanted
    ledger.note_event(KEY, "SO-1001", clock())
    ledger.note_seen(job, seen)
    assert not ledger.end_run(job)


def test_an_end_that_is_told_twice_is_still_the_end(ledger: Ledger, job: Job) -> None:
    assert ledger.end_run(job)
    assert ledger.end_run(job)


def test_a_dead_run_that_no_longer_holds_the_order_takes_it_from_nobody(ledger: Ledger, job: Job, clock: Clock) -> None:
    newer = superseded(ledger, job, clock)
    ledger.abandon_run(KEY, job.run)
    assert (ledger.order(KEY).run, ledger.order(KEY).running) == (newer.run, True)


def test_a_dead_run_lets_the_order_go_whatever_came_meanwhile(ledger: Ledger, job: Job, clock: Clock) -> None:
    ledger.note_event(KEY, "SO-1001", clock())
    ledger.abandon_run(job.order_key, job.run)
    assert not ledger.order(KEY).running
    assert ledger.open_run(KEY, clock()).run == 2


WRITES: dict[str, Any] = {
    "end_run": lambda ledger, job, clock: ledger.end_run(job),
    "commit_plan": lambda ledger, job, clock: ledger.commit_plan(
        job, OrderState.OPENED, seen=9, now=clock(), order=order()
    ),
    "note_seen": lambda ledger, job, clock: ledger.note_seen(job, 9),
    "set_state": lambda ledger, job, clock: ledger.set_state(job, OrderState.PAID, clock()),
    "park": lambda ledger, job, clock: ledger.park(job, step="S", code="C", reason="R", task_token="t", now=clock()),
    "note_report": lambda ledger, job, clock: ledger.note_report(job, "mark"),
    "write_invoice": lambda ledger, job, clock: ledger.write_invoice(job, intent(clock, number=7)),
    "withdraw_invoice": lambda ledger, job, clock: ledger.withdraw_invoice(job),
}
RUNS_WRITES = WRITES | {
    "begin_step": lambda ledger, job, clock: ledger.begin_step(job),
    "abandon": lambda ledger, job, clock: ledger.abandon(job, "by hand", clock()),
}


def rows(table: Any) -> list[Any]:
    return sorted(table.scan()["Items"], key=lambda item: (item["pk"], item["sk"]))


@pytest.mark.parametrize("name", RUNS_WRITES)
def test_a_run_that_was_superseded_can_write_nothing_any_more(
    ledger: Ledger, job: Job, clock: Clock, table: Any, name: str
) -> None:
    newer = superseded(ledger, job, clock)
    ledger.park(newer, step="CreateInvoice", code="X", reason="Y", task_token="t", now=clock())
    ledger.write_invoice(newer, intent(clock))
    before = rows(table)
    with pytest.raises(SupersededError, match="Run 1 of ordercloud:SO-1001"):
        RUNS_WRITES[name](ledger, job, clock)
    assert rows(table) == before


@pytest.mark.parametrize("name", WRITES)
def test_an_attempt_that_was_given_up_can_write_nothing_once_a_later_one_has_begun(
    ledger: Ledger, job: Job, clock: Clock, table: Any, name: str
) -> None:
    ledger.write_invoice(job, intent(clock))
    ledger.note_event(KEY, "SO-1001", clock())
    later = replace(job, attempt=attempt_key(clock(), 1))
    ledger.begin_step(later)
    before = rows(table)
    with pytest.raises(RetryableError, match="ATTEMPT_SUPERSEDED"):
        WRITES[name](ledger, job, clock)
    with pytest.raises(RetryableError, match="ATTEMPT_SUPERSEDED"):
        ledger.begin_step(job)
    assert rows(table) == before
    WRITES[name](ledger, later, clock)


@pytest.mark.parametrize("name", sorted(RUNS_WRITES.keys() - {"end_run", "abandon"}))
def test_a_run_that_let_the_order_go_can_write_nothing_any_more(
    ledger: Ledger, job: Job, clock: Clock, name: str
) -> None:
    ledger.end_run(job)
    with pytest.raises(SupersededError):
        RUNS_WRITES[name](ledger, job, clock)


def test_the_steps_of_the_next_run_begin_afresh(ledger: Ledger, job: Job, clock: Clock) -> None:
    ledger.begin_step(replace(job, attempt=LAST_ATTEMPT))
    ledger.abandon_run(job.order_key, job.run)
    assert opened(ledger, clock).run == 2


def test_an_attempt_that_begins_twice_because_an_answer_was_lost_goes_on(ledger: Ledger, job: Job) -> None:
    assert ledger.begin_step(job) == ledger.begin_step(job) == ledger.order(KEY)


def parked(ledger: Ledger, job: Job, clock: Clock, step: str = "CreateInvoice", ticket: str = "token-1") -> None:
    ledger.park(job, step=step, code="VAT_NOT_EXPLAINED", reason="3.99 is not 4.99.", task_token=ticket, now=clock())


def test_a_parked_order_says_where_why_and_how_to_go_on(ledger: Ledger, job: Job, clock: Clock) -> None:
    ledger.set_state(job, OrderState.OPENED, clock())
    parked(ledger, job, clock)
    record = ledger.order(KEY)
    assert (record.state, record.parked_from, record.parked_step) == (
        OrderState.PARKED, OrderState.OPENED, "CreateInvoice",
    )  # fmt: skip
    assert (record.reason_code, record.reason, record.task_token) == (
        "VAT_NOT_EXPLAINED", "3.99 is not 4.99.", "token-1",
    )  # fmt: skip
    assert record.running


def test_parking_twice_keeps_what_the_order_was_before_the_first(ledger: Ledger, job: Job, clock: Clock) -> None:
    ledger.set_state(job, OrderState.INVOICED, clock())
    parked(ledger, job, clock, "SettleInvoice")
    parked(ledger, job, clock, "SettleInvoice", "token-2")
    record = ledger.order(KEY)
    assert (record.parked_from, record.task_token) == (OrderState.INVOICED, "token-2")


def test_the_next_state_takes_the_note_of_parking_off(ledger: Ledger, job: Job, clock: Clock) -> None:
    parked(ledger, job, clock)
    ledger.set_state(job, OrderState.INVOICED, clock())
    record = ledger.order(KEY)
    assert record.state is OrderState.INVOICED
    assert (record.parked_step, record.reason_code, record.reason, record.task_token) == ("", "", "", "")
    assert record.parked_from is None


def test_a_token_that_was_used_is_gone_and_a_newer_one_is_not(ledger: Ledger, job: Job, clock: Clock) -> None:
    parked(ledger, job, clock)
    ledger.note_resumed(KEY, "token-1")
    assert ledger.order(KEY).task_token == ""
    parked(ledger, job, clock, ticket="token-2")
    ledger.note_resumed(KEY, "token-1")
    assert ledger.order(KEY).task_token == "token-2"


def test_an_abandoned_order_keeps_the_reason_and_leaves_the_run_to_end(ledger: Ledger, job: Job, clock: Clock) -> None:
    parked(ledger, job, clock)
    ledger.abandon(job, "booked by hand", clock())
    record = ledger.order(KEY)
    assert (record.state, record.reason, record.reason_code) == (OrderState.ABANDONED, "booked by hand", "")
    assert (record.task_token, record.parked_step, record.parked_from) == ("token-1", "", None)
    assert ledger.end_run(job)


def test_only_a_parked_order_can_be_abandoned(ledger: Ledger, job: Job, clock: Clock) -> None:
    with pytest.raises(SupersededError):
        ledger.abandon(job, "booked by hand", clock())
    assert ledger.order(KEY).state is OrderState.RECEIVED


def test_orders_in_a_state_are_listed_longest_there_first(ledger: Ledger, clock: Clock) -> None:
    for order_id in ("SO-3", "SO-1", "SO-2"):
        one = opened(ledger, clock, order_id)
        ledger.park(one, step="S", code="C", reason="R", task_token="", now=clock())
        clock.sleep(1)
    opened(ledger, clock, "SO-4")
    assert [record.order_id for record in ledger.orders_in(OrderState.PARKED)] == ["SO-3", "SO-1", "SO-2"]
    assert [record.order_key for record in ledger.orders_in(OrderState.RECEIVED)] == ["ordercloud:SO-4"]
    assert ledger.orders_in(OrderState.ABANDONED) == []
    assert ledger.orders_in(OrderState.PARKED)[0] == ledger.order("ordercloud:SO-3")


def test_orders_of_a_state_are_read_on_from_the_last_one(ledger: Ledger, clock: Clock) -> None:
    for number in range(5):
        ledger.note_event(f"ordercloud:SO-{number}", f"SO-{number}", clock())
        clock.sleep(1)
    first = ledger.orders_after(OrderState.RECEIVED, "2020", 3)
    rest = ledger.orders_after(OrderState.RECEIVED, first[-1].updated_at, 3)
    assert [record.order_id for record in first + rest] == [f"SO-{number}" for number in range(5)]
    assert ledger.orders_after(OrderState.RECEIVED, rest[-1].updated_at, 3) == []


def test_a_list_of_orders_longer_than_one_answer_of_the_table_is_complete(ledger: Ledger, clock: Clock) -> None:
    for number in range(12):
        one = opened(ledger, clock, f"SO-{number:02}")
        ledger.park(one, step="S", code="C", reason="x" * 100_000, task_token="", now=clock())
        clock.sleep(1)
    found = ledger.orders_in(OrderState.PARKED)
    assert [record.order_id for record in found] == [f"SO-{number:02}" for number in range(12)]


def test_an_intent_is_read_back_as_it_was_written(ledger: Ledger, job: Job, clock: Clock) -> None:
    assert ledger.invoice(KEY) is None
    ledger.write_invoice(job, intent(clock))
    assert ledger.invoice(KEY) == intent(clock)


def test_a_result_takes_the_place_of_its_intent(ledger: Ledger, job: Job, clock: Clock) -> None:
    ledger.write_invoice(job, intent(clock))
    done = intent(
        clock, number=1871, invoice_id=5519001, adopted=True, verified=True, payment_ids=("pay-1", "pay-2"),
        paid=Decimal("29.94"),
    )  # fmt: skip
    assert ledger.write_invoice(job, done) == ledger.invoice(KEY) == done


def test_an_intent_can_be_taken_back(ledger: Ledger, job: Job, clock: Clock) -> None:
    ledger.write_invoice(job, intent(clock))
    ledger.withdraw_invoice(job)
    assert ledger.invoice(KEY) is None


def test_a_customers_code_is_remembered_with_its_mark(ledger: Ledger, clock: Clock) -> None:
    assert ledger.customer("ordercloud:retail:ada") is None
    ledger.link_customer("ordercloud:retail:ada", CustomerLink("W1", "mark-1"), clock())
    ledger.link_customer("ordercloud:retail:ada", CustomerLink("W1", "mark-2"), clock())
    assert ledger.customer("ordercloud:retail:ada") == CustomerLink("W1", "mark-2")
    assert ledger.customer("ordercloud:retail:bob") is None


def test_what_sitecore_was_told_is_remembered(ledger: Ledger, job: Job, clock: Clock) -> None:
    ledger.note_report(job, "mark-1")
    assert ledger.order(KEY).report_mark == "mark-1"


def noise(seed: str) -> str:
    """A thousand characters that hardly compress."""
    return "".join(hashlib.sha512(f"{seed}-{part}".encode()).hexdigest() for part in range(8))[:1000]


def huge(seed: int) -> Order:
    """A thousand lines, each with a thousand characters of noise."""
    lines = tuple(
        OrderLine(
            line_id=f"line-{number}",
            product_code=f"SKU-{number}",
            description=noise(f"{seed}-{number}"),
            quantity=number + 1,
            unit_price=Decimal("0.0125"),
            subtotal=Decimal(number + 1) / 100,
            destination="GB",
        )
        for number in range(1000)
    )
    whole = sum((line.net for line in lines), Decimal(0))
    return order().model_copy(update={"lines": lines, "total": whole, "shipping": Decimal(0), "tax": Decimal(0)})


def planned(ledger: Ledger, job: Job, clock: Clock, understood: Order) -> None:
    ledger.commit_plan(job, OrderState.OPENED, seen=1, now=clock(), order=understood)


def test_an_order_of_a_thousand_long_lines_spans_parts_and_comes_back_equal(
    ledger: Ledger, job: Job, clock: Clock, table: Any
) -> None:
    big = huge(1)
    planned(ledger, job, clock, big)
    assert ledger.snapshot(ledger.order(KEY)) == big
    parts = [item for item in table.scan()["Items"] if str(item["sk"]).startswith("SNAPSHOT#")]
    assert len(parts) >= 2
    assert all(len(bytes(item["body"])) < 400_000 for item in parts)


def test_a_smaller_order_after_a_huge_one_is_read_alone(ledger: Ledger, job: Job, clock: Clock) -> None:
    planned(ledger, job, clock, huge(2))
    planned(ledger, job, clock, order())
    assert ledger.snapshot(ledger.order(KEY)) == order()


def test_a_plan_without_an_order_leaves_the_last_snapshot(ledger: Ledger, job: Job, clock: Clock) -> None:
    planned(ledger, job, clock, order())
    ledger.commit_plan(job, OrderState.CANCELLED, seen=1, now=clock())
    assert ledger.snapshot(ledger.order(KEY)) == order()


def test_a_snapshot_expires_after_its_days_and_the_record_does_not(
    ledger: Ledger, job: Job, clock: Clock, table: Any
) -> None:
    planned(ledger, job, clock, order())
    items = table.scan()["Items"]
    expires_at = clock() + timedelta(days=400)
    assert [item["expires_at"] for item in items if item["sk"] != "STATE"] == [int(expires_at.timestamp())]
    assert all("expires_at" not in item for item in items if item["sk"] == "STATE")


def test_a_snapshot_that_is_not_there_says_so(ledger: Ledger, job: Job, clock: Clock, table: Any) -> None:
    with pytest.raises(PermanentError, match="SNAPSHOT_GONE"):
        ledger.snapshot(ledger.order(KEY))
    planned(ledger, job, clock, order())
    (part,) = [item["sk"] for item in table.scan()["Items"] if str(item["sk"]).startswith("SNAPSHOT#")]
    table.delete_item(Key={"pk": f"ORDER#{KEY}", "sk": part})
    with pytest.raises(PermanentError, match="SNAPSHOT_GONE"):
        ledger.snapshot(ledger.order(KEY))
