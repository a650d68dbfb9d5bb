"""Money that comes in later stands on the invoice, and nothing else of the invoice moves."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sandbox.kashflow.memory import in_memory
from sitecore_kashflow.books.kashflow.wire import read_date
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.documents.entry import InDoubt, Standing
from sitecore_kashflow.documents.store import DocumentStore
from sitecore_kashflow.errors import OutcomeUnknownError, PermanentError, RefusedError
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.usecases.create_invoice import create_invoice
from sitecore_kashflow.usecases.settle_invoice import Settlement, settle_invoice
from tests.builders import Raw, order, payment, transaction, worksheet
from tests.unit.doubles import Clock, a_run_that_holds, kashflow_client, order_subject, posting_desk

SUMMER = worksheet(DateSubmitted="2026-07-15T12:00:00+00:00")
RULES = default_rules()


@pytest.fixture
def table(memory_table: Any) -> Any:
    """What stands above the table is tested here."""
    return memory_table


def receipt(payment_id: str, amount: str, day: int) -> Raw:
    """Money that came in on a day of July."""
    taken = transaction(amount=amount, DateExecuted=f"2026-07-{day}T12:00:00+00:00")
    return payment(taken, amount=amount, ID=payment_id)


FIRST, SECOND, THIRD = receipt("pay-1", "9.94", 16), receipt("pay-2", "15.00", 17), receipt("pay-3", "5.00", 18)


class Desk:
    """An order of 29.94 whose invoice stands with its first payment; what comes later is settled attempt by attempt."""

    def __init__(self, table: Any, clock: Clock, date_out: str) -> None:
        self._table = table
        self._runs = Runs(table)
        self._kashflow = in_memory(clock, clock.sleep, switches={"date_out": date_out})
        self.clock = clock
        self.books = kashflow_client(table, self._kashflow.transport, clock.timing)
        self.books.create_customer({"Code": "W1", "Name": "Ada Field"})
        self._desk = posting_desk(table, self.books, clock)
        self._subject = order_subject()
        create_invoice(self._job([FIRST]), "W1", runs=self._runs, desk=self._desk, rules=RULES)

    def settle(self, *later: Raw) -> Settlement:
        """A run that has seen these payments after the first one."""
        return settle_invoice(self._job([FIRST, *later]), runs=self._runs, desk=self._desk, rules=RULES)

    def lose(self, *later: Raw, fault: str = "reset_before", **more: Any) -> None:
        """The same, but the answer to the next write is lost."""
        self._kashflow.faults.add({"kind": fault, "method": "PUT", "path": "/v2/invoices/*"} | more)
        with pytest.raises(OutcomeUnknownError):
            self.settle(*later)

    def refuse(self, *later: Raw) -> None:
        """The same, but KashFlow refuses the next write."""
        self._kashflow.faults.add({"kind": "status", "status": 400, "method": "PUT", "path": "/v2/invoices/*"})
        with pytest.raises(RefusedError):
            self.settle(*later)

    def give_up_run(self) -> None:
        """The run is dead, and the ledger may not know of all that it has sent."""
        self._runs.give_up_run(self._subject, self._runs.record(self._subject).run.number)

    def shown(self) -> dict[str, Any]:
        """The invoice as KashFlow shows it."""
        (invoice,) = self.books.invoices_of_customer("W1")
        return self.books.invoice(invoice.number) or {}

    def paid_on(self) -> list[date | None]:
        return [read_date(line["Date"]) for line in self.shown()["PaymentLines"]]

    def kept(self) -> dict[str, Any]:
        """How the receipts stand in the ledger, by payment."""
        receipts = DocumentStore(self._table, self._runs).of(self._subject).of_kind("receipt")
        return {entry.reference: entry.status for entry in receipts}

    @property
    def state(self) -> str:
        return self._runs.record(self._subject).state

    def _job(self, payments: list[Raw]) -> Job:
        return a_run_that_holds(self._table, self._subject, self.clock, order(SUMMER, payments))


@pytest.fixture
def desk_of(table: Any, clock: Clock) -> Callable[[str], Desk]:
    return lambda date_out: Desk(table, clock, date_out)


@pytest.fixture
def desk(desk_of: Callable[[str], Desk]) -> Desk:
    return desk_of("noon")


@pytest.mark.parametrize("date_out", ["noon", "noon_with_offset", "noon_with_t", "eve_at_23"])
def test_adding_a_payment_leaves_every_date_on_its_day_however_kashflow_writes_it(
    desk_of: Callable[[str], Desk], date_out: str
) -> None:
    desk = desk_of(date_out)
    settled = desk.settle(SECOND, THIRD)
    assert (settled.paid, settled.currency, desk.state) == (Decimal("29.94"), "GBP", OrderState.PAID)
    shown = desk.shown()
    assert shown["Number"] == settled.invoice_number
    assert [read_date(shown[field]) for field in ("IssuedDate", "DueDate")] == [date(2026, 7, 15)] * 2
    assert desk.paid_on() == [date(2026, 7, 16), date(2026, 7, 17), date(2026, 7, 18)]
    assert Decimal(shown["DueAmount"]) == 0


def test_payments_that_come_one_after_the_other_stand_once_each(desk: Desk) -> None:
    assert desk.settle(SECOND).paid == Decimal("24.94")
    assert desk.state == OrderState.INVOICED
    assert desk.settle(SECOND, THIRD).paid == Decimal("29.94")
    assert desk.settle(SECOND, THIRD).paid == Decimal("29.94")
    assert len(desk.paid_on()) == 3


@pytest.mark.parametrize(
    ("fault", "more"), [("reset_before", {}), ("reset_after", {}), ("late_commit", {"seconds": 50})]
)
def test_payment_whose_answer_was_lost_stands_once(desk: Desk, fault: str, more: dict[str, Any]) -> None:
    desk.lose(SECOND, fault=fault, **more)
    desk.clock.sleep(90)
    assert desk.settle(SECOND).paid == Decimal("24.94")
    assert desk.paid_on() == [date(2026, 7, 16), date(2026, 7, 17)]


def test_no_payment_is_posted_beside_one_that_may_still_land(desk: Desk) -> None:
    desk.lose(THIRD)
    with pytest.raises(OutcomeUnknownError):
        desk.settle(SECOND, THIRD)
    assert desk.paid_on() == [date(2026, 7, 16)]
    desk.clock.sleep(60)
    assert desk.settle(SECOND, THIRD).paid == Decimal("29.94")
    assert desk.paid_on() == [date(2026, 7, 16), date(2026, 7, 18), date(2026, 7, 17)]


def test_payment_in_doubt_that_is_wanted_no_more_is_waited_for_and_then_forgotten(desk: Desk) -> None:
    desk.lose(SECOND)
    with pytest.raises(OutcomeUnknownError):
        desk.settle()
    assert [type(status) for status in desk.kept().values()] == [InDoubt]
    desk.clock.sleep(60)
    assert desk.settle().paid == Decimal("9.94")
    assert desk.kept() == {}


def test_payment_that_landed_and_is_wanted_no_more_needs_a_person(desk: Desk) -> None:
    desk.lose(SECOND, fault="reset_after")
    for _ in range(2):
        with pytest.raises(PermanentError, match=r"PAYMENT_CHANGED.* 9\.94 .* 24\.94"):
            desk.settle()
        assert [type(status) for status in desk.kept().values()] == [Standing]


def test_payment_that_landed_and_was_replaced_needs_a_person_before_the_other_is_posted(desk: Desk) -> None:
    desk.lose(SECOND, fault="reset_after")
    with pytest.raises(PermanentError, match=r"PAYMENT_REPLACED.*pay-2/tx-1 of 15\.00 .*pay-3/tx-1 of 5\.00"):
        desk.settle(THIRD)
    assert len(desk.paid_on()) == 2


def test_payment_that_never_landed_and_was_replaced_makes_room_for_the_other(desk: Desk) -> None:
    desk.lose(SECOND)
    desk.clock.sleep(60)
    assert desk.settle(THIRD).paid == Decimal("14.94")
    assert desk.paid_on() == [date(2026, 7, 16), date(2026, 7, 18)]


def test_refused_payment_is_forgotten_unless_a_dead_run_may_have_sent_it(desk: Desk) -> None:
    desk.refuse(SECOND)
    assert desk.kept() == {}
    desk.give_up_run()
    desk.refuse(SECOND)
    assert [type(status) for status in desk.kept().values()] == [InDoubt]
    assert desk.settle(SECOND).paid == Decimal("24.94")
    assert len(desk.paid_on()) == 2


def test_payment_above_what_is_due_is_not_written(desk: Desk) -> None:
    desk.settle(SECOND)
    whole = desk.shown()
    by_hand = whole["PaymentLines"][0] | {"Amount": Decimal("5.00"), "Note": "by hand", "Reference": "", "Id": None}
    desk.books.update_invoice(whole["Number"], whole | {"PaymentLines": [*whole["PaymentLines"], by_hand]})
    with pytest.raises(PermanentError, match="PAYMENT_ABOVE_DUE"):
        desk.settle(SECOND, THIRD)
    assert "pay-3/tx-1" not in desk.kept()
    assert len(desk.paid_on()) == 3


def test_payment_that_kashflow_took_and_does_not_show_parks_until_it_is_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, lost = desk.books.update_invoice, list[Any]()
    monkeypatch.setattr(desk.books, "update_invoice", lambda *written: lost.append(written))
    for _ in range(2):
        with pytest.raises(PermanentError, match="INVOICE_DIFFERS"):
            desk.settle(SECOND)
    assert len(lost) == 1
    write(*lost[0])
    assert desk.settle(SECOND).paid == Decimal("24.94")
    assert len(desk.paid_on()) == 2
