"""What the ledger holds, as values: jobs, records of orders, entries of invoices, links of customers.

Moments are aware UTC; amounts exact decimals.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..canonical.states import OrderState


@dataclass(frozen=True)
class Job:
    """What travels in the workflow: which order, which run holds it, and whether it lets other orders go first.

    `attempt` tells the workers of a run apart: each try of a step has a greater one than all before it.
    """

    order_key: str
    order_id: str
    run: int
    correlation_id: str
    is_backfill: bool = False
    attempt: str = ""


LAST_ATTEMPT = "~"
"""Greater than every attempt of a step: after a run has ended as a whole, none of its workers may write."""


@dataclass(frozen=True)
class OrderRecord:
    """The `STATE` item of an order. `updated_at` is when it came into this state, `run_opened_at` when its run began.

    `looks_first`: a run of it died, so the ledger may not know of everything that was done.
    `wanted` counts the events that have come, `seen` those that a plan has served. `snapshot_name` and
    `snapshot_parts` tell where the order lies as it was then understood.
    """

    order_key: str
    order_id: str
    state: OrderState
    wanted: int
    seen: int
    run: int
    running: bool
    looks_first: bool
    run_opened_at: str
    attempt: str
    execution_arn: str
    task_token: str
    parked_step: str
    parked_from: OrderState | None
    reason_code: str
    reason: str
    report_mark: str
    snapshot_name: str
    snapshot_parts: int
    updated_at: str


@dataclass(frozen=True)
class InvoiceEntry:
    """The `INVOICE` item. Without `number` it is an intent: a write that was about to be sent.

    Until `lands_by` a write of this document may still land, whatever became of its worker. `reserved` is the
    number that each post of it asks for, None where KashFlow numbers. An `unsent` intent only keeps that number:
    no post of it can have landed.
    """

    reference: str
    customer_code: str
    lands_by: datetime
    net: Decimal
    vat: Decimal
    gross: Decimal
    currency: str
    rules_version: str
    number: int | None = None
    invoice_id: int | None = None
    adopted: bool = False
    verified: bool = False
    payment_ids: tuple[str, ...] = ()
    paid: Decimal = Decimal(0)
    exchange_rate: Decimal | None = None
    rate_day: date | None = None
    reserved: int | None = None
    unsent: bool = False


@dataclass(frozen=True)
class CustomerLink:
    """Which KashFlow customer stands for a customer of the shop."""

    code: str
    mark: str


def order_record(order_key: str, item: dict[str, Any]) -> OrderRecord:
    """The record that an item of the table holds."""
    return OrderRecord(
        order_key=order_key,
        order_id=str(item.get("order_id", "")),
        state=OrderState(item.get("state", OrderState.RECEIVED)),
        wanted=int(item.get("wanted", 0)),
        seen=int(item.get("seen", 0)),
        run=int(item.get("run", 0)),
        running=bool(item.get("running", False)),
        looks_first=bool(item.get("looks_first", False)),
        run_opened_at=str(item.get("run_opened_at", "")),
        attempt=str(item.get("attempt", "")),
        execution_arn=str(item.get("execution_arn", "")),
        task_token=str(item.get("task_token", "")),
        parked_step=str(item.get("parked_step", "")),
        parked_from=OrderState(item["parked_from"]) if "parked_from" in item else None,
        reason_code=str(item.get("reason_code", "")),
        reason=str(item.get("reason", "")),
        report_mark=str(item.get("report_mark", "")),
        snapshot_name=str(item.get("snapshot_name", "")),
        snapshot_parts=int(item.get("snapshot_parts", 0)),
        updated_at=str(item.get("updated_at", "")),
    )


def invoice_entry(item: dict[str, Any]) -> InvoiceEntry:
    """The entry that an item of the table holds."""
    return InvoiceEntry(
        reference=str(item["reference"]),
        customer_code=str(item["customer_code"]),
        lands_by=datetime.fromisoformat(str(item["lands_by"])),
        net=Decimal(item["net"]),
        vat=Decimal(item["vat"]),
        gross=Decimal(item["gross"]),
        currency=str(item["currency"]),
        rules_version=str(item["rules_version"]),
        number=int(item["number"]) if "number" in item else None,
        invoice_id=int(item["invoice_id"]) if "invoice_id" in item else None,
        adopted=bool(item.get("adopted", False)),
        verified=bool(item.get("verified", False)),
        payment_ids=tuple(item.get("payment_ids", ())),
        paid=Decimal(item.get("paid", 0)),
        exchange_rate=Decimal(item["exchange_rate"]) if "exchange_rate" in item else None,
        rate_day=date.fromisoformat(str(item["rate_day"])) if "rate_day" in item else None,
        reserved=int(item["reserved"]) if "reserved" in item else None,
        unsent=bool(item.get("unsent", False)),
    )
