import pytest

from sandbox.ordercloud.deliveries import packed, signature
from sandbox.shared.exact_json import read_json
from tests.sandbox.ordercloud_shop import ORDERS, exact, open_shop

SUBMIT = ("POST", "v1/orders/{direction}/{orderID}/submit")
HTTP_TARGET = {"Http": {"Endpoint": "http://bridge.test/sync", "Secret": "sync-secret"}}


def with_sync(shop, path):
    """Sync messages of one kind to a bridge."""
    config = {"Name": "bridge", "Enabled": True, "DeliveryTargets": HTTP_TARGET}
    shop.call("PUT", "/v1/integrations/deliveryconfig/bridge", config)
    shop.call(
        "PUT",
        f"/v1/integrations/{path}",
        {"DeliveryConfigID": "bridge", "SyncEntityChanged": True, "SyncEntityDeleted": True},
    )


def test_signature_reproduces_the_published_vectors():
    vendor = (
        b'{"Route":"v1/buyers/{buyerID}/addresses/{addressID}","Verb":"PUT",'
        b'"Request":{"Body":{"City":"Minneapolis"}},"ConfigData":{"Foo":"blah"}}'
    )
    assert signature("myhashkey", vendor) == "4NPw1O9AviSOC1A3C+HqkDutRLNwyABneY/3M2OqByE="
    own = '{"Name":"Café £12.50"}'.encode()
    assert signature("test-hash-key", own) == "BDzrBjoBjL2jO7kBKdbiVdSuiu46Ugy0GMfF7jEykwc="


def test_submit_webhook_carries_route_order_and_nothing_else_of_the_order():
    shop = open_shop()
    shop.webhook(SUBMIT, ConfigData={"tenant": "demo"})
    path = shop.order()
    order = shop.call("POST", f"{path}/submit")
    (message,) = shop.outbox
    body, headers = packed(message, shop.sandbox.switches)
    sent = read_json(body)
    assert list(sent) == [
        "Route", "RouteParams", "QueryParams", "Verb", "Date", "LogID", "UserToken",
        "Request", "Response", "ConfigData",
    ]  # fmt: skip
    assert (sent["Route"], sent["Verb"]) == (SUBMIT[1], "POST")
    assert sent["RouteParams"] == {"direction": "Incoming", "orderID": "SO-1"}
    assert sent["Date"] == "2026-11-21T09:00:00.0000000+00:00"
    assert sent["Request"] == {"Body": None, "Headers": None}
    assert sent["Response"] == {"Body": order, "Headers": None}
    assert sent["ConfigData"] == {"tenant": "demo"}
    assert headers["X-oc-hash"] == signature("key", body)
    assert (message.url, message.order_id) == ("http://bridge.test/webhooks/ordercloud", "SO-1")


def test_cart_submit_webhook_names_no_order_in_its_route():
    shop = open_shop()
    shop.webhook(("POST", "v1/cart/submit"), ApiClientIDs=["storefront"])
    shop.sign_in("storefront", None)
    shop.call("POST", "/v1/cart/lineitems", {"ProductID": "WIDGET"})
    submitted = shop.call("POST", "/v1/cart/submit")
    (message,) = shop.outbox
    assert (message.document["Route"], message.document["RouteParams"]) == ("v1/cart/submit", {})
    assert message.document["Response"]["Body"]["ID"] == submitted["ID"] == message.order_id


def test_transaction_webhook_answers_with_the_payment():
    shop = open_shop()
    route = "v1/orders/{direction}/{orderID}/payments/{paymentID}/transactions"
    shop.webhook(("POST", route))
    path = shop.order()
    shop.call("POST", f"{path}/payments", {"ID": "P1", "Type": "PurchaseOrder"})
    capture = {"Type": "Capture", "DateExecuted": "2026-11-21T09:00:00Z", "Amount": exact("60.00")}
    shop.call("POST", f"{path}/payments/P1/transactions", capture)
    (message,) = shop.outbox
    assert message.document["Request"]["Body"] == capture
    assert message.document["Response"]["Body"]["Transactions"][0]["Amount"] == exact("60.00")


@pytest.mark.parametrize(
    "action",
    [
        lambda shop, path: shop.call("GET", path),
        lambda shop, path: shop.call("PATCH", path, {"Comments": "not subscribed"}),
        lambda shop, path: shop.refused("POST", f"{path}/ship", {}),
    ],
    ids=["read", "another route", "refused call"],
)
def test_webhook_stays_silent_for_what_it_is_not_subscribed_to(action):
    shop = open_shop()
    path = shop.order()
    shop.webhook(("POST", "v1/orders/{direction}/{orderID}/ship"))
    action(shop, path)
    assert shop.outbox == []


def test_webhook_fires_only_for_its_api_clients():
    shop = open_shop()
    path = shop.order()
    shop.webhook(("PATCH", "v1/orders/{direction}/{orderID}"))
    shop.sign_in("kashflow-bridge", "bridge-secret")
    shop.call("PATCH", path, {"xp": {"KashFlow": {}}})
    assert shop.outbox == []


@pytest.mark.parametrize(("switch", "fired"), [("yes", 1), ("no", 0)])
def test_xp_patch_fires_webhooks_and_sync_messages_by_switch(switch, fired):
    shop = open_shop(xp_patch_fires=switch)
    path = shop.order()
    shop.call("POST", f"{path}/submit")
    shop.webhook(("PATCH", "v1/orders/{direction}/{orderID}"))
    with_sync(shop, "OrderSync")
    shop.call("PATCH", path, {"xp": {"A": 1}})
    assert [message.channel for message in shop.outbox] == ["webhook", "sync"] * fired


def test_webhook_redacts_the_password_and_passes_elevated_roles():
    shop = open_shop()
    shop.webhook(("PATCH", "v1/buyers/{buyerID}/users/{userID}"), ElevatedRoles=["OrderAdmin"])
    shop.call("PATCH", "/v1/buyers/acme/users/jane", {"Password": "secret-new"})
    body, _ = packed(shop.outbox[0], shop.sandbox.switches)
    assert b"secret-new" not in body
    shop.http.headers["Authorization"] = f"Bearer {shop.outbox[0].document['UserToken']}"
    shop.call("GET", ORDERS)


def test_older_webhook_shape_has_neither_headers_nor_query_params():
    shop = open_shop(webhook_headers="absent", query_params="missing")
    shop.webhook(SUBMIT)
    shop.call("POST", f"{shop.order()}/submit")
    document = shop.outbox[0].document
    assert "QueryParams" not in document
    assert list(document["Request"]) == ["Body"]


@pytest.mark.parametrize(
    ("position", "check"),
    [("wrong", lambda found: found not in (None, "right")), ("missing", lambda found: found is None)],
)
def test_signature_is_wrong_or_missing_by_switch(position, check):
    shop = open_shop(signature=position)
    shop.webhook(SUBMIT)
    shop.call("POST", f"{shop.order()}/submit")
    body, headers = packed(shop.outbox[0], shop.sandbox.switches)
    found = headers.get("X-oc-hash")
    assert check("right" if found == signature("key", body) else found)


def test_webhook_sends_its_custom_header_but_never_shows_its_value():
    shop = open_shop()
    shop.webhook(SUBMIT, CustomAuthHeaderName="x-api-key", CustomAuthHeaderValue="gateway-key")
    shop.call("POST", f"{shop.order()}/submit")
    assert packed(shop.outbox[0], shop.sandbox.switches)[1]["x-api-key"] == "gateway-key"
    assert "gateway-key" not in shop.send("GET", "/v1/webhooks/hook").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"HashKey": "k" * 51},
        {"Url": None},
        {"Name": None},
        {"WebhookRoutes": [{"Route": "v1/me", "Verb": "GET"}]},
    ],
)
def test_webhook_that_cannot_work_is_refused(wrong):
    webhook = {"Name": "hook", "Url": "http://x.test", "WebhookRoutes": []}
    assert open_shop().refused("POST", "/v1/webhooks", webhook | wrong) == (400, "ValidationFailure")


@pytest.mark.parametrize(("switch", "status"), [("number", 4), ("word", "Open")])
def test_order_sync_wraps_the_order_and_numbers_its_status(switch, status):
    shop = open_shop(sync_status=switch)
    with_sync(shop, "OrderSync")
    shop.call("POST", f"{shop.order()}/submit")
    (message,) = shop.outbox
    assert message.document["Headers"] == {"type": "sitecore.ordercloud.messages.ordersync.updated"}
    payload = message.document["Payload"]
    assert payload["UserContext"] == {"ID": "backoffice", "AnonymousId": None}
    assert (payload["ID"], payload["Status"], payload["Total"]) == ("SO-1", status, 60)
    assert "LineItems" not in payload
    assert message.key == "sync-secret"


def test_order_sync_speaks_of_unsubmitted_orders_only_by_switch():
    shop = open_shop(sync_unsubmitted="yes")
    with_sync(shop, "OrderSync")
    shop.order(lines=())
    assert [message.document["Payload"]["Status"] for message in shop.outbox] == [1]


def test_user_sync_tells_changes_and_deletions():
    shop = open_shop()
    with_sync(shop, "entitysync/buyers/users")
    shop.call("PATCH", "/v1/buyers/acme/users/jane", {"Phone": "1"})
    shop.call("DELETE", "/v1/buyers/acme/users/jane")
    updated, deleted = (message.document for message in shop.outbox)
    assert updated["Headers"]["type"].endswith("entitysync.buyeruser.updated")
    assert (updated["Payload"]["Phone"], updated["Payload"]["UserType"]) == ("1", 0)
    assert deleted["Payload"] == {"UserContext": {"ID": "backoffice", "AnonymousId": None}, "ID": "jane"}


def test_inventory_record_sync_tells_the_stock_that_a_submit_leaves():
    shop = open_shop()
    shop.product(Inventory={"Enabled": True, "QuantityAvailable": 0})
    shop.call("PUT", "/v1/products/WIDGET/inventoryrecords/leeds", {"AddressID": "w", "QuantityAvailable": 5})
    with_sync(shop, "entitysync/products/inventoryrecords")
    path = shop.order(lines=())
    shop.call("POST", f"{path}/lineitems", {"ProductID": "WIDGET", "Quantity": 2, "InventoryRecordID": "leeds"})
    shop.call("POST", f"{path}/submit")
    payload = shop.outbox[-1].document["Payload"]
    assert payload["InventoryRecords"][0]["QuantityAvailable"] == 3


def test_paused_or_disabled_sync_sends_nothing():
    shop = open_shop()
    with_sync(shop, "entitysync/buyers")
    shop.call("PATCH", "/v1/integrations/entitysync/buyers", {"Paused": True})
    shop.call("PATCH", "/v1/buyers/acme", {"Name": "Quiet"})
    shop.call("PATCH", "/v1/integrations/entitysync/buyers", {"Paused": False})
    shop.call("PATCH", "/v1/integrations/deliveryconfig/bridge", {"Enabled": False})
    shop.call("PATCH", "/v1/buyers/acme", {"Name": "Quieter"})
    assert shop.outbox == []


def test_product_sync_names_the_product_by_product_id():
    shop = open_shop()
    config = {"Name": "bridge", "Enabled": True, "DeliveryTargets": HTTP_TARGET}
    shop.call("PUT", "/v1/integrations/deliveryconfig/bridge", config)
    sync = {"DeliveryConfigID": "bridge", "SyncProductChanged": True, "SyncProductDeleted": True}
    shop.call("PUT", "/v1/integrations/productsync", sync)
    shop.call("PATCH", "/v1/products/WIDGET", {"Description": "shiny"})
    payload = shop.outbox[0].document["Payload"]
    assert payload["ProductID"] == "WIDGET"
    assert "ID" not in payload


def test_message_sender_tells_each_recipient_with_lines():
    shop = open_shop(message_copies="2")
    sender = {
        "Name": "mail",
        "MessageTypes": ["OrderSubmitted"],
        "URL": "http://mail.test/{messagetype}",
        "SharedKey": "s",
    }
    shop.call("PUT", "/v1/messagesenders/mail", sender)
    shop.call("POST", f"{shop.order('SO-1')}/submit")
    assert shop.outbox == []
    shop.call("POST", "/v1/messagesenders/assignments", {"MessageSenderID": "mail", "BuyerID": "acme"})
    shop.call("POST", f"{shop.order('SO-2')}/submit")
    first, second = shop.outbox
    assert first.url == second.url == "http://mail.test/OrderSubmitted"
    assert first.document["Recipient"]["ID"] == "jane"
    assert first.document["EventBody"]["LineItems"][0]["ProductID"] == "WIDGET"


def checkout(shop):
    """The back office calculates and submits through a checkout integration."""
    event = {
        "Name": "checkout",
        "EventType": "OrderCheckout",
        "CustomImplementationUrl": "http://tax.test/",
        "HashKey": "h",
    }
    shop.call("PUT", "/v1/integrationEvents/checkout", event)
    shop.call("PATCH", "/v1/apiclients/backoffice", {"OrderCheckoutIntegrationEventID": "checkout"})


def test_calculate_without_integration_event_is_refused():
    shop = open_shop()
    code = "IntegrationEvent.ApiClientNotConfiguredForOrderCalculate"
    assert shop.refused("POST", f"{shop.order()}/calculate") == (400, code)


def test_checkout_event_taxes_the_order_and_its_answers_stay_on_the_worksheet():
    asked = []

    def listener(message):
        asked.append(message)
        if message.url.endswith("/ordercalculate"):
            return 200, b'{"TaxTotal": 12.99, "ShippingTotal": 4.95, "FeeTotal": 1.5, "xp": {"Rates": 1}}'
        return 500, b"<html>down</html>"

    shop = open_shop(listener=listener)
    checkout(shop)
    path = shop.order()
    assert shop.refused("POST", f"{path}/submit") == (400, "Order.CannotSubmitUncalculatedOrder")
    sheet = shop.call("POST", f"{path}/calculate")
    assert (sheet["Order"]["Total"], sheet["Order"]["Fees"]) == (exact("79.44"), exact("1.5"))
    assert sheet["OrderCalculateResponse"]["xp"] == {"Rates": 1}
    assert shop.call("POST", f"{path}/submit")["Status"] == "Open"
    sheet = shop.call("GET", f"{path}/worksheet")
    assert sheet["OrderSubmitResponse"]["HttpStatusCode"] == 500
    assert sheet["OrderSubmitResponse"]["UnhandledErrorBody"] == "<html>down</html>"
    assert [message.url for message in asked] == [
        "http://tax.test/ordercalculate",
        "http://tax.test/ordersubmit",
    ]
    assert list(asked[1].document) == ["OrderWorksheet", "Environment", "OrderCloudAccessToken", "ConfigData"]


def test_change_after_the_calculation_undoes_it():
    shop = open_shop(listener=lambda _message: (200, b'{"TaxTotal": 1}'))
    checkout(shop)
    path = shop.order()
    shop.call("POST", f"{path}/calculate")
    shop.call("POST", f"{path}/lineitems", {"ProductID": "WIDGET"})
    assert shop.refused("POST", f"{path}/submit") == (400, "Order.CannotSubmitUncalculatedOrder")


@pytest.mark.parametrize(("answer", "status"), [(b'{"proceed": true}', "Open"), (b'{"proceed": false}', "Unsubmitted")])
def test_pre_hook_lets_the_call_pass_or_stops_it(answer, status):
    shop = open_shop(listener=lambda _message: (200, answer))
    shop.webhook(SUBMIT, BeforeProcessRequest=True)
    path = shop.order()
    submitted = shop.send("POST", f"{path}/submit")
    assert submitted.is_success is (status == "Open")
    assert shop.call("GET", path)["Status"] == status
