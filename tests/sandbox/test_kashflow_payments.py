from decimal import Decimal

import pytest

from tests.sandbox.kashflow_desk import exact, line, open_desk


def pay(desk, number, *amounts):
    kept = desk.get(f"/invoices/{number}")["PaymentLines"]
    return desk.put(f"/invoices/{number}", {"PaymentLines": [*kept, *({"Amount": amount} for amount in amounts)]})


def test_payment_line_is_completed_by_the_default_account_and_method():
    desk = open_desk()
    number = desk.new_invoice()["Number"]

    payment = pay(desk, number, Decimal("12.00"))["PaymentLines"][0]

    assert payment["Id"] > 0
    assert (payment["AccountId"], payment["Method"]) == (55166, 409844)
    assert payment["Permalink"].startswith("/v2/documents/invoice/payment/")


def test_payment_in_part_leaves_the_rest_due():
    desk = open_desk()
    number = desk.new_invoice()["Number"]

    invoice = pay(desk, number, Decimal("5.00"))

    assert (invoice["DueAmount"], invoice["TotalPaidAmount"]) == (Decimal("7.00"), Decimal("5.00"))
    assert invoice["PaidDate"] is None
    assert pay(desk, number, Decimal("7.00"))["PaidDate"] == "2026-08-20 12:00:00"


@pytest.mark.parametrize(("position", "paid"), [("kept", "12.00"), ("deleted", "0.00")])
def test_payment_lines_when_missing_from_a_put_go_by_switch(position, paid):
    desk = open_desk(put_payment_lines_missing=position)
    number = desk.new_invoice(PaymentLines=[{"Amount": 12}])["Number"]

    assert desk.put(f"/invoices/{number}", {"DueDate": "2026-09-01"})["TotalPaidAmount"] == Decimal(paid)


@pytest.mark.parametrize(("position", "amounts"), [("replaces", [3]), ("merges", [5, 3])])
def test_payment_lines_when_given_in_a_put_go_by_switch(position, amounts):
    desk = open_desk(put_list_given=position)
    number = desk.new_invoice(PaymentLines=[{"Amount": 5}])["Number"]

    changed = desk.put(f"/invoices/{number}", {"PaymentLines": [{"Amount": 3}]})

    assert [payment["Amount"] for payment in changed["PaymentLines"]] == amounts


def test_payment_line_sent_back_with_its_id_is_the_same_one_changed():
    desk = open_desk()
    invoice = desk.new_invoice(PaymentLines=[{"Amount": 5}])
    payment = {**invoice["PaymentLines"][0], "Note": "pay_1"}

    changed = desk.put(f"/invoices/{invoice['Number']}", {"PaymentLines": [payment]})

    assert changed["PaymentLines"] == [payment]


@pytest.mark.parametrize(("position", "status"), [("accepted", 200), ("refused_400", 400)])
def test_overpayment_goes_by_switch(position, status):
    desk = open_desk(overpayment=position)
    invoice = desk.new_invoice()

    exact(desk.call("PUT", f"/invoices/{invoice['Number']}", {"PaymentLines": [{"Amount": 15}]}), status)

    due = desk.get(f"/invoices/{invoice['Number']}")["DueAmount"]
    assert due == (0 if status == 200 else Decimal("12.00"))


def test_overpayment_when_accepted_is_a_credit_for_the_next_invoice():
    desk = open_desk()
    payment_id = desk.new_invoice(PaymentLines=[{"Amount": 15}])["PaymentLines"][0]["Id"]
    other = desk.new_invoice()

    offered = desk.get(f"/internal/invoices/{other['Id']}/credits")

    assert [(credit["Type"], credit["Id"], credit["Amount"]) for credit in offered] == [
        ("OverPayment", payment_id, Decimal("3.00"))
    ]
    desk.post(f"/internal/invoices/{other['Id']}/credits", offered, status=200)
    assert desk.get(f"/invoices/{other['Number']}")["DueAmount"] == Decimal("9.00")
    assert desk.get(f"/internal/invoices/{other['Id']}/credits") == []


@pytest.mark.parametrize(("position", "status"), [("accepted", 200), ("refused_400", 400)])
def test_negative_payment_on_a_positive_invoice_goes_by_switch(position, status):
    desk = open_desk(negative_payment_on_invoice=position)
    invoice = desk.new_invoice(PaymentLines=[{"Amount": 12}])
    lines = [*invoice["PaymentLines"], {"Amount": -12}]

    exact(desk.call("PUT", f"/invoices/{invoice['Number']}", {"PaymentLines": lines}), status)

    due = desk.get(f"/invoices/{invoice['Number']}")["DueAmount"]
    assert due == (Decimal("12.00") if status == 200 else 0)


@pytest.mark.parametrize("position", ["accepted", "refused_400"])
def test_credit_note_is_a_negative_invoice_of_the_same_series_settled_by_a_negative_payment(position):
    desk = open_desk(negative_payment_on_invoice=position)
    invoice = desk.new_invoice()

    note = desk.new_invoice(line("-10.00"), PaymentLines=[{"Amount": Decimal("-12.00")}])

    assert note["Number"] == invoice["Number"] + 1
    assert (note["GrossAmount"], note["DueAmount"]) == (Decimal("-12.00"), 0)
    assert (note["Type"], note["Status"]) == ("Credit Note", "Paid")
    assert desk.get("/customers/WEB1")["OutstandingBalance"] == Decimal("12.00")


def test_credit_note_applied_to_its_invoice_settles_both_by_one_bulk_payment():
    desk = open_desk()
    invoice, note = desk.new_invoice(), desk.new_invoice(line("-10.00"))

    offered = desk.get(f"/internal/invoices/{invoice['Id']}/credits")
    desk.post(f"/internal/invoices/{invoice['Id']}/credits", offered, status=200)

    settled, used = desk.get(f"/invoices/{invoice['Number']}"), desk.get(f"/invoices/{note['Number']}")
    (paid,), (taken,) = settled["PaymentLines"], used["PaymentLines"]
    assert (settled["DueAmount"], used["DueAmount"]) == (0, 0)
    assert (paid["Amount"], taken["Amount"]) == (Decimal("12.00"), Decimal("-12.00"))
    assert paid["BulkPaymentNumber"] == taken["BulkPaymentNumber"] > 0
    assert [paid["IsPaymentCreditNote"], taken["IsPaymentCreditNote"]] == [True, True]


@pytest.mark.parametrize("wrong", [{"Amount": 100}, {"Amount": -1}, {"Id": 1}, {"Type": "Gift"}])
def test_credit_that_is_not_there_is_refused(wrong):
    desk = open_desk()
    invoice = desk.new_invoice()
    desk.new_invoice(line("-10.00"))
    (credit,) = desk.get(f"/internal/invoices/{invoice['Id']}/credits")

    exact(desk.call("POST", f"/internal/invoices/{invoice['Id']}/credits", [{**credit, **wrong}]), 400)

    assert desk.get(f"/invoices/{invoice['Number']}")["PaymentLines"] == []


def test_credits_path_takes_the_id_and_not_the_number():
    desk = open_desk()
    invoice = desk.new_invoice()

    exact(desk.call("GET", f"/internal/invoices/{invoice['Number']}/credits"), 404)


def test_credits_path_when_missing_answers_404():
    desk = open_desk(credits_path="missing_404")
    invoice_id = desk.new_invoice()["Id"]

    exact(desk.call("GET", f"/internal/invoices/{invoice_id}/credits"), 404)
    exact(desk.call("POST", f"/internal/invoices/{invoice_id}/credits", []), 404)


def test_bulk_payment_pays_several_invoices_and_can_be_taken_back():
    desk = open_desk()
    numbers = [desk.new_invoice()["Number"], desk.new_invoice()["Number"]]
    items = [{"ObjectNumber": number, "Amount": 12} for number in numbers]

    bulk = desk.post("/invoices/bulk/payments", {"AccountId": 55167, "Method": 409846, "PaymentItems": items})

    paid = desk.get(f"/invoices/{numbers[0]}")
    assert (paid["DueAmount"], paid["PaymentLines"][0]["BulkPaymentNumber"]) == (0, bulk["Number"])
    assert desk.get(f"/invoices/bulk/payments/{bulk['Number']}")["Amount"] == 24
    exact(desk.call("DELETE", f"/invoices/bulk/payments/{bulk['Number']}"), 204)
    assert desk.get(f"/invoices/{numbers[0]}")["DueAmount"] == 12
    exact(desk.call("GET", f"/invoices/bulk/payments/{bulk['Number']}"), 404)


def test_bulk_payment_with_an_unknown_invoice_pays_nothing():
    desk = open_desk()
    number = desk.new_invoice()["Number"]
    items = [{"ObjectNumber": number, "Amount": 12}, {"ObjectNumber": 99, "Amount": 1}]

    exact(desk.call("POST", "/invoices/bulk/payments", {"PaymentItems": items}), 400)

    assert desk.get(f"/invoices/{number}")["DueAmount"] == 12


def test_bulk_payment_changed_by_put_pays_the_new_amounts():
    desk = open_desk()
    number = desk.new_invoice()["Number"]
    bulk = desk.post("/invoices/bulk/payments", {"PaymentItems": [{"ObjectNumber": number, "Amount": 12}]})

    changed = {"PaymentItems": [{"ObjectNumber": number, "Amount": 2}]}
    desk.put(f"/invoices/bulk/payments/{bulk['Number']}", changed)

    assert desk.get(f"/invoices/{number}")["DueAmount"] == 10


def test_bulk_payment_reaches_an_invoice_of_a_locked_period():
    desk = open_desk()
    number = desk.new_invoice(IssuedDate="2026-06-30")["Number"]
    desk.sandbox.kashflow.change_account({"transaction_lock_date": "2026-07-01"})
    body = {"PaymentItems": [{"ObjectNumber": number, "Amount": 12}]}

    exact(desk.call("POST", "/invoices/bulk/payments", {**body, "Date": "2026-06-30"}), 400)
    desk.post("/invoices/bulk/payments", {**body, "Date": "2026-08-20"})

    assert desk.get(f"/invoices/{number}")["DueAmount"] == 0


def test_bulk_payment_for_an_invoice_of_a_locked_period_may_be_refused():
    desk = open_desk(bulk_payment_on_locked_invoice="refused_400")
    number = desk.new_invoice(IssuedDate="2026-06-30")["Number"]
    desk.sandbox.kashflow.change_account({"transaction_lock_date": "2026-07-01"})
    body = {"PaymentItems": [{"ObjectNumber": number, "Amount": 12}], "Date": "2026-08-20"}

    exact(desk.call("POST", "/invoices/bulk/payments", body), 400)


@pytest.mark.parametrize(("position", "note"), [("comment", "payout 7"), ("none", None)])
def test_note_of_a_line_from_a_bulk_payment_goes_by_switch(position, note):
    desk = open_desk(bulk_payment_note=position)
    number = desk.new_invoice()["Number"]
    body = {"PaymentItems": [{"ObjectNumber": number, "Amount": 12}], "Comment": "payout 7"}

    desk.post("/invoices/bulk/payments", body)

    assert desk.get(f"/invoices/{number}")["PaymentLines"][0]["Note"] == note


def test_locked_bank_account_refuses_payments_before_its_date():
    desk = open_desk()
    number = desk.new_invoice()["Number"]
    desk.sandbox.kashflow.change_account({"bank_account_lock": {"55166": "2026-08-01"}})
    early = [{"Amount": 12, "Date": "2026-07-31"}]

    exact(desk.call("PUT", f"/invoices/{number}", {"PaymentLines": early}), 400)

    desk.put(f"/invoices/{number}", {"PaymentLines": [{"Amount": 12, "Date": "2026-08-01"}]})


@pytest.mark.parametrize(("position", "note"), [("note", "CN-1"), ("dropped", None)])
def test_comment_of_an_applied_credit_goes_by_switch(position, note):
    desk = open_desk(credit_comment=position)
    invoice, _ = desk.new_invoice(), desk.new_invoice(line("-10.00"))
    (offered,) = desk.get(f"/internal/invoices/{invoice['Id']}/credits")

    desk.post(f"/internal/invoices/{invoice['Id']}/credits", [{**offered, "Comment": "CN-1"}], status=200)

    assert desk.get(f"/invoices/{invoice['Number']}")["PaymentLines"][0]["Note"] == note


def test_lines_of_an_applied_credit_outlive_a_put_of_the_whole_invoice():
    desk = open_desk()
    invoice, _ = desk.new_invoice(line("20.00")), desk.new_invoice(line("-10.00"))
    offered = desk.get(f"/internal/invoices/{invoice['Id']}/credits")
    desk.post(f"/internal/invoices/{invoice['Id']}/credits", offered, status=200)

    changed = pay(desk, invoice["Number"], Decimal("12.00"))

    assert [one["IsPaymentCreditNote"] for one in changed["PaymentLines"]] == [True, False]
    assert changed["DueAmount"] == 0
