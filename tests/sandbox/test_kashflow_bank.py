from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.kashflow_desk import exact, line, open_desk

CURRENT, PAYPAL = "/bankaccounts/55166/transactions", "/bankaccounts/55167/transactions"


def fee(**more):
    return {
        "Date": "2026-08-20 12:00:00",
        "MoneyType": 7905,
        "PaidOut": Decimal("0.65"),
        "Comment": "po_1 fees",
        "VATAble": False,
    } | more


def test_bank_account_shows_the_invoice_payments():
    desk = open_desk()
    number = desk.new_invoice(PaymentLines=[{"Amount": 12, "AccountId": 55167, "Date": "2026-08-19"}])["Number"]

    found = desk.get(f"{PAYPAL}?startdate=2026-08-19&enddate=2026-08-19")

    assert [(row["EntityName"], row["ResourceNumber"], row["PaidIn"]) for row in found["Data"]] == [
        ("invoice", number, 12)
    ]
    assert found["MetaData"]["ClosingBalance"] == 12
    balances = {account["Id"]: account["BankBalance"] for account in desk.get("/bankaccounts")}
    assert balances == {55166: 0, 55167: 12, 55168: 0, 55169: 0, 55170: 0}


def test_bank_transaction_shows_in_its_account_without_a_resource():
    desk = open_desk()

    made = desk.post(PAYPAL, fee())

    (row,) = desk.get(PAYPAL)["Data"]
    assert row["Id"] == made["Id"]
    assert (row["EntityName"], row["ResourceNumber"], row["Comment"]) == ("banktransaction", None, "po_1 fees")
    assert (row["PaidIn"], row["PaidOut"], row["Balance"]) == (0, Decimal("0.65"), Decimal("-0.65"))
    assert desk.get(CURRENT)["Data"] == []
    assert desk.get("/bankaccounts/55167")["BankBalance"] == Decimal("-0.65")


def test_transfer_is_a_line_in_either_account_with_one_id():
    desk = open_desk()
    desk.post(PAYPAL, fee(MoneyType=1200, PaidOut=20))

    (out,), (into,) = desk.get(PAYPAL)["Data"], desk.get(CURRENT)["Data"]

    assert out["Id"] == into["Id"]
    assert (out["PaidOut"], into["PaidIn"], into["AccountId"]) == (20, 20, 55167)


def test_bulk_payment_is_one_line_of_the_bank_list():
    desk = open_desk()
    items = [{"ObjectNumber": desk.new_invoice()["Number"], "Amount": 12} for _ in range(2)]
    bulk = desk.post("/invoices/bulk/payments", {"AccountId": 55167, "Comment": "payout 7", "PaymentItems": items})

    (row,) = desk.get(PAYPAL)["Data"]

    assert (row["EntityName"], row["ResourceNumber"]) == ("invoicebatchpayment", bulk["Number"])
    assert (row["PaidIn"], row["Comment"]) == (24, "payout 7")


def test_opening_and_closing_balance_are_those_of_the_days_asked_for():
    desk = open_desk()
    for day, paid in (("2026-08-18", 5), ("2026-08-19", 7), ("2026-08-20", 11)):
        desk.post(PAYPAL, fee(Date=day, PaidOut=0, PaidIn=paid, MoneyType=2119))

    about = desk.get(f"{PAYPAL}?startdate=2026-08-19&enddate=2026-08-19&searchtext=nothing")["MetaData"]

    assert (about["OpeningBalance"], about["ClosingBalance"], about["TotalRecords"]) == (5, 12, 0)


@pytest.mark.parametrize(
    ("position", "money_type", "status"),
    [
        ("nominal_code", 7905, 201), ("nominal_code", 3, 400), ("nominal_id", 7905, 400), ("kind", 3, 201),
        ("kind", 7905, 400),
    ],
)  # fmt: skip
def test_money_type_is_read_by_switch(position, money_type, status):
    desk = open_desk(money_type=position)

    exact(desk.call("POST", PAYPAL, fee(MoneyType=money_type)), status)


def test_money_type_may_be_the_id_of_a_nominal():
    desk = open_desk(money_type="nominal_id")
    nominal = desk.get("/nominals/1200")["Id"]

    desk.post(PAYPAL, fee(MoneyType=nominal, PaidOut=20))

    assert [row["PaidIn"] for row in desk.get(CURRENT)["Data"]] == [20]


@pytest.mark.parametrize("position", ["full", "location", "empty"])
def test_answer_to_a_bank_transaction_goes_by_switch(position):
    desk = open_desk(bank_transaction_answer=position)

    answer = desk.call("POST", PAYPAL, fee())

    assert answer.status_code == 201
    assert ("Id" in answer.json(), "location" in answer.headers) == (position == "full", position != "empty")


@pytest.mark.parametrize(("position", "shown"), [("shown_if_left_out", 1), ("hidden_if_left_out", 0)])
def test_bank_list_without_its_filters_goes_by_switch(position, shown):
    desk = open_desk(bank_list_filters=position)
    desk.post(PAYPAL, fee())

    assert len(desk.get(PAYPAL)["Data"]) == shown
    assert len(desk.get(f"{PAYPAL}?includenominalcodebanktransactions=true")["Data"]) == 1
    assert desk.get(PAYPAL)["MetaData"]["ClosingBalance"] == Decimal("-0.65")


def test_comment_and_money_type_in_the_bank_list_go_by_switch():
    desk = open_desk(bank_comment="cut_at_50", bank_row_money_type="shown")
    desk.post(PAYPAL, fee(Comment="x" * 60))

    (row,) = desk.get(PAYPAL)["Data"]

    assert (row["Comment"], row["MoneyType"]) == ("x" * 50, 7905)


@pytest.mark.parametrize(
    "wrong",
    [{"Date": None}, {"MoneyType": None}, {"PaidIn": 1}, {"PaidOut": 0}, {"PaidOut": -1}, {"CustomerCode": "NOBODY"}],
)
def test_bank_transaction_that_makes_no_sense_is_refused(wrong):
    desk = open_desk()

    exact(desk.call("POST", PAYPAL, fee(**wrong)), 400)

    assert desk.get(PAYPAL)["Data"] == []


def test_bank_transaction_of_a_locked_day_is_refused():
    desk = open_desk()
    desk.sandbox.kashflow.change_account({"transaction_lock_date": "2026-07-01"})
    exact(desk.call("POST", PAYPAL, fee(Date="2026-06-30")), 400)
    desk.sandbox.kashflow.change_account({"bank_account_lock": {"55167": "2026-08-01"}})
    exact(desk.call("POST", PAYPAL, fee(Date="2026-07-31")), 400)
    desk.post(PAYPAL, fee(Date="2026-08-01"))


BODIES: dict[str, Any] = {
    "template": {
        "Name": "Stock", "Note": "ME-2026-08-stock", "JournalDate": "2026-08-31",
        "LineItems": [{"NominalCode": 5000, "Debit": 4}, {"NominalCode": 1200, "Credit": 4, "Comment": "count"}],
    },
    "hand_entry": {
        "Date": "2026-08-31", "Description": "Stock",
        "Lines": [{"NominalCode": 5000, "Debit": 4}, {"NominalCode": 1200, "Credit": 4}],
    },
    "payroll": {
        "Date": "2026-08-31", "Description": "Stock", "Reference": "ME-2026-08-stock",
        "Lines": [
            {"NominalCode": 5000, "Amount": 4, "Debit": True}, {"NominalCode": 1200, "Amount": 4, "Debit": False},
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("shape", BODIES)
def test_journal_is_written_and_read_in_its_shape_and_in_no_other(shape):
    desk = open_desk(journal_shape=shape)

    made = desk.post("/journals", BODIES[shape])

    assert (made["Number"], made["TotalAmount"]) == (1, 4)
    read = desk.get("/journals/1")
    lines = read.get("LineItems") or read["Lines"]
    assert [(one["NominalCode"], set(one) >= set(BODIES[shape].get("Lines", [{}])[0])) for one in lines] == [
        (5000, True),
        (1200, True),
    ]
    (row,) = desk.get("/journals")["Data"]
    assert (row["JournalName"], row["JournalDate"], row["TotalAmount"]) == ("Stock", "2026-08-31T00:00:00", 4)
    assert {"LineItems", "Lines", "Date", "Id"} & set(row) == set()
    (entry,) = desk.get(CURRENT)["Data"]
    assert (entry["EntityName"], entry["ResourceNumber"], entry["PaidOut"]) == ("journal", 1, 4)
    for other in BODIES.keys() - {shape, "hand_entry", "payroll"}:
        exact(desk.call("POST", "/journals", BODIES[other]), 400)


def test_journal_can_be_changed_and_deleted():
    desk = open_desk()
    desk.post("/journals", BODIES["template"])

    desk.put("/journals/1", BODIES["template"] | {"Name": "Stock again"})

    assert [row["JournalName"] for row in desk.get("/journals")["Data"]] == ["Stock again"]
    exact(desk.call("DELETE", "/journals/1"), 204)
    exact(desk.call("GET", "/journals/1"), 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"LineItems": []}, {"LineItems": [{"NominalCode": 5000, "Debit": 4}]}, {"Category": 8},
        {"JournalDate": "2026-06-30"},
        {"LineItems": [{"NominalCode": 5000, "Debit": 4, "Credit": 4}, {"NominalCode": 1, "Debit": 0}]},
    ],
)  # fmt: skip
def test_journal_that_is_not_lawful_is_refused(wrong):
    desk = open_desk()
    desk.sandbox.kashflow.change_account({"transaction_lock_date": "2026-07-01"})

    exact(desk.call("POST", "/journals", BODIES["template"] | wrong), 400)


@pytest.mark.parametrize(("position", "found"), [("in_next_return", 2), ("left_out", 0)])
def test_invoice_that_comes_too_late_for_its_vat_return_is_in_the_next_by_switch(position, found):
    desk = open_desk(late_items=position)
    early = desk.new_invoice(IssuedDate="2026-06-30")["Number"]
    desk.sandbox.kashflow.change_account({"vat_return_until": "2026-06-30"})
    late = desk.new_invoice(line(), IssuedDate="2026-06-29")["Number"]
    desk.sandbox.kashflow.change_account({"vat_return_until": "2026-09-30"})

    returns = [desk.get(f"/invoices/{number}")["VATReturnId"] for number in (early, late)]

    assert [one or 0 for one in returns] == [1, found]
