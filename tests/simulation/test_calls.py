"""Which calls an order costs, exactly; and how many more when calls go wrong."""

from collections import Counter

from tests.simulation.calls import KNOWN, LISTS, LOGINS, NEW, REPORT, told_once
from tests.simulation.walks import walk

WRITES = ("POST", "PUT", "PATCH", "DELETE")


def calls_of(name: str) -> list[str]:
    """The calls of an undisturbed walk to the two systems, without logins and the account's lists."""
    sites = [site for site in walk(name, {})[1] if site.startswith(("kashflow", "ordercloud"))]
    return [site for site in sites if site not in LOGINS + LISTS]


def test_order_when_its_customer_is_known_and_it_is_paid_costs_two_writes_and_the_reads_that_are_written_down() -> None:
    calls = calls_of("known customer")
    assert calls == list(KNOWN)
    writes = [call for call in calls if call.split()[1] in WRITES]
    assert writes == ["kashflow POST /v2/invoices", *REPORT]


def test_order_when_its_customer_is_new_costs_two_calls_more() -> None:
    calls = calls_of("new customer")
    assert calls == list(NEW)
    assert sum((Counter(calls) - Counter(KNOWN)).values()) == 2


def test_day_when_nothing_goes_wrong_costs_no_call_more_than_is_written_down() -> None:
    measure = told_once(3, 120, 0.0)
    assert (measure.day.violations, measure.made) == ([], measure.needed)


def test_day_when_one_call_in_a_hundred_goes_wrong_costs_a_tenth_of_a_call_more_an_order_at_most() -> None:
    measure = told_once(3, 400, 0.01)
    assert measure.day.violations == []
    assert 0 < measure.extra / measure.day.orders <= 0.10


def test_day_when_calls_go_wrong_leaves_out_no_call_that_is_needed() -> None:
    measure = told_once(4, 120, 0.1)
    assert (measure.day.violations, measure.needed - measure.made) == ([], Counter())
