"""Orders made from the invoice side: whatever the order, the draft adds up to the penny.

The generator knows the answer before there is an order: it takes pennies as whole numbers, makes the
invoice's lines, and only then writes the order that a shop would have sent for them. It shares no
arithmetic with the bridge.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sitecore_kashflow.canonical.invoice import InvoiceDraft
from tests.builders import Raw, draft, line, order, rules, worksheet

PENNY = Decimal("0.01")
AT_STANDARD = rules("vat: {shipping_class: standard}")


@dataclass(frozen=True)
class Good:
    """A line of goods: pennies for one unit before discount, pennies off the whole line, and its percentage."""

    quantity: int
    unit: int
    off: int
    code: str
    rate: int

    @property
    def net(self) -> int:
        return self.quantity * self.unit - self.off


def rounded(hundredths: int) -> int:
    """Hundredths of a penny as pennies, halves away from zero."""
    return (abs(hundredths) + 50) // 100 * (1 if hundredths >= 0 else -1)


def pounds(pennies: int) -> str:
    return f"{'-' if pennies < 0 else ''}{abs(pennies) // 100}.{abs(pennies) % 100:02}"


CLASSES = [("STD", 20), ("RED", 5), ("ZERO", 0), ("EXEMPT", 0)]


@st.composite
def goods(draw: st.DrawFn) -> Good:
    quantity = draw(st.integers(1, 12))
    unit = draw(st.integers(0, 30_000))
    off = draw(st.one_of(st.just(0), st.integers(0, quantity * unit)))
    return Good(quantity, unit, off, *draw(st.sampled_from(CLASSES)))


def order_of(baskets: list[Good], shipping: int, tax: int, discount: int = 0, **changes: Any) -> Raw:
    lines = [
        line(
            f"P{place}",
            quantity=one.quantity,
            price=pounds(one.unit),
            discount=pounds(one.off),
            tax_code=one.code,
        )
        for place, one in enumerate(baskets)
    ]
    return worksheet(*lines, shipping=pounds(shipping), tax=pounds(tax), order_discount=pounds(discount), **changes)


def holds(made: InvoiceDraft, raw: Raw) -> None:
    """What is true of every invoice, whatever the order was."""
    assert made.net + made.vat == made.gross == raw["Order"]["Total"]
    assert made.vat == raw["Order"]["TaxCost"]
    for one in made.lines:
        for amount in (one.rate, one.net, one.vat):
            assert amount.as_tuple().exponent == -2
        assert one.quantity * one.rate == one.net
        assert one.quantity >= 1
        if one.quantity > 1:
            unit_vat = rounded(int(one.rate * 100) * int(one.vat_level))
            assert one.vat * 100 == one.quantity * unit_vat


@given(baskets=st.lists(goods(), min_size=1, max_size=12), shipping=st.integers(0, 3000))
def test_an_order_taxed_line_by_line_becomes_exactly_the_invoice_it_was_made_from(
    baskets: list[Good], shipping: int
) -> None:
    answer = [(one.net, rounded(one.net * one.rate)) for one in baskets]
    answer += [(shipping, rounded(shipping * 20))] if shipping else []
    raw = order_of(baskets, shipping, sum(vat for _, vat in answer))
    made = draft(raw, (), AT_STANDARD)
    holds(made, raw)
    assert [(int(one.net * 100), int(one.vat * 100)) for one in made.lines] == answer


@given(baskets=st.lists(goods(), min_size=1, max_size=12), shipping=st.integers(0, 3000))
def test_an_order_taxed_once_on_its_total_keeps_every_line_within_a_penny_of_its_own_vat(
    baskets: list[Good], shipping: int
) -> None:
    exact = [one.net * one.rate for one in baskets] + ([shipping * 20] if shipping else [])
    raw = order_of(baskets, shipping, rounded(sum(exact)))
    made = draft(raw, (), AT_STANDARD)
    holds(made, raw)
    for one, own in zip(made.lines, exact, strict=True):
        assert abs(int(one.vat * 10_000) - own) <= 100


@given(baskets=st.lists(goods(), min_size=1, max_size=8), shipping=st.integers(0, 3000), part=st.integers(1, 100))
def test_a_discount_on_the_order_is_shared_over_the_rates_and_everything_still_adds_up(
    baskets: list[Good], shipping: int, part: int
) -> None:
    net = sum(one.net for one in baskets)
    discount = net * part // 100
    by_rate: dict[tuple[str, int], int] = {}
    for one in baskets:
        by_rate[one.code, one.rate] = by_rate.get((one.code, one.rate), 0) + one.net
    taxed = sum(sum_ * rate for (_, rate), sum_ in by_rate.items()) * (net - discount)
    tax = rounded(taxed // net if net else 0) + rounded(shipping * 20)
    raw = order_of(baskets, shipping, tax, discount)
    made = draft(raw, (), AT_STANDARD)
    holds(made, raw)
    assume(not any(one.description == "Discount on delivery" for one in made.lines))
    taken = [one for one in made.lines if one.net < 0]
    assert sum((one.net for one in taken), Decimal(0)) == Decimal(-discount) / 100
    assert len(taken) <= len(by_rate)
    for part_of_it in taken:
        groups = [sum_ for (_, rate), sum_ in by_rate.items() if rate == part_of_it.vat_level]
        assert any(abs(int(-part_of_it.net * 100) * net - discount * sum_) < net for sum_ in groups)


@given(
    prices=st.lists(st.tuples(st.integers(1, 50), st.integers(1, 999_999)), min_size=1, max_size=8),
    filler=st.integers(0, 99),
)
def test_unit_prices_of_four_decimals_add_up_where_the_lines_are_whole_together(
    prices: list[tuple[int, int]], filler: int
) -> None:
    fine = [
        line(f"P{place}", quantity=pieces, price=str(Decimal(unit).scaleb(-4)))
        for place, (pieces, unit) in enumerate(prices)
    ]
    hundredths = sum(pieces * unit for pieces, unit in prices)
    rest = -hundredths % 100 + 100 * filler
    lines = [*fine, line("REST", price=str(Decimal(rest).scaleb(-4)))]
    raw = worksheet(*lines, tax=pounds(rounded((hundredths + rest) * 20 // 100)), shipping="0")
    made = draft(raw)
    holds(made, raw)
    for one, asked in zip(made.lines, lines, strict=True):
        assert abs(one.net - asked["LineSubtotal"]) < PENNY


@settings(max_examples=40)
@given(baskets=st.lists(goods(), min_size=1, max_size=6), seed=st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_change_the_totals(baskets: list[Good], seed: Any) -> None:
    tax = sum(rounded(one.net * one.rate) for one in baskets)
    shuffled = list(baskets)
    seed.shuffle(shuffled)
    made, other = draft(order_of(baskets, 0, tax)), draft(order_of(shuffled, 0, tax))
    assert (made.net, made.vat) == (other.net, other.vat)
    assert sorted(one.net for one in made.lines) == sorted(one.net for one in other.lines)


@settings(max_examples=40)
@given(baskets=st.lists(goods(), min_size=1, max_size=6))
def test_the_same_order_gives_the_same_invoice_after_being_kept(baskets: list[Good]) -> None:
    raw = order_of(baskets, 495, sum(rounded(one.net * one.rate) for one in baskets) + 99)
    understood = order(raw)
    kept = type(understood).model_validate_json(understood.model_dump_json())
    assert draft(raw) == draft(raw)
    assert kept == understood
