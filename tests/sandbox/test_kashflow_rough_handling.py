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
    "QuantityInStock", "MoneyType", "PaidIn", "PaidOut", "Date", "Debit", "Credit",
)  # fmt: skip
PATHS = (
    ("POST", "/customers"), ("PUT", "/customers/WEB1"), ("POST", "/invoices"), ("PUT", "/invoices/1001"),
    ("POST", "/invoices/bulk/payments"), ("POST", "/internal/invoices/5519001/credits"),
    ("POST", "/products"),
    ("PUT", "/products/4000/MUG-B"), ("POST", "/nominals"), ("DELETE", "/invoicelist"),
    ("POST", "/bankaccounts/55166/transactions"), ("POST", "/journals"),
)  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["WEB1", "GBP", "EUR", 1001, 4000, Decimal(20), "2026-08-20 12:00:00", "9999-12-31", "Days"])
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
        "/bankaccounts/55166/transactions",
        "/journals",
    ):
        desk.get(path)


numbers = (
    st.none()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.decimals("-9999999999", "9999999999")
    | st.sampled_from([-1, 0, 1, 20, Decimal("1E-30")])
)
days = st.sampled_from([None, "20260101", "1900-01-02", "2100-12-31", "9999-12-31"])
lines = st.fixed_dictionaries(
    {},
    optional={
        "Number": st.integers(-1, 3) | st.none(),
        "Quantity": numbers,
        "Rate": numbers,
        "VATLevel": numbers,
        "VATAmount": numbers,
        "VATExempt": st.booleans(),
        "NominalCode": st.sampled_from([4000, 1, 0, None]),
        "ProductCode": st.sampled_from(["MUG-B", "NONE", "", None]),
    },
)
payments = st.fixed_dictionaries(
    {"Amount": numbers},
    optional={
        "Id": st.sampled_from([53, 54, 1, None]),
        "Date": days,
        "Method": st.sampled_from([409844, 1, 0, None]),
        "AccountId": st.sampled_from([55166, 1, 0, None]),
    },
)
currencies = st.fixed_dictionaries(
    {}, optional={"Code": st.sampled_from(["EUR", "gbp", "XAU", None]), "ExchangeRate": numbers}
)
invoices = st.fixed_dictionaries(
    {},
    optional={
        "CustomerCode": st.sampled_from(["WEB1", "web1", "NOBODY", None]),
        "IssuedDate": days,
        "DueDate": days,
        "Number": st.sampled_from([None, 0, 1001, 1002, 9999999999]),
        "Currency": st.none() | currencies,
        "LineItems": st.none() | st.lists(lines, max_size=3),
        "PaymentLines": st.none() | st.lists(payments, max_size=2),
    },
)
POSITIONS: tuple[dict[str, str], ...] = (
    {},
    {
        "due_date_missing": "customer_terms",
        "put_list_given": "merges",
        "rate_beyond_pennies": "kept",
        "date_out": "eve_at_23",
    },
    {
        "put_property_missing": "cleared",
        "customer_discount": "extra_line",
        "customer_vat_number_flag": "comment_line",
        "vat_amount_given": "recomputed_per_unit",
        "credit_line_stock": "put_back",
    },
)


@pytest.mark.parametrize("positions", POSITIONS, ids=["defaults", "second", "third"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from([("POST", "/invoices"), ("PUT", "/invoices/1001")]), invoices), max_size=3))
def test_any_invoice_is_taken_or_refused_and_the_books_still_answer(positions, calls):
    desk = open_desk(unknown_reference="stored", **positions)
    terms = {
        "Name": "Ada Field",
        "DiscountRate": Decimal("33.3333"),
        "PaymentTerms": {"Type": "MonthEnd", "Days": 3},
    }
    desk.put("/customers/WEB1", {**terms, "AutoIncludeVATNumber": True})
    invoice_id = desk.new_invoice(PaymentLines=[{"Amount": 15}])["Id"]

    statuses = [desk.call(method, path, body).status_code for (method, path), body in calls]

    assert set(statuses) <= {200, 201, 400, 404}
    for path in (
        "/customers",
        "/invoices",
        f"/internal/invoices/{invoice_id}/credits",
        "/customers/WEB1/transactions",
    ):
        desk.get(path)


@pytest.mark.parametrize(
    "path",
    ["/invoices/" + "9" * 5000, "/customers/%00", "/invoices/%C2%B2", "/customers/..%2F", "/invoices/%D9%A3"],
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
