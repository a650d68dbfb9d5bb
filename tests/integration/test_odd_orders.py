"""Orders and customers as they come: others' orders, changed ids, swapped goods, customers changed in KashFlow."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.shops.ordercloud.client import OrdercloudClient
from tests.stage import TWO_MUGS, Stage


def in_kashflow(bridge: Stage, method: str, path: str, **fields: Any) -> None:
    """What a bookkeeper does there."""
    bridge.books.get("/customers")  # logs in
    headers = {"Authorization": bridge.books.authorization}
    with httpx.Client(base_url=f"{bridge.kashflow_url}/v2", transport=bridge.kashflow_transport) as http:
        http.request(method, path, json=fields or None, headers=headers).raise_for_status()


def copied_report(bridge: Stage, order_id: str, of: str) -> None:
    """An order gets the report that was written on another."""
    bridge.shop.call("PATCH", f"/v1/orders/Incoming/{order_id}", xp={"KashFlow": bridge.shop.said(of)})


def test_an_order_that_the_seller_does_not_see_is_let_go_without_a_word_to_anybody(bridge: Stage) -> None:
    """A supplier's order, or a cart under its earlier id: the event names an order that Sitecore does not have."""
    record = bridge.walk("SEB000123-012")
    assert (record.state, record.parking.code, record.run.is_open) == (OrderState.UNKNOWN, "", False)
    assert bridge.calls("ordercloud").get("PATCH /v1/orders/{direction}/{id}", 0) == 0


def test_an_order_that_was_let_go_is_invoiced_once_it_is_there(bridge: Stage) -> None:
    """The event may be ahead of what OrderCloud shows."""
    bridge.walk("SO-1")
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1", "approve").state == OrderState.INVOICED
    assert len(bridge.books.invoices()) == 1


def test_an_order_that_was_invoiced_and_is_gone_still_parks(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.shop.call("DELETE", "/v1/orders/Incoming/SO-1")
    assert bridge.walk("SO-1", "complete").parking.code == "ORDER_NOT_IN_SITECORE"


def test_an_order_that_was_invoiced_under_another_id_parks(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.shop.order("WEB-9001")
    copied_report(bridge, "WEB-9001", of="SO-1")
    record = bridge.walk("WEB-9001")
    assert (record.state, record.parking.code) == (OrderState.PARKED, "INVOICED_UNDER_ANOTHER_ID")
    assert "1001" in record.parking.reason
    assert len(bridge.books.invoices()) == 1


def test_an_id_in_another_letter_case_is_no_second_order(bridge: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether OrderCloud tells ids apart by case is not known; what counts is the id that it gives back."""
    read = OrdercloudClient.worksheet
    monkeypatch.setattr(OrdercloudClient, "worksheet", lambda client, order_id: read(client, order_id.upper()))
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    assert bridge.walk("so-1", "complete").state == OrderState.UNKNOWN
    assert len(bridge.books.invoices()) == 1


def test_a_copied_order_is_invoiced_once_the_copied_report_is_removed(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.shop.order("SO-2")
    copied_report(bridge, "SO-2", of="SO-1")
    bridge.walk("SO-2")
    bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-2", xp={"KashFlow": None})
    bridge.resume("SO-2", afresh=True)
    bridge.consume()
    bridge.settle()
    assert bridge.record("SO-2").state == OrderState.INVOICED
    assert {one["CustomerReference"] for one in bridge.books.invoices()} == {"SO-1", "SO-2"}


def test_goods_that_were_swapped_at_the_same_price_are_credited_and_invoiced_anew(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    (line,) = bridge.shop.call("GET", "/v1/orders/Incoming/SO-1/lineitems")["Items"]
    bridge.shop.call("PUT", "/v1/products/CUP", ID="CUP", Name="Cup", Active=True)
    bridge.shop.call("DELETE", f"/v1/orders/Incoming/SO-1/lineitems/{line['ID']}")
    cups = {"ProductID": "CUP", "Quantity": line["Quantity"], "UnitPrice": line["UnitPrice"]}
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-1/lineitems", **cups)
    bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", TaxCost=Decimal("4.99"))
    assert bridge.walk("SO-1", "complete").state == OrderState.INVOICED
    found = {one["CustomerReference"]: one["GrossAmount"] for one in bridge.books.invoices()}
    assert found == {"SO-1": Decimal("29.94"), "SO-1-A1": Decimal("24.00"), "SO-1-R1": Decimal("-24.00")}


def test_a_customer_whose_code_was_changed_in_kashflow_is_found_by_our_note(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    code = next(iter(bridge.entries("SO-1"))).customer_code
    in_kashflow(bridge, "PUT", f"/customers/{code}", Code="ADAFIELD")
    bridge.shop.order("SO-2")
    assert bridge.walk("SO-2").state == OrderState.INVOICED
    (customer,) = bridge.books.get("/customers")["Data"]
    assert customer["Code"] == "ADAFIELD"
    assert bridge.shop.said("SO-2")["CustomerCode"] == "ADAFIELD"
    bridge.calls("kashflow")
    bridge.shop.order("SO-3")
    assert bridge.walk("SO-3").state == OrderState.INVOICED
    assert bridge.calls("kashflow").get("GET /customers", 0) == 0


def test_a_customer_that_was_deleted_in_kashflow_is_made_again(bridge: Stage) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    code = next(iter(bridge.entries("SO-1"))).customer_code
    in_kashflow(bridge, "DELETE", f"/customers/{code}")
    bridge.shop.order("SO-2", lines=TWO_MUGS)
    assert bridge.walk("SO-2").state == OrderState.INVOICED
    (customer,) = bridge.books.get("/customers")["Data"]
    assert customer["Code"] == code


def test_a_lost_invoice_is_found_although_the_customers_code_was_changed_meanwhile(bridge: Stage) -> None:
    """The invoice went with its customer; under the old code nothing is found, and nothing would be proved by that."""
    bridge.shop.order("SO-0")
    bridge.walk("SO-0")
    code = next(iter(bridge.entries("SO-0"))).customer_code
    bridge.shop.order("SO-1")
    bridge.fault("kashflow", method="POST", path="/v2/invoices", kind="reset_after", times=1)
    bridge.webhook("SO-1")
    bridge.consume()
    bridge.wait_for(lambda: bool(bridge.entries("SO-1").in_doubt()))
    in_kashflow(bridge, "PUT", f"/customers/{code}", Code="ADAFIELD")
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert [one["CustomerReference"] for one in bridge.books.invoices()].count("SO-1") == 1
