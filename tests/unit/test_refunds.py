"""What went back: each refund and chargeback by itself, the receipt that it is of, and the return that it settles."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.order import Chargeback, OrderReturn, Refund, ReturnedLine
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.shops.ordercloud import wire
from sitecore_kashflow.shops.ordercloud.mapping import money_in
from tests.builders import Raw, order, order_return, paperwork, payment, returned, rules, transaction, worksheet

STRIPE, PAYPAL = {"Gateway": "Stripe"}, {"Gateway": "PayPal"}
CARDS = rules(
    "payments: {gift_card_types: [GiftCard], accounts: [{type: GiftCard, bank_account: '1220'}]}\n"
    "gift_cards: {kind: multi}"
)


def back(amount: str | None = "-12.00", name: str = "tx-2", kind: str = "CreditCardRefund", **changes: Any) -> Raw:
    """Given back on 28 November."""
    return transaction(kind, amount, ID=name, **{"DateExecuted": "2026-11-28T09:00:00+00:00"} | changes)


def of_return(*transactions: Raw, name: str = "pay-9", **changes: Any) -> Raw:
    """A payment of the return `ret-1`: a payment of its own, which is negative."""
    fields = {"OrderReturnID": "ret-1", "DateCreated": "2026-11-28T08:30:00+00:00"} | changes
    return payment(*transactions, amount="-12.00", ID=name, **fields)


def refunds(*payments: Raw, own: Rules | None = None, returns: list[Raw] | None = None) -> tuple[Refund, ...]:
    return order(None, payments, own, (), returns or []).refunds


def the_refund(*payments: Raw, own: Rules | None = None, returns: list[Raw] | None = None) -> Refund:
    (one,) = refunds(*payments, own=own, returns=returns)
    return one


def held(*payments: Raw, own: Rules | None = None, returns: list[Raw] | None = None) -> Decimal:
    read = wire.Worksheet.model_validate(worksheet(Status="Canceled"))
    shop_rules = own or rules()
    return money_in(read.order, paperwork(payments, returns or []), shop_rules).held(shop_rules.payments.cards).held


# --- refunds ---------------------------------------------------------------------------------------------------


def test_each_refund_of_a_card_is_one_of_its_own_day_with_the_gateways_id_and_the_capture_that_goes_back() -> None:
    later = back("-5.00", "tx-3", DateExecuted="2026-12-01T10:00:00+00:00", xp={"PspReference": "re_2"})
    paid = payment(transaction(xp={"PspReference": "ch_1"}), back(), later, xp=STRIPE)
    first, second = refunds(paid)
    assert (first.refund_id, first.amount, first.refunded_at.day) == ("pay-1/tx-2", Decimal("12.00"), 28)
    assert (second.refund_id, second.amount, second.reference) == ("pay-1/tx-3", Decimal("5.00"), "re_2")
    assert second.refunded_at == datetime(2026, 12, 1, 10, tzinfo=UTC)
    assert (first.paid_by.payment_id, first.paid_by.reference) == ("pay-1/tx-1", "ch_1")
    assert (first.paid_by, first.return_id) == (second.paid_by, "")
    assert order(None, [paid]).payments == (first.paid_by,)


@pytest.mark.parametrize("kind", ["CreditCardVoidAuthorization", "VoidAuthorization", "CreditCardAuthorization"])
def test_a_void_gives_nothing_back_whatever_its_sign(kind: str) -> None:
    assert refunds(payment(transaction(), back("-29.94", kind=kind))) == ()


def test_a_gift_card_that_was_given_back_was_spent_before() -> None:
    gift = payment(back("-4.00"), amount="10.00", ID="gift-1", Type="GiftCard")
    sold = order(None, [gift], CARDS)
    assert [(one.payment_id, one.amount) for one in sold.payments] == [("gift-1", Decimal("10.00"))]
    (refund,) = sold.refunds
    assert (refund.amount, refund.paid_by) == (Decimal("4.00"), sold.payments[0])


def test_an_order_that_is_paid_by_its_status_stays_so_when_money_goes_back() -> None:
    own = rules("payments: {paid_statuses: [Completed]}")
    done = worksheet(Status="Completed", DateCompleted="2026-11-25T10:00:00+00:00")
    given_back = of_return(back())
    assert [one.payment_id for one in order(done, [given_back], own).payments] == ["SO-1001-completed"]
    authorised = payment(transaction("CreditCardAuthorization"), back())
    assert order(done, [authorised], own).paid == Decimal("29.94")


def test_a_refund_of_a_payment_that_brought_nothing_is_of_itself() -> None:
    other = payment(transaction(), ID="pay-2")
    refund = the_refund(payment(transaction("CreditCardAuthorization"), back()), other)
    assert refund.paid_by.payment_id == refund.refund_id == "pay-1/tx-2"


# --- the receipt of a return's payment -------------------------------------------------------------------------


def paid_by(*payments: Raw) -> str:
    return the_refund(*payments, returns=[order_return()]).paid_by.payment_id


def test_the_payment_of_a_return_leaves_by_the_gateway_of_its_type_that_paid() -> None:
    stripe = payment(transaction(amount="20.00"), amount="20.00", xp=STRIPE)
    paypal = payment(transaction(amount="9.94"), amount="9.94", ID="pay-2", xp=PAYPAL)
    assert paid_by(stripe, paypal, of_return(back(), xp={"Gateway": "stripe"})) == "pay-1/tx-1"
    assert paid_by(paypal, stripe, of_return(back(), xp=PAYPAL)) == "pay-2/tx-1"
    assert paid_by(stripe, of_return(back(), xp=PAYPAL)) == "pay-9/tx-2"
    assert paid_by(stripe, of_return(back(), Type="BankTransfer")) == "pay-9/tx-2"


def test_the_payment_of_a_return_that_names_no_gateway_leaves_by_the_only_one_there_was() -> None:
    stripe = payment(transaction(amount="20.00"), amount="20.00", xp=STRIPE)
    paypal = payment(transaction(amount="9.94"), amount="9.94", ID="pay-2", xp=PAYPAL)
    assert paid_by(stripe, of_return(back())) == "pay-1/tx-1"
    assert paid_by(stripe, paypal, of_return(back())) == "pay-9/tx-2"


# --- a return's payment without transactions -------------------------------------------------------------------


def test_the_payment_of_a_completed_return_is_money_given_back_though_no_transaction_says_so() -> None:
    done = order_return(Status="Completed")
    refund = the_refund(payment(transaction()), of_return(xp={"PspReference": "re_1"}), returns=[done])
    assert (refund.refund_id, refund.amount, refund.reference) == ("pay-9", Decimal("12.00"), "re_1")
    assert refund.refunded_at == datetime(2026, 11, 28, 8, 30, tzinfo=UTC)
    assert (refund.paid_by.payment_id, refund.return_id) == ("pay-1/tx-1", "ret-1")


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (of_return(), "Open"),
        (of_return(), "Canceled"),
        (of_return(Accepted=False), "Completed"),
        (of_return(Accepted=None), "Completed"),
        (of_return(Type="PurchaseOrder"), "Completed"),
        (of_return(back(Succeeded=False)), "Completed"),
    ],
)
def test_the_payment_of_a_return_is_nothing_before_the_customer_has_it(made: Raw, status: str) -> None:
    assert refunds(payment(transaction()), made, returns=[order_return(Status=status)]) == ()


def test_the_refund_of_a_return_is_the_same_before_and_after_its_transaction_is_recorded() -> None:
    """The return completes with its payment; a transaction may come a moment later, and is no second refund."""
    done = [order_return(Status="Completed")]
    first, later = back("-7.00", "tx-8"), back("-5.00", "tx-9")
    assert the_refund(payment(transaction()), of_return(), returns=done).refund_id == "pay-9"
    assert the_refund(payment(transaction()), of_return(back()), returns=done).refund_id == "pay-9"
    both = refunds(payment(transaction()), of_return(first, later), returns=done)
    assert [one.refund_id for one in both] == ["pay-9", "pay-9/tx-9"]


def test_the_transactions_of_a_returns_payment_speak_before_its_amount() -> None:
    made = of_return(back("-7.00"), back("-5.00", "tx-3"))
    found = refunds(payment(transaction()), made, returns=[order_return(Status="Completed")])
    assert [one.amount for one in found] == [Decimal("7.00"), Decimal("5.00")]


# --- which return it settles -----------------------------------------------------------------------------------


def returns_of(*payments: Raw, returns: list[Raw]) -> tuple[list[str], tuple[OrderReturn, ...]]:
    found = order(None, [payment(transaction()), *payments], None, (), returns)
    return [one.return_id for one in found.refunds], found.returns


def test_a_return_that_a_payment_names_has_its_lines_and_only_the_amounts_that_somebody_gave() -> None:
    items = [returned(amount="9.00"), returned("line-tea", 2), returned("line-box", None)]
    ids, found = returns_of(of_return(back()), returns=[order_return(*items, amount="12.00")])
    lines = (
        ReturnedLine(line_id="line-mug", quantity=1, amount=Decimal("9.00")),
        ReturnedLine(line_id="line-tea", quantity=2),
        ReturnedLine(line_id="line-box", quantity=0),
    )
    assert (ids, found) == (["ret-1"], (OrderReturn(return_id="ret-1", amount=Decimal("12.00"), lines=lines),))


def test_a_refund_for_a_return_that_is_gone_is_for_none() -> None:
    assert returns_of(of_return(back()), returns=[]) == ([""], ())


@pytest.mark.parametrize(
    "fitting",
    [
        order_return(returned(), amount="12.00"),
        order_return(returned(), amount="12.00", Status="Completed"),
        order_return(returned(amount="7.00"), returned("line-tea", amount="5.00")),
    ],
)
def test_a_refund_that_names_no_return_settles_the_one_of_exactly_its_amount(fitting: Raw) -> None:
    ids, found = returns_of(payment(back(), ID="pay-2"), returns=[fitting])
    assert (ids, [one.return_id for one in found]) == (["ret-1"], ["ret-1"])


@pytest.mark.parametrize(
    "other",
    [
        order_return(returned(), amount="11.99"),
        order_return(returned()),
        order_return(amount=None),
        order_return(returned(amount="12.00"), returned("line-tea")),
        order_return(returned(amount="12.00"), amount="9.00"),
        order_return(returned(), amount="12.00", Status="AwaitingApproval"),
        order_return(returned(), amount="12.00", Status="Unsubmitted"),
        order_return(returned(), amount="12.00", Status="Declined"),
        order_return(returned(), amount="12.00", Status="Canceled"),
    ],
)
def test_a_refund_that_names_no_return_settles_none_of_another_amount_or_that_is_not_agreed(other: Raw) -> None:
    assert returns_of(payment(back(), ID="pay-2"), returns=[other]) == ([""], ())


def test_a_return_that_a_payment_names_is_not_settled_by_another() -> None:
    ids, found = returns_of(of_return(), payment(back(), ID="pay-2"), returns=[order_return(amount="12.00")])
    assert (ids, found) == ([""], ())


def test_two_equal_returns_are_settled_by_one_refund_each_the_older_one_first() -> None:
    younger = order_return(ID="ret-1", amount="12.00")
    older = order_return(ID="ret-2", amount="12.00", DateCreated="2026-11-27T08:00:00+00:00")
    late, early = back(name="tx-9", DateExecuted="2026-12-02T10:00:00+00:00"), back(name="tx-2")
    found = order(None, [payment(transaction(), late, early)], None, (), [younger, older])
    assert [(one.refund_id, one.return_id) for one in found.refunds] == [
        ("pay-1/tx-2", "ret-2"),
        ("pay-1/tx-9", "ret-1"),
    ]
    (only,) = order(None, [payment(transaction(), early)], None, (), [younger, older]).returns
    assert only.return_id == "ret-2"


# --- chargebacks -----------------------------------------------------------------------------------------------


def test_what_a_bank_takes_is_no_refund_and_what_is_won_again_is_negative_whatever_the_signs() -> None:
    taken = back("-29.94", "tx-2", "Dispute", xp={"PspReference": "dp_1"})
    won = back("29.94", "tx-3", "DisputeReversed", DateExecuted="2026-12-20T09:00:00+00:00")
    sold = order(None, [payment(transaction(), taken, won)])
    receipt = sold.payments[0]
    assert (sold.refunds, sold.paid) == ((), Decimal("29.94"))
    first, second = sold.chargebacks
    moment = datetime(2026, 11, 28, 9, tzinfo=UTC)
    assert first == Chargeback(
        chargeback_id="pay-1/tx-2", paid_by=receipt, reference="dp_1", amount=Decimal("29.94"), taken_at=moment
    )
    assert (second.amount, second.taken_at.month, second.paid_by) == (Decimal("-29.94"), 12, receipt)


def test_a_shops_own_words_for_a_chargeback_are_in_its_rules() -> None:
    odd = payment(transaction(), back("10.00", kind="Inquiry"))
    with pytest.raises(PermanentError, match="TRANSACTION_UNKNOWN"):
        order(None, [odd])
    (one,) = order(None, [odd], rules("payments: {chargeback_types: [Inquiry]}")).chargebacks
    assert one.amount == Decimal("10.00")


def test_a_chargeback_in_another_currency_than_the_orders_is_parked() -> None:
    with pytest.raises(PermanentError, match="PAYMENT_CURRENCY_DIFFERS"):
        order(None, [payment(transaction(), back(kind="Chargeback", Currency="USD"))])


@pytest.mark.parametrize(
    "lists",
    ["refund_types: [Chargeback]", "chargeback_won_types: [Dispute]", "settled_transaction_types: [DisputeReversed]"],
)
def test_a_type_of_chargeback_that_is_something_else_too_is_refused(lists: str) -> None:
    with pytest.raises(PermanentError, match="leave it in one list"):
        rules(f"payments: {{{lists}}}")


# --- what a cancelled order still holds ------------------------------------------------------------------------


def test_a_cancelled_order_holds_what_came_in_less_what_went_back_by_whatever_way() -> None:
    paid = payment(transaction(), back("-2.00"), back("-3.00", "tx-3", "Chargeback"))
    assert held(paid) == Decimal("24.94")
    done = order_return(Status="Completed")
    assert held(paid, of_return(), returns=[done]) == Decimal("12.94")
    assert held(paid, of_return(), returns=[order_return()]) == Decimal("24.94")
    assert held() == held(payment(transaction("CreditCardAuthorization"))) == Decimal(0)


def test_a_gift_card_is_no_money_neither_when_it_is_spent_nor_when_it_is_given_back() -> None:
    gift = payment(back("-10.00"), amount="10.00", ID="gift-1", Type="GiftCard")
    assert held(gift, payment(transaction(amount="19.94"), amount="19.94"), own=CARDS) == Decimal("19.94")


# --- when it was changed and cancelled -------------------------------------------------------------------------


def test_an_order_says_when_it_was_changed_and_when_it_was_cancelled_or_declined() -> None:
    moment = "2026-11-23T10:00:00+00:00"
    at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    plain = order()
    assert (plain.changed_at, plain.cancelled_at) == (datetime(2026, 11, 20, 9, 0, 0, 900_000, UTC), None)
    assert order(worksheet(LastUpdated=moment)).changed_at == at
    assert order(worksheet(Status="Canceled", DateCanceled=moment)).cancelled_at == at
    assert order(worksheet(Status="Declined", DateDeclined=moment)).cancelled_at == at
    assert order(worksheet(Status="Open", DateDeclined=moment)).cancelled_at is None


@pytest.mark.parametrize("nothing", [None, "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
def test_a_moment_that_stands_for_none_is_none(nothing: str | None) -> None:
    cancelled = order(worksheet(Status="Canceled", DateCanceled=nothing, DateDeclined=nothing, LastUpdated=nothing))
    assert (cancelled.cancelled_at, cancelled.changed_at) == (None, None)
