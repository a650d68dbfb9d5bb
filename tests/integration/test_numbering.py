"""Both ways of numbering, through the whole bridge, in both positions of what KashFlow does with a taken number."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.documents.entry import Entry, Figures, InDoubt, Status, Unposted
from sitecore_kashflow.runs.records import Job
from tests.person import Person
from tests.stage import Stage, subject

CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}
KASHFLOW, RESERVED = "version: k-1", "invoices: {numbering: reserved, first: 5000, last: 5002}"
Put = Callable[[str], None]
both_positions = pytest.mark.parametrize("taken", ["refused_400", "next_free"])
both_modes = pytest.mark.parametrize("mode", [KASHFLOW, RESERVED], ids=["kashflow", "reserved"])


def numbers_of(bridge: Stage) -> dict[str, int]:
    """The invoices with a reference, by it; none of them stands twice."""
    rows = [row for row in bridge.books.rows() if row["CustomerReference"]]
    found = {row["CustomerReference"]: row["Number"] for row in rows}
    assert len(found) == len(rows)
    return found


@both_positions
@both_modes
def test_order_walk_in_either_mode_makes_one_paid_invoice_of_the_right_number(
    bridge: Stage, by_rules: Put, mode: str, taken: str
) -> None:
    by_rules(mode)
    bridge.switch("kashflow", invoice_number_taken=taken)
    bridge.shop.order("SO-1", payment=CARD)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    bridge.shop.capture("SO-1", "card-1")
    assert bridge.walk("SO-1", "payments").state == OrderState.PAID
    first = 1001 if mode is KASHFLOW else 5000
    assert numbers_of(bridge) == {"SO-1": first}
    assert bridge.shop.said("SO-1")["InvoiceNumber"] == first
    assert len(bridge.books.invoices()[0]["PaymentLines"]) == 1


@both_positions
@both_modes
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "late_commit", "seconds": 0.5},
        {"kind": "html", "status": 502},
        {"kind": "status", "status": 400, "body": {"Error": "-2146232060", "Message": "Execution Timeout Expired"}},
        {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    ],
    ids=["not sent", "lost", "late", "502", "database timeout", "429"],
)
def test_order_walk_in_either_mode_when_a_post_goes_wrong_makes_one_invoice_of_the_first_number(
    bridge: Stage, by_rules: Put, mode: str, taken: str, fault: dict[str, Any]
) -> None:
    by_rules(mode)
    bridge.switch("kashflow", invoice_number_taken=taken)
    bridge.shop.order("SO-1")
    bridge.fault("kashflow", method="POST", path="/v2/invoices", times=1, **fault)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    assert numbers_of(bridge) == {"SO-1": 1001 if mode is KASHFLOW else 5000}


@both_positions
@pytest.mark.parametrize("answer", [pytest.param("empty", marks=pytest.mark.also_on_moto), "no_location"])
def test_order_whose_number_is_somebody_elses_gets_the_next_one_however_kashflow_answers(
    bridge: Stage, person: Person, by_rules: Put, taken: str, answer: str
) -> None:
    by_rules(RESERVED)
    person.book("", number=5000)
    bridge.switch("kashflow", invoice_number_taken=taken, invoice_post_answer=answer)
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    assert numbers_of(bridge) == {"SO-1": 5001}


@pytest.mark.also_on_moto
def test_orders_beyond_the_range_park_and_go_on_by_a_longer_one(bridge: Stage, by_rules: Put) -> None:
    by_rules(RESERVED)
    for order_id in ("SO-1", "SO-2", "SO-3"):
        bridge.shop.order(order_id)
        assert bridge.walk(order_id).state == OrderState.INVOICED
    bridge.shop.order("SO-4")
    record = bridge.walk("SO-4")
    assert (record.state, record.parking.code, record.parking.step) == (
        OrderState.PARKED,
        "INVOICE_NUMBERS_USED_UP",
        "CreateInvoice",
    )
    by_rules(RESERVED.replace("5002", "5999"))
    bridge.resume("SO-4")
    bridge.settle()
    assert bridge.record("SO-4").state == OrderState.INVOICED
    assert numbers_of(bridge) == {"SO-1": 5000, "SO-2": 5001, "SO-3": 5002, "SO-4": 5003}


@pytest.mark.parametrize("unsent", [True, False], ids=["kept number", "in doubt"])
def test_order_that_is_cancelled_under_an_intent_has_no_invoice_unless_one_is_found(
    bridge: Stage, unsent: bool
) -> None:
    bridge.shop.cart("SO-1")
    runs, now = bridge.wiring.runs, bridge.wiring.clock()
    job = Job(subject("SO-1"), 1, "c")
    runs.note_event(job.subject, now)
    runs.open_run(job.subject, now)
    runs.begin_step(job)
    bridge.wiring.documents.write(job, intent(Unposted() if unsent else InDoubt(now)))
    runs.give_up_run(job.subject, job.run)
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-1/cancel")
    record = bridge.walk("SO-1", "cancel")
    assert record.state == OrderState.CANCELLED
    assert bridge.books.invoices() == []


def intent(status: Status) -> Entry:
    """An intent of SO-1 that holds a number."""
    return Entry(
        kind="invoice",
        reference="SO-1",
        customer_code="W1",
        figures=Figures("GBP", net=Decimal("24.95"), vat=Decimal("4.99"), gross=Decimal("29.94")),
        rules_version="reserved-1",
        status=status,
        reserved=5000,
    )
