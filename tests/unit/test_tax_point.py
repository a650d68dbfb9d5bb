"""Which day an order's invoice bears, by either rule; and the invoices for parts that are paid before."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.canonical.invoice import InvoiceDraft
from sitecore_kashflow.canonical.order import Chargeback, Order, OrderStanding, Refund
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.documents.entry import Days, Entries, Entry, Figures, Standing
from sitecore_kashflow.documents.sold_lines import pack_lines
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.effects import Plan
from sitecore_kashflow.plan.order_plan import plan_order
from sitecore_kashflow.plan.periods import in_open_period, on_day_of_issue, vat_period_end
from sitecore_kashflow.plan.tax_point import tax_point
from sitecore_kashflow.rules.model import Rules
from tests.builders import Raw, draft, line, order, payment, rules, shipment, transaction, worksheet

ORDER = rules()
COMPLETED = rules("orders: {due: [Completed], not_due: [Unsubmitted, AwaitingApproval, Open]}")


def first_of(more: str = "") -> Rules:
    return rules(f"orders: {{tax_point: first_of{more}}}\nnominal_codes: {{deposit: 2115}}")


FIRST_OF = first_of()


def placed(day: str, **changes: Any) -> Raw:
    return worksheet(DateSubmitted=f"{day}T10:00:00+00:00", **changes)


def card(day: str, amount: str = "29.94", name: str = "pay-1") -> Raw:
    """Money captured on a day."""
    return payment(transaction(amount=amount, DateExecuted=f"{day}T10:00:00+00:00"), ID=name, amount=amount)


def left(day: str, name: str = "ship-1") -> Raw:
    return shipment(f"{day}T16:00:00+00:00", ID=name)


def stands(draft: InvoiceDraft, number: int) -> Entry:
    """The ledger's entry of a document that was posted."""
    return Entry(
        kind=draft.kind,
        reference=draft.reference,
        customer_code="W1",
        figures=Figures(draft.currency, draft.net, draft.vat, draft.gross, Decimal(1)),
        rules_version=draft.rules_version,
        status=Standing(number, is_verified=True),
        carried={one.payment_id: one.amount for one in draft.payments},
        days=Days(draft.issued_on),
        sold=pack_lines(draft.lines),
    )


def carried_out(of: Order, by: Rules, entries: Entries | None = None) -> tuple[Plan, list[InvoiceDraft]]:
    """The plan, and the invoices that it makes."""
    plan = plan_order(of, entries or Entries(), by)
    return plan, plan.sales()


def told(draft: InvoiceDraft) -> tuple[str, date, str, str]:
    return draft.reference, draft.issued_on, str(draft.net), str(draft.vat)


# --- rule `order` ---------------------------------------------------------------------------------------------


def test_every_new_order_bears_its_own_uk_day() -> None:
    late = worksheet(DateSubmitted="2026-08-31T23:30:00+00:00")
    assert tax_point(order(late), ORDER) == date(2026, 9, 1)
    assert tax_point(order(placed("2026-09-28"), [card("2026-10-02")]), ORDER) == date(2026, 9, 28)


def test_an_order_that_fell_due_when_it_was_completed_bears_that_day() -> None:
    done = placed("2026-09-28", Status="Completed", DateCompleted="2026-10-05T23:30:00+00:00")
    assert tax_point(order(done, (), COMPLETED), COMPLETED) == date(2026, 10, 6)
    assert tax_point(order(done), ORDER) == date(2026, 9, 28)


def test_money_that_came_before_an_order_fell_due_sets_its_day() -> None:
    done = placed("2026-09-28", Status="Completed", DateCompleted="2026-10-05T12:00:00+00:00")
    assert tax_point(order(done, [card("2026-10-02")], COMPLETED), COMPLETED) == date(2026, 10, 2)
    assert tax_point(order(done, [card("2026-09-27")], COMPLETED), COMPLETED) == date(2026, 9, 27)


def test_money_that_came_just_before_midnight_sets_the_day_of_an_order_placed_just_after() -> None:
    placed_after = worksheet(DateSubmitted="2026-10-01T00:00:02+01:00")
    captured = payment(transaction(DateExecuted="2026-09-30T23:59:58+01:00"))
    for by in (ORDER, FIRST_OF):
        assert tax_point(order(placed_after, [captured], by), by) == date(2026, 9, 30)


def test_an_approved_order_bears_the_day_of_its_approval() -> None:
    approved = placed("2026-09-28", DateApproved="2026-10-02T09:00:00+00:00")
    assert tax_point(order(approved), ORDER) == date(2026, 10, 2)


def test_an_order_due_by_completion_without_a_day_of_it_is_parked() -> None:
    with pytest.raises(PermanentError) as caught:
        order(placed("2026-09-28", Status="Completed", DateCompleted="0001-01-01T00:00:00+00:00"), (), COMPLETED)
    assert caught.value.code == "DATE_MISSING"


# --- days that are none ---------------------------------------------------------------------------------------

NO_DAYS = (
    "0001-01-01T00:00:00+00:00",
    "1900-01-01T00:00:00+00:00",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59+00:00",
)


@pytest.mark.parametrize("none", NO_DAYS)
def test_an_end_of_the_calendar_is_no_date(none: str) -> None:
    raw = worksheet(DateSubmitted=none)
    assert tax_point(order(raw), ORDER) == date(2026, 11, 20)
    paid = order(None, [payment(transaction(DateExecuted=none))])
    assert str(paid.payments[0].received_at) == "2026-11-20 08:59:00+00:00"
    with pytest.raises(PermanentError) as caught:
        order(worksheet(DateSubmitted=none, DateCreated=none))
    assert caught.value.code == "DATE_MISSING"
    unsent = order(None, (), FIRST_OF, [shipment(none)])
    assert tax_point(unsent, FIRST_OF) is None


# --- rule `first_of` ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payments", "shipments", "day"),
    [
        ([card("2026-10-02")], [left("2026-10-02")], date(2026, 10, 2)),
        ([card("2026-09-30")], [left("2026-10-03")], date(2026, 9, 30)),
        ([card("2026-11-15")], [left("2026-10-03")], date(2026, 10, 3)),
        ([], [left("2026-10-06", "b"), left("2026-10-03", "a")], date(2026, 10, 3)),
        ([card("2026-09-29", "20.00"), card("2026-10-01", "9.94", "pay-2")], [], date(2026, 10, 1)),
        ([card("2026-09-29", "20.00")], [], None),
        ([payment(transaction("CreditCardAuthorization"))], [], None),
        ([], [shipment(None)], None),
    ],
)
def test_the_tax_point_is_the_first_of_payment_and_dispatch(
    payments: list[Raw], shipments: list[Raw], day: date | None
) -> None:
    assert tax_point(order(placed("2026-09-28"), payments, FIRST_OF, shipments), FIRST_OF) == day


def test_what_is_completed_without_a_shipment_is_supplied_on_that_day() -> None:
    collected = placed("2026-09-28", Status="Completed", DateCompleted="2026-10-04T12:00:00+00:00")
    unpaid = first_of("}\npayments: {paid_statuses: []")
    assert tax_point(order(collected, (), unpaid), unpaid) == date(2026, 10, 4)


def test_an_order_with_nothing_to_pay_bears_its_own_day() -> None:
    free = worksheet(line(price="0"), tax="0", shipping="0")
    assert tax_point(order(free, (), FIRST_OF), FIRST_OF) == date(2026, 11, 20)


def test_authorised_and_unshipped_order_waits_and_says_for_what() -> None:
    plan, made = carried_out(
        order(placed("2026-09-28"), [payment(transaction("CreditCardAuthorization"))], FIRST_OF, [shipment(None)]),
        FIRST_OF,
    )
    assert (plan.state, made, plan.after_invoice()) == (OrderState.WAITING, [], [])
    assert "0 of 29.94 GBP is paid" in plan.awaits
    assert "shipment ship-1 has no day of dispatch" in plan.awaits


def test_card_authorised_in_september_and_captured_in_october_is_invoiced_in_october() -> None:
    plan, (made,) = carried_out(order(placed("2026-09-28"), [card("2026-10-02")], FIRST_OF), FIRST_OF)
    assert told(made) == ("SO-1001", date(2026, 10, 2), "24.95", "4.99")
    assert [(one.paid_on, one.amount) for one in made.payments] == [(date(2026, 10, 2), Decimal("29.94"))]
    assert plan.awaits == ""


# --- deposits -------------------------------------------------------------------------------------------------

SOFA = worksheet(line("SOFA", price="1000.00"), tax="200.00", shipping="0", DateSubmitted="2026-08-20T08:00:00+00:00")
TAKEN, REST = card("2026-08-20", "240.00"), card("2026-11-05", "960.00", "pay-2")


def test_a_deposit_is_invoiced_at_once_and_taken_off_the_rest() -> None:
    plan, (deposit,) = carried_out(order(SOFA, [TAKEN], FIRST_OF), FIRST_OF)
    assert told(deposit) == ("SO-1001-D1", date(2026, 8, 20), "200.00", "40.00")
    assert [(one.description, one.nominal_code, one.vat_level) for one in deposit.lines] == [
        ("Deposit", 2115, Decimal(20))
    ]
    assert (plan.state, "240.00 of 1200.00 GBP" in plan.awaits) == (OrderState.OPENED, True)

    entries = Entries([stands(deposit, 1)])
    plan, made = carried_out(order(SOFA, [TAKEN], FIRST_OF), FIRST_OF, entries)
    assert (plan.state, made) == (OrderState.WAITING, [])

    whole = order(SOFA, [TAKEN, REST], FIRST_OF, [left("2026-11-10")])
    plan, (rest,) = carried_out(whole, FIRST_OF, entries)
    assert told(rest) == ("SO-1001", date(2026, 11, 5), "800.00", "160.00")
    assert [(one.description, str(one.net), str(one.vat), one.nominal_code) for one in rest.lines] == [
        ("Sofa (SKU SOFA)", "1000.00", "200.00", 4000),
        ("Less deposit SO-1001-D1", "-200.00", "-40.00", 2115),
    ]
    assert [one.payment_id for one in rest.payments] == ["pay-2/tx-1"]

    plan, made = carried_out(whole, FIRST_OF, Entries([*entries, stands(rest, 2)]))
    assert (plan.state, made, plan.after_invoice()) == (OrderState.PAID, [], [])


def test_two_captures_on_either_side_of_a_quarters_end_each_fall_into_their_own() -> None:
    both = [card("2026-09-30", "20.00"), card("2026-10-02", "9.94", "pay-2")]
    _, made = carried_out(order(placed("2026-09-28"), both, FIRST_OF), FIRST_OF)
    assert [told(one) for one in made] == [
        ("SO-1001-D1", date(2026, 9, 30), "16.67", "3.33"),
        ("SO-1001", date(2026, 10, 2), "8.28", "1.66"),
    ]


def test_two_captures_of_one_payment_are_two_parts() -> None:
    parts = (
        transaction(amount="20.00", ID="tx-1", DateExecuted="2026-09-30T10:00:00+00:00"),
        transaction(amount="9.94", ID="tx-2", DateExecuted="2026-10-01T23:30:00+00:00"),
    )
    _, made = carried_out(order(placed("2026-09-28"), [payment(*parts)], FIRST_OF), FIRST_OF)
    assert [(one.reference, one.issued_on) for one in made] == [
        ("SO-1001-D1", date(2026, 9, 30)),
        ("SO-1001", date(2026, 10, 2)),
    ]


def test_the_rest_of_a_deposit_is_due_on_dispatch_and_paid_later() -> None:
    paid = [card("2026-09-30", "20.00")]
    _, made = carried_out(order(placed("2026-09-28"), paid, FIRST_OF, [left("2026-10-03")]), FIRST_OF)
    assert [(one.reference, one.issued_on) for one in made] == [
        ("SO-1001-D1", date(2026, 9, 30)),
        ("SO-1001", date(2026, 10, 3)),
    ]
    entries = Entries([stands(one, number) for number, one in enumerate(made)])
    later = order(placed("2026-09-28"), [*paid, card("2026-11-01", "9.94", "pay-2")], FIRST_OF, [left("2026-10-03")])
    plan, made = carried_out(later, FIRST_OF, entries)
    assert (plan.state, made) == (OrderState.INVOICED, [])
    assert [one.reference for one in plan.drafts()] == ["pay-2/tx-1"]


def test_captures_of_one_vat_period_make_one_invoice_by_rule() -> None:
    by_period = first_of(", deposits: each_vat_period")
    days = ("2026-07-02", "2026-08-20", "2026-10-01")
    paid = [card(day, "5.00", f"pay-{number}") for number, day in enumerate(days, start=1)]
    _, made = carried_out(order(placed("2026-07-01"), paid, by_period), by_period)
    assert [(one.reference, one.issued_on, one.gross) for one in made] == [
        ("SO-1001-D1", date(2026, 8, 20), Decimal("10.00")),
        ("SO-1001-D2", date(2026, 10, 1), Decimal("5.00")),
    ]
    whole = [*paid, card("2026-11-02", "14.94", "pay-4")]
    _, made = carried_out(order(placed("2026-07-01"), whole, by_period), by_period)
    assert [(one.reference, one.gross) for one in made] == [
        ("SO-1001-D1", Decimal("10.00")),
        ("SO-1001", Decimal("19.94")),
    ]


def test_an_earlier_payment_that_comes_to_light_later_keeps_the_numbers_as_they_are() -> None:
    _, (first,) = carried_out(order(SOFA, [card("2026-09-01", "100.00")], FIRST_OF), FIRST_OF)
    both = order(SOFA, [card("2026-09-01", "100.00"), card("2026-08-25", "60.00", "pay-0")], FIRST_OF)
    _, (second,) = carried_out(both, FIRST_OF, Entries([stands(first, 1)]))
    assert told(second) == ("SO-1001-D2", date(2026, 8, 25), "50.00", "10.00")


def test_once_the_invoice_stands_no_payment_becomes_a_deposit() -> None:
    sent = [left("2026-08-30")]
    _, (made,) = carried_out(order(SOFA, (), FIRST_OF, sent), FIRST_OF)
    plan, sales = carried_out(order(SOFA, [TAKEN], FIRST_OF, sent), FIRST_OF, Entries([stands(made, 1)]))
    assert sales == []
    assert [one.kind for one in plan.drafts()] == ["receipt"]


@pytest.mark.parametrize("payments", [[], [card("2026-08-20", "230.00")]])
def test_a_deposit_whose_payment_has_changed_waits_for_a_person(payments: list[Raw]) -> None:
    _, (deposit,) = carried_out(order(SOFA, [TAKEN], FIRST_OF), FIRST_OF)
    with pytest.raises(PermanentError) as caught:
        plan_order(order(SOFA, payments, FIRST_OF), Entries([stands(deposit, 1)]), FIRST_OF)
    assert caught.value.code == "PAYMENT_CHANGED"


@pytest.mark.parametrize("way", ["refund", "chargeback"])
def test_a_deposit_that_went_back_while_the_order_goes_on_waits_for_a_person(way: str) -> None:
    sofa = order(SOFA, [TAKEN], FIRST_OF)
    _, (deposit,) = carried_out(sofa, FIRST_OF)
    (paid,), back = sofa.payments, datetime(2026, 8, 25, 10, tzinfo=UTC)
    refund = Refund(refund_id="back", paid_by=paid, amount=paid.amount, refunded_at=back)
    taken = Chargeback(chargeback_id="back", paid_by=paid, amount=paid.amount, taken_at=back)
    given = sofa.model_copy(update={"refunds": (refund,)} if way == "refund" else {"chargebacks": (taken,)})
    with pytest.raises(PermanentError, match=r"240\.00 GBP of the money that deposits show went back") as parked:
        plan_order(given, Entries([stands(deposit, 1)]), FIRST_OF)
    assert parked.value.code == "DEPOSIT_GIVEN_BACK"
    called_off = given.model_copy(update={"standing": OrderStanding.CANCELLED, "cancelled_at": back})
    plan = plan_order(called_off, Entries([stands(deposit, 1)]), FIRST_OF)
    assert [one.kind for one in plan.drafts()][:1] == ["credit_note"]


def test_an_order_that_changed_after_its_deposit_waits_for_a_person() -> None:
    _, (deposit,) = carried_out(order(SOFA, [TAKEN], FIRST_OF), FIRST_OF)
    zero_rated = worksheet(line("SOFA", price="1200.00", tax_code="ZERO"), tax="0", shipping="0")
    with pytest.raises(PermanentError) as caught:
        plan_order(order(zero_rated, [TAKEN], FIRST_OF), Entries([stands(deposit, 1)]), FIRST_OF)
    assert caught.value.code == "ORDER_CHANGED_AFTER_INVOICE"


def test_deposits_stay_deposits_when_the_shop_goes_back_to_invoicing_each_order_at_once() -> None:
    _, (deposit,) = carried_out(order(SOFA, [TAKEN], FIRST_OF), FIRST_OF)
    _, (rest,) = carried_out(order(SOFA, [TAKEN], ORDER), ORDER, Entries([stands(deposit, 1)]))
    assert told(rest) == ("SO-1001", date(2026, 8, 20), "800.00", "160.00")


@given(st.lists(st.integers(1, 900), min_size=1, max_size=6), st.booleans())
def test_deposits_and_rest_come_to_the_order_at_each_rate(parts: list[int], is_paid_up: bool) -> None:
    lines = [line("MUG", price="13.37"), line("TEA", price="7.77", tax_code="ZERO"), line("PAD", price="3.33")]
    raw = worksheet(*lines, tax="4.33", DateSubmitted="2026-01-01T10:00:00+00:00")
    whole = order(raw).total
    amounts = [Decimal(part) / 100 for part in parts]
    amounts = [one for at, one in enumerate(amounts) if sum(amounts[: at + 1]) < whole]
    if is_paid_up:
        amounts.append(whole - sum(amounts))
    paid = [card(f"2026-02-{at + 1:02}", str(one), f"pay-{at}") for at, one in enumerate(amounts)]
    _, made = carried_out(order(raw, paid, FIRST_OF, [left("2026-03-01")]), FIRST_OF)
    assert len(made) == (len(paid) if is_paid_up else len(paid) + 1)
    for level in (20, 0):
        want = sum((one.net + one.vat for one in draft(raw).lines if one.vat_level == level), Decimal(0))
        got = [one for each in made for one in each.lines if one.vat_level == level]
        assert sum((one.net + one.vat for one in got), Decimal(0)) == want
        assert sum((one.vat for one in got), Decimal(0)) == (Decimal("4.33") if level else 0)
    assert sum((one.net for each in made for one in each.lines if one.nominal_code == 2115), Decimal(0)) == 0
    assert sorted(one.payment_id for each in made for one in each.payments) == sorted(
        f"{one['ID']}/tx-1" for one in paid
    )
    assert all(each.vat >= 0 and each.gross > 0 for each in made)


# --- days of issue ----------------------------------------------------------------------------------------------


def test_by_election_the_invoice_bears_the_day_on_which_it_is_made_for_fourteen_days() -> None:
    elected = first_of(", on_dispatch: issue_day, payment_terms_days: 30")
    _, (sent,) = carried_out(order(placed("2026-09-25"), (), elected, [left("2026-09-28")]), elected)
    made = on_day_of_issue(sent, date(2026, 10, 12))
    assert (made.issued_on, made.due_on) == (date(2026, 10, 12), date(2026, 11, 11))
    assert on_day_of_issue(sent, date(2026, 10, 13)).issued_on == date(2026, 9, 28)
    _, (paid,) = carried_out(order(placed("2026-09-25"), [card("2026-09-28")], elected, [left("2026-09-28")]), elected)
    assert on_day_of_issue(paid, date(2026, 10, 1)) == paid
    _, (plain,) = carried_out(order(placed("2026-09-25"), (), FIRST_OF, [left("2026-09-28")]), FIRST_OF)
    assert on_day_of_issue(plain, date(2026, 10, 1)) == plain


def test_an_invoice_moved_out_of_a_locked_period_says_its_time_of_supply() -> None:
    moving = rules("orders: {locked_period: first_open_day}")
    made = in_open_period(draft(placed("2026-09-28")), date(2026, 10, 1), moving.orders)
    assert (made.issued_on, made.supplied_on) == (date(2026, 10, 1), date(2026, 9, 28))
    note = made.lines[-1]
    assert (note.description, note.net, note.vat) == ("Time of supply: 28 September 2026", Decimal(0), Decimal(0))
    assert InvoiceDraft.model_validate(dict(made)) == made


@pytest.mark.parametrize(
    ("day", "ends", "end"),
    [
        (date(2026, 9, 30), (3, 6, 9, 12), date(2026, 9, 30)),
        (date(2026, 10, 1), (3, 6, 9, 12), date(2026, 12, 31)),
        (date(2026, 12, 1), (2, 5, 8, 11), date(2027, 2, 28)),
        (date(2024, 2, 1), tuple(range(1, 13)), date(2024, 2, 29)),
    ],
)
def test_the_end_of_a_vat_period(day: date, ends: tuple[int, ...], end: date) -> None:
    assert vat_period_end(day, ends) == end


def test_rules_that_take_deposits_without_an_account_for_them_are_refused() -> None:
    with pytest.raises(PermanentError, match=r"nominal_codes\.deposit"):
        rules("orders: {tax_point: first_of}")
