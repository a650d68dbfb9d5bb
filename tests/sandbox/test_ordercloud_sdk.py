"""The community Python SDK, as it comes, against the sandbox (OC-73)."""

import pytest

from sandbox.ordercloud.app import create_app
from sandbox.shared.serve import running

sdk = pytest.importorskip("ordercloud", reason="the test extra `ordercloud-python` is not installed")


@pytest.fixture(scope="module")
def client():
    with (
        running(create_app()) as base,
        sdk.SyncOrderCloudClient.create(
            client_id="backoffice",
            client_secret="backoffice-secret",
            base_url=f"{base}/v1",
            auth_url=f"{base}/oauth/token",
        ) as client,
    ):
        yield client


def test_sdk_places_pays_and_reads_an_order(client):
    client.buyers.create({"ID": "acme", "Name": "Acme", "Active": True})
    user = {
        "ID": "jane",
        "Username": "jane",
        "FirstName": "J",
        "LastName": "D",
        "Email": "j@d.example",
        "Active": True,
    }
    client.users.create("acme", user)
    client.price_schedules.create({"ID": "mug", "Name": "Mug", "PriceBreaks": [{"Quantity": 1, "Price": 8.33}]})
    client.products.create({"ID": "mug", "Name": "Mug", "Active": True, "DefaultPriceScheduleID": "mug"})
    client.orders.create("Incoming", {"ID": "SO-1", "FromCompanyID": "acme", "FromUserID": "jane"})
    line = client.line_items.create("Incoming", "SO-1", {"ProductID": "mug", "Quantity": 2})
    client.payments.create("Incoming", "SO-1", {"ID": "P1", "Type": "CreditCard", "Accepted": True})
    capture = {"Type": "CreditCardCapture", "DateExecuted": "2026-11-21T09:00:00Z", "Succeeded": True}
    payment = client.payments.create_transaction("Incoming", "SO-1", "P1", capture)
    submitted = client.orders.submit("Incoming", "SO-1")
    sheet = client.integration_events.get_worksheet("Incoming", "SO-1")
    assert (line.unit_price, line.line_total) == (8.33, 16.66)
    assert payment.transactions[0].type == "CreditCardCapture"
    assert (submitted.status, submitted.total) == ("Open", 16.66)
    assert [each.product_id for each in sheet.line_items] == ["mug"]

    patched = client.orders.patch("Incoming", "SO-1", {"xp": {"KashFlow": {"SyncState": "Invoiced"}}})
    assert patched.xp == {"KashFlow": {"SyncState": "Invoiced"}}
    wanted = {"Status": "Open|Completed", "xp.KashFlow.SyncState": "Invoiced"}
    found = client.orders.list("Incoming", page_size=100, sort_by="ID", filters=wanted)
    assert [order.id for order in found.items] == ["SO-1"]
    assert client.orders.list("Incoming", filters={"Status": "Completed"}).meta.total_count == 0


def test_sdk_reads_refusals(client):
    with pytest.raises(sdk.OrderCloudError) as missing:
        client.orders.get("Incoming", "nope")
    assert missing.value.status_code == 404
    assert missing.value.errors[0].data == {"ObjectType": "Order", "ObjectID": "nope"}
    client.buyers.create({"ID": "twice", "Name": "Twice"})
    with pytest.raises(sdk.OrderCloudError) as taken:
        client.buyers.create({"ID": "twice", "Name": "Twice"})
    assert taken.value.status_code == 409
