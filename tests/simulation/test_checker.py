"""What the checker sees beside a wrong total: each is spoilt in a world in which all is right."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.simulation.calls import TOLD_ONCE
from tests.simulation.drive import an_order, verdict
from tests.simulation.dynamo import Item
from tests.simulation.history import History
from tests.simulation.stage import world_stage
from tests.simulation.world import World

Spoil = Callable[[Item], None]


def of_line(number: int, **fields: Any) -> Spoil:
    return lambda invoice: invoice["LineItems"][number].update(fields)


SPOILT: dict[str, Spoil] = {
    "net by account": of_line(2, NominalCode=4000),
    "net by rate": of_line(0, VATLevel=Decimal(5)),
    "VAT of line 1": of_line(0, VATAmount=Decimal("1.99")),
    "currency is": lambda invoice: invoice.update(Currency=invoice["Currency"] | {"Code": "EUR"}),
    "SO-0: date is": lambda invoice: invoice.update(IssuedDate=invoice["IssuedDate"] + timedelta(days=1)),
    "due date is": lambda invoice: invoice.update(DueDate=invoice["DueDate"] + timedelta(days=30)),
    "still due is": lambda invoice: invoice.update(DueAmount=Decimal("0.01")),
}


@pytest.fixture
def world() -> World:
    """One order that came through."""
    made = World(1, hooks=TOLD_ONCE)
    made.place(an_order(0, 1))
    made.run()
    assert wrong_in(made) == []
    return made


def wrong_in(world: World) -> list[str]:
    return verdict(world, {f"SO-{number}": an_order(number, 1).total for number in range(2)}).violations


@pytest.mark.parametrize("words", SPOILT)
def test_checker_when_a_figure_of_the_invoice_is_spoilt_says_which(world: World, words: str) -> None:
    (invoice,) = world.kashflow.kashflow.books.invoices
    SPOILT[words](invoice)
    assert any(words in line for line in wrong_in(world))


def put_state(world: World, state: str) -> None:
    table = world.tables["LedgerTable"]
    table.put_item(Item=world.state("SO-0") | {"state": state})


def test_checker_when_an_order_went_back_and_forth_says_so(world: World) -> None:
    for state in ("opened", "paid"):
        put_state(world, state)
    assert wrong_in(world) == [
        "ORDER#ordercloud:SO-0: went back, received -> opened -> paid -> opened -> paid",
    ]


@pytest.mark.parametrize("states", [("parked", "paid"), ("parked", "abandoned", "received", "opened", "paid")])
def test_checker_when_an_order_was_parked_or_reopened_is_content(world: World, states: tuple[str, ...]) -> None:
    for state in states:
        put_state(world, state)
    assert wrong_in(world) == []


@pytest.mark.parametrize(("due", "is_right"), [(Decimal("12.01"), True), (Decimal(0), False)])
def test_checker_when_a_paid_order_is_owed_for_again_says_so_unless_something_is_due(
    due: Decimal, is_right: bool
) -> None:
    history = History(lambda _: dues.pop(0))
    dues = [Decimal(0), due, Decimal(0)]
    for state in ("opened", "paid", "invoiced", "paid"):
        history.note(("ORDER#ordercloud:SO-0", "STATE"), {"state": state})
    assert (list(history.violations()) == []) is is_right


def test_checker_when_a_paid_order_opens_again_says_so_whatever_is_due() -> None:
    history = History(lambda _: Decimal(0))
    for state in ("paid", "opened"):
        history.note(("ORDER#ordercloud:SO-0", "STATE"), {"state": state})
    assert list(history.violations()) == ["ORDER#ordercloud:SO-0: went back, paid -> opened"]


def test_checker_when_an_order_is_paid_before_its_money_is_in_the_books_says_so() -> None:
    world = World(1, hooks=TOLD_ONCE)
    early = {"pk": "ORDER#ordercloud:SO-0", "sk": "STATE", "state": "paid", "updated_at": "1"}
    world.tables["LedgerTable"].put_item(Item=early)
    assert list(world.history.violations()) == ["ORDER#ordercloud:SO-0: paid while None is due"]


def test_checker_when_a_customer_has_two_codes_says_so(world: World) -> None:
    world.place(an_order(1, 1))
    world.run()
    assert wrong_in(world) == []
    last = list(world.kashflow.kashflow.books.invoices)[-1]
    last["CustomerCode"] = "WOTHER"
    assert any("customer user-0 has the codes" in line for line in wrong_in(world))


def test_stage_when_a_hint_ends_among_the_dead_letters_fails_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave_one() -> None:
        with world_stage(monkeypatch) as stage:
            stage.world.enqueue("no envelope")
            stage.settle()

    with pytest.raises(AssertionError, match="dead letters"):
        leave_one()
