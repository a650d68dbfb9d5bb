"""What happens after the invoice: some single faults of each walk, and refunds of many orders while calls go wrong.

`make simulate-all` plays all single faults, and the pairs of one walk; `make simulate REFUNDS=30` more orders.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.simulation.after_sale_walks import AFTER_SALE_WALKS, returned, swapped
from tests.simulation.drive import Day as ShopDay
from tests.simulation.drive import play, verdict
from tests.simulation.dynamo import Item
from tests.simulation.faults import Chosen, Mixed, Plan
from tests.simulation.shops import Shop, shops
from tests.simulation.walks import TOLD_OF_CHANGES, Day, singles, walk, written

_ONE_OF = 36
_WRITES = ("kashflow POST /v2/invoices", "kashflow PUT /v2/invoices")


@pytest.mark.parametrize("name", AFTER_SALE_WALKS)
def test_walk_when_a_document_is_lost_or_late_comes_out_right(name: str) -> None:
    writes = [at for at, site in enumerate(walk(name, {})[1]) if site.startswith(_WRITES)]
    plans: list[Plan] = [{at: kind} for at in writes for kind in ("lost", "late")]
    assert wrong_of(name, [{}, *plans]) == {}


@pytest.mark.parametrize("name", AFTER_SALE_WALKS)
def test_walk_when_some_single_call_goes_wrong_comes_out_right(name: str) -> None:
    assert wrong_of(name, list(singles(name))[::_ONE_OF]) == {}


def wrong_of(name: str, plans: list[Plan]) -> dict[str, list[str]]:
    return {written(plan): found for plan in plans if (found := walk(name, plan)[0].violations)}


def test_refunds_when_both_systems_are_faulty_stand_once_and_what_parks_is_told() -> None:
    report = play(1, ShopDay(80, refunds=20), Mixed(1, 0.08))
    assert (report.violations, report.dead_letters) == ([], 0)
    assert report.ordered == report.invoiced
    assert (report.states["parked"], report.states["credited"] > 3) == (2, True)
    assert report.invoices > 80 + 18


def test_orders_that_are_changed_after_their_sale_come_out_right_while_calls_go_wrong() -> None:
    report = play(2, ShopDay(60, changed=0.5), Mixed(2, 0.05))
    assert report.violations == []
    assert set(report.states) <= {"cancelled", "credited", "invoiced", "paid"}
    assert report.invoices > 80


def test_refunds_of_a_large_day_are_shared_out_over_its_shops() -> None:
    assert [(one.orders, one.refunds) for one in shops(Shop(1, 6000, 0.02, refunds=31))] == [
        (2500, 12),
        (2500, 13),
        (1000, 6),
    ]


# --- what the checker sees --------------------------------------------------------------------------------


def played_through(script: Callable[[Day], None]) -> Day:
    day = Day(Chosen(), TOLD_OF_CHANGES)
    script(day)
    day.world.run()
    assert wrong_in(day) == []
    return day


def wrong_in(day: Day) -> list[str]:
    return verdict(day.world, day.desk.received, day.desk.owed, day.desk.surplus).violations


def document(day: Day, reference: str) -> Any:
    return next(one for one in day.world.kashflow.kashflow.books.invoices if one["CustomerReference"] == reference)


def test_checker_when_a_credit_note_is_missing_or_wrongly_named_says_so() -> None:
    day = played_through(returned)
    note = document(day, "SO-1-R1")
    note["CustomerReference"] = "SO-1-R2"
    assert any("documents {'SO-1': 1, 'SO-1-R2': 1}" in words for words in wrong_in(day))
    note["CustomerReference"] = "SO-2-R1"
    assert "SO-2-R1: an invoice of no order" in wrong_in(day)
    assert any("SO-1: gross is 37.46, should be 25.45" in words for words in wrong_in(day))


def test_checker_when_a_refund_stands_on_no_credit_note_says_so() -> None:
    day = played_through(returned)
    line = document(day, "SO-1-R1")["PaymentLines"][0]
    line["Reference"] = "by hand"
    assert [words for words in wrong_in(day) if "refund" in words and "0 credit notes" in words]


@pytest.mark.parametrize(
    ("reference", "of_line", "words"),
    [
        ("SO-1-A1", {"VATLevel": Decimal(5)}, "net by rate"),
        ("SO-1-R1", {"NominalCode": 4020}, "net by account"),
        ("SO-1-R1", {"VATAmount": Decimal("-3.98")}, "VAT of line"),
    ],
)
def test_checker_when_what_follows_an_invoice_is_not_booked_as_that_says_so(
    reference: str, of_line: Item, words: str
) -> None:
    day = played_through(swapped)
    lines = document(day, reference)["LineItems"]
    next(line for line in lines if line["Rate"])["NominalCode"] = 4000
    next(line for line in lines if line["Rate"]).update(of_line)
    assert any(words in line for line in wrong_in(day))


def test_checker_when_more_is_credited_than_the_script_says_tells_it() -> None:
    day = played_through(returned)
    del day.desk.owed["SO-1"]
    assert "SO-1: gross is 25.45, should be 37.46" in wrong_in(day)
