"""What follows an invoice: the worked examples of the specification to the penny, and what holds for any sequence."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitecore_kashflow.canonical.allocation import AllocationDraft
from sitecore_kashflow.canonical.bank_transaction import BankTransactionDraft
from sitecore_kashflow.canonical.money import ZERO
from sitecore_kashflow.canonical.order import (
    Chargeback,
    Dispatch,
    Order,
    OrderReturn,
    OrderStanding,
    Payment,
    Refund,
    ReturnedLine,
)
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.documents.sold_lines import unpack_lines
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan import after_sale
from sitecore_kashflow.plan.after_sale import documents_after
from sitecore_kashflow.plan.case import Case
from sitecore_kashflow.plan.effects import PostDocument
from tests.builders import line, order, payment, rules, transaction, worksheet
from tests.made_books import MadeBooks

CODES = rules("nominal_codes: {discount: 4009, shipping: 4905}")
PLACED = datetime(2026, 11, 20, 9, tzinfo=UTC)
IN_POUNDS = rules(
    "nominal_codes: {discount: 4009, shipping: 4905}\nrefunds: {return_differs: follow_money}\n"
    "currency: {mode: convert_to_home}"
)
OWN_APART = rules(
    "nominal_codes: {discount: 4009, shipping: 4905, customers_money: 2119}\n"
    "payments: {overpaid: customers_account, bank_account_code: '1210'}"
)
FOUR_DAYS_ON = PLACED + timedelta(days=4)
FOLLOWING = rules("nominal_codes: {discount: 4009, shipping: 4905}\nrefunds: {return_differs: follow_money}")
FOLLOWING_APART = OWN_APART.model_copy(update={"refunds": FOLLOWING.refunds})
Money = dict[tuple[int, str], tuple[Decimal, Decimal]]


def paid(sheet: dict[str, Any] | None = None, *amounts: str) -> Order:
    """An order with one captured card payment for each amount; 29.94 of mugs and delivery if none is given."""
    cards = [
        payment(transaction(amount=amount, ID="tx"), ID=f"pay-{number}", amount=amount)
        for number, amount in enumerate(amounts, start=1)
    ]
    return order(sheet or worksheet(), cards, CODES)


def of_docs_mapping(*amounts: str) -> Order:
    """The order of the specification: 3 mugs at 10.00 less 3.00, tea 9.00 at 0 %, 6.00 off the order, delivery 4.95."""
    mugs = line(quantity=3, price="10.00", discount="3.00")
    tea = line("TEA", price="9.00", tax_code="ZERO")
    own = rules("nominal_codes: {discount: 4009, shipping: 4905}\nvat: {shipping_class: standard}")
    sheet = worksheet(mugs, tea, tax="5.49", shipping="4.95", order_discount="6.00")
    cards = [payment(transaction(amount=one, ID="tx"), ID=f"pay-{i}", amount=one) for i, one in enumerate(amounts, 1)]
    return order(sheet, cards, own)


def refund(amount: str, name: str = "1", *, days: int = 13, return_id: str = "", payment_of: int = 1) -> Refund:
    given = Payment(payment_id=f"pay-{payment_of}/tx", method="CreditCard", amount=Decimal(amount), received_at=PLACED)
    return Refund(
        refund_id=f"pay-{payment_of}/refund-{name}",
        paid_by=given,
        amount=Decimal(amount),
        refunded_at=PLACED + timedelta(days=days),
        return_id=return_id,
    )


def returning(name: str, line_id: str, quantity: int, amount: str | None = None) -> OrderReturn:
    stated = None if amount is None else Decimal(amount)
    return OrderReturn(return_id=name, lines=(ReturnedLine(line_id=line_id, quantity=quantity, amount=stated),))


def after(one: Order, **changes: Any) -> Order:
    return one.model_copy(update=changes)


def cancelled(one: Order, **changes: Any) -> Order:
    day = PLACED + timedelta(days=2)
    return after(one, standing=OrderStanding.CANCELLED, status="Canceled", cancelled_at=day, **changes)


def money(**sums: str) -> Money:
    """`a4000_taxable="-9.00 -1.80"`: account, box, net and VAT."""
    found = {}
    for name, both in sums.items():
        account, _, box = name[1:].partition("_")
        net, vat = map(Decimal, both.split())
        found[int(account), box] = (net, vat)
    return found


def played(*orders: Order, shop_rules: Any = CODES) -> MadeBooks:
    books = MadeBooks(shop_rules)
    for one in orders:
        books.settle(one)
    return books


# --- refunds ---------------------------------------------------------------------------------------------------


def test_w6_one_of_three_mugs_comes_back_with_its_share_of_the_discount() -> None:
    sold = of_docs_mapping("40.44")
    back = after(sold, refunds=(refund("9.00", return_id="r1"),), returns=(returning("r1", "line-mug", 1),))
    books = played(sold, back)
    (note,) = books.drafts()
    assert (note.reference, note.issued_on, note.gross) == ("SO-1001-R1", date(2026, 12, 3), Decimal("-9.00"))
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-9.00 -1.80", a4009_taxable="1.50 0.30")
    assert [(one.payment_id, one.amount) for one in note.payments] == [("pay-1/refund-1", Decimal("-9.00"))]
    assert note.lines[0].description == "Credit to invoice 1001 of 20 November 2026"


def test_w7_three_for_ten_come_back_one_by_one_and_the_last_closes_the_line() -> None:
    sheet = worksheet(
        line(quantity=3, price="3.3333", LineSubtotal=Decimal("10.00"), LineTotal=Decimal("10.00")),
        tax="2.00",
        shipping="0",
    )
    sold = paid(sheet, "12.00")
    returns = tuple(returning(f"r{n}", "line-mug", 1) for n in (1, 2, 3))
    refunds = tuple(refund("4.00", str(n), days=n, return_id=f"r{n}") for n in (1, 2, 3))
    books = MadeBooks(CODES)
    books.settle(sold)
    for count in (1, 2, 3):
        plan = books.settle(after(sold, refunds=refunds[:count], returns=returns[:count]))
    assert [(note.net, note.vat) for note in books.drafts()] == [
        (Decimal("-3.33"), Decimal("-0.67")),
        (Decimal("-3.34"), Decimal("-0.66")),
        (Decimal("-3.33"), Decimal("-0.67")),
    ]
    assert (books.charged, books.paid, plan.state) == (ZERO, ZERO, OrderState.CREDITED)


def test_w8_goodwill_is_spread_over_what_is_open_with_the_vat_that_it_holds() -> None:
    sold = of_docs_mapping("40.44")
    books = played(sold, after(sold, refunds=(refund("5.00"),)))
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-3.39 -0.68", a4020_zero="-0.93 0.00")
    assert (books.charged, books.paid) == (Decimal("35.44"), Decimal("35.44"))


def test_a_refund_of_everything_takes_each_part_off_where_it_was_booked() -> None:
    sold = paid(None, "29.94")
    books = played(sold, after(sold, refunds=(refund("29.94"),)))
    assert books.by_account() == {}
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-20.00 -4.00", a4905_taxable="-4.95 -0.99")


def test_several_refunds_have_a_credit_note_each_and_come_to_all_at_last() -> None:
    sold = of_docs_mapping("40.44")
    refunds = tuple(refund(amount, str(n), days=n) for n, amount in enumerate(("0.01", "13.37", "27.06"), 1))
    books = MadeBooks(CODES)
    for count in range(4):
        books.settle(after(sold, refunds=refunds[:count]))
    assert [note.reference for note in books.drafts()] == ["SO-1001-R1", "SO-1001-R2", "SO-1001-R3"]
    assert books.by_account() == {}
    assert books.settle(after(sold, refunds=refunds)).state is OrderState.CREDITED


def test_goods_and_delivery_given_back_together_are_credited_together() -> None:
    sold = paid(None, "29.94")
    back = after(sold, refunds=(refund("17.94", return_id="r1"),), returns=(returning("r1", "line-mug", 1),))
    books = played(sold, back)
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-10.00 -2.00", a4905_taxable="-4.95 -0.99")


def test_a_refund_that_its_goods_do_not_explain_waits_or_follows_the_money_by_rule() -> None:
    sold = paid(None, "29.94")
    back = after(sold, refunds=(refund("9.00", return_id="r1"),), returns=(returning("r1", "line-mug", 1),))
    books = played(sold)
    with pytest.raises(PermanentError, match=r"whose goods come to 12\.00 GBP") as refused:
        books.settle(back)
    assert refused.value.code == "REFUND_NOT_EXPLAINED"
    own = rules("nominal_codes: {discount: 4009, shipping: 4905}\nrefunds: {return_differs: follow_money}")
    books = played(sold, back, shop_rules=own)
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-7.50 -1.50")
    more = after(back, refunds=(refund("15.00", return_id="r1"),))
    assert played(sold, more, shop_rules=own).charged == Decimal("14.94")


def test_an_amount_that_the_shop_states_for_a_line_counts() -> None:
    sold = paid(None, "29.94")
    back = after(sold, refunds=(refund("9.00", return_id="r1"),), returns=(returning("r1", "line-mug", 1, "9.00"),))
    assert played(sold, back).by_account("SO-1001-R1") == money(a4000_taxable="-7.50 -1.50")


def test_a_penny_that_the_shop_rounds_otherwise_follows_the_shop() -> None:
    sold = paid(worksheet(line(quantity=3, price="3.33"), tax="2.00", shipping="0"), "11.99")
    back = after(sold, refunds=(refund("3.99", return_id="r1"),), returns=(returning("r1", "line-mug", 1),))
    assert played(sold, back).charged == Decimal("8.00")


def test_a_return_that_is_paid_in_two_parts_counts_its_goods_once() -> None:
    sold = paid(None, "29.94")
    whole = returning("r1", "line-mug", 1).model_copy(update={"amount": Decimal("12.00")})
    first, second = refund("5.00", return_id="r1"), refund("7.00", "2", days=15, return_id="r1")
    books = played(
        sold, after(sold, refunds=(first,), returns=(whole,)), after(sold, refunds=(first, second), returns=(whole,))
    )
    assert [note.gross for note in books.drafts()] == [Decimal("-5.00"), Decimal("-7.00")]
    assert books.by_account("SO-1001-R1", "SO-1001-R2") == money(a4000_taxable="-10.00 -2.00")


def test_more_than_was_charged_is_never_given_back_by_a_credit_note() -> None:
    sold = paid(None, "29.94")
    books = played(sold)
    with pytest.raises(PermanentError, match=r"only 29\.94 GBP of the order is charged") as refused:
        books.settle(after(sold, refunds=(refund("30.00"),)))
    assert refused.value.code == "REFUND_ABOVE_INVOICE"


def test_the_original_rates_hold_though_the_rules_have_changed_since() -> None:
    sold = paid(None, "29.94")
    books = played(sold)
    books.rules = (
        rules("version: new\nvat: {classes: {standard: {rate: 25}, zero: {rate: 0}, export: {rate: 0}}}")
        if False
        else rules("version: new\nnominal_codes: {goods: 4999}")
    )
    books.settle(after(sold, refunds=(refund("6.00"),)))
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-5.00 -1.00")


# --- cancelled -------------------------------------------------------------------------------------------------


def test_w10_cancelled_after_the_invoice_and_never_paid_is_credited_in_full_that_day() -> None:
    sold = paid()
    books = played(sold, cancelled(sold))
    (note,) = books.drafts()
    assert (note.issued_on, note.payments) == (date(2026, 11, 22), ())
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-20.00 -4.00", a4905_taxable="-4.95 -0.99")
    assert books.settle(cancelled(sold)).state is OrderState.CREDITED


def test_cancelled_and_paid_waits_for_the_money_to_go_back() -> None:
    sold = paid(None, "29.94")
    books = played(sold, cancelled(sold))
    assert books.drafts() == []
    assert "29.94 that came in for it is not given back" in books.settle(cancelled(sold)).awaits
    plan = books.settle(cancelled(sold, refunds=(refund("29.94"),)))
    assert (plan.state, plan.awaits) == (OrderState.CREDITED, "")
    assert books.by_account() == {}


def test_cancelled_and_paid_in_part_is_credited_at_once_as_far_as_it_is_unpaid() -> None:
    sold = paid(None, "10.00")
    books = played(sold, cancelled(sold))
    assert books.charged == Decimal("10.00")
    books.settle(cancelled(sold, refunds=(refund("10.00"),)))
    assert (books.by_account(), books.paid) == ({}, ZERO)


def test_cancelled_after_goodwill_credits_no_more_than_is_open() -> None:
    sold = of_docs_mapping("40.44")
    given = after(sold, refunds=(refund("5.00"),))
    books = played(sold, given, cancelled(sold, refunds=(refund("5.00"), refund("35.44", "2", days=20))))
    assert (books.charged, books.paid, books.by_account()) == (ZERO, ZERO, {})


def test_paid_and_paid_back_before_it_was_invoiced_has_both_documents_or_neither() -> None:
    sold = paid(None, "29.94")
    back = cancelled(sold, refunds=(refund("29.94", days=1),))
    books = played(back)
    assert [one.figures.gross for one in books.charges()] == [Decimal("29.94"), Decimal("-29.94")]
    assert played(back, shop_rules=rules("refunds: {same_period: neither}")).charges() == []
    in_two_periods = cancelled(sold, refunds=(refund("29.94", days=60),))
    assert len(played(in_two_periods, shop_rules=rules("refunds: {same_period: neither}")).charges()) == 2


def test_an_order_that_is_reopened_is_invoiced_anew() -> None:
    sold = paid()
    books = played(sold, cancelled(sold), sold)
    assert [one.reference for one in books.charges()] == ["SO-1001", "SO-1001-R1", "SO-1001-A1"]
    assert books.by_account("SO-1001-A1") == books.by_account("SO-1001")
    assert books.settle(sold).state is OrderState.INVOICED


# --- edited ----------------------------------------------------------------------------------------------------


def edited(*amounts: str, quantity: int = 3, tax: str = "6.99") -> Order:
    return after(paid(worksheet(line(quantity=quantity), tax=tax), *amounts), changed_at=FOUR_DAYS_ON)


def test_w20_one_more_mug_is_a_further_invoice_of_the_day_and_its_money_goes_there() -> None:
    books = played(paid(None, "29.94"), edited("29.94"))
    (more,) = books.drafts("further_invoice")
    assert (more.reference, more.issued_on) == ("SO-1001-A1", date(2026, 11, 24))
    assert (more.lines[0].description, more.lines[0].quantity) == ("Mug (SKU MUG)", 1)
    assert books.by_account("SO-1001-A1") == money(a4000_taxable="10.00 2.00")
    plan = books.settle(edited("29.94", "12.00"))
    assert (plan.state, books.paid) == (OrderState.PAID, Decimal("41.94"))
    assert next(one.on for one in books.entries.of_kind("receipt")) == 1002


def test_a_credit_note_names_every_invoice_that_charged_what_it_credits() -> None:
    def words(books: MadeBooks) -> str:
        return books.drafts()[-1].lines[0].description

    sold, more = paid(), edited()
    with_tea = after(
        paid(worksheet(line(quantity=2), line("TEA", price="9.00"), tax="6.79")), changed_at=more.changed_at
    )
    assert words(played(sold, with_tea, after(sold, changed_at=more.changed_at))) == (
        "Credit to invoice 1002 of 24 November 2026"
    )
    assert words(played(sold, more, cancelled(more))) == (
        "Credit to invoices 1001 of 20 November 2026 and 1002 of 24 November 2026"
    )
    reopened = after(sold, changed_at=PLACED + timedelta(days=9))
    books = played(sold, cancelled(sold), reopened, cancelled(reopened))
    assert words(books) == "Credit to invoice 1003 of 29 November 2026"


def test_w20_edited_down_before_payment_is_credited_at_once_and_after_it_on_the_day_of_the_refund() -> None:
    less = edited(quantity=1, tax="2.99")
    assert played(paid(), less).by_account("SO-1001-R1") == money(a4000_taxable="-10.00 -2.00")
    less = edited("29.94", quantity=1, tax="2.99")
    books = played(paid(None, "29.94"), less)
    assert books.drafts() == []
    books.settle(after(less, refunds=(refund("12.00"),)))
    (note,) = books.drafts()
    assert (note.issued_on, note.gross) == (date(2026, 12, 3), Decimal("-12.00"))
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-10.00 -2.00")


def test_w11_an_exchange_is_a_credit_note_and_a_further_invoice_set_off_against_each_other() -> None:
    shirt = paid(worksheet(line("SHIRT", price="25.00"), tax="5.00", shipping="0"), "30.00")
    shoes = worksheet(line("SHOES", price="35.00"), tax="7.00", shipping="0")
    day = PLACED + timedelta(days=20)
    swapped = after(paid(shoes, "30.00", "12.00"), changed_at=day)
    books = played(shirt, swapped)
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-25.00 -5.00")
    assert books.by_account("SO-1001-A1") == money(a4000_taxable="35.00 7.00")
    assert [one.issued_on for one in (*books.drafts(), *books.drafts("further_invoice"))] == [date(2026, 12, 10)] * 2
    assert (books.charged, books.paid, books.settle(swapped).state) == (
        Decimal("42.00"),
        Decimal("42.00"),
        OrderState.PAID,
    )


def test_a_cheaper_exchange_is_set_off_and_the_rest_waits_for_its_refund() -> None:
    shirt = paid(worksheet(line("SHIRT", price="25.00"), tax="5.00", shipping="0"), "30.00")
    cap = after(
        paid(worksheet(line("CAP", price="15.00"), tax="3.00", shipping="0"), "30.00"),
        changed_at=PLACED + timedelta(days=20),
    )
    books = played(shirt, cap)
    assert (books.charged, books.paid) == (Decimal("30.00"), Decimal("30.00"))
    books.settle(after(cap, refunds=(refund("12.00", days=21),)))
    assert (books.charged, books.paid) == (Decimal("18.00"), Decimal("18.00"))
    assert books.by_account() == money(a4000_taxable="15.00 3.00")


def test_the_same_price_under_another_treatment_is_credited_and_invoiced_anew() -> None:
    zero = paid(worksheet(line(tax_code="ZERO"), tax="0", shipping="0"))
    exempt = after(paid(worksheet(line(tax_code="EXEMPT"), tax="0", shipping="0")), changed_at=PLACED)
    books = played(zero, exempt)
    assert books.by_account() == money(a4030_exempt="10.00 0.00")
    assert books.charged == Decimal("10.00")


def test_another_delivery_charge_on_the_header_is_a_document_too() -> None:
    books = played(paid(), after(paid(worksheet(tax="5.99", shipping="9.95")), changed_at=PLACED))
    assert books.by_account("SO-1001-A1") == money(a4905_taxable="5.00 1.00")


def test_an_order_that_did_not_change_needs_nothing_whatever_the_rules_say_now() -> None:
    books = played(paid(None, "29.94"))
    books.rules = rules("version: new\nnominal_codes: {goods: 4999}")
    books.settle(paid(None, "29.94"))
    assert len(books.charges()) == 1


# --- money -----------------------------------------------------------------------------------------------------


def test_w18_a_chargeback_is_a_negative_receipt_on_the_invoice_and_the_debt_revives() -> None:
    sold = paid(None, "29.94")
    taken = Chargeback(
        chargeback_id="pay-1/dispute", paid_by=sold.payments[0], amount=Decimal("29.94"), taken_at=PLACED
    )
    books = played(sold, after(sold, chargebacks=(taken,)))
    assert (books.charged, books.paid, books.drafts()) == (Decimal("29.94"), ZERO, [])
    won = taken.model_copy(update={"chargeback_id": "pay-1/won", "amount": Decimal("-29.94")})
    assert books.settle(after(sold, chargebacks=(taken,))).state is OrderState.INVOICED
    assert books.settle(after(sold, chargebacks=(taken, won))).state is OrderState.PAID


def test_money_captured_twice_waits_and_goes_on_once_it_is_given_back() -> None:
    twice = paid(None, "29.94", "29.94")
    books = played(paid(None, "29.94"))
    with pytest.raises(PermanentError) as refused:
        books.settle(twice)
    assert refused.value.code == "OVERPAID"
    books.settle(after(twice, refunds=(refund("29.94", payment_of=2),)))
    assert (books.charged, books.paid, books.drafts()) == (Decimal("29.94"), Decimal("29.94"), [])


def test_w21_what_a_customer_paid_too_much_is_theirs_until_it_is_given_back_by_rule() -> None:
    twice = paid(None, "29.94", "29.94")
    books = played(twice, after(twice, refunds=(refund("29.94", payment_of=2),)), shop_rules=OWN_APART)
    moved = [one for one in books.posted if isinstance(one, BankTransactionDraft)]
    assert [(one.amount, one.bank_account, one.nominal_code) for one in moved] == [
        (Decimal("29.94"), "1210", 2119),
        (Decimal("-29.94"), "1210", 2119),
    ]
    assert (books.charged, books.paid, books.drafts()) == (Decimal("29.94"), Decimal("29.94"), [])


def given_back_later(one: Order, *, of: int, amount: str = "29.94", days: int = 3) -> Order:
    """With a later refund of a payment."""
    return after(one, refunds=(*one.refunds, refund(amount, str(of), days=days, payment_of=of)))


@pytest.mark.parametrize("shop_rules", [CODES, OWN_APART], ids=["park", "customers_account"])
def test_what_was_captured_twice_and_given_back_pays_for_nothing_that_was_added_later(shop_rules: Any) -> None:
    twice = given_back_later(paid(None, "29.94", "29.94"), of=2)
    more = given_back_later(edited("29.94", "29.94"), of=2)
    books = played(paid(None, "29.94"), twice, more, shop_rules=shop_rules)
    assert (books.drafts(), books.charged, books.paid) == ([], Decimal("41.94"), Decimal("29.94"))
    assert books.settle(more).state is OrderState.INVOICED
    at_last = books.settle(paid_later(more, "12.00", days=5))
    assert (at_last.state, books.paid, books.drafts()) == (OrderState.PAID, Decimal("41.94"), [])
    assert [one.on for one in books.entries.of_kind("receipt")] == [books.number_of("SO-1001-A1")]


def test_what_was_captured_twice_and_given_back_in_euro_pays_for_nothing_that_was_added_later() -> None:
    books = MadeBooks(IN_POUNDS, Decimal("1.1527"))
    twice = given_back_later(in_euro("29.94", "29.94"), of=2)
    more = after(in_euro("29.94", "29.94", quantity=3, tax="6.99"), refunds=twice.refunds, changed_at=FOUR_DAYS_ON)
    for one in (in_euro("29.94"), twice, more, paid_later(more, "12.00", days=5)):
        books.settle(one)
        assert books.drafts() == []
    assert (books.charged, books.paid) == (Decimal("36.38"), Decimal("36.38"))


@pytest.mark.parametrize("shop_rules", [CODES, OWN_APART], ids=["park", "customers_account"])
def test_money_that_is_held_when_an_order_comes_up_pays_for_what_was_added(shop_rules: Any) -> None:
    books = played(paid(None, "29.94"), paid_later(edited("29.94"), "12.00", days=3), shop_rules=shop_rules)
    assert (books.drafts(), books.charged, books.paid) == ([], Decimal("41.94"), Decimal("41.94"))
    assert [one.on for one in books.entries.of_kind("receipt")] == [books.number_of("SO-1001-A1")]
    assert not [one for one in books.posted if isinstance(one, BankTransactionDraft)]


def test_what_is_left_of_a_second_capture_after_it_paid_for_more_is_given_back_by_no_document() -> None:
    more = edited("29.94", "29.94")
    books = played(paid(None, "29.94"))
    with pytest.raises(PermanentError, match=r"received 17\.94 GBP more than the 41\.94") as parked:
        books.settle(more)
    assert parked.value.code == "OVERPAID"
    books.settle(given_back_later(more, of=2, amount="17.94", days=6))
    assert (books.drafts(), books.charged, books.paid) == ([], Decimal("41.94"), Decimal("41.94"))


def test_what_is_booked_as_the_customers_own_stays_so_until_it_is_given_back() -> None:
    twice, more = paid(None, "29.94", "29.94"), edited("29.94", "29.94")
    back = given_back_later(more, of=2, days=6)
    books = played(paid(None, "29.94"), twice, more, back, shop_rules=OWN_APART)
    moved = [one.amount for one in books.posted if isinstance(one, BankTransactionDraft)]
    assert moved == [Decimal("29.94"), Decimal("-29.94")]
    assert (books.drafts(), books.charged, books.paid) == ([], Decimal("41.94"), Decimal("29.94"))


def test_goodwill_for_what_was_added_and_paid_on_the_same_day_is_credited() -> None:
    more = edited("29.94")
    with_its_money = paid_later(more, "12.00", days=4)
    books = played(paid(None, "29.94"), more, with_its_money)
    given = given_back_later(with_its_money, of=9, amount="5.00", days=4)
    books.settle(after(given, changed_at=FOUR_DAYS_ON + timedelta(hours=1)))
    assert (books.charged, books.paid, len(books.drafts())) == (Decimal("36.94"), Decimal("36.94"), 1)


def test_a_payment_that_comes_to_light_late_takes_no_place_of_one_that_is_booked() -> None:
    sold = paid_later(paid(), "29.94", days=2)
    earlier = sold.payments[0].model_copy(update={"payment_id": "pay-0/tx", "received_at": PLACED})
    books = played(sold, after(sold, payments=(earlier, *sold.payments)), shop_rules=OWN_APART)
    (moved,) = [one for one in books.posted if isinstance(one, BankTransactionDraft)]
    assert (moved.reference, moved.amount, books.paid) == ("SO-1001 pay-0/tx", Decimal("29.94"), Decimal("29.94"))


def test_a_dispute_that_is_won_after_the_order_was_cancelled_is_a_receipt_again() -> None:
    sold = paid(None, "29.94")
    taken = disputed(sold, "29.94", days=3)
    won = taken.model_copy(update={"chargeback_id": "pay-1/won", "amount": Decimal("-29.94")})
    lost = cancelled(sold, chargebacks=(taken,))
    books = played(sold, cancelled(sold), lost, after(lost, chargebacks=(taken, won)))
    assert (books.charged, books.paid) == (ZERO, Decimal("29.94"))


def test_money_of_an_order_that_is_posted_again_for_less_is_paid_too_much() -> None:
    sold = paid(None, "29.94")
    books = played(sold, after(sold, undone_at=PLACED + timedelta(days=1)))
    less = after(paid(worksheet(line(quantity=1), tax="2.99"), "29.94"), changed_at=FOUR_DAYS_ON)
    with pytest.raises(PermanentError, match=r"received 12\.00 GBP more than the 17\.94"):
        books.settle(less)
    books.settle(given_back_later(less, of=1, amount="12.00", days=6))
    assert (books.charged, books.paid, len(books.drafts())) == (Decimal("17.94"), Decimal("17.94"), 1)


def test_w12_a_gift_card_that_was_spent_is_owed_to_nobody_any_more_by_rule() -> None:
    own = rules(
        "gift_cards: {kind: multi, clearing: bank_transaction}\n"
        "payments: {gift_card_types: [GiftCard], accounts: [{type: GiftCard, bank_account: '1220'}]}"
    )
    card = payment(ID="card", Type="GiftCard", amount="29.94")
    books = played(order(None, [card], own), shop_rules=own)
    (moved,) = [one for one in books.posted if isinstance(one, BankTransactionDraft)]
    assert (moved.amount, moved.bank_account, moved.nominal_code) == (Decimal("-29.94"), "1220", 2110)


def test_w22_a_discount_for_prompt_payment_is_credited_once_exactly_the_rest_is_paid_in_time() -> None:
    own = rules("nominal_codes: {discount: 4009}\npayments: {prompt_payment_percent: 2, prompt_payment_days: 10}")
    sheet = worksheet(line(price="1000.00"), tax="200.00", shipping="0")

    def on_day(days: int, amount: str) -> MadeBooks:
        at = (PLACED + timedelta(days=days)).isoformat()
        card = payment(transaction(amount=amount, ID="tx", DateExecuted=at), amount=amount)
        return played(order(sheet, (), own), order(sheet, [card], own), shop_rules=own)

    books = on_day(8, "1176.00")
    (note,) = books.drafts()
    assert (note.issued_on, note.payments) == (date(2026, 11, 28), ())
    assert books.by_account("SO-1001-R1") == money(a4009_taxable="-20.00 -4.00")
    assert (books.charged, books.paid) == (Decimal("1176.00"), Decimal("1176.00"))
    for days, amount in ((11, "1176.00"), (8, "1175.99"), (8, "1176.01")):
        assert on_day(days, amount).drafts() == []


def test_by_rule_a_credit_note_is_set_off_against_the_invoice_that_is_open() -> None:
    own = rules("nominal_codes: {discount: 4009, shipping: 4905}\nkashflow: {allocate_credits: true}")
    sold = paid()
    books = played(sold, cancelled(sold), shop_rules=own)
    (pair,) = [one for one in books.posted if isinstance(one, AllocationDraft)]
    assert (pair.invoice_number, pair.credit_note_number, pair.amount) == (1001, 1002, Decimal("29.94"))


# --- undone ----------------------------------------------------------------------------------------------------


def test_what_is_undone_comes_to_nothing_and_is_posted_again_under_new_rules() -> None:
    sold = paid(None, "29.94")
    undone = after(sold, undone_at=PLACED + timedelta(days=1))
    books = played(sold, undone)
    assert (books.charged, books.paid, books.by_account()) == (ZERO, ZERO, {})
    books.settle(undone)
    assert len(books.charges()) == 2
    books.rules = rules("version: new\nnominal_codes: {goods: 4100, shipping: 4905}")
    books.settle(sold)
    assert books.by_account("SO-1001-A1") == money(a4100_taxable="20.00 4.00", a4905_taxable="4.95 0.99")
    assert (books.charged, books.paid) == (Decimal("29.94"), Decimal("29.94"))


def test_a_refund_under_newer_rules_leaves_the_rest_of_the_order_as_it_is() -> None:
    sold = paid(None, "29.94")
    books = played(sold)
    books.rules = rules("version: new\nnominal_codes: {goods: 4999}")
    for _ in range(2):
        books.settle(after(sold, refunds=(refund("6.00"),)))
    assert [one.reference for one in books.charges()] == ["SO-1001", "SO-1001-R1"]


def test_what_came_back_and_was_taken_off_the_line_as_well_is_credited_once() -> None:
    part = paid(None, "15.00")
    back = {"refunds": (refund("12.00", return_id="r1"),), "returns": (returning("r1", "line-mug", 1),)}
    books = played(part, after(part, **back), after(edited("15.00", quantity=1, tax="2.99"), **back))
    assert (books.charged, len(books.drafts())) == (Decimal("17.94"), 1)


@pytest.mark.parametrize("amount", [None, "4.00"])
def test_a_refund_that_vanished_or_shrank_in_the_shop_needs_a_person(amount: str | None) -> None:
    sold = paid(None, "29.94")
    books = played(sold, after(sold, refunds=(refund("6.00"),)))
    with pytest.raises(PermanentError) as refused:
        books.settle(after(sold, refunds=() if amount is None else (refund(amount),)))
    assert refused.value.code == ("PAYMENT_CHANGED" if amount is None else "REFUND_CHANGED")


def test_a_discount_that_grows_or_begins_is_credited() -> None:
    for before, tax in (("0", "4.99"), ("2.00", "4.59")):
        sold = paid(worksheet(tax=tax, order_discount=before))
        more = after(paid(worksheet(tax="3.99", order_discount="5.00")), changed_at=PLACED)
        assert played(sold, more).charged == more.total == Decimal("23.94")


def test_an_order_that_comes_to_nothing_is_credited_part_by_part_when_it_is_cancelled() -> None:
    free = paid(worksheet(tax="0", shipping="0", order_discount="20.00"))
    books = played(free, cancelled(free))
    assert [one.reference for one in books.charges()] == ["SO-1001", "SO-1001-R1"]
    assert books.settle(cancelled(free)).state is OrderState.CREDITED
    assert books.by_account() == {}


def test_no_discount_for_prompt_payment_is_given_for_what_was_added_later() -> None:
    own = rules("payments: {prompt_payment_percent: 40.0802, prompt_payment_days: 10}")
    sold = after(paid(None, "29.94"))
    books = played(sold, edited("29.94"), shop_rules=own)
    assert books.drafts() == []


def test_what_came_back_before_an_order_was_undone_is_not_charged_again_by_new_codes() -> None:
    sold = paid(None, "29.94")
    back = {"refunds": (refund("12.00", return_id="r1"),), "returns": (returning("r1", "line-mug", 1),)}
    books = played(sold, after(sold, **back), after(sold, undone_at=PLACED + timedelta(days=20), **back))
    assert (books.charged, books.paid) == (ZERO, ZERO)
    books.rules = rules("version: new\nnominal_codes: {goods: 4100, shipping: 4905}")
    books.settle(after(sold, **back))
    assert (books.charged, books.paid) == (Decimal("17.94"), Decimal("17.94"))


def test_a_deposit_that_was_undone_has_its_money_again_on_what_is_posted_next() -> None:
    own = rules("orders: {tax_point: first_of}\nnominal_codes: {deposit: 2115, shipping: 4905}")
    days = ("2026-11-20T10:00:00+00:00", "2026-11-24T10:00:00+00:00")
    cards = [
        payment(transaction(amount=amount, ID="tx", DateExecuted=day), ID=f"pay-{number}", amount=amount)
        for number, (amount, day) in enumerate(zip(("10.00", "19.94"), days, strict=True), 1)
    ]
    first, whole = (order(None, some, own) for some in (cards[:1], cards))
    books = played(first, whole, after(whole, undone_at=PLACED + timedelta(days=20)), whole, shop_rules=own)
    assert (books.charged, books.paid) == (Decimal("29.94"), Decimal("29.94"))


# --- what made orders have brought to light -----------------------------------------------------------------------


def disputed(one: Order, amount: str, *, days: int = 20) -> Chargeback:
    return Chargeback(
        chargeback_id="pay-1/dispute",
        paid_by=one.payments[0],
        amount=Decimal(amount),
        taken_at=PLACED + timedelta(days=days),
    )


def paid_later(one: Order, amount: str, *, days: int) -> Order:
    later = Payment(
        payment_id="pay-9/tx",
        method="CreditCard",
        amount=Decimal(amount),
        received_at=PLACED + timedelta(days=days),
    )
    return after(one, payments=(*one.payments, later))


def test_after_a_lost_dispute_the_customer_may_pay_again() -> None:
    sold = paid(None, "29.94")
    lost = after(sold, chargebacks=(disputed(sold, "29.94"),))
    books = played(sold, lost, paid_later(lost, "29.94", days=30))
    assert (books.charged, books.paid, books.drafts()) == (Decimal("29.94"), Decimal("29.94"), [])


def test_a_cancelled_order_is_credited_on_the_day_on_which_a_bank_took_its_money() -> None:
    sold = paid(None, "29.94")
    books = played(sold, cancelled(sold), cancelled(sold, chargebacks=(disputed(sold, "29.94"),)))
    (note,) = books.drafts()
    assert (note.issued_on, note.gross, books.paid) == (date(2026, 12, 10), Decimal("-29.94"), ZERO)


def test_a_dispute_before_the_cancellation_leaves_no_money_over() -> None:
    sold = paid(None, "29.94")
    taken = after(sold, chargebacks=(disputed(sold, "10.00", days=1),))
    stopped = after(cancelled(taken), refunds=(refund("19.94"),))
    books = played(sold, taken, cancelled(taken), stopped)
    assert (books.by_account(), books.charged, books.paid) == ({}, ZERO, ZERO)


def in_euro(*amounts: str, quantity: int = 2, tax: str = "4.99") -> Order:
    sheet = worksheet(line(quantity=quantity), tax=tax, Currency="EUR")
    cards = [
        payment(transaction(amount=one, ID="tx"), ID=f"pay-{i}", amount=one) | {"Currency": "EUR"}
        for i, one in enumerate(amounts, 1)
    ]
    return order(sheet, cards, IN_POUNDS)


def test_a_dispute_of_a_sale_in_euro_is_booked_in_pounds() -> None:
    books, sold = MadeBooks(IN_POUNDS, Decimal("1.1527")), in_euro("29.94")
    books.settle(sold)
    assert books.paid == Decimal("25.97")
    books.settle(after(sold, chargebacks=(disputed(sold, "29.94"),)))
    assert books.paid == ZERO


def test_an_edit_of_a_sale_in_euro_makes_no_documents_of_pennies() -> None:
    books = MadeBooks(IN_POUNDS, Decimal("1.1527"))
    for quantity in range(2, 9):
        tax = f"{(quantity * 10 + Decimal('6.80')) / 5:.2f}"
        others = [line(f"PEN{n}", price=f"0.{n}7") for n in range(1, 6)]
        sheet = worksheet(line(quantity=quantity), *others, tax=tax, Currency="EUR")
        books.settle(after(order(sheet, shop_rules=IN_POUNDS), changed_at=PLACED))
    assert (len(books.drafts("further_invoice")), books.drafts()) == (6, [])
    assert books.charged == (Decimal("104.16") / Decimal("1.1527")).quantize(Decimal("0.01"))


def test_yen_come_back_in_whole_yen() -> None:
    sheet = worksheet(line(quantity=3, price="100"), tax="60", shipping="0", Currency="JPY")
    card = payment(transaction(amount="360", ID="tx"), amount="360") | {"Currency": "JPY"}
    uneven = worksheet(line(quantity=3, price="96.6666", LineSubtotal=Decimal(290)), tax="58", shipping="0")
    uneven["Order"]["Currency"] = "JPY"
    sold = order(uneven, [card | {"Amount": Decimal(348)}], CODES)
    sold = after(sold, payments=(sold.payments[0].model_copy(update={"amount": Decimal(348)}),))
    back = after(sold, refunds=(refund("116", return_id="r1"),), returns=(returning("r1", "line-mug", 1),))
    assert played(sold, back).by_account("SO-1001-R1") == money(a4000_taxable="-97 -19")
    assert order(sheet, [card], CODES).total == Decimal(360)


def test_a_second_capture_of_few_yen_is_seen_in_books_in_pounds() -> None:
    sheet = worksheet(line(price="5000"), tax="1000", shipping="0", Currency="JPY")
    card = payment(transaction(amount="6000", ID="tx"), amount="6000") | {"Currency": "JPY"}
    sold, books = order(sheet, [card], IN_POUNDS), MadeBooks(IN_POUNDS, Decimal("191.35"))
    books.settle(sold)
    with pytest.raises(PermanentError) as parked:
        books.settle(paid_later(sold, "300", days=1))
    assert parked.value.code == "OVERPAID"


def test_a_refund_that_two_decimals_cannot_say_waits_for_a_person() -> None:
    sheet = worksheet(line(price="10.000"), tax="2.000", shipping="0", Currency="KWD")
    sold = order(sheet, [payment(transaction(amount="12.000", ID="tx"), amount="12") | {"Currency": "KWD"}], CODES)
    books = played(sold)
    with pytest.raises(PermanentError) as parked:
        books.settle(after(sold, refunds=(refund("1.001"),)))
    assert parked.value.code == "FINER_THAN_KASHFLOW"
    books.settle(after(sold, refunds=(refund("1.010"),)))
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-0.84 -0.17")


def test_more_than_came_in_is_not_given_back_though_more_was_charged() -> None:
    sold = paid(None, "10.00")
    books = played(sold)
    with pytest.raises(PermanentError, match=r"only 10\.00 came in") as parked:
        books.settle(after(sold, refunds=(refund("15.00"),)))
    assert parked.value.code == "REFUND_ABOVE_INVOICE"


def test_goodwill_is_never_booked_on_the_account_of_a_discount() -> None:
    sheet = worksheet(line(price="10.00"), line("TEA", price="9.00"), tax="0.80", shipping="0", order_discount="15.00")
    sold = paid(sheet, "4.80")
    books = played(sold, after(sold, refunds=(refund("1.20"),)))
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-1.00 -0.20")


def test_goodwill_leaves_an_account_alone_whose_discounts_are_more_than_its_goods() -> None:
    own = rules("nominal_codes: {shipping: 4001}")
    sheet = worksheet(line(price="20.00"), tax="2.00", shipping="12.00", order_discount="22.00")
    sheet["OrderPromotions"] = [{"Amount": Decimal("12.00"), "ValueExpression": "order.ShippingCost"}]
    sold = order(sheet, [payment(transaction(amount="12.00", ID="tx"), amount="12.00")], own)
    sold = after(sold, refunds=(refund("1.20", days=1),))
    books = played(sold, shop_rules=own)
    assert books.by_account("SO-1001-R1") == money(a4001_taxable="-1.00 -0.20")
    back = cancelled(sold, refunds=(*sold.refunds, refund("10.80", "2", days=3)))
    plan = books.settle(back)
    assert (books.by_account(), books.charged, len(books.charges())) == ({}, ZERO, 3)
    assert (plan.state, books.settle(back).effects) == (OrderState.CREDITED, plan.effects)


def test_goodwill_is_not_charged_again_when_free_delivery_has_gone() -> None:
    own = rules("nominal_codes: {shipping: 4001}")
    free = [{"Amount": Decimal("12.00"), "ValueExpression": "order.ShippingCost"}]
    sheet = worksheet(line(), tax="2.00", shipping="12.00", order_discount="12.00") | {"OrderPromotions": free}
    cards = [payment(transaction(amount="12.00", ID="tx"), amount="12.00")]
    sold = order(sheet, cards, own)
    collected = after(order(worksheet(line(), tax="2.00", shipping="0"), cards, own), changed_at=PLACED)
    given = after(collected, refunds=(refund("0.60"),))
    books = played(sold, collected, given, shop_rules=own)
    assert (books.charged, books.drafts("further_invoice")) == (Decimal("11.40"), [])


def test_more_goodwill_than_is_open_on_one_account_goes_on_to_the_next() -> None:
    sold = paid(None, "29.94")
    books = played(sold, after(sold, refunds=(refund("27.00"),)))
    assert books.by_account("SO-1001-R1") == money(a4000_taxable="-20.00 -4.00", a4905_taxable="-2.50 -0.50")


def test_after_goodwill_and_a_cancellation_a_reopened_order_owes_what_was_not_given() -> None:
    sold = paid(worksheet(line(), line("TEA", price="9.00"), tax="3.80", shipping="0"), "22.80")
    first = after(sold, refunds=(refund("19.86"),))
    whole = (refund("19.86"), refund("2.94", "2", days=20))
    reopened = after(sold, refunds=whole, changed_at=PLACED + timedelta(days=30))
    books = played(sold, first, cancelled(sold, refunds=whole), reopened)
    assert (books.charged, books.paid) == (Decimal("2.94"), ZERO)


def test_goods_are_not_given_back_once_more_when_goodwill_has_given_their_price() -> None:
    sheet = worksheet(line(), line("TEA", price="90.00", tax_code="ZERO"), tax="2.00", shipping="0")
    sold = paid(sheet, "102.00")
    given = after(sold, refunds=(refund("51.00"),))
    books = played(sold, given)
    back = refund("12.00", "2", days=20, return_id="r1")
    with pytest.raises(PermanentError, match=r"whose goods come to 6\.00 GBP") as parked:
        books.settle(after(given, refunds=(*given.refunds, back), returns=(returning("r1", "line-mug", 1),)))
    assert parked.value.code == "REFUND_NOT_EXPLAINED"


def test_what_came_back_is_not_credited_again_with_the_rest() -> None:
    sold = paid(None, "29.94")
    first = refund("12.00", return_id="r1")
    back = after(sold, refunds=(first,), returns=(returning("r1", "line-mug", 1),))
    books = played(sold, back, after(back, refunds=(first, refund("17.94", "2", days=20))))
    assert books.by_account("SO-1001-R2") == money(a4000_taxable="-10.00 -2.00", a4905_taxable="-4.95 -0.99")


def test_a_refund_first_gives_back_what_the_order_came_down_by() -> None:
    sold = paid(worksheet(line(), line("TEA", price="9.00", tax_code="ZERO"), tax="2.00", shipping="0"), "21.00")
    less = after(paid(worksheet(line(), tax="2.00", shipping="0"), "21.00"), changed_at=PLACED)
    books = played(sold, less, after(less, refunds=(refund("10.00"),)))
    assert books.by_account("SO-1001-R1") == money(a4020_zero="-9.00 0.00", a4000_taxable="-0.83 -0.17")


def test_what_goodwill_has_given_of_a_line_is_not_taken_off_with_it() -> None:
    sold = paid(None, "29.94")
    given = after(sold, refunds=(refund("6.00", days=1),))
    less = worksheet(line("PEN", price="1.00"), tax="1.19")
    swapped = after(paid(less, "29.94"), refunds=given.refunds, changed_at=PLACED + timedelta(days=2))
    lost = after(swapped, chargebacks=(disputed(sold, "23.94"),))
    books = played(sold, given, swapped, lost)
    assert (books.charged, books.paid) == (Decimal("7.14"), ZERO)


def test_money_that_pays_one_of_two_open_invoices_to_the_penny_goes_there() -> None:
    books = played(paid(), edited(), edited("12.00"))
    assert [one.on for one in books.entries.of_kind("receipt")] == [1002]


def test_money_for_a_deposit_that_a_bank_took_back_may_pay_the_rest_too() -> None:
    own = rules("orders: {tax_point: first_of}\nnominal_codes: {deposit: 2115}")
    sold = order(worksheet(), [payment(transaction(amount="10.00", ID="tx"), amount="10.00")], own)
    sent = after(sold, dispatches=(Dispatch(shipment_id="s", at=PLACED + timedelta(days=5)),))
    lost = after(sent, chargebacks=(disputed(sold, "10.00"),))
    books = played(sold, sent, lost, paid_later(lost, "29.94", days=30), shop_rules=own)
    assert (books.charged, books.paid) == (Decimal("29.94"), Decimal("29.94"))


def test_pieces_that_an_edit_took_off_do_not_come_back() -> None:
    sold = paid(worksheet(line(quantity=4), tax="8.99"))
    less = after(paid(None, "29.94"), changed_at=PLACED + timedelta(days=1))
    back = after(less, refunds=(refund("12.00", return_id="r1"),), returns=(returning("r1", "line-mug", 1),))
    books = played(sold, less, back)
    assert books.by_account("SO-1001-R2") == money(a4000_taxable="-10.00 -2.00")


def test_the_last_goods_take_delivery_for_nothing_with_them() -> None:
    sheet = worksheet(line(), tax="2.00", order_discount="4.95")
    sheet["OrderPromotions"] = [{"Amount": Decimal("4.95"), "ValueExpression": "order.ShippingCost"}]
    sold = paid(sheet, "12.00")
    back = after(sold, refunds=(refund("12.00", return_id="r1"),), returns=(returning("r1", "line-mug", 1),))
    assert played(sold, back).by_account() == {}


def test_a_penny_more_than_the_last_piece_is_goodwill() -> None:
    sold = paid(None, "29.94")
    back = after(sold, refunds=(refund("24.01", return_id="r1"),), returns=(returning("r1", "line-mug", 2),))
    assert played(sold, back).by_account("SO-1001-R1") == money(a4000_taxable="-20.00 -4.00", a4905_taxable="-0.01 0")


def test_a_swap_for_less_has_one_note_with_what_is_sold_instead() -> None:
    """The discount moves from one percentage to another by more than the new goods come to."""
    sold = paid(worksheet(line(price="100.00"), line("TEA", price="100.00", tax_code="ZERO"), tax="10.00",
                          shipping="0", order_discount="100.00"))  # fmt: skip
    less = after(paid(worksheet(line("CUP", price="1.00"), line("TEA", price="100.00", tax_code="ZERO"), tax="0.01",
                                shipping="0", order_discount="96.00")), changed_at=PLACED)  # fmt: skip
    books = played(sold, less)
    assert books.charged == less.total
    afresh = played(less)
    assert books.by_account() == afresh.by_account()


# --- whatever happens ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shop:
    """How it sells mugs: in which currency, whether its prices hold VAT, and by which rules they are booked."""

    name: str
    currency: str = "GBP"
    has_vat_in_prices: bool = False
    rules: Any = FOLLOWING
    rate: Decimal = Decimal(1)

    def sold(self, quantity: int, price: str, *amounts: Decimal) -> Order:
        """So many mugs with tea at no VAT, some of it off, and delivery."""
        lines = (line(quantity=quantity, price=price), line("TEA", price="1.10", tax_code="ZERO"))
        taxed = quantity * Decimal(price) + Decimal("4.95")
        off = (quantity * Decimal(price) / 10).quantize(Decimal("0.01"))
        tea_off = (off * Decimal("1.10") / (quantity * Decimal(price) + Decimal("1.10"))).quantize(Decimal("0.01"))
        tax = ((taxed - off + tea_off) / 5).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
        sheet = worksheet(
            *lines,
            tax="0" if self.has_vat_in_prices else str(tax),
            order_discount=str(off),
            Currency=self.currency,
            xp={"PricesIncludeVat": self.has_vat_in_prices},
        )
        cards = [
            payment(transaction(amount=str(amount), ID="tx"), ID=f"pay-{number}", amount=str(amount))
            | {"Currency": self.currency}
            for number, amount in enumerate(amounts, start=1)
        ]
        return order(sheet, cards, self.rules)

    def books(self) -> MadeBooks:
        return MadeBooks(self.rules, self.rate)

    def in_books(self, amount: Decimal) -> Decimal:
        return (amount / self.rate).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


SHOPS = [
    Shop("pounds"),
    Shop("pounds, the customers' own apart", rules=FOLLOWING_APART),
    Shop("prices with VAT", has_vat_in_prices=True),
    Shop("euro in pounds", "EUR", rules=IN_POUNDS, rate=Decimal("1.1527")),
    Shop("euro in pounds, prices with VAT", "EUR", has_vat_in_prices=True, rules=IN_POUNDS, rate=Decimal("1.1527")),
]


@dataclass
class Life:
    """An order in its shop, as it goes on; `states` are what the bridge sees of it, one after the other.

    `days` are those of the payments, `mistakes` the refunds of what was captured twice.
    """

    shop: Shop
    price: str
    quantity: int
    paid: list[Decimal] = field(default_factory=list)
    days: list[int] = field(default_factory=list)
    mistakes: set[str] = field(default_factory=set)
    refunds: list[Refund] = field(default_factory=list)
    returns: list[OrderReturn] = field(default_factory=list)
    is_cancelled: bool = False
    states: list[Order] = field(default_factory=list)

    @property
    def held(self) -> Decimal:
        return sum(self.paid, ZERO) - sum((one.amount for one in self.refunds), ZERO)

    def taken_by_mistake(self, one: Order) -> Decimal:
        """What was captured twice, and went back."""
        return sum((back.amount for back in one.refunds if back.refund_id in self.mistakes), ZERO)

    @property
    def has_given(self) -> bool:
        return len(self.refunds) > len(self.mistakes)

    @property
    def total(self) -> Decimal:
        return self.shop.sold(self.quantity, self.price).total

    def pay(self, amount: Decimal) -> None:
        self.paid.append(amount)
        self.days.append(len(self.states))

    def pay_twice(self) -> None:
        """By mistake, and it is given back before anything else happens."""
        self.pay(self.total)
        self.give_back(self.total)
        self.mistakes.add(self.refunds[-1].refund_id)

    def give_back(self, amount: Decimal, return_id: str = "") -> None:
        number = len(self.refunds) + 1
        self.refunds.append(refund(str(amount), str(number), days=len(self.states) + 1, return_id=return_id))

    def send_back(self, pieces: int, amount: Decimal, *, is_stated: bool) -> None:
        name = f"r{len(self.returns)}"
        self.returns.append(returning(name, "line-mug", pieces, str(amount) if is_stated else None))
        self.give_back(amount, name)

    def go_on(self) -> None:
        one = self.shop.sold(self.quantity, self.price, *self.paid)
        changed_at = PLACED + timedelta(days=len(self.states))
        moments = [PLACED + timedelta(days=day) for day in self.days]
        payments = [got.model_copy(update={"received_at": at}) for got, at in zip(one.payments, moments, strict=True)]
        money = {"payments": tuple(payments), "refunds": tuple(self.refunds), "returns": tuple(self.returns)}
        one = after(one, **money, changed_at=changed_at)
        self.states.append(cancelled(one) if self.is_cancelled else one)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Orders as they follow each other: edited, paid, given back, returned, cancelled and reopened."""
    price = draw(st.sampled_from(["9.99", "10.00", "0.07", "33.33"]))
    life = Life(draw(st.sampled_from(SHOPS)), price, draw(st.integers(1, 4)))
    if draw(st.booleans()):
        life.pay(life.total)
    life.go_on()
    for _ in range(draw(st.integers(1, 5))):
        happening = draw(st.sampled_from(["refund", "return", "edit", "cancel", "pay", "twice"]))
        missing = life.total - life.held
        if happening in ("refund", "return") and life.held > ZERO:
            amount = Decimal(draw(st.integers(1, int(life.held * 100)))) / 100
            if happening == "refund":
                life.give_back(amount)
            else:
                life.send_back(draw(st.integers(1, life.quantity)), amount, is_stated=draw(st.booleans()))
        elif happening == "edit":
            is_even, before = life.held == life.total and not life.is_cancelled, life.total
            life.quantity = draw(st.integers(1, 5))
            if is_even and life.total > before and draw(st.booleans()):
                life.pay(life.total - before)
        elif happening == "twice" and life.held == life.total and not (life.has_given or life.is_cancelled):
            life.pay_twice()
            if draw(st.booleans()):
                life.go_on()
                life.quantity += 1
        elif happening == "cancel":
            life.is_cancelled = not life.is_cancelled
        elif happening == "pay" and missing > ZERO and not life.has_given and not life.is_cancelled:
            life.pay(missing)
        life.go_on()
    return life


def refused(books: MadeBooks, one: Order) -> str:
    """The reason for which an order is parked, if it is."""
    try:
        books.settle(one)
    except PermanentError as error:
        return error.code
    return ""


def open_by_group(books: MadeBooks) -> dict[tuple[str, Decimal], tuple[Decimal, Decimal]]:
    """Net and VAT of all that stands, by box and percentage."""
    sums: dict[tuple[str, Decimal], tuple[Decimal, Decimal]] = {}
    for one in (sold for entry in books.charges() for sold in unpack_lines(entry.sold)):
        net, vat = sums.get((one.box, one.vat_level), (ZERO, ZERO))
        sums[one.box, one.vat_level] = net + one.net, vat + one.vat
    return sums


def test_of_two_payments_too_many_the_later_goes_back_and_the_earlier_pays_for_what_is_added() -> None:
    sold = paid(None, "29.94", "12.00", "12.00")
    held = after(sold, refunds=(refund("12.00"),))
    more = after(edited("29.94", "12.00", "12.00"), refunds=held.refunds, changed_at=PLACED + timedelta(days=20))
    books = played(paid(None, "29.94"), more)
    assert (books.charged, books.paid) == (Decimal("41.94"), Decimal("41.94"))
    assert [sorted(one.carried) for one in books.entries.of_kind("receipt")] == [["pay-2/tx"]]


def test_no_more_is_credited_at_a_percentage_than_was_charged_at_it() -> None:
    """The mug came back whole; a discount of later would take VAT off of which nothing is left."""
    mug, tea = line(price="100.00"), line("TEA", price="100.00", tax_code="ZERO")
    sold = paid(worksheet(mug, tea, tax="20.00", shipping="0"), "120.00")
    back = after(sold, refunds=(refund("120.00", return_id="r1"),), returns=(returning("r1", "line-mug", 1),))
    less = paid(worksheet(mug, tea, tax="18.00", shipping="0", order_discount="20.00"), "120.00")
    less = after(less, refunds=back.refunds, returns=back.returns, changed_at=PLACED + timedelta(days=20))
    books = played(sold, back)
    before = books.by_account()
    assert refused(books, less) == "CREDIT_ABOVE_RATE"
    assert books.by_account() == before == money(a4020_zero="100.00 0.00")


def test_a_plan_that_does_not_end_is_a_fault_that_is_said_and_nothing_of_it_is_posted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sold = paid()
    books = MadeBooks(CODES)
    books.settle(sold)
    more = paid(worksheet(line(quantity=3), tax="6.99"), "29.94")
    again = next(documents_after(Case(more, books.entries, CODES)))
    planned = repeat(again, 100)
    monkeypatch.setattr(after_sale._Books, "next_document", lambda _: next(planned, None))
    assert refused(books, more) == "PLAN_WITHOUT_END"
    assert len(books.charges()) == 1


@settings(max_examples=120, deadline=None)
@given(lives())
def test_whatever_follows_the_books_say_what_the_customer_owes_and_has_paid(life: Life) -> None:
    books, shop = life.shop.books(), life.shop
    for one in life.states:
        code = refused(books, one)
        if code:
            assert code in ("REFUND_ABOVE_INVOICE", "OVERPAID")
            return
        if not books.charges():
            continue
        mistake = life.taken_by_mistake(one)
        given_back = one.refunded - mistake
        assert books.paid == shop.in_books(one.paid - mistake) - shop.in_books(given_back)
        owed = ZERO if one.standing is OrderStanding.CANCELLED else shop.in_books(one.total)
        assert ZERO <= books.charged <= max(owed, books.paid)
        if not one.returns:
            pennies = ZERO if shop.rate == 1 else len(books.charges()) * Decimal("0.01")
            assert books.charged >= owed - shop.in_books(given_back) - pennies
        assert all(net >= ZERO and vat >= ZERO for net, vat in open_by_group(books).values())
        assert sum((net + vat for net, vat in books.by_account().values()), ZERO) == books.charged
        if not one.refunds and books.paid <= owed and shop.rate == 1:
            afresh = shop.books()
            afresh.settle(one)
            assert books.by_account() == afresh.by_account()
        if not owed and not one.paid - one.refunded:
            assert (books.by_account(), books.charged, books.paid) == ({}, ZERO, ZERO)
        assert not any(isinstance(effect, PostDocument) for effect in books.settle(one).effects)
