"""The check finds conditional rules that can never hold or count, and accuses no rule that does."""

from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.conditional import When
from sitecore_kashflow.rules.globs import covers, matches
from sitecore_kashflow.rules.never import idle_rules, implies, require_no_idle_rules
from sitecore_kashflow.rules.verdict import verdict_on
from tests.builders import Raw, address, line, order, worksheet
from tests.unit.test_conditional_rules import RawRule, rule, ruled


def found(*some: RawRule, mode: str = "first") -> list[str]:
    return list(idle_rules(ruled(*some, mode=mode).conditional))


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ({"total": {"at_least": 100, "below": 100}}, "no total is at least 100 and below 100"),
        ({"total": {"below": 0}}, "no total is at least 0 and below 0"),
        ({"date": {"first": "2026-12-02", "last": "2026-12-01"}}, "2026-12-01, is before its first, 2026-12-02"),
        ({"country": "DE", "postcode": "BT*"}, "no postcode of DE is like BT*"),
        ({"country": ["JE", "GG"], "postcode": ["LS1*", "1*"]}, "no postcode of JE, GG is like LS1*, 1*"),
        ({"country": "GB", "postcode": "10115"}, "no postcode of GB is like 10115"),
        ({"country": "GB", "postcode": "JE2*"}, "no postcode of GB is like JE2*"),
    ],
)
def test_a_rule_that_contradicts_itself_can_never_hold(when: RawRule, why: str) -> None:
    (words,) = found(rule(when, "odd"))
    assert words.startswith("Rule 'odd' can never hold: ")
    assert why in words


@pytest.mark.parametrize(
    "when",
    [
        {"total": {"at_least": 100, "below": "100.01"}},
        {"date": {"first": "2026-12-01", "last": "2026-12-01"}},
        {"country": "DE", "postcode": ["D-1*", "DE 2*", "3*", "*5"]},
        {"country": "GB", "postcode": ["BT*", "*1AA", "?1*"]},
        {"country": "XI", "postcode": ["BT1*", "B?1 1AA", "*"]},
        {"country": ["JE", "DE"], "postcode": "10*"},
        {"country": "CA", "postcode": "K1A*"},
    ],
)
def test_a_rule_that_may_hold_is_not_accused(when: RawRule) -> None:
    assert found(rule(when)) == []


def test_in_first_mode_a_rule_behind_a_wider_one_never_decides() -> None:
    wide = rule({"product": ["BOOK-*", "MAP-*"]}, "paper", nominal=4020)
    narrow = rule({"product": "BOOK-A*", "currency": "EUR"}, "atlases", nominal=4021)
    assert found(wide, narrow) == [
        "Rule 'atlases' never decides about a line: 'paper' comes first whenever it would hold."
    ]
    assert found(narrow, wide) == []


def test_a_rule_for_orders_of_one_kind_alone_leaves_the_others_to_the_next() -> None:
    alone = rule({"product": "BOOK-*", "lines": "all"}, "books alone", nominal=4020, terms_days=7)
    assert found(alone, rule({"product": "BOOK-*"}, "books", nominal=4021, terms_days=14)) == []
    assert len(found(rule({"product": "BOOK-*"}, "books", nominal=4021, terms_days=14), alone)) == 2


def test_a_rule_behind_one_that_speaks_of_something_else_decides() -> None:
    assert found(rule({}, "books", nominal=4020), rule({}, "terms", terms_days=14)) == []
    both = rule({}, "both", nominal=4021, terms_days=14)
    assert ["about a line" in one for one in found(rule({}, "books", nominal=4020), both)] == [True]


def test_in_all_mode_a_rule_before_one_that_always_sets_the_same_never_counts() -> None:
    narrow, wide = rule({"buyer": "acme"}, "acme", terms_days=30), rule({"buyer": "a*"}, "all with a", terms_days=14)
    assert found(narrow, wide, mode="all") == ["Rule 'acme' never counts: 'all with a' always sets the same after it."]
    assert found(wide, narrow, mode="all") == []
    with_text = rule({"buyer": "acme"}, "acme", terms_days=30, text="Thank you.")
    assert found(with_text, wide | {"set": {"terms_days": 14, "text": "x"}}, mode="all") == []


@pytest.mark.parametrize(
    ("country", "postcode"),
    [("FR", "*CEDEX*"), ("FR", "75008 CEDEX*"), ("GR", "EL-1*"), ("GR", "GR-1*"), ("DE", "D-1*")],
)
def test_a_postcode_that_some_write_is_not_accused(country: str, postcode: str) -> None:
    assert found(rule({"country": country, "postcode": postcode})) == []


def test_a_document_with_an_idle_rule_is_refused_by_its_name() -> None:
    with pytest.raises(PermanentError) as caught:
        require_no_idle_rules(ruled(rule({"total": {"below": 0}}, "odd")).conditional)
    assert caught.value.code == "RULES_NEVER_HOLD"
    assert "'odd'" in caught.value.words


# --- patterns -------------------------------------------------------------------------------------------------

PATTERNS = st.text(alphabet="ab*?", min_size=1, max_size=5)
WORDS = ["".join(signs) for length in range(6) for signs in product("abc", repeat=length)]


@given(wide=PATTERNS, narrow=PATTERNS)
def test_a_pattern_covers_another_exactly_if_it_is_for_all_its_words(wide: str, narrow: str) -> None:
    counter = [word for word in WORDS if fnmatchcase(word, narrow) and not fnmatchcase(word, wide)]
    if covers(wide, narrow):
        assert counter == []
    else:
        longest = max(len(wide), len(narrow)) + 1
        assume(longest <= 5)
        assert counter != []


def test_no_pattern_takes_long() -> None:
    assert not matches("a" * 5_000, ["*a" * 29 + "b"])
    assert not covers("*a" + "?" * 58, "*" * 60)


# --- one condition implies another ----------------------------------------------------------------------------

WHENS = st.fixed_dictionaries(
    {},
    optional={
        "buyer": st.sampled_from(["retail", "re*", "*"]),
        "customer": st.sampled_from(["company", "consumer"]),
        "country": st.sampled_from(["GB", "XI", ["GB", "DE"], "DE"]),
        "postcode": st.sampled_from(["BT*", "BT1 ?AA", "*", "LS*"]),
        "product": st.sampled_from(["BOOK-*", "BOOK-?", "MUG", "*", ["MUG", "BOOK-*"]]),
        "tags": st.sampled_from([{"Order.xp.PONumber": "PO-*"}, {"Order.xp.PONumber": "PO-9"}]),
        "total": st.sampled_from([{"at_least": 10}, {"at_least": 20, "below": 90}, {"below": 30}]),
        "date": st.sampled_from([{"first": "2026-11-20"}, {"first": "2026-11-19", "last": "2026-11-21"}]),
        "lines": st.sampled_from(["any", "all"]),
    },
)
ORDERS = [
    worksheet(line("BOOK-1"), line("MUG")),
    worksheet(line("MUG"), line("MUG"), FromCompanyID="trade"),
    worksheet(line("BOOK-1") | {"ShippingAddress": address(Zip="BT1 1AA")}, line("TEA")),
    worksheet(line("BOOK-22") | {"ShippingAddress": address(Country="DE", Zip="10115")}, shipping="60.00"),
    worksheet(BillingAddress=address(CompanyName="Field Ltd"), xp=None),
]


@given(narrow=WHENS, wide=WHENS, raw=st.sampled_from(ORDERS))
def test_what_implies_another_condition_holds_of_no_order_or_line_without_it(narrow: Any, wide: Any, raw: Raw) -> None:
    assume(implies(When.model_validate(narrow), When.model_validate(wide)))
    sets: dict[str, Any] = {"nominal": 4020, "terms_days": 3}
    by = [ruled(rule(when, **sets)) for when in (narrow, wide)]
    inner, outer = (verdict_on(order(raw, (), one), one.conditional) for one in by)
    assert outer.order or not inner.order
    assert all(theirs or not ours for ours, theirs in zip(inner.lines, outer.lines, strict=False))
