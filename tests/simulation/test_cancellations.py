"""What came back of a month of a real shop stands in the books as credit notes, to the penny."""

from decimal import Decimal

from sandbox.retail_returns import customers_with_cancellations, retail_month
from tests.simulation.cancellations import play, report
from tests.unit.test_retail_totals import FILE, needs_file

CUSTOMERS = 30


@needs_file
def test_every_line_of_the_file_is_sold_taken_back_or_named_with_a_reason() -> None:
    month = retail_month(FILE)
    sold = sum(one.order.total - one.order.tax for one in month.sales)
    parts = (sold, -sum(one.net for one in month.returns), sum(one.net for one in month.unmatched), month.others)
    assert sum(parts) == month.net
    assert (len(month.sales), len({one.invoice_no for one in month.returns})) == (1629, 142)
    assert {one.reason for one in month.unmatched} == {
        "names no customer",
        "a discount or a charge, no goods",
        "not sold to the customer before",
        "sold at another price",
        "more than is left of it",
    }


@needs_file
def test_books_come_to_the_file_less_the_cancellations_that_match_no_sale() -> None:
    month = retail_month(FILE, customers_with_cancellations(FILE, CUSTOMERS))
    outcome = play(month)
    assert (outcome.booked, outcome.waiting) == (outcome.expected, {})
    assert outcome.number_of_notes == len(month.returns) > 10
    assert outcome.credit_notes == -sum((one.net for one in month.returns), Decimal(0))
    told = "\n".join(report(outcome))
    assert "Equal to the penny." in told
    assert "C536379 (D)" in told
