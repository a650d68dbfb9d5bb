"""A month of a real shop with what came back of it: nothing differs, and then exactly what was planted does."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from sandbox.retail_order import RetailOrder
from sandbox.retail_returns import Month, customers_with_cancellations, retail_month
from sitecore_kashflow.canonical.days import books_date
from sitecore_kashflow.reconciliation.figures import agreement_of
from sitecore_kashflow.reconciliation.progress import Pass, Stage
from sitecore_kashflow.reconciliation.values import Agreement, Period
from sitecore_kashflow.usecases.gather_sides import gather
from tests.person import Person
from tests.simulation.cancellations import take_back
from tests.simulation.drive import an_order
from tests.simulation.environment import ENVIRONMENT, KASHFLOW
from tests.simulation.world import World
from tests.unit.test_retail_totals import FILE, needs_file

HOOKS = (
    ("POST", "v1/orders/{direction}/{orderID}/submit"),
    ("POST", "v1/orders/{direction}/{orderID}/payments/{paymentID}/transactions"),
)
CUSTOMERS = 40


@dataclass
class Played:
    """The world after the month, a person at KashFlow's screens, and invoices to plant something in."""

    world: World
    month: Month
    person: Person

    def compared(self) -> Agreement:
        wiring = self.world.container()
        began, today = books_date(self.world.began), books_date(self.world.clock())
        gathered = Pass(Period(began, today), wiring.clock(), "GBP")
        gather(gathered, wiring.both_sides, wiring.rules_source(), lambda: True)
        assert gathered.stage is Stage.DONE
        return agreement_of(gathered, wiring.clock())

    def paid_invoices(self) -> Iterator[dict[str, Any]]:
        sold = {one.order.order_id for one in self.month.sales}
        for row in self.person.rows():
            if row["CustomerReference"] in sold and row["GrossAmount"] > 10 and not row["DueAmount"]:
                whole = self.person.do("GET", f"/invoices/{row['Number']}")
                if len(whole["PaymentLines"]) == 1:
                    yield whole


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in ENVIRONMENT.items():
            environment.setenv(name, value)
        month = retail_month(FILE, customers_with_cancellations(FILE, CUSTOMERS))
        world = World(1, hooks=HOOKS)
        began = month.sales[0].at
        for sale in month.sales:
            world.plan((sale.at - began).total_seconds(), partial(world.place, sale.order))
        for back in month.returns:
            world.plan((back.at - began).total_seconds() + 1, partial(take_back, world, back))
        world.run()
        world.scheduler.sleep(7200)
        with Person(KASHFLOW, transport=world.kashflow.transport) as person:
            yield Played(world, month, person)
        world.close()


@needs_file
def test_month_of_a_real_shop_has_no_difference_that_nothing_explains(played: Played) -> None:
    found = played.compared()
    assert found.unexplained == []
    assert found.by_books.documents > CUSTOMERS
    assert found.by_ledger == found.by_books


@needs_file
def test_every_planted_difference_of_the_month_is_found_and_nothing_else_is(played: Played) -> None:
    person, invoices = played.person, list(played.paid_invoices())
    deleted, typed_over, twice, missing, less = invoices[0:50:10]
    person.do("DELETE", f"/invoices/{deleted['Number']}")
    first, *others = typed_over["LineItems"]
    person.edit(typed_over["Number"], LineItems=[first | {"VATAmount": first["VATAmount"] + 1}, *others])
    (line,) = twice["PaymentLines"]
    person.edit(twice["Number"], PaymentLines=[line, line | {"Id": 0}])
    person.edit(missing["Number"], PaymentLines=[])
    (line,) = less["PaymentLines"]
    person.edit(less["Number"], PaymentLines=[line | {"Amount": Decimal(str(line["Amount"])) - Decimal("0.01")}])
    day = books_date(played.world.clock()).isoformat()
    (by_hand,) = person.book("BY-HAND-1")
    person.edit(by_hand, IssuedDate=f"{day} 12:00:00", DueDate=f"{day} 12:00:00")
    untold: RetailOrder = an_order(1, 1)
    played.world.shop.place(untold)
    played.world.ordercloud.outbox.clear()
    played.world.scheduler.sleep(7200)

    found = [(str(one.kind), one.number) for one in played.compared().unexplained]
    assert Counter(found) == Counter(
        [
            ("document_deleted", deleted["Number"]),
            ("vat_differs", typed_over["Number"]),
            ("receipt_twice", twice["Number"]),
            ("receipt_missing", missing["Number"]),
            ("receipt_differs", less["Number"]),
            ("unknown_document", by_hand),
            ("order_not_heard_of", None),
        ]
    )
