"""The comparison of both sides, purely: what was planted is named, and nothing else, whatever the order of the rows."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.reconciliation.compare import Sides, compare
from sitecore_kashflow.reconciliation.values import (
    Difference,
    DifferenceKind,
    Expected,
    ExpectedReceipt,
    Period,
    Shown,
    ShownReceipt,
    Split,
)

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
PENNY = Decimal("0.01")
PLANTS = ("nothing", "deleted", "vat", "net", "twice", "missing", "amount", "by hand", "copy", "stranger", "moved")
KINDS = {
    "deleted": DifferenceKind.DOCUMENT_DELETED,
    "vat": DifferenceKind.VAT_DIFFERS,
    "net": DifferenceKind.NET_DIFFERS,
    "twice": DifferenceKind.RECEIPT_TWICE,
    "missing": DifferenceKind.RECEIPT_MISSING,
    "amount": DifferenceKind.RECEIPT_DIFFERS,
    "by hand": DifferenceKind.RECEIPT_BY_HAND,
    "copy": DifferenceKind.DOCUMENT_TWICE,
    "stranger": DifferenceKind.UNKNOWN_DOCUMENT,
    "moved": DifferenceKind.DOCUMENT_DIFFERS,
}


class Month:
    """Both sides of a month, with something planted in each document."""

    def __init__(self) -> None:
        self.expected: dict[int, Expected] = {}
        self.shown: dict[int, Shown] = {}
        self.wanted: list[ExpectedReceipt] = []
        self.received: list[ShownReceipt] = []

    def sell(self, number: int, net: Decimal, day: date, plant: str, *, is_named: bool) -> None:
        vat = (net / 5).quantize(PENNY)
        sold = Expected(f"order:shop:{number}", "invoice", f"SO-{number}", number, day, net, vat, "GBP", Split(net))
        paid = ExpectedReceipt(number, f"card-{number}/taken", day, sold.gross)
        seen = Shown(number, sold.reference, day, net, vat, sold.gross)
        line = ShownReceipt(number, day, sold.gross, paid.payment if is_named else "")
        self.expected[number] = sold
        self.wanted.append(paid)
        self._show(plant, seen, line)

    def _show(self, plant: str, seen: Shown, line: ShownReceipt) -> None:
        changed = {
            "vat": replace(seen, vat=seen.vat + PENNY),
            "net": replace(seen, net=seen.net - PENNY),
            "moved": replace(seen, issued=date(2026, 10, 31)),
        }
        lines = {
            "deleted": [],
            "twice": [line, line],
            "missing": [],
            "amount": [replace(line, amount=line.amount - 1, payment=line.payment or f"card-{seen.number}/taken")],
            "by hand": [line, ShownReceipt(seen.number, line.day, line.amount + 7)],
        }
        self.received += lines.get(plant, [line])
        if plant != "deleted":
            self.shown[seen.number] = changed.get(plant, seen)
        if plant in ("copy", "stranger"):
            reference = f" so-{seen.number} " if plant == "copy" else "PO-7"
            self.shown[seen.number + 5000] = replace(seen, number=seen.number + 5000, reference=reference)

    def differences(self) -> list[Difference]:
        return compare(Sides(NOVEMBER, self.expected, self.shown, self.wanted, self.received))


sales = st.tuples(
    st.decimals(Decimal("0.05"), Decimal("5000"), places=2),
    st.integers(0, 29).map(lambda days: NOVEMBER.first + timedelta(days)),
    st.sampled_from(PLANTS),
    st.booleans(),
)


@given(st.lists(sales, max_size=30), st.randoms(use_true_random=False))
def test_every_planted_difference_is_named_once_and_nothing_else(planted: list[Any], random: Any) -> None:
    month = Month()
    for number, (net, day, plant, is_named) in enumerate(planted, start=1001):
        month.sell(number, net, day, plant, is_named=is_named)
    random.shuffle(month.received)
    wanted = Counter(
        (KINDS[plant], at % 5000) for at, (_, _, plant, _) in enumerate(planted, start=1001) if plant in KINDS
    )
    assert Counter((one.kind, (one.number or 0) % 5000) for one in month.differences()) == wanted


@given(st.lists(sales, max_size=20))
def test_amounts_that_are_apart_come_to_what_the_two_sides_are_apart(planted: list[Any]) -> None:
    month = Month()
    for number, (net, day, plant, is_named) in enumerate(planted, start=1001):
        month.sell(number, net, day, plant, is_named=is_named)
    of_receipts = [one for one in month.differences() if one.kind.startswith("receipt")]
    named = sum(((one.shown or 0) - (one.expected or 0) for one in of_receipts), Decimal(0))
    deleted = {number for number in month.expected if number not in month.shown}
    ought = sum((one.amount for one in month.wanted if one.number not in deleted), Decimal(0))
    assert named == sum((one.amount for one in month.received), Decimal(0)) - ought


@pytest.mark.parametrize(("shown", "kinds"), [(date(2026, 12, 1), ["receipt_differs"]), (date(2026, 11, 3), [])])
def test_receipt_of_another_day_is_named_only_if_it_is_of_another_month_and_is_explained(
    shown: date, kinds: list[str]
) -> None:
    month = Month()
    month.sell(1001, Decimal("24.95"), date(2026, 11, 30), "nothing", is_named=True)
    month.received = [replace(month.received[0], day=shown)]
    found = month.differences()
    assert [str(one.kind) for one in found] == kinds
    assert all(one.is_explained for one in found)


def test_receipt_on_an_account_that_kashflow_feeds_itself_is_explained() -> None:
    month = Month()
    month.sell(1001, Decimal("24.95"), date(2026, 11, 30), "nothing", is_named=True)
    month.received.append(ShownReceipt(1001, date(2026, 11, 30), Decimal(5), account=7))
    sides = Sides(NOVEMBER, month.expected, month.shown, month.wanted, month.received, brought=frozenset({7}))
    assert [one.is_explained for one in compare(sides)] == [True]


def test_two_captures_of_one_amount_are_two_receipts_and_a_third_is_named() -> None:
    month = Month()
    month.sell(1001, Decimal("24.95"), date(2026, 11, 30), "nothing", is_named=False)
    month.wanted.append(replace(month.wanted[0], payment="card-1001/again"))
    month.received.append(month.received[0])
    assert month.differences() == []
    month.received.append(month.received[0])
    assert [str(one.kind) for one in month.differences()] == ["receipt_twice"]
