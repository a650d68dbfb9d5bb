"""What may still be done to an order that was submitted."""

from decimal import Decimal

import pytest

from tests.sandbox.ordercloud_shop import exact, open_shop

STUCK = (400, "Order.CannotCancelInCurrentStatus")
CANCELED = (400, "Payment.CannotEditCancelled")


def submitted(shop, *steps, **fields):
    path = shop.order(**fields)
    for step in ("submit", *steps):
        shop.call("POST", f"{path}/{step}")
    shop.clock.sleep(60)
    return path


def as_jane(shop):
    shop.sign_in("storefront", None, grant_type="password", username="acme.jane", password="jane-password")


@pytest.mark.parametrize("steps", [[], ["complete"]], ids=["open", "completed"])
def test_seller_cancels_a_submitted_order_where_the_switch_allows_it(steps):
    shop = open_shop(cancel_open_orders="allowed")
    path = submitted(shop, *steps)
    canceled = shop.call("POST", f"{path}/cancel")
    assert (canceled["Status"], canceled["DateCanceled"]) == ("Canceled", "2026-11-21T09:01:00+00:00")
    assert canceled["LastUpdated"] == canceled["DateCanceled"]
    assert shop.refused("POST", f"{path}/cancel") == STUCK


def test_shopper_cancels_no_submitted_order():
    shop = open_shop(cancel_open_orders="allowed")
    submitted(shop)
    as_jane(shop)
    assert shop.refused("POST", "/v1/orders/Outgoing/SO-1/cancel") == STUCK


@pytest.mark.parametrize(("switch", "may"), [("order_admin", True), ("refused", False)])
def test_order_admin_refunds_a_cancelled_order_by_switch(switch, may):
    shop = open_shop(cancel_open_orders="allowed", payments_on_canceled=switch)
    path = submitted(shop)
    shop.call("POST", f"{path}/payments", {"ID": "P1", "Type": "PurchaseOrder", "Amount": exact("60.00")})
    shop.call("POST", f"{path}/cancel")
    back = {"Type": "CreditCardRefund", "DateExecuted": "2026-11-21T09:00:00Z", "Amount": exact("-60.00")}
    refund = ("POST", f"{path}/payments/P1/transactions", back)
    if may:
        assert shop.call(*refund)["Transactions"][0]["Amount"] == -60
    else:
        assert shop.refused(*refund) == CANCELED
    as_jane(shop)
    another = {"Type": "PurchaseOrder"}
    assert shop.refused("POST", "/v1/orders/Outgoing/SO-1/payments", another) == CANCELED


def test_order_admin_changes_adds_and_deletes_lines_of_a_submitted_order_and_its_total_follows():
    shop = open_shop()
    shop.product("MUG", "8.33")
    path = submitted(shop, lines=(("WIDGET", 3), ("MUG", 1)))
    shop.call("PATCH", f"{path}/lineitems/L1", {"Quantity": 2})
    totals = [shop.call("GET", path)["Total"]]
    shop.call("PATCH", f"{path}/lineitems/L1", {"UnitPrice": exact("18.00")})
    totals.append(shop.call("GET", path)["Total"])
    shop.call("POST", f"{path}/lineitems", {"ID": "L3", "ProductID": "MUG", "Quantity": 2})
    totals.append(shop.call("GET", path)["Total"])
    shop.call("DELETE", f"{path}/lineitems/L2")
    charged = shop.call("PATCH", path, {"ShippingCost": exact("4.95"), "TaxCost": exact("11.52")})
    totals += [charged["Total"]]
    assert totals == [Decimal(one) for one in ("48.33", "44.33", "60.99", "69.13")]
    assert (charged["Status"], charged["LineItemCount"]) == ("Open", 2)


def test_promotion_of_a_line_goes_with_it_and_those_of_a_submitted_order_are_not_worked_out_again():
    shop = open_shop()
    shop.product("MUG", "8.33")
    path = shop.order(lines=(("WIDGET", 3), ("MUG", 1)))
    tenth = {"EligibleExpression": "true", "CanCombine": True}
    of_line = {"ValueExpression": "item.LineSubtotal * 0.1", "LineItemLevel": True, "Code": "EACH"}
    shop.call("PUT", "/v1/promotions/EACH", tenth | of_line)
    shop.call("POST", f"{path}/promotions/EACH")
    shop.call("POST", f"{path}/submit")
    shop.call("PATCH", f"{path}/lineitems/L1", {"Quantity": 2})
    shop.call("DELETE", f"{path}/lineitems/L2")
    order = shop.call("GET", path)
    assert (order["PromotionDiscount"], order["Total"]) == (Decimal("6.00"), Decimal("34.00"))


@pytest.mark.parametrize(("switch", "moved"), [("yes", True), ("no", False)])
def test_change_of_a_line_bumps_the_orders_last_updated_by_switch(switch, moved):
    shop = open_shop(line_touches_order=switch)
    path = submitted(shop)
    before = shop.call("GET", path)
    shop.call("PATCH", f"{path}/lineitems/L1", {"Quantity": 2})
    after = shop.call("GET", path)
    assert (after["LastUpdated"] != before["LastUpdated"], after["Total"]) == (moved, 40)


def test_lines_of_a_submitted_order_are_only_changed_where_the_switch_says_so():
    shop = open_shop(lines_after_submit="patch_only")
    path = submitted(shop)
    code = "LineItem.CannotAddOrDeleteBadStatus"
    assert shop.refused("POST", f"{path}/lineitems", {"ProductID": "WIDGET"}) == (400, code)
    assert shop.refused("DELETE", f"{path}/lineitems/L1") == (400, code)
    assert shop.refused("PUT", f"{path}/lineitems/L2", {"ProductID": "WIDGET"}) == (400, code)
    assert shop.call("PATCH", f"{path}/lineitems/L1", {"Quantity": 1})["LineTotal"] == 20


def test_prices_and_charges_of_a_submitted_order_need_their_own_roles():
    shop = open_shop()
    path = submitted(shop)
    shop.sign_in("kashflow-bridge", "bridge-secret", scope="OrderAdmin")
    for where, fields in (
        ("", {"ShippingCost": exact("1.00")}),
        ("", {"TaxCost": exact("1.00")}),
        ("/lineitems/L1", {"UnitPrice": exact("1.00")}),
    ):
        assert shop.refused("PATCH", path + where, fields) == (403, "InsufficientRoles")
    assert shop.call("PATCH", f"{path}/lineitems/L1", {"Quantity": 1})["Quantity"] == 1
    as_jane(shop)
    mine = "/v1/orders/Outgoing/SO-1/lineitems/L1"
    assert shop.refused("PATCH", mine, {"Quantity": 2}) == (403, "InsufficientRoles")


def test_line_that_is_changed_tells_webhooks_of_its_own_route():
    shop = open_shop()
    path = submitted(shop)
    line = "v1/orders/{direction}/{orderID}/lineitems/{lineItemID}"
    shop.webhook(("PATCH", "v1/orders/{direction}/{orderID}"), ("PATCH", line), ("DELETE", line))
    shop.call("PATCH", f"{path}/lineitems/L1", {"Quantity": 2})
    shop.call("DELETE", f"{path}/lineitems/L1")
    assert [(each.label, each.order_id) for each in shop.outbox] == [
        (f"{verb} {line}", "SO-1") for verb in ("PATCH", "DELETE")
    ]
