"""The invoice that an order should become: to the penny, in KashFlow's arithmetic, or not at all."""

from datetime import date
from decimal import Decimal

import pytest

from sitecore_kashflow.canonical.invoice import InvoiceDraft, InvoiceLine
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.document import default_rules
from tests.builders import Raw, draft, line, payment, rules, sent_to, transaction, worksheet


def rows(made: InvoiceDraft) -> list[tuple[int, str, str, str]]:
    """Quantity, rate, VAT and percentage of each line."""
    return [(one.quantity, str(one.rate), str(one.vat), str(one.vat_level)) for one in made.lines]


def parked(raw: Raw, *payments: Raw, document: str = "") -> PermanentError:
    with pytest.raises(PermanentError) as caught:
        draft(raw, payments, rules(document))
    return caught.value


def test_the_plain_order_becomes_its_lines_and_the_delivery() -> None:
    made = draft()
    assert rows(made) == [(2, "10.00", "4.00", "20"), (1, "4.95", "0.99", "20")]
    assert [one.description for one in made.lines] == ["Mug (SKU MUG)", "Delivery"]
    assert [one.nominal_code for one in made.lines] == [4000, 4001]
    assert (made.net, made.vat, made.gross) == (Decimal("24.95"), Decimal("4.99"), Decimal("29.94"))
    assert (made.reference, made.currency, made.rules_version) == ("SO-1001", "GBP", "default-2")
    assert (made.issued_on, made.due_on) == (date(2026, 11, 20), date(2026, 11, 20))


def test_three_for_ten_pounds_is_one_piece_that_says_three() -> None:
    made = draft(worksheet(line(quantity=3, price="3.33", LineSubtotal=Decimal("10.00")), tax="2.00", shipping="0"))
    assert rows(made) == [(1, "10.00", "2.00", "20")]
    assert made.lines[0].description == "3 x Mug (SKU MUG), 3 for 10.00"


def test_the_quantity_stays_where_vat_is_the_same_by_line_and_by_unit() -> None:
    made = draft(worksheet(line(quantity=4, price="2.50"), tax="2.00", shipping="0"))
    assert rows(made) == [(4, "2.50", "2.00", "20")]


def test_two_at_14_17_are_one_piece_because_vat_by_line_and_by_unit_differ() -> None:
    # 20 % of 28.34 is 5.668, of one unit 2.834: an account that takes VAT from units would say 5.66
    made = draft(worksheet(line(quantity=2, price="14.17"), tax="5.67", shipping="0"))
    assert rows(made) == [(1, "28.34", "5.67", "20")]
    assert made.lines[0].description.startswith("2 x ")


def test_four_decimal_unit_prices_are_one_piece_at_the_whole_net() -> None:
    made = draft(worksheet(line(quantity=200, price="0.0125"), tax="0.50", shipping="0"))
    assert rows(made) == [(1, "2.50", "0.50", "20")]
    assert made.lines[0].description == "200 x Mug (SKU MUG) at 0.0125 each"


def test_fractions_of_a_penny_on_lines_that_are_whole_together_are_shared_out() -> None:
    lines = [line("A", price="1.2345"), line("B", price="1.2355"), line("C", price="2.5300")]
    made = draft(worksheet(*lines, tax="1.00", shipping="0"))
    assert [str(one.net) for one in made.lines] == ["1.23", "1.24", "2.53"]
    assert (made.net, made.vat) == (Decimal("5.00"), Decimal("1.00"))


def test_fractions_of_a_penny_that_stay_over_are_parked() -> None:
    raw = worksheet(line(quantity=3, price="3.3333"), tax="2.00", shipping="0")
    error = parked(raw)
    assert error.code == "FRACTION_OF_A_PENNY"
    assert "9.9999 GBP" in error.words


def test_a_discount_on_a_line_makes_the_line_cheaper_and_is_told_in_words() -> None:
    made = draft(worksheet(line(quantity=2, discount="2.00"), tax="3.60", shipping="0"))
    assert rows(made) == [(2, "9.00", "3.60", "20")]
    assert made.lines[0].description == "Mug (SKU MUG), less discount 2.00 GBP"


def test_a_discount_on_the_order_is_a_negative_line() -> None:
    made = draft(worksheet(line(quantity=2), order_discount="5.00", tax="3.00", shipping="0"))
    assert rows(made) == [(2, "10.00", "4.00", "20"), (1, "-5.00", "-1.00", "20")]
    assert made.lines[1].description == "Discount"
    assert made.lines[1].nominal_code == default_rules().nominal_codes.discount


def test_a_discount_on_the_order_over_two_rates_falls_on_both_in_proportion() -> None:
    goods = [line("MUG", price="30.00"), line("TEA", price="10.00", tax_code="RED")]
    made = draft(worksheet(*goods, order_discount="10.01", tax="4.87", shipping="0"))
    assert rows(made)[2:] == [(1, "-7.51", "-1.50", "20"), (1, "-2.50", "-0.13", "5")]
    assert [one.description for one in made.lines[2:]] == [
        "Discount on goods at 20 % VAT",
        "Discount on goods at 5 % VAT",
    ]
    assert (made.net, made.vat) == (Decimal("29.99"), Decimal("4.87"))


def test_both_kinds_of_discount_over_two_rates_with_delivery_add_up() -> None:
    goods = [line("MUG", quantity=3, price="10.00", discount="3.00"), line("TEA", price="9.00", tax_code="ZERO")]
    made = draft(worksheet(*goods, order_discount="6.00", tax="5.49", shipping="4.95"))
    assert rows(made) == [
        (3, "9.00", "5.40", "20"),
        (1, "9.00", "0.00", "0"),
        (1, "-4.50", "-0.90", "20"),
        (1, "-1.50", "0.00", "0"),
        (1, "4.95", "0.99", "20"),
    ]
    assert made.gross == Decimal("40.44")


def test_a_discount_of_everything_leaves_nothing_to_pay() -> None:
    made = draft(worksheet(line(quantity=2), order_discount="20.00", tax="0", shipping="0"))
    assert rows(made) == [(2, "10.00", "4.00", "20"), (1, "-20.00", "-4.00", "20")]
    assert made.gross == 0


def test_a_discount_above_goods_and_delivery_is_parked() -> None:
    error = parked(worksheet(line(), order_discount="16.00", tax="0", shipping="4.95", gratuity="3.00"))
    assert error.code == "DISCOUNT_NOT_EXPLAINED"
    assert "16.00 GBP" in error.words


def taken_off(raw: Raw, document: str = "") -> list[tuple[str, str, str]]:
    """The lines of discount: words, net, percentage."""
    made = draft(raw, (), rules(document))
    assert made.vat == raw["Order"]["TaxCost"]
    return [(one.description, str(one.net), str(one.vat_level)) for one in made.lines if one.net < 0]


def test_a_promotion_on_delivery_takes_it_off_delivery_whatever_the_goods_are() -> None:
    book, mug = line("BOOK", price="12.00", tax_code="ZERO"), line("MUG")
    assert taken_off(worksheet(book, order_discount="4.95", tax="0")) == [("Discount on delivery", "-4.95", "0")]
    both = worksheet(book, mug, order_discount="4.95", tax="2.00")
    assert [words for words, _, _ in taken_off(both)] == ["Discount on delivery", "Discount on delivery"]
    assert taken_off(both, "vat: {shipping_class: standard}") == [("Discount on delivery", "-4.95", "20")]


def test_a_promotion_says_by_its_expression_that_it_is_for_delivery() -> None:
    raw = worksheet(line("BOOK", price="20.00", tax_code="ZERO"), line(), order_discount="3.00", tax="2.39")
    raw["OrderPromotions"] = [
        {"Amount": Decimal("3.00"), "LineItemID": None, "ValueExpression": "order.ShippingCost * 0.6"}
    ]
    own = "vat: {shipping_class: standard}"
    assert taken_off(raw, own) == [("Discount on delivery", "-3.00", "20")]


def test_a_coupon_on_the_whole_order_is_shared_as_the_shops_vat_tells() -> None:
    raw = worksheet(line(), order_discount="12.00", tax="0.59", shipping="4.95")
    assert taken_off(raw) == [("Discount on goods at 20 % VAT", "-8.03", "20"), ("Discount on delivery", "-3.97", "20")]
    mixed = worksheet(line("BOOK", price="20.05", tax_code="ZERO"), line(), order_discount="7.00", tax="2.39")
    own = "vat: {shipping_class: standard}"
    assert [net for _, net, _ in taken_off(mixed, own)] == ["-4.01", "-2.00", "-0.99"]


def test_delivery_is_taxed_as_its_goods_or_by_the_usual_class_as_the_shops_vat_tells() -> None:
    book = line("BOOK", price="12.00", tax_code="ZERO")
    assert [str(one.vat_level) for one in draft(worksheet(book, tax="0")).lines] == ["0", "0"]
    assert [str(one.vat_level) for one in draft(worksheet(book, tax="0.99")).lines] == ["0", "20"]
    assert parked(worksheet(book, tax="0.99"), document="vat: {shipping_class: as_goods}").code == "VAT_NOT_EXPLAINED"


def test_a_discount_on_a_line_above_its_price_is_parked() -> None:
    cheap, dear = line("A", price="1.00", discount="2.00"), line("B", price="9.00")
    assert parked(worksheet(cheap, dear, tax="1.60", shipping="0")).code == "NEGATIVE_LINE"


def test_shipping_fees_and_gratuity_are_lines_of_their_own_with_class_and_nominal_of_the_rules() -> None:
    own = "nominal_codes: {shipping: 4005, fees: 4006, gratuity: 4007}\nvat: {fees_class: reduced}"
    raw = worksheet(line(), shipping="4.95", fees="2.00", gratuity="3.00", tax="3.09")
    made = draft(raw, (), rules(own))
    assert [(one.description, one.nominal_code) for one in made.lines[1:]] == [
        ("Delivery", 4005),
        ("Fees", 4006),
        ("Gratuity", 4007),
    ]
    assert rows(made)[1:] == [(1, "4.95", "0.99", "20"), (1, "2.00", "0.10", "5"), (1, "3.00", "0.00", "0")]


def test_lines_at_no_price_stay_on_the_invoice_and_carry_no_vat() -> None:
    made = draft(worksheet(line(), line("GIFT", quantity=3, price="0.00"), tax="2.00", shipping="0"))
    assert rows(made) == [(1, "10.00", "2.00", "20"), (3, "0.00", "0.00", "20")]


@pytest.mark.parametrize("destination", ["US", "FR", "JE"])
def test_an_export_carries_no_vat_on_goods_or_delivery(destination: str) -> None:
    made = draft(worksheet(line(quantity=2, tax_code="STD") | sent_to(destination), tax="0"))
    assert rows(made) == [(2, "10.00", "0.00", "0"), (1, "4.95", "0.00", "0")]
    assert [one.why for one in made.lines] == [f"export to {destination}", f"as its goods: export to {destination}"]
    assert {(one.box, one.vat_exempt) for one in made.lines} == {("abroad", False)}


def test_the_isle_of_man_is_no_export() -> None:
    assert rows(draft(worksheet(line(quantity=2) | sent_to("IM")))) == [
        (2, "10.00", "4.00", "20"),
        (1, "4.95", "0.99", "20"),
    ]


def test_zero_rated_and_exempt_goods_are_told_apart() -> None:
    goods = [line("BOOK", tax_code="ZERO"), line("COURSE", tax_code="EXEMPT")]
    made = draft(worksheet(*goods, tax="0", shipping="0"))
    assert [(one.box, one.nominal_code, one.vat_exempt) for one in made.lines] == [
        ("zero", 4020, False),
        ("exempt", 4030, False),
    ]
    switched = draft(worksheet(*goods, tax="0", shipping="0"), (), rules("kashflow: {exempt_mark: na}"))
    assert [one.vat_exempt for one in switched.lines] == [False, True]


def test_a_tip_is_no_supply_and_stands_in_no_box() -> None:
    (_, _, tip) = draft(worksheet(gratuity="3.00")).lines
    assert (tip.box, tip.vat_exempt, tip.nominal_code) == ("none", True, 2120)
    (*_, abroad) = draft(worksheet(line(quantity=2) | sent_to("US"), tax="0", gratuity="3.00")).lines
    assert (abroad.box, abroad.vat_exempt) == ("none", True)


@pytest.mark.parametrize("country", ["Narnia", "XX", ""])
def test_an_unknown_country_is_parked(country: str) -> None:
    error = parked(worksheet(line(quantity=2) | sent_to(country)))
    assert error.code == "COUNTRY_UNKNOWN"
    assert "line-mug" in error.words


def test_an_unknown_tax_class_is_parked() -> None:
    assert parked(worksheet(line(quantity=2, tax_code="LUXURY"))).code == "TAX_CLASS_UNKNOWN"


def test_tax_that_the_rules_do_not_explain_is_parked_with_both_sums() -> None:
    error = parked(worksheet(line(quantity=2), tax="3.99", shipping="4.95"))
    assert error.code == "VAT_NOT_EXPLAINED"
    assert "3.99 GBP" in error.words
    assert "4.99" in error.words


def test_a_penny_that_the_shop_rounded_on_the_total_stands_on_the_invoice() -> None:
    goods = [line(name, price="1.52") for name in ("A", "B", "C")]  # 0.304 each: 0.30 by line, 0.91 on the total
    made = draft(worksheet(*goods, tax="0.91", shipping="0"))
    assert [str(one.vat) for one in made.lines] == ["0.31", "0.30", "0.30"]


def test_the_shops_own_vat_of_a_line_stands() -> None:
    goods = [line("A", price="0.76", quantity=2, xp={"VatAmount": Decimal("0.31")}), line("B", price="1.52")]
    assert [str(one.vat) for one in draft(worksheet(*goods, tax="0.61", shipping="0")).lines] == ["0.31", "0.30"]


def test_nominals_follow_product_then_tax_class_then_goods() -> None:
    own = rules("nominal_codes: {by_product: {MUG: 4010}, by_tax_class: {zero: 4020, standard: 4030}, goods: 4000}")
    goods = [line("MUG"), line("PEN"), line("BOOK", tax_code="ZERO"), line("TEA", tax_code="RED")]
    made = draft(worksheet(*goods, tax="4.50", shipping="0"), (), own)
    assert [one.nominal_code for one in made.lines] == [4010, 4030, 4020, 4000]


@pytest.mark.parametrize(
    ("placed", "day"),
    [
        # clocks go forward at 01:00 UTC on 29 March 2026 and back at 01:00 UTC on 25 October 2026
        ("2026-03-28T23:59:59+00:00", date(2026, 3, 28)),
        ("2026-03-29T00:30:00+00:00", date(2026, 3, 29)),
        ("2026-03-29T22:59:59+00:00", date(2026, 3, 29)),
        ("2026-03-29T23:00:00+00:00", date(2026, 3, 30)),
        ("2026-10-24T23:30:00+00:00", date(2026, 10, 25)),
        ("2026-10-25T23:30:00+00:00", date(2026, 10, 25)),
        ("2026-07-31T23:30:00Z", date(2026, 8, 1)),
        ("2026-12-31T23:30:00-05:00", date(2027, 1, 1)),
    ],
)
def test_the_invoice_is_dated_by_the_day_in_the_united_kingdom(placed: str, day: date) -> None:
    made = draft(worksheet(DateSubmitted=placed), [payment(transaction(DateExecuted=placed))])
    assert (made.issued_on, made.payments[0].paid_on) == (day, day)


def test_payment_terms_move_the_due_date_only() -> None:
    made = draft(worksheet(DateSubmitted="2026-02-10T12:00:00Z"), (), rules("orders: {payment_terms_days: 30}"))
    assert (made.issued_on, made.due_on) == (date(2026, 2, 10), date(2026, 3, 12))


def test_a_captured_card_stands_on_the_invoice_and_a_purchase_order_does_not() -> None:
    card = draft(None, [payment(transaction())])
    assert [(one.payment_id, str(one.amount)) for one in card.payments] == [("pay-1/tx-1", "29.94")]
    assert draft(None, [payment(Type="PurchaseOrder")]).payments == ()


def test_a_completed_order_is_paid_in_full_where_the_rules_say_so_and_not_by_default() -> None:
    completed = worksheet(Status="Completed", DateCompleted="2026-11-25T10:00:00Z")
    assert draft(completed).payments == ()
    (paid,) = draft(completed, (), rules("payments: {paid_statuses: [Completed]}")).payments
    assert (paid.payment_id, paid.amount, paid.paid_on) == ("SO-1001-completed", Decimal("29.94"), date(2026, 11, 25))


def test_more_money_than_the_order_costs_is_parked_with_both_sums() -> None:
    error = parked(worksheet(), payment(transaction(amount="20.00")), payment(transaction(amount="9.95"), ID="pay-2"))
    assert error.code == "OVERPAID"
    assert "received 0.01 GBP more than the 29.94 that the order comes to" in error.words


def test_yen_have_no_pennies() -> None:
    raw = worksheet(line(quantity=3, price="1001"), tax="601", shipping="0", Currency="JPY")
    made = draft(raw)
    assert rows(made) == [(1, "3003.00", "601.00", "20")]
    assert made.currency == "JPY"


def test_fractions_of_a_yen_are_parked_or_shared_but_never_sent() -> None:
    shared = [line("A", price="100.5"), line("B", price="100.5")]
    made = draft(worksheet(*shared, tax="40", shipping="0", Currency="JPY"))
    assert [str(one.net) for one in made.lines] == ["101.00", "100.00"]
    single = worksheet(line(price="100.5"), tax="20", shipping="0", Currency="JPY")
    assert parked(single).code == "FRACTION_OF_A_PENNY"


def test_a_currency_with_three_decimals_is_parked_where_it_uses_them() -> None:
    fine = worksheet(line(price="1.234"), tax="0.247", shipping="0", Currency="KWD")
    assert parked(fine).code == "FINER_THAN_KASHFLOW"
    coarse = worksheet(line(price="1.250"), tax="0.250", shipping="0", Currency="KWD")
    assert draft(coarse).gross == Decimal("1.50")


def test_tax_that_is_no_whole_number_of_pennies_is_parked() -> None:
    with pytest.raises(PermanentError):
        draft(worksheet(line(quantity=2), tax="4.995"))


def test_a_draft_that_does_not_add_up_cannot_be_made() -> None:
    one = InvoiceLine(
        description="Mug", quantity=3, rate=Decimal("3.33"), net=Decimal("9.99"), vat=Decimal("2.00"),
        vat_level=Decimal(20), nominal_code=4000, why="standard in GB",
    )  # fmt: skip
    base = draft().model_dump() | {"payments": ()}
    with pytest.raises(PermanentError, match=r"12\.00 GBP"):
        InvoiceDraft(**base | {"lines": (one,), "gross": Decimal("12.00")})
    with pytest.raises(PermanentError, match=r"Line 1: 3 x 3.33 is not 10.00"):
        InvoiceDraft(**base | {"lines": (one.model_copy(update={"net": Decimal("10.00")}),), "gross": Decimal("12.00")})
    assert InvoiceDraft(**base | {"lines": (one,), "gross": Decimal("11.99")}).net == Decimal("9.99")


@pytest.mark.parametrize(
    "raw",
    [
        worksheet(line(price="1000000000.01"), tax="20000000.00", shipping="0"),
        worksheet(line(quantity=999_999_999_999, price="99999.99"), tax="0", shipping="0"),
        worksheet(line(price="1e30"), tax="0", shipping="0"),
        worksheet(line(price="2000000000", discount="200000000"), tax="0", shipping="0"),
        worksheet(line(price="2000000000", discount="2000000000"), tax="0", shipping="0"),
        worksheet(line(price="999999999.99"), tax="200000000.00", shipping="0"),
        worksheet(shipping="1000000000.01", tax="4.00"),
        worksheet(line(), fees="2000000000", order_discount="200000000"),
        worksheet(line(price="-1000000000.01"), tax="0", shipping="0"),
    ],
)
def test_an_amount_that_can_only_be_a_mistake_is_parked_before_anything_is_worked_out(raw: Raw) -> None:
    error = parked(raw)
    assert error.code == "AMOUNT_TOO_LARGE"
    assert "`orders.largest_amount` is 1000000000" in error.words


def test_the_largest_amount_is_a_rule_and_is_itself_allowed() -> None:
    large = worksheet(line(price="1000000000") | sent_to("US"), tax="0", shipping="0")
    assert draft(large).gross == 1_000_000_000
    assert parked(large, document="orders: {largest_amount: 99999999.99}").code == "AMOUNT_TOO_LARGE"
    larger = worksheet(line(price="1000000000.01") | sent_to("US"), tax="0", shipping="0")
    assert draft(larger, (), rules("orders: {largest_amount: 2000000000}")).gross == Decimal("1000000000.01")


@pytest.mark.parametrize("quantity", [0, -1, 1_000_000_000])
def test_a_quantity_that_cannot_be_right_is_parked_with_its_line(quantity: int) -> None:
    error = parked(worksheet(line(), line("TEA", quantity=quantity, price="0")))
    assert error.code == "QUANTITY_UNUSABLE"
    assert f"Line line-tea has a quantity of {quantity}" in error.words


def test_the_largest_quantity_is_posted() -> None:
    made = draft(worksheet(line(quantity=999_999_999, price="0"), tax="0", shipping="0"))
    assert [one.quantity for one in made.lines] == [999_999_999]
