"""What an order came up and down by since its documents were made, part by part and in their currency."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import takewhile

from ..canonical.days import books_date
from ..canonical.invoice import InvoiceLine
from ..canonical.money import ZERO, minor_unit
from ..canonical.order import Order
from ..errors import PermanentError
from .case import Case
from .currency import ExchangeRate, convert_to_home
from .position import Part, Position, Sum, difference, part_of, sum_of, total, without_pennies

Target = Mapping[Part, InvoiceLine]
"""A line of each part that should be charged."""
_DISCOUNTS = ("discount", "delivery discount", "gift card")


def target_of(case: Case) -> Mapping[Part, InvoiceLine] | None:
    """A line of each part that should be charged. None if what stands was made for the order as it is."""
    if case.is_called_off:
        return {}
    made_for = list(takewhile(lambda one: one.figures.sale == case.order.sale, reversed(case.charges)))
    if made_for and made_for[-1].rules_version != case.rules.version:
        return None  # it was charged by earlier rules, whatever was given back since
    _require_same_currency(case)
    draft = case.sale_as_of(_tax_point(case))
    if draft.currency != case.currency:
        rate = case.first.figures.rate or Decimal(1)
        draft = convert_to_home(draft, ExchangeRate(rate, case.first.figures.rate_day), case.currency)
    lines: dict[Part, InvoiceLine] = {}
    for line in draft.lines:
        if line.net or line.vat:
            one = lines.get(part_of(line))
            lines[part_of(line)] = line if one is None else _together(one, line)
    return lines


def moment_of_change(order: Order) -> datetime:
    """When the order became what it is now, as far as the shop says."""
    return order.undone_at or order.cancelled_at or order.changed_at or order.placed_at


def day_of_change(order: Order) -> date:
    """The UK day of that."""
    return books_date(moment_of_change(order))


@dataclass(frozen=True)
class Change:
    """What should be charged (`target`) against what is (`position`)."""

    case: Case
    target: Target | None
    position: Position

    @property
    def wanted(self) -> Target:
        return self.target or {}

    @property
    def position_to_credit(self) -> Position:
        """With a line of each part, also of one that is new and goes with what comes off."""
        return replace(self.position, like={**self.wanted, **self.position.like})

    @cached_property
    def ups_and_downs(self) -> tuple[dict[Part, Sum], dict[Part, Sum]]:
        """What is to be charged more, and what less (as amounts more than nothing, discounts apart)."""
        target = self.target
        if target is None:
            return {}, {}
        if not target:
            return {}, self.position.still_open
        gaps = self.gaps_of(self.position)
        ups = {part: gap for part, gap in gaps.items() if gap.gross > ZERO and part.name not in _DISCOUNTS}
        downs = {part: gap.negated for part, gap in gaps.items() if gap.gross < ZERO and part.name not in _DISCOUNTS}
        for part, gap in gaps.items():
            if part in ups or part in downs:
                continue
            is_less_discount = gap.gross > ZERO
            if downs and (is_less_discount or not ups):
                downs[part] = gap.negated
            elif ups or is_less_discount:
                ups[part] = gap
            else:
                downs[part] = gap.negated
        limited = self._limited(downs)
        is_given = total(limited.values()).gross < ZERO <= total(downs.values()).gross
        return _either_way(ups, {} if is_given else limited)

    def gaps_of(self, position: Position) -> dict[Part, Sum]:
        target = self.wanted
        charged = _with_returns_where_they_belong(position, target)
        gaps = difference({part: sum_of(line) for part, line in target.items()}, charged)
        is_converted = self.case.order.currency != self.case.currency
        return without_pennies(gaps, minor_unit(self.case.currency)) if is_converted and target else gaps

    def _limited(self, downs: dict[Part, Sum]) -> dict[Part, Sum]:
        """No more than what is still open: what came back, or was given, is not credited once more."""
        rest, target = self.position.still_open, self.wanted
        limited = {}
        for part, one in downs.items():
            limited[part] = _no_more_than(rest.get(part, Sum()), one, part)
            if part in self.position.returned:  # a shop may also take off the line what came back of it
                wanted = sum_of(target[part]) if part in target else Sum()
                left = self.position.open(part).less(wanted)
                limited[part] = _no_more_than(left, limited[part], part) if left.gross > ZERO else Sum()
        return {part: one for part, one in limited.items() if one != Sum()}


def _require_same_currency(case: Case) -> None:
    figures, now = case.first.figures, case.order.currency
    if now != (figures.sold_in or figures.currency):
        raise PermanentError(
            "ORDER_CHANGED_AFTER_INVOICE",
            f"Invoice {case.first.standing.number if case.first.standing else ''} is for a sale in "
            f"{figures.sold_in or figures.currency}, and the order is now in {now}. Correct the books in KashFlow "
            "and abandon the order here, or restore the order in Sitecore, then resume.",
        )


def _tax_point(case: Case) -> date:
    """That of the invoice: what is charged more, or less, has the percentages of that day."""
    days = case.first.days
    return (days.supplied or days.issued) if days else day_of_change(case.order)


def _no_more_than(left: Sum, one: Sum, part: Part) -> Sum:
    """As much of it as is left: nothing of what was given already. A discount may grow whatever is left of it."""
    if left.gross * one.gross <= ZERO:
        return one if part.name in _DISCOUNTS and one.gross >= ZERO else Sum()
    return one if abs(one.gross) <= abs(left.gross) else left


def _with_returns_where_they_belong(position: Position, target: Mapping[Part, InvoiceLine]) -> dict[Part, Sum]:
    """What is charged by part. Of a part that has other codes now, what came back counts for it with the new ones."""
    charged = dict(position.charged)
    for part, one in position.charged.items():
        twin = next((other for other in target if other.name == part.name and part not in target), None)
        if twin and one != Sum() and one == position.returned.get(part):
            charged[twin] = charged.get(twin, Sum()).plus(one)
            charged[part] = Sum()
    return charged


def _together(one: InvoiceLine, other: InvoiceLine) -> InvoiceLine:
    """Two lines of the same part as one."""
    both = {"net": one.net + other.net, "vat": one.vat + other.vat, "pieces": one.pieces + other.pieces}
    return one.model_copy(update=both)


def _either_way(ups: dict[Part, Sum], downs: dict[Part, Sum]) -> tuple[dict[Part, Sum], dict[Part, Sum]]:
    """No document goes the wrong way: what would is taken into the other one."""
    if ups and total(ups.values()).gross <= ZERO:
        downs, ups = {**downs, **{part: one.negated for part, one in ups.items()}}, {}
    if downs and total(downs.values()).gross <= ZERO:
        ups, downs = {**ups, **{part: one.negated for part, one in downs.items()}}, {}
    if ups and total(ups.values()).gross <= ZERO:
        ups = {}
    return ups, downs
