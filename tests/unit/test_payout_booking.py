"""What a payout puts into the books comes out to 0.00 on each clearing account, or nothing of it is booked."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.canonical.money import ZERO
from sitecore_kashflow.canonical.payout import ItemKind, Payout, PayoutItem
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.payouts.ledger_lines import PaidLine
from sitecore_kashflow.rules.document import parse_rules
from tests.payout_files import payouts
from tests.unit.payout_desk import booked, item, left, line, payout, rules, told


def test_w5_fees_then_transfer() -> None:
    """The charges and the refund of W5: 209.93 - 12.00 - 3.75 - 194.18 = 0.00."""
    po_1 = payouts("stripe")[0]
    lines = [line("ch_1", "29.94"), line("ch_2", "120.00"), line("pi_3", "59.99"), line("re_1", "-12.00")]
    drafts = booked(po_1, lines)
    assert told(drafts) == [
        ("po_1-fees-2026-11-1210", "2026-11-22", "1210", 7905, "-3.75"),
        ("po_1-payout", "2026-11-25", "1210", 1200, "-194.18"),
    ]
    assert left("1210", lines, drafts) == 0
    assert drafts[0].words == "stripe fees 2026-11, no VAT"
    assert drafts[1].words == "payout po_1 of stripe"


@pytest.mark.parametrize(
    ("vat", "words"), [("uk", "VAT by the gateway's invoice"), ("reverse_charge", "reverse charge")]
)
def test_fees_say_how_they_are_taxed_and_never_bear_vat(vat: str, words: str) -> None:
    drafts = booked(
        payout(item("charge", "29.94", "0.65")), [line("charge-1", "29.94")], rules(f"fees: {{vat: {vat}}}")
    )
    assert (drafts[0].amount, drafts[0].words) == (Decimal("-0.65"), f"stripe fees 2026-11, {words}")


def test_w15_export_in_euros_makes_one_currency_difference_at_the_payout() -> None:
    lines = [line("ch_4", "1000.00", "1.1527")]
    drafts = booked(payout(item("charge", "859.03", "28.12", paid="1000.00", id="ch_4")), lines)
    assert told(drafts) == [
        ("po_1-fees-2026-11-1211", "2026-11-20", "1211", 7905, "-28.12"),
        ("po_1-exchange-1211", "2026-11-20", "1211", 7906, "-8.50"),
        ("po_1-payout", "2026-11-25", "1211", 1200, "-830.91"),
    ]
    assert left("1211", lines, drafts) == 0


def test_w16_refund_in_euros_costs_what_the_gateway_took_more() -> None:
    """With the charge of another order, so that there is something to pay out."""
    items = [item("refund", "-176.37", paid="-200.00", id="re_4"), item("charge", "500.00", id="ch_5")]
    lines = [line("re_4", "-200.00", "1.1527"), line("ch_5", "500.00")]
    drafts = booked(payout(*items), lines)
    assert told(drafts) == [
        ("po_1-exchange-1211", "2026-11-20", "1211", 7906, "-2.86"),
        ("po_1-move-1211", "2026-11-25", "1211", 1210, "176.37"),
        ("po_1-payout", "2026-11-25", "1210", 1200, "-323.63"),
    ]
    assert {left(account, lines, drafts) for account in ("1210", "1211")} == {ZERO}


def test_fees_are_booked_for_each_month_of_the_uk_and_those_of_disputes_apart() -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)  # winter: still October
    summer = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # 1 July in the UK
    items = [
        item("charge", "50.00", "1.00", id="a", at=late),
        item("charge", "50.00", "2.00", id="b", at=summer),
        item("dispute", "-30.00", "15.00", id="dp_1"),
        item("fee", "-4.00"),
        item("dispute_fee", "-5.00"),
    ]
    lines = [line("a", "50.00"), line("b", "50.00"), line("dp_1", "-30.00")]
    assert told(booked(payout(*items), lines))[:-1] == [
        ("po_1-dispute-fees-2026-11-1210", "2026-11-20", "1210", 7910, "-20.00"),
        ("po_1-fees-2026-07-1210", "2026-07-01", "1210", 7905, "-2.00"),
        ("po_1-fees-2026-10-1210", "2026-10-31", "1210", 7905, "-1.00"),
        ("po_1-fees-2026-11-1210", "2026-11-20", "1210", 7905, "-4.00"),
    ]


def test_reserve_stays_in_clearing_until_it_is_let_go() -> None:
    lines, none = [line("ch_1", "100.00")], list[PaidLine]()
    held = booked(payout(item("charge", "100.00", id="ch_1"), item("reserve", "-25.00")), lines)
    assert left("1210", lines, held) == 25
    freed = booked(payout(item("reserve", "25.00"), id="po_2"), none)
    assert told(freed) == [("po_2-payout", "2026-11-25", "1210", 1200, "-25.00")]
    assert left("1210", lines, [*held, *freed]) == 0


def test_failed_payout_comes_back_from_the_bank_by_its_own_item() -> None:
    items = [item("failed_payout", "194.18", id="txn_9", belongs_to="po_0"), item("charge", "10.00", id="ch_1")]
    drafts = booked(payout(*items), [line("ch_1", "10.00")])
    assert told(drafts) == [
        ("po_1-failed-txn_9", "2026-11-20", "1210", 1200, "194.18"),
        ("po_1-payout", "2026-11-25", "1210", 1200, "-204.18"),
    ]
    assert drafts[0].words == "payout po_0 did not arrive"


def test_payout_that_the_gateway_takes_from_the_bank_goes_the_other_way() -> None:
    assert told(booked(payout(item("refund", "-12.00", id="re_1")), [line("re_1", "-12.00")])) == [
        ("po_1-payout", "2026-11-25", "1210", 1200, "12.00")
    ]


def test_adjustment_needs_a_nominal_in_the_rules() -> None:
    one, lines = payout(item("charge", "10.00", id="ch_1"), item("adjustment", "-1.00")), [line("ch_1", "10.00")]
    with pytest.raises(PermanentError, match=r"PAYOUT_DIFFERS.*Adjustment adjustment-1 of -1\.00 GBP"):
        booked(one, lines)
    drafts = booked(one, lines, rules("fees: {adjustment_nominal: 7999}"))
    assert told(drafts)[0] == ("po_1-adjustment-adjustment-1", "2026-11-20", "1210", 7999, "-1.00")


def test_payout_that_differs_names_what_does_not_agree_and_books_nothing() -> None:
    one = payout(item("charge", "29.94", id="ch_1", order_id="SO-1"), item("refund", "-12.00", id="re_1"))
    words = (
        r"PAYOUT_DIFFERS.*po_1 of 17\.94 GBP does not agree.*Charge ch_1 of 29\.94 GBP \(SO-1\): amount differs, "
        r"KashFlow has 29\.95 GBP\. Refund re_1 of -12\.00 GBP: missing in KashFlow\. Nothing of it was booked"
    )
    with pytest.raises(PermanentError, match=words):
        booked(one, [line("ch_1", "29.95")])


def test_what_was_settled_otherwise_than_it_was_paid_in_one_currency_is_a_difference() -> None:
    """No line takes it up."""
    odd = replace(item("charge", "29.94", id="ch_1"), settled=Decimal("29.90"))
    with pytest.raises(PermanentError, match=r"PAYOUT_DIFFERS.*On account 1210 0\.04 GBP would be left"):
        booked(payout(odd), [line("ch_1", "29.94")])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("payouts: {bank_account: null}", "PAYOUT_ACCOUNT_MISSING"),
        ("payments: {accounts: []}", "PAYOUT_ACCOUNT_MISSING"),
        ("payments: {accounts: [{gateway: stripe, imported_by_kashflow: true}]}", "PAYOUT_IMPORTED_BY_KASHFLOW"),
        (
            "payments: {accounts: [{gateway: Stripe, currency: GBP, imported_by_kashflow: true}, "
            '{gateway: Stripe, bank_account: "1210"}]}',
            "PAYOUT_IMPORTED_BY_KASHFLOW",
        ),
        ('payments: {accounts: [{gateway: Stripe, bank_account: "1210", imported_by_kashflow: true}]}', "IMPORTED_BY"),
    ],
)
def test_payout_without_accounts_or_with_two_importers_is_refused(more: str, code: str) -> None:
    base = "version: x\nkashflow: {bank_transactions: nominal_code}\n"
    base += "" if more.startswith("payouts") else 'payouts: {bank_account: "1200"}\n'
    base += "" if more.startswith("payments") else 'payments: {accounts: [{gateway: Stripe, bank_account: "1210"}]}\n'
    with pytest.raises(PermanentError, match=code):
        booked(payout(item("charge", "10.00", id="ch_1")), [line("ch_1", "10.00")], parse_rules(base + more))


def test_payout_in_another_currency_than_the_books_is_left_to_people() -> None:
    with pytest.raises(PermanentError, match="PAYOUT_NOT_IN_HOME_CURRENCY"):
        booked(payout(currency="EUR", amount=ZERO), [])


MONEY = st.integers(min_value=1, max_value=1_000_000).map(lambda pennies: Decimal(pennies) / 100)
FEE = st.integers(min_value=0, max_value=500).map(lambda pennies: Decimal(pennies) / 100)
RATE = st.integers(min_value=10_000, max_value=13_000).map(lambda rate: Decimal(rate) / 10_000)
MOMENT = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 11, 24), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def payments(draw: st.DrawFn) -> tuple[list[PayoutItem], list[PaidLine]]:
    """Charges, refunds and disputes in two currencies, each with its line; and whatever else a payout may have."""
    items, lines = list[PayoutItem](), list[PaidLine]()
    for number in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["charge", "refund", "dispute", "dispute_won"]))
        sign = 1 if kind in ("charge", "dispute_won") else -1
        name, settled, fee, at = f"id_{number}", sign * draw(MONEY), draw(FEE), draw(MOMENT)
        if draw(st.booleans()):
            paid = sign * draw(MONEY)
            items.append(item(kind, str(settled), str(fee), paid=str(paid), id=name, at=at))
            lines.append(line(name, str(paid), str(draw(RATE)), payment_id=name))
        else:
            items.append(item(kind, str(settled), str(fee), id=name, at=at))
            lines.append(line(name, str(settled), payment_id=name))
    for kind in draw(st.lists(st.sampled_from(["fee", "dispute_fee", "reserve", "failed_payout"]), max_size=4)):
        sign = draw(st.sampled_from([1, -1])) if kind != "failed_payout" else 1
        items.append(item(kind, str(sign * draw(MONEY)), id=f"{kind}_{len(items)}", at=draw(MOMENT)))
    draw(st.randoms(use_true_random=False)).shuffle(lines)
    return items, lines


def kept(one: Payout) -> Decimal:
    return -sum((each.net for each in one.items if each.kind is ItemKind.RESERVE), ZERO)


@given(payments())
def test_any_mix_is_matched_and_comes_to_nothing_but_what_is_kept_back(
    given_: tuple[list[PayoutItem], list[PaidLine]],
) -> None:
    items, lines = given_
    one = payout(*items)
    drafts = booked(one, lines)
    assert left("1210", lines, drafts) + left("1211", lines, drafts) == kept(one)
    assert left("1211", lines, drafts) in (ZERO, kept(one))
    to_bank = -sum((draft.amount for draft in drafts if draft.reference.endswith("-payout")), ZERO)
    assert to_bank == one.amount
    assert len({draft.reference for draft in drafts}) == len(drafts)


@given(payments(), st.data())
def test_one_amount_that_is_altered_is_found(
    given_: tuple[list[PayoutItem], list[PaidLine]], data: st.DataObject
) -> None:
    items, lines = given_
    if not lines:
        return
    place = data.draw(st.integers(0, len(lines) - 1))
    moved = data.draw(st.sampled_from([Decimal("0.01"), Decimal("-0.01"), Decimal(10)]))
    wrong = replace(lines[place], amount=lines[place].amount + moved)
    with pytest.raises(PermanentError, match=f"PAYOUT_DIFFERS.*{wrong.reference}"):
        booked(payout(*items), [*lines[:place], wrong, *lines[place + 1 :]])
