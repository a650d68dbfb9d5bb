"""Each charge, refund and dispute of a payout beside the one payment line that the books hold of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ..canonical.money import ZERO
from ..canonical.payout import PAYMENTS, PayoutItem
from .ledger_lines import PaidLine

_PENNY = Decimal("0.01")
_Key = tuple[str, bool]
"""A gateway's id, and whether money came in: a shop may know a payment and its refund by one id."""


class MatchState(StrEnum):
    """What comparing a payout with the books has shown of one payment."""

    MATCHED = "matched"
    MISSING_IN_BOOKS = "missing in KashFlow"
    MISSING_IN_PAYOUT = "missing in the payout"
    AMOUNT_DIFFERS = "amount differs"
    TWICE = "twice"


@dataclass(frozen=True)
class Match:
    """An item and its line; one of them is None if the other stands alone."""

    state: MatchState
    item: PayoutItem | None = None
    line: PaidLine | None = None


def match(items: Iterable[PayoutItem], lines: Iterable[PaidLine]) -> list[Match]:
    """All payments of both sides, each once. By the gateway's id alone: an amount never makes a pair."""
    held: dict[_Key, list[PaidLine]] = defaultdict(list)
    for line in lines:
        held[line.reference, line.amount > ZERO].append(line)
    paid: dict[_Key, list[PayoutItem]] = defaultdict(list)
    for item in items:
        if item.kind in PAYMENTS and (item.amount or item.settled):
            paid[_key_of(item, held)].append(item)
    return [one for key in {**paid, **held} for one in _pairs(paid.get(key, ()), held.get(key, ()))]


def unmatched(matches: Iterable[Match]) -> list[Match]:
    """All that need to be looked at."""
    return [one for one in matches if one.state is not MatchState.MATCHED]


def _key_of(item: PayoutItem, held: dict[_Key, list[PaidLine]]) -> _Key:
    """The first of its ids that the books know; else its first."""
    is_in = item.amount > ZERO
    known = (key for key in item.keys if (key, is_in) in held)
    return next(known, item.keys[0] if item.keys else item.id), is_in


def _pairs(items: Sequence[PayoutItem], lines: Sequence[PaidLine]) -> Iterable[Match]:
    """Items and lines of one id: those that agree first, then what is left of both."""
    left, rest = list(lines), list[PayoutItem]()
    for item in items:
        line = next((one for one in left if _agree(item, one)), None)
        if line is None:
            rest.append(item)
        else:
            left.remove(line)
            yield Match(MatchState.MATCHED, item, line)
    is_known = len(rest) < len(items)
    for item in rest:
        if left:
            yield Match(MatchState.AMOUNT_DIFFERS, item, left.pop(0))
        else:
            yield Match(MatchState.TWICE if lines else MatchState.MISSING_IN_BOOKS, item)
    for line in left:
        yield Match(MatchState.TWICE if is_known else MatchState.MISSING_IN_PAYOUT, line=line)


def _agree(item: PayoutItem, line: PaidLine) -> bool:
    """Whether both are of the same sum. A line in the currency of the books may stand for a sale in another one."""
    if item.currency == line.currency:
        return item.amount == line.amount
    if item.currency != line.sold_in:
        return False
    return abs(line.amount * line.rate - item.amount) <= _PENNY * line.rate
