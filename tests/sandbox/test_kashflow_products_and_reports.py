from decimal import Decimal

import pytest

from tests.sandbox.kashflow_desk import exact, line, open_desk

AUDIT = "/reports/business/audit?startdate=2026-08-20&enddate=2026-08-20&transactionbasedon=2"
REPORTS = (
    AUDIT,
    "/search?searchtext=WEB",
    "/reports/sales/unpaid-invoices",
    "/reports/business/stockoverview",
)


def stock(desk, code="MUG-B"):
    return desk.get(f"/products/4000/{code}")["QuantityInStock"]


def mugs(quantity="2", rate="10.00"):
    return line(rate, quantity, ProductCode="MUG-B")


def test_sale_line_with_a_managed_product_lowers_its_stock():
    desk = open_desk()

    desk.new_invoice(mugs())

    assert stock(desk) == 39
    assert desk.get("/products/4000/GIFTWRAP")["QuantityInStock"] == 0


def test_stock_follows_changed_and_deleted_lines():
    desk = open_desk()
    number = desk.new_invoice(mugs())["Number"]

    desk.put(f"/invoices/{number}", {"LineItems": [mugs("5")]})
    assert stock(desk) == 36
    exact(desk.call("DELETE", f"/invoices/{number}"), 204)
    assert stock(desk) == 41


@pytest.mark.parametrize(("position", "left"), [("ignored", 41), ("put_back", 43)])
def test_stock_on_a_credit_line_goes_by_switch(position, left):
    desk = open_desk(credit_line_stock=position)

    desk.new_invoice(mugs(rate="-10.00"))

    assert stock(desk) == left


def test_product_key_is_the_pair_of_nominal_and_code():
    desk = open_desk()
    desk.post("/products", {"NominalCode": 4010, "Code": "MUG-B", "Name": "Mug drawing", "Price": 3})

    assert desk.get("/products/4010/mug-b")["Name"] == "Mug drawing"
    exact(desk.call("POST", "/products", {"NominalCode": 4010, "Code": "mug-b", "Name": "Again"}), 400)
    exact(desk.call("GET", "/products/4001/MUG-B"), 404)


def test_put_product_sets_stock_absolutely():
    desk = open_desk()

    assert desk.put("/products/4000/MUG-B", {"QuantityInStock": 7})["QuantityInStock"] == 7
    assert desk.get("/products/4000/MUG-B")["Price"] == Decimal("10.00")


def test_delete_product_takes_it_out_of_the_lists():
    desk = open_desk()
    exact(desk.call("DELETE", "/products/4000/MUG-B"), 204)

    codes = [row["Code"] for row in desk.get("/nominals/4000/products?sortcolumn=0")["Data"]]

    assert codes == ["GIFTWRAP", "MUG-R", "TEE-M"]


def test_product_list_leaves_out_those_not_in_use_unless_asked():
    desk = open_desk()
    desk.put("/products/4000/MUG-B", {"InUse": False})

    assert desk.get("/products/list")["MetaData"]["TotalRecords"] == 4
    assert desk.get("/products/list?filterbyinuseonly=false")["MetaData"]["TotalRecords"] == 5


def test_stock_overview_values_the_managed_products():
    desk = open_desk()

    found = desk.get("/reports/business/stockoverview?alertsOnly=true")

    assert [(row["ProductCode"], row["StockValue"]) for row in found["Stocks"]] == [("MUG-R", 30)]


def test_nominal_posted_twice_with_create_when_not_present_is_the_same():
    desk = open_desk()
    body = {"Code": 4920, "Name": "Gift cards", "CreateWhenNotPresent": True}

    first = desk.post("/nominals", body)

    assert desk.post("/nominals", body, status=200)["Id"] == first["Id"]
    exact(desk.call("POST", "/nominals", {"Code": 4920, "Name": "Gift cards"}), 400)
    assert desk.get(f"/nominals/Id/{first['Id']}")["Code"] == 4920


def test_vat_rate_added_is_taken_on_lines_until_it_is_deleted():
    desk = open_desk()
    desk.post("/vat/settings/vatrates/17.5", None)
    rate = desk.get("/vat/settings/vatrates")[-1]

    desk.new_invoice(line(VATLevel=Decimal("17.5")))

    exact(desk.call("DELETE", f"/vat/settings/vatrates/{rate['VATId']}"), 204)
    exact(desk.call("DELETE", f"/vat/settings/vatrates/{rate['VATId']}"), 404)


def test_unpaid_invoices_lists_what_is_owed_with_part_payments():
    desk = open_desk()
    desk.new_invoice(PaymentLines=[{"Amount": 12}])
    desk.new_invoice(PaymentLines=[{"Amount": 2}])

    found = desk.get("/reports/sales/unpaid-invoices")

    (row,) = found["Invoices"]
    assert (row["InvoiceNumber"], row["InvoiceAmountOwed"]) == (1002, 10)
    assert [part["PaymentAmount"] for part in row["PartPayments"]] == [2]
    assert found["Metadata"]["TotalOwed"] == 10


def test_audit_report_tells_creation_change_and_deletion():
    desk = open_desk()
    number = desk.new_invoice()["Number"]
    desk.put(f"/invoices/{number}", {"PaymentLines": [{"Amount": 12}]})
    exact(desk.call("DELETE", f"/invoices/{number}"), 204)

    rows = desk.get(f"{AUDIT}&sortby=TransactionNumber")["Data"]

    invoices = [row for row in rows if row["TransactionType"] == "Sales Invoice"]
    assert sorted(row["Narrative"].rpartition(" ")[2] for row in invoices) == ["created", "deleted", "edited"]
    assert [row["Current"] for row in invoices].count(True) == 1
    assert len(rows) == 4
    history = desk.get(f"/reports/business/audit/{invoices[0]['TransactionNumber']}")
    assert [row["IsDeleted"] for row in history] == [False, False, True]


def test_audit_report_without_dates_is_refused():
    exact(open_desk().call("GET", "/reports/business/audit"), 400)


def test_search_finds_invoices_payments_and_customers_by_type():
    desk = open_desk()
    desk.new_invoice(PaymentLines=[{"Amount": 12, "Note": "WEB pay_1"}])

    found = desk.get("/search?searchtext=WEB")
    only = desk.get("/search?searchtext=WEB-100234&exactmatch=true&searchentitytype=1")

    assert [group["EntityTypeText"] for group in found["GlobalSearchResponse"]] == [
        "Invoice",
        "InvoicePayment",
        "Customer",
    ]
    assert only["GlobalSearchResponse"][0]["EntityDetails"][0]["ResourceId"] == 1001
    assert only["TotalRecords"] == 1


@pytest.mark.parametrize(("position", "status"), [("present", 200), ("missing_404", 404), ("refused_401", 401)])
@pytest.mark.parametrize("path", REPORTS)
def test_report_answers_by_switch(path, position, status):
    exact(open_desk(reports=position).call("GET", path), status)


def test_reports_when_late_show_what_was_there_a_minute_ago():
    desk = open_desk(reports="late_60_seconds")
    desk.clock.sleep(61)
    desk.new_invoice(mugs())

    def seen():
        audit, search, unpaid, stocks = map(desk.get, REPORTS)
        found = sum(group["EntityType"] == 1 for group in search["GlobalSearchResponse"])
        mugs_left = next(row["QuantityInStock"] for row in stocks["Stocks"] if row["ProductCode"] == "MUG-B")
        return len(audit["Data"]), found, len(unpaid["Invoices"]), mugs_left

    assert seen() == (0, 0, 0, 41)
    desk.clock.sleep(60)
    assert seen() == (1, 1, 1, 39)
