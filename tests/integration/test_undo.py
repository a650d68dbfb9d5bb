"""Undo: what was posted comes to nothing by credit notes, once, and can be posted again by other rules."""

from decimal import Decimal

from sitecore_kashflow.canonical.states import OrderState
from tests.stage import Stage
from tests.terminal import Terminal

CAPTURE = {"ID": "tx-1", "Type": "CreditCardCapture", "Succeeded": True, "Amount": Decimal("29.94")} | {
    "DateExecuted": "2026-11-20T09:05:00+00:00"
}
CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}


def invoices(bridge: Stage, order_id: str) -> dict[str, tuple[Decimal, Decimal]]:
    """Gross and what is paid of each document of an order, by reference."""
    return {
        str(one["CustomerReference"]): (one["GrossAmount"], one["GrossAmount"] - one["DueAmount"])
        for one in bridge.books.invoices()
        if str(one["CustomerReference"]).startswith(order_id)
    }


def test_an_order_that_is_undone_comes_to_nothing_and_is_posted_again(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    bridge.shop.call("POST", "/v1/orders/Incoming/SO-1/payments/card-1/transactions", **CAPTURE)
    assert bridge.walk("SO-1").state == OrderState.PAID

    foreseen = terminal.run("undo", "SO-1", "--why", "wrong nominal codes", "--dry-run")
    assert foreseen.lines == [
        "SO-1: credit note SO-1-R1 comes to -29.94 GBP, and takes 29.94 off its receipts.",
        "Nothing was done.",
    ]
    assert list(invoices(bridge, "SO-1")) == ["SO-1"]

    terminal.run("undo", "SO-1", "--why", "wrong nominal codes", "--yes")
    assert bridge.walk("SO-1").state == OrderState.CREDITED
    assert bridge.walk("SO-1").state == OrderState.CREDITED
    assert invoices(bridge, "SO-1") == {
        "SO-1": (Decimal("29.94"), Decimal("29.94")),
        "SO-1-R1": (Decimal("-29.94"), Decimal("-29.94")),
    }

    terminal.run("redo", "SO-1")
    assert bridge.walk("SO-1").state == OrderState.PAID
    assert invoices(bridge, "SO-1")["SO-1-A1"] == (Decimal("29.94"), Decimal("29.94"))
    days = {str(one["CustomerReference"]): one["IssuedDate"] for one in bridge.books.invoices()}
    assert days["SO-1-A1"] >= days["SO-1-R1"]
    refused = terminal.run("redo", "SO-1")
    assert "is not undone" in refused.err


def test_all_orders_of_a_version_of_the_rules_are_undone_together(bridge: Stage, terminal: Terminal) -> None:
    for number in (1, 2):
        bridge.shop.order(f"SO-{number}")
        assert bridge.walk(f"SO-{number}").state == OrderState.INVOICED
    version = next(iter(bridge.entries("SO-1"))).rules_version
    said = terminal.run("undo", "--version", version, "--why", "a wrong rate", "--yes")
    assert [line.split(":")[0] for line in said.lines[:2]] == ["SO-1", "SO-2"]
    for number in (1, 2):
        assert bridge.walk(f"SO-{number}").state == OrderState.CREDITED
    assert terminal.run("undo", "--version", version, "--why", "a wrong rate", "--yes").status == 1


def test_what_is_parked_or_abandoned_is_not_undone(bridge: Stage, terminal: Terminal) -> None:
    bridge.shop.order("SO-1", tax="3.33")
    assert bridge.walk("SO-1").state == OrderState.PARKED
    refused = terminal.run("undo", "SO-1", "--why", "it is wrong", "--yes")
    assert refused.status == 1
    assert "SO-1 cannot be undone" in refused.err
