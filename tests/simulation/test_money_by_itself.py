"""Money that is on no document, and a credit note set against its invoice: each once, whatever goes wrong.

What asks for them is a rule of the plan that these tests bring with them, on top of the credit notes of the trial kind.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import pytest

from sandbox.retail_order import PaymentKind
from sitecore_kashflow.books.kashflow.allocations import AllocationKind
from sitecore_kashflow.books.kashflow.bank_transactions import BankTransactionKind
from sitecore_kashflow.canonical.allocation import AllocationDraft
from sitecore_kashflow.canonical.bank_transaction import BankTransactionDraft
from sitecore_kashflow.canonical.days import books_date
from sitecore_kashflow.documents.entry import Draft
from sitecore_kashflow.documents.kinds import Finding
from sitecore_kashflow.plan import order_plan
from sitecore_kashflow.plan.case import Case
from tests.simulation import trial_kind
from tests.simulation.drive import an_order
from tests.simulation.environment import PUBLISHED_RULES
from tests.simulation.faults import Chosen, InTurn, Plan
from tests.simulation.trial_kind import PARTS, TrialDraft
from tests.simulation.walks import TOLD_OF_SUBMIT, Day, played

RULES = "kashflow: {bank_transactions: nominal_code, allocate_credits: true}"
BANK, ALLOCATE = "kashflow POST /v2/bankaccounts/{id}/transactions", "kashflow POST /v2/internal/invoices/{id}/credits"
PAID_TWICE = Decimal("9.99")
SWITCHES = [
    {},
    {"bank_transaction_answer": "empty", "bank_list_filters": "hidden_if_left_out", "credit_comment": "dropped"},
]
IDS = ["as expected", "as seldom as may be"]


@pytest.fixture(autouse=True)
def introduced(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PUBLISHED_RULES.items():
        monkeypatch.setenv(name, value)
    trial_kind.introduce(monkeypatch)
    monkeypatch.setattr(order_plan, "PLAN_RULES", [*order_plan.PLAN_RULES, money_by_itself])


def money_by_itself(case: Case) -> Iterator[Draft]:
    """Of each order something was paid twice; each of its credit notes that stands is set against its invoice."""
    invoice = case.invoice
    if invoice is None or invoice.standing is None:
        return
    day = books_date(case.order.placed_at)
    yield BankTransactionDraft(
        reference=f"{invoice.reference}-twice",
        day=day,
        currency="GBP",
        amount=PAID_TWICE,
        bank_account="1202",
        nominal_code=2119,
        customer_code=invoice.customer_code,
        words="Paid twice",
        rules_version=case.rules.version,
    )
    for credit in case.entries.of_kind(TrialDraft.kind):
        if credit.is_settled and credit.standing:
            yield AllocationDraft(
                invoice_number=invoice.standing.number,
                invoice_id=invoice.standing.internal_id or 0,
                credit_note_number=credit.standing.number,
                credit_note_id=credit.standing.internal_id or 0,
                amount=-credit.figures.gross,
                day=day,
                currency="GBP",
                rules_version=case.rules.version,
            )


def on_account(day: Day, switches: dict[str, str]) -> None:
    """A known customer's order on account."""
    day.world.kashflow.switches.put(switches)
    day.world.rules_text = RULES
    trial_kind.expect(day.world)
    for number in (0, 1):
        order = an_order(number, 1, PaymentKind.PURCHASE_ORDER)
        day.world.judges[order.order_id] = partial(wrong_with, day, order.order_id)
        if number:
            day.begin()
        day.place(order)


def wrong_with(day: Day, order_id: str) -> list[str]:
    """By the books alone: the money stands once, and both credits are set against the invoice, once."""
    books = day.world.kashflow.kashflow.books
    ours = [one for one in books.bank_transactions if one["Comment"] == f"{order_id}-twice Paid twice"]
    banked = [(one["PaidIn"], one["NominalCode"], one["AccountId"]) for one in ours]
    wrong = [] if banked == [(PAID_TWICE, 2119, 55167)] else [f"{order_id}: on the bank account {banked}"]
    found = {one["CustomerReference"]: one for one in books.invoices}
    names = [f"{order_id}-{part}" for part in PARTS]
    if not found.keys() >= {order_id, *names}:
        return [*wrong, f"{order_id}: documents are missing"]
    shown = {name: sorted(line["Amount"] for line in found[name]["PaymentLines"]) for name in (order_id, *names)}
    gross = {name: found[name]["GrossAmount"] for name in names}
    meant = {name: [amount] for name, amount in gross.items()} | {order_id: sorted(-one for one in gross.values())}
    return wrong if shown == meant else [*wrong, f"{order_id}: payment lines {shown}, should be {meant}"]


def play(switches: dict[str, str], plan: Plan) -> tuple[list[str], list[str]]:
    faults = Chosen(plan)
    report = played(lambda day: on_account(day, switches), TOLD_OF_SUBMIT, faults)
    return report.violations, faults.sites


@pytest.mark.parametrize("switches", SWITCHES, ids=IDS)
def test_undisturbed_walk_makes_each_once(switches: dict[str, str]) -> None:
    violations, sites = play(switches, {})
    assert violations == []
    assert (sites.count(BANK), sites.count(ALLOCATE)) == (1, 2)


@pytest.mark.parametrize("part", range(4))
def test_each_stands_once_when_any_single_call_goes_wrong(part: int) -> None:
    kinds, sites = InTurn(), play({}, {})[1]
    plans: list[Plan] = [{at: kind} for at, site in enumerate(sites) for kind in kinds(site)]
    assert {repr(plan): found for plan in plans[part::4] if (found := play({}, plan)[0])} == {}


def test_each_stands_once_in_the_most_reluctant_account_when_a_write_goes_wrong() -> None:
    kinds, sites = InTurn(), play(SWITCHES[1], {})[1]
    plans: list[Plan] = [
        {at: kind} for at, site in enumerate(sites) for kind in kinds(site) if site in (BANK, ALLOCATE)
    ]
    assert {repr(plan): found for plan in plans if (found := play(SWITCHES[1], plan)[0])} == {}


@pytest.mark.parametrize(("kind", "site"), [(BankTransactionKind, BANK), (AllocationKind, ALLOCATE)])
def test_judge_sees_it_when_the_look_is_left_out(
    monkeypatch: pytest.MonkeyPatch, kind: type[BankTransactionKind] | type[AllocationKind], site: str
) -> None:
    assert play({}, {site: "lost"})[0] == []
    look = kind.look
    monkeypatch.setattr(kind, "look", lambda *given: Finding(None, look(*given).seen))
    assert play({}, {site: "lost"})[0] != []
