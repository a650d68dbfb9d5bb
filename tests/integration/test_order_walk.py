"""One order through every room, and what later events make of it."""

from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.shops.ordercloud.client import OrdercloudClient
from tests.stage import Stage

CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}


@pytest.mark.also_on_moto
def test_order_walk_when_submitted_makes_one_invoice_and_tells_the_shop(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    record = bridge.walk("SO-1")

    (invoice,) = bridge.books.invoices()
    assert record.state == OrderState.INVOICED
    assert invoice["CustomerReference"] == "SO-1"
    assert (invoice["NetAmount"], invoice["VATAmount"], invoice["GrossAmount"]) == (
        Decimal("24.95"),
        Decimal("4.99"),
        Decimal("29.94"),
    )
    assert bridge.books.get(f"/customers/{invoice['CustomerCode']}")["Name"] == "Ada Field"
    said = bridge.shop.said("SO-1")
    assert (said["SyncState"], said["InvoiceNumber"], said["Error"]) == ("Invoiced", invoice["Number"], None)
    assert bridge.step_calls == ["prepare_order", "ensure_customer", "create_invoice", "report_status"]


def test_order_walk_when_captured_before_submit_posts_the_invoice_with_its_payment(bridge: Stage) -> None:
    bridge.shop.paid_order("SO-1", CARD)
    record = bridge.walk("SO-1")

    (invoice,) = bridge.books.invoices()
    assert record.state == OrderState.PAID
    assert invoice["DueAmount"] == 0
    (line,) = invoice["PaymentLines"]
    assert (line["Amount"], line["Reference"], line["AccountId"], line["Method"]) == (
        Decimal("29.94"),
        "card-1/taken",
        55166,
        409844,
    )
    assert bridge.shop.said("SO-1")["SyncState"] == "Paid"
    assert "settle_invoice" not in bridge.step_calls


def test_order_walk_when_the_report_was_written_over_tells_the_shop_again(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    ours = bridge.shop.said("SO-1")
    for theirs in ({"SyncState": "Opened", "InvoiceNumber": None}, "gone", None):
        bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", xp={"KashFlow": theirs})
        bridge.walk("SO-1", "approve")
        assert bridge.shop.said("SO-1") | {"SyncedAt": ""} == ours | {"SyncedAt": ""}
    bridge.calls("ordercloud")
    bridge.walk("SO-1", "complete")
    assert not any(call.startswith("PATCH") for call in bridge.calls("ordercloud"))


@pytest.mark.parametrize("merge", ["shallow", "nested"])
def test_order_walk_when_somebody_keeps_a_note_beside_the_report_leaves_it_alone(bridge: Stage, merge: str) -> None:
    bridge.switch("ordercloud", xp_merge=merge)
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", xp={"KashFlow": bridge.shop.said("SO-1") | {"Note": "Ann"}})
    bridge.calls("ordercloud")
    bridge.walk("SO-1", "approve")
    assert not any(call.startswith("PATCH") for call in bridge.calls("ordercloud"))
    assert bridge.shop.said("SO-1")["Note"] == "Ann"


@pytest.mark.also_on_moto
def test_order_walk_when_captured_after_the_invoice_adds_the_payment_once(bridge: Stage) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    bridge.shop.capture("SO-1", "card-1")
    assert bridge.walk("SO-1", "payments/{paymentID}/transactions").state == OrderState.PAID
    (invoice,) = bridge.books.invoices()
    assert [line["Amount"] for line in invoice["PaymentLines"]] == [Decimal("29.94")]
    assert len(invoice["LineItems"]) == 2
    assert bridge.shop.said("SO-1")["SyncState"] == "Paid"


def test_order_walk_when_completed_without_capture_is_shipped_and_not_paid(bridge: Stage) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-1/complete")
    assert bridge.walk("SO-1", "complete").state == OrderState.INVOICED
    (invoice,) = bridge.books.invoices()
    assert (invoice["DueAmount"], invoice["PaymentLines"]) == (Decimal("29.94"), [])


def test_order_walk_when_on_account_stays_unpaid(bridge: Stage) -> None:
    bridge.shop.order("SO-1", payment={"ID": "po-1", "Type": "PurchaseOrder", "Accepted": True})
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    assert not bridge.books.invoices()[0]["PaymentLines"]


def test_order_walk_when_known_customer_pays_at_once_costs_two_writes(bridge: Stage) -> None:
    bridge.shop.paid_order("SO-1", CARD)
    bridge.walk("SO-1")
    bridge.shop.paid_order("SO-2", CARD)
    for system in ("kashflow", "ordercloud"):
        bridge.calls(system)
    bridge.walk("SO-2")
    assert bridge.calls("kashflow") == {"POST /v2/invoices": 1, "GET /v2/invoices/{number}": 1}
    calls = bridge.calls("ordercloud")
    assert {route: times for route, times in calls.items() if route.startswith("PATCH")} == {
        "PATCH /v1/orders/{direction}/{orderID}": 1
    }
    assert sum(calls.values()) == 3


def test_order_walk_when_waiting_for_approval_posts_nothing_until_approved(bridge: Stage) -> None:
    bridge.shop.cart("SO-1")
    assert bridge.walk("SO-1").state == OrderState.WAITING
    assert bridge.books.invoices() == []
    assert bridge.shop.said("SO-1") == {}
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-1/submit")
    assert bridge.walk("SO-1").state == OrderState.INVOICED


def test_order_walk_when_cancelled_before_the_invoice_posts_nothing(bridge: Stage) -> None:
    bridge.shop.cart("SO-1")
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-1/cancel")
    assert bridge.walk("SO-1", "cancel").state == OrderState.CANCELLED
    assert bridge.books.invoices() == []


def test_order_walk_when_cancelled_with_its_money_waits_until_that_is_given_back(bridge: Stage) -> None:
    bridge.shop.cart("SO-1")
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-1/payments", ID="card-1", Type="CreditCard", Accepted=True)
    bridge.shop.capture("SO-1", "card-1")
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-1/cancel")
    assert bridge.walk("SO-1", "cancel").state == OrderState.WAITING
    assert "29.94 that came in for it is not given back" in bridge.record("SO-1").awaits.words
    bridge.shop.capture("SO-1", "card-1", kind="CreditCardRefund", name="returned")
    record = bridge.walk("SO-1", "payments/{paymentID}/transactions")
    assert (record.state, record.awaits.words) == (OrderState.CREDITED, "")
    assert documents(bridge) == {"SO-1": Decimal("29.94"), "SO-1-R1": Decimal("-29.94")}


def documents(bridge: Stage) -> dict[str, Decimal]:
    """What each document in the books comes to, by its reference."""
    return {str(one["CustomerReference"]): one["GrossAmount"] for one in bridge.books.invoices()}


@pytest.mark.also_on_moto
def test_order_walk_when_cancelled_after_the_invoice_credits_it_in_full(bridge: Stage) -> None:
    bridge.switch("ordercloud", cancel_open_orders="allowed")
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-1/cancel")
    assert bridge.walk("SO-1", "cancel").state == OrderState.CREDITED
    assert documents(bridge) == {"SO-1": Decimal("29.94"), "SO-1-R1": Decimal("-29.94")}
    bridge.wait_for(lambda: bridge.shop.said("SO-1")["SyncState"] == "Credited")


def test_order_walk_when_edited_after_the_invoice_makes_a_further_one(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", ShippingCost=Decimal("9.95"), TaxCost=Decimal("5.99"))
    assert bridge.walk("SO-1", "").state == OrderState.INVOICED
    assert documents(bridge) == {"SO-1": Decimal("29.94"), "SO-1-A1": Decimal("6.00")}


@pytest.mark.also_on_moto
def test_order_walk_when_the_same_events_come_again_adds_nothing(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    for _ in range(3):
        bridge.webhook("SO-1", log_id="same")
    bridge.consume()
    bridge.settle()
    for _ in range(3):
        bridge.webhook("SO-1", "ship")
    bridge.consume()
    bridge.settle()
    bridge.walk("SO-1", "approve")
    assert len(bridge.books.invoices()) == 1
    assert bridge.calls("ordercloud")["PATCH /v1/orders/{direction}/{orderID}"] == 2  # ours once, the shop's own once


@pytest.mark.also_on_moto
def test_order_walk_when_an_event_comes_during_the_run_goes_round_again(
    bridge: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    books, create = bridge.wiring.client, bridge.wiring.client.create_invoice

    def create_and_be_interrupted(payload: dict[str, object]) -> int | None:
        number: int | None = create(payload)
        bridge.shop.capture("SO-1", "card-1")
        bridge.webhook("SO-1", "payments/{paymentID}/transactions")
        bridge.consume()
        return number

    monkeypatch.setattr(books, "create_invoice", create_and_be_interrupted)
    assert bridge.walk("SO-1").state == OrderState.PAID
    assert len(bridge.executions()) == 1
    assert bridge.step_calls.count("prepare_order") == 2
    assert len(bridge.books.invoices()[0]["PaymentLines"]) == 1


def test_order_walk_when_an_event_comes_while_the_order_is_read_reads_it_again(
    bridge: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    read, interruptions = OrdercloudClient.payments, ["SO-1"]

    def read_and_be_interrupted(self: OrdercloudClient, order_id: str) -> Any:
        payments = read(self, order_id)
        if interruptions:
            bridge.shop.capture(interruptions.pop(), "card-1")
            bridge.webhook("SO-1", "payments/{paymentID}/transactions")
            bridge.consume()
        return payments

    monkeypatch.setattr(OrdercloudClient, "payments", read_and_be_interrupted)
    assert bridge.walk("SO-1").state == OrderState.PAID
    assert bridge.step_calls.count("prepare_order") == 2


def test_order_walk_when_an_order_has_a_thousand_lines_makes_one_invoice(bridge: Stage) -> None:
    lines = [(f"MUG-{number % 20}", 1, "1.00") for number in range(1000)]
    bridge.shop.order("SO-1", lines=lines, tax="200.99")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    assert len(bridge.books.invoices()[0]["LineItems"]) == 1001
