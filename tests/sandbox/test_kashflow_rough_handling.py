from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.kashflow_desk import exact, open_desk

NAMES = (
    "Code", "Name", "Number", "CustomerCode", "IssuedDate", "DueDate", "Currency", "ExchangeRate",
    "LineItems",
    "PaymentLines", "Quantity", "Rate", "VATLevel", "VATAmount", "NominalCode", "Amount", "Id", "Type",
    "Contacts",
    "Addresses", "PaymentTerms", "Days", "DiscountRate", "PaymentItems", "ObjectNumber", "Price",
    "QuantityInStock",
)  # fmt: skip
PATHS = (
    ("POST", "/customers"), ("PUT", "/customers/WEB1"), ("POST", "/invoices"), ("PUT", "/invoices/1001"),
    ("POST", "/invoices/bulk/payments"), ("POST", "/internal/invoices/5519001/credits"),
    ("POST", "/products"),
    ("PUT", "/products/4000/MUG-B"), ("POST", "/nominals"), ("POST", "/projects"), ("DELETE", "/invoicelist"),
)  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["WEB1", "GBP", "EUR", 1001, 4000, Decimal(20), "2026-08-20 12:00:00", "9999-12-31", "Days"]
    )
)
bodies = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PATHS), bodies), min_size=1, max_size=4))
def test_any_body_is_taken_or_refused_and_the_lists_still_answer(calls):
    desk = open_desk(unknown_reference="stored")
    desk.new_invoice(PaymentLines=[{"Amount": 15}])

    statuses = [desk.call(method, path, body).status_code for (method, path), body in calls]

    assert max(statuses) < 500
    for path in (
        "/customers",
        "/invoices",
        "/products/list",
        "/reports/sales/unpaid-invoices",
        "/bankaccounts",
    ):
        desk.get(path)


@pytest.mark.parametrize(
    "path",
    ["/invoices/" + "9" * 5000, "/customers/%00", "/invoices/%C2%B2", "/customers/..%2F", "/3/%D9%A3/notes"],
)
def test_odd_path_answers_404(path):
    exact(open_desk().call("GET", path), 404)


def test_lone_surrogate_in_a_text_is_refused():
    response = open_desk().http.post("/customers", content=b'{"Code": "WEB2", "Name": "Ada \\ud800"}')

    exact(response, 400)


def test_code_outside_ascii_is_quoted_in_location():
    desk = open_desk(customer_code_check="any_length")

    response = desk.call("POST", "/customers", {"Code": "ŁÓD", "Name": "Ada Field"})

    assert response.headers["Location"] == "/v2/customers/%C5%81%C3%93D"
    assert desk.get("/customers/%C5%82%C3%B3d")["Code"] == "ŁÓD"


def test_reset_never_gives_a_token_twice():
    desk = open_desk()
    first = desk.http.headers["Authorization"]
    desk.sandbox.kashflow.reset()

    desk.log_in()

    assert desk.http.headers["Authorization"] != first
