"""Exactly once, whatever happens: mixed faults, chosen ones, and bugs planted to prove that the checker sees them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.books.kashflow.invoices import InvoiceKind
from sitecore_kashflow.documents.entry import Entry, Standing
from sitecore_kashflow.documents.store import DocumentStore
from sitecore_kashflow.documents.write_window import WriteWindow
from sitecore_kashflow.errors import BridgeError
from sitecore_kashflow.runs import runs as runs_module
from sitecore_kashflow.runs.records import Job, SubjectRecord, record_of, state_key
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.settings import CommitSettings, read_settings
from sitecore_kashflow.shops.ordercloud.client import OrdercloudClient
from tests.deployed import STEPS, template
from tests.simulation.drive import Day, play
from tests.simulation.environment import ENVIRONMENT, time_limit
from tests.simulation.faults import Away, Chosen, Faults, Mixed, Plan
from tests.simulation.walks import TOLD_OF_PAYMENTS, paid_later, played, walk
from tests.simulation.world import World

POST_INVOICE, PATCH_ORDER = "kashflow POST /v2/invoices", "ordercloud PATCH /v1/orders/{direction}/{orderID}"


@pytest.mark.parametrize(("seed", "orders", "share"), [(1, 200, 0.02), (2, 100, 0.05), (3, 80, 0.15)])
def test_bridge_when_calls_go_wrong_makes_one_invoice_an_order(seed: int, orders: int, share: float) -> None:
    report = play(seed, Day(orders), Mixed(seed, share))
    assert report.violations == []
    assert (report.invoices, report.invoiced) == (orders, report.ordered)
    assert set(report.states) <= {"invoiced", "paid"}


def test_bridge_when_played_twice_with_one_seed_does_the_same() -> None:
    first, second = (play(5, Day(30), Mixed(5, 0.1)) for _ in range(2))
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
    for at, site in list(enumerate(sleeps.sites))[began + 1 :: 2]:
        if not site.startswith("lambda"):
            plan = {**given_up, began: "frozen", at: "kill_before"}
            yield wrong(Chosen(plan))


def test_payment_when_a_worker_given_up_looks_at_its_event_and_dies_is_not_forgotten() -> None:
    assert [wrong for wrong in an_event_that_nobody_else_has_seen() if wrong] == []


def test_checker_when_attempts_are_not_fenced_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(self: Runs, job: Job) -> SubjectRecord:
        """Events count as served by whoever begins, and anybody of the run may begin."""
        ours = runs_module._ours(job)
        item = self._items.update(state_key(job.subject), "SET served = events", ours, condition=RUN_ALONE)
        assert item is not None
        return record_of(item)

    monkeypatch.setattr(runs_module, "_IS_OURS", RUN_ALONE)
    monkeypatch.setattr(runs_module, "_IS_OURS_TO_ACT_ON", f"{RUN_ALONE} AND #state <> :abandoned")
    monkeypatch.setattr(Runs, "begin_step", begin)
    assert any("paid is 0" in words for wrong in an_event_that_nobody_else_has_seen() for words in wrong)


RUN_ALONE = "run = :our_run AND is_open = :open"


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

    report = play(1, Day(20), after=replay)
    assert (report.violations, report.invoices) == ([], 20)


def test_orders_when_kashflow_is_away_for_six_hours_wait_and_come_through() -> None:
    def outage(world: World) -> None:
        world.faults = Away("kashflow")
        world.plan(6 * 3600, lambda: setattr(world, "faults", Chosen()))

    report = play(1, Day(20), before=outage)
    assert (report.violations, report.invoices, report.dead_letters) == ([], 20, 0)


def test_time_limit_when_compared_with_the_template_is_what_the_bridge_waits_for() -> None:
    assumed = read_settings(CommitSettings).step_time_limit_seconds
    assert {time_limit(folder) for folder in STEPS} == {assumed}
    waits = template()["Parameters"]
    assert int(waits["UnknownOutcomeWaitSeconds"]["Default"]) > int(ENVIRONMENT["COMMIT_SETTLE_SECONDS"])


# --- planted bugs -----------------------------------------------------------------------------------------


def drop_the_intent(monkeypatch: pytest.MonkeyPatch) -> None:
    write = DocumentStore.write

    def only_results(self: DocumentStore, job: Job, entry: Entry) -> Entry:
        return write(self, job, entry) if isinstance(entry.status, Standing) else entry

    monkeypatch.setattr(DocumentStore, "write", only_results)


def drop_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InvoiceKind, "_find", lambda *_: None)


def look_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WriteWindow, "closes_after_lost_answer", lambda _, now: now)
    monkeypatch.setattr(WriteWindow, "closes_if_worker_dies", lambda _, now: now)


def forget_the_worker_that_wakes_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WriteWindow, "closes_if_worker_dies", lambda self, now: now + self.slowest_commit)


def drop_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may open a run and write at any time."""
    open_run = Runs.open_run

    def always(self: Runs, subject: Subject, now: datetime) -> SubjectRecord:
        self._items.update(state_key(subject), "REMOVE is_open")
        return open_run(self, subject, now)

    def unguarded(self: Runs, _: Job, *writes: dict[str, dict[str, Any]], is_intent: bool = False) -> None:
        for write in writes:
            ((verb, what),) = write.items()
            if verb == "Put":
                self._items.put(what["Item"])
            else:
                self._items._table.delete_item(Key=what["Key"])

    monkeypatch.setattr(Runs, "open_run", always)
    monkeypatch.setattr(Runs, "write_fenced", unguarded)


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


WAKES_BEFORE_THE_INTENT: Plan = {
    "lambda create_invoice": "detached",
    "ledger TransactPut DOCUMENT": "frozen",
    "ledger PutItem DOCUMENT": "frozen",
}
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
        (drop_the_lease, WAKES_BEFORE_THE_INTENT),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_checker_when_a_bug_is_planted_sees_it(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], faults: Plan
) -> None:
    assert walk("known customer", faults)[0].violations == []
    plant(monkeypatch)
    assert walk("known customer", faults)[0].violations != []
