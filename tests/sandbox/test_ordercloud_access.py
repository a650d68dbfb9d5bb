import base64
import json

import pytest

from tests.sandbox.ordercloud_shop import ORDERS, exact, open_shop


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def as_jane(shop):
    shop.sign_in("storefront", None, grant_type="password", username="acme.jane", password="jane-password")


def test_token_is_a_jwt_with_the_documented_claims():
    shop = open_shop()
    answer = shop.sign_in("kashflow-bridge", "bridge-secret", scope="OrderAdmin").json()
    read = claims(answer["access_token"])
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 35999)
    assert (read["usr"], read["cid"], read["usrtype"]) == ("kashflow-bridge", "kashflow-bridge", "admin")
    assert read["role"] == "OrderAdmin"
    assert read["exp"] == int(shop.clock().timestamp()) + 36000


@pytest.mark.parametrize(
    ("client_id", "secret", "form", "code"),
    [
        ("nobody", "x", {}, "ApiClient.InvalidClientID"),
        ("backoffice", "wrong", {}, "ApiClient.InvalidClientID"),
        ("kashflow-bridge", "bridge-secret", {"scope": "FullAccess"}, "Auth.InsufficientRoles"),
        ("storefront", None, {"grant_type": "password", "username": "x"}, "Auth.InvalidUsernameOrPassword"),
        ("backoffice", "backoffice-secret", {"grant_type": "magic"}, "Auth.OauthError"),
    ],
)
def test_refused_token_request_answers_in_both_dialects(client_id, secret, form, code):
    answer = open_shop(auth_error_status="401").sign_in(client_id, secret, **form)
    assert answer.status_code == 401
    assert answer.json()["Errors"][0]["ErrorCode"] == code
    assert answer.json()["error_description"] == answer.json()["Errors"][0]["Message"]


def test_expired_token_is_refused():
    shop = open_shop(token_seconds="60")
    shop.clock.sleep(59)
    shop.call("GET", ORDERS)
    shop.clock.sleep(1)
    assert shop.refused("GET", ORDERS) == (401, "InvalidToken")


def test_forged_token_is_refused():
    shop = open_shop()
    shop.http.headers["Authorization"] += "x"
    assert shop.refused("GET", ORDERS) == (401, "InvalidToken")


def test_killed_token_is_refused_though_not_expired():
    shop = open_shop()
    shop.sandbox.faults.add({"kind": "expire_token", "path": "/v1/*"})
    assert shop.refused("GET", ORDERS) == (401, "InvalidToken")
    shop.sign_in("backoffice", "backoffice-secret")
    shop.call("GET", ORDERS)


def test_refresh_token_gives_a_fresh_token_once():
    shop = open_shop()
    form = {"grant_type": "password", "username": "acme.jane", "password": "jane-password"}
    refresh = shop.sign_in("storefront", None, **form).json()["refresh_token"]
    renewal = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert shop.sign_in("storefront", None, **renewal).is_success
    assert shop.sign_in("storefront", None, **renewal).json()["error"] == "invalid_grant"


def test_missing_role_is_named_with_those_that_would_do():
    shop = open_shop()
    as_jane(shop)
    answer = shop.send("GET", "/v1/webhooks")
    assert answer.status_code == 403
    assert answer.json()["Errors"][0]["Data"]["SufficientRoles"] == ["WebhookAdmin", "WebhookReader"]


@pytest.mark.parametrize("change", [{"TaxCost": 5}, {"ShippingCost": 5}])
def test_shopper_may_not_set_tax_or_shipping(change):
    shop = open_shop()
    shop.order()
    as_jane(shop)
    assert shop.refused("PATCH", "/v1/orders/Outgoing/SO-1", change) == (403, "InsufficientRoles")


def test_shopper_may_not_set_a_price_but_a_back_office_may():
    shop = open_shop()
    path = shop.order(lines=(("WIDGET", 1, "12.34"),))
    assert shop.call("GET", f"{path}/lineitems/L1")["PriceOverridden"] is True
    as_jane(shop)
    cheap = {"ProductID": "WIDGET", "UnitPrice": exact("0.01")}
    assert shop.refused("POST", "/v1/orders/Outgoing/SO-1/lineitems", cheap) == (403, "InsufficientRoles")


def test_direction_is_seen_from_the_caller_and_in_any_case():
    shop = open_shop()
    shop.order()
    for direction, found in (("incoming", 1), ("ALL", 1), ("Outgoing", 0)):
        assert shop.call("GET", f"/v1/orders/{direction}")["Meta"]["TotalCount"] == found
    as_jane(shop)
    assert shop.call("GET", "/v1/orders/outgoing/SO-1")["ID"] == "SO-1"
    assert shop.refused("GET", f"{ORDERS}/SO-1") == (404, "NotFound")


def test_shopper_sees_no_order_of_another_user_and_may_not_change_his_own_after_submit():
    shop = open_shop()
    path = shop.order()
    shop.call("POST", f"{path}/submit")
    other = {
        "ID": "joe",
        "Username": "joe",
        "FirstName": "J",
        "LastName": "J",
        "Email": "j@j.example",
        "Active": True,
    }
    shop.call("POST", "/v1/buyers/acme/users", other)
    shop.call("POST", ORDERS, {"ID": "SO-2", "FromCompanyID": "acme", "FromUserID": "joe"})
    as_jane(shop)
    assert shop.refused("GET", "/v1/orders/Outgoing/SO-2") == (404, "NotFound")
    assert shop.refused("PATCH", "/v1/orders/Outgoing/SO-1", {"Comments": "hm"})[0] == 403


def test_seller_order_must_say_for_whom():
    code = "Order.CreateIncomingRequiresFromUser"
    assert open_shop().refused("POST", ORDERS, {"ID": "X"}) == (400, code)


def test_anonymous_cart_belongs_to_its_token_and_can_be_submitted():
    shop = open_shop()
    shop.sign_in("storefront", None)
    cart_id = shop.call("GET", "/v1/cart")["ID"]
    shop.call("POST", "/v1/cart/lineitems", {"ProductID": "WIDGET", "Quantity": 2})
    shop.call("POST", "/v1/cart/payments", {"Type": "PurchaseOrder"})
    shop.sign_in("storefront", None)
    assert shop.call("GET", "/v1/cart")["ID"] != cart_id
    shop.call("POST", "/v1/cart/lineitems", {"ProductID": "WIDGET", "Quantity": 1})
    submitted = shop.call("POST", "/v1/cart/submit")
    assert (submitted["FromUserID"], submitted["Status"], submitted["Subtotal"]) == ("guest", "Open", 20)


def test_registration_answers_with_a_token_of_the_new_user():
    shop = open_shop()
    shop.sign_in("storefront", None)
    user = {
        "Username": "new",
        "FirstName": "N",
        "LastName": "W",
        "Email": "n@w.example",
        "Active": True,
        "Password": "p",
    }
    answer = shop.call("PUT", "/v1/me/register", user)
    assert claims(answer["access_token"])["usr"] == "new"


def test_own_profile_and_addresses_are_kept_under_me():
    shop = open_shop()
    as_jane(shop)
    assert shop.call("PATCH", "/v1/me", {"Phone": "020 7946 0000"})["Buyer"]["ID"] == "acme"
    home = {"ID": "home", "Street1": "2 Low St", "City": "Hull", "Country": "GB", "Shipping": True}
    shop.call("POST", "/v1/me/addresses", home)
    order = shop.call("POST", "/v1/orders/Outgoing", {"BillingAddressID": "home"})
    assert (order["FromUser"]["Phone"], order["BillingAddress"]["City"]) == ("020 7946 0000", "Hull")


def test_duplicate_id_conflicts_and_put_creates_or_replaces():
    shop = open_shop()
    assert shop.refused("POST", "/v1/buyers", {"ID": "acme", "Name": "Again"})[0] == 409
    assert shop.send("PUT", "/v1/buyers/fresh", {"Name": "Fresh"}).status_code == 201
    assert shop.send("PUT", "/v1/buyers/fresh", {"Name": "Fresher"}).json()["Name"] == "Fresher"
    assert shop.send("DELETE", "/v1/buyers/fresh").status_code == 204
    assert shop.refused("GET", "/v1/buyers/fresh") == (404, "NotFound")


def test_not_found_names_the_object():
    data = open_shop().send("GET", f"{ORDERS}/nope").json()["Errors"][0]["Data"]
    assert data == {"ObjectType": "Order", "ObjectID": "nope"}


def test_invalid_body_lists_every_problem():
    answer = open_shop().send("POST", "/v1/buyers/acme/users", {"ID": "a b", "FirstName": 7})
    fields = [error["Data"]["Field"] for error in answer.json()["Errors"]]
    assert answer.status_code == 400
    assert fields == ["Username", "FirstName", "LastName", "Email", "Active", "ID"]


def test_username_is_unique_across_buyers():
    shop = open_shop()
    user = {
        "Username": "ACME.jane",
        "FirstName": "J",
        "LastName": "D",
        "Email": "j@d.example",
        "Active": True,
    }
    assert shop.refused("POST", "/v1/buyers/retail/users", user) == (409, "User.UsernameMustBeUnique")


def test_password_is_never_shown():
    assert "jane-password" not in open_shop().send("GET", "/v1/buyers/acme/users").text
