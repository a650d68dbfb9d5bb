"""Reserved invoice numbers: none is given twice, however workers meet and ranges change."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.documents.numbers import InvoiceNumbers
from sitecore_kashflow.errors import PermanentError
from tests.simulation.dynamo import MemoryTable
from tests.unit.doubles import AtomicTable

Range = tuple[int, int]
ranges = st.tuples(st.integers(1, 30), st.integers(0, 12)).map(lambda one: (one[0], one[0] + one[1]))


def reserved(numbers: InvoiceNumbers, within: Range) -> int | None:
    try:
        return numbers.reserve(*within)
    except PermanentError:
        return None


class Crowd:
    """A table at which, before each call of a worker, as many others reserve as the plan says."""

    def __init__(self, plan: Iterator[list[Range]]) -> None:
        self._table = MemoryTable("LedgerTable", ("pk", "sk"))
        self._plan = plan
        self.given: list[int] = []

    def reserve(self, within: Range) -> None:
        number = reserved(InvoiceNumbers(self), within)  # type: ignore[arg-type]
        if number is not None:
            assert within[0] <= number <= within[1]
            self.given.append(number)

    def update_item(self, **arguments: Any) -> Any:
        return self._after_others(self._table.update_item, arguments)

    def get_item(self, **arguments: Any) -> Any:
        return self._after_others(self._table.get_item, arguments)

    def _after_others(self, call: Any, arguments: dict[str, Any]) -> Any:
        for within in next(self._plan, []):
            self.reserve(within)
        return call(**arguments)


@given(st.lists(ranges, min_size=1, max_size=12), st.lists(st.lists(ranges, max_size=2), max_size=30))
def test_number_is_never_given_twice_whoever_reserves_in_between(mine: list[Range], others: list[list[Range]]) -> None:
    crowd = Crowd(iter(others))
    for within in mine:
        crowd.reserve(within)
    assert len(crowd.given) == len(set(crowd.given))


def test_numbers_that_forty_workers_reserve_at_once_are_all_of_the_range(table: Any) -> None:
    numbers = InvoiceNumbers(AtomicTable(table))  # type: ignore[arg-type]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: reserved(numbers, (5000, 5034)), range(40)))
    assert sorted(number for number in found if number is not None) == list(range(5000, 5035))
    assert found.count(None) == 5


def steps(table: Any) -> list[int | None]:
    """A range from end to end, a longer one, a higher one, one that lies lower, one around where we are."""
    numbers = InvoiceNumbers(table)
    asked = [(7, 8), (7, 8), (7, 8), (7, 9), (7, 9), (20, 21), (7, 9), (1, 30)]
    return [reserved(numbers, within) for within in asked]


def test_range_when_used_up_gives_nothing_and_only_higher_ones_go_on(table: Any) -> None:
    assert steps(table) == [7, 8, None, 9, None, 20, None, 21]
    assert steps(MemoryTable("LedgerTable", ("pk", "sk"))) == [7, 8, None, 9, None, 20, None, 21]


def test_numbers_used_up_say_what_to_do(table: Any) -> None:
    numbers = InvoiceNumbers(table)
    numbers.reserve(7, 7)
    with pytest.raises(
        PermanentError,
        match=r"INVOICE_NUMBERS_USED_UP.*from 7 to 7 are used.*range of higher numbers.*`invoices`.*resume",
    ):
        numbers.reserve(7, 7)
