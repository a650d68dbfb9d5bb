"""Locked periods and other currencies, through the whole bridge."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from sitecore_kashflow.canonical.days import books_date
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.runs.records import SubjectRecord
from tests.person import Person
from tests.simulation.stage import WorldStage
from tests.stage import Stage

A_QUARTER_OF_AN_HOUR = 15 * 60 + 1
CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}


def in_euros(bridge: Stage) -> None:
    bridge.shop.customer()
    bridge.shop.call("POST", "/v1/locales/assignments", LocaleID="de-DE", BuyerID="retail")


def lock_before(bridge: Stage, day: str) -> None:
    bridge.change_account(transaction_lock_date=day)


def test_order_of_a_locked_period_parks_and_nothing_is_posted(bridge: Stage) -> None:
    lock_before(bridge, "2099-01-01")
    bridge.shop.order("SO-1")
    record = bridge.walk("SO-1")
    assert (record.state, record.parking.code) == (OrderState.PARKED, "PERIOD_LOCKED")
    assert "2099-01-01" in record.parking.reason
    assert bridge.books.invoices() == []


def test_order_of_a_locked_period_when_the_rule_says_so_is_dated_on_the_first_open_day(
    bridge: Stage, by_rules: Callable[[str], None]
) -> None:
    by_rules("orders: {locked_period: first_open_day}")
    lock_before(bridge, "2099-01-01")
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    (invoice,) = bridge.books.invoices()
    assert invoice["IssuedDate"].startswith("2099-01-01")


def pay_late(bridge: WorldStage, first_open_day: str) -> SubjectRecord:
    """An order that is invoiced today; then the books are locked before a day, and its money comes."""
    bridge.shop.order("SO-1", payment=CARD)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    lock_before(bridge, first_open_day)
    bridge.pass_time(A_QUARTER_OF_AN_HOUR)
    bridge.shop.capture("SO-1", "card-1")
    return bridge.walk("SO-1", "payments/{paymentID}/transactions")


def test_money_for_an_invoice_of_a_locked_period_parks_until_the_period_is_open(bridge: WorldStage) -> None:
    record = pay_late(bridge, "2099-01-01")
    assert (record.state, record.parking.code) == (OrderState.PARKED, "PERIOD_LOCKED")
    assert "changes no invoice before 2099-01-01" in record.parking.reason
    lock_before(bridge, "2020-01-01")
    bridge.resume("SO-1")
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.PAID


def test_money_for_an_invoice_of_a_locked_period_may_be_booked_there_by_hand(
    bridge: WorldStage, person: Person
) -> None:
    pay_late(bridge, "2099-01-01")
    lock_before(bridge, "2020-01-01")
    (invoice,) = bridge.books.invoices()
    line = {"Date": "2026-11-28 12:00:00", "Amount": invoice["DueAmount"], "Note": "Sitecore payment card-1/taken"}
    person.edit(invoice["Number"], PaymentLines=[line])
    lock_before(bridge, "2099-01-01")
    bridge.resume("SO-1")
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.PAID


BY_ITSELF = "orders: {locked_period: first_open_day}\npayments: {when_invoice_is_locked: bulk_payment}"


def test_money_for_an_invoice_of_a_locked_period_is_a_payment_by_itself_where_the_rules_say_so(
    bridge: WorldStage, by_rules: Callable[[str], None]
) -> None:
    by_rules(BY_ITSELF)
    assert pay_late(bridge, "2099-01-01").state == OrderState.PAID
    (invoice,) = bridge.books.invoices()
    (line,) = invoice["PaymentLines"]
    assert (line["Note"], line["Amount"], line["Date"][:10]) == (
        "Sitecore payment card-1/taken",
        Decimal("29.94"),
        "2099-01-01",
    )
    assert line["BulkPaymentNumber"]
    assert not invoice["IssuedDate"].startswith("2099")


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "late_commit"])
def test_a_payment_by_itself_whose_answer_is_lost_stands_once(
    bridge: WorldStage, by_rules: Callable[[str], None], kind: str
) -> None:
    by_rules(BY_ITSELF)
    more = {"seconds": 0.5} if kind == "late_commit" else {}
    bridge.fault("kashflow", method="POST", path="/v2/invoices/bulk/payments", kind=kind, times=1, **more)
    assert pay_late(bridge, "2099-01-01").state == OrderState.PAID
    assert len(bridge.books.invoices()[0]["PaymentLines"]) == 1


@pytest.mark.parametrize("lost", [False, True])
def test_a_payment_by_itself_that_kashflow_shows_without_its_note_stands_once_and_waits_for_a_person(
    bridge: WorldStage, by_rules: Callable[[str], None], person: Person, *, lost: bool
) -> None:
    by_rules(BY_ITSELF)
    bridge.switch("kashflow", bulk_payment_note="none")
    if lost:
        bridge.fault("kashflow", method="POST", path="/v2/invoices/bulk/payments", kind="reset_after", times=1)
    record = pay_late(bridge, "2099-01-01")
    assert (record.state, record.parking.code) == (OrderState.PARKED, "RECEIPT_WITHOUT_NOTE")
    bridge.resume("SO-1")
    bridge.settle()
    assert bridge.record("SO-1").parking.code == "RECEIPT_WITHOUT_NOTE", "it asks for no money that has not come"
    (invoice,) = bridge.books.invoices()
    (line,) = person.do("GET", f"/invoices/{invoice['Number']}")["PaymentLines"]
    lock_before(bridge, "2020-01-01")
    person.edit(invoice["Number"], PaymentLines=[line | {"Note": "Sitecore payment card-1/taken"}])
    bridge.resume("SO-1")
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.PAID
    assert len(bridge.books.invoices()[0]["PaymentLines"]) == 1


def test_a_payment_by_itself_that_kashflow_refuses_parks(bridge: WorldStage, by_rules: Callable[[str], None]) -> None:
    by_rules(BY_ITSELF)
    bridge.switch("kashflow", bulk_payment_on_locked_invoice="refused_400")
    record = pay_late(bridge, "2099-01-01")
    assert (record.state, record.parking.code) == (OrderState.PARKED, "KASHFLOW_REFUSED")
    assert bridge.books.invoices()[0]["PaymentLines"] == []


@pytest.mark.also_on_moto
def test_order_in_euros_when_converted_is_booked_and_settled_in_pounds(
    bridge: Stage, by_rules: Callable[[str], None]
) -> None:
    by_rules("currency: {mode: convert_to_home, rates: fixed, fixed: {EUR: 1.1527}}")
    in_euros(bridge)
    bridge.shop.order("SO-1", payment=CARD, country="DE", tax="0")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    (invoice,) = bridge.books.invoices()
    # 24.95 / 1.1527 = 21.6448
    assert (invoice["Currency"]["Code"], invoice["GrossAmount"]) == ("GBP", Decimal("21.64"))
    entry = bridge.entries("SO-1").the_only("invoice")
    assert entry is not None
    assert (entry.figures.currency, entry.figures.rate) == ("GBP", Decimal("1.1527"))
    bridge.shop.capture("SO-1", "card-1")
    assert bridge.walk("SO-1", "payments/{paymentID}/transactions").state == OrderState.PAID
    assert bridge.walk("SO-1", "ship").state == OrderState.PAID
    (invoice,) = bridge.books.invoices()
    assert invoice["DueAmount"] == 0


def test_order_in_euros_when_kept_carries_the_rate_of_the_rules(bridge: Stage, by_rules: Callable[[str], None]) -> None:
    first = books_date(bridge.wiring.clock()).replace(day=1)
    by_rules(f"currency: {{rates: dated, dated: {{EUR: {{{first}: 1.1527}}}}}}")
    in_euros(bridge)
    bridge.shop.order("SO-1", country="DE", tax="0")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    (invoice,) = bridge.books.invoices()
    assert (invoice["Currency"]["Code"], invoice["Currency"]["ExchangeRate"]) == ("EUR", Decimal("1.1527"))
    entry = bridge.entries("SO-1").the_only("invoice")
    assert entry is not None
    assert (str(entry.figures.rate), str(entry.figures.rate_day)) == ("1.1527", str(first))


def test_order_in_euros_moved_out_of_a_locked_period_keeps_the_rate_of_its_tax_point_and_states_its_vat(
    bridge: Stage, by_rules: Callable[[str], None]
) -> None:
    first = books_date(bridge.wiring.clock()).replace(day=1)
    by_rules(
        f"currency: {{rates: dated, dated: {{EUR: {{{first}: 1.1527, 2099-01-01: 2}}}}}}\n"
        "orders: {locked_period: first_open_day}"
    )
    lock_before(bridge, "2099-01-01")
    in_euros(bridge)
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    (invoice,) = bridge.books.invoices()
    assert invoice["Currency"]["ExchangeRate"] == Decimal("1.1527")
    said = [line["Description"] for line in invoice["LineItems"] if not line["Rate"]]
    assert said[0].startswith("Time of supply: ")
    assert said[1:] == ["VAT GBP 4.33 on GBP 21.64 at 20 %, rate 1.1527"]


def test_order_in_euros_whose_rate_is_of_years_ago_parks(bridge: Stage, by_rules: Callable[[str], None]) -> None:
    by_rules("currency: {rates: dated, dated: {EUR: {2020-01-01: 1.1527}}}")
    in_euros(bridge)
    bridge.shop.order("SO-1", country="DE", tax="0")
    record = bridge.walk("SO-1")
    assert (record.state, record.parking.code) == (OrderState.PARKED, "RATE_TOO_OLD")


def test_order_in_euros_without_a_rate_in_the_rules_parks(bridge: Stage, by_rules: Callable[[str], None]) -> None:
    by_rules("currency: {rates: fixed}")
    in_euros(bridge)
    bridge.shop.order("SO-1", country="DE", tax="0")
    assert bridge.walk("SO-1").parking.code == "EXCHANGE_RATE_MISSING"


def test_order_in_euros_whose_home_amount_is_reckoned_the_wrong_way_round_parks(
    bridge: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_euros(bridge)
    bridge.shop.order("SO-1", country="DE", tax="0")
    read = bridge.wiring.client.invoice
    wrong = {"HomeCurrencyGrossAmount": Decimal("28.69")}
    monkeypatch.setattr(bridge.wiring.client, "invoice", lambda number: (read(number) or {}) | wrong)
    record = bridge.walk("SO-1")
    assert record.parking.code == "HOME_AMOUNT_DIFFERS"
    assert "28.69 GBP" in record.parking.reason


@pytest.mark.parametrize(("position", "days"), [("issue_date", 0), ("customer_terms", 30)])
def test_an_invoice_that_is_left_to_kashflows_terms_stands_whatever_kashflow_makes_of_it(
    bridge: Stage, by_rules: Callable[[str], None], person: Person, position: str, days: int
) -> None:
    bridge.switch("kashflow", due_date_missing=position)
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    (first,) = bridge.books.invoices()
    person.edit_customer(first["CustomerCode"], PaymentTerms={"Type": "Days", "Days": 30})
    by_rules("orders: {terms: kashflow}")
    bridge.shop.order("SO-2")
    assert bridge.walk("SO-2").state == OrderState.INVOICED
    (invoice,) = [one for one in bridge.books.invoices() if one["CustomerReference"] == "SO-2"]
    issued, due = (datetime.fromisoformat(invoice[day]) for day in ("IssuedDate", "DueDate"))
    assert (due - issued).days == days
