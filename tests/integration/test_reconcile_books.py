"""All orders of a month against all documents: every planted difference is found and named, and nothing else is."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.days import books_date
from sitecore_kashflow.reconciliation.values import Agreement
from sitecore_kashflow.usecases.reconcile_books import month_of
from tests.deployed import context, handler
from tests.person import Person
from tests.simulation.stage import WorldStage
from tests.terminal import Terminal

CARD = {"ID": "card", "Type": "CreditCard", "Amount": Decimal("29.94"), "Accepted": True}
Look = Callable[[], Agreement]
Raw = dict[str, Any]


@pytest.fixture
def look(bridge: WorldStage) -> Look:
    """What the schedule does every hour, a day later, until both months are compared; gives this month's agreement."""

    def run() -> Agreement:
        bridge.pass_time(86_400)
        assert [once()["stage"] for _ in range(2)] == ["done", "done"]
        found: Agreement = bridge.wiring.reconciliation_store.last(month_of(books_date(bridge.wiring.clock())))
        return found

    once()  # the first call, when the stack is deployed
    return run


def once() -> Any:
    return handler("reconcile_books")({}, context("reconcile_books"))


def told(found: Agreement) -> list[tuple[str, str, Decimal | None, Decimal | None]]:
    return [(str(one.kind), one.order, one.expected, one.shown) for one in found.differences]


def sell(bridge: WorldStage, *names: str) -> None:
    for name in names:
        bridge.shop.order(name)
        bridge.walk(name)


def number_of(bridge: WorldStage, name: str) -> int:
    return next(int(one["Number"]) for one in bridge.books.rows() if one["CustomerReference"] == name)


def change_line(bridge: WorldStage, person: Person, name: str, **changes: Any) -> None:
    """A person types over the first line of an order's invoice."""
    number = number_of(bridge, name)
    first, *others = person.do("GET", f"/invoices/{number}")["LineItems"]
    person.edit(number, LineItems=[first | changes, *others])


def change_receipts(bridge: WorldStage, person: Person, name: str, change: Callable[[Raw], list[Raw]]) -> None:
    number = number_of(bridge, name)
    (line,) = person.do("GET", f"/invoices/{number}")["PaymentLines"]
    person.edit(number, PaymentLines=change(line))


def test_month_when_both_sides_agree_has_no_difference_and_equal_figures(bridge: WorldStage, look: Look) -> None:
    sell(bridge, "SO-1", "SO-2")
    found = look()
    assert found.differences == ()
    assert found.by_ledger == found.by_books
    assert (found.by_books.documents, found.by_books.gross) == (2, Decimal("59.88"))
    assert found.by_books.split.taxed == Decimal("49.90")


def test_document_deleted_in_kashflow_is_named(bridge: WorldStage, person: Person, look: Look) -> None:
    sell(bridge, "SO-1", "SO-2")
    person.do("DELETE", f"/invoices/{number_of(bridge, 'SO-1')}")
    found = look()
    assert told(found) == [("document_deleted", "order:ordercloud:SO-1", Decimal("29.94"), None)]
    assert found.by_ledger.gross - found.by_books.gross == Decimal("29.94")


def test_document_whose_number_was_given_again_after_it_was_deleted_is_named(
    bridge: WorldStage, person: Person, look: Look
) -> None:
    sell(bridge, "SO-1")
    number = number_of(bridge, "SO-1")
    person.do("DELETE", f"/invoices/{number}")
    sell(bridge, "SO-2")
    assert number_of(bridge, "SO-2") == number
    found = look()
    assert told(found) == [("document_deleted", "order:ordercloud:SO-1", Decimal("29.94"), None)]
    assert (found.by_ledger.documents, found.by_books.documents) == (2, 1)


def test_document_that_was_renamed_is_named(bridge: WorldStage, person: Person, look: Look) -> None:
    sell(bridge, "SO-1")
    person.edit(number_of(bridge, "SO-1"), CustomerReference="PO-7")
    assert [one[0] for one in told(look())] == ["document_differs"]


def test_vat_typed_over_is_named_with_both_figures(bridge: WorldStage, person: Person, look: Look) -> None:
    sell(bridge, "SO-1")
    change_line(bridge, person, "SO-1", VATAmount=Decimal("3.00"))
    assert told(look()) == [("vat_differs", "order:ordercloud:SO-1", Decimal("4.99"), Decimal("3.99"))]


def test_price_typed_over_is_named_as_net_and_vat_stay_apart(bridge: WorldStage, person: Person, look: Look) -> None:
    sell(bridge, "SO-1")
    change_line(bridge, person, "SO-1", Rate=Decimal("11.00"))
    assert [one[0] for one in told(look())] == ["net_differs"]


def test_line_moved_to_another_account_is_found_if_every_document_is_read(
    bridge: WorldStage, person: Person, terminal: Terminal, look: Look
) -> None:
    sell(bridge, "SO-1")
    change_line(bridge, person, "SO-1", NominalCode=4020)
    assert told(look()) == []
    asked = ("reconcile", "--from", "2026-11-01", "--to", "2026-11-21", "--thorough")
    ((one,)) = (terminal.value(*asked)["differences"],)
    assert [each["kind"] for each in one] == ["document_differs"]


def test_receipts_that_are_twice_missing_of_another_amount_or_by_hand_are_told_apart(
    bridge: WorldStage, person: Person, look: Look
) -> None:
    for name in ("TWICE", "GONE", "LESS", "EXTRA", "RIGHT"):
        bridge.shop.paid_order(name, CARD)
        bridge.walk(name)
    change_receipts(bridge, person, "TWICE", lambda line: [line, line | {"Id": 0}])
    change_receipts(bridge, person, "GONE", lambda _: [])
    change_receipts(bridge, person, "LESS", lambda line: [line | {"Amount": Decimal("20.00")}])
    change_receipts(
        bridge, person, "EXTRA", lambda line: [line, line | {"Id": 0, "Note": "cash", "Reference": "", "Amount": 5}]
    )
    assert {order: (kind, ought, is_) for kind, order, ought, is_ in told(look())} == {
        "order:ordercloud:TWICE": ("receipt_twice", Decimal("29.94"), Decimal("59.88")),
        "order:ordercloud:GONE": ("receipt_missing", Decimal("29.94"), None),
        "order:ordercloud:LESS": ("receipt_differs", Decimal("29.94"), Decimal("20.00")),
        "order:ordercloud:EXTRA": ("receipt_by_hand", None, Decimal("5.00")),
    }


def test_money_on_an_invoice_of_an_earlier_month_is_compared_in_its_own(
    bridge: WorldStage, person: Person, look: Look
) -> None:
    names = ("TWICE", "GONE", "LESS", "RIGHT", "DELETED")
    for name in names:
        bridge.shop.order(name, payment=CARD)
        bridge.walk(name)
    bridge.pass_time(13 * 86_400)
    bridge.shop.log_in()
    for name in names:
        taken = {"ID": "taken", "Type": "CreditCardCapture", "Succeeded": True, "Amount": Decimal("29.94")}
        path = f"/v1/orders/Incoming/{name}/payments/card/transactions"
        bridge.shop.call("POST", path, **taken, DateExecuted="2026-12-02T10:00:00+00:00")
        bridge.walk(name, "payments")
    change_receipts(bridge, person, "TWICE", lambda line: [line, line | {"Id": 0}])
    change_receipts(bridge, person, "GONE", lambda _: [])
    change_receipts(bridge, person, "LESS", lambda line: [line | {"Amount": Decimal("20.00")}])
    person.do("DELETE", f"/invoices/{number_of(bridge, 'DELETED')}")
    assert {order: (kind, ought, is_) for kind, order, ought, is_ in told(look())} == {
        "order:ordercloud:TWICE": ("receipt_twice", Decimal("29.94"), Decimal("59.88")),
        "order:ordercloud:GONE": ("receipt_missing", Decimal("29.94"), None),
        "order:ordercloud:LESS": ("receipt_differs", Decimal("29.94"), Decimal("20.00")),
        "order:ordercloud:DELETED": ("receipt_missing", Decimal("29.94"), None),
    }


def test_order_that_nobody_told_of_is_named(bridge: WorldStage, look: Look) -> None:
    sell(bridge, "SO-1")
    bridge.shop.order("SO-2")
    assert told(look()) == [("order_not_heard_of", "order:ordercloud:SO-2", None, None)]


def test_order_from_before_the_bridge_is_not_missed_by_the_schedule(bridge: WorldStage, terminal: Terminal) -> None:
    bridge.shop.order("SO-1")
    bridge.pass_time(7200)
    once()
    bridge.pass_time(86_400)
    assert [once()["stage"] for _ in range(2)] == ["done", "done"]
    assert bridge.wiring.reconciliation_store.last("2026-11").differences == ()
    asked = terminal.value("reconcile", "--from", "2026-11-01", "--to", "2026-11-21")
    assert [one["kind"] for one in asked["differences"]] == ["order_not_heard_of"]


def test_money_on_a_document_of_another_month_that_no_order_knows_is_no_matter_of_this_one(
    bridge: WorldStage, person: Person, look: Look
) -> None:
    sell(bridge, "SO-1")
    (number,) = person.book("PO-7")
    day = "2026-11-19 12:00:00"
    line = {"Date": day, "Amount": 12, "Method": 409844, "AccountId": 55166, "Note": "cheque"}
    person.edit(number, IssuedDate="2026-10-05 12:00:00", DueDate="2026-10-05 12:00:00", PaymentLines=[line])
    found = look()
    assert (found.differences, found.by_books) == ((), found.by_ledger)


def test_document_that_a_person_made_is_named_and_explained_if_its_order_is_left_to_people(
    bridge: WorldStage, person: Person, look: Look
) -> None:
    bridge.switch("kashflow", invoice_limit="reached")
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.switch("kashflow", invoice_limit="none")
    assert [(one.kind, one.why.split(":")[0]) for one in look().differences] == [("document_missing", "parked")]
    bridge.abandon("SO-1", "booked by hand")
    bridge.settle()
    person.book("SO-1")
    person.book("PO-7")
    why = {one.kind: one.why for one in look().differences}
    assert why == {
        "document_missing": "left to people: booked by hand",
        "unknown_document": "",
    }
    assert sorted(one.why for one in look().differences if one.kind == "unknown_document") == [
        "",
        "booked by hand, it seems: its order is left to people",
    ]


def test_documents_of_other_business_are_left_out(
    bridge: WorldStage, person: Person, look: Look, by_rules: Callable[[str], None]
) -> None:
    by_rules("reconciliation: {other_sales: WHOLESALE-*}")
    sell(bridge, "SO-1")
    person.book("WHOLESALE-7", rate=100)
    found = look()
    assert (found.differences, found.by_books) == ((), found.by_ledger)


def test_list_of_several_pages_of_which_kashflow_heeds_no_day_is_read_to_the_end(
    bridge: WorldStage, person: Person, look: Look, by_rules: Callable[[str], None]
) -> None:
    by_rules("reconciliation: {other_sales: OLD-*}")
    bridge.switch("kashflow", issue_dates="ignored")
    (stray,) = person.book("PO-7")
    person.book("OLD-{}", times=130)
    sell(bridge, "SO-1")
    found = look()
    assert [(str(one.kind), one.number) for one in found.differences] == [("unknown_document", stray)]
    assert found.by_books.documents == 2


def test_copy_of_an_orders_invoice_is_named_as_a_second_document(
    bridge: WorldStage, person: Person, look: Look
) -> None:
    sell(bridge, "SO-1")
    (copy,) = person.book(" so-1")
    found = look()
    assert [(str(one.kind), one.number, one.order) for one in found.differences] == [
        ("document_twice", copy, "order:ordercloud:SO-1")
    ]


def test_document_whose_day_was_moved_into_another_month_is_named_in_its_own(
    bridge: WorldStage, person: Person, look: Look
) -> None:
    sell(bridge, "SO-1")
    person.edit(number_of(bridge, "SO-1"), IssuedDate="2026-10-05 12:00:00", DueDate="2026-10-05 12:00:00")
    found = look()
    assert [one[0] for one in told(found)] == ["document_differs"]
    before = bridge.wiring.reconciliation_store.last("2026-10")
    assert [(str(one.kind), one.order) for one in before.differences] == [("document_differs", "order:ordercloud:SO-1")]


def test_comparison_that_kashflow_cuts_short_goes_on_where_it_stopped(bridge: WorldStage, look: Look) -> None:
    sell(bridge, "SO-1")
    bridge.pass_time(86_400)
    for path in ("/v2/invoices", "/v2/bankaccounts"):
        bridge.fault("kashflow", method="GET", path=path, kind="status", status=503)
    assert [once()["stage"] for _ in range(2)] == ["list", "bank"]
    bridge.calls("kashflow")
    assert once()["stage"] == "done"
    assert "GET /v2/invoices" not in bridge.calls("kashflow")


def test_document_that_lists_hide_is_read_on_its_own_and_is_no_difference(bridge: WorldStage, person: Person) -> None:
    sell(bridge, "SO-1")
    number = number_of(bridge, "SO-1")
    person.do("PUT", "/invoices/archive-status/true", [number])
    assert bridge.books.rows() == []
    bridge.pass_time(86_400)
    assert once()["stage"] == "done"
    bridge.fault("kashflow", method="GET", path=f"/v2/invoices/{number}", kind="status", status=503)
    assert [once()["stage"] for _ in range(2)] == ["proof", "done"]
    assert bridge.wiring.reconciliation_store.last("2026-11").differences == ()


def test_comparison_at_a_terminal_waits_while_kashflow_is_away(bridge: WorldStage, terminal: Terminal) -> None:
    sell(bridge, "SO-1")
    bridge.fault("kashflow", method="GET", path="/v2/invoices", kind="status", status=503, times=3)
    told = terminal.run("reconcile", "--from", "2026-11-01", "--to", "2026-11-20")
    assert (told.status, told.lines[-1]) == (0, "0 differences that nothing explains, 0 explained.")
    assert "Nothing" not in told.err
