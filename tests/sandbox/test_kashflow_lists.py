import pytest

from tests.sandbox.kashflow_desk import exact, open_desk


def desk_with_invoices(count, **switches):
    desk = open_desk(**switches)
    for place in range(count):
        desk.new_invoice(CustomerReference=f"WEB-{place}")
    return desk


def numbers(found):
    return [row["Number"] for row in found["Data"]]


def test_list_pages_by_number_until_next_page_is_null():
    desk = desk_with_invoices(5)
    seen, page = [], 1
    while True:
        found = desk.get(f"/invoices?page={page}&perpage=2&sortby=Number&order=Asc")
        seen += numbers(found)
        if found["MetaData"]["NextPageUrl"] is None:
            break
        page += 1

    assert seen == [1001, 1002, 1003, 1004, 1005]
    assert page == 3
    assert found["MetaData"]["TotalRecords"] == 5


@pytest.mark.parametrize(("list_path", "size"), [("/invoices", 50), ("/customers", 10)])
def test_list_without_perpage_has_its_own_size(list_path, size):
    desk = desk_with_invoices(51)
    for place in range(11):
        desk.new_customer(f"WEC{place}")

    assert len(desk.get(list_path)["Data"]) == size


@pytest.mark.parametrize(
    ("position", "asked", "status", "shown"),
    [
        ("honoured_to_200", 150, 200, 150),
        ("honoured_to_200", 500, 200, 200),
        ("capped_at_100", 150, 200, 100),
        ("refused_400", 101, 400, None),
        ("refused_400", 100, 200, 100),
    ],
)
def test_perpage_above_100_goes_by_switch(position, asked, status, shown):
    desk = open_desk(perpage_above_100=position)
    for place in range(204):
        desk.new_customer(f"WEC{place}")

    found = exact(desk.call("GET", f"/customers?perpage={asked}"), status)

    assert found.get("Data") is None or len(found["Data"]) == shown


@pytest.mark.parametrize("perpage", ["0", "-1", "ten"])
def test_perpage_that_is_no_size_is_refused(perpage):
    exact(open_desk().call("GET", f"/invoices?perpage={perpage}"), 400)


@pytest.mark.parametrize(
    ("position", "start"),
    [
        ("absolute", "http://kashflow.test/v2/invoices?"),
        ("with_v2", "/v2/invoices?"),
        ("without_v2", "/invoices?"),
    ],
)
def test_next_page_url_has_the_shape_of_its_switch(position, start):
    desk = desk_with_invoices(3, next_page_url=position)

    url = desk.get("/invoices?perpage=2&customercode=WEB1")["MetaData"]["NextPageUrl"]

    assert url.startswith(start)
    assert set(url.partition("?")[2].split("&")) == {"page=2", "perpage=2", "customercode=WEB1"}


@pytest.mark.parametrize(("position", "status"), [("empty", 200), ("404", 404)])
def test_page_beyond_the_end_goes_by_switch(position, status):
    desk = desk_with_invoices(3, page_beyond_end=position)

    found = exact(desk.call("GET", "/invoices?page=3&perpage=2"), status)

    assert found.get("Data") == ([] if status == 200 else None)


@pytest.mark.parametrize("position", ["null", "filled"])
def test_list_rows_hold_lines_and_currency_by_switch(position):
    row = desk_with_invoices(1, list_row_details=position).get("/invoices")["Data"][0]

    assert (row["LineItems"] is None, row["Currency"] is None) == (position == "null", position == "null")
    assert "PaymentLines" not in row


def test_ties_when_shuffled_move_between_calls_and_when_stable_do_not():
    orders = {}
    for position in ("shuffled", "stable"):
        desk = desk_with_invoices(8, list_ties=position)
        orders[position] = {tuple(numbers(desk.get("/invoices?sortby=3"))) for _ in range(10)}

    assert len(orders["shuffled"]) > 1
    assert len(orders["stable"]) == 1


def test_sort_by_a_unique_key_is_never_shuffled():
    desk = desk_with_invoices(8)

    for _ in range(5):
        assert numbers(desk.get("/invoices?sortby=0&order=desc")) == [
            1008,
            1007,
            1006,
            1005,
            1004,
            1003,
            1002,
            1001,
        ]


def test_sort_by_payment_date_brings_the_paid_ones_up():
    desk = desk_with_invoices(3)
    desk.put("/invoices/1002", {"PaymentLines": [{"Amount": 12}]})

    assert numbers(desk.get("/invoices?sortby=8&order=desc"))[0] == 1002


def test_sort_by_an_unknown_key_is_refused():
    exact(open_desk().call("GET", "/invoices?sortby=colour"), 400)


@pytest.mark.parametrize(("position", "found"), [("substring", [1001, 1002]), ("prefix", [1001]), ("exact", [])])
def test_searchtext_matches_the_reference_by_switch(position, found):
    desk = open_desk(search_text=position)
    desk.new_invoice(CustomerReference="WEB-1")
    desk.new_invoice(CustomerReference="OLD WEB-1")

    assert numbers(desk.get("/invoices?searchtext=web-")) == found


def test_searchtext_with_the_whole_reference_finds_it_under_every_position():
    for position in ("substring", "prefix", "exact"):
        assert numbers(desk_with_invoices(2, search_text=position).get("/invoices?searchtext=WEB-1")) == [1002]


def test_filters_of_customer_dates_and_status_narrow_the_list():
    desk = desk_with_invoices(2)
    desk.new_customer("WEB2")
    desk.new_invoice(CustomerCode="WEB2", IssuedDate="2026-08-01", DueDate="2026-08-01")

    assert numbers(desk.get("/invoices?customerCode=web2")) == [1003]
    assert numbers(desk.get("/invoices?issuedatefrom=2026-08-01&issuedateto=2026-08-19")) == [1003]
    assert numbers(desk.get("/invoices?statusfilter=Overdue")) == [1003]
    assert numbers(desk.get("/invoices?customercode=NOBODY")) == []


def test_archived_invoices_are_shown_only_when_asked_for():
    desk = desk_with_invoices(2)
    exact(desk.call("PUT", "/invoices/archive-status/true", [1001]), 204)

    assert numbers(desk.get("/invoices")) == [1002]
    assert numbers(desk.get("/invoices?archived=true")) == [1001]


@pytest.mark.parametrize(
    "path",
    [
        "/nominals",
        "/currencies",
        "/currencies/list",
        "/bankaccounts",
        "/countries",
        "/sources",
        "/vat/settings/vatrates",
        "/paymentmethods/invoice",
        "/paymentstatuses",
    ],
)
def test_lookup_answers_a_bare_array(path):
    found = open_desk().get(path)

    assert isinstance(found, list)
    assert found


def test_payment_methods_are_named_by_switch():
    assert open_desk().get("/paymentmethods/invoice")[0] == {"Id": 409844, "Name": "Card"}
    other = open_desk(payment_method_names="method_id_method_name").get("/paymentmethods/invoice")[0]
    assert other == {"MethodID": 409844, "MethodName": "Card"}


def test_seed_has_the_accounts_the_default_rules_expect():
    desk = open_desk()

    assert {4000, 4001, 4900, 1200} <= {nominal["Code"] for nominal in desk.get("/nominals")}
    assert [rate["VATRate"] for rate in desk.get("/vat/settings/vatrates")] == [20, 5, 0]
    assert [currency["Code"] for currency in desk.get("/currencies")] == ["GBP", "EUR", "USD", "JPY"]
    default = next(account for account in desk.get("/bankaccounts") if account["IsDefaultAccount"])
    assert (default["Id"], default["Code"], default["DefaultInvoicePaymentType"]["Id"]) == (
        55166,
        1200,
        409844,
    )
    assert desk.get("/settings/companydetails")["HomeCurrency"]["Code"] == "GBP"
