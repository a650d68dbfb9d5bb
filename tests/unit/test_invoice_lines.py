"""Prices with VAT, charges that follow the goods, gift cards, bundles, and the ways in which shops round VAT."""

from decimal import Decimal

import pytest

from sitecore_kashflow.canonical.invoice import InvoiceDraft
from sitecore_kashflow.errors import PermanentError
from tests.builders import Raw, draft, line, rules, sent_to, user, worksheet

INCLUSIVE = "vat: {prices_include_vat: true}"


def rows(made: InvoiceDraft) -> list[tuple[int, str, str, str]]:
    """Quantity, rate, VAT and percentage of each line."""
    return [(one.quantity, str(one.rate), str(one.vat), str(one.vat_level)) for one in made.lines]


def parked(raw: Raw, *payments: Raw, document: str = "") -> PermanentError:
    with pytest.raises(PermanentError) as caught:
        draft(raw, payments, rules(document))
    return caught.value


def test_vat_is_taken_out_of_prices_that_hold_it_and_what_the_customer_pays_stands() -> None:
    raw = worksheet(line(quantity=2, price="12.00"), line("TEA", price="5.48"), tax="0", shipping="3.50")
    made = draft(raw, (), rules(INCLUSIVE))
    assert rows(made) == [(2, "10.00", "4.00", "20"), (1, "4.57", "0.91", "20"), (1, "2.92", "0.58", "20")]
    assert [str(one.net + one.vat) for one in made.lines] == ["24.00", "5.48", "3.50"]
    assert made.vat_method == "included"


def test_an_order_says_itself_that_its_prices_hold_vat_or_not() -> None:
    said = worksheet(line(price="12.00"), tax="0", shipping="0", xp={"PricesIncludeVat": True})
    assert rows(draft(said)) == [(1, "10.00", "2.00", "20")]
    denied = worksheet(line(price="10.00"), tax="2.00", shipping="0", xp={"PricesIncludeVat": False})
    assert rows(draft(denied, (), rules(INCLUSIVE))) == [(1, "10.00", "2.00", "20")]


def test_prices_that_hold_vat_with_more_vat_on_top_are_parked() -> None:
    error = parked(worksheet(line(price="12.00"), tax="2.00", shipping="0"), document=INCLUSIVE)
    assert error.code == "VAT_COUNTED_TWICE"
    assert "2.00 GBP" in error.words


def test_discounts_on_prices_that_hold_vat_hold_it_too() -> None:
    goods = [line("MUG", price="36.00", discount="6.00"), line("BOOK", price="10.00", tax_code="ZERO")]
    made = draft(worksheet(*goods, order_discount="4.00", tax="0", shipping="0"), (), rules(INCLUSIVE))
    assert rows(made) == [
        (1, "25.00", "5.00", "20"),
        (1, "10.00", "0.00", "0"),
        (1, "-2.50", "-0.50", "20"),
        (1, "-1.00", "0.00", "0"),
    ]
    assert made.gross == 36


def test_an_export_at_prices_that_hold_vat_keeps_the_whole_price() -> None:
    made = draft(worksheet(line(price="12.00") | sent_to("US"), tax="0", shipping="0"), (), rules(INCLUSIVE))
    assert rows(made) == [(1, "12.00", "0.00", "0")]


def test_the_shops_own_figure_for_the_vat_inside_a_price_stands_within_a_penny() -> None:
    raw = worksheet(line(price="2.74", quantity=2, xp={"VatAmount": Decimal("0.92")}), tax="0", shipping="0")
    assert rows(draft(raw, (), rules(INCLUSIVE))) == [(1, "4.56", "0.92", "20")]
    far = worksheet(line(price="5.48", xp={"VatAmount": Decimal("1.10")}), tax="0", shipping="0")
    assert parked(far, document=INCLUSIVE).code == "VAT_NOT_EXPLAINED"


def test_a_shop_that_rounds_by_unit_is_understood_and_each_line_has_its_own_vat() -> None:
    # 20 % of 1.29 is 0.258, so 0.26 a piece: three carry 0.78, not 0.77
    made = draft(worksheet(line(quantity=3, price="1.29"), tax="0.78", shipping="0"))
    assert (rows(made), made.vat_method) == ([(1, "3.87", "0.78", "20")], "by unit")
    assert parked(worksheet(line(quantity=100, price="0.37"), tax="7.00", shipping="0")).code == "VAT_NOT_EXPLAINED"


def test_a_shop_that_rounds_once_a_percentage_is_understood() -> None:
    goods = [line(name, price="1.52") for name in "ABC"] + [line("R", price="1.10", tax_code="RED")]
    made = draft(worksheet(*goods, tax="0.97", shipping="0"))  # 0.912 -> 0.91 at 20 %, 0.055 -> 0.06 at 5 %
    assert ([str(one.vat) for one in made.lines], made.vat_method) == (
        ["0.31", "0.30", "0.30", "0.06"],
        "by percentage",
    )


def test_the_way_a_shop_rounded_is_told() -> None:
    assert draft().vat_method == "by line"
    goods = [line("A", price="1.51"), line("B", price="1.52"), line("C", price="4.03")]
    assert draft(worksheet(*goods, tax="1.42", shipping="0")).vat_method == "spread"


def test_delivery_follows_the_goods_in_proportion() -> None:
    goods = [line("MUG", price="30.00"), line("BOOK", price="10.00", tax_code="ZERO")]
    made = draft(worksheet(*goods, shipping="4.95", tax="6.74"), (), rules("vat: {shipping_class: as_goods}"))
    assert rows(made)[2:] == [(1, "3.71", "0.74", "20"), (1, "1.24", "0.00", "0")]
    assert [one.description for one in made.lines[2:]] == [
        "Delivery of goods at 20 % VAT",
        "Delivery of goods at 0 % VAT",
    ]
    assert made.lines[2].why == "as its goods: standard in GB"


def test_delivery_follows_the_highest_percentage_of_the_goods() -> None:
    goods = [line("SEAT", price="30.00", tax_code="RED"), line("BOOK", price="10.00", tax_code="ZERO")]
    made = draft(worksheet(*goods, shipping="4.00", tax="1.70"), (), rules("vat: {shipping_class: highest_rate}"))
    assert rows(made)[2:] == [(1, "4.00", "0.20", "5")]


@pytest.mark.parametrize("way", ["as_goods", "highest_rate"])
def test_delivery_of_free_goods_follows_the_first_of_them(way: str) -> None:
    raw = worksheet(line(price="0.00"), shipping="4.95", tax="0.99")
    assert rows(draft(raw, (), rules(f"vat: {{shipping_class: {way}}}")))[1:] == [(1, "4.95", "0.99", "20")]


def test_delivery_without_lines_is_of_the_usual_class() -> None:
    raw = worksheet(shipping="4.95", tax="0.99") | {"LineItems": []}
    raw["Order"] |= {"Subtotal": Decimal(0), "Total": Decimal("5.94")}
    assert rows(draft(raw, (), rules("vat: {shipping_class: as_goods}"))) == [(1, "4.95", "0.99", "20")]


WAYS = ("as_charged", "as_goods", "highest_rate")
CARD = line("CARD", price="50.00", xp={"Supply": "GiftCard"})


def of_delivery(raw: Raw, way: str, more: str = "") -> list[tuple[str, str, str]]:
    """Net, VAT and mark of the lines of delivery."""
    made = draft(raw, (), rules(f"vat: {{shipping_class: {way}{more}}}\ngift_cards: {{kind: multi}}"))
    return [(str(one.net), str(one.vat), one.box) for one in made.lines if one.description.startswith("Delivery")]


@pytest.mark.parametrize("way", WAYS)
def test_delivery_follows_what_is_delivered_not_a_gift_card_or_a_service_beside_it(way: str) -> None:
    book = line("BOOK", tax_code="ZERO")
    advice = line("ADVICE", price="100.00", xp={"Supply": "Service"})
    assert of_delivery(worksheet(line(), CARD, tax="2.99"), way) == [("4.95", "0.99", "taxable")]
    assert of_delivery(worksheet(book, CARD, tax="0"), way) == [("4.95", "0.00", "zero")]
    assert of_delivery(worksheet(book, advice, tax="20.00"), way) == [("4.95", "0.00", "zero")]


@pytest.mark.parametrize("way", WAYS)
def test_delivery_of_a_gift_card_alone_is_a_sale_of_the_usual_class(way: str) -> None:
    alone = worksheet(CARD, tax="0.99")
    assert of_delivery(alone, way) == [("4.95", "0.99", "taxable")]
    with pytest.raises(PermanentError, match=r"TAX_CLASS_UNKNOWN.*Delivery of 4.95 GBP has no goods to follow"):
        of_delivery(alone, way, ", class_when_missing: null")


def bundle() -> Raw:
    parent = line("SET", price="30.00", IsBundle=True)
    children = [line(name, price="0.00", BundleItemID="line-set") for name in ("MUG", "TEA")]
    return worksheet(parent, *children, tax="6.00", shipping="0")


def test_a_bundle_is_parked_until_a_rule_says_what_carries_the_money() -> None:
    error = parked(bundle())
    assert error.code == "BUNDLE"
    assert "`orders.bundles`" in error.words


def test_the_parent_of_a_bundle_carries_the_money_by_rule() -> None:
    assert rows(draft(bundle(), (), rules("orders: {bundles: parent}"))) == [(1, "30.00", "6.00", "20")]


def test_the_children_of_a_bundle_carry_the_money_by_rule() -> None:
    parent = line("SET", price="0.00", IsBundle=True)
    children = [
        line("MUG", price="20.00", BundleItemID="s"),
        line("BOOK", price="10.00", tax_code="ZERO", BundleItemID="s"),
    ]
    made = draft(worksheet(parent, *children, tax="4.00", shipping="0"), (), rules("orders: {bundles: children}"))
    assert rows(made) == [(1, "20.00", "4.00", "20"), (1, "10.00", "0.00", "0")]


def test_a_bundle_whose_money_is_elsewhere_than_the_rule_says_is_parked() -> None:
    assert parked(bundle(), document="orders: {bundles: children}").code == "ORDER_DOES_NOT_ADD_UP"


def test_a_download_follows_the_bill_and_a_thing_the_parcel() -> None:
    download = line("EBOOK", xp={"Supply": "digital"}) | sent_to("US")
    assert rows(draft(worksheet(download, tax="2.00", shipping="0"))) == [(1, "10.00", "2.00", "20")]
    assert rows(draft(worksheet(line("BOOK") | sent_to("US"), tax="0", shipping="0"))) == [(1, "10.00", "0.00", "0")]


def test_a_service_to_a_business_in_the_eu_is_reverse_charged() -> None:
    raw = worksheet(line("ADVICE", xp={"Supply": "Service"}), tax="0", shipping="0")
    raw["Order"]["BillingAddress"] |= {"Country": "DE", "Zip": "50667"}
    raw["Order"]["FromUser"] = user(xp={"VatNumber": "DE136695976"})
    (made,) = draft(raw, (), rules("nominal_codes: {by_supply: {service: 4030}}")).lines
    assert (made.why, made.nominal_code) == ("reverse charge, service to a business in DE", 4030)


def test_a_kind_of_supply_that_no_rule_knows_is_parked() -> None:
    error = parked(worksheet(line(xp={"Supply": "magic"}), tax="2.00", shipping="0"))
    assert error.code == "SUPPLY_UNKNOWN"
    assert "`vat.supply_words`" in error.words


def test_a_thousand_lines_add_up() -> None:
    goods = [
        line(f"P{n}", quantity=n % 7 + 1, price=f"{n % 97}.{n % 100:02}", tax_code=("STD", "RED", "ZERO")[n % 3])
        for n in range(1000)
    ]
    exact = sum((one["LineSubtotal"] * (20, 5, 0)[n % 3] for n, one in enumerate(goods)), Decimal(0)) / 100
    made = draft(worksheet(*goods, tax=str(exact.quantize(Decimal("0.01"))), shipping="0"))
    assert len(made.lines) == 1000
    assert made.net + made.vat == made.gross


@pytest.mark.parametrize(
    ("kind", "tax", "expected"),
    [("multi", "0", ("none", "50.00", "0.00", True)), ("single", "8.33", ("taxable", "41.67", "8.33", False))],
)
def test_a_gift_card_that_is_sold_is_owed_to_whoever_spends_it(
    kind: str, tax: str, expected: tuple[str, str, str, bool]
) -> None:
    card = line("CARD", price=expected[1], xp={"Supply": "GiftCard"})
    (made,) = draft(
        worksheet(card, tax=tax, shipping="0"), (), rules(f"gift_cards: {{kind: {kind}, tax_class: standard}}")
    ).lines
    assert (made.box, str(made.net), str(made.vat), made.vat_exempt) == expected
    assert made.nominal_code == rules().nominal_codes.gift_card
    assert parked(worksheet(card, tax=tax, shipping="0")).code == "GIFT_CARD_KIND_UNKNOWN"


OSS = "vat: {shipping_class: as_goods, oss: {scheme: ioss, limit: {GBP: 135}, rates: {DE: {standard: 19}}}}"


def to_germany(price: str, postcode: str) -> Raw:
    sent = sent_to("DE")
    return line(price=price) | sent | {"ShippingAddress": sent["ShippingAddress"] | {"Zip": postcode}}


def test_ioss_measures_each_consignment_by_its_goods_after_their_discount() -> None:
    apart = worksheet(to_germany("100.00", "10115"), to_germany("100.00", "50667"), tax="38.00", shipping="0")
    assert {one.why for one in draft(apart, (), rules(OSS)).lines[:2]} == {"IOSS: standard in DE, goods to a consumer"}
    for written in ("10115", "D-10115", "DE-10115", " 10115 "):
        together = worksheet(to_germany("100.00", "10115"), to_germany("100.00", written), tax="38.00", shipping="0")
        assert parked(together, document=OSS).code == "OVER_IOSS_LIMIT"
    reduced = worksheet(to_germany("150.00", "10115"), order_discount="15.00", tax="25.65", shipping="0")
    assert sum(one.net for one in draft(reduced, (), rules(OSS)).lines) == Decimal("160.65")


def test_ioss_limit_takes_a_discount_on_delivery_not_off_the_goods() -> None:
    free_delivery = worksheet(to_germany("140.00", "10115"), order_discount="9.95", tax="26.60", shipping="9.95")
    assert parked(free_delivery, document=OSS).code == "OVER_IOSS_LIMIT"
