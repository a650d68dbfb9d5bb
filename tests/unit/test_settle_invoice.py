"""Money that comes in later stands on the invoice, and nothing else of the invoice moves."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.kashflow.memory import in_memory
from sitecore_kashflow.books.kashflow.account import KashflowAccount
from sitecore_kashflow.books.kashflow.account_lists import AccountStore
from sitecore_kashflow.books.kashflow.mapping import PaymentIds, invoice_payload
from sitecore_kashflow.books.kashflow.wire import read_date
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.rules.model import default_rules
from sitecore_kashflow.runs.ledger import Ledger
from sitecore_kashflow.runs.records import InvoiceEntry, Job
from sitecore_kashflow.usecases.in_doubt import InDoubt
from sitecore_kashflow.usecases.settle_invoice import settle_invoice
from tests.builders import draft, order, payment, transaction, worksheet
from tests.unit.doubles import Clock, kashflow_client

SUMMER = worksheet(DateSubmitted="2026-07-15T12:00:00+00:00")
FIRST = payment(transaction(amount="9.94", DateExecuted="2026-07-16T12:00:00+00:00"), amount="9.94")
SECOND = payment(transaction(amount="20.00", DateExecuted="2026-07-17T12:00:00+00:00"), amount="20.00", ID="pay-2")


@pytest.mark.parametrize("date_out", ["noon", "noon_with_offset", "noon_with_t", "eve_at_23"])
def test_adding_a_payment_leaves_every_date_on_its_day_however_kashflow_writes_it(
    table: Any, clock: Clock, date_out: str
) -> None:
    sandbox = in_memory(clock, clock.sleep, switches={"date_out": date_out})
    books = kashflow_client(table, sandbox.transport, clock, clock.sleep)
    books.create_customer({"Code": "W1", "Name": "Ada Field"})
    made = draft(SUMMER, [FIRST])
    number = books.create_invoice(invoice_payload(made, "W1", Decimal(1), PaymentIds(55166, {"CreditCard": 409844})))

    ledger, job = Ledger(table), Job("ordercloud:SO-1001", "SO-1001", 1, "corr-1")
    ledger.note_event(job.order_key, job.order_id, clock())
    ledger.open_run(job.order_key, clock())
    ledger.begin_step(job)
    ledger.commit_plan(job, OrderState.OPENED, seen=1, now=clock(), order=order(SUMMER, [FIRST, SECOND]))
    standing = InvoiceEntry(
        reference=made.reference,
        customer_code="W1",
        lands_by=clock(),
        net=made.net,
        vat=made.vat,
        gross=made.gross,
        currency="GBP",
        rules_version="default-1",
        number=number,
        verified=True,
        payment_ids=("pay-1",),
        paid=Decimal("9.94"),
    )
    ledger.write_invoice(job, standing)

    settled = settle_invoice(
        job,
        ledger=ledger,
        books=books,
        account=KashflowAccount(books, AccountStore(table), clock=clock, sleep=clock.sleep),
        rules=default_rules(),
        clock=clock,
        in_doubt=InDoubt(alive=timedelta(seconds=120), landing=timedelta(seconds=60)),
    )

    assert (settled.paid, settled.payment_ids) == (Decimal("29.94"), ("pay-1", "pay-2"))
    shown = books.invoice(number or 0) or {}
    assert [read_date(shown[field]) for field in ("IssuedDate", "DueDate")] == [date(2026, 7, 15)] * 2
    paid_on = [read_date(line["Date"]) for line in shown["PaymentLines"]]
    assert paid_on == [date(2026, 7, 16), date(2026, 7, 17)]
    assert Decimal(shown["DueAmount"]) == 0
