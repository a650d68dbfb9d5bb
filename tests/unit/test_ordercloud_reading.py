"""What is read for one order, call by call: no returns where no money was given back."""

from decimal import Decimal
from typing import Any

from sitecore_kashflow.canonical.order import Order
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.shops.ordercloud.orders import OrdercloudOrders
from tests.builders import Raw, order_return, payment, returned, rules, shipment, transaction, worksheet

BACK = transaction("CreditCardRefund", "-12.00", ID="tx-2")


class Client:
    """OrderCloud with one order; `calls` are those that were made after the worksheet's."""

    def __init__(self, *payments: Raw, returns: tuple[Raw, ...] = (), listed: tuple[Raw, ...] | None = None) -> None:
        self._payments, self._returns, self._listed = payments, returns, listed
        self.calls: list[str] = []

    def worksheet(self, _order_id: str) -> Raw:
        return worksheet()

    def payments(self, _order_id: str) -> list[Raw]:
        self.calls.append("payments")
        return list(self._payments)

    def shipments(self, _order_id: str) -> list[Raw]:
        self.calls.append("shipments")
        return [shipment()]

    def shipment_items(self, shipment_id: str) -> list[Raw]:
        self.calls.append(f"items of {shipment_id}")
        return [{"OrderID": "SO-1001", "LineItemID": "line-mug", "QuantityShipped": 1}]

    def order_return(self, return_id: str) -> Raw | None:
        self.calls.append(return_id)
        return next((one for one in self._returns if one["ID"] == return_id), None)

    def returns_of(self, order_id: str) -> list[Raw]:
        self.calls.append(f"returns of {order_id}")
        return list(self._returns if self._listed is None else self._listed)


def read(client: Any, by: Rules | None = None) -> Order:
    reading = OrdercloudOrders(client).read("SO-1001")
    assert reading is not None
    return reading.order(by or default_rules())


def test_what_a_shipment_holds_is_read_only_where_each_has_an_invoice_of_its_own() -> None:
    by_dispatch = "orders: {tax_point: first_of, split_dispatch: %s}\nnominal_codes: {deposit: 2115}"
    on_account, card = payment(Type="PurchaseOrder"), payment(transaction())
    for one, split, calls in (
        (card, "true", ["shipments", "payments"]),
        (on_account, "false", ["shipments", "payments"]),
        (on_account, "true", ["shipments", "payments", "items of ship-1"]),
    ):
        client = Client(one)
        (sent,) = read(client, rules(by_dispatch % split)).dispatches
        assert (client.calls, sent.pieces) == (calls, {"line-mug": 1} if "items of ship-1" in calls else {})


def test_an_order_without_refunds_costs_no_call_for_returns() -> None:
    taken = transaction("Chargeback", "29.94", ID="tx-2")
    for paid in ([], [transaction()], [transaction(), taken], [transaction(), BACK | {"Succeeded": False}]):
        client = Client(payment(*paid), returns=(order_return(amount="12.00"),))
        assert read(client).returns == ()
        assert client.calls == ["payments"]


def test_a_return_that_payments_name_is_read_once_by_its_id() -> None:
    first = payment(BACK, amount="-12.00", ID="pay-2", OrderReturnID="ret-1")
    client = Client(payment(transaction()), first, first | {"ID": "pay-3"}, returns=(order_return(returned()),))
    found = read(client)
    assert client.calls == ["payments", "ret-1"]
    assert [one.return_id for one in found.refunds] == ["ret-1", "ret-1"]
    assert [one.return_id for one in found.returns] == ["ret-1"]


def test_returns_are_listed_once_however_many_refunds_name_none() -> None:
    more = transaction("Refund", "-1.00", ID="tx-3")
    client = Client(payment(transaction(), BACK, more), returns=(order_return(amount="12.00"),))
    found = read(client)
    assert client.calls == ["payments", "returns of SO-1001"]
    assert [one.return_id for one in found.refunds] == ["ret-1", ""]


def test_a_return_that_is_listed_for_another_order_is_not_this_ones() -> None:
    client = Client(payment(transaction(), BACK), returns=(order_return(amount="12.00", OrderID="SO-10010"),))
    assert read(client).returns == ()


def test_a_return_that_was_read_by_its_id_is_believed_before_the_list() -> None:
    named = payment(BACK, amount="-12.00", ID="pay-2", OrderReturnID="ret-1")
    stale = (order_return(returned(quantity=9)),)
    client = Client(payment(transaction(), BACK), named, returns=(order_return(returned(quantity=1)),), listed=stale)
    (found,) = read(client).returns
    assert client.calls == ["payments", "ret-1", "returns of SO-1001"]
    assert [line.quantity for line in found.lines] == [1]


def test_what_a_cancelled_order_holds_takes_no_list_of_returns() -> None:
    named = payment(amount="-12.00", ID="pay-2", OrderReturnID="ret-1")
    client: Any = Client(payment(transaction(), BACK), named, returns=(order_return(Status="Completed"),))
    reading = OrdercloudOrders(client).read("SO-1001")
    assert reading is not None
    assert reading.money(default_rules()).held == Decimal("5.94")
    assert client.calls == ["payments", "ret-1"]
