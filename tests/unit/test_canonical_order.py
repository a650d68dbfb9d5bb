"""OrderCloud's order in our words: who buys, what, for how much, and what money has come in."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.order import Order, OrderStanding
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.shops.ordercloud.mapping import order_standing
from tests.builders import Raw, address, draft, line, order, rules, sent_to, user, worksheet


def parked(raw: Raw, *payments: Raw, document: str = "") -> PermanentError:
    with pytest.raises(PermanentError) as caught:
        order(raw, payments, rules(document))
    return caught.value


def guest(**changes: Any) -> Raw:
    return worksheet(
        FromUser=user(ID="guest", FirstName=None, LastName=None, Email=None), FromUserID="guest", **changes
    )


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("Unsubmitted", OrderStanding.NOT_DUE),
        ("AwaitingApproval", OrderStanding.NOT_DUE),
        ("Open", OrderStanding.DUE),
        ("Completed", OrderStanding.DUE),
        ("Canceled", OrderStanding.CANCELLED),
        ("Declined", OrderStanding.CANCELLED),
    ],
)
def test_every_status_of_ordercloud_has_a_standing(status: str, standing: OrderStanding) -> None:
    assert order_standing(status, default_rules().orders) is standing
    assert order(worksheet(Status=status)).standing is standing


@pytest.mark.parametrize("status", ["Cancelled", "open", "4", ""])
def test_a_status_that_no_rule_knows_parks_and_is_named(status: str) -> None:
    error = parked(worksheet(Status=status))
    assert error.code == "UNKNOWN_ORDER_STATUS"
    assert repr(status) in error.words


def test_a_plain_order_is_understood_in_every_part() -> None:
    understood = order()
    assert (understood.source, understood.order_id) == ("ordercloud", "SO-1001")
    assert understood.placed_at == datetime(2026, 11, 20, 9, 0, 0, 900_000, UTC)
    assert (understood.currency, understood.tax, understood.total) == ("GBP", Decimal("4.99"), Decimal("29.94"))
    assert understood.shipping == Decimal("4.95")
    assert {understood.fees, understood.gratuity, understood.order_discount} == {Decimal(0)}
    (mug,) = understood.lines
    assert (mug.line_id, mug.product_code, mug.description, mug.quantity) == ("line-mug", "MUG", "Mug", 2)
    assert (mug.unit_price, mug.subtotal, mug.net) == (Decimal(10), Decimal(20), Decimal(20))
    assert mug.destination == "GB"
    assert (mug.tax_class, mug.vat_rate, mug.vat_amount) == ("", None, None)
    assert understood.payments == ()


def test_an_order_that_was_never_submitted_counts_from_its_creation() -> None:
    understood = order(worksheet(DateSubmitted=None, Status="AwaitingApproval"))
    assert understood.placed_at == datetime(2026, 11, 20, 8, 50, 0, 100_000, UTC)
    assert parked(worksheet(DateSubmitted=None, DateCreated=None)).code == "DATE_MISSING"


@pytest.mark.parametrize("missing", [None, ""])
def test_an_order_without_currency_parks_unless_a_rule_gives_one(missing: str | None) -> None:
    raw = worksheet(Currency=missing)
    assert parked(raw).code == "CURRENCY_MISSING"
    assert order(raw, (), rules("orders: {currency_when_missing: EUR}")).currency == "EUR"


@pytest.mark.parametrize("mark", [{"IsBundle": True}, {"BundleItemID": "bundle-1"}])
def test_a_line_of_a_bundle_parks_and_is_named(mark: Raw) -> None:
    error = parked(worksheet(line(**mark), tax="2.99"))
    assert error.code == "BUNDLE"
    assert "line-mug" in error.words


def test_an_order_that_does_not_add_up_parks_with_both_sums() -> None:
    error = parked(worksheet(Total=Decimal("30.00")))
    assert error.code == "ORDER_DOES_NOT_ADD_UP"
    assert "29.94 GBP" in error.words
    assert "30.00" in error.words


def test_line_discounts_of_both_kinds_come_off_the_line_and_the_rest_is_the_orders() -> None:
    raw = worksheet(line(quantity=2, discount="2.00", BaseDiscount=Decimal("1.00")), order_discount="3.00", tax="3.79")
    understood = order(raw)
    assert (understood.lines[0].discount, understood.lines[0].net) == (Decimal("3.00"), Decimal("17.00"))
    assert understood.order_discount == Decimal("3.00")
    assert understood.total == Decimal("22.74")


def test_discounts_of_the_lines_above_the_orders_park() -> None:
    raw = worksheet(line(quantity=2, discount="2.00"), PromotionDiscount=Decimal("1.00"), Total=Decimal("28.94"))
    error = parked(raw)
    assert error.code == "DISCOUNT_NOT_EXPLAINED"
    assert "1.00 GBP" in error.words


def test_the_variant_names_the_line_and_gives_its_code() -> None:
    red = {"ID": "MUG-RED", "Name": "Red", "xp": None}
    (mug,) = order(worksheet(line(quantity=2, Variant=red))).lines
    assert (mug.product_code, mug.description) == ("MUG-RED", "Mug, Red")


def test_a_line_without_product_is_described_by_its_code() -> None:
    (mug,) = order(worksheet(line(quantity=2, Product=None))).lines
    assert (mug.product_code, mug.description) == ("MUG", "MUG")


def test_a_line_goes_to_its_own_address_else_to_the_billing_one() -> None:
    abroad, home = line("A") | sent_to("fr"), line("B", ShippingAddress=None)
    understood = order(worksheet(abroad, home, tax="2.99"))
    assert [one.destination for one in understood.lines] == ["FR", "GB"]
    nowhere = worksheet(line(ShippingAddress=None, quantity=2), BillingAddress=None)
    assert order(nowhere).lines[0].destination == ""


@pytest.mark.parametrize(("written", "code"), [("uk", "GB"), (" gb ", "GB"), ("EL", "GR"), ("Narnia", "NARNIA")])
def test_other_ways_to_write_a_country_are_understood(written: str, code: str) -> None:
    assert order(worksheet(line(quantity=2) | sent_to(written))).lines[0].destination == code


@pytest.mark.parametrize(
    ("xp", "tax_code", "expected"),
    [
        ({"VatRate": Decimal("17.5"), "VatAmount": Decimal("1.75")}, "STD", ("STD", Decimal("17.5"), Decimal("1.75"))),
        ({"TaxCode": "RED"}, "STD", ("RED", None, None)),
        ({"TaxCode": ""}, "STD", ("STD", None, None)),
        ({"VatRate": "20"}, None, ("", Decimal(20), None)),
        ({"VatRate": 0}, None, ("", Decimal(0), None)),
        ({"VatRate": " 20 ", "TaxCode": " STD "}, None, ("STD", Decimal(20), None)),
        ({"VatRate": " ", "TaxRate": 5, "TaxCode": " "}, "RED", ("RED", Decimal(5), None)),
        ({"TaxCode": False}, None, ("", None, None)),
        ({"TaxCode": True}, None, ("True", None, None)),
        (None, None, ("", None, None)),
    ],
)
def test_tax_class_percentage_and_amount_are_found_where_the_rules_say(
    xp: Raw | None, tax_code: str | None, expected: tuple[str, Decimal | None, Decimal | None]
) -> None:
    (mug,) = order(worksheet(line(quantity=2, xp=xp, tax_code=tax_code))).lines
    assert (mug.tax_class, mug.vat_rate, mug.vat_amount) == expected


@pytest.mark.parametrize(
    "xp",
    [
        {"VatRate": "0%"},
        {"VatRate": "NaN"},
        {"VatRate": True},
        {"VatRate": {"Rate": 20}, "TaxRate": 20},
        {"VatAmount": ["4.00"]},
        {"TaxCode": {"Id": 1}},
        {"TaxCode": ["STD"]},
        {"Supply": {}},
    ],
)
def test_what_decides_the_vat_and_cannot_be_read_is_parked_and_never_skipped(xp: Raw) -> None:
    with pytest.raises(PermanentError) as caught:
        order(worksheet(line(quantity=2, xp=xp, tax_code="STD")))
    assert caught.value.code == "VAT_WORD_UNREADABLE"
    assert f"LineItem.xp.{next(iter(xp))}" in caught.value.words


@pytest.mark.parametrize("relief", [True, "charity"])
def test_relief_of_an_order_or_a_customer_gives_its_lines_a_class(relief: object) -> None:
    own = rules(
        "vat: {class_paths: [Order.xp.VatRelief, FromUser.xp.VatRelief, Product.xp.TaxCode], "
        "class_words: {true: zero, CHARITY: zero, STD: standard}}"
    )
    of_order = worksheet(line(tax_code="STD"), tax="0", xp={"VatRelief": relief})
    of_customer = worksheet(line(tax_code="STD"), tax="0", FromUser=user(xp={"VatRelief": relief}))
    for raw in (of_order, of_customer):
        made = draft(raw, (), own)
        assert made.vat == 0
        assert [one.box for one in made.lines] == ["zero", "zero"]
    assert draft(worksheet(line(tax_code="STD"), tax="2.99", xp={"VatRelief": False}), (), own).vat == Decimal("2.99")


def test_an_order_without_any_address_is_supplied_where_the_rules_say() -> None:
    nowhere = worksheet(line(ShippingAddress=None, quantity=2), BillingAddress=None)
    with pytest.raises(PermanentError, match=r"COUNTRY_UNKNOWN.*vat.country_when_missing"):
        draft(nowhere)
    made = draft(nowhere, (), rules("vat: {country_when_missing: GB}"))
    assert (made.net, made.vat) == (Decimal("24.95"), Decimal("4.99"))
    abroad = worksheet(line(ShippingAddress=address(Country=None), quantity=2), BillingAddress=None)
    with pytest.raises(PermanentError, match="COUNTRY_UNKNOWN"):
        draft(abroad, (), rules("vat: {country_when_missing: GB}"))


def test_goods_that_are_sent_from_abroad_wait_for_a_rule() -> None:
    raw = worksheet(line(quantity=2, ShipFromAddress=address(Country="NL")))
    with pytest.raises(PermanentError, match="SHIPS_FROM_ABROAD"):
        draft(raw)
    assert draft(raw, (), rules("vat: {ships_from_abroad: as_from_here}")).vat == Decimal("4.99")
    assert draft(worksheet(line(quantity=2, ShipFromAddress=address(Country="UK")))).vat == Decimal("4.99")


def test_paths_of_a_shops_own_reach_into_nested_xp() -> None:
    own = rules("vat: {rate_paths: [LineItem.xp.Tax.Uk.Rate]}")
    (mug,) = order(worksheet(line(quantity=2, xp={"Tax": {"Uk": {"Rate": 5}}})), (), own).lines
    assert mug.vat_rate == 5


def test_the_customer_is_the_buyers_user_with_the_billing_address() -> None:
    customer = order().customer
    assert (customer.key, customer.is_guest, customer.name) == ("ordercloud:retail:ada", False, "Ada Field")
    assert (customer.first_name, customer.last_name, customer.email) == ("Ada", "Field", "ada@example.org")
    assert (customer.phone, customer.vat_number) == ("020 7946 0000", "")
    assert customer.address.lines == ("1 High St", "Leeds")
    assert (customer.address.postcode, customer.address.country) == ("LS1 1AA", "GB")


def test_a_company_on_the_billing_address_names_the_customer() -> None:
    raw = worksheet(BillingAddress=address(CompanyName="Acme Ltd"), xp={"VatNumber": "GB123456789"})
    customer = order(raw).customer
    assert (customer.name, customer.first_name, customer.vat_number) == ("Acme Ltd", "Ada", "GB123456789")


def test_one_customer_for_each_buyer_where_the_rules_say_so() -> None:
    own = rules("customers: {identity: buyer}")
    assert order(None, (), own).customer.key == "ordercloud:retail"
    assert order(guest(xp={"Email": "ada@example.org"}), (), own).customer.key.startswith("ordercloud:retail:guest:")


def test_the_same_user_id_in_two_buyers_is_two_customers() -> None:
    other = worksheet(FromCompanyID="trade", FromUser=user(CompanyID="trade"))
    assert order(other).customer.key == "ordercloud:trade:ada"


def test_a_guest_is_known_again_by_e_mail_in_any_letter_case() -> None:
    one, other = guest(ID="SO-1", xp={"Email": "Ada@Example.org"}), guest(ID="SO-2", xp={"Email": "ada@example.org"})
    assert order(one).customer.key == order(other).customer.key
    assert order(one).customer.is_guest
    assert "ada" not in order(one).customer.key.lower()
    stranger = guest(ID="SO-3", xp={"Email": "bob@example.org"})
    assert order(stranger).customer.key != order(one).customer.key


def test_a_guest_without_e_mail_is_known_by_the_order_alone() -> None:
    keys = {order(guest(ID=one)).customer.key for one in ("SO-1", "SO-2")}
    assert keys == {"ordercloud:retail:guest:SO-1", "ordercloud:retail:guest:SO-2"}


def test_a_guest_is_named_by_the_billing_address_else_by_the_rules() -> None:
    assert order(guest()).customer.name == "Ada Field"
    nameless = guest(BillingAddress=address(FirstName=None, LastName=None))
    assert order(nameless).customer.name == "Web guest"


@pytest.mark.parametrize("blank", [" ", "-", ".", "N/A", "none", "\u200b\ufeff", "\u3164"])
def test_what_stands_for_no_company_is_no_name(blank: str) -> None:
    customer = order(worksheet(BillingAddress=address(CompanyName=blank))).customer
    assert (customer.name, customer.address.name) == ("Ada Field", "Ada Field")


def test_a_company_may_be_called_by_one_letter_and_a_digit() -> None:
    assert order(worksheet(BillingAddress=address(CompanyName="O2"))).customer.name == "O2"


def test_signs_that_nobody_sees_make_no_name() -> None:
    unseen = {"FirstName": "\u200b", "LastName": "\ufeff\u2060"}
    raw = worksheet(FromUser=user(**unseen), BillingAddress=address(**unseen))
    assert order(raw).customer.name == "retail ada"
    raw = guest(BillingAddress=address(**unseen))
    assert order(raw).customer.name == "Web guest"


def test_signs_of_direction_are_dropped_from_a_name() -> None:
    assert order(worksheet(FromUser=user(FirstName="\u202eAda\u202c"))).customer.name == "Ada Field"


def test_a_joiner_between_letters_stays() -> None:
    name = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert order(worksheet(FromUser=user(FirstName=name, LastName="\u200d"))).customer.name == name


def test_half_a_surrogate_pair_becomes_the_sign_for_what_cannot_be_shown() -> None:
    assert order(worksheet(FromUser=user(FirstName="A\ud800da"))).customer.first_name == "A\ufffdda"


@pytest.mark.parametrize("written", [" ada@example.org", "ada@example.org\u200b", "ADA@example.org \ufeff"])
def test_a_guest_is_known_again_whatever_unseen_is_around_the_e_mail(written: str) -> None:
    known = order(guest(ID="SO-1", xp={"Email": "ada@example.org"})).customer
    again = order(guest(ID="SO-2", xp={"Email": written})).customer
    assert (again.key, again.email.lower()) == (known.key, known.email)


@pytest.mark.parametrize("written", [" ", "\u200b"])
def test_a_guest_whose_e_mail_is_blank_is_known_by_the_order_alone(written: str) -> None:
    assert order(guest(ID="SO-1", xp={"Email": written})).customer.key == "ordercloud:retail:guest:SO-1"


def test_identifiers_are_whole_or_left_out() -> None:
    raw = worksheet(FromUser=user(Email="a" * 95 + "@example.org"), xp={"VatNumber": "GB" + "1" * 30})
    assert (order(raw).customer.email, order(raw).customer.vat_number) == ("", "")


def test_a_postcode_that_cannot_be_one_parks_because_vat_may_depend_on_it() -> None:
    with pytest.raises(PermanentError, match=r"POSTCODE_TOO_LONG.*Zip"):
        order(worksheet(BillingAddress=address(Zip="JE2 3AB, and some more words")))


def test_somebody_who_orders_for_a_company_without_naming_it_is_a_colleague() -> None:
    own = rules("customers: {identity: buyer}")
    named = worksheet(BillingAddress=address(CompanyName="Acme Ltd"))
    assert order(None, (), own).customer.is_colleague
    assert not order(named, (), own).customer.is_colleague
    assert not order().customer.is_colleague


def test_the_orders_subtotal_is_believed_where_lines_are_finer() -> None:
    fine = line("X", quantity=3, price="3.3333")
    made = order(worksheet(fine, tax="2.99", Subtotal=Decimal("10.00"), Total=Decimal("17.94")))
    assert [str(one.subtotal) for one in made.lines] == ["10.00"]


def test_a_subtotal_that_is_further_off_is_not_believed() -> None:
    with pytest.raises(PermanentError, match="ORDER_DOES_NOT_ADD_UP"):
        order(worksheet(line("X", quantity=3, price="3.33"), Subtotal=Decimal("10.00"), Total=Decimal("19.94")))


def test_an_order_whose_user_is_not_shown_takes_the_ids_of_the_order() -> None:
    customer = order(worksheet(FromUser=None)).customer
    assert (customer.key, customer.name, customer.email) == ("ordercloud:retail:ada", "Ada Field", "")


def test_a_customer_without_any_name_is_called_by_its_ids() -> None:
    raw = worksheet(FromUser=user(FirstName=None, LastName=None), BillingAddress=address(FirstName=None, LastName=""))
    assert order(raw).customer.name == "retail ada"


def test_without_a_billing_address_the_first_shipping_address_stands_in() -> None:
    raw = worksheet(line(quantity=2, ShippingAddress=address(Street1="9 Low Rd")), BillingAddress=None)
    assert order(raw).customer.address.lines == ("9 Low Rd", "Leeds")


def test_the_delivery_address_is_the_first_shipping_address_if_there_is_one() -> None:
    raw = worksheet(line(quantity=2, ShippingAddress=address(CompanyName="Works", Zip="LS2 2BB")))
    delivery = order(raw).delivery
    assert delivery is not None
    assert (delivery.name, delivery.postcode) == ("Works", "LS2 2BB")
    assert order(worksheet(line(quantity=2, ShippingAddress=None))).delivery is None


def test_texts_lose_control_characters_and_odd_spaces_and_are_cut_to_length() -> None:
    raw = worksheet(BillingAddress=address(CompanyName="Caf\u0065\u0301\x00 \t&\r\nCo\u2028" + "x" * 120))
    name = order(raw).customer.name
    assert name.startswith("Café & Co x")
    assert len(name) == 100
    assert name.endswith("…")


def test_an_order_survives_being_kept_and_read_again() -> None:
    understood = order(worksheet(line(quantity=3, price="3.3333", xp={"VatAmount": Decimal("2.00")}), tax="2.9900"))
    assert Order.model_validate_json(understood.model_dump_json()) == understood
