from decimal import Decimal

import pytest

from tests.sandbox.kashflow_desk import Desk, exact, line, open_desk


def test_post_customer_answers_the_full_object_and_its_place():
    desk = open_desk()

    response = desk.call(
        "POST",
        "/customers",
        {
            "Code": "WEB0001042",
            "Name": "Łucja Ólafsdóttir",
            "Addresses": [{"Line1": "1 High St", "PostCode": "LS1 1AA", "CountryCode": "GB"}],
            "Contacts": [{"IsPrimary": True, "Firstname": "Łucja", "Email": "l@example.org"}],
        },
    )

    customer = exact(response, 201)
    assert response.headers["Location"] == "/v2/customers/WEB0001042"
    assert customer["Name"] == "Łucja Ólafsdóttir"
    assert customer["Addresses"][0]["CountryName"] == "United Kingdom"
    assert customer["Contacts"][0]["Id"] > 0
    assert customer["Currency"]["Code"] == "GBP"
    assert customer["OutstandingBalance"] == 0
    assert customer["LastUpdatedDate"] == "2026-08-20 12:00:00"


def test_post_customer_reads_property_names_in_any_case_and_ignores_unknown_ones():
    customer = open_desk().post("/customers", {"cOdE": "LOW1", "name": "Low Case", "Favourite": "tea"})

    assert customer["Code"] == "LOW1"
    assert "Favourite" not in customer


@pytest.mark.parametrize("code", ["A", "WEB-1042", "ABCDEFGHIJKLM", "WEB 1"])
def test_post_customer_with_a_bad_code_is_refused(code):
    exact(open_desk().call("POST", "/customers", {"Code": code, "Name": "Ada Field"}), 400)


def test_post_customer_with_any_code_passes_when_the_check_is_off():
    desk = open_desk(customer_code_check="any_length")

    assert desk.new_customer("WEB-1042-LONGER")["Code"] == "WEB-1042-LONGER"


@pytest.mark.parametrize("name", [None, "", "A"])
def test_post_customer_with_a_short_name_is_refused(name):
    exact(open_desk().call("POST", "/customers", {"Code": "WEB2", "Name": name}), 400)


def test_post_customer_without_name_takes_one_when_asked_to():
    customer = open_desk().post("/customers", {"Code": "WEB2", "CreateCustomerNameIfEmptyOrNull": True})

    assert customer["Name"] == "Customer WEB2"


@pytest.mark.parametrize(("position", "status"), [("refused_400", 400), ("refused_409", 409)])
def test_post_customer_with_a_taken_code_is_refused_by_switch(position, status):
    desk = open_desk(duplicate_customer_code=position)

    refusal = exact(desk.call("POST", "/customers", {"Code": "web1", "Name": "Other"}), status)

    assert refusal["Message"] == "Customer Code is not unique"


@pytest.mark.parametrize(("position", "status"), [("honoured", 201), ("ignored", 400)])
def test_post_customer_with_a_taken_code_and_the_flag_goes_by_switch(position, status):
    desk = open_desk(create_code_if_duplicate=position)
    body = {"Code": "WEB1", "Name": "Other", "CreateCustomerCodeIfDuplicate": True}

    answer = exact(desk.call("POST", "/customers", body), status)

    assert answer.get("Code") == ("OTHE01" if status == 201 else None)


def test_post_customer_with_an_unknown_currency_is_refused():
    exact(
        open_desk().call("POST", "/customers", {"Code": "WEB2", "Name": "Ada", "Currency": {"Code": "XAU"}}),
        400,
    )


def test_get_customer_finds_the_code_in_any_case_and_misses_with_404():
    desk = open_desk()

    assert desk.get("/customers/web1")["Code"] == "WEB1"
    exact(desk.call("GET", "/customers/NOBODY"), 404)


@pytest.mark.parametrize(("position", "note"), [("kept", "vip"), ("cleared", "")])
def test_put_customer_treats_a_missing_property_by_switch(position, note):
    desk = Desk(put_property_missing=position)
    desk.log_in()
    desk.new_customer(Note="vip")

    assert desk.put("/customers/WEB1", {"Name": "Ada Marsh"})["Note"] == note


@pytest.mark.parametrize(("position", "count"), [("replaces", 1), ("merges", 2)])
def test_put_customer_treats_given_contacts_by_switch(position, count):
    desk = Desk(put_list_given=position)
    desk.log_in()
    first = desk.new_customer(Contacts=[{"Email": "a@example.org"}, {"Email": "b@example.org"}])["Contacts"][0]

    changed = desk.put("/customers/WEB1", {"Contacts": [{"Id": first["Id"], "Email": "c@example.org"}]})

    assert len(changed["Contacts"]) == count
    assert changed["Contacts"][0]["Email"] == "c@example.org"


def test_put_customer_with_another_code_answers_201_and_carries_the_invoices():
    desk = open_desk()
    number = desk.new_invoice()["Number"]

    desk.put("/customers/WEB1", {"Code": "NEW1"}, status=201)

    assert desk.get(f"/invoices/{number}")["CustomerCode"] == "NEW1"
    assert desk.get("/invoices?customercode=NEW1")["MetaData"]["TotalRecords"] == 1
    exact(desk.call("GET", "/customers/WEB1"), 404)


@pytest.mark.parametrize(("query", "line1"), [("", "Old St"), ("?updateInvoicesAddress=true", "New St")])
def test_put_customer_moves_invoice_addresses_when_asked_to(query, line1):
    desk = Desk()
    desk.log_in()
    desk.new_customer(Addresses=[{"Line1": "Old St"}])
    number = desk.new_invoice()["Number"]

    desk.put(f"/customers/WEB1{query}", {"Addresses": [{"Line1": "New St"}]})

    assert desk.get(f"/invoices/{number}")["Address"]["Line1"] == line1


def test_delete_customer_takes_the_invoices_along():
    desk = open_desk()
    number = desk.new_invoice()["Number"]

    exact(desk.call("DELETE", "/customers/WEB1"), 204)

    exact(desk.call("GET", f"/invoices/{number}"), 404)


def test_delete_customer_list_names_those_it_could_not_delete():
    desk = open_desk()

    failures = exact(desk.call("DELETE", "/customerlist", ["WEB1", "NOBODY"]), 200)

    assert [failure["Code"] for failure in failures] == ["NOBODY"]


def test_list_customers_shows_rows_without_update_date():
    row = open_desk().get("/customers")["Data"][0]

    assert row["Code"] == "WEB1"
    assert "LastUpdatedDate" not in row


def test_list_customers_by_creation_window_shows_only_those():
    desk = open_desk()
    desk.clock.sleep(3 * 86400)
    desk.log_in()
    desk.new_customer("WEB2")

    found = desk.get("/customers?startcreationdate=2026-08-22&endcreationdate=2026-08-30")

    assert [row["Code"] for row in found["Data"]] == ["WEB2"]


@pytest.mark.parametrize(
    ("position", "asked", "codes"),
    [
        ("includes_archived", "", ["WEB1"]),
        ("includes_archived", "&filterarchived=true", ["OLD1", "WEB1"]),
        ("hides_archived", "&filterarchived=true", ["WEB1"]),
    ],
)
def test_list_customers_treats_archived_ones_by_switch(position, asked, codes):
    desk = open_desk(filterarchived=position)
    desk.new_customer("OLD1")
    exact(desk.call("PUT", "/internal/customers/archive", ["OLD1"]), 204)

    rows = desk.get(f"/customers?sortby=Code{asked}")["Data"]

    assert [row["Code"] for row in rows] == codes


def test_list_customers_by_outstanding_balance_sorts_by_it():
    desk = open_desk()
    desk.new_customer("WEB2")
    desk.new_invoice()

    rows = desk.get("/customers?sortby=4&order=desc")["Data"]

    assert [(row["Code"], row["OutstandingBalance"]) for row in rows] == [
        ("WEB1", Decimal(12)),
        ("WEB2", Decimal(0)),
    ]


def test_search_customers_gives_ids_and_not_codes():
    desk = open_desk()
    customer_id = desk.get("/customers/WEB1")["Id"]

    assert desk.get("/customers/search?searchBy=code&searchText=web") == [{"key": customer_id, "value": "Ada Field"}]


def test_suggested_code_is_free():
    desk = open_desk()

    assert desk.post("/customers/suggestedcode", {"Name": "Ada Field"}, status=200) == "ADAF01"
    desk.new_customer("ADAF01")
    assert desk.post("/customers/suggestedcode", {"Name": "Ada Field"}, status=200) == "ADAF02"


def test_transactions_list_invoices_credit_notes_and_payments():
    desk = open_desk()
    desk.new_invoice(PaymentLines=[{"Amount": 12}])
    desk.new_invoice(line("-10.00"))

    kinds = [row["Type"] for row in desk.get("/customers/WEB1/transactions")]

    assert kinds == ["Invoice", "Payment", "CreditNote"]
