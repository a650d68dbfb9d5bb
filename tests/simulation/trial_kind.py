"""A kind of document that the bridge does not have: credit notes for what an order's customer gives back, two an order.

All that a further kind needs is here: a mapping, a way to look, a row of kinds and a rule of the plan. KashFlow keeps a
credit note as an invoice with negative lines, in the same list (KF-62).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

import pytest

from sandbox.retail_order import PaymentKind
from sitecore_kashflow.books.kashflow import kinds
from sitecore_kashflow.books.kashflow.ground import KashflowGround
from sitecore_kashflow.books.kashflow.mapping import kashflow_date
from sitecore_kashflow.books.kashflow.wire import Invoice
from sitecore_kashflow.canonical.days import books_date
from sitecore_kashflow.canonical.money import round_money
from sitecore_kashflow.documents.entry import Entry, Figures, Standing
from sitecore_kashflow.documents.kinds import Finding, Holder, Intent
from sitecore_kashflow.errors import OutcomeUnknownError, PermanentError
from sitecore_kashflow.observability import Metric
from sitecore_kashflow.plan import order_plan
from sitecore_kashflow.plan.case import Case
from sitecore_kashflow.rules.model import Rules
from tests.simulation import walks
from tests.simulation.drive import an_order
from tests.simulation.dynamo import Item
from tests.simulation.walks import TOLD_OF_PAYMENTS, Day, known_customer, paid_later, parked_and_resumed
from tests.simulation.world import World

PARTS = {"T1": Decimal("0.1"), "T2": Decimal("0.25")}
"""Of each order's goods such a part is given back, in a document of its own."""


@dataclass(frozen=True)
class TrialDraft:
    """What is given back, without VAT, as a positive amount."""

    reference: str
    amount: Decimal
    currency: str
    day: str
    rules_version: str
    kind: ClassVar[str] = "trial"


@dataclass(frozen=True)
class TrialKind:
    """Known by its reference among the customer's documents below nothing."""

    ground: KashflowGround
    rules: Rules
    looks_before_first_post: ClassVar[bool] = False
    posted: ClassVar[Metric | None] = None
    adopted: ClassVar[Metric | None] = None

    def intend(self, draft: TrialDraft, customer_code: str) -> Intent:
        figures = Figures(draft.currency, net=-draft.amount, vat=Decimal(0), gross=-draft.amount)
        return Intent(Entry(draft.kind, draft.reference, customer_code, figures, draft.rules_version), draft)

    def look(self, entry: Entry) -> Finding:
        listed = self.ground.client.invoices_of_customer(entry.customer_code)
        numbers = [one.number for one in listed if one.customer_reference == entry.reference and one.gross_amount < 0]
        if len(numbers) > 1:
            raise PermanentError("TRIAL_DOUBLED", f"{entry.reference} stands twice.")
        return Finding(numbers[0] if numbers else None)

    def body(self, intent: Intent, finding: Finding) -> dict[str, Any]:
        draft = intent.draft
        line = {
            "Number": 1,
            "Description": f"Credit {draft.reference}",
            "Quantity": -1,
            "Rate": draft.amount,
            "NominalCode": self.rules.nominal_codes.goods,
            "VATLevel": 0,
            "VATAmount": 0,
        }
        return {
            "CustomerCode": intent.entry.customer_code,
            "CustomerReference": draft.reference,
            "IssuedDate": draft.day,
            "DueDate": draft.day,
            "Currency": {"Code": draft.currency, "ExchangeRate": 1},
            "LineItems": [line],
        }

    def await_turn(self) -> None:
        self.ground.client.await_turn()

    def send(self, entry: Entry, body: Mapping[str, Any]) -> int | None:
        return self.ground.client.create_invoice(body)

    def number_of(self, entry: Entry, answer: int | None) -> int:
        number = answer or self.look(entry).number
        if number is None:
            raise OutcomeUnknownError("OUTCOME_UNKNOWN", "It is not shown yet.")
        return number

    def holder(self, entry: Entry) -> Holder | None:
        return None

    def reserve_number(self) -> int | None:
        return None

    def verify(self, entry: Entry, finding: Finding) -> Standing:
        standing = entry.standing
        assert standing is not None
        shown = Invoice.model_validate(self.ground.client.invoice(standing.number))
        if (shown.gross_amount, shown.customer_reference) != (entry.figures.gross, entry.reference):
            raise PermanentError("TRIAL_DIFFERS", f"{entry.reference} says {shown.gross_amount}.")
        return replace(standing, is_verified=True)


def credits_of_order(case: Case) -> Iterator[TrialDraft]:
    """The rule of the plan: as soon as the invoice stands, both credits."""
    if case.invoice is None:
        return
    goods = sum((line.net for line in case.order.lines), Decimal(0))
    for name, part in PARTS.items():
        yield TrialDraft(
            reference=f"{case.invoice.reference}-{name}",
            amount=round_money(goods * part, case.order.currency),
            currency=case.order.currency,
            day=kashflow_date(books_date(case.order.placed_at)),
            rules_version=case.rules.version,
        )


def wanted(orders: list[Item]) -> dict[str, tuple[str, Decimal]]:
    """What should stand: told by OrderCloud's own subtotals."""
    return {
        f"{order['ID']}-{name}": (
            f"{order['FromUser']['FirstName']} {order['FromUser']['LastName']}",
            -round_money(order["Subtotal"] * part, "GBP"),
        )
        for order in orders
        for name, part in PARTS.items()
    }


def expect(world: World) -> None:
    """From here on each order should have its credits."""
    world.further = wanted


def with_credits(script: Any, day: Day) -> None:
    expect(day.world)
    script(day)


def two_orders_at_once(day: Day) -> None:
    """Two of one customer, so that each finds the other's credits in the list."""
    day.begin()
    for number in (1, 2):
        day.place(an_order(number, 1, PaymentKind.PURCHASE_ORDER))


SCRIPTS = {
    "trial: known customer": known_customer,
    "trial: paid later": paid_later,
    "trial: parked and resumed": parked_and_resumed,
    "trial: two orders at once": two_orders_at_once,
}


def introduce(patch: pytest.MonkeyPatch) -> None:
    """One row of kinds, one rule of the plan; and walks in which they show."""
    patch.setitem(kinds.KINDS, TrialDraft.kind, TrialKind)
    patch.setattr(order_plan, "PLAN_RULES", [*order_plan.PLAN_RULES, credits_of_order])
    for name, script in SCRIPTS.items():
        patch.setitem(walks.WALKS, name, (partial(with_credits, script), TOLD_OF_PAYMENTS))
