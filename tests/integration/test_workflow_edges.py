"""Every edge of the state machine: retries by family, parking and going on at the same step, runs that end badly."""

import json
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.runs.decisions import DecisionStore
from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runs.workflow import job_fields
from sitecore_kashflow.shops.ordercloud.client import OrdercloudClient
from tests.deployed import context, handler
from tests.stage import Stage, subject

also_on_moto = pytest.mark.also_on_moto
CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}


def resume(bridge: Stage, order_id: str = "SO-1") -> None:
    """Resume a parked order, as an operator does."""
    bridge.resume(order_id)
    bridge.consume()


@pytest.mark.parametrize(
    ("system", "method", "path"),
    [
        pytest.param("ordercloud", "POST", "/oauth/token", marks=also_on_moto),
        ("ordercloud", "GET", "/v1/orders/*/worksheet"),
        ("ordercloud", "GET", "/v1/orders/*/payments"),
        ("kashflow", "POST", "/v2/sessiontoken"),
        ("kashflow", "GET", "/v2/customers/*"),
        ("kashflow", "GET", "/v2/vat/settings/vatrates"),
        pytest.param("kashflow", "POST", "/v2/invoices", marks=also_on_moto),
        ("kashflow", "GET", "/v2/invoices/*"),
    ],
)
def test_step_when_asked_to_wait_tries_again_and_makes_one_invoice(
    bridge: Stage, system: str, method: str, path: str
) -> None:
    bridge.shop.order("SO-1")
    bridge.fault(system, method=method, path=path, kind="status", status=429, headers={"Retry-After": "1"}, times=1)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    assert len(bridge.books.invoices()) == 1


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
@pytest.mark.parametrize(
    ("system", "method", "path"),
    [
        ("ordercloud", "GET", "/v1/orders/*/worksheet"),
        ("ordercloud", "PATCH", "/v1/orders/*"),
        ("kashflow", "GET", "/v2/customers/*"),
        ("kashflow", "POST", "/v2/customers"),
        pytest.param("kashflow", "POST", "/v2/invoices", marks=also_on_moto),
        ("kashflow", "GET", "/v2/invoices/*"),
    ],
)
def test_step_when_a_connection_is_cut_makes_one_customer_and_one_invoice(
    bridge: Stage, system: str, method: str, path: str, kind: str
) -> None:
    bridge.shop.order("SO-1")
    bridge.fault(system, method=method, path=path, kind=kind, times=1)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    assert len(bridge.books.invoices()) == 1
    assert len(bridge.books.get("/customers")["Data"]) == 1
    assert bridge.shop.said("SO-1")["SyncState"] == "Invoiced"


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_step_when_the_answer_to_a_later_login_is_cut_logs_in_again(bridge: Stage, kind: str) -> None:
    bridge.shop.order("SO-0")
    bridge.walk("SO-0")
    bridge.fault("kashflow", method="POST", path="/v2/invoices", kind="expire_session", times=1)
    bridge.fault("kashflow", method="PUT", path="/v2/sessiontoken", kind=kind, times=1)
    bridge.calls("kashflow")
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    assert bridge.calls("kashflow")["PUT /v2/sessiontoken"] == 2
    assert len(bridge.books.invoices()) == 2


@pytest.mark.parametrize(
    "plan",
    [
        {"kind": "html", "status": 500},
        {"kind": "html", "status": 502},
        {"kind": "status", "status": 400, "body": {"Error": "-2146232060", "Message": "Execution Timeout Expired"}},
        pytest.param({"kind": "late_commit", "seconds": 0.5}, marks=also_on_moto),
    ],
    ids=["500", "502", "database timeout", "late commit"],
)
def test_create_invoice_when_the_outcome_is_unknown_looks_before_it_writes_again(
    bridge: Stage, plan: dict[str, Any]
) -> None:
    bridge.shop.order("SO-1")
    bridge.fault("kashflow", method="POST", path="/v2/invoices", times=1, **plan)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    assert len(bridge.books.invoices()) == 1
    assert bridge.calls("kashflow")["GET /v2/invoices"] >= 1


@pytest.mark.parametrize("kind", ["reset_before", pytest.param("reset_after", marks=also_on_moto), "late_commit"])
def test_settle_invoice_when_the_outcome_is_unknown_adds_the_payment_once(bridge: Stage, kind: str) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    bridge.walk("SO-1")
    bridge.shop.capture("SO-1", "card-1")
    more = {"seconds": 0.5} if kind == "late_commit" else {}
    bridge.fault("kashflow", method="PUT", path="/v2/invoices/*", kind=kind, times=1, **more)
    assert bridge.walk("SO-1", "payments").state == OrderState.PAID
    assert len(bridge.books.invoices()[0]["PaymentLines"]) == 1


@pytest.mark.parametrize(
    ("system", "method", "path", "step"),
    [
        ("ordercloud", "GET", "/v1/orders/*/payments", "PrepareOrder"),
        ("kashflow", "GET", "/v2/customers/*", "EnsureCustomer"),
        pytest.param("kashflow", "POST", "/v2/invoices", "CreateInvoice", marks=also_on_moto),
        ("ordercloud", "PATCH", "/v1/orders/*", "ReportStatus"),
    ],
)
def test_step_when_refused_for_good_parks_and_goes_on_where_it_stopped(
    bridge: Stage, system: str, method: str, path: str, step: str
) -> None:
    bridge.shop.order("SO-1")
    bridge.fault(system, method=method, path=path, kind="status", status=403, body={"Error": "Forbidden"}, times=1)
    record = bridge.walk("SO-1")
    assert (record.state, record.parking.step) == (OrderState.PARKED, step)
    assert "403" in record.parking.reason
    calls = len(bridge.step_calls)
    resume(bridge)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    went_on = bridge.step_calls[calls]
    assert went_on.replace("_", "") == step.lower()
    assert len(bridge.executions()) == 1
    assert len(bridge.books.invoices()) == 1
    assert bridge.shop.said("SO-1")["SyncState"] == "Invoiced"


def test_report_of_a_resumed_order_says_what_became_of_it_though_the_command_died_before_it_wrote_that_down(
    bridge: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise ConnectionError

    bridge.shop.order("SO-1")
    bridge.fault("ordercloud", method="PATCH", path="/v1/orders/*", kind="status", status=403, times=1)
    assert bridge.walk("SO-1").parking.step == "ReportStatus"
    monkeypatch.setattr(DecisionStore, "resume", die)
    with pytest.raises(ConnectionError):
        bridge.resume("SO-1")
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert bridge.shop.said("SO-1")["SyncState"] == "Invoiced"


def test_settle_invoice_when_refused_for_good_parks_and_goes_on_where_it_stopped(bridge: Stage) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    bridge.walk("SO-1")
    bridge.shop.capture("SO-1", "card-1")
    bridge.fault("kashflow", method="PUT", path="/v2/invoices/*", kind="status", status=400, body={"Error": "Locked"})
    record = bridge.walk("SO-1", "payments")
    assert (record.state, record.parking.step) == (OrderState.PARKED, "SettleInvoice")
    resume(bridge)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.PAID
    assert len(bridge.books.invoices()[0]["PaymentLines"]) == 1


@also_on_moto
def test_parked_order_when_a_rule_cannot_explain_the_tax_says_both_sums_and_waits(bridge: Stage) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    record = bridge.walk("SO-1")
    assert (record.state, record.parking.code, record.parking.step) == (
        OrderState.PARKED,
        "VAT_NOT_EXPLAINED",
        "PrepareOrder",
    )
    assert "3.33" in record.parking.reason
    assert "4.99" in record.parking.reason
    assert bridge.books.invoices() == []
    bridge.wait_for(lambda: bridge.shop.said("SO-1").get("SyncState") == "Parked")
    assert bridge.shop.said("SO-1")["Error"] == "VAT_NOT_EXPLAINED"
    bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", TaxCost=4.99)
    resume(bridge)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert bridge.shop.said("SO-1")["Error"] is None


def abandon_unheard(bridge: Stage) -> None:
    """A person abandons the order while Step Functions does not answer."""

    def unreachable(*_: str) -> bool:
        raise ConnectTimeoutError(endpoint_url="https://states")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bridge.wiring.workflow, "answer", unreachable)
        with pytest.raises(ConnectTimeoutError):
            bridge.abandon("SO-1", "booked by hand")


@also_on_moto
def test_order_when_its_abandonment_was_cut_in_half_is_abandoned_and_the_next_word_ends_its_run(bridge: Stage) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    bridge.walk("SO-1")
    abandon_unheard(bridge)
    record = bridge.record("SO-1")
    assert (record.state, record.run.is_open, bridge.executions()[0]["status"]) == ("abandoned", False, "RUNNING")
    bridge.abandon("SO-1", "booked by hand")
    bridge.consume()
    bridge.wait_for(lambda: bridge.record("SO-1").is_told)
    bridge.settle()
    assert bridge.shop.said("SO-1")["SyncState"] == "Abandoned"
    assert [run["status"] for run in bridge.executions()] == ["SUCCEEDED", "SUCCEEDED"]


@also_on_moto
def test_order_that_is_abandoned_when_its_last_run_ends_badly_stays_abandoned(bridge: Stage) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    bridge.walk("SO-1")
    abandon_unheard(bridge)
    run = bridge.wiring.runs.open_run(subject("SO-1"), bridge.wiring.clock()).run.number
    ended = {"status": "TIMED_OUT", "input": json.dumps({"job": job_fields(Job(subject("SO-1"), run, "c"))})}
    handler("park_order")({"detail": ended}, context("park_order"))
    record = bridge.record("SO-1")
    assert (record.state, record.parking.reason, record.run.is_open) == (OrderState.ABANDONED, "booked by hand", False)
    assert bridge.shop.said("SO-1")["SyncState"] == "Abandoned"


def sweep(bridge: Stage) -> dict[str, Any]:
    """The next sweep, when the order has been left to a person for a while."""
    bridge.wiring.sleep(600)
    found: dict[str, Any] = handler("sweep_orders")({}, context("sweep_orders"))
    return found


def test_abandoned_order_whose_last_run_cannot_tell_the_shop_ends_and_is_told_by_a_sweep(bridge: Stage) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    bridge.walk("SO-1")
    bridge.fault("ordercloud", method="PATCH", path="/v1/orders/*", kind="status", status=403, times=1)
    bridge.abandon("SO-1", "booked by hand")
    bridge.consume()
    bridge.settle()
    record = bridge.record("SO-1")
    assert (record.state, record.parking.reason, record.run.is_open) == (OrderState.ABANDONED, "booked by hand", False)
    assert bridge.shop.said("SO-1")["SyncState"] == "Parked"
    assert sweep(bridge)["told"] == 1
    assert bridge.shop.said("SO-1")["SyncState"] == "Abandoned"


def test_parked_order_that_its_shop_did_not_hear_of_is_told_by_each_sweep_until_it_has_heard(bridge: Stage) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    bridge.fault("ordercloud", method="PATCH", path="/v1/orders/*", kind="status", status=403, times=2)
    bridge.walk("SO-1")
    bridge.calls("ordercloud")
    assert [sweep(bridge)["told"] for _ in range(3)] == [0, 1, 0]
    assert bridge.calls("ordercloud")["PATCH /v1/orders/{direction}/{orderID}"] == 2
    assert bridge.shop.said("SO-1")["Error"] == "VAT_NOT_EXPLAINED"


def test_parked_order_that_a_run_moves_on_while_a_sweep_tells_of_it_ends_as_the_run_said(
    bridge: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    bridge.fault("ordercloud", method="PATCH", path="/v1/orders/*", kind="status", status=403, times=1)
    bridge.walk("SO-1")
    patch, told = OrdercloudClient.patch_order, list[str]()

    def slow(self: OrdercloudClient, order_id: str, payload: Any) -> None:
        told.append(payload["xp"]["KashFlow"]["SyncState"])
        if told == ["Parked"]:
            bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", TaxCost=4.99)
            resume(bridge)
            bridge.settle()
        patch(self, order_id, payload)

    monkeypatch.setattr(OrdercloudClient, "patch_order", slow)
    sweep(bridge)
    assert told == ["Parked", "Invoiced", "Invoiced"]
    assert bridge.shop.said("SO-1")["SyncState"] == "Invoiced"


def test_order_that_is_deleted_after_its_invoice_parks_and_ends_when_it_is_abandoned(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.fault("ordercloud", method="PATCH", path="/v1/orders/*", kind="status", status=404, times=9)
    record = bridge.walk("SO-1")
    assert (record.parking.code, record.parking.step) == ("ORDER_NOT_IN_SITECORE", "ReportStatus")
    assert (record.is_told, record.reports) == (True, {"ordercloud": "gone"})
    said = bridge.abandon("SO-1", "deleted on purpose")
    assert "KashFlow holds invoice" in said
    bridge.consume()
    bridge.settle()
    record = bridge.record("SO-1")
    assert (record.state, record.run.is_open, record.is_told) == (OrderState.ABANDONED, False, True)
    assert {run["status"] for run in bridge.executions()} == {"SUCCEEDED"}


def test_order_that_is_abandoned_before_its_webhook_comes_is_left_alone(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.abandon("SO-1", "booked by hand")
    bridge.consume()
    bridge.settle()
    assert bridge.walk("SO-1").state == OrderState.ABANDONED
    assert bridge.books.invoices() == []
    assert bridge.shop.said("SO-1")["SyncState"] == "Abandoned"


def test_order_whose_run_was_started_is_not_started_again_by_the_next_event(
    bridge: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    bridge.walk("SO-1")
    (run,) = bridge.executions()
    assert bridge.record("SO-1").run.execution_arn.rpartition(":")[2] == run["name"]
    monkeypatch.setattr(bridge.wiring.workflow, "start", lambda _: pytest.fail("it was started already"))
    assert bridge.walk("SO-1", "approve").state == OrderState.PARKED


@also_on_moto
def test_parked_order_when_events_come_meanwhile_stays_one_run(bridge: Stage) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    bridge.walk("SO-1")
    bridge.walk("SO-1", "approve")
    assert len(bridge.executions()) == 1
    bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", TaxCost=4.99)
    resume(bridge)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert bridge.executions()[0]["status"] == "SUCCEEDED"


def test_parked_order_when_abandoned_is_left_alone_for_good(bridge: Stage) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    bridge.walk("SO-1")
    bridge.abandon("SO-1", "booked by hand")
    bridge.wait_for(lambda: not bridge.record("SO-1").run.is_open)
    bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", TaxCost=4.99)
    record = bridge.walk("SO-1", "approve")
    assert (record.state, record.parking.reason, record.run.is_open) == (OrderState.ABANDONED, "booked by hand", False)
    assert bridge.books.invoices() == []
    assert bridge.shop.said("SO-1")["SyncState"] == "Abandoned"


def test_parked_order_when_the_shop_cannot_be_told_is_parked_all_the_same(bridge: Stage) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    bridge.fault("ordercloud", method="PATCH", path="/v1/orders/*", kind="status", status=500, times=9)
    assert bridge.walk("SO-1").state == OrderState.PARKED


@also_on_moto
def test_step_when_a_newer_run_holds_the_order_ends_without_writing(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    stale = {"job": job_fields(Job(subject("SO-1"), 7, "stale"))}
    bridge.start_run("stale", json.dumps(stale))
    bridge.settle()
    assert [run["status"] for run in bridge.executions()] == ["SUCCEEDED", "SUCCEEDED"]
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert len(bridge.books.invoices()) == 1


@also_on_moto
def test_step_when_the_code_fails_unexpectedly_parks_without_showing_foreign_words(
    bridge: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("ada@shop.example")

    bridge.shop.order("SO-1")
    monkeypatch.setattr(OrdercloudClient, "payments", fail)
    record = bridge.walk("SO-1")
    assert record.parking.code == "UNEXPECTED"
    assert "KeyError" in record.parking.reason
    assert "ada@" not in record.parking.reason


@pytest.mark.parametrize("status", [pytest.param("FAILED", marks=also_on_moto), "TIMED_OUT", "ABORTED"])
def test_run_when_it_ends_badly_parks_its_order_afresh_and_resumes_anew(bridge: Stage, status: str) -> None:
    bridge.shop.order("SO-1")
    runs, now = bridge.wiring.runs, bridge.wiring.clock()
    runs.note_event(subject("SO-1"), now)
    run = runs.open_run(subject("SO-1"), now).run.number
    job = job_fields(Job(subject("SO-1"), run, "c"))
    event = {"detail-type": "Step Functions Execution Status Change", "detail": {"status": status}}
    event["detail"]["input"] = json.dumps({"job": job})  # type: ignore[index]
    handler("park_order")(event, context("park_order"))
    record = bridge.record("SO-1")
    assert (record.state, record.parking.code, record.run.is_open) == (OrderState.PARKED, f"RUN_{status}", False)
    resume(bridge)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED


@also_on_moto
def test_process_order_when_it_dies_before_the_start_starts_the_same_run_later(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    runs, now = bridge.wiring.runs, bridge.wiring.clock()
    runs.note_event(subject("SO-1"), now)
    run = runs.open_run(subject("SO-1"), now).run.number
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    assert [one["name"] for one in bridge.executions()] == [f"order-ordercloud-SO-1-run-{run}"]


@also_on_moto
def test_ledger_when_a_dead_run_writes_late_refuses(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    entry = bridge.entries("SO-1").the_only("invoice")
    assert entry is not None
    with pytest.raises(PermanentError, match="RUN_SUPERSEDED"):
        bridge.wiring.documents.write(Job(subject("SO-1"), 1, "late"), entry)


@pytest.mark.parametrize(
    ("rules_break", "code"),
    [("NOMINAL", "NOMINAL_NOT_IN_KASHFLOW"), ("VAT", "VAT_LEVEL_NOT_IN_KASHFLOW")],
)
def test_create_invoice_when_the_account_lacks_something_parks_before_posting(
    bridge: Stage, monkeypatch: pytest.MonkeyPatch, rules_break: str, code: str
) -> None:
    bridge.shop.order("SO-1")
    books = bridge.wiring.client
    if rules_break == "NOMINAL":
        monkeypatch.setattr(books, "nominals", lambda: [{"Code": 9998}])
    else:
        monkeypatch.setattr(books, "vat_rates", lambda: [{"VATRate": 0}])
    record = bridge.walk("SO-1")
    assert (record.parking.code, record.parking.step) == (code, "CreateInvoice")
    assert bridge.books.invoices() == []


def test_parked_order_when_it_was_corrected_in_sitecore_is_read_again_whatever_step_it_stopped_at(
    bridge: Stage,
) -> None:
    bridge.shop.order("SO-1")
    bridge.fault("kashflow", method="POST", path="/v2/invoices", kind="status", status=403, times=1)
    assert bridge.walk("SO-1").parking.step == "CreateInvoice"
    bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", ShippingCost=Decimal("9.95"), TaxCost=Decimal("5.99"))
    bridge.webhook("SO-1", "")
    bridge.consume()
    resume(bridge)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert bridge.books.invoices()[0]["GrossAmount"] == Decimal("35.94")


TAKEN = {"Type": "CreditCardCapture", "DateExecuted": "2026-11-20T10:00:00+00:00", "Succeeded": True}
TRANSACTIONS = "/v1/orders/Incoming/SO-1/payments/card-1/transactions"


def test_order_when_a_payment_is_captured_again_shows_a_second_receipt(bridge: Stage) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    bridge.shop.call("POST", TRANSACTIONS, ID="tx-1", Amount=Decimal("10.00"), **TAKEN)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    bridge.shop.call("POST", TRANSACTIONS, ID="tx-2", Amount=Decimal("19.94"), **TAKEN)
    assert bridge.walk("SO-1", "payments").state == OrderState.PAID
    (invoice,) = bridge.books.invoices()
    shown = [(line["Reference"], line["Amount"]) for line in invoice["PaymentLines"]]
    assert shown == [("card-1/tx-1", Decimal("10.00")), ("card-1/tx-2", Decimal("19.94"))]


def test_order_when_a_transaction_in_the_books_grows_in_the_shop_parks_with_both_sums(bridge: Stage) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    bridge.shop.call("POST", TRANSACTIONS, ID="tx-1", Amount=Decimal("10.00"), **TAKEN)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    bridge.shop.call("DELETE", f"{TRANSACTIONS}/tx-1")
    bridge.shop.call("POST", TRANSACTIONS, ID="tx-1", Amount=Decimal("29.94"), **TAKEN)
    record = bridge.walk("SO-1", "payments")
    assert record.parking.code == "PAYMENT_CHANGED"
    assert "29.94" in record.parking.reason
    assert "10.00" in record.parking.reason
