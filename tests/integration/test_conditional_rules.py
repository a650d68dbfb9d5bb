"""Conditional rules through the whole bridge: what they set, whom they ask, and what they leave as it is."""

from collections.abc import Callable

import pytest

from sitecore_kashflow.canonical.states import OrderState
from tests.simulation.stage import WorldStage
from tests.stage import Stage
from tests.terminal import Terminal

CARD = {"ID": "card-1", "Type": "CreditCard", "Accepted": True}

HOLD = """
version: with-a-limit
conditional:
  rules:
    - name: large orders
      when: {total: {at_least: 20}}
      set: {hold: over the limit}
"""
LEAVE_OUT = """
version: without-retail
conditional:
  rules:
    - {name: not ours, when: {buyer: retail}, set: {leave_out: true}}
"""
WORDS = """
version: with-words
conditional:
  mode: all
  rules:
    - {name: everybody, when: {}, set: {terms_days: 30, text: Thank you.}}
    - {name: trade, when: {buyer: trade}, set: {terms_days: 60}}
    - {name: mugs, when: {product: MUG}, set: {nominal: 4020}}
"""
OTHER_VAT = """
version: other-vat
conditional:
  rules:
    - {name: all at zero, when: {}, set: {vat_class: zero, nominal: 4020, customer: buyer, hold: look at it}}
"""


@pytest.mark.also_on_moto
def test_a_held_order_waits_for_a_person_and_is_posted_once_it_is_approved(
    bridge: Stage, by_rules: Callable[[str], None], terminal: Terminal
) -> None:
    by_rules(HOLD)
    bridge.shop.order("SO-1")
    record = bridge.walk("SO-1")
    assert (record.state, record.parking.code) == (OrderState.PARKED, "HELD_BY_RULE")
    assert "29.94 GBP" in record.parking.reason
    assert "'large orders' (over the limit)" in record.parking.reason
    assert bridge.books.invoices() == []
    assert terminal.run("preview", "SO-1").lines[0].startswith("SO-1 would be parked: [HELD_BY_RULE]")

    assert terminal.run("retry", "SO-1").status == 0
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert len(bridge.books.invoices()) == 1
    shown = terminal.value("show", "SO-1")
    assert [one["rule"] for one in shown["approvals"]] == ["large orders"]
    assert shown["documents"][0]["rules_held"] == ["large orders"]
    assert any("'large orders' holds was approved by " in line for line in terminal.run("show", "SO-1").lines)


def test_an_approved_order_is_not_held_by_the_same_rule_again(
    bridge: Stage, by_rules: Callable[[str], None], terminal: Terminal
) -> None:
    """It waits at the customer for something else meanwhile, and begins anew."""
    by_rules(HOLD)
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    bridge.fault("kashflow", method="POST", path="/v2/customers", kind="status", status=403, times=1)
    bridge.resume("SO-1")
    bridge.settle()
    assert bridge.record("SO-1").parking.code == "KASHFLOW_REFUSED"
    assert terminal.run("preview", "SO-1").lines[0] == "SO-1 would be posted:"
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED


def test_to_resume_an_order_for_another_reason_approves_nothing(bridge: Stage, by_rules: Callable[[str], None]) -> None:
    by_rules(HOLD)
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    by_rules("version: none\nvat: {class_when_missing: null}")
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    assert bridge.record("SO-1").parking.code == "TAX_CLASS_UNKNOWN"
    approved_of = dict(bridge.record("SO-1").approvals)
    by_rules(HOLD.replace("large orders", "all orders"))
    bridge.resume("SO-1")
    bridge.settle()
    record = bridge.record("SO-1")
    assert (record.parking.code, dict(record.approvals)) == ("HELD_BY_RULE", approved_of)


def test_an_order_that_a_rule_leaves_out_waits_and_says_by_which(
    bridge: Stage, by_rules: Callable[[str], None], terminal: Terminal
) -> None:
    by_rules(LEAVE_OUT)
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").state == OrderState.WAITING
    assert (bridge.books.invoices(), bridge.shop.said("SO-1")) == ([], {})
    told = "The conditional rule 'not ours' leaves it out."
    assert f"[LEFT_OUT] {told}" in terminal.run("show", "SO-1").lines
    assert terminal.run("preview", "SO-1").lines[0] == f"SO-1 would be left out: {told}"

    by_rules("version: without-the-rule")
    assert bridge.walk("SO-1", "approve").state == OrderState.INVOICED
    assert not bridge.record("SO-1").parking.reason


def test_sitecore_sees_no_error_on_an_order_that_was_parked_and_is_left_out_now(
    bridge: Stage, by_rules: Callable[[str], None]
) -> None:
    by_rules(HOLD)
    bridge.shop.order("SO-1")
    bridge.walk("SO-1")
    assert bridge.shop.said("SO-1")["Error"] == "HELD_BY_RULE"
    by_rules(LEAVE_OUT)
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    said = bridge.shop.said("SO-1")
    assert (said["SyncState"], said["Error"]) == ("Waiting", None)


def test_what_rules_set_is_in_the_books_and_the_preview_says_which_rules_hold(
    bridge: Stage, by_rules: Callable[[str], None], terminal: Terminal
) -> None:
    by_rules(WORDS)
    bridge.shop.order("SO-1")
    told = terminal.run("preview", "SO-1").lines
    assert told[1:3] == [
        "By the conditional rule everybody (terms_days: 30; text: Thank you.).",
        "By the conditional rule mugs (nominal of line 1: 4020).",
    ]
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    (invoice,) = bridge.books.invoices()
    lines = [(one["Description"], one["NominalCode"]) for one in invoice["LineItems"]]
    assert lines == [("Mug (SKU MUG)", 4020), ("Delivery", 4001), ("Thank you.", 4020)]
    told = terminal.run("show", "SO-1").lines
    assert "The invoice SO-1 was made by the conditional rules: everybody, mugs." in told


@pytest.mark.parametrize("later", [HOLD, LEAVE_OUT, OTHER_VAT], ids=["hold", "leave out", "other VAT"])
def test_rules_that_come_later_change_and_park_nothing_that_is_invoiced(
    bridge: Stage, by_rules: Callable[[str], None], later: str
) -> None:
    bridge.shop.order("SO-1", payment=CARD)
    assert bridge.walk("SO-1").state == OrderState.INVOICED
    before = bridge.entries("SO-1").the_only("invoice")
    by_rules(later)
    bridge.shop.capture("SO-1", "card-1")
    assert bridge.walk("SO-1", "payments/{paymentID}/transactions").state == OrderState.PAID
    assert bridge.entries("SO-1").the_only("invoice") == before
    assert len(bridge.books.invoices()) == 1


def test_an_invoice_in_doubt_is_found_whatever_rules_say_later(
    bridge: WorldStage, by_rules: Callable[[str], None]
) -> None:
    """Looked for at another customer, it would not be found, and would be posted twice."""
    bridge.fault("kashflow", method="POST", path="/v2/invoices", kind="reset_after", times=1)
    bridge.fault("kashflow", method="GET", path="/v2/invoices", kind="status", status=400, times=1)
    bridge.shop.order("SO-1")
    assert bridge.walk("SO-1").state == OrderState.PARKED
    by_rules("version: 2\nconditional: {rules: [{name: all, when: {}, set: {customer: buyer, hold: look at it}}]}")
    bridge.resume("SO-1", afresh=True)
    bridge.settle()
    assert bridge.record("SO-1").state == OrderState.INVOICED
    assert len(bridge.books.invoices()) == 1
