"""Exactly once, whatever happens: mixed faults, chosen ones, and bugs planted to prove that the checker sees them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.errors import BridgeError
from sitecore_kashflow.runs import ledger as ledger_module
from sitecore_kashflow.runs.ledger import Ledger
from sitecore_kashflow.runs.records import InvoiceEntry, Job, OrderRecord, order_record
from sitecore_kashflow.runtime.wiring import Wiring
from sitecore_kashflow.shops.ordercloud.client import OrdercloudClient
from sitecore_kashflow.usecases import create_invoice as create_module
from sitecore_kashflow.usecases.in_doubt import InDoubt
from tests.deployed import STEPS, template
from tests.simulation.drive import play
from tests.simulation.dynamo import MemoryTable
from tests.simulation.environment import ENVIRONMENT, time_limit
from tests.simulation.faults import Away, Chosen, Faults, Mixed, Plan
from tests.simulation.walks import TOLD_OF_PAYMENTS, paid_later, played, walk
from tests.simulation.world import World

POST_INVOICE, PATCH_ORDER = "kashflow POST /v2/invoices", "ordercloud PATCH /v1/orders/{direction}/{orderID}"


@pytest.mark.parametrize(("seed", "orders", "share"), [(1, 2000, 0.02), (2, 120, 0.05), (3, 120, 0.15)])
def test_bridge_when_calls_go_wrong_makes_one_invoice_an_order(seed: int, orders: int, share: float) -> None:
    report = play(seed, orders, Mixed(seed, share))
    assert report.violations == []
    assert (report.invoices, report.invoiced) == (orders, report.ordered)
    assert set(report.states) <= {"invoiced", "paid"}


def test_bridge_when_played_twice_with_one_seed_does_the_same() -> None:
    first, second = (play(5, 30, Mixed(5, 0.1)) for _ in range(2))
    assert (first.calls, first.seconds, first.states) == (second.calls, second.seconds, second.states)


@pytest.mark.parametrize("name", ["new customer", "known customer"])
def test_invoice_when_a_worker_given_up_wakes_late_is_not_doubled(name: str) -> None:
    given_up: Plan = {"lambda create_invoice": "detached"}
    sites = walk(name, given_up)[1]
    began = sites.index("lambda create_invoice")
    for later in range(began + 1, began + 12):
        assert walk(name, {**given_up, later: "frozen"})[0].violations == [], sites[later]


def an_event_that_nobody_else_has_seen() -> Iterator[list[str]]:
    """What is wrong after each of many days on which a worker of the first step is given up, wakes late and dies.

    It wakes after the payment has come and while the run still waits to look for a lost invoice. Whether it dies,
    and at which call, is tried in turn.
    """

    def wrong(faults: Faults) -> list[str]:
        return played(partial(paid_later, after=50), TOLD_OF_PAYMENTS, faults).violations

    given_up: Plan = {"lambda prepare_order": "detached", POST_INVOICE: "kill_after"}
    calm = Chosen(given_up)
    wrong(calm)
    began = calm.sites.index("lambda prepare_order") + 1
    sleeps = Chosen({**given_up, began: "frozen"})
    yield wrong(sleeps)
    for at, site in enumerate(sleeps.sites):
        if at > began and not site.startswith("lambda"):
            plan = {**given_up, began: "frozen", at: "kill_before"}
            yield wrong(Chosen(plan))


def test_payment_when_a_worker_given_up_looks_at_its_event_and_dies_is_not_forgotten() -> None:
    assert [wrong for wrong in an_event_that_nobody_else_has_seen() if wrong] == []


def test_checker_when_attempts_are_not_fenced_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(self: Ledger, job: Job) -> OrderRecord:
        """Events count as seen by whoever begins, and anybody of the run may begin."""
        answer = self._table.update_item(
            Key=ledger_module._key(job.order_key),
            UpdateExpression="SET seen = wanted",
            ConditionExpression=RUN_ALONE,
            ExpressionAttributeValues=ledger_module._ours(job),
            ReturnValues="ALL_NEW",
        )
        return order_record(job.order_key, answer["Attributes"])

    monkeypatch.setattr(ledger_module, "_IS_OURS", RUN_ALONE)
    monkeypatch.setattr(Ledger, "begin_step", begin)
    assert any("paid is 0" in words for wrong in an_event_that_nobody_else_has_seen() for words in wrong)


RUN_ALONE = "run = :our_run AND running = :is_running"


def test_order_when_new_sessions_end_at_once_is_tried_again_and_not_parked() -> None:
    sites = walk("known customer", {})[1]
    post = sites.index(POST_INVOICE)
    ended = walk("known customer", {post: "expired"})[1]
    again = ended.index(POST_INVOICE, post + 1)
    assert walk("known customer", {post: "expired", again: "expired"})[0].violations == []


def test_books_when_all_webhooks_come_again_days_later_stay_as_they_are() -> None:
    def replay(world: World) -> None:
        for _ in range(3):
            world.scheduler.sleep(2 * 86_400)
            world.replay()
            world.run()

    report = play(1, 20, after=replay)
    assert (report.violations, report.invoices) == ([], 20)


def test_orders_when_kashflow_is_away_for_six_hours_wait_and_come_through() -> None:
    def outage(world: World) -> None:
        world.faults = Away("kashflow")
        world.plan(6 * 3600, lambda: setattr(world, "faults", Chosen()))

    report = play(1, 20, before=outage)
    assert (report.violations, report.invoices, report.dead_letters) == ([], 20, 0)


def test_time_limit_when_compared_with_the_template_is_what_the_bridge_waits_for() -> None:
    assumed = Wiring().in_doubt.alive.total_seconds()
    assert {time_limit(folder) for folder in STEPS} == {assumed}
    waits = template()["Parameters"]
    assert int(waits["UnknownOutcomeWaitSeconds"]["Default"]) > int(ENVIRONMENT["COMMIT_SETTLE_SECONDS"])


# --- planted bugs -----------------------------------------------------------------------------------------


def drop_the_intent(monkeypatch: pytest.MonkeyPatch) -> None:
    write = Ledger.write_invoice

    def only_results(self: Ledger, job: Job, entry: InvoiceEntry) -> InvoiceEntry:
        return entry if entry.number is None else write(self, job, entry)

    monkeypatch.setattr(Ledger, "write_invoice", only_results)


def drop_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create_module, "_find", lambda *_: None)


def look_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InDoubt, "if_lost", lambda _, now: now)
    monkeypatch.setattr(InDoubt, "if_unheard", lambda _, now: now)


def forget_the_worker_that_wakes_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InDoubt, "if_unheard", lambda self, now: now + self.landing)


def drop_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may open a run and write at any time."""
    open_run, update = Ledger.open_run, MemoryTable.update_item

    def always(self: Any, order_key: str, now: datetime) -> OrderRecord:
        update(self._table, Key=ledger_module._key(order_key), UpdateExpression="REMOVE running")
        return open_run(self, order_key, now)

    def unguarded(self: Ledger, job: Job, write: dict[str, dict[str, Any]]) -> None:
        ((verb, what),) = write.items()
        if verb == "Put":
            self._table.put_item(Item=what["Item"])
        else:
            self._table.delete_item(Key=what["Key"])

    monkeypatch.setattr(Ledger, "open_run", always)
    monkeypatch.setattr(Ledger, "_guarded", unguarded)


def swallow_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    patch = OrdercloudClient.patch_order

    def quietly(*given: Any) -> None:
        with suppress(BridgeError):
            patch(*given)

    monkeypatch.setattr(OrdercloudClient, "patch_order", quietly)


def take_a_lost_answer_for_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    create = KashflowClient.create_invoice

    def twice(self: KashflowClient, payload: Any) -> int | None:
        try:
            return create(self, payload)
        except BridgeError:
            return create(self, payload)

    monkeypatch.setattr(KashflowClient, "create_invoice", twice)


WAKES_LATE: Plan = {"lambda create_invoice": "detached", POST_INVOICE: "frozen"}


@pytest.mark.parametrize(
    ("plant", "faults"),
    [
        (drop_the_intent, {POST_INVOICE: "lost"}),
        (drop_the_look, {POST_INVOICE: "lost"}),
        (look_too_early, WAKES_LATE),
        (forget_the_worker_that_wakes_late, WAKES_LATE),
        (swallow_an_error, {PATCH_ORDER: "reset_before"}),
        (take_a_lost_answer_for_a_refusal, {POST_INVOICE: "lost"}),
        (drop_the_lease, {"ledger TransactPut INVOICE": "frozen", "ledger PutItem INVOICE": "frozen"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_checker_when_a_bug_is_planted_sees_it(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], faults: Plan
) -> None:
    assert walk("known customer", faults)[0].violations == []
    plant(monkeypatch)
    assert walk("known customer", faults)[0].violations != []
