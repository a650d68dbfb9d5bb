from decimal import Decimal

import pytest

from tests.sandbox.ordercloud_shop import ORDERS, exact, open_shop

TEN_PERCENT = {
    "Code": "TEN",
    "EligibleExpression": "true",
    "ValueExpression": "order.Subtotal * 0.1",
    "CanCombine": True,
}


def test_order_total_is_subtotal_less_discounts_plus_tax_and_charges():
    shop = open_shop()
    path = shop.order(lines=(("WIDGET", 3), ("WIDGET", 1, "0.99")))
    shop.call("PUT", "/v1/promotions/TEN", TEN_PERCENT)
    shop.call("POST", f"{path}/promotions/ten")
    charged = {"TaxCost": exact("11.97"), "ShippingCost": exact("5.00"), "Gratuity": exact("1.00")}
    order = shop.call("PATCH", path, charged)
    assert order["Subtotal"] == Decimal("60.99")
    assert order["PromotionDiscount"] == Decimal("6.10")
    assert order["Total"] == Decimal("72.86")


def test_line_promotion_reduces_its_line_and_the_order_shows_the_sum_of_both_levels():
    shop = open_shop()
    shop.product("MUG", "8.33")
    path = shop.order(lines=(("WIDGET", 3), ("MUG", 1)))
    line_level = {
        "Code": "MUGS",
        "LineItemLevel": True,
        "EligibleExpression": "item.ProductID = 'MUG'",
        "ValueExpression": "item.LineSubtotal / 3",
        "CanCombine": True,
    }
    shop.call("PUT", "/v1/promotions/MUGS", line_level)
    shop.call("PUT", "/v1/promotions/TEN", TEN_PERCENT)
    for code in ("MUGS", "TEN"):
        shop.call("POST", f"{path}/promotions/{code}")
    sheet = shop.call("GET", f"{path}/worksheet")
    mug = sheet["LineItems"][1]
    assert (mug["PromotionDiscount"], mug["LineTotal"]) == (Decimal("2.78"), Decimal("5.55"))
    assert sheet["Order"]["PromotionDiscount"] == Decimal("2.78") + Decimal("6.83")
    assert [(each["Code"], each["LineItemID"]) for each in sheet["OrderPromotions"]] == [
        ("MUGS", "L2"),
        ("TEN", None),
    ]


def test_promotion_that_applies_to_nothing_is_refused_and_leaves_no_trace():
    shop = open_shop()
    path = shop.order()
    shop.call(
        "PUT",
        "/v1/promotions/BIG",
        TEN_PERCENT | {"Code": "BIG", "EligibleExpression": "order.Subtotal > 99"},
    )
    assert shop.refused("POST", f"{path}/promotions/BIG") == (400, "Promotion.NotEligible")
    shop.call("POST", f"{path}/lineitems", {"ProductID": "WIDGET", "Quantity": 9})
    assert shop.call("GET", path)["PromotionDiscount"] == 0


def test_markup_on_the_whole_line_makes_unit_price_times_quantity_differ_from_the_subtotal():
    shop = open_shop()
    shop.call("PUT", "/v1/specs/engraving", {"Name": "Engraving", "Required": True})
    option = {"Value": "Yes", "PriceMarkupType": "AmountTotal", "PriceMarkup": exact("10.00")}
    shop.call("PUT", "/v1/specs/engraving/options/yes", option)
    shop.call("POST", "/v1/specs/productassignments", {"SpecID": "engraving", "ProductID": "WIDGET"})
    path = shop.order(lines=())
    assert shop.refused("POST", f"{path}/lineitems", {"ProductID": "WIDGET", "Quantity": 3}) == (
        400,
        "Spec.OneOrMoreRequiresValue",
    )
    specs = [{"SpecID": "engraving", "OptionID": "yes"}]
    line = shop.call("POST", f"{path}/lineitems", {"ProductID": "WIDGET", "Quantity": 3, "Specs": specs})
    assert (line["UnitPrice"], line["LineSubtotal"]) == (Decimal("23.33"), Decimal("70.00"))


def test_line_takes_the_variant_its_specs_denote():
    shop = open_shop()
    shop.call("PUT", "/v1/specs/colour", {"Name": "Colour", "Required": True, "DefinesVariant": True})
    for colour in ("red", "blue"):
        shop.call("PUT", f"/v1/specs/colour/options/{colour}", {"Value": colour.title()})
    shop.call("POST", "/v1/specs/productassignments", {"SpecID": "colour", "ProductID": "WIDGET"})
    shop.call("POST", "/v1/products/WIDGET/variants/generate")
    path = shop.order(lines=())
    wanted = {"ProductID": "WIDGET", "Specs": [{"SpecID": "colour", "OptionID": "blue"}]}
    assert shop.call("POST", f"{path}/lineitems", wanted)["Variant"]["ID"] == "WIDGET-blue"


def test_submit_opens_the_order_dates_it_and_takes_the_stock():
    shop = open_shop()
    shop.product(Inventory={"Enabled": True, "QuantityAvailable": 10})
    path = shop.order()
    order = shop.call("POST", f"{path}/submit")
    assert (order["Status"], order["IsSubmitted"], order["DateSubmitted"]) == (
        "Open",
        True,
        "2026-11-21T09:00:00+00:00",
    )
    assert shop.call("GET", "/v1/products/WIDGET")["Inventory"]["QuantityAvailable"] == 7


def test_stock_of_a_record_goes_down_only_if_the_line_names_it():
    shop = open_shop()
    shop.product(Inventory={"Enabled": True, "QuantityAvailable": 0})
    record = {"AddressID": "warehouse", "QuantityAvailable": 5}
    shop.call("PUT", "/v1/products/WIDGET/inventoryrecords/leeds", record)
    path = shop.order(lines=())
    line = {"ProductID": "WIDGET", "Quantity": 2, "InventoryRecordID": "leeds"}
    shop.call("POST", f"{path}/lineitems", line)
    shop.call("POST", f"{path}/submit")
    assert shop.call("GET", "/v1/products/WIDGET")["Inventory"]["QuantityAvailable"] == 3


def test_line_beyond_the_stock_is_refused():
    shop = open_shop()
    shop.product(Inventory={"Enabled": True, "QuantityAvailable": 2})
    path = shop.order(lines=())
    too_many = {"ProductID": "WIDGET", "Quantity": 3}
    assert shop.refused("POST", f"{path}/lineitems", too_many) == (400, "Inventory.Insufficient")


@pytest.mark.parametrize(
    ("steps", "refused_step", "code"),
    [
        ([], "complete", "Order.CannotCompleteBadStatus"),
        ([], "ship", "Order.CannotShipBadStatus"),
        ([], "approve", "Order.MustBeAwaitingApproval"),
        (["submit"], "submit", "Order.CannotSubmitBadStatus"),
        (["submit"], "cancel", "Order.CannotCancelInCurrentStatus"),
        (["submit", "complete"], "cancel", "Order.CannotCancelInCurrentStatus"),
        (["cancel"], "submit", "Order.CannotSubmitBadStatus"),
    ],
)
def test_action_in_the_wrong_status_is_refused_with_the_vendors_code(steps, refused_step, code):
    shop = open_shop()
    path = shop.order()
    for step in steps:
        shop.call("POST", f"{path}/{step}")
    assert shop.refused("POST", f"{path}/{refused_step}", {}) == (400, code)


def test_order_without_lines_cannot_be_submitted():
    shop = open_shop()
    assert shop.refused("POST", f"{shop.order(lines=())}/submit") == (
        400,
        "Order.CannotSubmitWithNoLineItems",
    )


def test_rule_of_the_buyer_holds_an_order_for_approval_without_a_submit_date():
    shop = open_shop()
    rule = {"ApprovingGroupID": "chiefs", "RuleExpression": "order.Total > 50"}
    shop.call("PUT", "/v1/buyers/acme/approvalrules/big", rule)
    path = shop.order()
    waiting = shop.call("POST", f"{path}/submit")
    assert (waiting["Status"], waiting["DateSubmitted"], waiting["IsSubmitted"]) == (
        "AwaitingApproval",
        None,
        False,
    )
    approved = shop.call("POST", f"{path}/approve", {"Comments": "fine"})
    assert (approved["Status"], approved["DateApproved"]) == ("Open", "2026-11-21T09:00:00+00:00")


def test_declined_order_may_be_submitted_again_if_the_approver_says_so():
    shop = open_shop()
    shop.call("PUT", "/v1/buyers/acme/approvalrules/all", {"ApprovingGroupID": "g", "RuleExpression": "true"})
    path = shop.order()
    shop.call("POST", f"{path}/submit")
    assert shop.call("POST", f"{path}/decline", {"AllowResubmit": True})["Status"] == "Unsubmitted"
    shop.call("POST", f"{path}/submit")
    assert shop.call("POST", f"{path}/decline", {})["Status"] == "Declined"


def test_ship_ships_what_is_left_and_completes_the_order():
    shop = open_shop()
    path = shop.order(lines=(("WIDGET", 3), ("WIDGET", 1)))
    shop.call("POST", f"{path}/submit")
    shop.call("PUT", "/v1/shipments/first", {"BuyerID": "acme"})
    part = {"OrderID": "SO-1", "LineItemID": "L1", "QuantityShipped": 2}
    shop.call("POST", "/v1/shipments/first/items", part)
    assert shop.call("GET", path)["Status"] == "Open"
    shipped = shop.call("POST", f"{path}/ship", {"TrackingNumber": "T1"})
    assert shipped["Status"] == "Completed"
    lines = shop.call("GET", f"{path}/lineitems")["Items"]
    assert [line["QuantityShipped"] for line in lines] == [3, 1]
    assert shop.call("GET", f"{path}/shipments")["Meta"]["TotalCount"] == 2


def test_status_in_a_patch_is_ignored_or_refused_by_switch():
    shop = open_shop()
    path = shop.order()
    assert shop.call("PATCH", path, {"Status": "Completed"})["Status"] == "Unsubmitted"
    shop.sandbox.switches.put({"patch_status": "refused"})
    assert shop.refused("PATCH", path, {"Status": "Completed"}) == (400, "ValidationFailure")


@pytest.mark.parametrize(("switch", "error"), [("shallow", None), ("nested", "kept")])
def test_xp_patch_keeps_other_keys_and_merges_inner_objects_by_switch(switch, error):
    shop = open_shop(xp_merge=switch)
    path = shop.order(xp={"PONumber": "PO-9", "KashFlow": {"SyncState": "Parked", "Error": "kept"}})
    xp = shop.call("PATCH", path, {"xp": {"KashFlow": {"SyncState": "Invoiced"}}})["xp"]
    assert xp["PONumber"] == "PO-9"
    assert xp["KashFlow"]["SyncState"] == "Invoiced"
    assert xp["KashFlow"].get("Error") == error


def test_xp_beyond_8000_bytes_is_refused():
    shop = open_shop()
    path = shop.order()
    shop.call("PATCH", path, {"xp": {"Note": "x" * 7900}})
    assert shop.refused("PATCH", path, {"xp": {"More": "é" * 100}}) == (400, "ValidationFailure")


@pytest.mark.parametrize(("switch", "moved"), [("yes", True), ("no", False)])
def test_xp_patch_bumps_last_updated_by_switch(switch, moved):
    shop = open_shop(xp_patch_touches=switch)
    path = shop.order()
    before = shop.call("GET", path)["LastUpdated"]
    shop.clock.sleep(60)
    assert (shop.call("PATCH", path, {"xp": {"A": 1}})["LastUpdated"] != before) is moved


def test_currency_is_null_for_a_buyer_without_locale():
    shop = open_shop()
    shop.buyer("stateless", currency=None)
    order = {"FromCompanyID": "stateless", "FromUserID": "jane"}
    assert shop.call("POST", ORDERS, order)["Currency"] is None


def test_address_by_id_reaches_order_and_lines_and_a_one_time_address_replaces_it():
    shop = open_shop()
    office = {"Street1": "1 High St", "City": "Leeds", "Country": "GB"}
    shop.call("PUT", "/v1/buyers/acme/addresses/office", office)
    path = shop.order(BillingAddressID="office", ShippingAddressID="office")
    sheet = shop.call("GET", f"{path}/worksheet")
    assert sheet["Order"]["BillingAddress"]["City"] == "Leeds"
    assert sheet["LineItems"][0]["ShippingAddress"]["ID"] == "office"
    shop.call("PUT", f"{path}/shipto", office | {"City": "York"})
    sheet = shop.call("GET", f"{path}/worksheet")
    assert sheet["Order"]["ShippingAddressID"] is None
    assert sheet["LineItems"][0]["ShippingAddress"]["City"] == "York"


def test_address_in_the_united_states_needs_state_and_zip():
    shop = open_shop()
    address = {"Street1": "900 SW 5th Ave", "City": "Portland", "Country": "US"}
    assert shop.refused("PUT", "/v1/buyers/acme/addresses/us", address) == (400, "ValidationFailure")


def test_payment_transaction_answers_with_the_payment():
    shop = open_shop()
    path = shop.order()
    shop.call("POST", f"{path}/payments", {"ID": "P1", "Type": "CreditCard", "Amount": exact("60.00")})
    assert shop.refused("POST", f"{path}/submit") == (400, "Order.CannotSubmitWithUnaccceptedPayments")
    shop.call("PATCH", f"{path}/payments/P1", {"Accepted": True})
    capture = {"Type": "CreditCardCapture", "DateExecuted": "2026-11-21T09:00:00Z", "Succeeded": True}
    payment = shop.call("POST", f"{path}/payments/P1/transactions", capture | {"Amount": exact("60.00")})
    assert (payment["ID"], payment["Accepted"], payment["Currency"]) == ("P1", True, "GBP")
    assert payment["Transactions"][0]["Type"] == "CreditCardCapture"
    assert shop.refused("PATCH", f"{path}/payments/P1", {"Type": "PurchaseOrder"}) == (
        400,
        "Payment.CannotPatchProperty",
    )
    assert shop.refused("POST", f"{path}/payments", {"Type": "PurchaseOrder"}) == (400, "Payment.AlreadyPaid")


@pytest.mark.parametrize(("switch", "moved"), [("yes", True), ("no", False)])
def test_payment_bumps_the_orders_last_updated_by_switch(switch, moved):
    shop = open_shop(payment_touches_order=switch)
    path = shop.order()
    before = shop.call("GET", path)["LastUpdated"]
    shop.clock.sleep(60)
    shop.call("POST", f"{path}/payments", {"Type": "PurchaseOrder"})
    assert (shop.call("GET", path)["LastUpdated"] != before) is moved


def test_hand_on_the_order_sets_what_the_api_only_computes():
    shop = open_shop()
    path = shop.order()
    shop.call("POST", f"{path}/submit")
    market = shop.sandbox.market
    promotions = [{"Code": "OLD", "Amount": exact("6.00"), "LineItemID": "L1"}]
    altered = market.alter_order("SO-1", {"Fees": exact("2.50"), "Currency": None, "Promotions": promotions})
    assert (altered["Total"], altered["Currency"]) == (Decimal("56.50"), None)
    base_discount = {"Lines": {"L1": {"BaseDiscount": exact("1.50")}}}
    assert market.alter_order("SO-1", base_discount)["Total"] == Decimal("55.00")
    assert shop.call("GET", f"{path}/lineitems/L1")["LineTotal"] == Decimal("52.50")
    assert market.alter_order("SO-1", {"Total": exact("1.00")})["Total"] == Decimal("1.00")
    with pytest.raises(ValueError, match="Currency, DateCreated"):
        market.alter_order("SO-1", {"Colour": "red"})
