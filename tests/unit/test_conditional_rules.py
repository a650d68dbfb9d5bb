"""Conditional rules: when an order is like this, set that; which rules hold, and what comes of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.documents.entry import Entries, Figures, InDoubt, Standing
from sitecore_kashflow.documents.sold_lines import pack_lines
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.conditional import require_approval, wanted_approvals
from sitecore_kashflow.plan.deposits import deposits_of
from sitecore_kashflow.plan.order_plan import plan_order
from sitecore_kashflow.rules.document import parse_rules
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.rules.publish import published_form
from sitecore_kashflow.rules.schema import validator_schema
from sitecore_kashflow.rules.verdict import Verdict, verdict_on
from tests.builders import Raw, address, draft, line, order, payment, rules, sent_to, transaction, user, worksheet
from tests.unit.doubles import entry

DRAFT_4 = import_module("jsonschema").Draft4Validator
RawRule = dict[str, Any]
LATER = datetime(2026, 11, 28, 12, tzinfo=UTC)


def rule(when: RawRule | None = None, name: str = "a rule", **sets: Any) -> RawRule:
    return {"name": name, "when": when or {}, "set": sets or {"terms_days": 30}}


def ruled(*some: RawRule, mode: str = "first", **sections: Any) -> Rules:
    document = {"version": "with-rules", "conditional": {"mode": mode, "rules": list(some)}} | sections
    return rules(simplejson.dumps(document))


def verdict(raw: Raw | None, *some: RawRule, mode: str = "first", payments: Any = ()) -> Verdict:
    by = ruled(*some, mode=mode)
    return verdict_on(order(raw, payments, by), by.conditional)


def holds(when: RawRule, raw: Raw | None = None, payments: Any = ()) -> bool:
    return bool(verdict(raw, rule(when), payments=payments).rules)


# --- when -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "does_hold"),
    [
        ({}, True),
        ({"buyer": "retail"}, True),
        ({"buyer": ["trade-*", "RET*"]}, True),
        ({"buyer": "trade-*"}, False),
        ({"customer": "consumer"}, True),
        ({"customer": "company"}, False),
        ({"country": ["FR", "UK"]}, True),
        ({"country": "DE"}, False),
        ({"postcode": "ls1 *"}, True),
        ({"postcode": "LS1 ?AA"}, True),
        ({"postcode": "BT*"}, False),
        ({"currency": ["EUR", "GBP"]}, True),
        ({"currency": "EUR"}, False),
        ({"product": "mug*"}, True),
        ({"product": "MUGS"}, False),
        ({"tags": {"Order.xp.PONumber": "PO-*"}}, True),
        ({"tags": {"Order.xp.PONumber": "PO-8"}}, False),
        ({"tags": {"Order.xp.Nothing": "*"}}, False),
        ({"total": {"at_least": "29.94"}}, True),
        ({"total": {"at_least": "29.95"}}, False),
        ({"total": {"below": "29.94"}}, False),
        ({"date": {"first": "2026-11-20", "last": "2026-11-20"}}, True),
        ({"date": {"first": "2026-11-21"}}, False),
        ({"date": {"last": "2026-11-19"}}, False),
        ({"currency": "GBP", "product": "SPOON"}, False),
    ],
)
def test_a_rule_holds_when_all_that_it_names_is_so(when: RawRule, does_hold: bool) -> None:
    assert holds(when) is does_hold


def test_a_day_is_that_of_the_uk() -> None:
    raw = worksheet(DateSubmitted="2026-06-30T23:30:00+00:00")
    assert holds({"date": {"first": "2026-07-01"}}, raw)


def test_a_company_is_a_customer_whose_address_names_one() -> None:
    raw = worksheet(BillingAddress=address(CompanyName="Field Ltd"))
    assert holds({"customer": "company"}, raw)
    assert not holds({"customer": "company"}, worksheet(BillingAddress=address(CompanyName="n/a")))


@pytest.mark.parametrize("written", ["DE-50667", "D-50667", "50667"])
def test_a_postcode_is_known_with_its_country_in_front_or_without(written: str) -> None:
    raw = worksheet(line(quantity=2) | {"ShippingAddress": address(Country="DE", Zip=written)})
    assert holds({"country": "DE", "postcode": "50667"}, raw)
    assert holds({"country": "DE", "postcode": written}, raw)


def test_no_rule_taxes_an_order_by_how_it_is_paid() -> None:
    with pytest.raises(PermanentError, match="on which no VAT depends"):
        ruled(rule({"payment": "PurchaseOrder"}, vat_class="exempt"))


def test_an_approval_counts_whatever_zeros_the_shop_writes_behind_a_total() -> None:
    by = ruled(rule(hold="look at it"))
    made = order(None, (), by)
    longer = made.model_copy(update={"total": made.total.quantize(Decimal("0.0001"))})
    asked = [wanted_approvals(one, verdict_on(one, by.conditional)) for one in (made, longer)]
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("country", "postcode", "names"),
    [
        ("GB", "BT1 1AA", ["GB", "XI"]),
        ("GB", "JE2 3AB", ["JE"]),
        ("PT", "9500-150", ["PT", "PT-20"]),
        ("DE", "27498", ["DE"]),
    ],
)
def test_a_place_is_what_it_is_for_vat(country: str, postcode: str, names: list[str]) -> None:
    raw = worksheet(line(quantity=2) | {"ShippingAddress": address(Country=country, Zip=postcode)})
    named = [one for one in ("GB", "XI", "JE", "PT", "PT-20", "DE") if holds({"country": one}, raw)]
    assert named == names


def test_a_payment_is_known_by_its_type_even_if_it_is_a_promise() -> None:
    promise = payment(Type="PurchaseOrder", Accepted=True)
    assert holds({"payment": "PurchaseOrder"}, payments=[promise])
    assert not holds({"payment": "PurchaseOrder"}, payments=[payment(transaction())])
    assert not holds({"payment": "PurchaseOrder"}, payments=[promise | {"Accepted": False}])


def test_a_tag_may_be_one_word_of_a_list_a_number_or_true() -> None:
    for said, wanted in ((["gift", "b2b"], "B2B"), (3, 3), (True, True), ("true", True)):
        raw = worksheet(line(quantity=2, xp={"Kind": said}))
        assert holds({"tags": {"LineItem.xp.Kind": wanted}}, raw)


def test_a_tag_that_is_no_word_parks_the_order() -> None:
    by = ruled(rule({"tags": {"Order.xp.Kind": "gift"}}))
    unreadable = order(worksheet(xp={"Kind": {"Name": "gift"}}), (), by)
    with pytest.raises(PermanentError) as caught:
        plan_order(unreadable, Entries(), by)
    assert caught.value.code == "TAG_UNREADABLE"
    assert "Order.xp.Kind" in caught.value.words


def test_a_tag_of_a_line_that_is_no_word_parks_the_order() -> None:
    by = ruled(rule({"tags": {"LineItem.xp.Kind": "gift"}}))
    unreadable = order(worksheet(line(quantity=2, xp={"Kind": {"Name": "gift"}})), (), by)
    with pytest.raises(PermanentError, match=r"LineItem\.xp\.Kind decides"):
        plan_order(unreadable, Entries(), by)


def test_a_rule_about_lines_holds_of_the_order_if_any_line_is_so_or_if_all_are() -> None:
    raw = worksheet(line("MUG", quantity=2), line("SAMPLE", price="0"))
    assert holds({"product": "SAMPLE"}, raw)
    assert not holds({"product": "SAMPLE", "lines": "all"}, raw)
    assert holds({"product": ["SAMPLE", "MUG"], "lines": "all"}, raw)


# --- which rule -----------------------------------------------------------------------------------------------

TWO_LINES = worksheet(line("BOOK-1"), line("MUG"))


def test_in_first_mode_the_first_rule_decides_for_the_order_and_the_first_for_each_line() -> None:
    some = [
        rule({"product": "BOOK-*"}, "books", nominal=4020),
        rule({"product": "*"}, "all goods", nominal=4030, terms_days=14),
        rule({}, "everybody", terms_days=30),
    ]
    said = verdict(TWO_LINES, *some)
    assert [said.of_line(0)["nominal"], said.of_line(1)["nominal"]] == [4020, 4030]
    assert (said.value("terms_days", 0), said.rules) == (14, ("all goods", "books"))


def test_in_all_mode_a_later_rule_wins_and_texts_are_added() -> None:
    some = [
        rule({}, "everybody", terms_days=30),
        rule({}, "greeting", text="Thank you."),
        rule({"buyer": "retail"}, "retail", terms_days=7, text="Returns within 30 days."),
    ]
    said = verdict(None, *some, mode="all")
    assert said.value("terms_days", 0) == 7
    assert [one.value for one in said.of("text")] == ["Thank you.", "Returns within 30 days."]
    assert said.rules == ("greeting", "retail")


CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "buyer": st.sampled_from(["retail", "r*", "trade"]),
        "country": st.sampled_from(["GB", "DE"]),
        "product": st.sampled_from(["BOOK-*", "MUG", "*", "?UG", "TEA"]),
        "total": st.sampled_from([{"at_least": 10}, {"below": 10}, {"at_least": 50}]),
        "date": st.sampled_from([{"first": "2026-11-20"}, {"last": "2026-11-19"}]),
        "lines": st.sampled_from(["any", "all"]),
    },
)
SETS = st.fixed_dictionaries({"terms_days": st.integers(0, 90)}, optional={"nominal": st.integers(5000, 5009)})
SOME_RULES = st.lists(st.tuples(CONDITIONS, SETS), max_size=6).map(
    lambda some: [{"name": f"rule {at}", "when": when, "set": what} for at, (when, what) in enumerate(some)]
)


@given(some=SOME_RULES)
def test_in_first_mode_at_most_one_rule_decides_about_the_order_and_about_each_line(some: list[RawRule]) -> None:
    said = verdict(TWO_LINES, *some)
    for one in (said.order, *said.lines):
        assert len({single.rule for single in one}) <= 1
    alone = [one["name"] for one in some if verdict(TWO_LINES, one).rules]
    assert [one.rule for one in said.order] == alone[:1]


@given(some=SOME_RULES)
def test_all_rules_in_their_order_are_the_first_of_the_reverse_order(some: list[RawRule]) -> None:
    """For what only one rule can set, the last to hold is the first to hold from the other end."""
    in_order = verdict(TWO_LINES, *some, mode="all")
    reverse = verdict(TWO_LINES, *reversed(some))
    assert in_order.value("terms_days", None) == reverse.value("terms_days", None)


@given(some=SOME_RULES)
def test_whatever_rules_say_no_amount_changes(some: list[RawRule]) -> None:
    plain, made = draft(TWO_LINES), draft(TWO_LINES, (), ruled(*some, mode="all"))
    assert (made.net, made.vat, made.gross, made.reference) == (plain.net, plain.vat, plain.gross, plain.reference)


def test_a_document_without_conditional_rules_changes_nothing() -> None:
    before, after = rules("version: same"), rules("version: same\nconditional: {mode: all}")
    assert draft(None, (), before) == draft(None, (), after)
    assert order(None, (), before) == order(None, (), after)
    assert draft(None, (), before).rules_held == ()


# --- set ------------------------------------------------------------------------------------------------------


def test_terms_nominal_text_and_reference_are_on_the_invoice_with_the_names_of_their_rules() -> None:
    by = ruled(
        rule({"product": "MUG"}, "mugs", nominal=4077),
        rule(
            {"tags": {"Order.xp.PONumber": "*"}},
            "on account",
            terms_days=60,
            reference="Order.xp.PONumber",
            text="Please pay by bank transfer.",
        ),
        mode="all",
    )
    made = draft(None, (), by)
    assert made.due_on == made.issued_on + timedelta(days=60)
    assert [(one.description, one.nominal_code, one.net) for one in made.lines] == [
        ("Mug (SKU MUG)", 4077, Decimal("20.00")),
        ("Delivery", 4001, Decimal("4.95")),
        ("Your reference: PO-9", 4077, Decimal(0)),
        ("Please pay by bank transfer.", 4077, Decimal(0)),
    ]
    assert (made.reference, made.rules_held) == ("SO-1001", ("on account", "mugs"))


def test_terms_of_a_rule_win_over_those_of_the_order_and_of_kashflow() -> None:
    by = ruled(rule(terms_days=7), orders={"terms": "kashflow", "terms_paths": ["Order.xp.Days"]})
    made = draft(worksheet(xp={"Days": 90}), (), by)
    assert made.due_on == made.issued_on + timedelta(days=7)
    other = draft(worksheet(xp=None), (), ruled(rule({"buyer": "x"}), orders={"terms": "kashflow"}))
    assert other.due_on is None


def test_a_reference_that_the_order_does_not_have_adds_no_line() -> None:
    made = draft(worksheet(xp=None), (), ruled(rule(reference="Order.xp.PONumber")))
    assert [one.description for one in made.lines] == ["Mug (SKU MUG)", "Delivery"]


def test_a_deposit_says_nothing_of_the_words_and_the_final_invoice_says_them_once() -> None:
    orders = {"tax_point": "first_of"}
    by = ruled(rule(text="Thank you."), orders=orders, nominal_codes={"deposit": 2115})
    sale = draft(None, [payment(transaction(amount="10.00"))], by)
    parts = deposits_of(sale, Entries(), by, date(2026, 12, 1))
    assert [one.description for one in parts.drafts[0].lines] == ["Deposit"]
    assert [one.description for one in parts.rest.lines].count("Thank you.") == 1
    assert sum((one.gross for one in parts.drafts), parts.rest.gross) == sale.gross


def test_a_vat_class_explains_the_shops_tax_or_the_order_parks() -> None:
    to_zero = ruled(rule({"product": "BOOK-*"}, "books", vat_class="zero"))
    untaxed = worksheet(line("BOOK-1", quantity=2), tax="0", shipping="0")
    made = draft(untaxed, (), to_zero)
    assert [(one.vat_level, one.why) for one in made.lines] == [(Decimal(0), "zero in GB")]
    with pytest.raises(PermanentError) as caught:
        draft(worksheet(line("BOOK-1", quantity=2), tax="4.00", shipping="0"), (), to_zero)
    assert caught.value.code == "VAT_NOT_EXPLAINED"


def test_a_gift_card_keeps_the_code_and_the_class_of_a_liability() -> None:
    card = line("CARD", price="50.00", xp={"Supply": "voucher"})
    by = ruled(rule(nominal=4077, vat_class="standard"), gift_cards={"kind": "multi"})
    (only,) = draft(worksheet(card, tax="0", shipping="0"), (), by).lines
    assert (only.nominal_code, only.box) == (2110, "none")


def test_a_rule_chooses_what_the_customer_is() -> None:
    by = ruled(rule({"customer": "company"}, "companies", customer="buyer"))
    company = worksheet(BillingAddress=address(CompanyName="Field Ltd"), FromUser=user())
    assert order(company, (), by).customer.key == "ordercloud:retail"
    assert order(None, (), by).customer.key == "ordercloud:retail:ada"


# --- left out and held ----------------------------------------------------------------------------------------

LEFT_OUT = ruled(rule({"buyer": "staff*"}, "staff", leave_out=True))
HELD = ruled(rule({"total": {"at_least": 20}}, "large orders", hold="over the limit"))


def test_an_order_that_a_rule_leaves_out_has_no_invoice_and_says_by_which() -> None:
    plan = plan_order(order(worksheet(FromCompanyID="staff-leeds"), (), LEFT_OUT), Entries(), LEFT_OUT)
    assert (plan.state, list(plan.drafts())) == ("waiting", [])
    assert "'staff'" in plan.left_out
    assert not plan.awaits


def test_an_order_that_comes_to_nothing_says_why_it_is_left_out() -> None:
    by = rules("orders: {zero_total: leave_out}")
    free = worksheet(line(price="0"), tax="0", shipping="0")
    assert "orders.zero_total" in plan_order(order(free, (), by), Entries(), by).left_out


@pytest.mark.parametrize("status", [Standing(7, is_verified=True), InDoubt(LATER)])
def test_an_order_with_an_invoice_is_not_left_out_by_a_rule_that_came_later(status: Any) -> None:
    raw = worksheet(FromCompanyID="staff-leeds")
    made = draft(raw)
    figures = Figures("GBP", made.net, made.vat, made.gross, sale=made.sale)
    known = Entries(
        [entry(status=status, figures=figures, rules_version=made.rules_version, sold=pack_lines(made.lines))]
    )
    assert plan_order(order(raw, (), LEFT_OUT), known, LEFT_OUT).left_out == ""


def test_a_held_order_names_rule_reason_and_amount_and_what_to_do() -> None:
    read = order(None, (), HELD)
    with pytest.raises(PermanentError) as caught:
        require_approval(read, verdict_on(read, HELD.conditional), ())
    assert caught.value.code == "HELD_BY_RULE"
    assert "29.94 GBP" in caught.value.words
    assert "'large orders' (over the limit)" in caught.value.words


def test_an_approval_is_of_the_rule_and_of_the_sale_as_it_was_seen() -> None:
    def asked(raw: Raw, by: Rules = HELD) -> set[str]:
        read = order(raw, (), by)
        return set(wanted_approvals(read, verdict_on(read, by.conditional)))

    given = asked(worksheet())
    read = order(None, (), HELD)
    require_approval(read, verdict_on(read, HELD.conditional), given)
    assert asked(worksheet(xp={"PONumber": "PO-10"})) == given
    assert asked(worksheet(line(quantity=3))) != given
    assert asked(worksheet(), ruled(rule(name="another", hold="new customer"))) != given


# --- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "r", "when": {}, "set": {}}, "sets nothing"),
        (rule({"color": "red"}), "color"),
        (rule({"country": "GERMANY"}), "'GERMANY' is no ISO country code"),
        (rule({"country": False}), 'write "NO"'),
        (rule({"product": "[A-Z]*"}), "no brackets"),
        (rule({"product": "x" * 61}), "60"),
        (rule({"tags": {"Basket.xp.Kind": "x"}}), "a path begins with"),
        (rule(reference="LineItem.xp.Ref"), "begins with Order.xp."),
        (rule(vat_class="luxury"), "'luxury' (rule 'a rule')"),
        (rule(vat_class="export"), "no such VAT class of sales in the UK"),
        (rule({"product": "SAMPLE"}, leave_out=True), "add `lines: all`"),
        (rule(nominal=2110), "must be a liability"),
    ],
)
def test_a_wrong_rule_is_refused_in_words(wrong: RawRule, said: str) -> None:
    with pytest.raises(PermanentError) as caught:
        ruled(wrong)
    assert caught.value.code == "RULES_INVALID"
    assert said in caught.value.words


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(PermanentError, match="two rules are called large"):
        ruled(rule(name="Large"), rule(name="large"))


def test_a_rule_reads_the_same_from_what_is_published_and_appconfig_takes_it() -> None:
    text = """
    version: 7
    conditional:
      rules:
        - name: winter
          when: {date: {first: 2026-12-01}, total: {at_least: 17.5}, country: [DE, "NO"], tags: {Order.xp.Tier: 3}}
          set: {terms_days: 14}
    """
    published = published_form(text)
    DRAFT_4(validator_schema()).validate(simplejson.loads(published))
    assert parse_rules(published.decode()) == parse_rules(text)


def test_sent_abroad_by_the_line() -> None:
    raw = worksheet(line("MUG"), line("TEA") | sent_to("FR"), tax="0")
    said = verdict(raw, rule({"country": "FR"}, "france", nominal=4055))
    assert [said.of_line(at).get("nominal") for at in (0, 1)] == [None, 4055]
