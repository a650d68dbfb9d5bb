"""Numbers that the ledger reserves, while calls go wrong, in both positions of what KashFlow does with a taken one."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from sandbox.kashflow.calls import Call
from sandbox.kashflow.invoices import post_invoice
from sandbox.kashflow.ledger import remove
from sandbox.kashflow.memory import in_memory
from sitecore_kashflow.books.kashflow.invoices import InvoiceKind
from sitecore_kashflow.documents.entry import Entry
from sitecore_kashflow.documents.post_once import Poster
from sitecore_kashflow.rules.document import parse_rules
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.runtime.providers import rules as rules_provider
from tests.simulation import world as world_module
from tests.simulation.drive import Day as ShopDay
from tests.simulation.drive import Report, Webhooks, an_order, play
from tests.simulation.faults import Chosen, Mixed, Plan, kinds_of
from tests.simulation.walks import TOLD_OF_CHANGES, Day, played, walk
from tests.simulation.world import World

KASHFLOW = parse_rules("version: kashflow")
RESERVED = parse_rules("invoices: {numbering: reserved, first: 5000, last: 5999}")
CREATE_INVOICE, POST_INVOICE = "lambda create_invoice", "kashflow POST /v2/invoices"
Choose = Callable[[Rules, str], None]
both_positions = pytest.mark.parametrize("taken", ["refused_400", "next_free"])


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Choose:
    """Rules in force, and what KashFlow does with a taken number, in every world from now on."""

    def put(rules: Rules, taken: str) -> None:
        monkeypatch.setattr(rules_provider, "rules_source", lambda _: lambda: rules)
        books = partial(in_memory, switches={"invoice_number_taken": taken})
        monkeypatch.setattr(world_module, "kashflow_in_memory", books)

    return put


def numbers_in(world: World) -> list[int]:
    return sorted(int(invoice["Number"]) for invoice in world.kashflow.kashflow.books.invoices)


@both_positions
@pytest.mark.parametrize(("seed", "share"), [(1, 0.02), (2, 0.15)])
def test_orders_under_mixed_faults_get_one_invoice_each_of_the_range(
    choose: Choose, taken: str, seed: int, share: float
) -> None:
    choose(RESERVED, taken)
    found: list[int] = []
    report = play(seed, ShopDay(60), Mixed(seed, share), after=lambda world: found.extend(numbers_in(world)))
    assert (report.violations, report.invoices) == ([], 60)
    assert min(found) >= 5000
    assert max(found) < 5100


@both_positions
def test_orders_under_mixed_faults_come_out_right_among_invoices_made_by_hand(choose: Choose, taken: str) -> None:
    choose(RESERVED, taken)

    def sell_by_hand(world: World) -> None:
        """KashFlow gives the next number, which lies in our range."""
        books = world.kashflow.kashflow.books
        line = {"Quantity": 1, "Rate": 10, "NominalCode": 4000, "VATLevel": 20}
        for second in range(4, 16):

            def sell() -> None:
                code = next(iter(books.customers))["Code"]
                post_invoice(books, Call("", {}, {}, {"CustomerCode": code, "LineItems": [line] * 2}, "", ""))

            world.plan(second, sell)

    by_hand: list[int] = []

    def put_away(world: World) -> None:
        books = world.kashflow.kashflow.books
        for invoice in [one for one in books.invoices if not one["CustomerReference"]]:
            by_hand.append(int(invoice["Number"]))
            remove(books, invoice)

    report = play(3, ShopDay(60), Mixed(3, 0.05), before=sell_by_hand, after=put_away)
    assert (report.violations, report.invoices, len(by_hand)) == ([], 60, 12)
    assert min(by_hand) > 5000


def faults_of_the_invoice_desk() -> list[Plan]:
    """Each fault that may hit, at each call that `create_invoice` makes for a known customer."""
    sites = walk("known customer", {})[1]
    begins = sites.index(CREATE_INVOICE)
    ends = next(at for at, site in enumerate(sites) if at > begins and site.startswith("lambda "))
    assert "ledger UpdateItem LAST" in sites[begins:ends]
    return [{at: kind} for at in range(begins, ends) for kind in kinds_of(sites[at])]


@both_positions
def test_invoice_desk_when_any_single_call_goes_wrong_makes_one_invoice(choose: Choose, taken: str) -> None:
    choose(RESERVED, taken)
    plans = faults_of_the_invoice_desk()
    assert len(plans) > 60
    assert {repr(plan): found for plan in plans if (found := walk("known customer", plan)[0].violations)} == {}


def test_reserving_a_number_costs_no_call_of_either_system(choose: Choose) -> None:
    calls = []
    for rules in (KASHFLOW, RESERVED):
        choose(rules, "refused_400")
        calls.append(walk("known customer", {})[0].calls)
    assert calls[0] == calls[1]


def ten_minutes_late() -> Report:
    """One order, whose post lands ten minutes after its answer was lost: far beyond `CommitSettleSeconds`."""

    def before(world: World) -> None:
        late: dict[str, Any] = {"method": "POST", "path": "/v2/invoices", "kind": "late_commit", "seconds": 600}
        world.kashflow.faults.add(late | {"times": 1})

    def after(world: World) -> None:
        world.scheduler.sleep(600)
        world.kashflow.transport.land_late_commits()

    return play(1, ShopDay(1, webhooks=Webhooks(duplicated=0)), before=before, after=after)


def test_post_that_lands_later_than_the_bound_is_doubled_when_kashflow_numbers(choose: Choose) -> None:
    choose(KASHFLOW, "refused_400")
    report = ten_minutes_late()
    assert report.invoices == 2
    assert any("2 invoices" in words for words in report.violations)


def test_post_that_lands_later_than_the_bound_meets_its_taken_number(choose: Choose) -> None:
    choose(RESERVED, "refused_400")
    report = ten_minutes_late()
    assert (report.violations, report.invoices) == ([], 1)


def test_post_that_lands_later_than_the_bound_is_doubled_where_kashflow_renumbers_silently(choose: Choose) -> None:
    choose(RESERVED, "next_free")
    assert ten_minutes_late().invoices == 2


def credit_note_ten_minutes_late(day: Day) -> None:
    """An order is refunded, and the post of its credit note lands ten minutes after its answer was lost."""
    order = an_order(1, 1)
    day.place(order)
    day.begin()
    late: dict[str, Any] = {"method": "POST", "path": "/v2/invoices", "kind": "late_commit", "seconds": 600}
    day.world.kashflow.faults.add(late | {"times": 1})
    day.desk.give_back(order, order.total)
    day.world.plan(1200, day.world.kashflow.transport.land_late_commits)


def test_credit_note_that_lands_later_than_the_bound_meets_its_taken_number(choose: Choose) -> None:
    choose(RESERVED, "refused_400")
    assert played(credit_note_ten_minutes_late, TOLD_OF_CHANGES, Chosen()).violations == []


def test_checker_when_a_credit_note_is_doubled_sees_it(choose: Choose) -> None:
    choose(KASHFLOW, "refused_400")
    told = played(credit_note_ten_minutes_late, TOLD_OF_CHANGES, Chosen()).violations
    assert any("'SO-1-R1': 2" in words for words in told)
    assert "SO-1: refund psp-SO-1-P1-T3 stands on 2 credit notes and 0 invoices" in told


def test_look_when_left_out_is_made_up_for_by_the_refusal_of_a_taken_number(
    choose: Choose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InvoiceKind, "_find", lambda *_: None)
    choose(RESERVED, "next_free")
    assert walk("known customer", {POST_INVOICE: "lost"})[0].violations != []
    choose(RESERVED, "refused_400")
    assert walk("known customer", {POST_INVOICE: "lost"})[0].violations == []


def test_checker_when_a_later_post_asks_for_another_number_sees_it(
    choose: Choose, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(RESERVED, "refused_400")
    send = Poster._send

    def renumbered(self: Poster, kind: Any, post: Any, reserved: int | None) -> Entry:
        """After a lost post, the next number is asked for."""
        return send(self, kind, post, reserved + 1 if reserved and post.was_sent else reserved)

    monkeypatch.setattr(Poster, "_send", renumbered)
    assert any("2 invoices" in words for words in ten_minutes_late().violations)
