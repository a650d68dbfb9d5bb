"""Two documents in KashFlow under one reference: seen by the real door, shown, and gone by themselves."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.usecases import watch_duplicates as module
from tests.deployed import context, handler
from tests.person import Person
from tests.simulation.stage import WorldStage
from tests.stage import Stage
from tests.terminal import Terminal

Shown = Callable[..., list[str]]

NONE = {"standing": 0, "pages_left": 0}
ONE = {"standing": 1, "pages_left": 0}


def look() -> Any:
    """What the schedule does every few hours."""
    return handler("watch_duplicates")({}, context("watch_duplicates"))


@pytest.fixture
def shown(terminal: Terminal) -> Shown:
    """What the operator's words show, such as `make duplicates`."""

    def run(*words: str) -> list[str]:
        said = terminal.run(*(words or ("duplicates",)))
        assert said.status == 0
        return said.lines

    return run


@pytest.mark.also_on_moto
def test_watch_when_a_person_copies_the_orders_invoice_shows_both_and_which_to_keep(
    bridge: Stage, person: Person, shown: Shown
) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    assert shown() == ["KashFlow has not been checked yet."]
    assert look() == NONE
    (ours,) = (invoice["Number"] for invoice in bridge.books.rows())
    (copy,) = person.book(" so-1", rate=7)
    assert look() == ONE
    told = shown()
    assert told[0].startswith("SO-1: 2 invoices, found on ")
    customer = bridge.books.rows()[0]["CustomerCode"]
    assert told[1].endswith(f"29.94 GBP, customer {customer}, the order's own by the ledger")
    assert told[1].startswith(f"    {ours}, 20")
    assert told[2] == f"    {copy}, 2026-11-20, 8.40 GBP, customer WALK1"
    assert told[3].startswith(f"    Keep {ours}. If {copy} is the same sale, move its payments to {ours}, then")
    assert told[4].startswith("1 reference is used twice or more, as of ")
    order = shown("show", "SO-1")
    assert order[0].startswith("SO-1 has had its invoice since ")
    assert order[-4:] == told[:4]
    assert "Walter" not in json.dumps([str(bridge.wiring.duplicate_store.read()), told])

    person.do("DELETE", f"/invoices/{copy}")
    assert look() == NONE
    assert shown()[0].startswith("0 references are used twice or more")
    assert "by the ledger" not in "".join(shown("show", "SO-1"))


def test_order_when_its_own_invoice_is_none_of_the_duplicates_says_so(
    bridge: Stage, person: Person, shown: Shown
) -> None:
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    (ours,) = (invoice["Number"] for invoice in bridge.books.rows())
    person.book("SO-1", times=2)
    person.do("DELETE", f"/invoices/{ours}")
    assert look() == ONE
    assert shown()[3].startswith(
        f"    The ledger's invoice {ours} is none of them. If they are the same sale, keep one"
    )


def test_order_when_its_reference_was_typed_otherwise_first_is_known_by_the_ledger_all_the_same(
    bridge: Stage, person: Person, shown: Shown
) -> None:
    (copy,) = person.book("so-1 ")
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    assert look() == ONE
    told = shown()
    assert [line.split()[0] for line in told[1:3]] == [f"{copy},", f"{bridge.books.rows()[-1]['Number']},"]
    assert [line.endswith("by the ledger") for line in told[1:3]] == [False, True]


@pytest.mark.also_on_moto
def test_duplicate_when_a_person_allows_it_is_left_out_until_one_more_joins(person: Person, shown: Shown) -> None:
    person.book("PO-7", times=2)
    person.book("PO-8", times=12)
    assert look() == {"standing": 2, "pages_left": 0}
    assert shown("duplicates", "--allow", "po-7") == ["PO-7: 2 documents are allowed; another will be found."]
    assert shown("duplicates", "--allow", "PO-7") == ["PO-7 is not a duplicate reference."]
    assert look() == ONE
    assert shown()[0].startswith("PO-8: 12 invoices")
    assert shown()[11] == "    and 2 more"
    person.book("PO-7")
    assert look() == {"standing": 2, "pages_left": 0}
    assert len(shown("duplicates", "--allow", "all")) == 2
    assert look() == NONE


def test_watch_when_our_own_write_lands_later_than_its_bound_finds_the_second_invoice(
    bridge: WorldStage, shown: Shown
) -> None:
    bridge.shop.order("SO-1")
    bridge.fault("kashflow", method="POST", path="/v2/invoices", kind="late_commit", seconds=1800)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    assert len(bridge.books.rows()) == 1
    bridge.pass_time(1800)
    assert len(bridge.books.rows()) == 2
    assert look() == ONE
    assert "the order's own by the ledger" in "".join(shown())


def test_watch_when_a_person_types_a_used_reference_into_an_old_invoice_finds_it_within_a_day(
    bridge: WorldStage, person: Person, shown: Shown
) -> None:
    numbers = person.book("OLD-{}", times=230)
    assert look() == NONE
    bridge.calls("kashflow")
    assert look() == NONE
    assert bridge.calls("kashflow")["GET /v2/invoices"] == 1
    person.edit(numbers[7], CustomerReference="OLD-200")
    assert look() == NONE
    bridge.calls("kashflow")
    bridge.pass_time(18 * 3600)
    assert look() == ONE
    calls = bridge.calls("kashflow")
    assert (calls["GET /v2/invoices"], calls["GET /v2/invoices/{number}"]) == (4, 2)
    assert [line.split()[0] for line in shown()[1:3]] == [f"{numbers[7]},", f"{numbers[200]},"]
    assert "The ledger knows none of them." in shown()[3]
    person.edit(numbers[200], CustomerReference="OLD-200 again")
    assert look() == NONE


def test_watch_when_an_invoice_has_its_credit_note_finds_nothing(person: Person, shown: Shown) -> None:
    person.book("PO-7")
    person.book("PO-7", rate=-10)
    person.book("", times=2)
    assert look() == NONE
    person.book("PO-7", rate=-3)
    assert look() == ONE
    assert shown()[0].startswith("PO-7: 2 credit notes")


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(
            {"kind": "status", "status": 429, "headers": {"Retry-After": "0"}}, marks=pytest.mark.also_on_moto
        ),
        {"kind": "status", "status": 400, "body": {"Error": "-2146232060", "Message": "Execution Timeout Expired."}},
        {"kind": "html", "status": 502},
        {"kind": "reset_after"},
    ],
)
def test_look_when_cut_off_in_the_middle_goes_on_where_it_stopped(
    bridge: Stage, person: Person, trouble: dict[str, Any]
) -> None:
    numbers = person.book("OLD-{}", times=310)
    person.edit(numbers[0], CustomerReference="OLD-309")
    bridge.fault("kashflow", method="GET", path="/v2/invoices", skip=3, **trouble)
    assert look() == {"standing": 0, "pages_left": 2}
    bridge.calls("kashflow")
    assert look() == ONE
    calls = bridge.calls("kashflow")
    assert (calls["GET /v2/invoices"], calls["GET /v2/invoices/{number}"]) == (3, 2)


def test_look_when_killed_in_the_middle_is_begun_again(
    bridge: Stage, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = person.book("OLD-{}", times=150)
    person.edit(numbers[0], CustomerReference="OLD-149")
    with monkeypatch.context() as killed:
        killed.setattr(bridge.wiring.client, "invoice", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            look()
    assert look() == ONE


def test_look_when_limited_to_few_calls_sees_everything_after_several(
    bridge: Stage, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_CALLS", 3)
    numbers = person.book("OLD-{}", times=310)
    person.edit(numbers[0], CustomerReference="OLD-309")
    answers = []
    for _ in range(4):
        bridge.calls("kashflow")
        answers.append(look())
        calls = bridge.calls("kashflow")
        assert calls["GET /v2/invoices"] + calls.get("GET /v2/invoices/{number}", 0) <= 3
    assert answers == [
        {"standing": 0, "pages_left": 2},
        {"standing": 0, "pages_left": 0},
        ONE,
        ONE,
    ]


@pytest.mark.also_on_moto
def test_look_when_it_finds_something_counts_it_for_the_alarm_each_time(
    person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = person.book("PO-7", times=2)
    counted = []
    for _ in range(3):
        look()
        (told,) = (json.loads(line) for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line)
        counted.append((told["DuplicatesFound"], told["DuplicateWatchLate"]))
        if len(counted) == 2:
            person.do("DELETE", f"/invoices/{numbers[0]}")
    assert counted == [([1.0], [0.0]), ([1.0], [0.0]), ([0.0], [0.0])]
