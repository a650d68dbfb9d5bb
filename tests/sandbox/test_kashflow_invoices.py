from decimal import Decimal

import httpx
import pytest

from tests.sandbox.kashflow_desk import Desk, exact, invoice_body, line, open_desk


def test_post_invoice_answers_the_full_object_and_its_place():
    desk = open_desk()

    response = desk.call("POST", "/invoices", invoice_body())

    invoice = exact(response, 201)
    assert response.headers["Location"] == f"/v2/invoices/{invoice['Number']}"
    assert invoice["CustomerReference"] == "WEB-100234"
    assert invoice["Status"] == "Unpaid"
    assert invoice["PreviousNumber"] == 0
    assert exact(desk.call("GET", f"/invoices/{invoice['Number']}"), 200) == invoice


def test_post_invoice_under_absolute_location_names_the_host():
    response = open_desk(location_header="absolute").call("POST", "/invoices", invoice_body())

    assert response.headers["Location"] == "http://kashflow.test/v2/invoices/1001"


def test_post_invoice_under_empty_answers_200_and_an_empty_object():
    desk = open_desk(invoice_post_answer="empty")

    response = desk.call("POST", "/invoices", invoice_body())

    assert exact(response, 200) == {}
    assert "Location" not in response.headers
    assert desk.get("/invoices")["MetaData"]["TotalRecords"] == 1


def test_post_invoice_under_no_location_answers_the_body_only():
    response = open_desk(invoice_post_answer="no_location").call("POST", "/invoices", invoice_body())

    assert exact(response, 201)["Number"] == 1001
    assert "Location" not in response.headers


def test_post_invoice_under_timeout_after_commit_leaves_the_client_waiting_for_a_done_deed():
    desk = open_desk(invoice_post_answer="timeout_after_commit")

    with pytest.raises(httpx.ReadTimeout):
        desk.call("POST", "/invoices", invoice_body())

    assert desk.get("/invoices?searchtext=WEB-100234")["MetaData"]["TotalRecords"] == 1


def test_post_invoice_under_timeout_after_commit_answers_a_patient_client_504_in_html():
    desk = open_desk(invoice_post_answer="timeout_after_commit")
    desk.http.timeout = httpx.Timeout(120)

    response = desk.call("POST", "/invoices", invoice_body())

    assert response.status_code == 504
    assert response.headers["Content-Type"].startswith("text/html")


def test_number_when_left_out_is_the_highest_plus_one():
    desk = open_desk()

    numbers = [
        desk.new_invoice()["Number"],
        desk.new_invoice(Number=2000)["Number"],
        desk.new_invoice()["Number"],
    ]

    assert numbers == [1001, 2000, 2001]
    assert desk.get("/nextavailableinvoicenumber") == 2002


def test_number_when_left_out_under_gap_skips_some():
    desk = open_desk(invoice_number_omitted="gap")

    first, second = desk.new_invoice()["Number"], desk.new_invoice()["Number"]

    assert 1 < second - first <= 6


@pytest.mark.parametrize(("position", "status", "count"), [("refused_400", 400, 1), ("next_free", 201, 2)])
def test_number_when_taken_goes_by_switch(position, status, count):
    desk = open_desk(invoice_number_taken=position)
    desk.new_invoice(Number=7)

    answer = exact(desk.call("POST", "/invoices", invoice_body(Number=7)), status)

    assert answer.get("Number") == (8 if status == 201 else None)
    assert desk.get("/invoices")["MetaData"]["TotalRecords"] == count


UNKNOWN: dict[str, dict[str, object]] = {
    "customer": {"CustomerCode": "NOBODY"},
    "nominal": {"LineItems": [line(NominalCode=1)]},
    "product": {"LineItems": [line(ProductCode="NONE")]},
    "VAT level": {"LineItems": [line(VATLevel=Decimal("17.5"))]},
    "currency": {"Currency": {"Code": "XAU", "ExchangeRate": 1}},
    "project": {"ProjectNumber": 99},
    "method": {"PaymentLines": [{"Amount": 1, "Method": 1}]},
    "bank account": {"PaymentLines": [{"Amount": 1, "AccountId": 1}]},
}


@pytest.mark.parametrize("what", UNKNOWN)
@pytest.mark.parametrize(("position", "status"), [("refused_400", 400), ("refused_404", 404), ("stored", 201)])
def test_post_invoice_with_an_unknown_reference_goes_by_switch(what, position, status):
    desk = open_desk(unknown_reference=position)

    number = exact(desk.call("POST", "/invoices", invoice_body(**UNKNOWN[what])), status).get("Number")

    assert desk.get("/invoices")["MetaData"]["TotalRecords"] == (1 if status == 201 else 0)
    if number is not None:
        desk.get(f"/invoices/{number}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"CustomerCode": None},
        {"LineItems": {}},
        {"LineItems": [line(Quantity="many")]},
        {"LineItems": ["a line"]},
        {"IssuedDate": "yesterday"},
        {"Number": -1},
        {"PaymentLines": [{"Note": "no amount"}]},
        {"UseCustomDeliveryAddress": "perhaps"},
    ],
)
def test_post_invoice_that_cannot_be_read_is_refused_and_leaves_nothing(wrong):
    desk = open_desk()

    refusal = exact(desk.call("POST", "/invoices", {**invoice_body(), **wrong}), 400)

    assert refusal.keys() == {"Error", "Message"}
    assert desk.get("/invoices")["MetaData"]["TotalRecords"] == 0


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"CustomerCode": NaN}'])
def test_post_invoice_with_a_body_that_is_no_object_is_refused(content):
    exact(open_desk().http.post("/invoices", content=content), 400)


def test_post_invoice_when_the_package_is_full_is_refused_and_the_list_says_so():
    desk = open_desk(invoice_limit="reached")

    exact(desk.call("POST", "/invoices", invoice_body()), 400)

    assert desk.get("/invoices")["MetaData"]["InvoiceLimitReached"] is True


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-08-20 00:00:00", "2026-08-20"),
        ("2026-08-20T23:00:00+01:00", "2026-08-20"),
        ("2026-08-20 12:00:00 +00:00", "2026-08-20"),
        ("20260819", "2026-08-19"),
        ("1900-01-01", "2026-08-20"),
    ],
)
def test_issue_date_in_any_form_is_kept_as_a_day_at_noon(written, day):
    assert open_desk().new_invoice(IssuedDate=written)["IssuedDate"] == f"{day} 12:00:00"


@pytest.mark.parametrize(
    ("position", "terms", "due"),
    [
        ("issue_date", {"Type": "Days", "Days": 30}, "2026-08-20"),
        ("customer_terms", {"Type": "Days", "Days": 30}, "2026-09-19"),
        ("customer_terms", {"Type": "AfterMonthEnd", "Days": 10}, "2026-09-10"),
        ("customer_terms", None, "2026-08-20"),
    ],
)
def test_due_date_when_missing_is_taken_by_switch(position, terms, due):
    desk = Desk(due_date_missing=position)
    desk.log_in()
    desk.new_customer(PaymentTerms=terms)

    assert desk.new_invoice()["DueDate"] == f"{due} 12:00:00"


@pytest.mark.parametrize(
    ("position", "words"),
    [
        ("english", ("Unpaid", "Overdue", "Paid")),
        ("other_words", ("Sent", "Late", "Settled")),
        ("null", (None, None, None)),
    ],
)
def test_status_goes_by_due_date_payment_and_switch(position, words):
    desk = open_desk(status_words=position)
    unpaid = desk.new_invoice()
    overdue = desk.new_invoice(DueDate="2026-08-19")
    paid = desk.new_invoice(PaymentLines=[{"Amount": 12}])

    assert (unpaid["Status"], overdue["Status"], paid["Status"]) == words
    assert overdue["OverdueDays"] == 1


def test_put_invoice_with_what_get_returned_changes_nothing():
    desk = open_desk()
    number = desk.new_invoice(line("14.17", "2"), PaymentLines=[{"Amount": 10, "Note": "pay_1"}])["Number"]
    before = desk.get(f"/invoices/{number}")

    assert desk.put(f"/invoices/{number}", before) == before


@pytest.mark.parametrize(("position", "reference"), [("kept", "WEB-100234"), ("cleared", "")])
def test_put_invoice_treats_a_missing_property_by_switch(position, reference):
    desk = open_desk(put_property_missing=position)
    number = desk.new_invoice()["Number"]

    changed = desk.put(f"/invoices/{number}", {"CustomerCode": "WEB1", "DueDate": "2026-09-01"})

    assert changed["CustomerReference"] == reference
    assert changed["DueDate"] == "2026-09-01 12:00:00"


@pytest.mark.parametrize(("position", "numbers"), [("replaces", [2]), ("merges", [1, 2])])
def test_put_invoice_treats_given_lines_by_switch(position, numbers):
    desk = open_desk(put_list_given=position)
    number = desk.new_invoice(line("10.00"), line("5.00"))["Number"]

    changed = desk.put(f"/invoices/{number}", {"LineItems": [line("6.00", Number=2, VATAmount=Decimal("1.20"))]})

    assert [item["Number"] for item in changed["LineItems"]] == numbers
    assert changed["LineItems"][-1]["Rate"] == Decimal("6.00")


def test_put_invoice_with_another_number_answers_201():
    desk = open_desk()
    number = desk.new_invoice()["Number"]

    assert desk.put(f"/invoices/{number}", {"Number": 42}, status=201)["Number"] == 42
    exact(desk.call("GET", f"/invoices/{number}"), 404)


def test_delete_invoice_takes_it_away():
    desk = open_desk()
    number = desk.new_invoice()["Number"]

    exact(desk.call("DELETE", f"/invoices/{number}"), 204)

    exact(desk.call("GET", f"/invoices/{number}"), 404)
    assert desk.get("/invoices?customercode=WEB1")["Data"] == []


def test_delete_invoice_list_deletes_all_or_none():
    desk = open_desk()
    first, second = desk.new_invoice()["Number"], desk.new_invoice()["Number"]

    exact(desk.call("DELETE", "/invoicelist", [first, 99]), 404)
    assert desk.get("/invoices")["MetaData"]["TotalRecords"] == 2
    exact(desk.call("DELETE", "/invoicelist", [first, second]), 204)
    assert desk.get("/invoices")["Data"] == []


def test_neighbours_are_told_by_number():
    desk = open_desk()
    for number in (10, 30, 20):
        desk.new_invoice(Number=number)

    middle = desk.get("/invoices/20")

    assert (middle["PreviousNumber"], middle["NextNumber"]) == (10, 30)


def test_locked_period_refuses_new_changed_and_deleted_documents():
    desk = open_desk()
    number = desk.new_invoice(IssuedDate="2026-06-30")["Number"]
    desk.sandbox.kashflow.change_account({"transaction_lock_date": "2026-07-01"})

    exact(desk.call("POST", "/invoices", invoice_body(IssuedDate="2026-06-30")), 400)
    exact(desk.call("PUT", f"/invoices/{number}", {"PaymentLines": [{"Amount": 12}]}), 400)
    exact(desk.call("DELETE", f"/invoices/{number}"), 400)
    desk.new_invoice(IssuedDate="2026-07-01")
    assert desk.get("/settings/advanced")["TransactionLockDate"] == "2026-07-01"


def test_invoice_in_a_vat_return_takes_payments_but_no_other_lines():
    desk = open_desk()
    number = desk.new_invoice()["Number"]
    desk.sandbox.kashflow.change_account({"vat_return": [number]})

    exact(desk.call("PUT", f"/invoices/{number}", {"LineItems": [line("11.00")]}), 400)
    assert desk.put(f"/invoices/{number}", {"PaymentLines": [{"Amount": 12}]})["DueAmount"] == 0


@pytest.mark.parametrize(("position", "status"), [("refused_400", 400), ("accepted_204", 204)])
def test_delete_of_an_invoice_in_a_vat_return_goes_by_switch(position, status):
    desk = open_desk(delete_in_vat_return=position)
    number = desk.new_invoice()["Number"]
    desk.sandbox.kashflow.change_account({"vat_return": [number]})

    exact(desk.call("DELETE", f"/invoices/{number}"), status)


def test_update_customer_address_writes_the_invoice_address_back():
    desk = open_desk()

    desk.new_invoice(Address={"Line1": "2 Low St", "CountryCode": "FR"}, UpdateCustomerAddress=True)

    address = desk.get("/customers/WEB1")["Addresses"][0]
    assert (address["Line1"], address["CountryName"]) == ("2 Low St", "France")


@pytest.mark.parametrize("number", [None, 0, 1001])
def test_put_invoice_with_no_other_number_keeps_its_own(number):
    desk = open_desk()
    desk.new_invoice()
    desk.new_invoice()

    assert desk.put("/invoices/1001", {"Number": number})["Number"] == 1001
