"""The shop's own function is asked once for a sale, and whatever goes wrong, the books show what it answered."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.kashflow.invoice_views import invoice_view
from sandbox.retail_order import PaymentKind
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.usecases.posting import order_as_planned
from tests.simulation.drive import Day as ShopDay
from tests.simulation.drive import Report, an_order, play
from tests.simulation.environment import PREPARE_ORDER, PUBLISHED_RULES
from tests.simulation.faults import Chosen, Faults, InTurn, Mixed
from tests.simulation.shop_function import ENRICHMENT, SECRET_WORDS
from tests.simulation.stage import world_stage
from tests.simulation.walks import TOLD_OF_PAYMENTS, Day, played
from tests.simulation.world import World
from tests.stage import subject

ASK = "enrichment Invoke"
REASONS = {
    "failed": "ENRICHMENT_FAILED",
    "out_of_time": "ENRICHMENT_TIMED_OUT",
    "lost": "ENRICHMENT_TIMED_OUT",
    "wrong_answer": "ENRICHMENT_ANSWER_WRONG",
}


@pytest.fixture(autouse=True)
def function(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop has a function."""
    monkeypatch.setitem(PREPARE_ORDER, "enrichment", ENRICHMENT)


def told_twice(day: Day) -> None:
    """An order that is paid later, with every webhook once more at the end; a person resumes it where it is parked."""
    day.world.checks.append(lambda: list(wrong_with(day.world)))
    day.begin()
    order = an_order(1, 1, PaymentKind.AUTHORISED)
    day.place(order)
    day.world.plan(600, lambda: day.capture(order))
    day.world.plan(1800, lambda: day.resume(order))
    day.world.plan(12_000, day.world.replay)


def wrong_with(world: World) -> Iterator[str]:
    """Where an invoice shows another answer than the one that the ledger keeps with its order."""
    world.faults, books = Chosen(), world.kashflow.kashflow.books
    runs = world.container().runs
    for record in books.invoices:
        invoice = invoice_view(books, record)
        order = order_as_planned(runs.record(Subject("order", "ordercloud", invoice["CustomerReference"])), runs)
        answer = json.loads(order.enrichment.answer) if order.enrichment else {}
        words = [str(line["Description"]) for line in invoice["LineItems"]]
        wanted = [f"{one['description']} (SKU" for one in answer["lines"]] if answer else ["an answer"]
        if [one for one in wanted if not any(shown.startswith(one) for shown in words)]:
            yield f"{invoice['CustomerReference']} shows {words}, the answer was {answer}"
        if words.count(answer.get("text", "")) != 1:
            yield f"{invoice['CustomerReference']} shows {words}, not once {answer.get('text')}"


def walk(faults: Faults) -> Report:
    return played(told_twice, TOLD_OF_PAYMENTS, faults)


def test_order_when_nothing_goes_wrong_is_asked_about_once_however_often_it_is_looked_at() -> None:
    faults = Chosen()
    assert walk(faults).violations == []
    assert (faults.sites.count(ASK), faults.sites.count("kashflow POST /v2/invoices")) == (1, 1)


def test_order_when_any_single_call_of_the_reading_room_goes_wrong_comes_out_right() -> None:
    """Of its first look and of all later ones. What the other rooms do with the order is tried by other walks."""
    whole, kinds = Chosen(), InTurn()
    walk(whole)
    plans = [(at, kind) for at, site in enumerate(whole.sites) if _is_read(whole.sites[:at]) for kind in kinds(site)]
    assert any(whole.sites[at] == ASK for at, _ in plans)
    assert {plan: found for plan in plans if (found := walk(Chosen(dict([plan]))).violations)} == {}


def _is_read(before: list[str]) -> bool:
    """Whether the function that was called last is the one that reads orders."""
    return next((site for site in reversed(before) if site.startswith("lambda ")), "") == "lambda prepare_order"


@pytest.mark.parametrize("seed", range(3))
def test_orders_when_a_tenth_of_all_calls_goes_wrong_come_out_right(seed: int) -> None:
    def before(world: World) -> None:
        world.checks.append(lambda: list(wrong_with(world)))

    faults = Mixed(seed, 0.1, wanted=lambda kind: kind not in REASONS)
    assert play(seed, ShopDay(20), faults, before=before).violations == []


@pytest.mark.parametrize(("fault", "code"), REASONS.items())
def test_function_when_it_fails_parks_the_order_by_its_name_and_says_nothing_of_people(fault: str, code: str) -> None:
    world = World(1, Chosen({ASK: fault}))
    world.place(an_order(1, 1))
    world.run()
    state: dict[str, Any] = world.state("SO-1")
    assert (state["state"], state["reason_code"]) == ("parked", code)
    assert ENRICHMENT in state["reason"]
    assert SECRET_WORDS not in repr(world.tables["LedgerTable"].items)
    assert len(world.kashflow.kashflow.books.invoices) == 0
    world.close()


def test_preview_shows_what_was_answered_and_asks_only_about_an_order_that_was_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENRICHMENT_FUNCTION_ARN", ENRICHMENT)
    world = World(1)
    world.place(an_order(1, 1))
    world.run()
    world.dropped = 1
    world.place(an_order(2, 1))
    previewer, rules = world.container().previewer, world.container().rules_source()
    known, new = (previewer.preview_anew(Subject("order", "ordercloud", name), rules) for name in ("SO-1", "SO-2"))
    assert [draft.text for seen in (known, new) for draft in seen.plan.sales()] == ["Answer 1", "Answer 2"]
    world.close()


def test_function_when_aws_throttles_it_is_asked_again_soon_and_nobody_is_needed() -> None:
    world = World(1, Chosen({ASK: "too_many"}))
    world.place(an_order(1, 1))
    world.run()
    assert world.state("SO-1")["state"] == "paid"
    assert (world.clock() - world.began).total_seconds() < 60
    world.close()


def test_answer_that_cannot_be_taken_parks_the_order_with_the_names_of_the_fields() -> None:
    world = World(1, Chosen({ASK: "wrong_answer"}))
    world.place(an_order(1, 1))
    world.run()
    assert "total: may not be set" in world.state("SO-1")["reason"]
    world.close()


@pytest.mark.parametrize("afresh", ["resume", "reopen"])
def test_wrong_answer_that_was_found_at_the_invoice_is_asked_for_again_when_a_person_begins_anew(
    monkeypatch: pytest.MonkeyPatch, aws_environment: None, afresh: str
) -> None:
    with world_stage(monkeypatch) as bridge:
        accounts = [999998, 4000]
        bridge.world.enrich = lambda asked: {
            "version": 1,
            "lines": [{"line_id": asked["order"]["lines"][0]["line_id"], "nominal_code": accounts.pop(0)}],
        }
        bridge.shop.order("SO-1")
        assert bridge.walk("SO-1").parking.code == "NOMINAL_NOT_IN_KASHFLOW"
        if afresh == "resume":
            bridge.resume("SO-1", afresh=True)
        else:
            bridge.abandon("SO-1", "to begin anew")
            bridge.settle()
            bridge.wiring.decisions.reopen(subject("SO-1"), bridge.wiring.clock())
            bridge.consume()
        bridge.settle()
        assert (bridge.record("SO-1").state, accounts) == ("invoiced", [])


def test_what_is_posted_keeps_its_answer_when_the_parameter_is_emptied(
    monkeypatch: pytest.MonkeyPatch, aws_environment: None
) -> None:
    with world_stage(monkeypatch) as bridge:
        bridge.world.enrich = lambda asked: {
            "version": 1,
            "lines": [{"line_id": asked["order"]["lines"][0]["line_id"], "nominal_code": 4001}],
        }
        bridge.shop.order("SO-1")
        assert bridge.walk("SO-1").state == "invoiced"
        monkeypatch.delitem(PREPARE_ORDER, "enrichment")
        bridge.shop.call("PATCH", "/v1/orders/Incoming/SO-1", Comments="please hurry")
        assert bridge.walk("SO-1", "").state == "invoiced"
        assert len(bridge.books.invoices()) == 1


def test_order_that_a_rule_leaves_out_is_not_told_to_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PUBLISHED_RULES.items():
        monkeypatch.setenv(name, value)
    world = World(1, faults := Chosen())
    world.rules_text = "{version: out, conditional: {rules: [{name: all, when: {}, set: {leave_out: true}}]}}"
    world.place(an_order(1, 1))
    world.run()
    assert (world.state("SO-1")["state"], faults.sites.count(ASK)) == ("waiting", 0)
    world.close()
