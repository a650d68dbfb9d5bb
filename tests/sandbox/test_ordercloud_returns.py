from decimal import Decimal

import pytest

from sandbox.shared.exact_json import read_json
from tests.sandbox.ordercloud_shop import exact, open_shop

RETURNS = "/v1/orderreturns"
ONE = f"{RETURNS}/RET"
BY_ITSELF = ("POST", "v1/orderreturns/{returnID}/complete")


def shipped(shop, **fields):
    """Jane's order of three widgets at 20.00, all of them sent."""
    path = shop.order(**fields)
    shop.call("POST", f"{path}/submit")
    shop.call("POST", f"{path}/ship", {})
    return path


def returned(shop, quantity=2, amount="40.00", **fields):
    """An open return of widgets; `amount` None gives none."""
    item = {"LineItemID": "L1", "Quantity": quantity}
    if amount:
        item["RefundAmount"] = exact(amount)
    shop.call("POST", RETURNS, {"ID": "RET", "OrderID": "SO-1", "ItemsToReturn": [item]} | fields)
    return shop.call("POST", f"{ONE}/submit")


def refund(amount, **fields):
    return {"Type": "CreditCard", "Amount": exact(amount), "Accepted": True, "OrderReturnID": "RET"} | fields


def as_jane(shop):
    """Act as the shopper from now on."""
    answer = shop.sign_in(
        "storefront", None, grant_type="password", username="acme.jane", password="jane-password", scope="Shopper"
    )
    assert answer.is_success, answer.text


def told(shop, *kinds):
    """A message sender for these messages."""
    sender = {"Name": "mail", "MessageTypes": list(kinds), "URL": "http://mail.test/{messagetype}", "SharedKey": "s"}
    shop.call("PUT", "/v1/messagesenders/mail", sender | {"AllowAllBuyers": True})


def test_return_completes_by_itself_once_its_refunds_come_to_its_amount():
    shop = open_shop()
    path = shipped(shop)
    shop.clock.sleep(60)
    assert returned(shop)["Status"] == "Open"
    shop.clock.sleep(60)
    shop.call("POST", f"{path}/payments", refund("-15.00", ID="P2"))
    part = shop.call("GET", ONE)
    assert (part["Status"], part["PaymentIDs"], part["DateCompleted"]) == ("Open", ["P2"], None)
    shop.clock.sleep(60)
    shop.call("POST", f"{path}/payments", refund("-20.00", ID="P3"))
    shop.call("PATCH", f"{path}/payments/P3", {"Amount": exact("-25.00")})
    done = shop.call("GET", ONE)
    assert (done["Status"], done["PaymentIDs"]) == ("Completed", ["P2", "P3"])
    assert done["DateCompleted"] == done["LastUpdated"] == "2026-11-21T09:03:00+00:00"


@pytest.mark.parametrize(("switch", "messages"), [("sent", ["OrderReturnCompleted"]), ("missing", [])])
def test_completion_by_payment_fires_no_webhook_of_complete_and_tells_people_by_switch(switch, messages):
    shop = open_shop(return_completion_message=switch)
    path = shipped(shop)
    returned(shop)
    shop.webhook(BY_ITSELF)
    told(shop, "OrderReturnCompleted")
    shop.call("POST", f"{path}/payments", refund("-40.00"))
    assert [(each.channel, each.label) for each in shop.outbox] == [("message", kind) for kind in messages]
    for each in shop.outbox:
        event = each.document["EventBody"]
        assert (event["Order"]["ID"], event["OrderReturn"]["Status"]) == ("SO-1", "Completed")
    shop.call("PATCH", f"{path}/payments/{shop.call('GET', ONE)['PaymentIDs'][0]}", {"xp": {"Seen": True}})
    assert len(shop.outbox) == len(messages)


def test_complete_by_hand_fires_its_webhook_and_its_message_once():
    shop = open_shop()
    shipped(shop)
    returned(shop)
    shop.webhook(BY_ITSELF)
    told(shop, "OrderReturnCompleted")
    assert shop.call("POST", f"{ONE}/complete")["DateCompleted"] is not None
    assert [each.channel for each in shop.outbox] == ["webhook", "message"]
    assert shop.refused("POST", f"{ONE}/complete") == (400, "OrderReturn.CannotCompleteBadStatus")


def test_return_without_amounts_has_none_and_cannot_be_completed():
    shop = open_shop()
    shipped(shop)
    assert returned(shop, amount=None)["RefundAmount"] is None
    assert shop.refused("POST", f"{ONE}/complete") == (400, "OrderReturn.CannotCompleteInvalidAmount")


def test_amount_is_the_sum_of_the_items_until_an_order_admin_gives_another_and_null_takes_that_back():
    shop = open_shop()
    shipped(shop, lines=(("WIDGET", 3), ("WIDGET", 1)))
    items = [{"LineItemID": "L1", "Quantity": 1, "RefundAmount": exact("20.00")}]
    postage = {"LineItemID": "L2", "RefundAmount": exact("4.95")}
    shop.call("POST", RETURNS, {"ID": "RET", "OrderID": "SO-1", "ItemsToReturn": [*items, postage]})
    amounts = [shop.call("GET", ONE)["RefundAmount"]]
    amounts += [shop.call("PATCH", ONE, {"RefundAmount": one})["RefundAmount"] for one in (exact("9.00"), None)]
    shop.call("DELETE", f"{ONE}/items/L2")
    found = shop.call("GET", ONE)
    assert [*amounts, found["RefundAmount"]] == [Decimal(one) for one in ("24.95", "9.00", "24.95", "20.00")]
    assert [each["LineItemID"] for each in found["ItemsToReturn"]] == ["L1"]
    assert shop.refused("DELETE", f"{ONE}/items/L2") == (404, "NotFound")


def test_put_replaces_amount_and_items_and_keeps_the_rest():
    shop = open_shop()
    shipped(shop)
    returned(shop, RefundAmount=exact("39.00"))
    whole = {"OrderID": "SO-2", "ItemsToReturn": [{"LineItemID": "L1", "Quantity": 3}], "Comments": "all of them"}
    found = shop.call("PUT", ONE, whole)
    assert (found["OrderID"], found["Status"], found["RefundAmount"]) == ("SO-1", "Open", None)
    assert (found["Comments"], found["ItemsToReturn"][0]["Quantity"]) == ("all of them", 3)


def test_shopper_gives_no_amounts():
    shop = open_shop()
    shop.product(Returnable=True)
    shipped(shop)
    as_jane(shop)
    submitted = returned(shop, RefundAmount=exact("40.00"))
    assert (submitted["Status"], submitted["RefundAmount"]) == ("Open", None)
    assert submitted["ItemsToReturn"][0]["RefundAmount"] is None
    assert shop.call("PATCH", ONE, {"RefundAmount": exact("40.00")})["RefundAmount"] is None


def test_product_that_is_not_returnable_stops_everyone_but_an_order_admin():
    shop = open_shop()
    shipped(shop)
    wanted = {"ID": "RET", "OrderID": "SO-1", "ItemsToReturn": [{"LineItemID": "L1", "Quantity": 1}]}
    as_jane(shop)
    assert shop.refused("POST", RETURNS, wanted) == (400, "OrderReturn.ProductNotEligibleToReturn")
    shop.sign_in("kashflow-bridge", "bridge-secret", scope="OrderAdmin")
    assert shop.call("POST", RETURNS, wanted)["Status"] == "Unsubmitted"


def test_only_what_was_shipped_of_an_open_order_goes_back_and_no_unit_twice():
    shop = open_shop()
    path = shop.order()
    wanted = {"OrderID": "SO-1", "ItemsToReturn": [{"LineItemID": "L1", "Quantity": 2}]}
    assert shop.refused("POST", RETURNS, wanted) == (400, "OrderReturn.CannotCreateBadOrderStatus")
    shop.call("POST", f"{path}/submit")
    assert shop.refused("POST", RETURNS, wanted) == (400, "OrderReturn.ItemQuantityExceeded")
    money_only = [{"LineItemID": "L1", "Quantity": 0, "RefundAmount": exact("5.00")}]
    assert shop.call("POST", RETURNS, wanted | {"ItemsToReturn": money_only})["RefundAmount"] == 5
    shop.call("PUT", "/v1/shipments/first", {"BuyerID": "acme"})
    part = {"OrderID": "SO-1", "LineItemID": "L1", "QuantityShipped": 2}
    shop.call("POST", "/v1/shipments/first/items", part)
    returned(shop)
    shop.call("PATCH", ONE, {"ItemsToReturn": wanted["ItemsToReturn"]})
    assert shop.refused("POST", RETURNS, wanted) == (400, "OrderReturn.ItemQuantityExceeded")
    shop.call("POST", f"{ONE}/cancel")
    assert shop.call("POST", RETURNS, wanted)["ItemsToReturn"][0]["Quantity"] == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ItemsToReturn": [{"LineItemID": "L1"}] * 2}, "OrderReturn.CannotCreateDuplicateItemToReturn"),
        ({"ItemsToReturn": [{"Quantity": 1}]}, "ValidationFailure"),
        ({"ItemsToReturn": [{"LineItemID": "L1", "Quantity": -1}]}, "ValidationFailure"),
        ({"ItemsToReturn": [{"LineItemID": "L1", "Quantity": 4}]}, "OrderReturn.ItemQuantityExceeded"),
        ({"RefundAmount": exact("-1.00")}, "OrderReturn.RefundAmountMustNotBeNegative"),
    ],
)
def test_return_that_cannot_be_is_refused_with_the_vendors_code(fields, code):
    shop = open_shop()
    shipped(shop)
    assert shop.refused("POST", RETURNS, {"OrderID": "SO-1"} | fields) == (400, code)


def test_refund_is_negative_for_an_open_return_and_within_what_is_owed():
    shop = open_shop()
    path = shipped(shop)
    pay = ("POST", f"{path}/payments")
    assert shop.refused(*pay, {"Type": "CreditCard", "Amount": exact("-5.00")}) == (
        400,
        "Payment.AmountGreaterThanZero",
    )
    assert shop.refused(*pay, refund("-5.00")) == (404, "NotFound")
    returned(shop, RefundAmount=exact("70.00"))
    for amount, code in (
        ("5.00", "PaymentValueMustBeNegative"),
        ("-70.01", "TotalRefundsExceedRefundAmount"),
        ("-60.01", "TotalRefundsExceedRefundAmount"),
    ):
        assert shop.refused(*pay, refund(amount)) == (400, f"OrderReturn.{code}")
    shop.call(*pay, refund("-60.00", ID="P2"))
    assert shop.call("GET", ONE)["Status"] == "Open"
    shop.call("POST", f"{ONE}/complete")
    assert shop.refused(*pay, refund("-5.00")) == (400, "OrderReturn.CannotCreatePaymentBadStatus")
    assert shop.call("PATCH", f"{path}/payments/P2", {"xp": {"Note": "sent"}})["Amount"] == -60


def test_completed_return_is_cancelled_or_deleted_by_an_order_admin_alone():
    shop = open_shop()
    shop.product(Returnable=True)
    shipped(shop)
    returned(shop)
    shop.call("POST", f"{ONE}/complete")
    as_jane(shop)
    for verb, path in (("POST", f"{ONE}/cancel"), ("DELETE", ONE)):
        assert shop.refused(verb, path) == (400, "OrderReturn.NotAuthorizedToDelete")
    shop.sign_in("backoffice", "backoffice-secret")
    assert shop.call("POST", f"{ONE}/cancel")["Status"] == "Canceled"
    shop.call("DELETE", ONE)
    assert shop.refused("GET", ONE) == (404, "NotFound")


def test_unsubmitted_return_can_only_be_deleted():
    shop = open_shop()
    shipped(shop)
    shop.call("POST", RETURNS, {"ID": "RET", "OrderID": "SO-1"})
    assert shop.refused("POST", f"{ONE}/cancel") == (400, "OrderReturn.CannotCancelUnsubmitted")
    shop.call("DELETE", ONE)


@pytest.mark.parametrize(
    ("step", "status", "approval"), [("approve", "Open", "Approved"), ("decline", "Declined", "Declined")]
)
def test_return_that_awaits_approval_has_no_submit_date_and_lists_what_became_of_it(step, status, approval):
    shop = open_shop(returns_need_approval="yes")
    shipped(shop)
    told(shop, "OrderReturnSubmittedForApproval", "OrderReturnApproved", "OrderReturnDeclined")
    waiting = returned(shop)
    assert (waiting["Status"], waiting["DateSubmitted"]) == ("AwaitingApproval", None)
    assert [each["Status"] for each in shop.call("GET", f"{ONE}/approvals")["Items"]] == ["Pending"]
    assert shop.call("POST", f"{ONE}/{step}")["Status"] == status
    assert [each["Status"] for each in shop.call("GET", f"{ONE}/approvals")["Items"]] == [approval]
    assert shop.refused("POST", f"{ONE}/{step}") == (400, "OrderReturn.NotEligibleToApproveOrDecline")
    assert [each.label for each in shop.outbox] == ["OrderReturnSubmittedForApproval", f"OrderReturn{approval}"]


@pytest.mark.parametrize(("switch", "moved"), [("yes", True), ("no", False)])
def test_return_bumps_the_orders_last_updated_by_switch(switch, moved):
    shop = open_shop(return_touches_order=switch)
    path = shipped(shop)
    steps = [
        lambda: returned(shop),
        lambda: shop.call("POST", f"{path}/payments", refund("-40.00")),
    ]
    for step in steps:
        before = shop.call("GET", path)["LastUpdated"]
        shop.clock.sleep(60)
        step()
        assert (shop.call("GET", path)["LastUpdated"] != before) is moved


def calculating(answer, status=200):
    """A shop whose back office asks a middleware what returns come to, and what was asked."""
    asked = []

    def listener(message):
        asked.append(message)
        return status, answer

    shop = open_shop(listener=listener)
    url = {"CustomImplementationUrl": "http://refunds.test", "HashKey": "h", "Name": "refunds"}
    shop.call("PUT", "/v1/integrationEvents/refunds", url | {"EventType": "OrderReturn"})
    shop.call("PATCH", "/v1/apiclients/backoffice", {"OrderReturnIntegrationEventID": "refunds"})
    return shop, asked


def test_integration_event_works_out_the_amounts_unless_an_order_admin_gave_them():
    shop, asked = calculating(
        b'{"RefundAmount": 43.5, "ItemsToReturnCalcs": [{"LineItemID": "L1", "RefundAmount": 40}]}'
    )
    shipped(shop)
    submitted = returned(shop, amount=None)
    (message,) = asked
    assert message.url == "http://refunds.test/calculateorderreturn"
    assert list(message.document)[:2] == ["OrderReturn", "OrderWorksheet"]
    assert (submitted["RefundAmount"], submitted["ItemsToReturn"][0]["RefundAmount"]) == (Decimal("43.5"), 40)
    assert shop.call("PATCH", ONE, {"RefundAmount": exact("9.00")})["RefundAmount"] == 9
    assert len(asked) == 1
    assert shop.call("PATCH", ONE, {"RefundAmount": None})["RefundAmount"] == Decimal("43.5")
    assert len(asked) == 2


def test_integration_event_that_fails_leaves_the_return_without_amounts():
    shop, asked = calculating(b"<html>down</html>", 500)
    shipped(shop)
    assert returned(shop, amount=None)["RefundAmount"] is None
    assert len(asked) == 1


def test_integration_event_of_another_type_is_refused():
    shop, _ = calculating(b"{}")
    wrong = {"OrderCheckoutIntegrationEventID": "refunds"}
    assert shop.refused("PATCH", "/v1/apiclients/backoffice", wrong) == (400, "IntegrationEvent.IncompatibleEventType")


def test_list_of_returns_can_be_swept_by_last_updated():
    shop = open_shop()
    path = shipped(shop)
    returned(shop)
    shop.clock.sleep(3600)
    sweep = f"{RETURNS}?LastUpdated=!%3C2026-11-21T09:30:00Z"
    assert shop.call("GET", sweep)["Items"] == []
    shop.call("POST", f"{path}/payments", refund("-40.00"))
    answer = read_json(shop.send("GET", sweep).content)
    assert [(each["ID"], each["Status"]) for each in answer["Items"]] == [("RET", "Completed")]
