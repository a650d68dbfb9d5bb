"""The customer of the books that stands for a customer of a shop is remembered."""

from typing import Any

from sitecore_kashflow.books.kashflow.customer_links import CustomerLink, CustomerLinks
from tests.unit.doubles import Clock


def test_code_of_a_customer_is_remembered_with_the_digest_of_his_data(table: Any, clock: Clock) -> None:
    links = CustomerLinks(table)
    assert links.read("ordercloud:retail:ada") is None
    links.save("ordercloud:retail:ada", CustomerLink("W1", "digest-1"), clock())
    links.save("ordercloud:retail:ada", CustomerLink("W1", "digest-2"), clock())
    assert links.read("ordercloud:retail:ada") == CustomerLink("W1", "digest-2")
    assert links.read("ordercloud:retail:bob") is None
