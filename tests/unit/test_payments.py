"""What counts as money: settled transactions, less what was reversed; each by itself, on its own day, in its place."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.canonical.invoice import PaidInto
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.model import Rules
from tests.builders import Raw, draft, line, order, order_return, payment, rules, sent_to, transaction, worksheet

DONE: Raw = {"Status": "Completed", "DateCompleted": "2026-11-25T10:00:00+00:00"}
COMPLETED_IS_PAID = rules("payments: {paid_statuses: [Completed]}")
CARDS = "gift_card_types: [GiftCard], accounts: [{type: GiftCard, bank_account: '1220', method: Gift card}]"
MULTI = rules(f"payments: {{{CARDS}}}\ngift_cards: {{kind: multi}}")
SINGLE = rules("payments: {gift_card_types: [GiftCard]}\ngift_cards: {kind: single, tax_class: standard}")
AUTHORISED = transaction("CreditCard", ID="a1")
VOIDED = transaction("CreditCardVoidAuthorization", ID="a2")
FAILED = transaction("CreditCardAuthorization", Succeeded=False)


def receipts(*payments: Raw, own: Rules | None = None, **changes: Any) -> list[tuple[str, str, str]]:
    found = order(worksheet(**changes), payments, own).payments
    return [(one.payment_id, str(one.amount), one.received_at.isoformat()[:16]) for one in found]


def parked(*payments: Raw, own: Rules | None = None, raw: Raw | None = None, **changes: Any) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        draft(raw or worksheet(**changes), payments, own)
    return refused.value


# --- captures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["CreditCardCapture", "CreditCardRefund"])
def test_money_in_another_currency_than_the_orders_is_parked(kind: str) -> None:
    with pytest.raises(PermanentError) as caught:
        order(payments=[payment(transaction(kind, Currency="USD"))])
    assert caught.value.code == "PAYMENT_CURRENCY_DIFFERS"
    assert "29.94 USD, and the order is in GBP" in caught.value.words


def test_money_without_a_currency_is_in_that_of_the_order() -> None:
    assert order(payments=[payment(transaction(Currency=None))]).paid == Decimal("29.94")
    assert order(payments=[payment(transaction(Currency="gbp"))]).paid == Decimal("29.94")


def test_a_captured_card_is_money_received_at_the_moment_of_the_capture() -> None:
    assert receipts(payment(transaction())) == [("pay-1/tx-1", "29.94", "2026-11-20T09:05")]


def test_each_capture_is_a_receipt_of_its_own_on_its_own_day() -> None:
    late = transaction(amount="9.94", ID="tx-2", DateExecuted="2026-10-02T09:00:00+00:00")
    early = transaction(amount="20.00", DateExecuted="2026-09-30T22:59:00+00:00")
    assert receipts(payment(early, late)) == [
        ("pay-1/tx-1", "20.00", "2026-09-30T22:59"),
        ("pay-1/tx-2", "9.94", "2026-10-02T09:00"),
    ]
    made = draft(None, [payment(early, late)])
    assert [(one.paid_on, one.amount) for one in made.payments] == [
        (date(2026, 9, 30), Decimal("20.00")),
        (date(2026, 10, 2), Decimal("9.94")),
    ]


def test_the_same_transaction_id_under_two_payments_is_two_receipts() -> None:
    both = receipts(payment(transaction(amount="9.94")), payment(transaction(amount="20.00"), ID="pay-2"))
    assert [name for name, _, _ in both] == ["pay-1/tx-1", "pay-2/tx-1"]


def test_a_capture_without_amount_is_the_whole_payment() -> None:
    assert receipts(payment(transaction(amount=None), amount="12.00")) == [("pay-1/tx-1", "12.00", "2026-11-20T09:05")]


def test_a_payment_without_amount_is_what_the_others_leave_of_the_total() -> None:
    other = payment(transaction(amount=None), amount="10.00", ID="pay-2")
    rest = payment(transaction(amount=None), amount=None)
    assert [amount for _, amount, _ in receipts(other, rest)] == ["10.00", "19.94"]


def test_a_receipt_without_its_own_moment_takes_the_best_known_one() -> None:
    timeless = payment(transaction(DateExecuted=None))
    assert receipts(timeless) == [("pay-1/tx-1", "29.94", "2026-11-20T08:59")]
    assert receipts(timeless | {"DateCreated": None}) == [("pay-1/tx-1", "29.94", "2026-11-20T09:00")]


def test_a_capture_of_nothing_is_no_receipt() -> None:
    assert receipts(payment(transaction(amount="0"))) == []


@given(parts=st.lists(st.integers(1, 500), min_size=1, max_size=6))
def test_captures_of_a_payment_come_to_what_was_captured(parts: list[int]) -> None:
    taken = [transaction(amount=f"{part / 100:.2f}", ID=f"tx-{n}") for n, part in enumerate(parts)]
    found = order(worksheet(), [payment(AUTHORISED, *taken)])
    assert found.paid * 100 == sum(parts)
    assert len({one.payment_id for one in found.payments}) == len(parts)


# --- what is no money ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", [None, COMPLETED_IS_PAID], ids=["default", "completed is paid"])
@pytest.mark.parametrize(
    "nothing",
    [
        payment(AUTHORISED, VOIDED),
        payment(AUTHORISED, VOIDED, Accepted=None),
        payment(FAILED),
        payment(FAILED, Accepted=None),
        payment(transaction(Succeeded=False)),
        payment(Accepted=False),
        payment(Type="PurchaseOrder"),
        payment(transaction("Capture"), Type="PurchaseOrder"),
        payment(Type="SpendingAccount"),
        payment(AUTHORISED, transaction("CreditCardRefund", None, ID="a2", Succeeded=False), Accepted=False),
    ],
)
def test_nothing_is_received_by_what_was_voided_failed_declined_or_promised(nothing: Raw, own: Rules | None) -> None:
    assert receipts(nothing, own=own, **DONE) == []
    assert order(worksheet(**DONE), [nothing], own).refunded == 0


def test_the_void_of_the_rest_of_an_authorisation_leaves_what_was_captured() -> None:
    assert receipts(payment(AUTHORISED, transaction(amount="12.00"), VOIDED)) == [
        ("pay-1/tx-1", "12.00", "2026-11-20T09:05")
    ]


def test_a_shipped_order_is_not_paid_unless_the_rules_say_so() -> None:
    assert receipts(**DONE) == receipts(payment(), **DONE) == []
    assert receipts(own=COMPLETED_IS_PAID, **DONE) == [("SO-1001-completed", "29.94", "2026-11-25T10:00")]
    for alone in (payment(), payment(AUTHORISED), payment(FAILED, AUTHORISED)):
        assert receipts(alone, own=COMPLETED_IS_PAID, **DONE) == [("pay-1", "29.94", "2026-11-25T10:00")]


def test_what_was_captured_speaks_before_the_status_of_the_order() -> None:
    part = payment(AUTHORISED, transaction(amount="12.00"))
    assert receipts(part, own=COMPLETED_IS_PAID, **DONE) == [("pay-1/tx-1", "12.00", "2026-11-20T09:05")]


def test_a_completed_order_that_costs_nothing_has_no_payment() -> None:
    free = worksheet(line(price="0.00"), tax="0", shipping="0", Status="Completed")
    assert order(free, (), COMPLETED_IS_PAID).payments == ()


# --- what was given back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("back", "amount"),
    [
        (transaction("CreditCardRefund", "-29.94", ID="tx-2"), "29.94"),
        (transaction("CreditCardRefund", "10.00", ID="tx-2"), "10.00"),
        (transaction("Refund", "10.00", ID="tx-2"), "10.00"),
        (transaction("Refund", None, ID="tx-2"), "29.94"),
        (transaction("CreditCardCapture", "-10.00", ID="tx-2"), "10.00"),
        (transaction("Goodwill", "-5.00", ID="tx-2"), "5.00"),
        (transaction("CreditCardVoidCapture", "29.94", ID="tx-2"), "29.94"),
    ],
)
def test_money_that_went_back_is_a_refund_of_its_capture_and_takes_nothing_off_the_receipt(
    back: Raw, amount: str
) -> None:
    for own in (None, COMPLETED_IS_PAID):
        read = order(worksheet(**DONE), [payment(transaction(), back)], own)
        assert [(one.refund_id, str(one.amount)) for one in read.refunds] == [("pay-1/tx-2", amount)]
        assert [one.payment_id for one in read.payments] == ["pay-1/tx-1"]
        assert read.refunds[0].paid_by == read.payments[0].model_copy(
            update={"received_at": read.refunds[0].paid_by.received_at}
        )


def test_money_paid_out_for_a_return_is_a_refund() -> None:
    settled = transaction("CreditCardCapture", "12.00", ID="tx-9")
    back = payment(settled, amount="-12.00", ID="pay-2", OrderReturnID="ret-1")
    (refund,) = order(None, [payment(transaction()), back], returns=[order_return()]).refunds
    assert (refund.return_id, str(refund.amount)) == ("ret-1", "12.00")


def test_a_refund_that_failed_is_none() -> None:
    failed = transaction("CreditCardRefund", "-29.94", ID="tx-2", Succeeded=False)
    assert receipts(payment(transaction(), failed)) == [("pay-1/tx-1", "29.94", "2026-11-20T09:05")]


def test_a_transaction_that_no_rule_covers_parks_a_payment_that_counts() -> None:
    odd = transaction("Void", ID="tx-2")
    assert parked(payment(transaction(), odd)).code == "TRANSACTION_UNKNOWN"
    assert "29.94 of the type 'Void'" in parked(payment(odd), own=COMPLETED_IS_PAID, **DONE).words
    assert receipts(payment(odd)) == []
    known = rules("payments: {void_transaction_types: [Void]}")
    assert len(receipts(payment(transaction(), odd), own=known)) == 1


# --- gift cards and store credit -------------------------------------------------------------------------------

GIFT = payment(amount="10.00", ID="gift-1", Type="GiftCard")
REST = payment(transaction(amount="19.94"), amount="19.94", ID="pay-2")


def test_a_gift_card_waits_until_the_shop_has_said_what_it_is() -> None:
    error = parked(GIFT, own=rules("payments: {gift_card_types: [GiftCard]}"))
    assert (error.code, "10.00 GBP" in error.words) == ("GIFT_CARD_KIND_UNKNOWN", True)


def test_a_multi_purpose_gift_card_is_a_payment_through_its_own_account_and_vat_is_on_the_whole_sale() -> None:
    made = draft(None, [GIFT, REST], MULTI)
    assert (made.gross, made.vat) == (Decimal("29.94"), Decimal("4.99"))
    assert [(one.payment_id, one.paid_into) for one in made.payments] == [
        ("gift-1", PaidInto("1220", "Gift card")),
        ("pay-2/tx-1", PaidInto()),
    ]


def test_a_single_purpose_gift_card_takes_its_vat_off_again() -> None:
    made = draft(None, [GIFT | {"Amount": Decimal("29.94")}], SINGLE)
    assert [made.net, made.vat, made.gross] == [0, 0, 0]
    assert made.payments == ()
    card = made.lines[-1]
    assert [card.net, card.vat, card.vat_level] == [Decimal("-24.95"), Decimal("-4.99"), 20]
    assert (card.nominal_code, card.description) == (2110, "Gift card, VAT paid at its sale")


def test_a_single_purpose_gift_card_for_part_of_the_order_leaves_the_rest_with_its_vat() -> None:
    made = draft(None, [GIFT, REST], SINGLE)
    assert [made.net, made.vat, made.gross] == [Decimal("16.62"), Decimal("3.32"), Decimal("19.94")]
    assert [one.payment_id for one in made.payments] == ["pay-2/tx-1"]


def test_a_single_purpose_gift_card_for_goods_at_two_rates_needs_a_person() -> None:
    mixed = worksheet(line(), line("TEA", tax_code="ZERO"), tax="2.99")
    with pytest.raises(PermanentError, match="GIFT_CARD_NOT_SINGLE_PURPOSE"):
        draft(mixed, [GIFT], SINGLE)


def test_a_single_purpose_gift_card_for_what_is_taxed_otherwise_than_the_card_needs_a_person() -> None:
    """Its VAT of 20 % is paid, and cannot be taken off an export or off goods at nothing."""
    exported = worksheet(line(quantity=2) | sent_to("US"), tax="0", shipping="4.95")
    books = worksheet(line("BOOK", quantity=2, tax_code="ZERO"), tax="0")
    for raw, words in ((exported, "for things at 0 % (abroad)"), (books, "for things at 0 % (zero)")):
        error = parked(GIFT, own=SINGLE, raw=raw)
        assert (error.code, words in error.words) == ("GIFT_CARD_NOT_SINGLE_PURPOSE", True)


def test_a_single_purpose_gift_card_pays_for_goods_and_no_tip() -> None:
    tipped = worksheet(gratuity="5.00")
    part = draft(tipped, [GIFT], SINGLE)
    assert (part.lines[-1].net, part.lines[-1].vat) == (Decimal("-8.33"), Decimal("-1.67"))
    error = parked(GIFT | {"Amount": Decimal("34.94")}, own=SINGLE, raw=tipped)
    assert (error.code, "of an order with 29.94 of goods" in error.words) == ("GIFT_CARD_NOT_SINGLE_PURPOSE", True)


@pytest.mark.parametrize("undone", [{"Accepted": False}, {"Transactions": [AUTHORISED, VOIDED]}])
def test_a_gift_card_that_was_declined_or_voided_pays_nothing(undone: Raw) -> None:
    assert receipts(GIFT | undone, own=MULTI) == []


def test_store_credit_is_a_payment_through_its_own_account() -> None:
    own = rules(
        "payments: {store_credit_types: [SpendingAccount], accounts: [{type: SpendingAccount, bank_account: '1225'}]}"
    )
    (spent,) = draft(None, [payment(Type="SpendingAccount")], own).payments
    assert (spent.payment_id, spent.paid_into) == ("pay-1", PaidInto("1225"))


# --- where it goes ---------------------------------------------------------------------------------------------

GATEWAYS = """
payments:
  accounts:
    - {gateway: Stripe, currency: GBP, bank_account: "1210", method: Card}
    - {gateway: Stripe, currency: EUR, bank_account: "1211", method: Card}
    - {gateway: PayPal, bank_account: "1202"}
    - {transaction: BankTransfer, bank_account: "1200", method: Bank transfer}
    - {gateway: Square, imported_by_kashflow: true}
  bank_account_code: "1200"
  methods: {CreditCard: Online}
"""


def placed(xp: Raw, kind: str = "CreditCardCapture", **changes: Any) -> PaidInto:
    (one,) = draft(worksheet(**changes), [payment(transaction(kind), xp=xp)], rules(GATEWAYS)).payments
    return one.paid_into


def test_gateway_transaction_and_currency_choose_account_and_method() -> None:
    assert placed({"Gateway": "Stripe"}) == PaidInto("1210", "Card")
    assert placed({"Gateway": "stripe"}, Currency="EUR") == PaidInto("1211", "Card")
    assert placed({"Gateway": "PayPal"}) == PaidInto("1202", "Online")
    assert placed({}, "BankTransfer") == PaidInto("1200", "Bank transfer")
    assert placed({}) == PaidInto("1200", "Online")


def test_money_goes_where_its_own_currency_goes_even_if_the_invoice_is_converted() -> None:
    own = rules(GATEWAYS + "currency: {mode: convert_to_home, rates: fixed, fixed: {EUR: 1.15}}")
    (one,) = draft(worksheet(Currency="EUR"), [payment(transaction(), xp={"Gateway": "Stripe"})], own).payments
    assert one.paid_into.bank_account == "1211"


@pytest.mark.parametrize(("gateway", "currency"), [("Worldpay", "GBP"), ("Stripe", "USD")])
def test_a_gateway_without_an_account_in_the_currency_needs_a_person(gateway: str, currency: str) -> None:
    error = parked(payment(transaction(), xp={"Gateway": gateway}), own=rules(GATEWAYS), Currency=currency)
    assert error.code == "PAYMENT_ACCOUNT_MISSING"
    assert gateway in error.words


def test_a_receipt_that_kashflow_imports_by_itself_is_not_posted_but_counts_for_the_order() -> None:
    square = payment(transaction(), xp={"Gateway": "Square"})
    assert draft(None, [square], rules(GATEWAYS)).payments == ()
    assert order(worksheet(), [square], rules(GATEWAYS)).paid == Decimal("29.94")
    assert parked(square, payment(transaction(), ID="pay-2"), own=rules(GATEWAYS)).code == "OVERPAID"


def test_the_gateways_own_id_is_the_reference() -> None:
    taken = transaction(xp={"PspReference": "ch_1"})
    (one,) = draft(None, [payment(taken, xp={"PspReference": "pi_1"})]).payments
    assert one.reference == "ch_1"
    (one,) = draft(None, [payment(transaction(), xp={"PspReference": "pi_1"})]).payments
    assert one.reference == "pi_1"


# --- rules that cannot be right --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("accounts: [{gateway: A, bank_account: '1210'}, {gateway: B, bank_account: '1210'}]", "A and B share account"),
        (
            "accounts: [{gateway: A, currency: GBP, bank_account: '1'}, {gateway: A, bank_account: '1'}]",
            "A GBP and A share account 1",
        ),
        ("bank_account_code: '1200', accounts: [{gateway: A, bank_account: '1200'}]", "with all other receipts"),
        (
            "gift_card_types: [G], bank_account_code: '1200', accounts: [{type: G, bank_account: '1200'}]",
            "G shares account 1200 with all other receipts",
        ),
        (
            "gift_card_types: [G], "
            "accounts: [{type: G, gateway: A, bank_account: '1'}, {gateway: A, bank_account: '1'}]",
            "G and A share account 1",
        ),
        ("accounts: [{currency: GBP, bank_account: '1210'}]", "without type, gateway or transaction"),
        ("store_credit_types: [S]", "no row with a clearing account for S"),
    ],
)
def test_accounts_that_would_mix_money_are_refused(document: str, words: str) -> None:
    with pytest.raises(PermanentError) as refused:
        rules(f"payments: {{{document}}}")
    assert words in refused.value.words


def test_a_multi_purpose_gift_card_needs_an_account_of_its_own() -> None:
    with pytest.raises(PermanentError, match="no row with a clearing account for G"):
        rules("payments: {gift_card_types: [G]}\ngift_cards: {kind: multi}")


def test_several_kinds_of_payment_of_one_gateway_may_share_its_account() -> None:
    rows = "{gateway: A, type: X, bank_account: '1'}, {gateway: A, type: Y, bank_account: '1'}"
    assert len(rules(f"payments: {{accounts: [{rows}]}}").payments.accounts) == 2


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("kind: single", "needs `tax_class`"),
        ("kind: single, tax_class: food", "food, which is no VAT class of goods in the UK"),
        ("kind: single, tax_class: export", "export, which is no VAT class of goods in the UK"),
    ],
)
def test_a_single_purpose_gift_card_is_of_a_class_of_goods_in_the_uk(document: str, words: str) -> None:
    with pytest.raises(PermanentError) as refused:
        rules(f"gift_cards: {{{document}}}")
    assert words in refused.value.words
