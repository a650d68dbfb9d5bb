"""Balances that a gateway converts: what was settled in another currency, in that of the payout.

A conversion is two rows, one out of a balance and one into another. What it brought is shared out over all that was
converted, so that the whole comes out to the penny.
"""

from dataclasses import replace
from decimal import Decimal

from ..canonical.money import ZERO, round_to_total
from .group import Group, Row


def settle_conversions(group: Group) -> Group:
    """The rows in the payout's currency. Raises `ValueError` if a balance was not converted to the penny."""
    if not any(row.meaning == "conversion" for row in group.rows):
        others = {row.currency for row in group.rows} - {group.currency}
        if others:
            raise ValueError(f"it is in {group.currency}, and {', '.join(sorted(others))} was not converted")
        return group
    home, settled = group.currency, list[Row]()
    for currency in dict.fromkeys(row.currency for row in group.rows):
        rows = [row for row in group.rows if row.currency == currency and row.meaning != "conversion"]
        if currency == home:
            settled += rows
        elif rows or _converted(group, currency):
            settled += _in_home(rows, currency, _brought(group, currency), group)
    return replace(group, rows=settled)


def _in_home(rows: list[Row], currency: str, brought: Decimal, group: Group) -> list[Row]:
    """Rows of another currency, at what their conversion has brought."""
    net, given = sum((row.item.net for row in rows), ZERO), _converted(group, currency)
    if net != given or not net:
        raise ValueError(f"its rows in {currency} come to {net}, and {given} of it was converted")
    parts = [part for row in rows for part in (row.item.settled, -row.item.fee)]
    amounts = round_to_total([part * brought / net for part in parts], brought, group.currency)
    pairs = zip(amounts[::2], amounts[1::2], strict=True)
    return [
        row._replace(item=replace(row.item, settled=gross, fee=-fee), currency=group.currency)
        for row, (gross, fee) in zip(rows, pairs, strict=True)
    ]


def _converted(group: Group, currency: str) -> Decimal:
    """How much of a currency went out of its balance."""
    return -sum((row.item.net for row in _conversions(group) if row.currency == currency), ZERO)


def _brought(group: Group, currency: str) -> Decimal:
    """What that put into the payout's balance: the other row of each conversion."""
    home = [row for row in _conversions(group) if row.currency == group.currency]
    brought = ZERO
    for out in _conversions(group):
        if out.currency != currency:
            continue
        other = next((row for row in home if _are_a_pair(out, row)), None)
        if other is None:
            raise ValueError(
                f"the conversion {out.item.id} of {out.item.net} {currency} has no row in {group.currency}"
            )
        home.remove(other)
        brought += other.item.net
    return brought


def _are_a_pair(out: Row, other: Row) -> bool:
    reference = out.item.belongs_to
    if reference and other.item.belongs_to:
        return reference == other.item.belongs_to
    return out.item.at == other.item.at


def _conversions(group: Group) -> list[Row]:
    return [row for row in group.rows if row.meaning == "conversion"]
