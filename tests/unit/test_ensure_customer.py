"""A shop's customer in the books: made once, brought up to date, and never taken for another's."""

from typing import Any

import pytest

from sandbox.kashflow.memory import in_memory
from sitecore_kashflow.books.kashflow.customer_links import CustomerLinks
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.usecases.customer_desk import CustomerDesk
from sitecore_kashflow.usecases.ensure_customer import ensure_customer
from tests.builders import Raw, address, order, rules, user, worksheet
from tests.unit.doubles import Clock, a_run_that_holds, kashflow_client, order_subject

AT_HOME = worksheet()
DEFAULT = default_rules()
BY_COMPANY = rules("customers: {identity: buyer}")
MOVED = worksheet(BillingAddress=address(Street1="2 Low Road"))


class Desk:
    """The step that sees to the customer of an order, on a KashFlow in memory."""

    def __init__(self, table: Any, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        kashflow = in_memory(clock, clock.sleep)
        self.books = kashflow_client(self._table, kashflow.transport, clock.timing)

    def ensure(self, raw: Raw, own: Rules = DEFAULT) -> str:
        """The code of the order's customer."""
        runs = Runs(self._table)
        return ensure_customer(
            a_run_that_holds(self._table, order_subject(), self._clock, order(raw, (), own)),
            runs=runs,
            customers=CustomerDesk(self.books, CustomerLinks(self._table)),
            rules=own,
            now=self._clock(),
        )

    def shown(self, code: str) -> dict[str, Any]:
        return self.books.customer(code) or {}

    def write(self, code: str, **fields: Any) -> None:
        """What a bookkeeper writes there by hand."""
        self.books.update_customer(code, self.shown(code) | fields)


@pytest.fixture
def desk(table: Any, clock: Clock) -> Desk:
    return Desk(table, clock)


def street(customer: dict[str, Any]) -> str:
    return str(customer["Addresses"][0]["Line1"])


def test_customer_who_moved_is_brought_up_to_date_under_the_same_code(desk: Desk) -> None:
    code = desk.ensure(AT_HOME)
    assert street(desk.shown(code)) != "2 Low Road"
    assert desk.ensure(MOVED) == code
    assert street(desk.shown(code)) == "2 Low Road"


def test_customer_who_moved_keeps_what_the_bookkeeper_has_written(desk: Desk) -> None:
    code = desk.ensure(AT_HOME)
    desk.write(code, DiscountRate=5, Source=3)
    before = desk.shown(code)
    desk.ensure(MOVED)
    after = desk.shown(code)
    changed = {field for field in before | after if before.get(field) != after.get(field)}
    assert {field for field in changed if "Date" not in field and "Updated" not in field} == {"Addresses"}


def test_customer_marked_as_anothers_is_not_taken(desk: Desk) -> None:
    code = desk.ensure(AT_HOME)
    desk.write(code, Note="Sitecore customer ordercloud:retail:bob")
    with pytest.raises(PermanentError) as refused:
        desk.ensure(MOVED)
    assert refused.value.code == "CUSTOMER_CODE_TAKEN"
    assert street(desk.shown(code)) != "2 Low Road"


def test_customer_of_another_code_is_found_by_name_where_the_e_mail_has_changed(desk: Desk) -> None:
    code = desk.ensure(AT_HOME)
    desk.write(code, Code="ADAFIELD")
    assert desk.ensure(worksheet(FromUser=user(Email="ada@new.example"))) == "ADAFIELD"
    assert desk.shown(code) == {}


def test_company_that_is_gone_is_not_made_again_under_the_name_of_whoever_ordered(desk: Desk) -> None:
    code = desk.ensure(worksheet(BillingAddress=address(CompanyName="Acme Ltd")), BY_COMPANY)
    desk.write(code, Code="ACME01", Name="Acme Group plc")
    by_bob = worksheet(FromUser=user(ID="bob", FirstName="Bob", LastName="Hill", Email="bob@acme.example"))
    with pytest.raises(PermanentError) as refused:
        desk.ensure(by_bob, BY_COMPANY)
    assert refused.value.code == "CUSTOMER_GONE"
    assert desk.shown(code) == {}
