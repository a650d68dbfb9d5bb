"""What happens to orders after their invoice, beside the whole of what KashFlow is sent for it, step by step.

The worked examples of the accounting specification, to the penny (`tests/golden/after_sale/*.json`). A step has what
changed of the order: another worksheet, payments, shipments, refunds, returns, disputes, or the moment of a
cancellation.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson

from sitecore_kashflow.books.kashflow.mapping import PaymentIds, invoice_payload, payment_payload
from sitecore_kashflow.canonical.invoice import PaidInto, PaymentLine, ReceiptDraft
from sitecore_kashflow.canonical.order import Chargeback, Order, OrderReturn, OrderStanding, Refund
from sitecore_kashflow.documents.entry import Draft
from sitecore_kashflow.plan.duties import with_duties
from tests.builders import order, rules
from tests.made_books import MadeBooks
from tests.unit.test_golden_pairs import FOLDER, as_sent

CUSTOMER = "W1"
KINDS: dict[str, Any] = {"refunds": Refund, "returns": OrderReturn, "chargebacks": Chargeback}
IDS = PaymentIds(55166, 1)


def lives() -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted((FOLDER / "after_sale").glob("*.json"))]


def as_it_is_after(step: dict[str, Any], before: dict[str, Any], own: Any) -> tuple[Order, dict[str, Any]]:
    """The order after a step, and all that was said of it so far."""
    said = before | step
    read = order(said["worksheet"], said.get("payments", []), own, said.get("shipments", []))
    paid_by = {one.payment_id: one.model_dump() for one in read.payments}
    changes: dict[str, Any] = {"changed_at": said.get("changed_at")}
    for name, kind in KINDS.items():
        records = [
            one | {"paid_by": paid_by.get(str(one["paid_by"]), one["paid_by"])} if "paid_by" in one else one
            for one in said.get(name, [])
        ]
        changes[name] = tuple(kind.model_validate(one) for one in records)
    if said.get("cancelled_at"):
        changes |= {"standing": OrderStanding.CANCELLED, "status": "Canceled", "cancelled_at": said["cancelled_at"]}
    return Order.model_validate(dict(read) | changes), said


def payload(draft: Draft, books: MadeBooks) -> dict[str, Any]:
    """What KashFlow is sent for a document, or for a receipt on one."""
    if isinstance(draft, ReceiptDraft):
        return {"on_invoice": draft.invoice_number, "payment": payment_payload(draft.line, IDS)}
    lines: Sequence[PaymentLine] = draft.payments  # type: ignore[attr-defined]
    ids: dict[PaidInto, PaymentIds] = {one.paid_into: IDS for one in lines}
    made: Any = with_duties(draft, books.rate, books.rules.orders.home_currency)  # type: ignore[arg-type]
    return invoice_payload(made, CUSTOMER, books.rate, ids)


def played(life: dict[str, Any]) -> tuple[list[list[dict[str, Any]]], MadeBooks]:
    """What is sent at each step."""
    own = rules(simplejson.dumps(life["rules"], use_decimal=True) if life["rules"] else "")
    books, said, sent = MadeBooks(own, Decimal(life["exchange_rate"])), dict[str, Any](), list[list[dict[str, Any]]]()
    for step in life["steps"]:
        now, said = as_it_is_after(step["order"], said, own)
        books.first_open_day = date.fromisoformat(step["first_open_day"]) if step.get("first_open_day") else None
        seen = len(books.posted)
        books.settle(now)
        sent.append([payload(one, books) for one in books.posted[seen:]])
    return sent, books


def read(path: Path) -> dict[str, Any]:
    return dict(simplejson.loads(path.read_text("utf-8"), parse_float=Decimal))


def test_each_worked_example_is_there() -> None:
    named = {word for path in (FOLDER / "after_sale").glob("*.json") for word in [path.stem.split("_")[0]]}
    assert named >= {"w6", "w7", "w8", "w9", "w10", "w11", "w14", "w18", "w20"}


@pytest.mark.parametrize("path", lives())
def test_each_step_sends_exactly_the_documents_beside_it(path: Path) -> None:
    life = read(path)
    sent, books = played(life)
    assert [as_sent(one) for one in sent] == [as_sent(step["sent"]) for step in life["steps"]]
    assert f"{books.charged:.2f} {books.paid:.2f}" == life["charged_and_paid_at_last"]
