"""Pennies whatever KashFlow does with VAT, while calls fail and workers die: every order is right at once."""

from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

import pytest

from sandbox.retail_order import OrderLine, RetailOrder
from tests.simulation.drive import Day, play
from tests.simulation.faults import Mixed
from tests.simulation.world import World


@dataclass(frozen=True)
class OddPennies(Day):
    """Orders of three lines at 1.52, whose VAT the shop rounds once, on the total: 0.91, not 0.90."""

    def order(self, number: int, random: Random) -> RetailOrder:
        lines = tuple(OrderLine(f"P{place}", "Thing", 1, Decimal("1.52")) for place in range(3))
        plain = super().order(number, random)
        return replace(plain, lines=lines, shipping=Decimal(0), tax_rounding="total")


@pytest.mark.parametrize("position", ["kept", "recomputed_per_line", "recomputed_per_unit"])
def test_orders_with_odd_pennies_are_right_at_once_and_one_of_them_has_shown_what_kashflow_does(position: str) -> None:
    known: list[object] = []

    def switch(world: World) -> None:
        world.kashflow.switches.put({"vat_amount_given": position})

    def look(world: World) -> None:
        known.append(world.tables["LedgerTable"].items[("ACCOUNT#KASHFLOW", "VAT")]["amounts"])

    report = play(3, OddPennies(25), Mixed(3, 0.05), before=switch, after=look)
    assert report.violations == []
    assert (report.invoices, report.invoiced) == (25, 25 * Decimal("5.47"))
    assert known == ["kept" if position == "kept" else "computed"]
