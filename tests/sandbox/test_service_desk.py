from dataclasses import replace
from decimal import Decimal

import pytest

from sandbox.retail import PaymentKind, RetailShop, Returned, ShopError, demo_orders
from sandbox.retail_order import OrderLine
from tests.sandbox.ordercloud_shop import Shop

POSTER = OrderLine("POSTER", "Poster, framed", 2, Decimal("12.50"))


class Placed:
    """Orders that a retail shop has placed, its desk, and OrderCloud as the back office sees it."""

    def __init__(self, **switches):
        self.office = Shop(**switches)
        sandbox = self.office.sandbox
        self.shop = RetailShop("http://ordercloud.test", transport=sandbox.transport, answer=sandbox.handle)
        self.desk = self.shop.desk(self.office.clock)

    def order(self, kind="mixed", payment=PaymentKind.CAPTURED, **fields):
        found = next(one for one in demo_orders(12) if one.xp["Kind"] == kind)
        order = replace(found, payment=payment, **fields)
        self.shop.place(order)
        self.office.clock.sleep(3600)
        return order

    def transactions(self, order, payment="P1"):
        found = self.office.call("GET", f"/v1/orders/Incoming/{order.order_id}/payments/{payment}")
        return [(one["Type"], one["Amount"]) for one in found["Transactions"]]

    def now(self, order):
        return self.office.call("GET", f"/v1/orders/Incoming/{order.order_id}")

    def return_of(self, return_id):
        return self.office.call("GET", f"/v1/orderreturns/{return_id}")


@pytest.mark.parametrize(
    ("verb", "kind", "sign"),
    [
        ("capture", "CreditCardCapture", 1),
        ("refund", "CreditCardRefund", -1),
        ("charge_back", "Chargeback", -1),
        ("win_chargeback", "ChargebackReversed", 1),
    ],
)
def test_money_moves_by_a_transaction_of_now_with_the_gateways_id(verb, kind, sign):
    placed = Placed()
    order = placed.order()
    amount = Decimal("12.34")
    transaction_id = getattr(placed.desk, verb)(order, amount)
    path = f"/v1/orders/Incoming/{order.order_id}/payments/P1"
    found = placed.office.call("GET", path)["Transactions"][-1]
    assert (found["ID"], found["Type"], found["Amount"]) == (transaction_id, kind, sign * amount)
    assert (found["DateExecuted"], found["Succeeded"]) == ("2026-11-21T10:00:00+00:00", True)
    assert found["xp"] == {"PspReference": f"psp-{order.order_id}-P1-T3", "Gateway": "Stripe"}


def test_authorised_order_is_captured_in_two_parts_with_ids_of_their_own():
    placed = Placed()
    order = placed.order(payment=PaymentKind.AUTHORISED)
    ids = [placed.desk.capture(order, amount) for amount in (Decimal(10), order.total - 10)]
    assert len(set(ids)) == 2
    captured = [amount for kind, amount in placed.transactions(order) if kind == "CreditCardCapture"]
    assert sum(captured) == order.total


@pytest.mark.parametrize("approval", ["no", "yes"])
def test_goods_are_taken_back_and_paid_for_and_the_return_completes_by_itself(approval):
    placed = Placed(returns_need_approval=approval)
    order = placed.order(completed=True)
    seat = Returned("CHILD-SEAT", 1, Decimal("93.98"))
    return_id = placed.desk.return_goods(order, [seat, Returned("BOOK", 2, Decimal("15.98"))])
    found = placed.return_of(return_id)
    assert (found["Status"], found["RefundAmount"]) == ("Completed", Decimal("109.96"))
    assert [item["Quantity"] for item in found["ItemsToReturn"]] == [1, 2]
    (payment,) = found["PaymentIDs"]
    assert placed.transactions(order, payment) == [("CreditCardRefund", Decimal("-109.96"))]


def test_return_is_paid_in_parts_or_completed_by_hand_and_cancelled():
    placed = Placed()
    order = placed.order()
    money = placed.desk.open_return(order, [], Decimal("9.00"))
    placed.desk.pay_return(order, money, Decimal("4.00"))
    assert placed.return_of(money)["Status"] == "Open"
    placed.desk.complete_return(money)
    assert placed.return_of(money)["Status"] == "Completed"
    placed.desk.cancel_return(money)
    assert placed.return_of(money)["Status"] == "Canceled"


def test_order_is_cancelled_where_ordercloud_allows_it():
    placed = Placed()
    order = placed.order()
    with pytest.raises(ShopError, match=r"Order\.CannotCancelInCurrentStatus"):
        placed.desk.cancel(order)
    placed.office.sandbox.switches.put({"cancel_open_orders": "allowed"})
    placed.desk.cancel(order)
    assert placed.now(order)["Status"] == "Canceled"


CHANGES = {
    "fewer": lambda desk, order: desk.set_quantity(order, "BOOK", 1),
    "more": lambda desk, order: desk.set_quantity(order, "LAMP", 3),
    "removed": lambda desk, order: desk.remove_line(order, "LAMP"),
    "added": lambda desk, order: desk.add_line(order, POSTER),
    "swapped": lambda desk, order: desk.swap_line(order, "BOOK", POSTER),
    "delivery": lambda desk, order: desk.set_shipping(order, Decimal("1.20")),
}


@pytest.mark.parametrize("kind", ["mixed", "export", "everything"])
@pytest.mark.parametrize("change", CHANGES)
def test_change_gives_the_order_as_ordercloud_has_it_with_its_new_vat(kind, change):
    placed = Placed()
    order = placed.order(kind)
    after = CHANGES[change](placed.desk, order)
    found = placed.now(order)
    assert (found["Total"], found["TaxCost"]) == (after.total, after.tax)
    assert after.total != order.total
    lines = placed.office.call("GET", f"/v1/orders/Incoming/{order.order_id}/lineitems")["Items"]
    sold = [(one["ProductID"], one["Quantity"]) for one in lines]
    assert sold == [(one.product_id, one.quantity) for one in after.lines]


def test_swapped_line_is_another_line():
    placed = Placed()
    order = placed.order()
    path = f"/v1/orders/Incoming/{order.order_id}/lineitems"
    before = {one["ID"] for one in placed.office.call("GET", path)["Items"]}
    placed.desk.swap_line(order, "BOOK", POSTER)
    after = {one["ID"] for one in placed.office.call("GET", path)["Items"]}
    assert (len(before - after), len(after - before)) == (1, 1)


def test_change_of_a_product_that_was_not_sold_says_so():
    placed = Placed()
    order = placed.order()
    with pytest.raises(ShopError, match="no line of it is for POSTER"):
        placed.desk.set_quantity(order, "POSTER", 1)
