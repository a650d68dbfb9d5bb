from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kashflow.arithmetic import line_net, line_vat, totals
from tests.sandbox.kashflow_desk import Desk, exact, invoice_body, line, open_desk


def sums(invoice):
    return invoice["NetAmount"], invoice["VATAmount"], invoice["GrossAmount"]


def decimals(*texts):
    return tuple(Decimal(text) for text in texts)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("per_line", ("28.34", "5.67", "34.01")), ("per_unit", ("28.34", "5.66", "34.00"))],
)
def test_vat_of_two_at_14_17_when_not_given_is_computed_by_the_accounts_mode(mode, expected):
    assert sums(open_desk(vat_mode=mode).new_invoice(line("14.17", "2"))) == decimals(*expected)


@pytest.mark.parametrize(
    ("position", "vat"), [("kept", "5.60"), ("recomputed_per_line", "5.67"), ("recomputed_per_unit", "5.66")]
)
def test_vat_amount_when_given_is_treated_by_switch(position, vat):
    desk = open_desk(vat_amount_given=position)

    invoice = desk.new_invoice(line("14.17", "2", VATAmount=Decimal("5.60")))

    assert invoice["VATAmount"] == Decimal(vat)


@pytest.mark.parametrize(
    ("switches", "mode"),
    [({}, 0), ({"vat_mode": "per_unit"}, 1), ({"vat_amount_given": "recomputed_per_unit"}, 1)],
    ids=["default", "account setting", "recomputing"],
)
def test_settings_tell_the_vat_mode(switches, mode):
    desk = open_desk(**switches)

    assert desk.get("/settings/advanced")["AutoCalculateVAT"] == mode
    assert desk.get("/vat/settings")["CalculateTaxOnIndividualUnitPrice"] is (mode == 1)


@pytest.mark.parametrize(
    ("position", "rate", "net"),
    [("rounded_up", "3.34", "10.02"), ("kept", "3.3333", "10.00"), ("half_up", "3.33", "9.99")],
)
def test_rate_beyond_pennies_is_treated_by_switch(position, rate, net):
    invoice = open_desk(rate_beyond_pennies=position).new_invoice(line("3.3333", "3"))

    assert invoice["LineItems"][0]["Rate"] == Decimal(rate)
    assert invoice["NetAmount"] == Decimal(net)


@pytest.mark.parametrize(("position", "vat"), [("account_default", "2.00"), ("zero", "0.00")])
def test_vat_level_when_missing_is_taken_by_switch(position, vat):
    body = line()
    del body["VATLevel"]

    assert open_desk(vat_level_missing=position).new_invoice(body)["VATAmount"] == Decimal(vat)


def test_exempt_line_bears_no_vat():
    invoice = open_desk().new_invoice({"Rate": Decimal("10.00"), "VATExempt": True})

    assert sums(invoice) == decimals("10.00", "0", "10.00")


def test_totals_are_the_sums_of_the_lines():
    invoice = open_desk().new_invoice(line("10.00", "2"), line("4.95", VATLevel=5), line("3.00", VATLevel=0))

    assert sums(invoice) == decimals("27.95", "4.25", "32.20")
    assert invoice["DueAmount"] == Decimal("32.20")


def test_foreign_invoice_shows_home_amounts_divided_by_its_rate():
    invoice = open_desk().new_invoice(
        line("162.5667", VATAmount=Decimal("32.51")), Currency={"Code": "EUR", "ExchangeRate": 2}
    )

    assert invoice["GrossAmount"] == Decimal("195.08")
    assert invoice["HomeCurrencyGrossAmount"] == Decimal("97.54")
    assert invoice["Currency"]["ExchangeRate"] == 2


@pytest.mark.parametrize(("position", "rate"), [("account_rate", "1.15"), ("one", "1")])
def test_exchange_rate_when_missing_is_taken_by_switch(position, rate):
    invoice = open_desk(exchange_rate_missing=position).new_invoice(Currency={"Code": "EUR"})

    assert invoice["Currency"]["ExchangeRate"] == Decimal(rate)


def test_exchange_rate_of_home_currency_is_always_one():
    invoice = open_desk().new_invoice(Currency={"Code": "GBP", "ExchangeRate": 7})

    assert invoice["Currency"]["ExchangeRate"] == 1


def test_exchange_rate_of_zero_is_refused():
    body = invoice_body(Currency={"Code": "EUR", "ExchangeRate": 0})

    exact(open_desk().call("POST", "/invoices", body), 400)


@pytest.mark.parametrize(("position", "paid"), [("document", "12.00"), ("home", "6.00")])
def test_total_paid_is_in_the_currency_of_the_switch(position, paid):
    desk = open_desk(total_paid_currency=position)

    invoice = desk.new_invoice(Currency={"Code": "EUR", "ExchangeRate": 2}, PaymentLines=[{"Amount": Decimal("12.00")}])

    assert invoice["TotalPaidAmount"] == Decimal(paid)
    assert invoice["DueAmount"] == 0


@pytest.mark.parametrize(("position", "lines", "gross"), [("no_change", 1, "12.00"), ("extra_line", 2, "10.80")])
def test_customer_discount_on_a_new_invoice_goes_by_switch(position, lines, gross):
    desk = Desk(customer_discount=position)
    desk.log_in()
    desk.new_customer(DiscountRate=10)

    invoice = desk.new_invoice()

    assert len(invoice["LineItems"]) == lines
    assert invoice["GrossAmount"] == Decimal(gross)


@pytest.mark.parametrize(("position", "lines"), [("no_change", 1), ("comment_line", 2)])
def test_customer_vat_number_flag_on_a_new_invoice_goes_by_switch(position, lines):
    desk = Desk(customer_vat_number_flag=position)
    desk.log_in()
    desk.new_customer(VATNumber="GB123", AutoIncludeVATNumber=True)

    invoice = desk.new_invoice()

    assert len(invoice["LineItems"]) == lines
    assert invoice["GrossAmount"] == Decimal("12.00")


amounts = st.decimals("-9999.99", "9999.99", places=2)
quantities = st.integers(1, 50).map(Decimal)


@given(st.lists(st.tuples(quantities, amounts), max_size=6), st.lists(amounts, max_size=3))
def test_totals_of_any_document_add_up(lines, payments):
    built = [
        {"Quantity": quantity, "Rate": rate, "VATAmount": line_vat(quantity, rate, Decimal(20), "per_line")}
        for quantity, rate in lines
    ]

    found = totals(built, [{"Amount": amount} for amount in payments])

    assert found["NetAmount"] == sum(map(line_net, built))
    assert found["GrossAmount"] == found["NetAmount"] + found["VATAmount"]
    assert found["DueAmount"] - found["Overpaid"] == found["GrossAmount"] - found["Paid"]


@given(quantities, amounts)
def test_vat_per_unit_and_per_line_differ_by_less_than_a_penny_a_piece(quantity, rate):
    by_line = line_vat(quantity, rate, Decimal(20), "per_line")
    by_unit = line_vat(quantity, rate, Decimal(20), "per_unit")

    assert abs(by_line - by_unit) <= quantity * Decimal("0.01")
