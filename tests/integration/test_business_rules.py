"""The example of docs/mapping.md, order by order as its table numbers them."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.rules.document import parse_rules
from sitecore_kashflow.rules.never import idle_rules
from tests.deployed import ROOT
from tests.stage import Stage
from tests.terminal import Terminal

PURCHASE_ORDER = {"ID": "po-1", "Type": "PurchaseOrder", "Accepted": True}
BOOK_AND_MUG = (("BOOK-1", 1, "8.00"), ("MUG", 1, "10.00"))


def example() -> str:
    document = (ROOT / "docs" / "mapping.md").read_text("utf-8")
    found = re.search(r"### An example\n+```yaml\n(.*?)```", document, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def shop(bridge: Stage, by_rules: Callable[[str], None]) -> Stage:
    by_rules(example())
    return bridge


def lines_of(bridge: Stage) -> list[tuple[str, int, int]]:
    (invoice,) = bridge.books.invoices()
    return [(one["Description"], one["NominalCode"], int(one["VATLevel"])) for one in invoice["LineItems"]]


def place(bridge: Stage, order_id: str, *, xp: dict[str, Any] | None = None, **cart: Any) -> None:
    """A submitted order; `xp` is on it before."""
    bridge.shop.cart(order_id, **cart)
    bridge.shop.call("PATCH", f"/v1/orders/Incoming/{order_id}", xp=xp or {})
    bridge.shop.call("POST", f"/v1/orders/Incoming/{order_id}/submit")


def to_belfast(bridge: Stage, order_id: str) -> None:
    bridge.shop.cart(order_id, lines=BOOK_AND_MUG, tax="2.55")
    place = {"FirstName": "Ada", "LastName": "Field", "Street1": "1 High St", "City": "Belfast", "Zip": "BT1 1AA"}
    for kind in ("billto", "shipto"):
        bridge.shop.call("PUT", f"/v1/orders/Incoming/{order_id}/{kind}", Country="GB", **place)
    bridge.shop.call("POST", f"/v1/orders/Incoming/{order_id}/submit")


def test_no_rule_of_the_example_is_idle() -> None:
    assert list(idle_rules(parse_rules(example()).conditional)) == []


def test_1_two_mugs_are_posted_as_without_rules(shop: Stage) -> None:
    shop.shop.order("SO-1")
    assert shop.walk("SO-1").state == OrderState.INVOICED
    assert lines_of(shop) == [("Mug (SKU MUG)", 4000, 20), ("Delivery", 4001, 20)]
    (entry,) = shop.entries("SO-1")
    assert entry.rules_held == ()


def test_2_a_staff_purchase_is_left_out(shop: Stage, terminal: Terminal) -> None:
    place(shop, "SO-2", xp={"Channel": "Staff-shop"})
    assert shop.walk("SO-2").state == OrderState.WAITING
    assert shop.books.invoices() == []
    assert any("'staff purchases' leaves it out" in line for line in terminal.run("show", "SO-2").lines)


def test_3_a_large_order_is_posted_once_it_is_approved(shop: Stage, terminal: Terminal) -> None:
    shop.shop.order("SO-3", lines=(("MUG", 100, "10.00"),), tax="200.99")
    record = shop.walk("SO-3")
    assert record.parking.code == "HELD_BY_RULE"
    assert "1205.94 GBP" in record.parking.reason
    terminal.run("retry", "SO-3")
    shop.settle()
    assert shop.record("SO-3").state == OrderState.INVOICED


def test_4_an_order_on_account_is_due_in_sixty_days_and_bears_the_customers_number(shop: Stage) -> None:
    shop.shop.cart("SO-4")
    shop.shop.call("PATCH", "/v1/orders/Incoming/SO-4", xp={"PONumber": "PO-77"})
    shop.shop.call("POST", "/v1/orders/Incoming/SO-4/payments", **PURCHASE_ORDER)
    shop.shop.call("POST", "/v1/orders/Incoming/SO-4/submit")
    assert shop.walk("SO-4").state == OrderState.INVOICED
    (invoice,) = shop.books.invoices()
    issued, due = (date.fromisoformat(invoice[name][:10]) for name in ("IssuedDate", "DueDate"))
    assert due - issued == timedelta(days=60)
    assert invoice["CustomerReference"] == "SO-4"
    assert [one[0] for one in lines_of(shop)][2:] == ["Your reference: PO-77", "Please pay by bank transfer."]


def test_5_a_book_is_zero_rated_on_a_code_of_its_own_and_delivery_follows(shop: Stage) -> None:
    shop.shop.order("SO-5", lines=BOOK_AND_MUG, tax="2.55")
    assert shop.walk("SO-5").state == OrderState.INVOICED
    assert [one[1:] for one in lines_of(shop)] == [(4020, 0), (4000, 20), (4001, 0), (4001, 20)]


def test_6_of_two_rules_for_a_line_the_first_decides(shop: Stage) -> None:
    to_belfast(shop, "SO-6")
    assert shop.walk("SO-6").state == OrderState.INVOICED
    assert [one[1] for one in lines_of(shop)][:2] == [4020, 9998]
    (entry,) = shop.entries("SO-6")
    assert entry.rules_held == ("books", "sent to Northern Ireland")
