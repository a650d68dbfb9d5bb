"""A payment of the shop that is replaced by another, through the whole bridge: no money is booked twice."""

from decimal import Decimal

import pytest

from sitecore_kashflow.canonical.states import OrderState
from tests.stage import Stage

CAPTURE = "payments/{paymentID}/transactions"


def pay(bridge: Stage, payment_id: str, amount: str = "5.00") -> None:
    """A card payment of the amount, charged at once; no webhook tells of it."""
    path, money = "/v1/orders/Incoming/SO-1/payments", Decimal(amount)
    bridge.shop.call("POST", path, ID=payment_id, Type="CreditCard", Accepted=True, Amount=money)
    charged = {"ID": "tx", "Type": "CreditCardCapture", "DateExecuted": "2026-11-20T10:00:00+00:00", "Succeeded": True}
    bridge.shop.call("POST", f"{path}/{payment_id}/transactions", **charged, Amount=money)


def withdraw(bridge: Stage, payment_id: str) -> None:
    bridge.shop.call("DELETE", f"/v1/orders/Incoming/SO-1/payments/{payment_id}")


def booked(bridge: Stage) -> list[tuple[str, Decimal]]:
    (invoice,) = bridge.books.invoices()
    return [(line["Reference"], line["Amount"]) for line in invoice["PaymentLines"]]


@pytest.mark.parametrize("amount", ["5.00", "7.50"])
def test_payment_that_is_replaced_by_another_is_booked_once_and_needs_a_person(bridge: Stage, amount: str) -> None:
    bridge.shop.order("SO-1")
    pay(bridge, "card-1")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    withdraw(bridge, "card-1")
    pay(bridge, "card-2", amount)
    record = bridge.walk("SO-1", CAPTURE)
    assert (record.state, record.parking.code) == (OrderState.PARKED, "PAYMENT_REPLACED")
    assert "payment card-1/tx of 5.00 GBP" in record.parking.reason
    assert f"payment card-2/tx of {amount} GBP" in record.parking.reason
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    assert booked(bridge) == [("card-1/tx", Decimal("5.00"))]


def test_payment_that_comes_back_after_it_was_replaced_lets_the_order_go_on(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    pay(bridge, "card-1")
    bridge.walk("SO-1")
    withdraw(bridge, "card-1")
    pay(bridge, "card-2")
    bridge.walk("SO-1", CAPTURE)
    pay(bridge, "card-1")
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert booked(bridge) == [("card-1/tx", Decimal("5.00")), ("card-2/tx", Decimal("5.00"))]


@pytest.mark.parametrize(("landed", "code"), [(True, "PAYMENT_REPLACED"), (False, "")])
def test_payment_that_replaces_one_in_doubt_waits_until_it_is_known_what_became_of_that(
    bridge: Stage, *, landed: bool, code: str
) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    pay(bridge, "card-1")
    lost = "reset_after" if landed else "reset_before"
    bridge.fault("kashflow", kind=lost, method="PUT", path="/v2/invoices/*")
    bridge.fault("kashflow", kind="status", status=400, method="GET", path="/v2/invoices/*", skip=1)
    assert bridge.walk("SO-1", CAPTURE).parking.code == "KASHFLOW_REFUSED"
    withdraw(bridge, "card-1")
    pay(bridge, "card-2")
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    assert bridge.record("SO-1").parking.code == code
    assert booked(bridge) == [("card-1/tx" if landed else "card-2/tx", Decimal("5.00"))]
