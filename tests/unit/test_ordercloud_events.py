"""What OrderCloud pushes, recognised in all its shapes (OC-52 to OC-72)."""

from typing import Any

import pytest

from sitecore_kashflow.shops.front_door import Hint, Recognition
from sitecore_kashflow.shops.ordercloud.events import recognise

Raw = dict[str, Any]


def webhook(route: str = "v1/orders/{direction}/{orderID}/submit", verb: str = "POST", **changes: Any) -> Raw:
    return {
        "Route": route,
        "RouteParams": {"direction": "Outgoing", "orderID": "SO-1001"},
        "QueryParams": {},
        "Verb": verb,
        "Date": "2026-11-21T09:00:01.1234567+00:00",
        "LogID": "0f3c3a52-5a0e-4a0c-9a3a-2f3b8f1d7c11",
        "UserToken": "eyJhbGciOiJSUzI1NiJ9.eyJ1c3IiOiJqYW5lIn0.c2ln",
        "Request": {"Body": None, "Headers": None},
        "Response": {"Body": {"ID": "SO-1001", "LastUpdated": "2026-11-21T09:00:00.9+00:00"}, "Headers": None},
        "ConfigData": {"tenant": "demo"},
    } | changes


def order_sync(**changes: Any) -> Raw:
    payload = {
        "UserContext": {"ID": "u-77", "AnonymousId": None},
        "ID": "SO-1001",
        "Status": 4,
        "LastUpdated": "2026-11-21T09:00:00.9+00:00",
        "Total": 114,
    }
    return {"Headers": {"type": "sitecore.ordercloud.messages.ordersync.updated"}, "Payload": payload | changes}


def message(kind: str = "OrderSubmitted", recipient: str = "jane", **event: Any) -> Raw:
    return {
        "OcLogIdHeader": f"log-of-{recipient}",
        "Environment": "Sandbox",
        "BuyerID": "ACME",
        "UserToken": f"token.of.{recipient}",
        "Recipient": {"ID": recipient, "Email": f"{recipient}@acme.example"},
        "CCList": [],
        "MessageType": kind,
        "ConfigData": None,
        "EventBody": {"Order": {"ID": "SO-1001", "LastUpdated": "2026-11-21T09:00:00.9+00:00"}} | event,
    }


def integration_event(**order: Any) -> Raw:
    known = {"ID": "SO-1001", "IsSubmitted": True, "LastUpdated": "2026-11-21T09:00:00.9+00:00"}
    return {
        "OrderWorksheet": {"Order": known | order, "LineItems": []},
        "Environment": "Sandbox",
        "OrderCloudAccessToken": "a.live.credential",
        "ConfigData": {},
    }


def returned(name: str) -> Raw:
    return {"ID": name, "OrderID": "SO-1001", "LastUpdated": "2026-11-21T09:00:00.9+00:00"}


def hint_of(body: Raw) -> Hint:
    recognised = recognise(body)
    assert recognised.hint is not None
    return recognised.hint


def folded(value: Any, fold: Any) -> Any:
    """The same JSON with every name in another letter case."""
    if isinstance(value, dict):
        return {fold(name): folded(item, fold) for name, item in value.items()}
    return value


@pytest.mark.parametrize(
    ("body", "shape", "hint"),
    [
        (webhook(), "webhook", "POST v1/orders/{direction}/{orderID}/submit"),
        (order_sync(), "delivery", "sitecore.ordercloud.messages.ordersync.updated"),
        (message(), "message_sender", "OrderSubmitted"),
        (integration_event(), "integration_event", "integration event"),
    ],
)
def test_each_of_the_four_shapes_tells_the_order_and_what_was_said(body: Raw, shape: str, hint: str) -> None:
    recognised = recognise(body)
    assert recognised.shape == shape
    assert recognised.hint is not None
    assert (recognised.hint.kind, recognised.hint.subject_id, recognised.hint.what) == ("order", "SO-1001", hint)
    assert recognised.hint.whole is None


@pytest.mark.parametrize("body", [webhook(), order_sync(), message(), integration_event()])
@pytest.mark.parametrize("fold", [str.lower, lambda name: name[:1].lower() + name[1:], str.upper])
def test_names_are_read_in_any_letter_case(body: Raw, fold: Any) -> None:
    assert hint_of(folded(body, fold)) == hint_of(body)


@pytest.mark.parametrize(
    ("route", "verb"),
    [
        ("v1/orders/{direction}/{orderID}/approve", "POST"),
        ("v1/orders/{direction}/{orderID}/cancel", "POST"),
        ("v1/orders/{direction}/{orderID}", "PATCH"),
        ("v1/orders/{direction}/{orderID}/lineitems/{lineItemID}", "DELETE"),
        ("v1/orders/{direction}/{orderID}/payments/{paymentID}/transactions", "POST"),
        ("V1/Orders/{direction}/{orderID}/submit", "post"),
        ("/v1/orders/{direction}/{orderID}/submit", "POST"),
    ],
)
def test_a_webhook_of_any_write_to_an_order_names_the_order_of_the_route(route: str, verb: str) -> None:
    params = {"direction": "Incoming", "orderID": "SO-1001"}
    body = webhook(route, verb, RouteParams=params, Response={"Body": {"ID": "pay-1"}, "Headers": None})
    assert hint_of(body).subject_id == "SO-1001"


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_line_that_the_buyer_changes_is_of_a_cart(verb: str) -> None:
    """Only the seller can change those of a submitted order, and to the seller it is incoming."""
    line = webhook("v1/orders/{direction}/{orderID}/lineitems/{lineItemID}", verb)
    assert recognise(line) == Recognition("webhook", None)
    nowhere = line | {"RouteParams": {"orderID": "SO-1001"}}
    assert hint_of(nowhere).subject_id == "SO-1001"


def test_a_cart_submit_has_empty_route_params_and_tells_the_order_in_its_answer() -> None:
    assert hint_of(webhook("v1/cart/submit", RouteParams={})).subject_id == "SO-1001"


def test_a_cart_submit_before_the_fact_has_no_answer_and_no_order() -> None:
    body = webhook("v1/cart/submit", RouteParams={}, Response={"Body": {}, "Headers": None})
    assert recognise(body) == Recognition("webhook", None)


def test_an_order_return_names_the_order_it_belongs_to_and_not_itself() -> None:
    answer = {"Body": {"ID": "ret-1", "OrderID": "SO-1001", "Status": "Open"}, "Headers": None}
    body = webhook("v1/orderreturns/{returnID}/submit", RouteParams={"returnID": "ret-1"}, Response=answer)
    assert hint_of(body).subject_id == "SO-1001"


@pytest.mark.parametrize("kind", ["Submitted", "Approved", "Declined", "Completed"])
def test_a_message_of_every_step_of_a_return_is_a_hint(kind: str) -> None:
    assert hint_of(message(f"OrderReturn{kind}", OrderReturn=returned("ret-1"))).subject_id == "SO-1001"


def test_an_order_return_whose_answer_is_missing_is_no_hint() -> None:
    body = webhook("v1/orderreturns/{returnID}/submit", RouteParams={"returnID": "ret-1"}, Response=None)
    assert recognise(body) == Recognition("webhook", None)


def test_a_message_about_a_return_names_the_order_where_only_the_return_is_told() -> None:
    body = message("OrderReturnSubmitted", Order=None, OrderReturn={"ID": "ret-1", "OrderID": "SO-1001"})
    assert hint_of(body).subject_id == "SO-1001"


@pytest.mark.parametrize(
    "body",
    [
        webhook("v1/buyers/{buyerID}/users/{userID}", "PATCH", RouteParams={"buyerID": "ACME", "userID": "u-77"}),
        webhook("v1/products/{productID}", "PUT"),
        webhook("v1/cart/lineitems", RouteParams={}),
        webhook("v1/ordersomething/{orderID}"),
        {"Headers": {"type": "sitecore.ordercloud.messages.entitysync.buyeruser.updated"}, "Payload": {"ID": "u-77"}},
        message("NewUserInvitation"),
        message("ForgottenPassword", Order=None),
        integration_event(IsSubmitted=False),
    ],
)
def test_what_concerns_no_submitted_order_is_recognised_without_a_hint(body: Raw) -> None:
    recognised = recognise(body)
    assert (recognised.hint, recognised.is_unreadable) == (None, False)
    assert recognised.shape != "unknown"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"hello": "world"},
        {"Route": None, "Verb": "POST"},
        {"Headers": {"type": "sitecore.ordercloud.messages.ordersync.updated"}, "Payload": None},
        {"Headers": None, "Payload": {"ID": "SO-1001"}},
        {"MessageType": "OrderSubmitted", "EventBody": None},
        {"OrderWorksheet": []},
        {"EventName": "item:saved", "WebhookItemId": "1"},
    ],
)
def test_anything_else_is_unknown_and_no_error(body: Raw) -> None:
    assert recognise(body) == Recognition("unknown", None)


@pytest.mark.parametrize(
    "body",
    [
        webhook(RouteParams=None, Response=None),
        webhook(RouteParams={"orderID": 7}, Response={"Body": "text"}),
        order_sync(ID=None),
        message(Order={}),
        integration_event(ID=None),
        message(Order="SO-1001"),
    ],
)
def test_an_order_that_is_not_named_is_no_hint_but_unreadable(body: Raw) -> None:
    assert (recognise(body).hint, recognise(body).is_unreadable) == (None, True)


def test_the_status_of_an_order_message_may_be_a_number_or_a_word() -> None:
    assert hint_of(order_sync(Status=4)).subject_id == hint_of(order_sync(Status="Open")).subject_id == "SO-1001"


def test_the_same_event_sent_twice_has_the_same_digest() -> None:
    for body in (webhook(), order_sync(), message(), integration_event()):
        assert hint_of(dict(body)).hint_id == hint_of(body).hint_id


def test_one_message_to_several_recipients_has_one_digest() -> None:
    digests = {hint_of(message(recipient=one)).hint_id for one in ("jane", "accounts", "boss")}
    assert len(digests) == 1


def test_a_webhook_without_log_id_is_still_told_apart_by_what_it_says() -> None:
    one, same = webhook(LogID=None), webhook(LogID=None)
    other = webhook(LogID=None, Date="2026-11-21T09:00:02+00:00")
    assert hint_of(one).hint_id == hint_of(same).hint_id != hint_of(other).hint_id


@pytest.mark.parametrize("missing", [None, ""])
def test_an_event_without_a_mark_of_its_time_is_never_known_as_a_repeat(missing: str | None) -> None:
    changed_return = {"ID": "ret-1", "OrderID": "SO-1001", "LastUpdated": missing}
    for body in (
        webhook(LogID=missing, Date=missing),
        order_sync(LastUpdated=missing),
        message(Order={"ID": "SO-1001", "LastUpdated": missing}),
        message("OrderReturnSubmitted", OrderReturn=changed_return),
        integration_event(LastUpdated=missing),
    ):
        assert hint_of(body).hint_id == ""


LATER = "2026-11-21T10:00:00+00:00"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (webhook(), webhook(LogID="another-log-id")),
        (webhook(), webhook("v1/orders/{direction}/{orderID}/approve")),
        (webhook(), order_sync()),
        (order_sync(), order_sync(LastUpdated=LATER)),
        (order_sync(), order_sync(Status=5)),
        (order_sync(), order_sync(Total=115)),
        (message(), message("OrderApproved")),
        (message(), message(Order={"ID": "SO-1001", "LastUpdated": LATER})),
        (
            message("OrderReturnSubmitted", OrderReturn=returned("ret-1")),
            message("OrderReturnSubmitted", OrderReturn=returned("ret-2")),
        ),
        (
            message("OrderReturnSubmitted", OrderReturn=returned("ret-1")),
            message("OrderReturnSubmitted", OrderReturn=returned("ret-1") | {"LastUpdated": "2026-11-21T10:00:00Z"}),
        ),
        (
            message("ShipmentCreated", Shipment={"ID": "ship-1"}),
            message("ShipmentCreated", Shipment={"ID": "ship-2"}),
        ),
        (integration_event(), integration_event(LastUpdated=LATER)),
    ],
)
def test_different_events_of_one_order_have_different_digests(one: Raw, other: Raw) -> None:
    assert hint_of(one).hint_id != hint_of(other).hint_id


def test_a_hint_carries_neither_people_nor_credentials() -> None:
    for body in (webhook(), order_sync(), message(), integration_event()):
        shown = repr(recognise(body))
        for secret in ("jane", "acme.example", "u-77", "credential", "eyJ", "token"):
            assert secret not in shown


@pytest.mark.parametrize(("is_submitted", "concerns"), [(True, True), (False, False), (None, True)])
def test_webhook_when_an_order_is_edited_counts_once_it_is_submitted(is_submitted: bool | None, concerns: bool) -> None:
    body = {
        "Route": "v1/orders/{direction}/{orderID}",
        "RouteParams": {"direction": "Incoming", "orderID": "SO-1"},
        "Verb": "PATCH",
        "LogID": "a",
        "Response": {"Body": {"ID": "SO-1", "IsSubmitted": is_submitted}},
    }
    assert (recognise(body).hint is not None) is concerns


def edit(body: Any, **changes: Any) -> Raw:
    return webhook(
        "v1/orders/{direction}/{orderID}", "PATCH", **({"Request": {"Body": body, "Headers": None}} | changes)
    )


def test_our_own_report_that_comes_back_is_no_hint() -> None:
    own = edit({"xp": {"KashFlow": {"SyncState": "Paid", "InvoiceNumber": 1001}}})
    assert recognise(own) == Recognition("own_report")
    assert recognise(folded(own, str.upper)) == Recognition("own_report")


@pytest.mark.parametrize(
    "written",
    [
        {"xp": {"KashFlow": {"SyncState": "Paid"}, "PONumber": "PO-9"}},
        {"xp": {"KashFlow": {"SyncState": "Paid"}}, "ShippingCost": 5},
        {"xp": {"PONumber": "PO-9"}},
        {"xp": None},
        {"xp": {}},
        {},
        None,
    ],
)
def test_a_write_of_anything_else_is_a_hint(written: Any) -> None:
    assert hint_of(edit(written)).subject_id == "SO-1001"


def test_our_words_on_another_thing_than_the_order_are_a_hint() -> None:
    params = {"direction": "Incoming", "orderID": "SO-1001"}
    line = webhook("v1/orders/{direction}/{orderID}/lineitems/{lineItemID}", "PATCH", RouteParams=params)
    assert hint_of(line | {"Request": {"Body": {"xp": {"KashFlow": {}}}}}).subject_id == "SO-1001"
