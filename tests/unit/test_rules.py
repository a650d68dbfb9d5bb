"""The rules document: the default is complete, a shop's own lies over it, and every fault is named by its path."""

from decimal import Decimal

import pytest

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.document import default_rules, parse_rules
from sitecore_kashflow.rules.model import Rules


def fault(document: str) -> str:
    with pytest.raises(PermanentError) as caught:
        parse_rules(document)
    assert caught.value.code == "RULES_INVALID"
    return caught.value.words


def test_the_default_document_is_valid_and_says_what_the_sandbox_and_the_manual_expect() -> None:
    rules = default_rules()
    assert rules.version == "default-2"
    assert rules.orders.due == ("Open", "Completed")
    assert {name: (one.rate, one.in_box) for name, one in rules.vat.classes.items() if not one.park} == {
        "standard": (Decimal(20), "taxable"),
        "reduced": (Decimal(5), "taxable"),
        "zero": (Decimal(0), "zero"),
        "exempt": (Decimal(0), "exempt"),
        "export": (Decimal(0), "abroad"),
        "reverse_charge": (Decimal(0), "abroad"),
        "outside_scope": (Decimal(0), "abroad"),
        "no_supply": (Decimal(0), "none"),
    }
    assert (rules.nominal_codes.goods, rules.nominal_codes.shipping) == (4000, 4001)
    assert rules.payments.method("CreditCard") is None


def test_the_default_places_every_order_status_of_ordercloud() -> None:
    orders = default_rules().orders
    placed = [*orders.due, *orders.not_due, *orders.cancelled]
    assert sorted(placed) == ["AwaitingApproval", "Canceled", "Completed", "Declined", "Open", "Unsubmitted"]


def test_a_document_of_one_field_keeps_everything_else_of_the_default() -> None:
    rules = parse_rules("version: 2026-1\nnominal_codes:\n  goods: 4010\n")
    default = default_rules()
    assert (rules.version, rules.nominal_codes.goods) == ("2026-1", 4010)
    assert rules.nominal_codes.shipping == default.nominal_codes.shipping
    assert (rules.orders, rules.customers, rules.vat, rules.payments) == (
        default.orders,
        default.customers,
        default.vat,
        default.payments,
    )


def test_a_field_of_a_shops_own_replaces_the_defaults_value_whole() -> None:
    rules = parse_rules("orders: {due: [Completed]}\npayments: {methods: {CreditCard: Card, Voucher: 409847}}")
    assert rules.orders.due == ("Completed",)
    assert [rules.payments.method(one) for one in ("CreditCard", "Voucher", "Cash")] == ["Card", 409847, None]


def test_json_is_read_as_well_as_yaml() -> None:
    assert parse_rules('{"version": "j-1", "nominal_codes": {"goods": 4010}}').nominal_codes.goods == 4010


@pytest.mark.parametrize(("written", "version"), [("7", "7"), ("'1.10'", "1.10"), ("spring-2026", "spring-2026")])
def test_a_version_is_text_even_where_it_looks_like_a_number(written: str, version: str) -> None:
    assert parse_rules(f"version: {written}").version == version


@pytest.mark.parametrize("rate", ["17.5", "0.1", "12.345", "2.675"])
def test_percentages_are_exact_decimals(rate: str) -> None:
    classes = f"{{standard: {{rate: {rate}}}, zero: {{rate: 0}}}}"
    words = "class_words: {}, class_when_missing: null, shipping_class: zero, fees_class: zero"
    rules = parse_rules(f"vat: {{classes: {classes}, {words}}}")
    assert rules.vat.classes["standard"].rate == Decimal(rate)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("vat: {classes: {standard: {rate: 200}}}", "vat.classes.standard.rate"),
        ("vat: {classes: {standard: {rate: twenty}}}", "vat.classes.standard.rate"),
        ("vat: {clases: {}}", "vat.clases"),
        ("orders: {home_currency: pounds}", "orders.home_currency"),
        ("orders: {currency_when_missing: gbp}", "orders.currency_when_missing"),
        ("orders: {payment_terms_days: -1}", "orders.payment_terms_days"),
        ("invoices: {numbering: mine}", "invoices.numbering"),
        ("invoices: {first: 0}", "invoices.first"),
        ("invoices: {last: 1000000000}", "invoices.last"),
        ("customers: {identity: company}", "customers.identity"),
        ("customers: {code_prefix: web}", "customers.code_prefix"),
        ("customers: {code_prefix: WEBBY}", "customers.code_prefix"),
        ("nominal_codes: {goods: sales}", "nominal_codes.goods"),
        ("payments: {bank_acount_code: '1200'}", "payments.bank_acount_code"),
        ("payment: {}", "payment"),
        ("vat: null", "vat"),
        ("version: ''", "version"),
        ("vat: {domestic_countries: [GB, NO]}", "vat.domestic_countries.1"),
    ],
)
def test_a_wrong_field_is_named_by_its_path(document: str, path: str) -> None:
    assert f"{path}: " in fault(document)


@pytest.mark.parametrize(
    ("invoices", "words"),
    [
        ("{numbering: reserved}", "`reserved` needs a range: set `first` and `last`"),
        ("{numbering: reserved, first: 5}", "`reserved` needs a range"),
        ("{numbering: reserved, first: 5, last: 4}", "the range ends at 4, before it begins at 5"),
        ("{first: 5, last: 4}", "the range ends at 4, before it begins at 5"),
    ],
)
def test_a_range_of_invoice_numbers_that_is_none_is_a_fault(invoices: str, words: str) -> None:
    assert words in fault(f"invoices: {invoices}")


def test_kashflow_numbers_unless_the_rules_reserve_a_range() -> None:
    assert default_rules().invoices.number_range is None
    assert parse_rules("invoices: {first: 1, last: 9}").invoices.number_range is None
    assert parse_rules("invoices: {numbering: reserved, first: 7, last: 7}").invoices.number_range == (7, 7)


def test_every_wrong_field_is_named_at_once() -> None:
    words = fault("orders: {payment_terms_days: 400}\ncustomers: {identity: nobody}")
    assert "orders.payment_terms_days: " in words
    assert "customers.identity: " in words


@pytest.mark.parametrize(
    "document",
    [
        "vat: {export_class: abroad}",
        "vat: {shipping_class: abroad}",
        "vat: {fees_class: abroad}",
        "vat: {gratuity_class: abroad}",
        "vat: {class_when_missing: abroad}",
        "vat: {class_words: {X: abroad}}",
    ],
)
def test_a_class_that_is_spoken_of_but_not_defined_is_named_with_those_that_are(document: str) -> None:
    assert "no such VAT class: abroad; defined are standard, reduced, zero, exempt, export" in fault(document)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ("nominal_codes: {gift_card: 4000}", "nominal_codes.gift_card (4000)"),
        ("nominal_codes: {gratuity: 4001}", "nominal_codes.gratuity (4001)"),
        ("vat: {oss: {liability: 4040}}", "vat.oss.liability (4040)"),
        ("nominal_codes: {deposit: 4000}", "nominal_codes.deposit (4000)"),
    ],
)
def test_a_code_of_sales_is_refused_for_money_that_is_owed(document: str, named: str) -> None:
    assert f"{named} must be a liability" in fault(document)
    assert (
        parse_rules("vat: {gratuity_class: standard}\nnominal_codes: {gratuity: 4001}").nominal_codes.gratuity == 4001
    )


def test_deposits_need_a_code_and_their_own_receipts() -> None:
    early = "orders: {tax_point: first_of}"
    assert "needs `nominal_codes.deposit`" in fault(early)
    imported = "payments: {accounts: [{gateway: PayPal, imported_by_kashflow: true}]}"
    assert "take `imported_by_kashflow` off" in fault(f"{early}\nnominal_codes: {{deposit: 2115}}\n{imported}")
    assert parse_rules(imported).payments.accounts[0].imported_by_kashflow


@pytest.mark.parametrize("box", ["zero", "exempt", "abroad", "none"])
def test_only_what_is_taxable_has_a_percentage(box: str) -> None:
    assert "its rate is 0" in fault(f"vat: {{classes: {{standard: {{rate: 20, box: {box}}}}}}}")


def test_leaving_out_a_class_that_the_default_speaks_of_is_a_fault() -> None:
    assert "no such VAT class: exempt, reduced" in fault("vat: {classes: {standard: {rate: 20}, zero: {rate: 0}}}")


@pytest.mark.parametrize("document", ["", "- a\n- list", "42", "just words"])
def test_a_document_that_is_no_mapping_is_refused_in_words(document: str) -> None:
    assert fault(document) == "The rules document must be a mapping that begins with `version`."


def test_a_document_that_is_no_yaml_is_refused_with_the_line() -> None:
    assert fault("version: 1\nvat: {classes: [") == "The rules document is no YAML or JSON at line 2."


@pytest.mark.parametrize("number", [".inf", ".nan", "1:30.5"])
def test_a_number_that_is_no_decimal_is_refused_in_words(number: str) -> None:
    words = fault(f"version: 1\nvat: {{classes: {{standard: {{rate: {number}}}}}}}")
    assert words == "The rules document is no YAML or JSON at line 2."


def test_a_document_cannot_make_objects() -> None:
    assert fault("version: !!python/object/apply:os.getcwd []") == "The rules document is no YAML or JSON at line 1."


def test_a_parsed_document_cannot_be_changed() -> None:
    rules: Rules = default_rules()
    with pytest.raises(ValueError, match="frozen"):
        rules.orders.due = ()
