from decimal import Decimal

import pytest

from tests.sandbox.kashflow_desk import exact, invoice_body, line, open_desk


@pytest.mark.parametrize(
    ("position", "summer", "winter"),
    [
        ("noon", "2026-08-20 12:00:00", "2026-12-01 12:00:00"),
        ("noon_with_offset", "2026-08-20 12:00:00 +01:00", "2026-12-01 12:00:00 +00:00"),
        ("noon_with_t", "2026-08-20T12:00:00", "2026-12-01T12:00:00"),
        ("eve_at_23", "2026-08-19 23:00:00", "2026-12-01 00:00:00"),
    ],
)
def test_dates_leave_in_the_form_of_the_switch(position, summer, winter):
    desk = open_desk(date_out=position)

    invoice = desk.new_invoice(IssuedDate="2026-08-20", DueDate="2026-12-01")

    assert (invoice["IssuedDate"], invoice["DueDate"]) == (summer, winter)


@pytest.mark.parametrize(
    ("day", "out"),
    [
        ("2026-03-29", "2026-03-29 00:00:00"),
        ("2026-03-30", "2026-03-29 23:00:00"),
        ("2026-10-25", "2026-10-24 23:00:00"),
        ("2026-10-26", "2026-10-26 00:00:00"),
    ],
)
def test_eve_at_23_follows_british_summer_time(day, out):
    assert open_desk(date_out="eve_at_23").new_invoice(IssuedDate=day)["IssuedDate"] == out


@pytest.mark.parametrize(
    ("position", "out"),
    [
        ("as_absent_value", None),
        ("year_1900", "1900-01-01 00:00:00"),
        ("year_0001", "0001-01-01T00:00:00"),
        ("year_1970", "1970-01-01 12:00:00"),
    ],
)
def test_absent_date_leaves_as_the_switch_says_and_comes_back_as_none(position, out):
    desk = open_desk(absent_date=position)
    invoice = desk.new_invoice()

    assert invoice["PaidDate"] == out
    assert desk.put(f"/invoices/{invoice['Number']}", invoice)["PaidDate"] == out


@pytest.mark.parametrize(
    ("position", "net", "rate"),
    [
        ("four_decimals", b'"NetAmount": 25.0000', b'"Rate": 12.5000'),
        ("integers_where_whole", b'"NetAmount": 25,', b'"Rate": 12.50'),
    ],
)
def test_numbers_leave_in_the_form_of_the_switch(position, net, rate):
    desk = open_desk(numbers_out=position)

    content = desk.call("POST", "/invoices", invoice_body(line("12.50", "2"))).content

    assert net in content
    assert rate in content


def test_numbers_travel_without_binary_floats():
    desk = open_desk(rate_beyond_pennies="kept")
    body = b'{"CustomerCode": "WEB1", "LineItems": [{"Rate": 1000000000.1001, "VATLevel": 0}]}'

    response = desk.http.post("/invoices", content=body)

    assert exact(response, 201)["LineItems"][0]["Rate"] == Decimal("1000000000.1001")


@pytest.mark.parametrize(
    ("position", "text", "number"), [("null", None, None), ("empty_text", "", None), ("zero", None, 0)]
)
def test_absent_values_leave_as_the_switch_says(position, text, number):
    invoice = open_desk(absent_value=position).new_invoice()

    assert (invoice["TradeBorderType"], invoice["ProjectNumber"]) == (text, number)


def test_absent_values_under_missing_are_left_out():
    desk = open_desk(absent_value="missing")
    invoice = desk.new_invoice()

    assert not {"TradeBorderType", "ProjectNumber", "PaidDate"} & invoice.keys()
    assert desk.get("/invoices")["MetaData"]["NextPageUrl"] is None


@pytest.mark.parametrize(
    ("position", "kind", "content"),
    [
        ("json", "application/json", b'"Error": "NotFound"'),
        ("html", "text/html", b"<html>"),
        ("empty", "", b""),
    ],
)
def test_error_body_of_a_missing_resource_goes_by_switch(position, kind, content):
    desk = open_desk(error_body=position)

    response = desk.call("GET", "/invoices/99")

    assert response.status_code == 404
    assert response.headers.get("Content-Type", "").startswith(kind)
    assert content in response.content


@pytest.mark.parametrize(("method", "path", "status"), [("PATCH", "/invoices", 405), ("GET", "/biscuits", 404)])
def test_unknown_method_or_path_is_refused(method, path, status):
    exact(open_desk().call(method, path), status)
